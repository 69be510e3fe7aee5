"""The lifecycle of an appointment: which step leads from where to where, and when it may be taken (D35, D41)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState, NoShow, SignOff
from chalicelib.domain.shared.errors import TooEarly, WrongState

NO_SHOW_AFTER = timedelta(minutes=30)
OVERDUE_AFTER = timedelta(days=31)
# Nothing leads on from these.
FINAL_STATES = frozenset({AppointmentState.COMPLETED, AppointmentState.NO_SHOW, AppointmentState.CANCELLED})


class LifecycleStep(StrEnum):
    """What somebody does to bring an appointment on; the values are the log's words."""

    ARRIVE = "arrived"
    COMMENCE = "commenced"
    SERVE = "served"
    COMPLETE = "completed"
    MISS = "no_show"


@dataclass(frozen=True, slots=True)
class StateTransition:
    """From which states a step leads to which; ``promised`` says that only a confirmed appointment takes it."""

    from_states: frozenset[AppointmentState]
    to_state: AppointmentState
    requires_confirmation: bool = False


# Nobody is served, or missed, who was never promised the time; that a client is here is a fact all the same.
TRANSITIONS: Mapping[LifecycleStep, StateTransition] = {
    LifecycleStep.ARRIVE: StateTransition(frozenset({AppointmentState.BOOKED}), AppointmentState.ARRIVED),
    LifecycleStep.COMMENCE: StateTransition(
        frozenset({AppointmentState.BOOKED, AppointmentState.ARRIVED}),
        AppointmentState.IN_PROGRESS,
        requires_confirmation=True,
    ),
    LifecycleStep.SERVE: StateTransition(frozenset({AppointmentState.IN_PROGRESS}), AppointmentState.SERVED),
    LifecycleStep.COMPLETE: StateTransition(frozenset({AppointmentState.SERVED}), AppointmentState.COMPLETED),
    LifecycleStep.MISS: StateTransition(
        frozenset({AppointmentState.BOOKED}), AppointmentState.NO_SHOW, requires_confirmation=True
    ),
}


def take_step(appointment: Appointment, step: LifecycleStep, now: datetime) -> Appointment:
    """The appointment one step on, with the time it was taken; 409 ``wrong_state`` from anywhere else (D35)."""
    passage = TRANSITIONS[step]
    if appointment.state not in passage.from_states:
        raise WrongState(
            f"An appointment that is {_state_text(appointment.state)} cannot become {_state_text(passage.to_state)}."
        )
    if passage.requires_confirmation and not appointment.confirmed:
        raise WrongState("This appointment is not confirmed yet.")
    milestones = (*appointment.milestones, (passage.to_state, now))
    return replace(appointment, state=passage.to_state, milestones=milestones, updated_at=now)


def mark_no_show(appointment: Appointment, no_show: NoShow) -> Appointment:
    """Nobody came; 409 ``too_early`` before thirty minutes have gone by since its start (D41, RB-17)."""
    after = take_step(appointment, LifecycleStep.MISS, no_show.at)
    if no_show.at < appointment.start + NO_SHOW_AFTER:
        raise TooEarly("A client counts as missing thirty minutes after the start.")
    return replace(after, no_show=no_show)


def overdue_at(appointment: Appointment) -> datetime | None:
    """Until when it may wait to be commenced before it is by itself; none for what cannot, or has (RB-19).

    What was put on record afterwards waits as long as anything else from then on.
    """
    passage = TRANSITIONS[LifecycleStep.COMMENCE]
    if appointment.state not in passage.from_states or not appointment.confirmed:
        return None
    return max(appointment.start, appointment.created_at) + OVERDUE_AFTER


def is_overdue(appointment: Appointment, now: datetime) -> bool:
    """Whether it has stayed open for more than 31 days (feature 86)."""
    until = overdue_at(appointment)
    return until is not None and now > until


def require_not_over(appointment: Appointment, now: datetime) -> None:
    """409 ``wrong_state`` once its time is over; what awaits confirmation is not before somebody says so (D33)."""
    if appointment.end <= now and appointment.confirmed:
        raise WrongState("This appointment is already over.")


def sign_off(appointment: Appointment, by: str, now: datetime) -> Appointment:
    """The record closed for good; 409 ``wrong_state`` unless it has come to an end, and once it is closed (RB-21)."""
    appointment.require_unsigned()
    if appointment.state not in FINAL_STATES:
        raise WrongState(f"The record of an appointment that is {_state_text(appointment.state)} cannot be closed.")
    return replace(appointment, signed_off=SignOff(by, now), updated_at=now)


def _state_text(state: AppointmentState) -> str:
    return state.value.replace("_", " ")
