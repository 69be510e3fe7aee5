/** The page behind the link in a mail: one appointment, to look at, to move, to cancel; opening it changes nothing. */

import { Attempt } from "./api.js";
import { Calendar } from "./calendar.js";
import { h, webAddress } from "./dom.js";
import { DeskElement } from "./element.js";
import { isLost, lose, lostNotice } from "./slot_taken.js";
import { calendarLink, facts, placeOf, statusFact, timeFacts, zoneLine } from "./steps.js";
import { say } from "./local_time.js";

export class Appointment extends DeskElement {
  titleKey = "manage_title";
  reasons = { move: "", cancel: "" };
  attempt = new Attempt();

  async open() {
    this.reference = this.asked("id");
    this.code = this.asked("code");
    await this.load(async () => {
      [this.config] = await Promise.all([this.api.get("public/config"), this.#look()]);
    });
    this.name();
    this.go("view", { quietly: true });
  }

  /** The appointment as it stands; null when id and code do not fit, which says nothing about others. */
  async #look() {
    try {
      this.appointment = await this.api.get(this.#path(), { code: this.code ?? "" });
      this.titleKey = this.appointment.confirmed ? "manage_title" : "manage_title_request";
    } catch (problem) {
      if (problem.passing !== false) throw problem;
      this.appointment = null;
    }
  }

  /** The words for a request where it is one, those for an appointment otherwise. */
  #say(key, values) {
    return this.t(this.appointment.confirmed ? key : `${key}_request`, values);
  }

  #path(action = "") {
    return `public/appointments/${encodeURIComponent(this.reference || "none")}${action}`;
  }

  get query() {
    const { service_id, location_id, meeting_method, timezone } = this.appointment;
    return { service_id, location_id, meeting_method, timezone };
  }

  go(step, { quietly = false } = {}) {
    this.step = step;
    if (step !== "view") this.news = null;
    if (step === "view") this.lost = null;
    this.problem = null;
    this.render();
    if (!quietly) this.focusHeading();
  }

  render() {
    if (!this.step) return;
    if (!this.appointment) {
      this.show(h("div", { class: "card" }, this.stepHeading(this.t("manage_missing")), this.#bookNew()));
      return;
    }
    const bodies = { view: () => this.#view(), move: () => this.#move(), settle: () => this.#settle(), cancel: () => this.#cancel() };
    this.show(h("div", { class: "card", "data-step": this.step }, bodies[this.step]()));
  }

  #bookNew() {
    return h("div", { class: "actions" }, h("a", { class: "plain", href: this.api.base }, this.t("book_new")));
  }

  #facts(more, { named = false } = {}) {
    const { service, location, meeting_method: method, staff_name: staff } = this.appointment;
    return facts(this, [
      { label: this.t("what"), value: !named && service.name },
      { label: this.t("where"), value: placeOf(location) },
      { label: this.t("how"), value: this.t(method) },
      { label: this.t("with"), value: staff, verbatim: true },
      ...more,
    ]);
  }

  #time(label, { start, local_start }) {
    const { timezone, ...agreed } = this.appointment;
    const minutes = (Date.parse(agreed.end) - Date.parse(agreed.start)) / 60_000;
    const value = timeFacts(this, { start, local_start, minutes }, timezone, agreed.location.timezone);
    return { label: this.t(label), value };
  }

