"""The actions a caller may take on an appointment now, by the rules that decide on the action itself (RB-1, RB-2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.appointments.appointment import Appointment, Cancellation, NoShow
from chalicelib.domain.appointments.lifecycle import LifecycleStep, mark_no_show, require_not_over, sign_off, take_step
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.appointment_access import require_access
from chalicelib.services.appointments.editable_fields import require_editable


class Action(StrEnum):
    """An action in Quick View; except for ``edit`` the last part of its path.

    Requests are decided on in the dashboard.
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
class ActionRule:
    """The ability an action needs, an attempt that refuses it if it is not possible now, and if it needs the lobby."""

    ability: Ability
    attempt: Callable[[Appointment, datetime], object]
    needs_lobby: bool = False


def _step_rule(step: LifecycleStep, *, needs_lobby: bool = False) -> ActionRule:
    return ActionRule(
        Ability.APPOINTMENT_PROGRESS, lambda appointment, now: take_step(appointment, step, now), needs_lobby
    )


def _try_edit(appointment: Appointment, now: datetime) -> None:
    require_editable(appointment, replace(appointment, notify_client=not appointment.notify_client), now)


def _try_cancel(appointment: Appointment, now: datetime) -> None:
    require_not_over(appointment, now)
    appointment.cancelled(Cancellation("", "", now, within_24h=False))


RULES: Mapping[Action, ActionRule] = {
    Action.ARRIVE: _step_rule(LifecycleStep.ARRIVE, needs_lobby=True),
    Action.COMMENCE: _step_rule(LifecycleStep.COMMENCE),
    Action.SERVE: _step_rule(LifecycleStep.SERVE),
    Action.COMPLETE: _step_rule(LifecycleStep.COMPLETE),
    Action.NO_SHOW: ActionRule(Ability.APPOINTMENT_PROGRESS, lambda a, now: mark_no_show(a, NoShow(True, "", now))),
    Action.SIGN_OFF: ActionRule(Ability.APPOINTMENT_PROGRESS, lambda a, now: sign_off(a, "", now)),
    Action.EDIT: ActionRule(Ability.APPOINTMENT_EDIT, _try_edit),
    Action.CANCEL: ActionRule(Ability.APPOINTMENT_EDIT, _try_cancel),
    Action.ASSIGN: ActionRule(Ability.APPOINTMENT_ASSIGN, lambda a, now: a.assigned(a.staff_id, now)),
    Action.UNASSIGN: ActionRule(Ability.APPOINTMENT_ASSIGN, lambda a, now: a.assigned(None, now)),
    # Any appointment can be rebooked, however it ended (D36).
    Action.REBOOK: ActionRule(Ability.REBOOK, lambda appointment, _: appointment),
}


def list_allowed_actions(
    principal: Principal, appointment: Appointment, settings: Settings, now: datetime
) -> tuple[Action, ...]:
    """The actions that the caller's abilities and the appointment's state allow; other errors remain possible."""
    return tuple(action for action, rule in RULES.items() if _is_allowed(principal, appointment, settings, rule, now))


def _is_allowed(
    principal: Principal, appointment: Appointment, settings: Settings, rule: ActionRule, now: datetime
) -> bool:
    if rule.needs_lobby and not settings.lobby:
        return False
    try:
        require_access(principal, rule.ability, appointment)
        rule.attempt(appointment, now)
    except Refusal:
        return False
    return True
