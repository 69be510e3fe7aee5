/** What each step of booking shows; the flow itself is in booking.js. */

import { h, icon, webAddress } from "./dom.js";
import { ownZone, sayWall, wallAfter, wallIn, zoneName } from "./local_time.js";
import { languageNames } from "./translations.js";

const METHODS = ["in_person", "phone", "video", "off_site"];
const ANYONE = "anyone";

/** The ways both the service and the branch offer, in a fixed order. */
export function methodsOf({ service, location }) {
  const offered = [service, location].map((one) => one?.meeting_methods ?? METHODS);
  return METHODS.filter((method) => offered.every((methods) => methods.includes(method)));
}

/** A branch by name, with its address beneath. */
export const placeOf = ({ name, address }) => [name, address && h("span", { class: "soft" }, address)];

function choices(rows) {
  return h("ul", { class: "choices" }, rows.map(({ name, hint, aside, drawing, chosen, pick }) => h("li", {},
    h("button", { type: "button", class: "choice", "aria-pressed": chosen ? "true" : null, onclick: pick },
      drawing && icon(drawing),
      h("span", {}, h("strong", {}, name), hint && h("small", {}, hint)),
      aside && h("span", { class: "aside" }, aside),
      icon("on")))));
}

export function serviceStep(desk) {
  if (!desk.services.length) return h("p", { class: "soft" }, desk.t("services_none"));
  return choices(desk.services.map((service) => ({
    name: service.name, hint: service.description, aside: desk.t("minutes", { n: service.duration_minutes }),
    chosen: desk.choice.service?.id === service.id, pick: () => desk.pick("service", service),
  })));
}

export function locationStep(desk) {
  if (!desk.locations.length) return h("p", { class: "soft" }, desk.t("locations_none"));
  return choices(desk.locations.map((location) => ({
    name: location.name, hint: location.address,
    chosen: desk.choice.location?.id === location.id, pick: () => desk.pick("location", location),
  })));
}

export function methodStep(desk) {
  return choices(methodsOf(desk.choice).map((method) => ({
    name: desk.t(method), hint: desk.t(`${method}_hint`), drawing: method,
    chosen: desk.choice.method === method, pick: () => desk.pick("method", method),
  })));
}

/** Anyone first, then everybody who may be asked for, with the languages they speak (D8). */
export function staffStep(desk) {
  const { staff = ANYONE } = desk.choice;
  const speaks = ({ languages }) => desk.t("speaks", { languages: languageNames(languages, desk.locale) });
  return [desk.problem && desk.alert(desk.problem), choices([
    { name: desk.t(ANYONE), hint: desk.t("anyone_hint"), chosen: staff === ANYONE, pick: () => desk.pick("staff", ANYONE) },
    ...desk.staff.map((person) => ({
      name: person.name, hint: person.languages.length > 0 && speaks(person),
      chosen: staff.id === person.id, pick: () => desk.pick("staff", person),
    })),
  ])];
}

/** Which zone the times are in, and the other one when its clocks read differently (TZ-3). */
export function zoneLine(desk, { zone, branchZone, kind }) {
  const other = zone === branchZone ? ownZone() : branchZone;
  const name = (one) => zoneName(one, desk.locale);
  const differs = wallIn(Date.now(), zone) !== wallIn(Date.now(), other);
  return h("p", { class: "zone" }, desk.t(kind, { zone: name(zone) }),
    differs && ` ${desk.t(zone === branchZone ? "zone_yours" : "zone_theirs", { zone: name(other) })}`);
}

/** Day and time in the zone agreed, with the other zone's time when it differs. */
export function timeFacts(desk, { start, local_start: local, minutes }, zone, branchZone) {
  const other = zone === branchZone ? ownZone() : branchZone;
  const there = wallIn(start, other);
  const told = (wall) => [wall, wallAfter(wall, minutes * 60_000)].map((one) => sayWall(one, desk.locale, "time")).join(" – ");
  const named = (one) => zoneName(one, desk.locale, start);
  const elsewhere = () => {
    const day = there.slice(0, 10) === local.slice(0, 10) ? "" : `${sayWall(there, desk.locale, "short")}, `;
    return desk.t(zone === branchZone ? "yours_then" : "theirs_then", { time: day + told(there), zone: named(other) });
  };
  return [
    sayWall(local, desk.locale, "date"), h("br"), `${told(local)} (${named(zone)})`,
    other !== zone && there !== local && h("span", { class: "soft" }, elsewhere()),
  ];
}

