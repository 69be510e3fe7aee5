"""The staff member behind a login, looked up at every call: a change of the staff record takes effect at once."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.domain.clients.client import normalise_email
from chalicelib.domain.organisation.catalogue import Login, Staff
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.services.store_port import Ref, Store


def principal_for(store: Store, email: str, groups: Iterable[str]) -> Principal | None:
    """The active staff member with this address, in the roles of the login's groups; None if there is no such person.

    The record's role must be among the groups: after a change of role one has to sign in again. A login in the
    ``admin`` group without a record is accepted only while the organisation has no administrator.
    """
    roles = frozenset(Role(group) for group in groups if group in set(Role))
    address = normalise_email(email)
    if not roles or not address:
        return None
    login = store.read([Ref.to(Login, address)]).get(Login, address)
    if login is None:
        return _first_admin(store, address, roles)
    staff = store.read([Ref.to(Staff, login.staff_id)]).get(Staff, login.staff_id)
    if staff is None or not staff.active or staff.role not in roles:
        return None
    return Principal(staff.id, staff.name, staff.email, roles, frozenset(staff.location_ids))


def _first_admin(store: Store, email: str, roles: frozenset[Role]) -> Principal | None:
    # Without the check for another administrator, the token of a deleted one would be accepted until it expires.
    administered = any(staff.active and staff.role is Role.ADMIN for staff in store.catalogue(Staff))
    if Role.ADMIN not in roles or administered:
        return None
    return Principal("", email, email, frozenset({Role.ADMIN}))
