/** Choosing a day and a time: a month at a glance, the free times of one day, a jump to the next free day. */

import { h, icon } from "./dom.js";
import {
  addDays, addMonth, daysOf, firstWeekday, lastDay, monthOf, sayDate, sayMonth, sayWall, today, weekdays, weeksOf,
} from "./local_time.js";

const WINDOW_DAYS = 61; // the API answers at most 62 days at once, both ends included
const LOOKS = 3; // windows searched for the next free day before saying there is none

export class Calendar {
  /** `query` are the availability parameters but from and to; `onPick(slot)` may return a promise. */
  constructor(desk, { query, onPick }) {
    Object.assign(this, { desk, query, onPick, zone: query.timezone, days: new Map() });
    this.node = h("div", { class: "calendar" });
  }

  /** Shows the month of the wished day, or of the first free one, once what was given back before is free. */
  async open(date, released) {
    this.node.setAttribute("aria-busy", "true");
    this.node.replaceChildren(h("p", { class: "soft" }, this.desk.t("loading")));
    await this.#try(async () => {
      await released;
      const start = today(this.zone);
      const first = date && date > start ? date : start;
      this.month = monthOf(first);
      await this.#fetch(this.month === monthOf(start) ? start : `${this.month}-01`);
      this.#select(this.#free(first)[0]);
    });
  }

  async #try(work) {
    this.node.setAttribute("aria-busy", "true");
    try {
      await work();
      this.render();
    } catch (problem) {
      if (!("passing" in problem)) throw problem;
      this.node.replaceChildren(this.desk.alert(problem, () => this.#try(work)));
    }
    this.node.removeAttribute("aria-busy");
  }

  async #fetch(from) {
    const query = { ...this.query, from, to: addDays(from, WINDOW_DAYS) };
    const answer = await this.desk.api.get("public/availability", query);
    for (const { date, slots } of answer.days) this.days.set(date, slots);
  }

  /** Known free days from a date on, in order. */
  #free(from) {
    return [...this.days].filter(([date, slots]) => date >= from && slots.length).map(([date]) => date).sort();
  }

  #select(date) {
    this.date = date;
    if (date) this.month = monthOf(date);
  }

  async #turn(step) {
    const month = addMonth(this.month, step);
    await this.#try(async () => {
      const missing = daysOf(month).find((date) => date >= today(this.zone) && !this.days.has(date));
      if (missing) await this.#fetch(missing);
      this.month = month;
      this.date = this.#free(`${month}-01`).find((date) => monthOf(date) === month);
    });
    this.node.querySelector(step > 0 ? ".to-after" : ".to-before")?.focus();
    this.desk.announce(sayMonth(month, this.desk.locale));
  }

  async #jump() {
    let from = addDays(lastDay(this.month), 1);
    await this.#try(async () => {
      for (let looked = 0; looked < LOOKS; looked += 1, from = addDays(from, WINDOW_DAYS + 1)) {
        if (!this.#free(from).length) await this.#fetch(from);
        const [date] = this.#free(from);
        if (date) return this.#select(date);
      }
      this.noneUntil = addDays(from, -1);
    });
    this.node.querySelector(".day[tabindex='0'], [role=status]")?.focus();
  }

  render() {
    this.node.replaceChildren(
      h("div", { class: "month" }, this.#header(), this.#grid()),
      h("div", { class: "times", role: "group", "aria-label": this.desk.t("time") }, this.#times()));
  }

  #header() {
    const { desk, month } = this;
    const turn = (step, kind, name, off) => h("button", {
      type: "button", class: `quiet turn ${kind}`, "aria-label": desk.t(name), disabled: off,
      onclick: () => this.#turn(step),
    }, icon(step > 0 ? "on" : "back"));
    return h("div", { class: "turning" },
      turn(-1, "to-before", "month_before", month <= monthOf(today(this.zone))),
      desk.heading(2, { class: "month-name" }, sayMonth(month, desk.locale)),
      turn(1, "to-after", "month_after", Boolean(this.noneUntil) && lastDay(month) >= this.noneUntil));
  }

  #grid() {
    const first = firstWeekday(this.desk.locale);
    const free = this.#free(`${this.month}-01`).filter((date) => monthOf(date) === this.month);
    const entry = free.includes(this.date) ? this.date : free[0];
    return h("table", { onkeydown: (event) => this.#walk(event) },
      h("thead", {}, h("tr", {}, weekdays(this.desk.locale, first).map((day) =>
        h("th", { scope: "col" }, h("span", { "aria-hidden": "true" }, day.short), h("span", { class: "unseen" }, day.long))))),
      h("tbody", {}, this.#weeks(first).map((week) =>
        h("tr", {}, week.map((date) => h("td", {}, date && this.#day(date, entry)))))));
  }

  /** The weeks that have not passed entirely. */
  #weeks(firstDay) {
    return weeksOf(this.month, firstDay).filter((week) => week.some((date) => date >= today(this.zone)));
  }

  #day(date, entry) {
    const { desk } = this;
    const n = this.days.get(date)?.length ?? 0;
    const number = Number(date.slice(8));
    const day = sayDate(date, desk.locale, "day");
    if (!n) {
      const none = desk.t("free_none", { day });
      return h("span", { class: "day none" }, h("span", { "aria-hidden": "true" }, number), h("span", { class: "unseen" }, none));
    }
    return h("button", {
      type: "button", class: "day", "data-date": date, tabindex: date === entry ? "0" : "-1",
      "aria-pressed": String(date === this.date), "aria-label": desk.t("free", { day, n }), onclick: () => this.#choose(date),
    }, number);
  }

  #choose(date) {
    this.date = date;
    this.render();
    this.node.querySelector(`[data-date='${date}']`).focus();
    this.desk.announce(this.desk.t("free", { day: sayDate(date, this.desk.locale, "day"), n: this.days.get(date).length }));
  }

  /** Arrow keys go from free day to free day, up and down to the nearest one a week away; one Tab leaves. */
  #walk(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, Home: -31, End: 31 };
    const buttons = [...this.node.querySelectorAll("button.day")];
    const here = event.target.closest("button.day");
    const step = steps[event.key];
    if (!here || !step) return;
    event.preventDefault();
    const wished = addDays(here.dataset.date, step);
    const ahead = buttons.filter((button) => (step > 0 ? button.dataset.date >= wished : button.dataset.date <= wished));
    const target = step > 0 ? ahead[0] ?? buttons.at(-1) : ahead.at(-1) ?? buttons[0];
    for (const button of buttons) button.tabIndex = button === target ? 0 : -1;
    target.focus();
  }

  #times() {
    const { desk, date, month } = this;
    if (date) return [desk.heading(2, { class: "day-name" }, sayDate(date, desk.locale, "day")), this.#parts(this.days.get(date))];
    if (this.#free(`${month}-01`).some((free) => monthOf(free) === month)) return h("p", { class: "soft" }, desk.t("pick_day"));
    const none = desk.t("month_none", { month: sayMonth(month, desk.locale) });
    if (this.noneUntil && !this.#free(`${month}-01`).length) {
      return h("p", { class: "soft", role: "status", tabindex: "-1" },
        desk.t("none_until", { date: sayDate(this.noneUntil, desk.locale, "date") }));
    }
    return [
      h("p", { class: "soft" }, none),
      h("button", { type: "button", class: "plain", onclick: () => this.#jump() }, desk.t("next_available")),
    ];
  }

  #parts(slots) {
    const parts = [["morning", "00", "12"], ["afternoon", "12", "17"], ["evening", "17", "24"]];
    return parts.map(([name, from, to]) => {
      const some = slots.filter(({ local_start: local }) => local.slice(11) >= from && local.slice(11) < to);
      return some.length > 0 && [
        this.desk.heading(3, { class: "part" }, this.desk.t(name)),
        h("ul", { class: "slots" }, some.map((slot) => h("li", {}, this.slot(slot, "time")))),
      ];
    });
  }

  /** A button that picks a slot; `form` tells how much of the instant it says. */
  slot(slot, form) {
    const words = [form, "time"].filter((name, index, all) => all.indexOf(name) === index)
      .map((name) => sayWall(slot.local_start, this.desk.locale, name)).join(", ");
    const pick = async (event) => {
      const button = event.currentTarget;
      if (this.picking) return;
      this.picking = true;
      button.setAttribute("aria-busy", "true");
      this.desk.announce(this.desk.t("keeping"));
      await this.onPick(slot);
      button.removeAttribute("aria-busy");
      this.picking = false;
    };
    return h("button", { type: "button", class: "slot", "data-start": slot.start, onclick: pick }, words);
  }
}
