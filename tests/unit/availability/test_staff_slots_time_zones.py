"""Free staff time where clocks change, differ by half hours, or are in two zones at once (D9, D11, cases 8 to 12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from chalicelib.domain.availability.staff_slots import StaffSlots
from chalicelib.domain.availability.unavailable_reasons import Unavailable
from chalicelib.domain.organisation.opening_hours import Closure
from chalicelib.domain.organisation.rota import TimeOff
from chalicelib.domain.shared.times import from_epoch_minute
from tests.builders.records import roster_builder as build
from tests.builders.records.roster_builder import TORONTO, at, line, member, occupant, offer, opening, schedule

LONDON, LORD_HOWE, MELBOURNE, PERTH = "Europe/London", "Australia/Lord_Howe", "Australia/Melbourne", "Australia/Perth"
ALWAYS = "00:00-24:00"


def on(
    day: str, *members: build.RosterMember, zone: str = TORONTO, duration: int = 60, closures: Sequence[Closure] = ()
) -> StaffSlots:
    """The free times of a local day, in steps of the duration."""
    first, last = at(f"{day} 00:00", zone), at(f"{day} 23:59", zone) + 1
    return build.slots(offer(duration, duration, zone=zone), opening(ALWAYS, closures=closures), members, first, last)


def walls(found: StaffSlots, day: str, zone: str = TORONTO) -> list[str]:
    """The starts of that day as local times."""
    first, last = at(f"{day} 00:00", zone), at(f"{day} 23:59", zone) + 1
    return [build.wall_text(start, zone)[3:] for start in build.free_starts(found, first, last)]


def test_in_spring_the_night_shift_is_an_hour_shorter_and_has_no_two_o_clock() -> None:
    found = on("2026-03-08", member("a", schedule("00:30-04:30")))

    assert walls(found, "2026-03-08") == ["00:30-0500", "01:30-0500", "03:30-0400"]


def test_in_autumn_half_past_one_comes_twice_and_each_is_booked_by_itself() -> None:
    day, who = "2026-11-01", schedule("00:30-04:30")
    first, second = (at("2026-11-01 01:30", fold=fold) for fold in (0, 1))
    found = on(day, member("a", who, booked=[occupant("1", first, 60)]))

    assert walls(on(day, member("a", who)), day) == [
        "00:30-0400", "01:30-0400", "01:30-0500", "02:30-0500", "03:30-0500",
    ]  # fmt: skip
    assert (second - first, found.unavailable_reason(first), found.unavailable_reason(second)) == (
        60,
        Unavailable.STAFF_BUSY,
        None,
    )
    assert found.allocate(second).start == second


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-11-02", 24)])
def test_a_day_around_the_clock_has_as_many_hours_as_clocks_give_it(day: str, hours: int) -> None:
    assert len(walls(on(day, member("a", schedule(ALWAYS))), day)) == hours


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_a_closure_closes_the_whole_of_a_day_on_which_clocks_change(day: str) -> None:
    closed = [Closure("clo_1", date.fromisoformat(day))]

    assert walls(on(day, member("a", schedule(ALWAYS)), closures=closed), day) == []


def test_a_daily_limit_spans_the_whole_of_a_day_on_which_clocks_change() -> None:
    day = "2026-11-01"
    at_work = member("a", schedule(ALWAYS), limit=1, booked=[occupant("1", at(f"{day} 00:00"))])
    span = at(f"{day} 00:00") - 60, at(f"{day} 23:59") + 61
    found = build.slots(offer(60, 60), opening(ALWAYS), [at_work], *span)

    assert list(build.free_starts(found, *span)) == [span[0], span[1] - 60]


def test_time_off_in_the_doubled_hour_is_an_instant_and_not_a_clock_time() -> None:
    start, end = (from_epoch_minute(at("2026-11-01 01:30", fold=fold)) for fold in (0, 1))
    off = TimeOff("off_1", start, end)
    found = on("2026-11-01", member("a", schedule("00:30-03:30"), away=[off]))

    assert walls(found, "2026-11-01") == ["00:30-0400", "01:30-0500", "02:30-0500"]


@pytest.mark.parametrize(
    ("zone", "offset"), [("Asia/Kolkata", "+0530"), ("America/St_Johns", "-0330"), ("Asia/Kathmandu", "+0545")]
)
def test_zones_off_the_full_hour_have_their_grid_on_their_own_clock(zone: str, offset: str) -> None:
    found = on("2026-12-03", member("a", schedule("09:00-11:00", zone=zone)), zone=zone)

    assert walls(found, "2026-12-03", zone) == [f"09:00{offset}", f"10:00{offset}"]


def test_a_half_hour_zone_changes_its_clocks_by_an_hour() -> None:
    """Newfoundland, on the days Toronto changes too."""
    zone = "America/St_Johns"
    spring, autumn = (
        walls(on(day, member("a", schedule("00:30-04:30", zone=zone)), zone=zone), day, zone)
        for day in ("2026-03-08", "2026-11-01")
    )

    assert spring == ["00:30-0330", "01:30-0330", "03:30-0230"]
    assert autumn == ["00:30-0230", "01:30-0230", "01:30-0330", "02:30-0330", "03:30-0330"]


def test_lord_howe_changes_its_clocks_by_half_an_hour() -> None:
    spring, autumn = (
        walls(
            on(day, member("a", schedule("01:00-03:30", zone=LORD_HOWE)), zone=LORD_HOWE, duration=30), day, LORD_HOWE
        )
        for day in ("2026-10-04", "2026-04-05")
    )

    assert spring == ["01:00+1030", "01:30+1030", "02:30+1100", "03:00+1100"]
    assert autumn == ["01:00+1100", "01:30+1100", "01:30+1030", "02:00+1030", "02:30+1030", "03:00+1030"]


def test_hours_that_end_with_the_skipped_half_hour_end_before_it() -> None:
    found = on("2026-10-04", member("a", schedule("01:00-02:15", zone=LORD_HOWE)), zone=LORD_HOWE, duration=30)

    assert walls(found, "2026-10-04", LORD_HOWE) == ["01:00+1030", "01:30+1030"]


def test_an_afternoon_in_vancouver_goes_on_over_midnight_utc() -> None:
    zone = "America/Vancouver"
    shift = schedule(line("15:00-18:00", 4), zone=zone)
    across = occupant("1", at("2026-12-03 15:45", zone), 30)
    free, half = (
        on("2026-12-03", member("a", shift, booked=taken), zone=zone, duration=30) for taken in ([], [across])
    )
    clocks = ["15:00-0800", "15:30-0800", "16:00-0800", "16:30-0800", "17:00-0800", "17:30-0800"]

    assert at("2026-12-03 16:00", zone) == at("2026-12-04 00:00", "UTC")
    assert walls(free, "2026-12-03", zone) == clocks
    assert walls(half, "2026-12-03", zone) == [clocks[0], *clocks[3:]]
    assert walls(on("2026-12-04", member("a", shift), zone=zone), "2026-12-04", zone) == []


def test_a_night_over_the_week_boundary_is_one_shift_and_the_weekdays_are_the_clocks_own() -> None:
    """Sunday evening into Monday in Toronto; in UTC, which sheets use, the week has ended at 19:00."""
    night = schedule(line("22:00-24:00", 7), line("00:00-02:00", 1))
    across = occupant("1", at("2026-12-06 23:30"), 60)
    first, last = at("2026-12-06 00:00"), at("2026-12-08 00:00")
    listed = []
    for taken in ([], [across]):
        found = build.slots(offer(60, 60), opening(ALWAYS), [member("a", night, booked=taken)], first, last)
        listed.append([build.wall_text(start)[:8] for start in build.free_starts(found, first, last)])

    assert at("2026-12-06 19:00") == at("2026-12-07 00:00", "UTC")
    assert listed == [["06 22:00", "06 23:00", "07 00:00", "07 01:00"], ["06 22:00", "07 01:00"]]


@pytest.mark.parametrize(
    ("day", "clocks"),
    [
        ("2026-03-06", ["09:00-0500", "10:00-0500"]),
        ("2026-03-09", ["10:00-0400", "11:00-0400"]),
        ("2026-03-27", ["10:00-0400", "11:00-0400"]),
        ("2026-03-30", ["09:00-0400", "10:00-0400"]),
        ("2026-10-26", ["10:00-0400", "11:00-0400"]),
        ("2026-11-02", ["09:00-0500", "10:00-0500"]),
    ],
)
def test_a_schedule_in_another_zone_moves_while_only_one_of_the_two_has_changed(day: str, clocks: list[str]) -> None:
    """Fourteen to sixteen o'clock in London, at a branch in Toronto."""
    assert walls(on(day, member("a", schedule("14:00-16:00", zone=LONDON))), day) == clocks


