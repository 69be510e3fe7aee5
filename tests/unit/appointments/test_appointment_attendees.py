"""Attendees of an appointment, one by one: joining, leaving, coming back (CC-4, D44)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.appointments.appointment import (
    FINISHED_STATES,
    MAX_ATTENDEES,
    Appointment,
    AppointmentState,
    Attendee,
)
from chalicelib.domain.shared.errors import AlreadyAttending, Invalid, NotFound, WrongState
from chalicelib.domain.shared.events import MessageKind
from tests.builders.records.appointment_builder import ANA, BEN, NOW, appointment, context, notification, with_ben

KIM = Attendee("cli_kim", "Kim Ito", "code-of-kim")


def full(live: int, gone: int = 0) -> Appointment:
    """An appointment with so many live attendees and so many who have left."""
    people = (Attendee(f"cli_{n}", f"Client {n}", f"code-{n}", cancelled=n >= live) for n in range(live + gone))
    return appointment(attendees=tuple(people))


def test_one_more_comes() -> None:
    joined = appointment().with_attendee(KIM, NOW)

    assert [a.client_id for a in joined.live_attendees] == [ANA, KIM.client_id]
    assert (joined.attendee(KIM.client_id), joined.sequence) == (KIM, appointment().sequence)


def test_who_comes_already_is_not_added_again() -> None:
    with pytest.raises(AlreadyAttending):
        appointment().with_attendee(replace(KIM, client_id=ANA), NOW)


def test_who_had_left_comes_again_as_somebody_new() -> None:
    left = with_ben().without_attendee(BEN, NOW)
    back = left.with_attendee(Attendee(BEN, "Ben Okafor", "another-code"), NOW)

    assert [a.client_id for a in back.attendees] == [ANA, BEN]
    assert [(a.code, a.notes) for a in back.live_attendees][1] == ("another-code", "")
    with pytest.raises(NotFound):
        back.attendee_by_code("code-of-ben")


def test_a_calendar_that_was_told_of_the_leaving_believes_the_return() -> None:
    sequences, about = [], with_ben()
    for _ in range(2):
        about = about.without_attendee(BEN, NOW)
        sequences.append(notification(MessageKind.CANCELLED, BEN, at=context(about)).sequence)
        about = about.with_attendee(Attendee(BEN, "Ben Okafor", "another-code"), NOW)
        sequences.append(notification(MessageKind.CONFIRMATION, BEN, at=context(about)).sequence)

    assert sequences == sorted(set(sequences))
    assert notification(MessageKind.CONFIRMATION, ANA, at=context(about)).sequence == 0


@pytest.mark.parametrize("state", sorted(FINISHED_STATES))
def test_nobody_joins_or_leaves_what_is_over(state: AppointmentState) -> None:
    over = with_ben(state=state)

    with pytest.raises(WrongState):
        over.with_attendee(KIM, NOW)
    with pytest.raises(WrongState):
        over.without_attendee(BEN, NOW)


def test_nobody_joins_once_its_time_is_up() -> None:
    assert len(appointment(state=AppointmentState.IN_PROGRESS).with_attendee(KIM, NOW).attendees) == 2
    with pytest.raises(WrongState):
        appointment().with_attendee(KIM, appointment().end)


def test_there_is_an_end_to_how_many_come() -> None:
    assert len(full(MAX_ATTENDEES - 1, 1).with_attendee(KIM, NOW).live_attendees) == MAX_ATTENDEES
    with pytest.raises(Invalid) as caught:
        full(MAX_ATTENDEES).with_attendee(KIM, NOW)
    assert caught.value.code == "too_many_attendees"


def test_all_who_ever_came_fit_into_one_transaction() -> None:
    crowd = full(1)
    for n in range(200):
        try:
            crowd = crowd.with_attendee(Attendee(f"cli_passing_{n}", "Passing", f"code-{n}"), NOW)
        except Invalid:
            break
        crowd = crowd.without_attendee(f"cli_passing_{n}", NOW)

    assert len(crowd.attendees) == 50
    returned = replace(crowd.attendees[-1], cancelled=False)
    assert len(crowd.with_attendee(returned, NOW).attendees) == 50
