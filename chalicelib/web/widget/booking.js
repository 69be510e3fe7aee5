/** Booking an appointment: service, branch, method, whom to see, time (held), details, review, done. */

import { Attempt } from "./api.js";
import { Calendar } from "./calendar.js";
import { attendeeOf, check, detailsForm, fieldsOf, focusWrong, placed } from "./details.js";
import { h, icon } from "./dom.js";
import { DeskElement } from "./element.js";
import { Hold } from "./hold.js";
import { isLost, lose, lostNotice } from "./slot_taken.js";
import {
  chosenFacts, doneStep, locationStep, methodsOf, methodStep, reviewStep, serviceStep, staffStep, zoneLine,
} from "./steps.js";
import { zoneFor } from "./local_time.js";

const STEPS = ["service", "location", "method", "staff", "time", "details", "review"];
const STAGES = [["service"], ["location", "method", "staff"], ["time"], ["details"], ["review"]];
const WITH_SUMMARY = ["location", "method", "staff", "time", "details"];
const UTM = ["source", "medium", "campaign", "term", "content"];

export class Booking extends DeskElement {
  titleKey = "title";
  choice = {};
  form = {};
  wrong = {};
  attempt = new Attempt();

  async open() {
    addEventListener("pagehide", () => this.hold?.release());
    await this.load(async () => {
      const [config, services] = await Promise.all([
        this.api.get("public/config"), this.api.all("public/services", { location_id: this.asked("location") }),
      ]);
      Object.assign(this, { config, services });
    });
    this.name();
    await this.#begin({ quietly: true });
  }

