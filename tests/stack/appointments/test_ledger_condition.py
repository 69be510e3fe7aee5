"""The negative control of the races: the same booking oversells once the ledger's condition is taken out (D15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pytest

from chalicelib.container import container, pause
from chalicelib.domain.organisation.catalog import MeetingMethod
from chalicelib.domain.shared.errors import Refusal
from chalicelib.services.appointments.public_booking import (
    AttendeeDetails,
    BookAppointment,
    BookingRequest,
    BookingResult,
)
from chalicelib.services.availability.availability_reader import AvailabilityReader
from chalicelib.services.context import Context
from tests.builders.on_stack.competing_writers import Together, beside, careless
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import ZONE, Branch, OpenBranch, address, at_once

RIVALS = 12
SEATS = 3


@pytest.fixture
def branch(stack: Stack, opened: OpenBranch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Branch]:
    """A branch on the stack, whose table this process uses too."""
    with beside(stack, monkeypatch):
        yield opened(limit=SEATS)


def race(branch: Branch) -> tuple[list[BookingResult], Counter[str]]:
    """Everybody books the same slot in this process, deciding on the same reading; the bookings and the refusals."""
    store = Together(RIVALS, "CAL#")
    booking = BookAppointment(store, AvailabilityReader(store), container.ids, pause)

    def book(number: int) -> BookingResult | str:
        name = f"rival{number}-{branch.location_id[-8:].lower()}"
        person = AttendeeDetails("Rival", name, address(name))
        request = BookingRequest(
            branch.service_id, branch.location_id, MeetingMethod.IN_PERSON, branch.opening, ZONE, person
        )
        try:
            return booking.book(Context(datetime.now(UTC)), request)
        except Refusal as refusal:
            return refusal.code

    results = at_once([partial(book, number) for number in range(RIVALS)])
    return [r for r in results if isinstance(r, BookingResult)], Counter(r for r in results if isinstance(r, str))


def differences(branch: Branch) -> int:
    """How many places of this branch the integrity check finds wrong."""
    found = container.ledger_integrity.check(datetime.now(UTC)).differences
    return sum(d.key.calendar_id == branch.location_id for d in found)


def test_with_its_condition_the_ledger_sells_every_seat_once(branch: Branch) -> None:
    booked, refused = race(branch)
    assert len(booked) == SEATS
    assert refused == {"capacity_exhausted": RIVALS - SEATS}
    assert differences(branch) == 0


def test_without_its_condition_seats_are_sold_twice_and_the_check_finds_it(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with careless(monkeypatch, "CAL#"):
        booked, _ = race(branch)
    try:
        assert len(booked) > SEATS
        assert differences(branch) > 0
    finally:
        for b in booked:
            cancelled = branch.cancel({"id": b.appointment.id, "code": b.attendee.code})
            assert cancelled.status_code == 200, cancelled.text
    assert differences(branch) == 0
