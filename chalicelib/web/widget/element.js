/** What both custom elements share: shadow root, language, announcements, failure with a way on. */

import { Api } from "./api.js";
import { h } from "./dom.js";
import { sheet } from "./style.js";
import { NAMES, regional, spoken, text } from "./translations.js";

export class DeskElement extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    this.api = new Api(this.getAttribute("api") || new URL(".", import.meta.url));
    this.live = h("p", { class: "unseen", role: "status" });
    this.stage = h("div", { class: "desk" });
    this.shadowRoot.append(this.stage, this.live);
    this.speak(spoken([this.asked("lang"), ...navigator.languages]));
    this.open();
  }

  /** An attribute, or the page's query parameter of that name. */
  asked(name) {
    return this.getAttribute(name) ?? new URLSearchParams(location.search).get(name);
  }

  speak(language) {
    this.language = language;
    this.locale = regional(language);
    this.stage.lang = language;
    this.name();
  }

  /** The element that fills a page of its own (attribute `page`) also gives that page its language and title. */
  name() {
    if (!this.hasAttribute("page")) return;
    document.documentElement.lang = this.language;
    document.title = [this.t(this.titleKey), this.config?.organisation_name].filter(Boolean).join(" · ");
  }

  t(key, values) {
    return text(this.language, key, values);
  }

  announce(words) {
    this.live.textContent = words;
  }

  /** A heading `deeper` levels below the element's own title, which is h1 on a page of its own. */
  heading(deeper, props, ...children) {
    return h(`h${(this.hasAttribute("page") ? 1 : 2) + deeper}`, props, ...children);
  }

  header() {
    const offered = this.config?.languages?.filter((code) => code in NAMES) ?? Object.keys(NAMES);
    return h("header", {},
      h("p", { class: "organisation" }, this.config?.organisation_name ?? ""),
      this.heading(0, { class: "title" }, this.t(this.titleKey)),
      offered.length > 1 && h("div", { class: "languages", role: "group", "aria-label": this.t("language") },
        offered.map((code) => h("button", {
          type: "button", class: "quiet", lang: code, "aria-pressed": String(code === this.language),
          onclick: () => { this.speak(code); this.render(); this.stage.querySelector(`[lang=${code}]`).focus(); },
        }, NAMES[code]))));
  }

  /** Shows new content; the heading of a new step takes the focus, so that it is read first. */
  show(...children) {
    this.stage.replaceChildren(this.header(), ...children);
  }

  /** A card with what stands beside it: nothing, unless an element says otherwise. */
  around(card) {
    return card;
  }

  focusHeading() {
    this.stage.querySelector("[tabindex='-1'].heading")?.focus();
  }

  stepHeading(words) {
    return this.heading(1, { class: "heading", tabindex: "-1" }, words);
  }

  /** What went wrong in the visitor's words; the server's own detail only where we have none. */
  explain(problem) {
    if (problem.passing) return this.t({ 0: "fail_0", 429: "fail_429" }[problem.status] ?? "fail_503");
    const known = this.t(problem.code ?? "fail");
    return known === problem.code ? `${this.t("fail")} ${problem.detail ?? ""}` : known;
  }

  alert(problem, again) {
    return h("div", { class: "notice bad", role: "alert" },
      h("p", {}, this.explain(problem)),
      again && h("button", { type: "button", class: "plain", onclick: again }, this.t("again")));
  }

  /** Runs work that the page cannot go on without: says it is waiting, offers another try when it fails. */
  async load(work) {
    this.show(this.around(h("div", { class: "card waiting" }, h("p", { role: "status" }, this.t("loading"))), { waiting: true }));
    try {
      return await work();
    } catch (problem) {
      if (!("passing" in problem)) throw problem;
      return new Promise((done) => {
        const again = () => done(this.load(work));
        this.show(this.around(h("div", { class: "card" }, this.alert(problem, again))));
      });
    }
  }
}
