/** A time that went to somebody else while the visitor was choosing it: said kindly, with the nearest free ones. */

import { h } from "./dom.js";
import { addDays, sayWall } from "./local_time.js";

const TAKEN = new Set(["slot_taken", "capacity_exhausted", "full", "day_full"]);
const GONE = new Set([
  "outside_block", "block_not_released", "no_block", "block_held", "block_closed", "reserved_for_staff", "too_soon",
  "too_far", "closed", "holiday", "staff_busy", "staff_not_working", "daily_limit", "method_not_offered", "past",
]);

/** Whether a refusal means "not this time", so that another time helps. */
export const isLost = (problem) => TAKEN.has(problem.code) || GONE.has(problem.code)
  || problem.errors.some(({ pointer }) => pointer === "/start");

/** The lost slot with the nearest free ones; without any when they cannot be had, the calendar is still there. */
export async function lose(desk, problem, slot, query) {
  const nearest = await nearestTo(desk, slot, query).catch(() => []);
  return { slot, nearest, taken: TAKEN.has(problem.code) };
}

async function nearestTo(desk, slot, query) {
  const { nearest } = await desk.api.get("public/availability/explain", { ...query, start: slot.local_start });
  if (!nearest.length) return [];
  const dates = nearest.map((start) => start.slice(0, 10)).sort();
  const around = { from: addDays(dates[0], -1), to: addDays(dates.at(-1), 1) };
  const { days } = await desk.api.get("public/availability", { ...query, ...around });
  return days.flatMap((day) => day.slots).filter(({ start }) => nearest.includes(start));
}

/** The message with a button for each nearest time; `calendar` makes the buttons pick. */
export function lostNotice(desk, lost, calendar) {
  const time = ["day", "time"].map((form) => sayWall(lost.slot.local_start, desk.locale, form)).join(", ");
  return h("div", { class: "notice lost", role: "alert" },
    h("p", {}, h("strong", {}, desk.t(lost.taken ? "lost_taken" : "lost_gone", { time })), " ", desk.t("lost_kept")),
    h("p", {}, desk.t(lost.nearest.length ? "nearest" : "nearest_none")),
    lost.nearest.length > 0 && h("ul", { class: "slots nearest" },
      lost.nearest.map((slot) => h("li", {}, calendar.slot(slot, "short")))));
}
