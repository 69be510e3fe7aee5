"""Sets of minutes against sets of numbers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings, strategies as st

from chalicelib.domain.shared.interval_set import Interval, MinuteSet

FIRST, LAST = 1000, 1200

edges = st.integers(FIRST - 60, LAST + 60)
intervals = st.lists(st.tuples(edges, edges), max_size=6)
examples = settings(max_examples=150, deadline=None, derandomize=True)


def of(*found: Interval) -> MinuteSet:
    return MinuteSet.from_intervals(FIRST, LAST, found)


def numbers(found: list[Interval]) -> set[int]:
    return {at for start, end in found for at in range(max(start, FIRST), min(end, LAST))}


@examples
@given(intervals, intervals)
def test_sets_of_minutes_are_joined_and_cut_like_sets_of_numbers(one: list[Interval], other: list[Interval]) -> None:
    these, those = of(*one), of(*other)

    assert sorted(numbers(one)) == list(these)
    assert sorted(numbers(one) & numbers(other)) == list(these & those)
    assert sorted(numbers(one) - numbers(other)) == list(these - those)
    assert [at in numbers(one) for at in range(FIRST - 9, LAST + 9)] == [
        at in these for at in range(FIRST - 9, LAST + 9)
    ]


@examples
@given(intervals, st.integers(1, 130))
def test_a_start_is_a_minute_with_so_many_from_it_on(found: list[Interval], length: int) -> None:
    expected = [at for at in range(FIRST, LAST) if numbers(found) >= set(range(at, at + length))]

    assert expected == list(of(*found).starts_lasting(length))


@examples
@given(intervals, st.integers(0, 40), st.integers(1, 130))
def test_clear_minutes_have_nothing_of_the_set_around_them(found: list[Interval], before: int, after: int) -> None:
    taken = numbers(found)
    expected = [at for at in range(FIRST, LAST) if taken.isdisjoint(range(at - before, at + after))]

    assert expected == list(of(*found).starts_clear_of(before, after))


@examples
@given(intervals, st.integers(1, 70))
def test_steps_count_from_the_start_of_each_span(found: list[Interval], step: int) -> None:
    expected = {at for start, end in found for at in range(start, end, step) if FIRST <= at < LAST}

    assert sorted(expected) == list(MinuteSet.from_grid(FIRST, LAST, found, step))


@examples
@given(intervals)
def test_spans_are_the_longest_intervals_of_the_set(found: list[Interval]) -> None:
    spans = list(of(*found).spans())

    assert numbers(found) == numbers(spans)
    assert all(start < end for start, end in spans)
    assert all(end < start for (_, end), (start, _) in pairwise(spans))


def test_what_ends_before_it_starts_is_nothing() -> None:
    assert list(of((1010, 1010), (1020, 1015))) == []


def test_intervals_are_half_open() -> None:
    assert list(of((1010, 1012))) == [1010, 1011]
    assert list(of((1010, 1020)).starts_lasting(10)) == [1010]
    assert list(of((1010, 1020)).starts_lasting(11)) == []


def test_the_edges_of_the_window_do_not_count_as_taken() -> None:
    assert list(MinuteSet.from_intervals(0, 3, []).starts_clear_of(2, 5)) == [0, 1, 2]


def test_steps_of_a_span_begun_before_the_window_are_those_of_the_span() -> None:
    assert list(MinuteSet.from_grid(100, 130, [(95, 125)], 10)) == [105, 115]
