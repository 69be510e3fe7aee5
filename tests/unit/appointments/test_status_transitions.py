"""The effect of a status change on an appointment, and valid sets of statuses (D27, D28, D34)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.appointments.reasons import client_cancellation_reason
from chalicelib.domain.appointments.status_transitions import (
    as_renewed_request,
    as_request,
    history_entry,
    require_transition,
    with_status,
)
from chalicelib.domain.organisation.statuses import Status, StatusPipeline, StatusPredicate
from chalicelib.domain.shared.errors import Forbidden, Invalid, WrongState
from chalicelib.domain.shared.events import CLIENT_ACTOR
from tests.builders.records.appointment_builder import NOW, appointment

RECEIVED = Status("sts_1", "Received", StatusPredicate.START, "#000000", 1)
REVIEW = Status("sts_2", "In review", StatusPredicate.START, "#000000", 2)
CONFIRMED = Status("sts_3", "Confirmed", StatusPredicate.BOOKING_CONFIRMATION, "#000000", 3)
PHONED = Status("sts_4", "By phone", StatusPredicate.BOOKING_CONFIRMATION, "#000000", 4)
LATER = NOW + timedelta(hours=1)


def request() -> Appointment:
    """A request that has just come in."""
    return as_request(appointment(), RECEIVED, NOW)


def test_a_request_is_told_to_nobody_of_the_organisation() -> None:
    asked = request()
    assert (asked.confirmed, asked.announced, asked.requested_at, asked.status_id) == (False, False, NOW, "sts_1")
    assert asked.counted_status == ("sts_1", StatusPredicate.START)
    assert as_request(appointment(), None, NOW) == appointment()


def test_a_step_that_confirms_nothing_changes_nothing_else() -> None:
    asked = request()
    assert with_status(asked, REVIEW, LATER) == replace(asked, status_id="sts_2", updated_at=LATER)
    confirmed = with_status(asked, CONFIRMED, LATER)
    assert (confirmed.confirmed, confirmed.announced, confirmed.requested_at) == (True, True, None)
    assert (confirmed.reminders_from, confirmed.sequence) == (LATER, asked.sequence + 1)
    much_later = LATER + timedelta(hours=1)
    assert with_status(confirmed, PHONED, much_later) == replace(confirmed, status_id="sts_4", updated_at=much_later)


def test_what_was_confirmed_and_is_asked_for_anew_has_been_announced() -> None:
    confirmed = with_status(request(), CONFIRMED, LATER)
    anew = as_renewed_request(confirmed, RECEIVED, LATER)
    assert (anew.confirmed, anew.announced, anew.requested_at) == (False, True, LATER)
    assert as_renewed_request(confirmed, None, LATER) == confirmed
    assert as_renewed_request(appointment(), RECEIVED, LATER) == appointment()
    back = with_status(confirmed, REVIEW, LATER)
    assert (back.confirmed, back.requested_at, back.sequence) == (False, LATER, confirmed.sequence + 1)


def test_there_is_no_move_without_a_pipeline_after_the_end_or_back_from_a_promise() -> None:
    asked, confirmed = request(), with_status(request(), CONFIRMED, LATER)
    for over in (
        AppointmentState.CANCELLED,
        AppointmentState.SERVED,
        AppointmentState.COMPLETED,
        AppointmentState.NO_SHOW,
    ):
        with pytest.raises(WrongState):
            require_transition(replace(confirmed, state=over), PHONED, admin=True)
    with pytest.raises(WrongState):
        require_transition(appointment(), CONFIRMED, admin=True)
    with pytest.raises(WrongState):
        require_transition(replace(confirmed, state=AppointmentState.IN_PROGRESS), RECEIVED, admin=True)
    with pytest.raises(Forbidden):
        require_transition(confirmed, RECEIVED, admin=False)
    with pytest.raises(Invalid):
        require_transition(asked, replace(CONFIRMED, archived=True), admin=True)
    require_transition(confirmed, RECEIVED, admin=True)
    require_transition(asked, REVIEW, admin=False)


def test_a_history_keeps_a_status_as_it_was() -> None:
    line = history_entry(replace(request(), version=7), RECEIVED, CLIENT_ACTOR, NOW)
    assert (line.number, line.name, line.predicate, line.position) == (7, "Received", StatusPredicate.START, 1)
    assert (line.by, line.reason) == ("Modern Client View", None)


def test_what_a_client_said_stands_behind_that_they_cancelled() -> None:
    assert client_cancellation_reason("en", "") == "cancelled by customer"
    assert client_cancellation_reason("fr", "Malade") == "annulé par le client: Malade"
    assert client_cancellation_reason("xx", "Ill") == "cancelled by customer: Ill"


def test_the_first_of_a_kind_is_the_lowest_that_can_be_chosen() -> None:
    pipeline = StatusPipeline((REVIEW, replace(RECEIVED, archived=True), PHONED, CONFIRMED))
    assert pipeline.first_with(StatusPredicate.START) == REVIEW
    assert pipeline.first_with(StatusPredicate.BOOKING_CONFIRMATION) == CONFIRMED
    assert pipeline.missing_predicates == (StatusPredicate.CANCELLATION,)
    assert [s.id for s in pipeline.reordered(["sts_4", "sts_2", "sts_3"]).ordered] == [
        "sts_4",
        "sts_2",
        "sts_3",
        "sts_1",
    ]
