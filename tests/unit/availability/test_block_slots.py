"""Free times: a listed time can be booked, any other has a reason (D1, D4, D7, D9, D12, D13, WG-2)."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from chalicelib.domain.availability.block_slots import BlockSlots
from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.nearest_starts import nearest_starts
from chalicelib.domain.availability.unavailable_reasons import Unavailable, refusal_for
from chalicelib.domain.capacity.ledger import Calendar, Occupant, SeatAccess, days_around
from chalicelib.domain.organisation.catalogue import Location, Service
from chalicelib.domain.organisation.settings import Offer, Settings
from chalicelib.domain.quickstream.blocks import Block, BlockState, Series
from chalicelib.domain.shared.errors import BlockNotReleased, CapacityExhausted, Invalid, OutsideBlock
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute
from tests.builders.records.ledger_builder import ACCOUNT, MORTGAGE, NINE, NOW, SECONDS, block, booked, calendar, held

TORONTO = ZoneInfo("America/Toronto")


def offer(duration: int = 30, interval: int = 15, lead: int = 0, horizon: int = 62, service: str = MORTGAGE) -> Offer:
    """One service in Toronto."""
    offered = Service(service, service, duration, slot_interval=interval)
    return Offer(Settings(lead_minutes=lead, horizon_days=horizon), Location("loc_1", "T", "America/Toronto"), offered)


def seeking(access: SeatAccess = SeatAccess.WIDGET, now: datetime = NOW, **more: Any) -> Requester:
    return Requester(access, now, **more)


def listed(slots: BlockSlots) -> dict[int, int]:
    """Start in minutes after nine → available seats."""
    return {slot.start - NINE: slot.available for slot in slots.free_slots(NINE - 1440, NINE + 2880)}


def test_starts_step_from_the_blocks_start_to_the_last_that_fits() -> None:
    slots = BlockSlots(offer(duration=40, interval=25), calendar([block(start=5, end=100)]), seeking())
    assert listed(slots) == {5: 1, 30: 1, 55: 1}
    assert slots.unavailable_reason(NINE + 55) is None
    assert slots.unavailable_reason(NINE + 60) is Unavailable.OFF_GRID
    assert slots.unavailable_reason(NINE + 80) is Unavailable.NO_BLOCK


def test_overlapping_blocks_have_grids_of_their_own() -> None:
    slots = BlockSlots(offer(interval=30), calendar([block("a", end=90), block("b", start=10, end=90)]), seeking())
    assert listed(slots) == {0: 1, 10: 2, 30: 2, 40: 2, 60: 2}
    assert slots.unavailable_reason(NINE + 20) is Unavailable.OFF_GRID


def test_only_the_days_asked_for_are_listed() -> None:
    slots = BlockSlots(offer(), calendar([block()]), seeking())
    assert [s.start - NINE for s in slots.free_slots(NINE + 31, NINE + 60)] == [45]
    assert [s.start - NINE for s in slots.free_slots(NINE + 45, NINE + 46)] == [45]


def _night(wall: str) -> tuple[Block, Calendar]:
    begins = datetime.fromisoformat("2026-03-01T00:30")
    series = Series("ser_01JDZ6VZ3Y8Q4T9N2B7M5K1XWE", "loc_1", "America/Toronto", begins,
                    begins + timedelta(hours=4), 2, (MORTGAGE,))  # fmt: skip
    found = series.occurrence(datetime.fromisoformat(wall), 0)
    assert found is not None
    return found, Calendar.from_sheets("loc_1", days_around(found.start, found.end), []).with_block(found)


def _walls(slots: BlockSlots, of: Block) -> list[str]:
    return [
        f"{from_epoch_minute(s.start).astimezone(TORONTO):%H:%M%z}"
        for s in slots.free_slots(of.start - 60, of.end + 60)
    ]


def test_the_grid_counts_elapsed_time_when_an_hour_is_skipped() -> None:
    """D9 and case 8: 00:30 to 04:30 on 8 March is three hours without a two o'clock."""
    night, found = _night("2026-03-08T00:30")
    slots = BlockSlots(offer(60, 60), found, seeking(now=datetime(2026, 3, 1, tzinfo=UTC)))
    assert _walls(slots, night) == ["00:30-0500", "01:30-0500", "03:30-0400"]


