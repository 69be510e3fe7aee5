"""The lifecycle as a table: every step from every state, when nobody came, how long it took (D35, D41, feature 87)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import Appointment, NoShow, SignOff, State
from chalicelib.domain.appointments.lifecycle import ENDS, Step, advanced, missed, signed_off
from chalicelib.domain.shared.errors import TooEarly, WrongState
from tests.builders.records.appointment_builder import NOW, START, appointment

ALLOWED = {
    (State.BOOKED, Step.ARRIVE): State.ARRIVED,
    (State.BOOKED, Step.COMMENCE): State.IN_PROGRESS,
    (State.ARRIVED, Step.COMMENCE): State.IN_PROGRESS,
    (State.IN_PROGRESS, Step.SERVE): State.SERVED,
    (State.SERVED, Step.COMPLETE): State.COMPLETED,
    (State.BOOKED, Step.MISS): State.NO_SHOW,
}


def after(about: Appointment, step: Step) -> State | None:
    """The state a step leads to, none when it is refused."""
    try:
        return advanced(about, step, START).state
    except WrongState:
        return None


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Step)
def test_every_step_from_every_state(state: State, step: Step) -> None:
    assert after(appointment(state=state), step) == ALLOWED.get((state, step))


def test_what_nobody_was_promised_neither_begins_nor_is_missed() -> None:
    request = appointment(confirmed=False)

    assert [after(request, step) for step in (Step.ARRIVE, Step.COMMENCE, Step.MISS)] == [State.ARRIVED, None, None]
    assert after(advanced(request, Step.ARRIVE, START), Step.COMMENCE) is None


def test_each_step_says_when_it_was_taken() -> None:
    times = [START + timedelta(minutes=n) for n in (-5, 2, 40, 45)]
    done = appointment()
    for step, at in zip((Step.ARRIVE, Step.COMMENCE, Step.SERVE, Step.COMPLETE), times, strict=True):
        done = advanced(done, step, at)

    states = (State.ARRIVED, State.IN_PROGRESS, State.SERVED, State.COMPLETED)
    assert [done.reached(state) for state in states] == times
    assert (done.reached(State.NO_SHOW), done.updated_at) == (None, times[-1])


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (59, 0), (60, 1), (38 * 60 + 59, 38)])
def test_it_took_from_the_beginning_until_the_client_was_served(seconds: int, minutes: int) -> None:
    begun = advanced(appointment(), Step.COMMENCE, START)

    assert begun.in_progress_minutes is None
    assert advanced(begun, Step.SERVE, START + timedelta(seconds=seconds)).in_progress_minutes == minutes


def test_a_client_is_missing_thirty_minutes_after_the_start() -> None:
    late = NoShow(True, "No answer on the phone", START + timedelta(minutes=30))

    with pytest.raises(TooEarly):
        missed(appointment(), replace(late, at=late.at - timedelta(seconds=1)))
    gone = missed(appointment(), late)
    assert (gone.state, gone.no_show, gone.reached(State.NO_SHOW)) == (State.NO_SHOW, late, late.at)


def test_the_state_is_said_before_the_time() -> None:
    with pytest.raises(WrongState):
        missed(appointment(state=State.ARRIVED), NoShow(False, "Left again", START))


@pytest.mark.parametrize("step", [Step.ARRIVE, Step.COMMENCE, Step.MISS])
def test_nobody_is_reminded_of_what_has_begun_or_is_over(step: Step) -> None:
    ahead = appointment()

    assert len(ahead.reminders()) == 1
    assert advanced(ahead, step, NOW).reminders() == []


@pytest.mark.parametrize("step", Step)
def test_no_step_gives_room_back_or_tells_calendars(step: Step) -> None:
    (state,) = [s for (s, taken) in ALLOWED if taken is step][:1]
    was = appointment(state=state, staff_id="stf_sam")
    now = advanced(was, step, NOW)

    assert (now.occupies, list(now.stands()), now.sequence) == (True, list(was.stands()), was.sequence)


@pytest.mark.parametrize("state", State)
def test_only_what_has_come_to_an_end_is_signed_off_and_only_once(state: State) -> None:
    about = appointment(state=state)
    if state not in ENDS:
        with pytest.raises(WrongState):
            signed_off(about, "Sam Lee", NOW)
        return
    closed = signed_off(about, "Sam Lee", NOW)
    assert (closed.signed_off, closed.state) == (SignOff("Sam Lee", NOW), state)
    with pytest.raises(WrongState):
        signed_off(closed, "Alex", NOW)


@pytest.mark.parametrize("state", sorted(ENDS))
def test_what_nothing_leads_on_from_is_an_end(state: State) -> None:
    assert {after(appointment(state=state), step) for step in Step} == {None}
