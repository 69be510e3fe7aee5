"""Access to appointments: outside a caller's scope an appointment does not exist for them (docs/rules.md)."""

from __future__ import annotations

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.shared.errors import Forbidden, NotFound
from chalicelib.domain.shared.permissions import Ability, Principal, Scope


def can_view(principal: Principal, appointment: Appointment) -> bool:
    """True if they may see it: their own, at their locations, or unassigned on their dashboard (D26)."""
    if _reaches(principal, Ability.APPOINTMENT_VIEW, appointment):
        return True
    unassigned = appointment.staff_id is None
    return unassigned and principal.reaches(Ability.DASHBOARD_VIEW, location_id=appointment.location_id)


def visible_staff_ids(principal: Principal, location_id: str) -> frozenset[str | None] | None:
    """The staff members whose appointments there they may list: all (None), or themselves and unassigned (D26)."""
    sees_all = principal.reaches(Ability.APPOINTMENT_VIEW, location_id=location_id)
    return None if sees_all else frozenset({principal.staff_id, None})


def visible_location_ids(principal: Principal) -> frozenset[str] | None:
    """The locations at which they see colleagues' appointments: all (None), or their own."""
    return None if Scope.ALL in principal.scopes(Ability.APPOINTMENT_VIEW) else principal.location_ids


def can_view_lists_of(principal: Principal, staff: Staff, location_id: str | None) -> bool:
    """True if they may see this staff member's lists: their own, or a colleague's at a location in their scope."""
    location_ids = (location_id,) if location_id else staff.location_ids or (None,)
    shared = any(principal.reaches(Ability.APPOINTMENT_VIEW, location_id=i) for i in location_ids)
    return staff.id == principal.staff_id or shared


def require_access(principal: Principal, ability: Ability, appointment: Appointment) -> None:
    """404 for an appointment they may not see, 403 if they may not do this to it.

    Staff who may claim at its location have seen it there, so a claim that comes too late is not a 404 (D14).
    """
    allowed = _reaches(principal, ability, appointment)
    if not can_view(principal, appointment) and not (allowed and ability is Ability.APPOINTMENT_CLAIM):
        raise NotFound()
    if not allowed:
        raise Forbidden()


def _reaches(principal: Principal, ability: Ability, appointment: Appointment) -> bool:
    own = appointment.staff_id is not None and appointment.staff_id == principal.staff_id
    return principal.reaches(ability, location_id=appointment.location_id, own=own)
