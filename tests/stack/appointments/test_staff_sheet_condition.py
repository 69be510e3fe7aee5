"""Negative control of the staff races: without the conditions on staff sheet and team member a person is booked twice.

A booking rewrites both and depends on both conditions; a hold only checks the team member, so there the condition on
the sheet decides (D15).
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial

import pytest

from chalicelib.container import container, pause
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.services.availability.availability_reader import AvailabilityReader
from chalicelib.services.availability.holds import HoldRequest, HoldSlot, IssuedHold
from chalicelib.services.context import Context
from tests.builders.on_stack.competing_writers import BarrierStore, cancel_all, compete_to_book, without_conditions
from tests.builders.on_stack.stack_branch import TORONTO
from tests.builders.on_stack.stack_requests import outcomes
from tests.builders.on_stack.stack_staff_branch import OpenStaffBranch, StackStaffBranch

COMPETITORS = 8


@pytest.fixture
def branch(beside_stack: None, open_staff_branch: OpenStaffBranch) -> StackStaffBranch:
    """A branch with one member of staff."""
    return open_staff_branch(people=1)


def compete_to_hold(branch: StackStaffBranch) -> tuple[list[IssuedHold], Counter[str]]:
    """Hold one time several times on the same reading: the holds, and the refusals by code."""
    store = BarrierStore(COMPETITORS, "CAL#stf_")
    holding = HoldSlot(store, AvailabilityReader(store), container.ids, pause)
    request = HoldRequest(branch.service_id, branch.location_id, MeetingMethod.IN_PERSON, branch.opening, TORONTO)
    return outcomes([partial(holding.hold, Context(datetime.now(UTC)), request)] * COMPETITORS)


def test_with_their_conditions_sheet_and_post_give_a_person_once(branch: StackStaffBranch) -> None:
    booked, refused = compete_to_book(branch, COMPETITORS, "CAL#stf_")
    assert (len(booked), refused) == (1, {"slot_taken": COMPETITORS - 1})


def test_with_the_sheets_condition_one_holds_a_person(branch: StackStaffBranch) -> None:
    held, refused = compete_to_hold(branch)
    assert (len(held), refused) == (1, {"slot_taken": COMPETITORS - 1})


def test_without_the_sheets_condition_several_hold_one_person(
    branch: StackStaffBranch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_conditions(monkeypatch, "CAL#stf_"):
        held, _ = compete_to_hold(branch)
    assert len(held) > 1


def test_without_sheet_and_post_conditions_a_person_is_sold_twice_and_both_checks_find_it(
    branch: StackStaffBranch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_conditions(monkeypatch, "CAL#stf_", "TEAM#"):
        booked, _ = compete_to_book(branch, COMPETITORS, "CAL#stf_")
    try:
        assert len(booked) > 1
        assert branch.overlapping_appointments() != []
        found = container.ledger_integrity.check(datetime.now(UTC)).differences
        assert {d.key.calendar_id for d in found} == {branch.workers[0].id}
    finally:
        cancel_all(branch, booked)
