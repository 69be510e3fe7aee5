/** The public HTTP API as the pages see it: JSON, problems as errors, patience with a busy or absent network. */

const BUSY = new Set([0, 429, 502, 503, 504]);
const TRIES = 3;
const PATIENCE_MS = 20_000;

/** A refusal; `status` is 0 when no answer came at all. */
export class Problem extends Error {
  constructor(status, body = {}, wait = 0) {
    super(body.detail || body.title || `HTTP ${status}`);
    Object.assign(this, { status, wait, code: body.code, detail: body.detail, errors: body.errors ?? [] });
  }

  get passing() {
    return BUSY.has(this.status);
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** A fresh Idempotency-Key; randomUUID would be missing on pages without TLS. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Keeps one key for one attempt: the same words sent again carry the same key, until they were answered. */
export class Attempt {
  keyFor(body) {
    const words = JSON.stringify(body);
    if (words !== this.words) Object.assign(this, { words, key: newKey() });
    return this.key;
  }

  /** A refusal ends the attempt; silence and "later" do not. */
  failed(problem) {
    if (!problem.passing) this.words = undefined;
  }
}

export class Api {
  /** Milliseconds the server's clock is ahead of this one; 0 when its Date header may not be read. */
  ahead = 0;

  constructor(base) {
    this.base = new URL(base, document.baseURI).href.replace(/\/*$/, "/");
  }

  address(path, query = {}) {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query)) if (value != null) url.searchParams.set(name, value);
    return url.href;
  }

  get(path, query) {
    return this.#send(this.address(path, query), {});
  }

  /** Every item of a list, page after page. */
  async all(path, query) {
    const items = [];
    for (let cursor; cursor !== null;) {
      const page = await this.get(path, { ...query, cursor });
      items.push(...page.items);
      cursor = page.next_cursor ?? null;
    }
    return items;
  }

  post(path, body, key = newKey()) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    return this.#send(this.address(path), { method: "POST", headers, body: JSON.stringify(body) });
  }

  /** Told, not asked: whatever the answer, nothing fails, and it outlives the page. */
  forget(path, query) {
    return fetch(this.address(path, query), { method: "DELETE", keepalive: true, credentials: "omit" }).catch(() => {});
  }

  async #send(url, options) {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#once(url, options);
      } catch (problem) {
        if (!problem.passing || tried === TRIES) throw problem;
        await pause(Math.min(problem.wait || 400 * 2 ** tried, 8000));
      }
    }
  }

  async #once(url, options) {
    let answer;
    let body = {};
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      answer = await fetch(url, { ...options, signal, credentials: "omit", referrerPolicy: "no-referrer" });
      body = await answer.json();
    } catch {
      if (!answer || answer.ok) throw new Problem(0);
    }
    const clock = Date.parse(answer.headers.get("Date") ?? "") - Date.now();
    if (Math.abs(clock) > PATIENCE_MS) this.ahead = clock;
    if (!answer.ok) throw new Problem(answer.status, body, Number(answer.headers.get("Retry-After")) * 1000);
    return body;
  }
}
