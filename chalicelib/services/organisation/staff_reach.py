"""The reach over colleagues: which of them the caller may hire, edit, deactivate and delete (TR-1, TR-2)."""

from __future__ import annotations

from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.shared.errors import Forbidden, NotFound
from chalicelib.domain.shared.permissions import Ability, Principal, Role, Scope


def require_grantable(principal: Principal, staff: Staff) -> None:
    """403 unless the caller may give this role, at all of these locations."""
    _require_role(principal, staff.role)
    if not all(_reached_locations(principal, staff)):
        raise Forbidden("Your role may not give this role, or not at these locations.")


def require_editable(principal: Principal, staff: Staff) -> None:
    """403 beyond the caller's role or at a location out of reach; 404 for somebody who works elsewhere only."""
    _require_role(principal, staff.role)
    reached = _reached_locations(principal, staff)
    if staff.location_ids and not any(reached):
        raise NotFound()
    if not all(reached):
        raise Forbidden("You may change only colleagues whose locations are all yours.")


def require_login_editable(principal: Principal) -> None:
    """403 for everybody but administrators: whoever sets the address of a login can take it over."""
    if Scope.ALL not in principal.scopes(Ability.STAFF_EDIT):
        raise Forbidden("Only administrators may change the address somebody signs in with.")


def _require_role(principal: Principal, role: Role) -> None:
    if not principal.contains(role):
        raise Forbidden("Your role may not give this role, nor change somebody who has it.")


def _reached_locations(principal: Principal, staff: Staff) -> list[bool]:
    places = staff.location_ids or (None,)
    return [principal.reaches(Ability.STAFF_EDIT, location_id=each, owner_role=staff.role) for each in places]