def test_the_grid_counts_elapsed_time_when_an_hour_comes_twice() -> None:
    night, found = _night("2026-11-01T00:30")
    slots = BlockSlots(offer(60, 60), found, seeking(now=datetime(2026, 10, 1, tzinfo=UTC)))
    assert _walls(slots, night) == ["00:30-0400", "01:30-0400", "01:30-0500", "02:30-0500", "03:30-0500"]


def test_a_grid_that_does_not_divide_the_hour_goes_on_over_the_change() -> None:
    night, found = _night("2026-03-08T00:30")
    slots = BlockSlots(offer(30, 40), found, seeking(now=datetime(2026, 3, 1, tzinfo=UTC)))
    assert _walls(slots, night) == ["00:30-0500", "01:10-0500", "01:50-0500", "03:30-0400"]


@pytest.mark.parametrize(
    ("blocks", "minutes", "reason"),
    [
        ([], 0, Unavailable.NO_BLOCK),
        ([block(services=(ACCOUNT,))], 0, Unavailable.NO_BLOCK),
        ([block()], -15, Unavailable.NO_BLOCK),
        ([block()], 165, Unavailable.NO_BLOCK),
        ([block("a", end=60), block("b", start=60)], 45, Unavailable.NO_BLOCK),
        ([block(state=BlockState.HELD)], 0, Unavailable.BLOCK_HELD),
        ([block(state=BlockState.CLOSED)], 0, Unavailable.BLOCK_CLOSED),
        ([block("a", state=BlockState.CLOSED), block("b", state=BlockState.HELD)], 0, Unavailable.BLOCK_HELD),
        ([block("a", state=BlockState.CLOSED), block("b")], 0, None),
        ([block()], 5, Unavailable.OFF_GRID),
        ([block(reserved=1)], 0, Unavailable.RESERVED_FOR_STAFF),
        ([block(limit=2, reserved=1)], 0, None),
    ],
)
def test_a_time_says_why_it_cannot_be_booked(blocks: list[Block], minutes: int, reason: Unavailable | None) -> None:
    slots = BlockSlots(offer(), calendar(blocks), seeking())
    assert slots.unavailable_reason(NINE + minutes) is reason
    assert (minutes in listed(slots)) == (reason is None)


def test_what_is_full_says_so() -> None:
    full = calendar([block(reserved=0)], [booked("1", 0, 30)])
    assert BlockSlots(offer(), full, seeking()).unavailable_reason(NINE) is Unavailable.FULL
    both = calendar([block(limit=2, reserved=1)], [booked("1", 0, 30), booked("2", 0, 30, access=SeatAccess.SCHEDULE)])
    assert BlockSlots(offer(), both, seeking()).unavailable_reason(NINE) is Unavailable.FULL


@pytest.mark.parametrize(
    ("reason", "kind", "code"),
    [
        (Unavailable.FULL, CapacityExhausted, "capacity_exhausted"),
        (Unavailable.RESERVED_FOR_STAFF, CapacityExhausted, "capacity_exhausted"),
        (Unavailable.BLOCK_HELD, BlockNotReleased, "block_not_released"),
        (Unavailable.NO_BLOCK, OutsideBlock, "outside_block"),
        (Unavailable.BLOCK_CLOSED, OutsideBlock, "outside_block"),
        (Unavailable.TOO_SOON, Invalid, "too_soon"),
        (Unavailable.OFF_GRID, Invalid, "off_grid"),
        (Unavailable.METHOD_NOT_OFFERED, Invalid, "method_not_offered"),
    ],
)
def test_each_reason_is_refused_with_the_contracts_code(reason: Unavailable, kind: type[Exception], code: str) -> None:
    found = refusal_for(reason)
    assert (type(found), found.code) == (kind, code)


