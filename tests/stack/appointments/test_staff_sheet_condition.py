"""The negative control of the staff races: without the conditions on sheet and post a person is sold twice (D15).

A booking rests on two conditions, the sheet's and the post's, which it both rewrites; a hold only guards the post, so
the sheet's is the one that counts.
"""

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
from chalicelib.services.availability.holds import HoldRequest, HoldSlot, IssuedHold
from chalicelib.services.context import Context
from tests.builders.on_stack.competing_writers import Together, beside, careless
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import ZONE, address, at_once
from tests.builders.on_stack.stack_staff_branch import OpenStaff, StaffBranch

RIVALS = 8


@pytest.fixture
def lonely(stack: Stack, staffed: OpenStaff, monkeypatch: pytest.MonkeyPatch) -> Iterator[StaffBranch]:
    """A branch with one person on the stack, whose table this process uses too."""
    with beside(stack, monkeypatch):
        yield staffed(people=1)


def rival_bookings(branch: StaffBranch) -> tuple[list[BookingResult], Counter[str]]:
    """Everybody books the one person in this process, deciding on the same reading; the bookings and the refusals."""
    store = Together(RIVALS, "CAL#stf_")
    booking = BookAppointment(store, AvailabilityReader(store), container.ids, pause)

    def book(number: int) -> BookingResult | str:
        name = f"rival{number}-{branch.service_id[-8:].lower()}"
        person = AttendeeDetails("Rival", name, address(name))
        where = branch.service_id, branch.locations[0], MeetingMethod.IN_PERSON, branch.opening, ZONE
        try:
            return booking.book(Context(datetime.now(UTC)), BookingRequest(*where, person))
        except Refusal as refusal:
            return refusal.code

    results = at_once([partial(book, number) for number in range(RIVALS)])
    return [r for r in results if isinstance(r, BookingResult)], Counter(r for r in results if isinstance(r, str))


def rival_holds(branch: StaffBranch) -> tuple[list[IssuedHold], Counter[str]]:
    """As ``rival_bookings``, but everybody holds the time."""
    store = Together(RIVALS, "CAL#stf_")
    holding = HoldSlot(store, AvailabilityReader(store), container.ids, pause)
    request = HoldRequest(branch.service_id, branch.locations[0], MeetingMethod.IN_PERSON, branch.opening, ZONE)

    def hold() -> IssuedHold | str:
        try:
            return holding.hold(Context(datetime.now(UTC)), request)
        except Refusal as refusal:
            return refusal.code

    results = at_once([hold] * RIVALS)
    return [r for r in results if isinstance(r, IssuedHold)], Counter(r for r in results if isinstance(r, str))


def test_with_their_conditions_sheet_and_post_give_a_person_once(lonely: StaffBranch) -> None:
    booked, refused = rival_bookings(lonely)
    assert (len(booked), refused) == (1, {"slot_taken": RIVALS - 1})


def test_with_the_sheets_condition_one_holds_a_person(lonely: StaffBranch) -> None:
    held, refused = rival_holds(lonely)
    assert (len(held), refused) == (1, {"slot_taken": RIVALS - 1})


def test_without_the_sheets_condition_several_hold_one_person(
    lonely: StaffBranch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with careless(monkeypatch, "CAL#stf_"):
        held, _ = rival_holds(lonely)
    assert len(held) > 1


def test_without_sheet_and_post_conditions_a_person_is_sold_twice_and_both_checks_find_it(
    lonely: StaffBranch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with careless(monkeypatch, "CAL#stf_", "TEAM#"):
        booked, _ = rival_bookings(lonely)
    try:
        assert len(booked) > 1
        assert lonely.clashes() != []
        found = container.ledger_integrity.check(datetime.now(UTC)).differences
        assert {d.key.calendar_id for d in found} == {lonely.workers[0].id}
    finally:
        for b in booked:
            cancelled = lonely.cancel({"id": b.appointment.id, "code": b.attendee.code})
            assert cancelled.status_code == 200, cancelled.text
