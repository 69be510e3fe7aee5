"""The capacity model against named cases and a brute-force oracle."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import given, settings, strategies as st

from chalicelib.domain.capacity import capacity_model, solver
from chalicelib.domain.capacity.capacity_model import (
    CapacityModel,
    Demand,
    SeatPool,
    assign_pools,
    dependency_span,
    first_come_first_served,
)
from chalicelib.domain.capacity.load_profile import set_bits
from tests.builders.generators import seat_demand_days
from tests.builders.oracles import capacity_oracle as oracle

NINE = 9 * 60
HORIZON = 8
DemandCase = tuple[list[SeatPool], list[Demand], Demand]
ONE_POOL = [SeatPool(NINE, NINE + 180, 2)]
ACCOUNT, MORTGAGE = (0, 1), (0,)  # pool 0 serves both, pool 1 accounts only


def demand(start: str, end: str, choices: tuple[int, ...] = (0,)) -> Demand:
    return Demand(minutes(start), minutes(end), choices)


def minutes(clock: str) -> int:
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def ten_to_eleven(choices: tuple[int, ...]) -> Demand:
    return demand("10:00", "11:00", choices)


def two_pools(limit: int) -> list[SeatPool]:
    return [SeatPool(NINE, NINE + 180, limit), SeatPool(NINE, NINE + 180, 1)]


def admits(pools: list[SeatPool], demands: list[Demand], candidate: Demand) -> bool:
    return CapacityModel(pools, demands).admits(candidate)


def count_admissible(
    pools: list[SeatPool], demands: list[Demand], candidate: Demand, at_most: int | None = None
) -> int:
    return CapacityModel(pools, demands).count_admissible(candidate, at_most)


def least_overload(pools: list[SeatPool], demands: list[Demand]) -> int:
    return CapacityModel(pools, demands).overload()


def test_the_peak_counts_and_not_the_number_of_overlaps() -> None:
    booked = [demand("09:00", "09:30"), demand("09:30", "10:00")]

    assert admits(ONE_POOL, booked, demand("09:00", "10:00"))
    assert count_admissible(ONE_POOL, booked, demand("09:00", "10:00")) == 1


def test_intervals_are_half_open() -> None:
    pool, booked = [SeatPool(NINE, NINE + 180, 1)], [demand("09:00", "10:00")]

    assert admits(pool, booked, demand("10:00", "11:00"))
    assert not admits(pool, booked, demand("09:59", "10:59"))


def test_an_overbooked_pool_has_no_room_until_enough_cancel() -> None:
    candidate = demand("09:00", "10:00")

    assert [count_admissible(ONE_POOL, [candidate] * booked, candidate) for booked in (3, 2, 1, 0)] == [0, 0, 1, 2]


def test_overload_is_counted_in_seat_minutes() -> None:
    assert least_overload(ONE_POOL, [demand("09:00", "10:00")] * 3 + [demand("09:30", "10:00")]) == 60 + 30


def test_a_candidate_must_lie_wholly_inside_one_pool() -> None:
    abutting = [SeatPool(NINE, NINE + 60, 1), SeatPool(NINE + 60, NINE + 120, 1)]

    assert not admits(abutting, [], demand("09:30", "10:30", (0, 1)))
    assert admits(abutting, [], demand("09:00", "10:00", (0, 1)))


def test_an_uncovered_demand_loads_one_overlapping_pool_for_the_shared_time() -> None:
    abutting = [SeatPool(NINE, NINE + 60, 1), SeatPool(NINE + 60, NINE + 120, 1)]
    across = demand("09:30", "10:30", (0, 1))

    assert admits(abutting, [across], demand("09:00", "10:00", (0, 1)))
    assert admits(abutting, [across], demand("10:00", "11:00", (0, 1)))
    assert not admits(abutting, [across, demand("09:00", "10:00", (0,))], demand("10:00", "11:00", (1,)))


def test_overlapping_pools_take_an_account_and_a_mortgage_in_either_order() -> None:
    account, mortgage = ten_to_eleven(ACCOUNT), ten_to_eleven(MORTGAGE)

    assert admits(two_pools(1), [account], mortgage)
    assert admits(two_pools(1), [mortgage], account)
    assert not admits(two_pools(1), [account, account], account)
    assert not admits(two_pools(1), [account, mortgage], mortgage)


def test_an_account_moves_over_for_a_mortgage() -> None:
    account, mortgage = ten_to_eleven(ACCOUNT), ten_to_eleven(MORTGAGE)

    assert admits(two_pools(2), [account, account], mortgage)
    assert sorted(map(str, assign_pools(two_pools(2), [account, account, mortgage]))) == ["0", "0", "1"]
    assert not admits(two_pools(2), [account, account, mortgage], account)


def test_moving_over_can_take_a_chain() -> None:
    pools = [SeatPool(0, 60, 1)] * 4
    chain = [Demand(0, 60, (0, 1)), Demand(0, 60, (1, 2)), Demand(0, 60, (2, 3))]

    assert admits(pools, chain, Demand(0, 60, (0,)))
    assert not admits(pools, [*chain, Demand(0, 60, (3,))], Demand(0, 60, (0,)))


def test_a_seat_cannot_be_changed_half_way() -> None:
    pools = [SeatPool(0, 60, 1), SeatPool(0, 60, 1)]
    taken = [Demand(0, 30, (0,)), Demand(30, 60, (1,))]

    assert not admits(pools, taken, Demand(0, 60, (0, 1)))
    assert least_overload(pools, [*taken, Demand(0, 60, (0, 1))]) == 30


def test_first_come_names_those_left_without_a_seat() -> None:
    one, long, outside = demand("09:00", "10:00"), demand("09:00", "11:00"), demand("08:30", "09:30")

    assert first_come_first_served(ONE_POOL, [outside, one, long, one]) == [False, True, True, False]


def test_the_dependency_span_is_the_connected_run() -> None:
    booked = [demand("09:00", "09:30"), demand("09:15", "10:00"), demand("10:00", "11:00"), demand("12:00", "13:00")]

    assert dependency_span(booked, minutes("09:45"), minutes("09:50")) == (NINE, NINE + 60)
    assert dependency_span(booked, minutes("09:45"), minutes("10:15")) == (NINE, NINE + 120)
    assert dependency_span(booked, minutes("11:00"), minutes("12:00")) == (minutes("11:00"), minutes("12:00"))


def spans() -> st.SearchStrategy[tuple[int, int]]:
    lengths = st.integers(1, HORIZON)
    return st.builds(lambda start, length: (start, min(start + length, HORIZON)), st.integers(0, HORIZON - 1), lengths)


def demands(pools: int) -> st.SearchStrategy[Demand]:
    chosen = st.integers(0, 2**pools - 1)
    return st.builds(lambda span, mask: Demand(span[0], span[1], tuple(set_bits(mask))), spans(), chosen)


@st.composite
def days(draw: st.DrawFn) -> DemandCase:
    windows = st.one_of(st.just((0, HORIZON)), spans())
    pool = st.builds(lambda window, limit: SeatPool(window[0], window[1], limit), windows, st.integers(0, 2))
    pools = draw(st.lists(pool, min_size=1, max_size=3))
    booked = draw(st.lists(demands(len(pools)), max_size=4))
    return pools, booked, draw(demands(len(pools)))


examples = settings(max_examples=100, deadline=None)


@examples
@given(days())
def test_the_least_overload_is_the_oracles_and_the_placement_attains_it(day: DemandCase) -> None:
    pools, booked, _ = day
    least = oracle.least_overload(pools, booked)
    placement = assign_pools(pools, booked)

    assert least_overload(pools, booked) == least
    assert oracle.overload(pools, booked, placement) == least
    assert all(where in oracle.placements(pools, demand) for demand, where in zip(booked, placement, strict=True))


@examples
@given(days())
def test_admission_is_the_oracles(day: DemandCase) -> None:
    pools, booked, candidate = day

    assert admits(pools, booked, candidate) == oracle.admits(pools, booked, candidate)


@examples
@given(day=days(), patience=st.integers(0, 2), steps=st.integers(0, 6), rounds=st.integers(0, 40))
def test_answers_do_not_depend_on_which_effort_finds_them(
    day: DemandCase, patience: int, steps: int, rounds: int
) -> None:
    pools, booked, candidate = day
    with mock.patch.multiple(
        solver, SEARCH_LIMIT=patience, EFFORT_LEVELS=((steps, 2, rounds), (2 * steps, 4, 2 * rounds))
    ):
        assert least_overload(pools, booked) == oracle.least_overload(pools, booked)
        assert admits(pools, booked, candidate) == oracle.admits(pools, booked, candidate)
        assert first_come_first_served(pools, booked) == oracle.first_come_first_served(pools, booked)


@examples
@given(days())
def test_the_count_is_how_often_one_more_is_admitted(day: DemandCase) -> None:
    pools, booked, candidate = day
    found = count_admissible(pools, booked, candidate)
    full = [*booked, *[candidate] * found]

    assert not admits(pools, full, candidate)
    assert all(admits(pools, full[:size], candidate) for size in range(len(booked), len(full)))
    assert count_admissible(pools, booked, candidate, at_most=1) == min(1, found)
    assert least_overload(pools, full) == least_overload(pools, booked)


@examples
@given(days(), st.data())
def test_one_model_answers_many_questions_as_new_ones_would(day: DemandCase, data: st.DataObject) -> None:
    pools, booked, _ = day
    prepared = CapacityModel(pools, booked)
    for candidate in data.draw(st.lists(demands(len(pools)), max_size=4)):
        assert prepared.count_admissible(candidate) == count_admissible(pools, booked, candidate)
        assert prepared.admits(candidate) == admits(pools, booked, candidate)


@examples
@given(days())
def test_first_come_is_the_oracles(day: DemandCase) -> None:
    pools, booked, _ = day

    assert first_come_first_served(pools, booked) == oracle.first_come_first_served(pools, booked)


@examples
@given(days())
def test_nothing_outside_the_dependency_span_bears_on_a_decision(day: DemandCase) -> None:
    pools, booked, candidate = day
    start, end = dependency_span(booked, candidate.start, candidate.end)
    near = [demand for demand in booked if demand.start < end and start < demand.end]

    assert all(start <= demand.start and demand.end <= end for demand in near)
    assert admits(pools, near, candidate) == admits(pools, booked, candidate)


def listing(day: seat_demand_days.DemandDay) -> list[Demand]:
    """The demands a widget tries when it lists the day for the service of the first candidate."""
    candidate = day.candidates[0]
    length = candidate.end - candidate.start
    return [Demand(at, at + length, candidate.choices) for at in range(0, 481 - length, 15)] + day.candidates


@pytest.mark.parametrize("kind", ["busy", "near full", "mixed near full", "over full", "mixed over full"])
@pytest.mark.parametrize("seed", range(4))
def test_a_medium_day_gets_the_answers_of_exhaustive_search(kind: str, seed: int) -> None:
    day = seat_demand_days.demand_day(kind, seed, blocks=4, most=45)
    prepared = CapacityModel(day.pools, day.demands)
    answers = [prepared.count_admissible(candidate) for candidate in listing(day)]
    with mock.patch.multiple(solver, EFFORT_LEVELS=(), FINAL_SEARCH_LIMIT=-1):
        exhaustive = CapacityModel(day.pools, day.demands)
        assert prepared.overload() == exhaustive.overload()
        assert answers == [exhaustive.count_admissible(candidate) for candidate in listing(day)]
    assert prepared.gave_up == 0


@pytest.mark.parametrize("kind", ["near full", "mixed full", "over full"])
def test_a_crowded_day_answers_the_same_in_any_order(kind: str) -> None:
    day = seat_demand_days.demand_day(kind, 4)
    candidates = listing(day)[:20]
    forth, back = CapacityModel(day.pools, day.demands), CapacityModel(day.pools, day.demands)

    assert [forth.count_admissible(candidate) for candidate in candidates] == [
        back.count_admissible(candidate) for candidate in reversed(candidates)
    ][::-1]
    assert [forth.count_admissible(candidate) for candidate in candidates[:3]] == [
        count_admissible(day.pools, day.demands, w) for w in candidates[:3]
    ]


@pytest.mark.parametrize("seed", range(3))
def test_a_full_day_that_somebody_could_seat_is_seated_without_overload(seed: int) -> None:
    day = seat_demand_days.demand_day("mixed full", seed)

    assert least_overload(day.pools, day.demands) == 0


@examples
@given(day=days(), patience=st.integers(0, 2))
def test_who_gives_up_never_oversells(day: DemandCase, patience: int) -> None:
    pools, booked, candidate = day
    with mock.patch.multiple(solver, SEARCH_LIMIT=patience, EFFORT_LEVELS=(), FINAL_SEARCH_LIMIT=patience):
        prepared = CapacityModel(pools, booked)
        answer, gave_up = prepared.admits(candidate), prepared.gave_up

    assert answer == (oracle.admits(pools, booked, candidate) and not gave_up)


def test_a_question_nobody_answered_in_time_is_a_counted_refusal() -> None:
    account, mortgage = ten_to_eleven(ACCOUNT), ten_to_eleven(MORTGAGE)
    prepared = CapacityModel(two_pools(2), [account, account])
    impatient = mock.patch.multiple(solver, SEARCH_LIMIT=1, EFFORT_LEVELS=(), FINAL_SEARCH_LIMIT=1)
    with impatient, mock.patch.object(capacity_model, "all_fit", return_value=False):
        assert not prepared.admits(mortgage)
    assert prepared.gave_up == 1
