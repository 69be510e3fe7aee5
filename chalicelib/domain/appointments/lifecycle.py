"""The lifecycle of an appointment: its steps, and the states in which each may be taken (D35, D41)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState, NoShow, SignOff
from chalicelib.domain.shared.errors import TooEarly, WrongState

NO_SHOW_AFTER = timedelta(minutes=30)
OVERDUE_AFTER = timedelta(days=31)
# No step leads out of these.
FINAL_STATES = frozenset({AppointmentState.COMPLETED, AppointmentState.NO_SHOW, AppointmentState.CANCELLED})


class LifecycleStep(StrEnum):
    """A step of the lifecycle; the values are logged."""

    ARRIVE = "arrived"
    COMMENCE = "commenced"
    SERVE = "served"
    COMPLETE = "completed"
    MISS = "no_show"


@dataclass(frozen=True, slots=True)
class StateTransition:
    """The states a step starts from and the state it leads to, for confirmed appointments only if required."""

    from_states: frozenset[AppointmentState]
    to_state: AppointmentState
    requires_confirmation: bool = False


# Only a confirmed appointment can be commenced or missed; the client of a request may arrive all the same.
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
    """The appointment after the step, with its time; 409 ``wrong_state`` from any other state (D35)."""
    transition = TRANSITIONS[step]
    if appointment.state not in transition.from_states:
        raise WrongState(
            f"An appointment that is {_state_text(appointment.state)} cannot become {_state_text(transition.to_state)}."
        )
    if transition.requires_confirmation and not appointment.confirmed:
        raise WrongState("This appointment is not confirmed yet.")
    milestones = (*appointment.milestones, (transition.to_state, now))
    return replace(appointment, state=transition.to_state, milestones=milestones, updated_at=now)


def mark_no_show(appointment: Appointment, no_show: NoShow) -> Appointment:
    """The appointment as a no-show; 409 ``too_early`` until thirty minutes after its start (D41, RB-17)."""
    after = take_step(appointment, LifecycleStep.MISS, no_show.at)
    if no_show.at < appointment.start + NO_SHOW_AFTER:
        raise TooEarly("A client counts as missing thirty minutes after the start.")
    return replace(after, no_show=no_show)


def overdue_at(appointment: Appointment) -> datetime | None:
    """The time after which it is commenced automatically; None if it cannot be commenced (RB-19).

    An appointment recorded after it took place waits from its creation on.
    """
    transition = TRANSITIONS[LifecycleStep.COMMENCE]
    if appointment.state not in transition.from_states or not appointment.confirmed:
        return None
    return max(appointment.start, appointment.created_at) + OVERDUE_AFTER


def is_overdue(appointment: Appointment, now: datetime) -> bool:
    """True if nobody has commenced it for more than 31 days (feature 86)."""
    due_at = overdue_at(appointment)
    return due_at is not None and now > due_at


def require_not_over(appointment: Appointment, now: datetime) -> None:
    """409 ``wrong_state`` once its time is over; a request stays open until it is decided on (D33)."""
    if appointment.end <= now and appointment.confirmed:
        raise WrongState("This appointment is already over.")


def sign_off(appointment: Appointment, by: str, now: datetime) -> Appointment:
    """The appointment with its record closed for good; 409 ``wrong_state`` before its end or if closed (RB-21)."""
    appointment.require_unsigned()
    if appointment.state not in FINAL_STATES:
        raise WrongState(f"The record of an appointment that is {_state_text(appointment.state)} cannot be closed.")
    return replace(appointment, signed_off=SignOff(by, now), updated_at=now)


def _state_text(state: AppointmentState) -> str:
    return state.value.replace("_", " ")
