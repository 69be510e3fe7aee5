/** Instants and calendar days: which zone they are shown in, and how they are said in the visitor's language. */

const DAY_MS = 86_400_000;
const FORMS = {
  time: { hour: "numeric", minute: "2-digit" },
  day: { weekday: "long", day: "numeric", month: "long" },
  date: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  short: { weekday: "short", day: "numeric", month: "short" },
  zone: { timeZoneName: "longGeneric" },
};
const formatters = new Map();

/** The visitor's own IANA zone. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

function formatter(locale, timeZone, form) {
  const key = `${locale} ${timeZone} ${JSON.stringify(form)}`;
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(locale, { ...form, timeZone }));
  return formatters.get(key);
}

/** An RFC 3339 instant said in a zone; `form` is one of time, day, date, short. */
export const say = (instant, zone, locale, form) => formatter(locale, zone, FORMS[form]).format(new Date(instant));

/** A wall time as the server agreed to it: browsers do not all know the newest zone rules, so they only say it. */
export const sayWall = (local, locale, form) => say(`${local}Z`, "UTC", locale, form);

/** A wall time some milliseconds later. */
export const wallAfter = (local, ms) => new Date(Date.parse(`${local}Z`) + ms).toISOString().slice(0, 19);

/** The zone as people call it ("Eastern Time", "heure de l’Est"). */
export function zoneName(zone, locale, instant = Date.now()) {
  const parts = formatter(locale, zone, FORMS.zone).formatToParts(new Date(instant));
  return parts.find((part) => part.type === "timeZoneName").value;
}

/** TZ-3: a visit to the branch is told in the branch's zone, a call in the visitor's. */
export const zoneFor = (method, branchZone) => (method === "phone" || method === "video" ? ownZone() : branchZone);

/** The wall time of an instant in a zone, as far as this browser knows: 2026-12-01T10:00:00. */
export const wallIn = (instant, zone) =>
  formatter("sv", zone, { dateStyle: "short", timeStyle: "medium" }).format(new Date(instant)).replace(" ", "T");

const noon = (date) => new Date(`${date}T12:00:00Z`);

/** Calendar days are ISO dates (2026-12-01); months are their first seven letters. */
export const dateIn = (instant, zone) => formatter("sv", zone, { dateStyle: "short" }).format(new Date(instant));
export const today = (zone) => dateIn(Date.now(), zone);
export const addDays = (date, days) => new Date(noon(date).getTime() + days * DAY_MS).toISOString().slice(0, 10);
export const monthOf = (date) => date.slice(0, 7);
export const lastDay = (month) => addDays(`${addDays(`${month}-01`, 31).slice(0, 7)}-01`, -1);
export const addMonth = (month, step) => monthOf(step > 0 ? addDays(lastDay(month), 1) : addDays(`${month}-01`, -1));
export const sayDate = (date, locale, form) => say(noon(date), "UTC", locale, form);
export const sayMonth = (month, locale) => formatter(locale, "UTC", { month: "long", year: "numeric" }).format(noon(`${month}-15`));

/** Every ISO date of a month, in order. */
export function daysOf(month) {
  const last = Number(lastDay(month).slice(8));
  return Array.from({ length: last }, (_, index) => `${month}-${String(index + 1).padStart(2, "0")}`);
}

/** The month as weeks of seven dates, null where a neighbouring month begins; `firstDay` is 1 (Monday) to 7. */
export function weeksOf(month, firstDay) {
  const days = daysOf(month);
  const lead = (noon(days[0]).getUTCDay() + 7 - (firstDay % 7)) % 7;
  const cells = [...Array(lead).fill(null), ...days];
  while (cells.length % 7) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

/** The day a week begins with where the visitor lives; Monday where the browser cannot say. */
export function firstWeekday(locale) {
  const known = new Intl.Locale(locale);
  return (known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1;
}

/** The short names of the seven weekdays with their full names, in the week's order. */
export function weekdays(locale, firstDay) {
  const monday = "2024-01-01";
  return Array.from({ length: 7 }, (_, index) => {
    const date = noon(addDays(monday, (firstDay - 1 + index) % 7));
    const name = (weekday) => formatter(locale, "UTC", { weekday }).format(date);
    return { short: name("short"), long: name("long") };
  });
}
