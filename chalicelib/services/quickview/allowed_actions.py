"""What somebody may do with an appointment now: asked of the very rules that decide when it is done (RB-1, RB-2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.appointments.appointment import Appointment, Cancellation, NoShow
from chalicelib.domain.appointments.lifecycle import Step, advanced, missed, require_not_over, signed_off
from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.appointment_access import require_reach
from chalicelib.services.appointments.edit_request import require_open


class Action(StrEnum):
    """Something to be done with an appointment in Quick View; but for ``edit`` the last part of the path that does it.

    Whether a request is granted is decided on the dashboard.
    """

    ARRIVE = "arrive"
    COMMENCE = "commence"
    SERVE = "serve"
    COMPLETE = "complete"
    NO_SHOW = "no_show"
    SIGN_OFF = "sign_off"
    EDIT = "edit"
    CANCEL = "cancel"
    ASSIGN = "assign"
    UNASSIGN = "unassign"
    REBOOK = "rebook"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may, and what refuses when it may not be now; ``lobby`` says that it takes the lobby to be on."""

    ability: Ability
    attempt: Callable[[Appointment, datetime], object]
    lobby: bool = False


def _step(step: Step, *, lobby: bool = False) -> Rule:
    return Rule(Ability.APPOINTMENT_PROGRESS, lambda appointment, now: advanced(appointment, step, now), lobby)


def _edit(appointment: Appointment, now: datetime) -> None:
    require_open(appointment, replace(appointment, notify_client=not appointment.notify_client), now)


def _cancel(appointment: Appointment, now: datetime) -> None:
    require_not_over(appointment, now)
    appointment.cancelled(Cancellation("", "", now, within_24h=False))


RULES: Mapping[Action, Rule] = {
    Action.ARRIVE: _step(Step.ARRIVE, lobby=True),
    Action.COMMENCE: _step(Step.COMMENCE),
    Action.SERVE: _step(Step.SERVE),
    Action.COMPLETE: _step(Step.COMPLETE),
    Action.NO_SHOW: Rule(Ability.APPOINTMENT_PROGRESS, lambda a, now: missed(a, NoShow(True, "", now))),
    Action.SIGN_OFF: Rule(Ability.APPOINTMENT_PROGRESS, lambda a, now: signed_off(a, "", now)),
    Action.EDIT: Rule(Ability.APPOINTMENT_EDIT, _edit),
    Action.CANCEL: Rule(Ability.APPOINTMENT_EDIT, _cancel),
    Action.ASSIGN: Rule(Ability.APPOINTMENT_ASSIGN, lambda a, now: a.assigned(a.staff_id, now)),
    Action.UNASSIGN: Rule(Ability.APPOINTMENT_ASSIGN, lambda a, now: a.assigned(None, now)),
    # Any appointment can be followed by another, however it ended (D36).
    Action.REBOOK: Rule(Ability.REBOOK, lambda appointment, _: appointment),
}


def actions(principal: Principal, appointment: Appointment, settings: Settings, now: datetime) -> tuple[Action, ...]:
    """All that would not be refused for who asks or for how it stands; what else a request says is its own matter."""
    return tuple(action for action, rule in RULES.items() if _offered(principal, appointment, settings, rule, now))


def _offered(principal: Principal, appointment: Appointment, settings: Settings, rule: Rule, now: datetime) -> bool:
    if rule.lobby and not settings.lobby:
        return False
    try:
        require_reach(principal, rule.ability, appointment)
        rule.attempt(appointment, now)
    except Refusal:
        return False
    return True