/** A list of facts; `change` adds a button that leads back to where the fact was chosen. */
export function facts(desk, rows) {
  return h("dl", { class: "facts" }, rows.filter((row) => row.value).map(({ label, value, change, verbatim }) => h("div", {},
    h("dt", {}, label),
    h("dd", { class: verbatim ? "verbatim" : null }, value),
    change && h("dd", { class: "act" }, h("button", {
      type: "button", class: "quiet", onclick: change, "aria-label": desk.t("change_what", { what: label }),
    }, desk.t("change"))))));
}

/** What has been chosen so far. */
export function chosenFacts(desk, { changeable }) {
  const { service, location, method, staff, slot } = desk.choice;
  const person = desk.booked?.staff_name ?? staff?.name ?? (staff && desk.t(staff));
  const change = (step) => (changeable && desk.canChange(step) ? () => desk.go(step) : null);
  return facts(desk, [
    { label: desk.t("what"), value: service?.name, change: change("service") },
    { label: desk.t("where"), value: location && placeOf(location), change: change("location") },
    { label: desk.t("how"), value: method && desk.t(method), change: change("method") },
    { label: desk.t("with"), value: person, change: change("staff"), verbatim: true },
    { label: desk.t("when"), value: slot && timeFacts(desk, { ...slot, minutes: service.duration_minutes }, desk.zone, location.timezone), change: change("time") },
    statusFact(desk, desk.booked ?? {}),
  ]);
}

export function reviewStep(desk) {
  const { form } = desk;
  const contact = [`${form.first_name} ${form.last_name}`, form.email, form.mobile, form.receive_sms && desk.t("receive_sms")];
  const told = (value) => (typeof value === "boolean" ? desk.t(value ? "yes" : "no") : value);
  const answers = desk.fields.filter((field) => field.question || field.name === "notes").map((field) => ({
    label: field.label ?? desk.t(field.name), value: told(form[field.name]), verbatim: true,
  }));
  return [
    chosenFacts(desk, { changeable: true }),
    h("div", { class: "after" }, facts(desk, [
      { label: desk.t("who"), value: contact.filter(Boolean).join("\n"), change: () => desk.go("details"), verbatim: true }, ...answers,
    ])),
    desk.problem && h("div", { class: "after" }, desk.alert(desk.problem)),
    h("div", { class: "actions" },
      h("button", { type: "button", class: "main", "aria-busy": desk.sending ? "true" : null, onclick: () => desk.book() },
        desk.t(desk.sending ? "sending" : desk.problem?.passing ? "again" : "confirm")),
      h("button", { type: "button", class: "quiet", onclick: () => desk.go("details") }, desk.t("back"))),
  ];
}

/** Where it stands between request and confirmation, in the organisation's own words. */
export function statusFact(desk, { status }) {
  if (!status) return { value: null };
  const dot = h("span", { class: "dot", "aria-hidden": "true" });
  dot.style.background = status.colour; // a style attribute would be against the page's policy
  return { label: desk.t("status"), value: [dot, status.name], verbatim: true };
}

/** What happens to a request now, step by step (AS-5). */
function nextSteps(desk, email) {
  return h("div", { class: "after next" },
    desk.heading(2, {}, desk.t("next_title")),
    h("ol", {}, ["next_mail", "next_look", "next_answer"].map((key) => h("li", {}, desk.t(key, { email })))));
}

export function doneStep(desk) {
  const { booked, form } = desk;
  const open = !booked.confirmed;
  const suffix = open ? "_unconfirmed" : "";
  // The server says it in the language it was asked in.
  const message = booked.language === desk.language && booked.message;
  const manage = webAddress(booked.manage_url) ?? desk.api.address("manage", { id: booked.id, code: booked.code });
  return [
    h("span", { class: open ? "badge open" : "badge" }, icon(open ? "clock" : "tick")),
    desk.stepHeading(desk.t(`done${suffix}`)),
    open && h("p", { class: "state open" }, desk.t("confirmed_request")),
    h("p", { class: "message" }, message || desk.t(`done_text${suffix}`, { email: form.email })),
    chosenFacts(desk, { changeable: false }),
    open && nextSteps(desk, form.email),
    h("div", { class: "actions" },
      calendarLink(desk, booked, { main: !open }),
      h("a", { class: "plain", href: manage }, desk.t("manage")),
      h("button", { type: "button", class: "quiet", onclick: () => desk.restart() }, desk.t("another"))),
  ];
}

/** The calendar file of an appointment; of a request it says that it is not settled. */
export function calendarLink(desk, { id, code, confirmed }, { main }) {
  const href = desk.api.address(`public/appointments/${encodeURIComponent(id)}/calendar.ics`, { code });
  const words = desk.t(confirmed ? "calendar" : "calendar_request");
  return h("a", { class: main ? "main" : "plain", href, download: "appointment.ics" }, words);
}
