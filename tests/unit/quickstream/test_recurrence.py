"""Recurrence rules: the local times they give, and the rules that are refused (D11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from chalicelib.domain.quickstream.blocks import MAX_OCCURRENCES, Series
from chalicelib.domain.quickstream.recurrence import has_end, validate_rule, wall_starts
from chalicelib.domain.shared.errors import Invalid


def clock(text: str) -> datetime:
    return datetime.fromisoformat(text)


START = clock("2026-12-03T09:00")
HORIZON = clock("2027-03-01T00:00")


def series(rule: str | None, start: datetime = START) -> Series:
    """A Thursday's series with this rule."""
    end = start + timedelta(hours=3)
    return Series("ser_1", "loc_1", "America/Toronto", start, end, 2, ("svc_1",), rrule=rule)


def days(rule: str, start: datetime = START) -> list[str]:
    """The dates of a rule."""
    validate_rule(series(rule, start))
    return [f"{wall:%m-%d}" for wall in wall_starts(series(rule, start), HORIZON)]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("FREQ=WEEKLY;COUNT=4", ["12-03", "12-10", "12-17", "12-24"]),
        ("rrule:freq=weekly;count=2", ["12-03", "12-10"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=4", ["12-03", "12-15", "12-17", "12-29"]),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=3", ["12-03", "12-04", "12-07"]),
        ("FREQ=MONTHLY;BYDAY=1TH;COUNT=3", ["12-03", "01-07", "02-04"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2", ["12-31", "01-31"]),
        ("FREQ=WEEKLY;UNTIL=20261217", ["12-03", "12-10", "12-17"]),
        ("FREQ=WEEKLY;UNTIL=20261217T090000Z", ["12-03", "12-10", "12-17"]),
        ("FREQ=WEEKLY;UNTIL=20261217T085959", ["12-03", "12-10"]),
        ("FREQ=YEARLY;COUNT=2", ["12-03", "12-03"]),
    ],
)
def test_a_rule_gives_its_days_at_the_same_wall_time(rule: str, found: list[str]) -> None:
    assert days(rule) == found
    assert {wall.time() for wall in wall_starts(series(rule), HORIZON)} == {START.time()}


@pytest.mark.parametrize(
    "rule",
    [
        *("", "FREQ", "FREQ=HOURLY;COUNT=2", "COUNT=2", "FREQ=WEEKLY;COUNT=0", "FREQ=WEEKLY;COUNT=-1"),
        *("FREQ=WEEKLY;COUNT=٣", "FREQ=WEEKLY;COUNT=²", "FREQ=DAILY;COUNT=367", "FREQ=DAILY;UNTIL=20271231"),
        *("FREQ=DAILY;INTERVAL=0;COUNT=2", "FREQ=WEEKLY;COUNT=2;UNTIL=20261231", "FREQ=WEEKLY;COUNT=2;COUNT=3"),
        *("FREQ=WEEKLY;UNTIL=20261399", "FREQ=WEEKLY;UNTIL=tomorrow", "FREQ=WEEKLY;UNTIL=20261101"),
        *("FREQ=WEEKLY;UNTIL=20991231", "FREQ=MONTHLY;COUNT=366", "FREQ=WEEKLY;BYDAY=", "FREQ=WEEKLY;BYDAY=XX"),
        *("FREQ=WEEKLY;WKST=XX", "FREQ=WEEKLY;BYMONTHDAY=3", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=WEEKLY;BYHOUR=9,10"),
        *("FREQ=WEEKLY;BYSETPOS=1", "FREQ=WEEKLY\nEXRULE:FREQ=DAILY"),
    ],
)
def test_a_rule_that_cannot_be_laid_out_is_refused(rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        validate_rule(series(rule))
    assert (refused.value.code, refused.value.errors[0].pointer) == ("invalid_recurrence", "/recurrence/rrule")


@pytest.mark.parametrize(
    "rule",
    ["FREQ=DAILY;INTERVAL=7;BYDAY=MO", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "FREQ=YEARLY;BYDAY=5MO;COUNT=90"],
)
def test_a_rule_that_never_matches_is_refused_without_a_long_search(rule: str) -> None:
    with pytest.raises(Invalid):
        validate_rule(series(rule, clock("2026-02-05T09:00")))


def test_an_open_rule_goes_to_the_horizon_and_on_from_what_is_laid_out() -> None:
    weekly = series("FREQ=WEEKLY")
    validate_rule(weekly)
    first = wall_starts(weekly, HORIZON)
    assert (first[0], first[-1], len(first)) == (START, clock("2027-02-25T09:00"), 13)
    laid = replace(weekly, laid_to=first[-1])
    assert wall_starts(laid, HORIZON) == []
    assert wall_starts(laid, HORIZON + timedelta(days=10)) == [clock("2027-03-04T09:00")]
    assert not has_end("FREQ=WEEKLY")


def test_an_open_rule_outlasts_every_horizon() -> None:
    daily = replace(series("FREQ=DAILY"), laid_to=clock("2046-12-03T09:00"))
    assert wall_starts(daily, clock("2046-12-06T00:00")) == [clock("2046-12-04T09:00"), clock("2046-12-05T09:00")]


def test_only_so_many_are_given_at_a_time() -> None:
    daily = series("FREQ=DAILY")
    first = wall_starts(daily, clock("2029-01-01T00:00"))
    assert len(first) == MAX_OCCURRENCES
    assert wall_starts(replace(daily, laid_to=first[-1]), clock("2029-01-01T00:00"))[0] == first[-1] + timedelta(days=1)


def test_a_rule_that_ends_is_laid_out_whole_whatever_the_horizon() -> None:
    weekly = series("FREQ=WEEKLY;COUNT=366")
    found = wall_starts(weekly, START)
    assert len(found) == 366
    assert wall_starts(replace(weekly, laid_to=found[364]), START) == found[365:]
    assert wall_starts(replace(weekly, laid_to=found[365]), START) == []


def test_without_a_rule_there_is_one() -> None:
    once = series(None)
    validate_rule(once)
    assert wall_starts(once, START) == [START]
    assert wall_starts(replace(once, laid_to=START), HORIZON) == []


@settings(max_examples=60, deadline=None)
@given(
    frequency=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    interval=st.integers(1, 3),
    count=st.integers(1, 36),
    parts=st.lists(st.integers(1, 9), min_size=1, max_size=6),
)
def test_laying_out_in_parts_gives_what_laying_out_at_once_gives(
    frequency: str, interval: int, count: int, parts: list[int]
) -> None:
    whole = series(f"FREQ={frequency};INTERVAL={interval};COUNT={count}")
    expected = wall_starts(whole, HORIZON)
    found: list[datetime] = []
    for size in [*parts, count]:
        part = wall_starts(replace(whole, laid_to=found[-1] if found else None), HORIZON)[:size]
        found += part
    assert found == expected
    assert len(found) == count
