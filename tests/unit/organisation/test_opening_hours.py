"""Opening hours, closures and public holidays, in local time (D11, RB-24)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.organisation.catalogue import Location
from chalicelib.domain.organisation.opening_hours import (
    Closure,
    PublicHolidays,
    holidays_known,
    local_day,
    wall_interval,
    weekly_intervals,
)
from chalicelib.domain.organisation.rota import TimeOff
from chalicelib.domain.organisation.settings import HolidayCalendar, Settings
from tests.builders.records.roster_builder import TORONTO, at, line, opening, schedule, wall_text

ONTARIO, CANADA = HolidayCalendar("CA", "ON"), HolidayCalendar("CA")
FAMILY_DAY, CANADA_DAY = date(2026, 2, 16), date(2026, 7, 1)
YEAR = date(2026, 1, 1), date(2026, 12, 31)
WEEK = date(2026, 12, 7), date(2026, 12, 13)


def hours_of(day: str, hours: str, zone: str = TORONTO) -> list[str]:
    on = date.fromisoformat(day)
    return [wall_text(m, zone) for span in weekly_intervals([line(hours)], ZoneInfo(zone), on, on) for m in span]


def length(day: str, hours: str, zone: str = TORONTO) -> int:
    on = date.fromisoformat(day)
    return sum(end - start for start, end in weekly_intervals([line(hours)], ZoneInfo(zone), on, on))


def kept(settings: HolidayCalendar | None, country: str | None = None, region: str | None = None) -> frozenset[date]:
    location = Location("loc_1", "Branch", TORONTO, country=country, region=region)
    return PublicHolidays.observed_at(location, Settings(holidays=settings)).between(*YEAR)


def test_hours_over_the_skipped_hour_are_three_and_over_the_doubled_hour_five() -> None:
    """Case 8: 00:30 to 04:30 in Toronto."""
    days = ("2026-03-07", "2026-03-08", "2026-03-09", "2026-11-01", "2026-11-02")

    assert [length(day, "00:30-04:30") for day in days] == [240, 180, 240, 300, 240]


def test_hours_that_begin_or_end_within_the_skipped_hour_do_so_after_it() -> None:
    assert hours_of("2026-03-08", "02:30-04:00") == ["08 03:00-0400", "08 04:00-0400"]
    assert hours_of("2026-03-08", "01:00-02:30") == ["08 01:00-0500", "08 03:00-0400"]
    assert hours_of("2026-03-08", "02:10-02:50") == []


def test_hours_that_begin_or_end_within_the_doubled_hour_do_so_the_first_time() -> None:
    assert hours_of("2026-11-01", "01:30-03:00") == ["01 01:30-0400", "01 03:00-0500"]
    assert hours_of("2026-11-01", "00:30-01:30") == ["01 00:30-0400", "01 01:30-0400"]


def test_a_half_hour_change_shortens_and_lengthens_by_half_an_hour() -> None:
    days = ("2026-10-03", "2026-10-04", "2026-04-05")

    assert [length(day, "01:00-04:00", "Australia/Lord_Howe") for day in days] == [180, 150, 210]
    assert hours_of("2026-10-04", "02:15-03:00", "Australia/Lord_Howe") == ["04 02:30+1100", "04 03:00+1100"]


def test_a_day_without_a_midnight_begins_with_its_first_instant() -> None:
    """Clocks in Havana go from 00:00 to 01:00 on 8 March."""
    assert hours_of("2026-03-08", "00:00-24:00", "America/Havana") == ["08 01:00-0400", "09 00:00-0400"]
    assert length("2026-03-08", "00:00-24:00", "America/Havana") == 23 * 60
    assert length("2026-11-01", "00:00-24:00", "America/Havana") == 25 * 60


def test_24_00_is_the_end_of_the_day_in_every_zone() -> None:
    assert hours_of("2026-12-03", "22:00-24:00") == ["03 22:00-0500", "04 00:00-0500"]
    assert hours_of("2026-12-31", "22:00-24:00", "Asia/Kolkata") == ["31 22:00+0530", "01 00:00+0530"]
    assert length("2026-03-08", "00:00-24:00") == 23 * 60


def test_hours_are_those_of_the_weekday() -> None:
    found = weekly_intervals([line("09:00-10:00", 1, 5), line("11:00-12:00", 7)], ZoneInfo(TORONTO), *WEEK)

    assert [wall_text(start) for start, _ in found] == ["07 09:00-0500", "11 09:00-0500", "13 11:00-0500"]


def test_a_schedule_is_valid_on_its_first_and_last_day() -> None:
    tue, thu = date(2026, 12, 8), date(2026, 12, 10)
    begins = [[wall_text(start)[:2] for start, _ in schedule("09:00-10:00", valid=valid).intervals(*WEEK)]
              for valid in ((tue, thu), (thu, None), (None, tue), (tue, tue), (thu, tue))]  # fmt: skip

    assert begins == [["08", "09", "10"], ["10", "11", "12", "13"], ["07", "08"], ["08"], []]


def test_a_closure_is_a_date_of_the_location_all_day_or_in_part() -> None:
    closures = [Closure("clo_1", date(2026, 3, 8)), Closure("clo_2", date(2026, 12, 3), start=600, end=720)]
    closed = list(opening("09:00-17:00", closures=closures).closed_intervals(ZoneInfo(TORONTO)))

    assert [[wall_text(m) for m in span] for span in closed] == [
        ["08 00:00-0500", "09 00:00-0400"],
        ["03 10:00-0500", "03 12:00-0500"],
    ]


def test_a_province_keeps_its_own_holidays_and_the_country_does_not() -> None:
    assert (FAMILY_DAY in kept(ONTARIO), FAMILY_DAY in kept(CANADA)) == (True, False)
    assert CANADA_DAY in kept(ONTARIO)
    assert CANADA_DAY in kept(CANADA)


def test_a_location_keeps_its_own_regions_holidays_instead_of_the_organisations() -> None:
    assert FAMILY_DAY in kept(CANADA, "CA", "ON")
    assert FAMILY_DAY not in kept(ONTARIO, "CA", "QC")
    assert FAMILY_DAY not in kept(ONTARIO, "CA")
    assert CANADA_DAY not in kept(ONTARIO, "GB", "SCT")


def test_a_location_that_names_only_a_region_means_one_of_the_organisations_country() -> None:
    assert FAMILY_DAY not in kept(ONTARIO, None, "QC")
    assert date(2026, 6, 24) in kept(ONTARIO, None, "QC")


def test_a_region_nobody_knows_keeps_the_countrys_holidays() -> None:
    assert kept(CANADA, "CA", "Upper Canada") == kept(CANADA)


def test_a_country_nobody_knows_has_no_holidays_and_neither_has_an_organisation_without() -> None:
    assert kept(HolidayCalendar("ZZ")) == frozenset()
    assert kept(None, "CA", "ON") == frozenset()


@pytest.mark.parametrize(
    ("country", "region", "known"),
    [("CA", "ON", True), ("CA", "Ontario", True), ("CA", None, True), ("CA", "XX", False), ("ZZ", None, False)],
)
def test_which_holidays_are_known(country: str, region: str | None, known: bool) -> None:
    assert holidays_known(country, region) is known


def test_holidays_over_the_turn_of_the_year_are_of_both_years() -> None:
    christmas, new_year = date(2026, 12, 25), date(2027, 1, 1)
    found = PublicHolidays("CA", "ON").between(christmas, new_year)

    assert (min(found), max(found)) == (christmas, new_year)


def test_a_minute_begun_is_off() -> None:
    start = datetime(2026, 12, 3, 14, 0, 59, tzinfo=UTC)
    nine = at("2026-12-03 09:00")

    assert TimeOff("off_1", start, start + timedelta(minutes=5)).interval == (nine, nine + 6)
    assert TimeOff("off_1", start, start.replace(minute=5, second=0)).interval == (nine, nine + 5)
    assert TimeOff("off_1", start, start.replace(minute=5, second=0, microsecond=1)).interval == (nine, nine + 6)


def test_the_local_day_is_what_clocks_show_there() -> None:
    late = at("2026-12-03 23:59")

    assert [local_day(late, ZoneInfo(zone)).day for zone in (TORONTO, "Asia/Kolkata")] == [3, 4]
    assert wall_interval(date(2026, 12, 3), 0, 1440, ZoneInfo(TORONTO))[1] == late + 1
