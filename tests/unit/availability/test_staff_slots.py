"""Free staff time: grids, buffers, limits, sheets and the order of assignment (D9, D14, D46)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.nearest_starts import nearest_starts
from chalicelib.domain.availability.staff_choice import StaffPreference
from chalicelib.domain.availability.unavailable_reasons import Unavailable
from chalicelib.domain.capacity.ledger import Occupant, SeatAccess, sheet_days
from chalicelib.domain.organisation.opening_hours import Closure
from chalicelib.domain.organisation.rota import CalendarType
from chalicelib.domain.shared.errors import Invalid
from tests.builders.records import roster_builder as build
from tests.builders.records.roster_builder import DAY, NINE_TO_FIVE, day_minute, day_slots, member, occupant, schedule


def test_the_grid_steps_from_where_work_within_the_hours_begins() -> None:
    late = schedule("08:00-10:00", "11:20-12:40")

    assert build.clock_times(day_slots(member("a", late))) == ["09:00", "09:30", "11:20", "11:50"]


def test_work_that_begins_between_two_marks_of_the_five_minute_grid_steps_from_the_later() -> None:
    assert build.clock_times(day_slots(member("a", schedule("09:07-10:41")))) == ["09:10", "09:40", "10:10"]
    assert build.clock_times(day_slots(member("a", schedule("09:07-10:39")))) == ["09:10", "09:40"]


def test_the_grid_stays_where_it_is_when_part_of_the_day_falls_away() -> None:
    shift = schedule("09:00-11:00")
    off = day_slots(member("a", shift, away=[build.time_off(f"{DAY} 09:00", f"{DAY} 09:40")]))
    closed = Closure("clo_1", date.fromisoformat(DAY), start=9 * 60, end=9 * 60 + 40)
    span = day_minute("00:00"), day_minute("23:59")
    partly = build.slots(build.offer(), build.opening("09:00-17:00", closures=[closed]), [member("a", shift)], *span)

    assert build.clock_times(off) == build.clock_times(partly) == ["10:00", "10:30"]


def test_schedules_that_touch_or_overlap_are_one_stretch() -> None:
    both = member("a", schedule("09:00-09:40"), schedule("09:40-10:20"), schedule("10:00-10:30"))

    assert build.clock_times(day_slots(both)) == ["09:00", "09:30", "10:00"]


def test_work_around_the_clock_has_the_same_grid_however_it_is_asked_about() -> None:
    """A stretch without an end starts a new grid at each midnight of the location."""
    always = [member("a", schedule("00:00-24:00"))]
    hours, offered = build.opening("00:00-24:00"), build.offer(50, 50)
    midnight = day_minute("00:00")
    last = midnight + 180
    listed = []
    for first in (midnight - 5000, midnight - 7, midnight):
        found = build.free_starts(build.slots(offered, hours, always, first, last), first, last)
        listed.append([start for start in found if start >= midnight])

    assert listed == [[midnight, midnight + 50, midnight + 100, midnight + 150]] * 3


def test_a_shift_over_midnight_is_worked_through() -> None:
    night = [member("a", schedule("22:00-24:00", "00:00-02:00"))]
    span = day_minute("21:00"), day_minute("21:00") + 360
    found = build.slots(build.offer(60), build.opening("00:00-24:00"), night, *span)

    assert [build.wall_text(start)[:8] for start in build.free_starts(found, *span)] == [
        "03 22:00", "03 22:30", "03 23:00", "03 23:30", "04 00:00", "04 00:30", "04 01:00",
    ]  # fmt: skip


def test_buffers_of_neighbours_add_up_on_both_sides() -> None:
    taken = occupant("1", day_minute("11:00"), 30, before=7, after=7)
    found = day_slots(member("a", NINE_TO_FIVE, booked=[taken]), buffers=(7, 7), access=SeatAccess.SCHEDULE)

    assert build.reasons(found, "10:16", "10:17", "11:43", "11:44") == [
        None,
        Unavailable.STAFF_BUSY,
        Unavailable.STAFF_BUSY,
        None,
    ]


def test_a_buffer_before_and_one_after_are_not_the_same() -> None:
    taken = [occupant("1", day_minute("11:00"), 30)]
    before, after = (
        day_slots(member("a", NINE_TO_FIVE, booked=taken), buffers=buffers, access=SeatAccess.SCHEDULE)
        for buffers in ((10, 0), (0, 10))
    )

    assert build.reasons(before, "10:30", "11:39", "11:40") == [None, Unavailable.STAFF_BUSY, None]
    assert build.reasons(after, "10:20", "10:21", "11:30") == [None, Unavailable.STAFF_BUSY, None]


def test_buffers_need_not_lie_within_the_hours() -> None:
    found = day_slots(member("a", NINE_TO_FIVE), buffers=(15, 15))

    assert (build.clock_times(found)[0], build.clock_times(found)[-1]) == ("09:00", "16:30")


def test_ad_hoc_schedules_and_those_of_other_locations_offer_no_time() -> None:
    elsewhere, here = (schedule("09:00-10:00", location=place) for place in ("loc_2", build.BRANCH))
    ad_hoc = schedule("09:00-10:00", kind=CalendarType.AD_HOC)

    assert build.clock_times(day_slots(member("a", elsewhere, ad_hoc))) == []
    assert build.clock_times(day_slots(member("a", elsewhere, ad_hoc, here))) == ["09:00", "09:30"]


def test_as_many_as_are_free_are_counted() -> None:
    early, busy = schedule("09:00-10:30"), occupant("1", day_minute("09:00"))
    found = day_slots(member("a", early), member("b", early, booked=[busy]), member("c", schedule("10:00-11:00")))

    assert list(build.free_starts(found, day_minute("00:00"), day_minute("23:59")).values()) == [1, 2, 3, 1]
    assert build.clock_times(found) == ["09:00", "09:30", "10:00", "10:30"]


def test_a_daily_limit_counts_the_days_of_the_staff_members_own_zone() -> None:
    """13:00 in Toronto is 23:30 in Kolkata, and 13:30 the day after."""
    there = member("a", NINE_TO_FIVE, zone="Asia/Kolkata", limit=1, booked=[occupant("1", day_minute("13:00"))])
    here = member("a", NINE_TO_FIVE, limit=1, booked=[occupant("1", day_minute("13:00"))])

    assert build.reasons(day_slots(there), "12:30", "13:30") == [Unavailable.DAILY_LIMIT, None]
    assert build.reasons(day_slots(here), "12:30", "13:30") == [Unavailable.DAILY_LIMIT, Unavailable.DAILY_LIMIT]


def test_a_daily_limit_is_reached_and_not_only_exceeded() -> None:
    two = [occupant("1", day_minute("09:00")), occupant("2", day_minute("09:30"))]
    reasons = [
        day_slots(member("a", NINE_TO_FIVE, limit=n, booked=two)).unavailable_reason(day_minute("12:00"))
        for n in (1, 2, 3)
    ]

    assert reasons == [Unavailable.DAILY_LIMIT, Unavailable.DAILY_LIMIT, None]
    assert build.clock_times(day_slots(member("a", NINE_TO_FIVE, limit=0))) == []


def test_a_decision_below_a_limit_rests_on_the_whole_day_and_any_other_on_its_time_with_buffers() -> None:
    """Two bookings of one Sunday in Toronto stand on two sheets: each must notice the other."""
    start = build.at("2026-12-06 10:00")
    dependency_span = [
        build.slots(
            build.offer(buffers=(5, 10)), build.ALL_DAY, [member("a", NINE_TO_FIVE, limit=limit)], start, start + 1
        )
        .allocate(start)
        .dependency_span
        for limit in (None, 1)
    ]

    assert dependency_span == [(start - 5, start + 40), (build.at("2026-12-06 00:00"), build.at("2026-12-07 00:00"))]
    assert sheet_days("stf_a", *dependency_span[1]) == ["2026-11-23", "2026-12-07"]


def test_an_appointment_over_the_edge_of_two_sheets_stands_on_both_and_blocks_both_sides() -> None:
    """Fortnights begin with a Monday in UTC, which is Sunday 19:00 in Toronto."""
    edge = build.at("2026-12-06 19:00")
    over = occupant("1", edge - 15, 30, before=5, after=5)
    who = member("a", schedule("17:00-21:00"), booked=[over])
    sheets = build.calendar(who, edge, edge + 1).sheets
    found = build.slots(build.offer(15, 15), build.opening("17:00-21:00"), [who], edge - 60, edge + 60)

    assert sheet_days("stf_a", *over.busy_span) == ["2026-11-23", "2026-12-07"]
    assert [day for day in sorted(sheets) if over.id in sheets[day].occupants] == ["2026-11-23", "2026-12-07"]
    assert [start - edge for start in build.free_starts(found, edge - 60, edge + 60)] == [-60, -45, 30, 45]


def test_staff_sheets_cover_a_fortnight_from_its_monday() -> None:
    monday = build.at("2026-12-07 00:00", "UTC")

    assert sheet_days("stf_a", monday - 1, monday) == ["2026-11-23"]
    assert sheet_days("stf_a", monday, monday + 14 * 1440) == ["2026-12-07"]
    assert sheet_days("stf_a", monday, monday + 14 * 1440 + 1) == ["2026-12-07", "2026-12-21"]
    assert sheet_days("stf_a", monday, monday) == ["2026-12-07"]


def test_whose_turn_it_is_goes_by_keeping_then_load_then_rest_then_id() -> None:
    """D46."""
    first, second = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2))
    loaded = [occupant("1", day_minute("15:00"))]
    busy = member("a", NINE_TO_FIVE, booked=loaded)
    recent = member("b", NINE_TO_FIVE, assigned_at=second)
    rested, also_rested = (member(name, NINE_TO_FIVE, assigned_at=first) for name in "cd")
    never, also_never = (member(name, NINE_TO_FIVE) for name in "ef")
    nine = day_minute("09:00")

    def picked(*people: build.RosterMember, keep: str | None = None) -> str | None:
        return day_slots(*people, wanted=StaffPreference(keep=keep)).allocate(nine).staff_id

    assert picked(busy, recent, rested, also_rested, never, also_never) == "stf_e"
    assert picked(busy, recent, also_rested, rested) == "stf_c"
    assert picked(busy, recent) == "stf_b"
    assert picked(busy, recent, rested, keep="stf_a") == "stf_a"
    assert picked(busy, recent, rested, keep="stf_x") == "stf_c"


def test_only_that_days_appointments_count_for_whose_turn_it_is() -> None:
    other_day = member("a", NINE_TO_FIVE, booked=[occupant("1", build.at("2026-12-04 09:00"))])

    assert day_slots(other_day, member("b", NINE_TO_FIVE)).allocate(day_minute("09:00")).staff_id == "stf_a"


def test_a_place_is_theirs_with_the_services_buffers() -> None:
    allocation = day_slots(member("a", NINE_TO_FIVE), buffers=(5, 10)).allocate(day_minute("09:00"))
    nine = day_minute("09:00")

    assert (allocation.start, allocation.end, allocation.staff_id, allocation.over_capacity) == (
        nine,
        nine + 30,
        "stf_a",
        False,
    )
    assert allocation.to_occupant("apt_1", SeatAccess.WIDGET).busy_span == (nine - 5, nine + 40)


def test_one_wanted_person_is_forced_in_spite_of_everything_but_the_past() -> None:
    who = member("a", NINE_TO_FIVE, booked=[occupant("1", day_minute("09:00"))])
    found = day_slots(who, wanted=StaffPreference("stf_a"))
    forced = [found.allocate_overriding(day_minute(clock)) for clock in ("09:00", "10:00", "22:00")]

    assert [(place.staff_id, place.over_capacity) for place in forced if place] == [
        ("stf_a", True), ("stf_a", False), ("stf_a", True),
    ]  # fmt: skip
    assert day_slots(who).allocate_overriding(day_minute("10:00")) is None
    with pytest.raises(Invalid):
        found.allocate_overriding(build.at("2025-12-03 09:00"))


def test_the_nearest_come_with_the_closest_first_and_the_earlier_of_two() -> None:
    found = day_slots(member("a", NINE_TO_FIVE, booked=[occupant("1", day_minute("12:00"))]))
    near = nearest_starts(found.free_slots(day_minute("00:00"), day_minute("23:59")), day_minute("12:00"))

    assert [build.wall_text(start)[3:8] for start in near] == ["11:30", "12:30", "11:00"]


def test_staff_place_freely_and_are_listed_the_grid() -> None:
    clients, staff = (
        day_slots(member("a", schedule("09:00-10:00")), access=access)
        for access in (SeatAccess.WIDGET, SeatAccess.SCHEDULE)
    )

    assert build.reasons(clients, "09:05", "09:30") == [Unavailable.OFF_GRID, None]
    assert build.reasons(staff, "09:05", "09:30", "09:35") == [None, None, Unavailable.STAFF_NOT_WORKING]
    assert build.clock_times(clients) == build.clock_times(staff) == ["09:00", "09:30"]


def test_own_holds_and_the_moved_appointment_do_not_count_and_ended_holds_do_not() -> None:
    nine, now = day_minute("09:00"), build.LONG_BEFORE
    seconds = int(now.timestamp())
    hold = Occupant("hld_1", nine, nine + 30, build.ADVICE, expires=seconds + 1)
    moved, ended = occupant("1", nine + 30), replace(hold, id="hld_2", expires=seconds)
    who = member("a", NINE_TO_FIVE, limit=2, booked=[hold, moved, ended])

    def free(requester: Requester) -> list[bool]:
        found = build.slots(build.offer(), build.ALL_DAY, [who], nine, nine + 120, requester=requester)
        return [start in build.free_starts(found, nine, nine + 120) for start in (nine, nine + 30, nine + 60)]

    assert free(Requester(SeatAccess.WIDGET, now)) == [False, False, False]
    assert free(Requester(SeatAccess.WIDGET, now, hold=hold)) == [True, False, True]
    assert free(Requester(SeatAccess.WIDGET, now, moving="apt_1")) == [False, True, True]
    assert free(Requester(SeatAccess.WIDGET, now + timedelta(seconds=1))) == [True, False, True]