  #view() {
    const { appointment, news } = this;
    const off = appointment.state === "cancelled" || appointment.attendee.cancelled;
    const open = !off && !appointment.confirmed;
    const link = !off && webAddress(appointment.meeting_link);
    return [
      news && h("div", { class: "notice", role: "status" }, h("p", {}, h("strong", {}, this.t(news)), " ", this.t("told"))),
      this.stepHeading(appointment.service.name),
      h("p", { class: off ? "state off" : open ? "state open" : "state" }, off ? this.#say("cancelled") : this.#say("confirmed")),
      open && !this.#past && h("p", { class: "message" }, this.t("open_request")),
      this.#facts([
        this.#time("when", appointment), statusFact(this, appointment),
        { label: this.t("reason"), value: off && appointment.cancellation?.reason, verbatim: true },
      ], { named: true }),
      off ? this.#bookNew() : [
        h("div", { class: "actions" },
          link && h("a", { class: "main", href: link }, this.t("join")),
          calendarLink(this, { ...appointment, code: this.code }, { main: !link && !open })),
        this.#changes(),
      ],
    ];
  }

  get #past() {
    return Date.parse(this.appointment.start) < Date.now();
  }

  /** What may still be changed, until when; after the deadline it says so instead. */
  #changes() {
    const { appointment } = this;
    if (appointment.state !== "booked" || this.#past) return h("p", { class: "after soft" }, this.#say("over"));
    const row = (until, step, word) => {
      const open = until && Date.parse(until) > Date.now();
      const time = open && ["date", "time"].map((form) => say(until, appointment.timezone, this.locale, form)).join(", ");
      return h("div", { class: "after" },
        h("p", { class: "soft" }, this.#say(open ? `${step}_until` : `${step}_late`, { time })),
        open && h("div", { class: "actions" },
          h("button", { type: "button", class: "plain", onclick: () => this.go(step) }, word)));
    };
    return [
      row(appointment.can_rebook_until, "move", this.t("move")),
      row(appointment.can_cancel_until, "cancel", this.#say("cancel")),
    ];
  }

  #move() {
    const { appointment } = this;
    const query = { ...this.query, moving: this.reference, code: this.code };
    const calendar = new Calendar(this, { query, onPick: (slot) => { this.wished = slot; this.go("settle"); } });
    calendar.open();
    return [
      this.stepHeading(this.t("time")), this.lost && lostNotice(this, this.lost, calendar), this.problem && this.alert(this.problem),
      zoneLine(this, { zone: appointment.timezone, branchZone: appointment.location.timezone, kind: "zone_agreed" }), calendar.node, this.#actions(),
    ];
  }

  #settle() {
    return this.#asking("move", [this.#time("from", this.appointment), this.#time("to", this.wished)], { warned: this.#warning() });
  }

  /** Through the organisation's own steps, a move is a new request, be it confirmed by now (D34). */
  #warning() {
    const { status, confirmed } = this.appointment;
    return (status || !confirmed) && h("div", { class: "notice lost warned" }, h("p", {}, this.#say("move_again")));
  }

  #cancel() {
    return this.#asking("cancel", [this.#time("when", this.appointment)], { style: "stern" });
  }

  /** The question before a change, with a reason where the organisation wants one (WG-5, WG-6). */
  #asking(what, times, { style = "", warned }) {
    const mode = this.config[what === "move" ? "rebook_reason" : "cancel_reason"] ?? "off";
    const submit = (event) => {
      event.preventDefault();
      this.wrong = mode === "required" && !this.reasons[what].trim();
      if (!this.wrong) return this.#change(what);
      this.render();
      return this.stage.querySelector("#reason").focus();
    };
    return [
      this.stepHeading(this.#say(`${what}_ask`)), this.problem && this.alert(this.problem), this.#facts(times), warned,
      h("form", { novalidate: true, class: "details after", onsubmit: submit },
        mode !== "off" && this.#reason(what, mode),
        this.#actions(h("button", { type: "submit", class: `main ${style}`, "aria-busy": this.sending ? "true" : null }, this.#say(`${what}_yes`)))),
    ];
  }

  #reason(what, mode) {
    return h("div", { class: "field" },
      h("label", { for: "reason" }, this.t("reason"), mode === "optional" && h("span", { class: "soft" }, ` (${this.t("optional")})`)),
      this.wrong && h("p", { class: "wrong", id: "reason-wrong", role: "alert" }, this.t("missing")),
      this.#reasonField(what, {
        id: "reason", value: this.reasons[what], "aria-required": mode === "required" ? "true" : null,
        "aria-invalid": this.wrong ? "true" : null, "aria-describedby": this.wrong ? "reason-wrong" : null,
        oninput: (event) => { this.reasons[what] = event.target.value; },
      }));
  }

  /** The organisation's own reasons for cancelling, where it has some; free words otherwise. */
  #reasonField(what, props) {
    const known = what === "cancel" ? this.config.reasons ?? [] : [];
    if (!known.length) return h("textarea", { ...props, rows: 3, maxlength: 500 });
    return h("select", props,
      h("option", { value: "" }, this.t("choose")), known.map(({ text }) => h("option", { value: text }, text)));
  }

  #actions(first) {
    const keep = h("button", { type: "button", class: "quiet", onclick: () => this.go("view") }, first ? this.#say("keep") : this.t("back"));
    return h("div", { class: "actions" }, first, keep);
  }

  async #change(what) {
    if (this.sending) return;
    const { code, wished: slot, query } = this;
    const reason = this.reasons[what].trim() || undefined;
    const [path, words] = what === "move"
      ? ["/reschedule", { code, reason, start: slot.start, timezone: query.timezone }]
      : ["/cancel", { code, reason }];
    this.sending = true;
    try {
      const answer = await this.api.post(this.#path(path), words, this.attempt.keyFor({ path, ...words }));
      this.news = (what === "move" ? "moved" : "is_cancelled") + (answer.confirmed ? "" : "_request");
    } catch (problem) {
      this.sending = false;
      return this.#refused(problem, what);
    }
    this.sending = false;
    const { news } = this;
    await this.load(() => this.#look());
    this.name();
    this.news = news;
    this.go("view");
  }

  async #refused(problem, what) {
    if (!("passing" in problem)) throw problem;
    this.attempt.failed(problem);
    if (what === "move" && isLost(problem)) {
      this.lost = await lose(this, problem, this.wished, { ...this.query, moving: this.reference, code: this.code });
      return this.go("move");
    }
    this.problem = problem;
    this.render();
    return this.stage.querySelector("form .main")?.focus();
  }
}
