"""Seats of blocks: access, reserves, holds, orphans and what closing keeps (D1, D3, D10, D12, D13)."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from chalicelib.domain.capacity.block_capacity import BlockCapacity, is_usable, merge_intervals, peak_overlap
from chalicelib.domain.capacity.capacity_model import dependency_span
from chalicelib.domain.capacity.ledger import Calendar, Occupant, SeatAccess
from chalicelib.domain.quickstream.blocks import Block, BlockState
from tests.builders.records.ledger_builder import ACCOUNT, MORTGAGE, NINE, SECONDS, block, booked, calendar, held

ACCESSES = list(SeatAccess)


def placed(blocks: list[Block], occupants: list[Occupant]) -> BlockCapacity:
    return BlockCapacity(calendar(blocks, occupants), SECONDS)


def seats_left(placement: BlockCapacity, start: int = 0, end: int = 30, service: str = MORTGAGE) -> list[int]:
    """Seats left for the widget, the contact centre and Schedule."""
    return [placement.remaining_seats(NINE + start, NINE + end, service, access) for access in ACCESSES]


@pytest.mark.parametrize(
    ("state", "reserved", "found"),
    [
        (BlockState.RELEASED, 0, [3, 3, 3]),
        (BlockState.RELEASED, 1, [2, 3, 3]),
        (BlockState.RELEASED, 3, [0, 3, 3]),
        (BlockState.HELD, 0, [0, 0, 3]),
        (BlockState.HELD, 1, [0, 0, 3]),
        (BlockState.CLOSED, 0, [0, 0, 0]),
    ],
)
def test_state_and_reserve_say_whose_seats_they_are(state: BlockState, reserved: int, found: list[int]) -> None:
    one = block(limit=3, state=state, reserved=reserved)
    assert seats_left(placed([one], [])) == found
    assert [is_usable(one, access) for access in ACCESSES] == [
        state is BlockState.RELEASED,
        state is BlockState.RELEASED,
        state is not BlockState.CLOSED,
    ]


def test_staff_take_open_seats_before_the_reserve_only_when_they_must() -> None:
    """An occupant who may use the reserve is moved there to make room for a client."""
    full = placed([block(limit=2, reserved=1)], [booked("1", 0, 30, access=SeatAccess.CONTACT_CENTRE)])
    assert seats_left(full) == [1, 1, 1]
    assert seats_left(placed([block(limit=2, reserved=1)], [booked("1", 0, 30)])) == [0, 1, 1]


def test_the_limit_is_the_peak_and_ends_are_half_open() -> None:
    """Case 2."""
    two = placed([block(limit=2)], [booked("1", 0, 30), booked("2", 30, 60)])
    assert seats_left(two, 0, 60)[0] == 1
    one = placed([block(limit=1)], [booked("1", 0, 60)])
    assert seats_left(one, 60, 120)[0] == 1
    assert seats_left(one, 59, 119)[0] == 0


def test_an_appointment_lies_wholly_inside_one_block() -> None:
    """D4."""
    abutting = placed([block("a", end=60), block("b", start=60)], [])
    assert seats_left(abutting, 30, 90)[0] == 0
    assert abutting.blocks_for(NINE + 30, NINE + 90, MORTGAGE) == []
    assert [b.id for b in abutting.blocks_for(NINE, NINE + 60, MORTGAGE)] == ["blk_a"]


def test_bookings_are_reseated_between_overlapping_blocks() -> None:
    """D3 and feature 18."""
    blocks = [block("a"), block("b", services=(ACCOUNT,))]
    one = placed(blocks, [booked("1", 0, 30, ACCOUNT)])
    assert seats_left(one, service=MORTGAGE)[0] == 1
    full = placed(blocks, [booked("1", 0, 30, ACCOUNT), booked("2", 0, 30)])
    assert seats_left(full, service=ACCOUNT)[0] == 0
    assert full.block_by_occupant == {"apt_1": "blk_b", "apt_2": "blk_a"}


def test_overbooking_shows_as_nothing_left_never_less() -> None:
    """Case 4: limit 2, three seated, then two, then one."""
    three = [booked(n, 0, 30, access=SeatAccess.SCHEDULE, over=n == "3") for n in "123"]
    found = [seats_left(placed([block(limit=2)], three[:n]))[0] for n in (3, 2, 1)]
    assert found == [0, 0, 1]
    assert placed([block(limit=2)], three).orphans() == []


def test_who_came_last_is_orphaned_and_sits_again_when_there_is_room() -> None:
    """D10: appointments before holds, over capacity in between and never an orphan."""
    occupants = [booked("2", 0, 30), booked("1", 0, 30), booked("0", 0, 30, over=True), held("0", 0, 30)]
    assert [o.id for o in placed([block(limit=1)], occupants).orphans()] == ["apt_2"]
    assert placed([block(limit=2)], occupants).orphans() == []
    assert [o.id for o in placed([], occupants).orphans()] == ["apt_1", "apt_2"]


def test_a_hold_counts_until_it_ends_and_ranks_behind_older_ones() -> None:
    """D13."""
    blocks = [block(limit=2)]
    holds = [held("1", 0, 30), held("2", 0, 30)]
    assert seats_left(placed(blocks, holds))[0] == 0
    assert seats_left(placed(blocks, [holds[0], replace(holds[1], expires=SECONDS)]))[0] == 1
    both = calendar([block(limit=1)], holds)
    first = BlockCapacity(both, SECONDS, {"hld_1"}, before="hld_1")
    second = BlockCapacity(both, SECONDS, {"hld_2"}, before="hld_2")
    assert [seats_left(p)[0] for p in (first, second)] == [1, 0]
    with_appointment = BlockCapacity(both.with_occupant(booked("9", 0, 30)), SECONDS, {"hld_1"}, before="hld_1")
    assert seats_left(with_appointment)[0] == 0


def test_a_closed_block_keeps_those_who_sat_there() -> None:
    closed = block("a", state=BlockState.CLOSED, keeps=("apt_1",))
    placement = placed([closed, block("b")], [booked("1", 0, 30), booked("2", 0, 30)])
    assert placement.block_by_occupant == {"apt_1": "blk_a", "apt_2": "blk_b"}
    assert placement.orphans() == []
    assert seats_left(placement) == [0, 0, 0]
    moved = placed([closed], [booked("1", 160, 190)])
    assert [o.id for o in moved.orphans()] == ["apt_1"]


def test_seats_at_best_are_those_of_an_empty_calendar() -> None:
    blocks = [
        block("a", 2, end=60),
        block("b", 3, start=30, services=(MORTGAGE,), reserved=1),
        block("c", 4, state=BlockState.HELD, start=150),
        block("d", 9, state=BlockState.CLOSED),
    ]
    full = placed(blocks, [booked(str(n), 0, 60) for n in range(4)])

    def at_best(service: str, duration: int, step: int = 15) -> int:
        return full.max_simultaneous(service, duration, step, NINE, NINE + 180)

    assert at_best(MORTGAGE, 30) == 7
    assert at_best(MORTGAGE, 45) == 3
    assert at_best(ACCOUNT, 30) == 4
    assert at_best(ACCOUNT, 60) == 2
    assert at_best(ACCOUNT, 200) == 0


@pytest.mark.parametrize(
    ("intervals", "most"),
    [([], 0), ([(0, 30)], 1), ([(0, 30), (30, 60)], 1), ([(0, 31), (30, 60)], 2), ([(0, 90), (0, 30), (60, 90)], 2)],
)
def test_peak_is_the_most_at_any_instant(intervals: list[tuple[int, int]], most: int) -> None:
    assert peak_overlap(intervals) == most


STAYS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 6)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=9
)


@given(STAYS, st.tuples(st.integers(0, 20), st.integers(1, 6)))
@settings(max_examples=80, deadline=None)
def test_merged_stays_give_the_same_dependency_span(stays: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    found = merge_intervals(stays)
    assert all(first[1] <= second[0] for first, second in pairwise(found))
    start, end = NINE + 5 * asked[0], NINE + 5 * (asked[0] + asked[1])
    occupants = [booked(f"{n:02d}", 5 * s, 5 * e) for n, (s, e) in enumerate(stays)]
    placement = placed([], occupants)
    assert placement.dependency_span(start, end) == dependency_span(placement.demands, start, end)


def _random(seed: int) -> Calendar:
    chance = random.Random(seed)
    blocks = [
        block(name, chance.randint(1, 2), start=chance.choice((0, 30, 60)), end=chance.choice((90, 120, 180)),
              services=chance.choice(((MORTGAGE,), (ACCOUNT,), (MORTGAGE, ACCOUNT))),
              reserved=chance.choice((0, 0, 1)))
        for name in "abc"
    ]  # fmt: skip
    occupants = [
        booked(f"{n}", start, start + chance.choice((30, 45, 60)), chance.choice((MORTGAGE, ACCOUNT)),
               chance.choice(ACCESSES), over=chance.random() < 0.2)
        for n in range(chance.randint(0, 8))
        for start in [15 * chance.randint(0, 8)]
    ]  # fmt: skip
    return calendar(blocks, occupants)


@given(st.integers(0, 10**9))
@settings(max_examples=120, deadline=None)
def test_closing_over_those_who_sit_there_takes_nobodys_seat(seed: int) -> None:
    before = _random(seed)
    placement = BlockCapacity(before, SECONDS)
    orphans = {o.id for o in placement.orphans()}
    seated = [o.id for sitting in placement.seated_by_block.values() for o in sitting]
    assert len(seated) == len(set(seated))
    assert orphans.isdisjoint(seated)
    for one in placement.blocks:
        kept = tuple(o.id for o in placement.seated_by_block.get(one.id, ()))
        after = BlockCapacity(before.with_block(one.closed(kept)), SECONDS)
        assert {o.id for o in after.orphans()} == orphans
