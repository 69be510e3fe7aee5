"""The lifecycle as a table: every step from every state, no-shows, durations (D35, D41, feature 87)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState, NoShow, SignOff
from chalicelib.domain.appointments.lifecycle import FINAL_STATES, LifecycleStep, mark_no_show, sign_off, take_step
from chalicelib.domain.shared.errors import TooEarly, WrongState
from tests.builders.records.appointment_builder import NOW, START, appointment

ALLOWED = {
    (AppointmentState.BOOKED, LifecycleStep.ARRIVE): AppointmentState.ARRIVED,
    (AppointmentState.BOOKED, LifecycleStep.COMMENCE): AppointmentState.IN_PROGRESS,
    (AppointmentState.ARRIVED, LifecycleStep.COMMENCE): AppointmentState.IN_PROGRESS,
    (AppointmentState.IN_PROGRESS, LifecycleStep.SERVE): AppointmentState.SERVED,
    (AppointmentState.SERVED, LifecycleStep.COMPLETE): AppointmentState.COMPLETED,
    (AppointmentState.BOOKED, LifecycleStep.MISS): AppointmentState.NO_SHOW,
}


def after(about: Appointment, step: LifecycleStep) -> AppointmentState | None:
    """The state a step leads to, or ``None`` if it is refused."""
    try:
        return take_step(about, step, START).state
    except WrongState:
        return None


@pytest.mark.parametrize("state", AppointmentState)
@pytest.mark.parametrize("step", LifecycleStep)
def test_every_step_from_every_state(state: AppointmentState, step: LifecycleStep) -> None:
    assert after(appointment(state=state), step) == ALLOWED.get((state, step))


def test_what_nobody_was_promised_neither_begins_nor_is_missed() -> None:
    request = appointment(confirmed=False)

    assert [after(request, step) for step in (LifecycleStep.ARRIVE, LifecycleStep.COMMENCE, LifecycleStep.MISS)] == [
        AppointmentState.ARRIVED,
        None,
        None,
    ]
    assert after(take_step(request, LifecycleStep.ARRIVE, START), LifecycleStep.COMMENCE) is None


def test_each_step_says_when_it_was_taken() -> None:
    times = [START + timedelta(minutes=n) for n in (-5, 2, 40, 45)]
    done = appointment()
    for step, at in zip(
        (LifecycleStep.ARRIVE, LifecycleStep.COMMENCE, LifecycleStep.SERVE, LifecycleStep.COMPLETE), times, strict=True
    ):
        done = take_step(done, step, at)

    states = (
        AppointmentState.ARRIVED,
        AppointmentState.IN_PROGRESS,
        AppointmentState.SERVED,
        AppointmentState.COMPLETED,
    )
    assert [done.reached_at(state) for state in states] == times
    assert (done.reached_at(AppointmentState.NO_SHOW), done.updated_at) == (None, times[-1])


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (59, 0), (60, 1), (38 * 60 + 59, 38)])
def test_it_took_from_the_beginning_until_the_client_was_served(seconds: int, minutes: int) -> None:
    begun = take_step(appointment(), LifecycleStep.COMMENCE, START)

    assert begun.in_progress_minutes is None
    assert take_step(begun, LifecycleStep.SERVE, START + timedelta(seconds=seconds)).in_progress_minutes == minutes


def test_a_client_is_missing_thirty_minutes_after_the_start() -> None:
    late = NoShow(True, "No answer on the phone", START + timedelta(minutes=30))

    with pytest.raises(TooEarly):
        mark_no_show(appointment(), replace(late, at=late.at - timedelta(seconds=1)))
    gone = mark_no_show(appointment(), late)
    assert (gone.state, gone.no_show, gone.reached_at(AppointmentState.NO_SHOW)) == (
        AppointmentState.NO_SHOW,
        late,
        late.at,
    )


def test_the_state_is_said_before_the_time() -> None:
    with pytest.raises(WrongState):
        mark_no_show(appointment(state=AppointmentState.ARRIVED), NoShow(False, "Left again", START))


@pytest.mark.parametrize("step", [LifecycleStep.ARRIVE, LifecycleStep.COMMENCE, LifecycleStep.MISS])
def test_nobody_is_reminded_of_what_has_begun_or_is_over(step: LifecycleStep) -> None:
    ahead = appointment()

    assert len(ahead.reminders()) == 1
    assert take_step(ahead, step, NOW).reminders() == []


@pytest.mark.parametrize("step", LifecycleStep)
def test_no_step_gives_room_back_or_tells_calendars(step: LifecycleStep) -> None:
    (state,) = [s for (s, taken) in ALLOWED if taken is step][:1]
    was = appointment(state=state, staff_id="stf_sam")
    now = take_step(was, step, NOW)

    assert (now.occupies_capacity, list(now.calendar_spans()), now.sequence) == (
        True,
        list(was.calendar_spans()),
        was.sequence,
    )


@pytest.mark.parametrize("state", AppointmentState)
def test_only_what_has_come_to_an_end_is_signed_off_and_only_once(state: AppointmentState) -> None:
    about = appointment(state=state)
    if state not in FINAL_STATES:
        with pytest.raises(WrongState):
            sign_off(about, "Sam Lee", NOW)
        return
    closed = sign_off(about, "Sam Lee", NOW)
    assert (closed.signed_off, closed.state) == (SignOff("Sam Lee", NOW), state)
    with pytest.raises(WrongState):
        sign_off(closed, "Alex", NOW)


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_what_nothing_leads_on_from_is_an_end(state: AppointmentState) -> None:
    assert {after(appointment(state=state), step) for step in LifecycleStep} == {None}
