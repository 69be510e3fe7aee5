"""Whether an appointment lies within a caller's reach: outside it does not exist for them (docs/rules.md)."""

from __future__ import annotations

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.shared.errors import Forbidden, NotFound
from chalicelib.domain.shared.permissions import Ability, Principal, Scope


def can_view(principal: Principal, appointment: Appointment) -> bool:
    """Whether they may know of it: their own, at their locations, or unassigned on their dashboard (D26)."""
    own = appointment.staff_id is not None and appointment.staff_id == principal.staff_id
    location_id = appointment.location_id
    if principal.reaches(Ability.APPOINTMENT_VIEW, location_id=location_id, own=own):
        return True
    unassigned = appointment.staff_id is None
    return unassigned and principal.reaches(Ability.DASHBOARD_VIEW, location_id=location_id)


def visible_staff_ids(principal: Principal, location_id: str) -> frozenset[str | None] | None:
    """Whose appointments there their lists show: everybody's (None), or their own and nobody's (D26)."""
    identities = principal.reaches(Ability.APPOINTMENT_VIEW, location_id=location_id)
    return None if identities else frozenset({principal.staff_id, None})


def visible_location_ids(principal: Principal) -> frozenset[str] | None:
    """Where they see what colleagues have: everywhere (None), or at their own locations."""
    return None if Scope.ALL in principal.scopes(Ability.APPOINTMENT_VIEW) else principal.location_ids


def require_access(principal: Principal, ability: Ability, appointment: Appointment) -> None:
    """404 for an appointment they may not know of, 403 when they may not do this to it.

    Whoever may claim where it takes place has seen it there: a claim that comes too late is told so (D14).
    """
    own = appointment.staff_id is not None and appointment.staff_id == principal.staff_id
    may = principal.reaches(ability, location_id=appointment.location_id, own=own)
    if not can_view(principal, appointment) and not (may and ability is Ability.APPOINTMENT_CLAIM):
        raise NotFound()
    if not may:
        raise Forbidden()
