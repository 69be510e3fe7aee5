"""Free staff time against an oracle: what is listed is bookable, nothing else is, and the right one gets it (D46)."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings, strategies as st

from tests.builders.generators.random_rosters import branch
from tests.builders.records import roster_builder

numbered = given(st.integers(0, 10**9))
examples = settings(max_examples=120, deadline=None, derandomize=True)


@examples
@numbered
def test_what_is_listed_is_what_the_oracle_lists_with_as_many_staff(number: int) -> None:
    asked = branch(number)
    oracle, span = asked.oracle(), range(asked.first, asked.last)
    expected = {at: len(oracle.free(at, on_grid=True)) for at in span}

    assert {at: n for at, n in expected.items() if n} == roster_builder.listed(asked.slots(), asked.first, asked.last)


@examples
@numbered
def test_a_minute_is_bookable_exactly_where_the_oracle_says_and_goes_to_whom_it_says(number: int) -> None:
    asked = branch(number)
    oracle, slots = asked.oracle(), asked.slots()
    for start in range(asked.first, asked.last):
        free = oracle.bookable(start)
        assert (slots.unavailable_reason(start) is None) == bool(free)
        if free:
            assert oracle.pick(start) == slots.allocate(start).staff_id


@examples
@numbered
def test_part_of_the_time_is_listed_as_the_whole_lists_it(number: int) -> None:
    asked, chance = branch(number), Random(number)
    first = chance.randrange(asked.first, asked.last)
    last = chance.randrange(first, asked.last) + 1
    whole = roster_builder.listed(asked.slots(), asked.first, asked.last)
    part = {at: n for at, n in whole.items() if first <= at < last}

    assert part == roster_builder.listed(asked.slots(), first, last)
    assert part == roster_builder.listed(replace(asked, first=first, last=last).slots(), first, last)


def test_the_branches_of_these_tests_often_have_something_free_and_often_not() -> None:
    free = [bool(roster_builder.listed(asked.slots(), asked.first, asked.last)) for asked in map(branch, range(200))]

    assert 50 < sum(free) < 150
