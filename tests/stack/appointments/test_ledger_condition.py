"""Negative control of the booking races: without the ledger's condition the same bookings oversell (D15)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.container import container
from tests.builders.on_stack.competing_writers import cancel_all, compete_to_book, without_conditions
from tests.builders.on_stack.stack_block_branch import OpenBranch, StackBlockBranch

COMPETITORS = 12
SEATS = 3


@pytest.fixture
def branch(beside_stack: None, open_branch: OpenBranch) -> StackBlockBranch:
    return open_branch(limit=SEATS)


def differences(branch: StackBlockBranch) -> int:
    """How many differences the integrity check finds at this branch."""
    found = container.ledger_integrity.check(datetime.now(UTC)).differences
    return sum(d.key.calendar_id == branch.location_id for d in found)


def test_with_its_condition_the_ledger_sells_every_seat_once(branch: StackBlockBranch) -> None:
    booked, refused = compete_to_book(branch, COMPETITORS, "CAL#")
    assert len(booked) == SEATS
    assert refused == {"capacity_exhausted": COMPETITORS - SEATS}
    assert differences(branch) == 0


def test_without_its_condition_seats_are_sold_twice_and_the_check_finds_it(
    branch: StackBlockBranch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_conditions(monkeypatch, "CAL#"):
        booked, _ = compete_to_book(branch, COMPETITORS, "CAL#")
    try:
        assert len(booked) > SEATS
        assert differences(branch) > 0
    finally:
        cancel_all(branch, booked)
    assert differences(branch) == 0