  async #begin(how) {
    const only = this.#only(this.services, "service");
    if (only) await this.pick("service", only);
    else this.go("service", how);
  }

  /** What the host asked for, or the single one there is: nothing to choose then. */
  #only(items, name) {
    return items.find(({ id }) => id === this.asked(name)) ?? (items.length === 1 ? items[0] : undefined);
  }

  disconnectedCallback() {
    this.hold?.release();
  }

  get zone() {
    return zoneFor(this.choice.method, this.choice.location.timezone);
  }

  get fields() {
    return fieldsOf(this.choice.service);
  }

  get query() {
    const { service, location, method, staff } = this.choice;
    return {
      service_id: service.id, location_id: location.id, meeting_method: method, timezone: this.zone, staff_id: staff?.id,
    };
  }

  /** A choice made: later ones that depended on another choice are dropped, single options are chosen for the visitor. */
  async pick(step, value) {
    const same = (this.choice[step]?.id ?? this.choice[step]) === (value.id ?? value);
    if (!same) {
      const later = [...STEPS.slice(STEPS.indexOf(step) + 1), "slot"];
      for (const name of later) delete this.choice[name];
      this.letGo();
      this.lost = null;
    }
    this.choice[step] = value;
    if (step === "service") await this.#afterService();
    else if (step === "location") await this.#afterLocation();
    else this.go(step === "method" && this.staff.length ? "staff" : "time");
  }

  async #afterService() {
    this.locations = await this.load(() => this.api.all("public/locations", { service_id: this.choice.service.id }));
    const only = this.#only(this.locations, "location");
    if (only) await this.pick("location", only);
    else this.go("location");
  }

  async #afterLocation() {
    await this.#findStaff();
    const methods = methodsOf(this.choice);
    if (methods.length === 1) await this.pick("method", methods[0]);
    else this.go("method");
  }

  /** Whom a client may ask for, however they meet; where there is nobody, that step is left out. */
  async #findStaff() {
    const { service, location } = this.choice;
    const query = { service_id: service.id, location_id: location.id };
    this.staff = service.client_chooses_staff ? await this.load(() => this.api.all("public/staff", query)) : [];
  }

  /** Whether going back to a step offers anything to choose between. */
  canChange(step) {
    if (step === "service") return !this.#only(this.services, "service");
    if (step === "location") return !this.#only(this.locations ?? [], "location");
    if (step === "staff") return Boolean(this.staff?.length);
    return step !== "method" || methodsOf(this.choice).length > 1;
  }

  go(step, { quietly = false, problem = null } = {}) {
    this.step = step;
    this.problem = problem;
    if (step !== "details") this.wrong = {};
    this.render();
    if (!quietly) this.focusHeading();
  }

  render() {
    if (!this.step) return;
    const bodies = {
      service: serviceStep, location: locationStep, method: methodStep, staff: staffStep, review: reviewStep, done: doneStep,
      time: () => this.#timeStep(), details: () => this.#detailsStep(),
    };
    const { step } = this;
    const held = this.hold && (step === "details" || step === "review") && this.hold.view();
    const body = step === "done"
      ? bodies.done(this)
      : [this.#progress(), this.stepHeading(this.t(step)), held, bodies[step](this), this.#backFrom(step)];
    this.show(this.around(h("div", { class: "card", "data-step": step }, body)));
  }

  around(card, { waiting } = {}) {
    const aside = WITH_SUMMARY.includes(this.step);
    return h("div", { class: aside ? "frame two" : "frame" }, card,
      aside && h("div", { class: "summary", inert: waiting },
        this.heading(1, { class: "month-name" }, this.t("summary")), chosenFacts(this, { changeable: true })));
  }

  #progress() {
    const stage = STAGES.findIndex((steps) => steps.includes(this.step));
    return h("div", { class: "progress" },
      h("span", {}, this.t("step", { n: stage + 1, of: STAGES.length })),
      h("span", { class: "bar", "aria-hidden": "true" }, STAGES.map((_, index) => h("i", { class: index <= stage ? "past" : null }))));
  }

  /** Details and review have their own way back beside the way on. */
  #backFrom(step) {
    const before = STEPS.slice(0, STEPS.indexOf(step)).filter((name) => this.canChange(name)).at(-1);
    if (!before || step === "details" || step === "review") return null;
    return h("div", { class: "actions" },
      h("button", { type: "button", class: "quiet", onclick: () => this.go(before) }, icon("back"), this.t("back")));
  }

  #timeStep() {
    const { location, method, slot } = this.choice;
    const fresh = new Calendar(this, { query: { ...this.query, hold: this.hold?.left ? this.hold.token : undefined }, onPick: (picked) => this.#take(picked) });
    fresh.open((this.lost?.slot ?? slot)?.local_start.slice(0, 10), this.released);
    const kind = method === "phone" || method === "video" ? "zone_own" : "zone_branch";
    return [
      this.lost && lostNotice(this, this.lost, fresh),
      this.problem && this.alert(this.problem),
      zoneLine(this, { zone: this.zone, branchZone: location.timezone, kind }), fresh.node,
    ];
  }

  /** Holds a time for the visitor; the one held before is given back first, it may be in its way. */
  async #take(slot) {
    await this.hold?.release();
    this.hold = null;
    this.choice.slot = slot;
    try {
      const answer = await this.api.post("public/holds", { ...this.query, start: slot.start });
      this.hold = new Hold(this, answer, () => this.#take(slot).then(() => this.hold && this.announce(this.t("held_again"))));
    } catch (problem) {
      return this.#refused(problem, "time");
    }
    this.lost = null;
    const complete = !Object.keys(check(this.fields, this.form)).length;
    this.go(this.step === "details" || !complete ? "details" : "review");
  }

  letGo() {
    this.released = this.hold?.release();
    this.hold = null;
  }

  #detailsStep() {
    return detailsForm(this, {
      fields: this.fields, form: this.form, wrong: this.wrong,
      onDone: () => this.go("review"),
      onWrong: (wrong) => this.#complain(wrong),
    });
  }

  #complain(wrong) {
    this.wrong = wrong;
    this.go("details", { quietly: true });
    focusWrong(this, this.fields, wrong);
  }

  #words() {
    const asked = new URLSearchParams(location.search);
    const utm = Object.fromEntries(UTM.filter((name) => asked.get(`utm_${name}`)).map((name) => [name, asked.get(`utm_${name}`)]));
    const attendee = attendeeOf(this.fields, this.form, this.language);
    const body = { ...this.query, start: this.choice.slot.start, attendee, hold_token: this.hold?.token };
    return Object.keys(utm).length ? { ...body, utm } : body;
  }

  async book() {
    if (this.sending) return;
    const words = this.#words();
    Object.assign(this, { sending: true, problem: null });
    this.render();
    this.announce(this.t("sending"));
    try {
      const answer = await this.api.post("public/appointments", words, this.attempt.keyFor(words));
      this.booked = { ...answer, language: words.attendee.language };
    } catch (problem) {
      this.attempt.failed(problem);
      this.sending = false;
      return this.#refused(problem, "review", words.attendee);
    }
    this.sending = false;
    this.#finish();
  }

  #finish() {
    this.hold?.stop();
    this.hold = null;
    this.go("done");
    const { id, start, confirmed } = this.booked;
    this.dispatchEvent(new CustomEvent("frontdesk-booked", { bubbles: true, composed: true, detail: { id, start, confirmed } }));
  }

  /** A refusal leads to where it can be mended, with everything typed still there. */
  async #refused(problem, step, attendee) {
    if (!("passing" in problem)) throw problem;
    if (problem.code === "unknown_hold" && this.hold) return this.#withoutHold();
    if (problem.errors.some(({ pointer }) => pointer === "/staff_id")) return this.#withoutStaff(problem);
    if (isLost(problem)) {
      this.lost = await lose(this, problem, this.choice.slot, this.query);
      this.letGo();
      delete this.choice.slot;
      return this.go("time");
    }
    const wrong = attendee ? placed(problem, this.fields, attendee) : {};
    if (Object.keys(wrong).length) return this.#complain(wrong);
    this.go(step, { problem, quietly: true });
    return this.stage.querySelector(".notice.bad button, .actions .main")?.focus();
  }

  /** Whoever was chosen can no longer be: the visitor chooses again, among those who can. */
  async #withoutStaff(problem) {
    this.letGo();
    delete this.choice.staff;
    delete this.choice.slot;
    await this.#findStaff();
    this.go(this.staff.length ? "staff" : "time", { problem });
  }

  #withoutHold() {
    this.hold.stop();
    this.hold = null;
    return this.book();
  }

  restart() {
    Object.assign(this, { choice: {}, booked: null, lost: null, hold: null });
    this.#begin();
  }
}
