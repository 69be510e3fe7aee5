"""First fit accepts only where a placement exists, and does so where one is easy to find."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st

from chalicelib.domain.capacity.capacity_model import Demand, SeatPool
from chalicelib.domain.capacity.first_fit import all_fit
from tests.builders.oracles import capacity_oracle as oracle

HORIZON = 6
FitCase = tuple[dict[int, int], list[tuple[int, int, frozenset[int]]]]
LIMITS = st.dictionaries(st.integers(0, 2), st.integers(0, 2), min_size=1)


@st.composite
def cases(draw: st.DrawFn) -> FitCase:
    limits = draw(LIMITS)
    pools = st.frozensets(st.sampled_from(sorted(limits)), min_size=1)
    spans = st.tuples(st.integers(0, HORIZON - 1), st.integers(1, 3))
    demands = draw(st.lists(st.tuples(spans, pools), max_size=6))
    return limits, [(start, start + length, chosen) for (start, length), chosen in demands]


@settings(max_examples=200, deadline=None)
@given(cases())
def test_a_yes_is_a_placement_without_overload(case: FitCase) -> None:
    limits, demands = case
    numbers = sorted(limits)
    pools = [SeatPool(0, HORIZON + 3, limits[number]) for number in numbers]
    expected_demands = [Demand(start, end, tuple(map(numbers.index, chosen))) for start, end, chosen in demands]
    if all_fit(limits, demands):
        assert oracle.least_overload(pools, expected_demands) == 0


def test_a_demand_with_one_pool_finds_it_free() -> None:
    both, first = frozenset({0, 1}), frozenset({0})
    assert all_fit({0: 1, 1: 1}, [(0, 60, both), (0, 60, first), (60, 90, both)])
    assert not all_fit({0: 1, 1: 1}, [(0, 60, first), (30, 90, first)])


def test_seats_are_taken_again_as_soon_as_they_are_left() -> None:
    only = frozenset({0})
    assert all_fit({0: 1}, [(0, 30, only), (30, 60, only), (60, 90, only)])