def test_staff_see_reserve_and_held_blocks_and_place_freely() -> None:
    reserved = calendar([block(limit=3, reserved=1)])
    assert [listed(BlockSlots(offer(), reserved, seeking(access)))[0] for access in SeatAccess] == [2, 3, 3]
    hidden = calendar([block(state=BlockState.HELD)])
    assert [bool(listed(BlockSlots(offer(), hidden, seeking(access)))) for access in SeatAccess] == [False, False, True]
    assert [BlockSlots(offer(), reserved, seeking(access)).unavailable_reason(NINE + 5) for access in SeatAccess] == [
        Unavailable.OFF_GRID,
        Unavailable.OFF_GRID,
        None,
    ]


def test_lead_time_holds_for_clients_only_and_what_has_begun_is_past() -> None:
    now = from_epoch_minute(NINE) - timedelta(minutes=30)
    found = calendar([block()])
    client = BlockSlots(offer(lead=60), found, seeking(now=now))
    assert min(listed(client)) == 30
    assert [client.unavailable_reason(NINE + m) for m in (0, 15, 30)] == [
        Unavailable.TOO_SOON,
        Unavailable.TOO_SOON,
        None,
    ]
    assert min(listed(BlockSlots(offer(lead=60), found, seeking(SeatAccess.CONTACT_CENTRE, now)))) == 0
    begun = BlockSlots(offer(), found, seeking(SeatAccess.SCHEDULE, from_epoch_minute(NINE) + timedelta(seconds=1)))
    assert begun.unavailable_reason(NINE) is Unavailable.PAST
    assert min(listed(begun)) == 15
    exactly = BlockSlots(offer(lead=30), found, seeking(now=now))
    assert exactly.unavailable_reason(NINE) is None
    late = BlockSlots(offer(lead=30), found, seeking(now=now + timedelta(seconds=1)))
    assert late.unavailable_reason(NINE) is Unavailable.TOO_SOON


def test_the_horizon_ends_with_a_local_day() -> None:
    """Two days ahead of 1 December, in Toronto, includes all of the third."""
    evening = calendar([block(start=14 * 60, end=17 * 60)])
    near = BlockSlots(offer(horizon=2), evening, seeking())
    assert max(listed(near)) == 14 * 60 + 45
    assert near.unavailable_reason(NINE + 15 * 60) is Unavailable.TOO_FAR
    assert listed(BlockSlots(offer(horizon=1), evening, seeking())) == {}


def test_moving_looks_past_the_own_seat() -> None:
    """Case 3: limit 1, 09:00 to 10:00 becomes 09:30 to 10:30."""
    found = calendar([block(limit=1)], [booked("1", 0, 60)])
    assert BlockSlots(offer(60), found, seeking()).unavailable_reason(NINE + 30) is Unavailable.FULL
    assert BlockSlots(offer(60), found, seeking(moving="apt_1")).unavailable_reason(NINE + 30) is None


def test_the_holder_sees_the_own_slot_as_free_and_others_do_not() -> None:
    hold = held("2", 0, 30)
    found = calendar([block(limit=1)], [hold])
    assert BlockSlots(offer(), found, seeking()).unavailable_reason(NINE) is Unavailable.FULL
    assert listed(BlockSlots(offer(), found, seeking(hold=hold)))[0] == 1
    assert BlockSlots(offer(), found, seeking(now=NOW + timedelta(seconds=600))).unavailable_reason(NINE) is None


