"""Single appointments: codes, reminders, moves, cancellation, claiming."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import AppointmentState, Cancellation
from chalicelib.domain.shared.errors import AlreadyAssigned, NotFound, WrongState
from tests.builders.records.appointment_builder import NOW, START, appointment

APPOINTMENT = appointment(reminder_hours=(24, 2, 300))


def test_only_the_code_opens() -> None:
    assert APPOINTMENT.attendee_by_code("code-of-ana") is APPOINTMENT.attendees[0]
    with pytest.raises(NotFound):
        APPOINTMENT.attendee_by_code("Code-of-ana")


def test_reminders_lie_between_booking_and_start() -> None:
    assert APPOINTMENT.reminders() == [(24, START - timedelta(hours=24)), (2, START - timedelta(hours=2))]
    assert APPOINTMENT.next_reminder_at(after=START - timedelta(hours=24)) == START - timedelta(hours=2)
    for silent in (replace(APPOINTMENT, confirmed=False), replace(APPOINTMENT, notify_client=False)):
        assert silent.next_reminder_at() is None


def test_a_move_starts_reminders_afresh() -> None:
    later = START - timedelta(hours=1)
    moved = APPOINTMENT.moved(START + timedelta(hours=3), "America/Toronto", "", later)
    assert [h for h, _ in moved.reminders()] == [2]
    assert (moved.sequence, moved.end - moved.start) == (1, timedelta(minutes=30))


def test_cancelling_is_the_end() -> None:
    cancelled = APPOINTMENT.cancelled(Cancellation("Ill", "Ana", NOW, within_24h=False))
    assert (cancelled.state, cancelled.sequence, cancelled.occupies_capacity) == (AppointmentState.CANCELLED, 1, False)
    with pytest.raises(WrongState):
        cancelled.cancelled(Cancellation("", "", NOW, within_24h=False))
    with pytest.raises(WrongState):
        cancelled.claimed("stf_1", NOW)


def test_claiming_wants_nobody_before() -> None:
    with pytest.raises(AlreadyAssigned):
        APPOINTMENT.claimed("stf_1", NOW).claimed("stf_2", NOW)
