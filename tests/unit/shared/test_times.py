"""Local times on the days clocks change, and the grid."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.times import (
    country_of,
    day_bounds,
    epoch_minute,
    first_valid,
    from_epoch_minute,
    possible_instants,
    resolve_start,
    utc_days,
    wall_text,
)

TORONTO = ZoneInfo("America/Toronto")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
ZONES = ["America/Toronto", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"]


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("America/Toronto", "2026-03-08T02:30"),
        ("Australia/Sydney", "2026-10-04T02:30"),
        ("Australia/Lord_Howe", "2026-10-04T02:15"),
    ],
)
def test_a_wall_time_that_clocks_skip_is_refused(zone: str, text: str) -> None:
    with pytest.raises(Refusal) as refused:
        resolve_start(wall(text), zone)
    assert refused.value.code == "nonexistent_local_time"


def test_a_wall_time_that_comes_twice_names_both_instants() -> None:
    with pytest.raises(Refusal) as refused:
        resolve_start(wall("2026-04-05T02:30"), "Australia/Sydney")
    assert refused.value.code == "ambiguous_local_time"
    both = [datetime.fromisoformat(text) for text in refused.value.extra["candidates"]]
    assert both == [datetime(2026, 4, 4, 15, 30, tzinfo=UTC), datetime(2026, 4, 4, 16, 30, tzinfo=UTC)]
    for at, text in zip(both, refused.value.extra["candidates"], strict=True):
        assert resolve_start(datetime.fromisoformat(text), "Australia/Sydney") == at


def test_lord_howe_moves_by_half_an_hour() -> None:
    assert possible_instants(wall("2026-10-04T02:30"), LORD_HOWE) == [datetime(2026, 10, 3, 15, 30, tzinfo=UTC)]
    assert first_valid(wall("2026-10-04T02:10"), LORD_HOWE) == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)


def test_a_start_in_a_gap_shifts_to_the_first_valid_instant() -> None:
    assert first_valid(wall("2026-03-08T02:10"), TORONTO) == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_a_skipped_day_begins_when_the_next_one_does() -> None:
    begins, ends = day_bounds(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))
    assert begins == ends


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 6, 1), 24)])
def test_a_local_day_has_23_to_25_hours(day: date, hours: int) -> None:
    begins, ends = day_bounds(day, TORONTO)
    assert ends - begins == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["2026-12-01T10:01", "2026-12-01T10:00:30", "2026-12-01T10:03:00-05:00"])
def test_starts_lie_on_the_five_minute_grid(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        resolve_start(wall(text), "America/Toronto")
    assert refused.value.code == "off_grid"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "america/toronto", "../UTC", "", "localtime", "Factory"])
def test_an_unknown_zone_is_named(zone: str) -> None:
    """``localtime`` and ``Factory`` are files beside the zones and name no place."""
    with pytest.raises(Refusal) as refused:
        resolve_start(wall("2026-12-01T10:00"), zone)
    assert (refused.value.code, refused.value.errors[0].pointer) == ("unknown_timezone", "/timezone")


def test_what_ends_at_midnight_touches_one_day() -> None:
    midnight = epoch_minute(datetime(2026, 12, 2, tzinfo=UTC))
    assert utc_days(midnight - 30, midnight) == ["2026-12-01"]
    assert utc_days(midnight - 30, midnight + 5) == ["2026-12-01", "2026-12-02"]


WALL_TIMES = st.integers(0, 4 * 366 * 24 * 60).map(lambda n: wall("2024-01-01") + timedelta(minutes=n))


@given(st.sampled_from(ZONES), WALL_TIMES)
def test_every_candidate_shows_the_wall_time_it_is_for(zone: str, at: datetime) -> None:
    tz = ZoneInfo(zone)
    found = possible_instants(at, tz)
    assert len(found) <= 2
    for one in found:
        assert wall_text(one, tz) == at.isoformat(timespec="seconds")
    first = first_valid(at, tz)
    assert first == found[0] if found else first.astimezone(tz).replace(tzinfo=None) > at


@given(st.integers(0, 60_000_000))
def test_minutes_and_instants_are_the_same_thing(minutes: int) -> None:
    assert epoch_minute(from_epoch_minute(minutes)) == minutes


@pytest.mark.parametrize(
    ("zone", "country"),
    [("America/Toronto", "CA"), ("Australia/Lord_Howe", "AU"), ("Europe/Paris", "FR"), ("UTC", None), ("No", None)],
)
def test_a_zone_is_of_the_country_whose_clocks_show_it(zone: str, country: str | None) -> None:
    assert country_of(zone) == country