def test_a_schedule_fits_before_the_clocks_change_and_no_longer_after() -> None:
    """Case 11: Tuesdays nine to two in Melbourne, half past ten in Perth."""
    who = member("a", schedule(line("09:00-14:00", 2), zone=MELBOURNE))
    reasons = [
        build.slots(offer(60, 30, zone=PERTH), opening(ALWAYS), [who], start, start + 1).unavailable_reason(start)
        for start in (at(clock, PERTH) for clock in ("2026-09-29 10:30", "2026-10-06 10:30", "2026-10-06 10:00"))
    ]

    assert reasons == [None, Unavailable.STAFF_NOT_WORKING, None]


def test_the_weekday_is_the_schedules_own() -> None:
    """Case 12: Monday 22:30 in Perth is Tuesday 01:30 in Melbourne."""
    start = at("2026-10-05 22:30", PERTH)
    reasons = []
    for weekday in (1, 2):
        who = member("a", schedule(line("00:30-06:00", weekday), zone=MELBOURNE))
        found = build.slots(offer(30, 30, zone=PERTH), opening(ALWAYS), [who], start, start + 1)
        reasons.append(found.unavailable_reason(start))

    assert build.wall_text(start, MELBOURNE) == "06 01:30+1100"
    assert reasons == [Unavailable.STAFF_NOT_WORKING, None]


def test_validity_is_by_the_schedules_dates_with_first_and_last_included() -> None:
    """Both edges in Melbourne, a day ahead of Perth's evening."""
    tuesday = date(2026, 10, 6)
    who = member("a", schedule("00:00-04:00", zone=MELBOURNE, valid=(tuesday, tuesday)))
    listed = [walls(on(day, who, zone=PERTH), day, PERTH) for day in ("2026-10-05", "2026-10-06")]

    assert listed == [["21:00+0800", "22:00+0800", "23:00+0800"], ["00:00+0800"]]


def test_a_branch_and_its_staff_at_the_two_ends_of_the_date_line() -> None:
    """Kiritimati is 25 hours ahead of Pago Pago: the same clock time, the next day."""
    kiritimati, pago = "Pacific/Kiritimati", "Pacific/Pago_Pago"
    who = member("a", schedule(line("09:00-11:00", 4), zone=pago))

    assert walls(on("2026-12-04", who, zone=kiritimati), "2026-12-04", kiritimati) == ["10:00+1400", "11:00+1400"]
