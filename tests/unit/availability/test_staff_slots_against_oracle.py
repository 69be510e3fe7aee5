"""Free staff time against an oracle: the same starts, no others, and the same assignment (D46)."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings, strategies as st

from tests.builders.generators.random_rosters import random_roster
from tests.builders.records import roster_builder

numbered = given(st.integers(0, 10**9))
examples = settings(max_examples=120, deadline=None, derandomize=True)


@examples
@numbered
def test_what_is_listed_is_what_the_oracle_lists_with_as_many_staff(number: int) -> None:
    case = random_roster(number)
    oracle, span = case.oracle(), range(case.first, case.last)
    expected = {at: len(oracle.free_staff(at, on_grid=True)) for at in span}

    assert {at: n for at, n in expected.items() if n} == roster_builder.free_starts(case.slots(), case.first, case.last)


@examples
@numbered
def test_a_minute_is_bookable_exactly_where_the_oracle_says_and_goes_to_whom_it_says(number: int) -> None:
    case = random_roster(number)
    oracle, slots = case.oracle(), case.slots()
    for start in range(case.first, case.last):
        free = oracle.bookable_staff(start)
        assert (slots.unavailable_reason(start) is None) == bool(free)
        if free:
            assert oracle.assigned_staff(start) == slots.allocate(start).staff_id


@examples
@numbered
def test_part_of_the_time_is_listed_as_the_whole_lists_it(number: int) -> None:
    case, chance = random_roster(number), Random(number)
    first = chance.randrange(case.first, case.last)
    last = chance.randrange(first, case.last) + 1
    whole = roster_builder.free_starts(case.slots(), case.first, case.last)
    part = {at: n for at, n in whole.items() if first <= at < last}

    assert part == roster_builder.free_starts(case.slots(), first, last)
    assert part == roster_builder.free_starts(replace(case, first=first, last=last).slots(), first, last)


def test_the_branches_of_these_tests_often_have_something_free_and_often_not() -> None:
    free = [
        bool(roster_builder.free_starts(case.slots(), case.first, case.last)) for case in map(random_roster, range(200))
    ]

    assert 50 < sum(free) < 150
