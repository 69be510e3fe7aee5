"""What a move makes of an appointment, and which sets of statuses are valid (D27, D28, D34)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import Appointment, State
from chalicelib.domain.appointments.status_transitions import (
    moved_into,
    passed,
    requested,
    requested_anew,
    require_move,
    withdrawn,
)
from chalicelib.domain.organisation.statuses import Pipeline, Predicate, Status
from chalicelib.domain.shared.errors import Forbidden, Invalid, WrongState
from chalicelib.domain.shared.events import CLIENT
from tests.builders.records.appointment_builder import NOW, appointment

RECEIVED = Status("sts_1", "Received", Predicate.START, "#000000", 1)
REVIEW = Status("sts_2", "In review", Predicate.START, "#000000", 2)
CONFIRMED = Status("sts_3", "Confirmed", Predicate.BOOKING_CONFIRMATION, "#000000", 3)
PHONED = Status("sts_4", "By phone", Predicate.BOOKING_CONFIRMATION, "#000000", 4)
LATER = NOW + timedelta(hours=1)


def request() -> Appointment:
    """A request that has just come in."""
    return requested(appointment(), RECEIVED, NOW)


def test_a_request_is_told_to_nobody_of_the_organisation() -> None:
    asked = request()
    assert (asked.confirmed, asked.announced, asked.requested_at, asked.status_id) == (False, False, NOW, "sts_1")
    assert asked.held_status == ("sts_1", Predicate.START)
    assert requested(appointment(), None, NOW) == appointment()


def test_a_step_that_confirms_nothing_changes_nothing_else() -> None:
    asked = request()
    assert moved_into(asked, REVIEW, LATER) == replace(asked, status_id="sts_2", updated_at=LATER)
    confirmed = moved_into(asked, CONFIRMED, LATER)
    assert (confirmed.confirmed, confirmed.announced, confirmed.requested_at) == (True, True, None)
    assert (confirmed.reminders_from, confirmed.sequence) == (LATER, asked.sequence + 1)
    much_later = LATER + timedelta(hours=1)
    assert moved_into(confirmed, PHONED, much_later) == replace(confirmed, status_id="sts_4", updated_at=much_later)


def test_what_was_confirmed_and_is_asked_for_anew_has_been_announced() -> None:
    confirmed = moved_into(request(), CONFIRMED, LATER)
    anew = requested_anew(confirmed, RECEIVED, LATER)
    assert (anew.confirmed, anew.announced, anew.requested_at) == (False, True, LATER)
    assert requested_anew(confirmed, None, LATER) == confirmed
    assert requested_anew(appointment(), RECEIVED, LATER) == appointment()
    back = moved_into(confirmed, REVIEW, LATER)
    assert (back.confirmed, back.requested_at, back.sequence) == (False, LATER, confirmed.sequence + 1)


def test_there_is_no_move_without_a_pipeline_after_the_end_or_back_from_a_promise() -> None:
    asked, confirmed = request(), moved_into(request(), CONFIRMED, LATER)
    for over in (State.CANCELLED, State.SERVED, State.COMPLETED, State.NO_SHOW):
        with pytest.raises(WrongState):
            require_move(replace(confirmed, state=over), PHONED, admin=True)
    with pytest.raises(WrongState):
        require_move(appointment(), CONFIRMED, admin=True)
    with pytest.raises(WrongState):
        require_move(replace(confirmed, state=State.IN_PROGRESS), RECEIVED, admin=True)
    with pytest.raises(Forbidden):
        require_move(confirmed, RECEIVED, admin=False)
    with pytest.raises(Invalid):
        require_move(asked, replace(CONFIRMED, archived=True), admin=True)
    require_move(confirmed, RECEIVED, admin=True)
    require_move(asked, REVIEW, admin=False)


def test_a_history_keeps_a_status_as_it_was() -> None:
    line = passed(replace(request(), version=7), RECEIVED, CLIENT, NOW)
    assert (line.number, line.name, line.predicate, line.position) == (7, "Received", Predicate.START, 1)
    assert (line.by, line.reason) == ("Modern Client View", None)


def test_what_a_client_said_stands_behind_that_they_cancelled() -> None:
    assert withdrawn("en", "") == "cancelled by customer"
    assert withdrawn("fr", "Malade") == "annulé par le client: Malade"
    assert withdrawn("xx", "Ill") == "cancelled by customer: Ill"


def test_the_first_of_a_kind_is_the_lowest_that_can_be_chosen() -> None:
    pipeline = Pipeline((REVIEW, replace(RECEIVED, archived=True), PHONED, CONFIRMED))
    assert pipeline.first(Predicate.START) == REVIEW
    assert pipeline.first(Predicate.BOOKING_CONFIRMATION) == CONFIRMED
    assert pipeline.missing == (Predicate.CANCELLATION,)
    assert [s.id for s in pipeline.arranged(["sts_4", "sts_2", "sts_3"]).ordered] == [
        "sts_4",
        "sts_2",
        "sts_3",
        "sts_1",
    ]