def test_when_seats_shrink_the_older_hold_confirms() -> None:
    """D13: two holds, then one seat; appointments come before both."""
    old, new = held("1", 0, 30), held("2", 0, 30)
    found = calendar([block(limit=1)], [old, new])
    assert BlockSlots(offer(), found, seeking(hold=old)).unavailable_reason(NINE) is None
    assert BlockSlots(offer(), found, seeking(hold=new)).unavailable_reason(NINE) is Unavailable.FULL
    taken = found.with_occupant(booked("3", 0, 30))
    assert BlockSlots(offer(), taken, seeking(hold=old)).unavailable_reason(NINE) is Unavailable.FULL
    # A hold keeps its rank for its own slot only.
    assert BlockSlots(offer(), found, seeking(hold=old)).unavailable_reason(NINE + 15) is Unavailable.FULL


def test_the_nearest_come_first_and_the_start_itself_is_none_of_them() -> None:
    slots = BlockSlots(offer(), calendar([block()], [booked("1", 60, 90)]), seeking())
    found = nearest_starts(slots.free_slots(NINE - 1440, NINE + 1440), NINE + 60)
    assert [s - NINE for s in found] == [30, 90, 15]
    one = BlockSlots(offer(), calendar([block(end=30)]), seeking()).free_slots(NINE, NINE + 60)
    assert NINE not in nearest_starts(one, NINE)


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_what_is_listed_is_what_can_be_booked_one_after_the_other(seed: int) -> None:
    """A listed start can be booked exactly as many times as it says, any other not at all."""
    chance = random.Random(seed)
    services = ((MORTGAGE,), (ACCOUNT,), (MORTGAGE, ACCOUNT))
    blocks = [
        block(name, chance.randint(1, 3), start=15 * chance.randint(0, 3), end=15 * chance.randint(5, 9),
              services=chance.choice(services), reserved=chance.randint(0, 1),
              state=chance.choice([*BlockState, BlockState.RELEASED]))
        for name in "abc"
    ]  # fmt: skip
    taken = [_somebody(chance, n) for n in range(chance.randint(0, 6))]
    found, access = calendar(blocks, taken), chance.choice(list(SeatAccess))
    asked = offer(chance.choice((30, 45)), 15, service=chance.choice((MORTGAGE, ACCOUNT)))
    shown = listed(BlockSlots(asked, found, seeking(access)))
    for start in range(0, 150, 15):
        filled, admitted = found, 0
        while BlockSlots(asked, filled, seeking(access)).unavailable_reason(NINE + start) is None:
            admitted += 1
            end = start + asked.service.duration_minutes
            filled = filled.with_occupant(booked(f"new{admitted}", start, end, asked.service.id, access))
        assert admitted == shown.get(start, 0)


def _somebody(chance: random.Random, number: int) -> Occupant:
    start = 15 * chance.randint(0, 7)
    service, access = chance.choice((MORTGAGE, ACCOUNT)), chance.choice(list(SeatAccess))
    one = booked(str(number), start, start + chance.choice((30, 45, 60)), service, access)
    return replace(one, expires=SECONDS + 60) if chance.random() < 0.2 else one


def test_a_decision_knows_what_it_rests_on() -> None:
    chain = calendar([block()], [booked("1", 20, 50), booked("2", 45, 75), booked("3", 75, 90)])
    slots = BlockSlots(offer(), chain, seeking())
    taken, free = (slots.allocate_overriding(NINE + minutes) for minutes in (0, 90))
    assert taken is not None
    assert taken.dependency_span == (NINE, NINE + 75)
    assert free is not None
    assert free.dependency_span == (NINE + 90, NINE + 120)
    assert slots.covers_dependencies(NINE, NINE + 90)
    day = epoch_minute(datetime(2026, 12, 3, tzinfo=UTC))
    over_midnight = Calendar.from_sheets("loc_1", ["2026-12-03"], []).with_sheets(
        s.with_occupant(replace(booked("1", 0, 30), start=day - 30, end=day + 30))
        for s in Calendar.from_sheets("loc_1", ["2026-12-03"], []).sheets.values()
    )
    assert not BlockSlots(offer(), over_midnight, seeking()).covers_dependencies(day, day + 60)
    assert BlockSlots(offer(), over_midnight, seeking()).covers_dependencies(day + 60, day + 120)
