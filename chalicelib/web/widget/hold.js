/** One time kept for the visitor while the form is filled in: counted down, and asked for again when it ran out (D13). */

import { h } from "./dom.js";

const SOON_S = 120;

export class Hold {
  /** `again` asks for the same time once more, after the hold has run out. */
  constructor(desk, answer, again) {
    Object.assign(this, { desk, id: answer.id, token: answer.token, again });
    this.until = Date.parse(answer.expires_at) - desk.api.ahead;
    this.node = h("div", { class: "hold" });
    this.clock = h("strong", { role: "timer" });
    this.warned = this.left <= SOON_S;
    this.ticking = setInterval(() => this.#tick(), 1000);
  }

  /** Whole seconds left, never negative. */
  get left() {
    return Math.max(0, Math.ceil((this.until - Date.now()) / 1000));
  }

  /** The countdown, or the offer to keep the time again, in the language of now. */
  view() {
    const { left, desk } = this;
    this.clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    this.node.className = left ? "hold" : "notice lost";
    this.node.replaceChildren(...(left
      ? [h("span", {}, desk.t("held")), " ", this.clock]
      : [h("p", {}, desk.t("held_over")), h("button", { type: "button", class: "plain", onclick: this.again }, desk.t("hold_again"))]));
    return this.node;
  }

  #tick() {
    const { left, desk } = this;
    if (left <= SOON_S && !this.warned) {
      this.warned = true;
      desk.announce(desk.t("held_soon"));
    }
    this.view();
    if (left) return;
    this.stop();
    desk.announce(desk.t("held_over"));
  }

  /** The time was booked: nothing to give back. */
  stop() {
    clearInterval(this.ticking);
  }

  /** Given back when the visitor wants another time or leaves, and before asking again: two clocks never quite agree. */
  async release() {
    this.stop();
    this.until = 0;
    this.view();
    await this.desk.api.forget(`public/holds/${encodeURIComponent(this.id)}`, { token: this.token });
  }
}
