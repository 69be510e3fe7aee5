"""Setting up who works here: the staff records and, in step with them, their logins.

The record decides, the login follows. A new login is made first but belongs to no group, so it can do
nothing; then the record is written, with the address in a row of its own that keeps it unique; only then does
the login join its role's group. Whoever signs in is looked up in the record at every call (signing_in), so a
crash in between never leaves anybody with more rights than their record gives. What is missing after it is
made good by the next change of the record, or by creating it again: the login is brought in step before that
is refused.

Posts (posting) and, when somebody goes, the rota are written with the record, in its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from chalicelib.domain.clients.client import normalise_email
from chalicelib.domain.organisation.catalog import Location, Login, Service, Staff
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.shared.errors import Duplicate, FieldError, Forbidden, LastAdmin, NotFound
from chalicelib.domain.shared.permissions import Ability, Principal, Role
from chalicelib.domain.shared.times import known_zone
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields, check_version, paginate, read_record, require_references
from chalicelib.services.organisation import roster_sync
from chalicelib.services.organisation.references import References, require_unused
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Page, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


class UserPool(Protocol):
    """The staff logins in the user pool; every call may be repeated. 503 ``busy`` when the pool is."""

    def create(self, email: str) -> None:
        """A login that may do nothing yet, with an invitation by mail; nothing happens when there is one.

        422 when the pool does not take the address.
        """

    def enable(self, email: str, role: Role) -> None:
        """Enables the login and puts it in this role's group and no other's."""

    def disable(self, email: str) -> None:
        """Nobody signs in with this address any more; nothing happens when nobody could."""

    def delete(self, email: str) -> None:
        """The login is gone; nothing happens when there was none."""


class StaffMembers:
    """The organisation's staff; who may change whom is the matrix's ``staff_edit`` row."""

    def __init__(self, store: Store, ids: Ids, user_pool: UserPool, references: References, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._user_pool = user_pool
        self._references = references
        self._pause = pause

    def list(self, limit: int, cursor: str | None) -> Page[Staff]:
        """Part of the list, oldest first."""
        return paginate(self._store.catalogue(Staff), limit, cursor)

    def show(self, staff_id: str) -> Staff:
        """One staff member; 404."""
        return read_record(self._store, Staff, staff_id)

    def create(self, context: Context, fields: Fields) -> Staff:
        """A new staff member with a login; 403 beyond the caller's reach, 409 for an address in use."""
        staff = _validated(Staff(self._ids.new("stf", context.now), **fields))
        _require_reach(context.staff, staff.role, staff.location_ids)
        written = retry_on_conflict(lambda: self._create(context, staff), self._pause)
        self._sync_login(written)
        return written

    def _create(self, context: Context, staff: Staff) -> Staff:
        work = UnitOfWork()
        self._claim_email(work, staff)
        self._require_references(work, staff, None)
        written = work.save(staff)
        self._sync_roster(work, staff, ())
        self._user_pool.create(staff.email)
        self._store.commit(work, context.idempotency, written)
        return written

    def change(self, context: Context, staff_id: str, fields: Fields) -> Staff:
        """The staff member with some fields changed, and the login with them: group, address, being enabled.

        404 outside the caller's locations, 403 beyond their role, 409 ``in_use`` when somebody with upcoming
        appointments is deactivated, ``last_admin`` when nobody would be left to administer, 422 ``too_many_posts``
        when more changes at once than one transaction holds.
        """
        before, after = retry_on_conflict(lambda: self._change(context, staff_id, fields), self._pause)
        self._sync_login(after)
        if before.email != after.email:
            self._user_pool.delete(before.email)
        return after

    def _change(self, context: Context, staff_id: str, fields: Fields) -> tuple[Staff, Staff]:
        before = self._require_editable(context, staff_id)
        staff = _validated(apply_fields(before, fields, context))
        moved = frozenset(staff.location_ids) ^ frozenset(before.location_ids)
        if moved or staff.role is not before.role:
            _require_reach(context.staff, staff.role, moved or before.location_ids)
        if staff == before:
            self._repair_roster(staff)
            return before, before
        work = UnitOfWork()
        if staff.email != before.email:
            self._claim_email(work, staff)
            work.delete(read_record(self._store, Login, before.email))
        self._require_references(work, staff, before)
        if not _is_active_admin(staff):
            self._require_another_admin(work, before)
        written = work.save(staff)
        work.require_unchanged(self._sync_roster(work, staff, before.location_ids))
        # Only after the posts are read: whoever gives them an appointment from now on collides with this.
        if before.active and not staff.active:
            require_unused(self._references.to_staff(staff_id, context.now))
        if staff.email != before.email:
            self._user_pool.create(staff.email)
        self._store.commit(work)
        return before, written

    def remove(self, context: Context, staff_id: str) -> None:
        """Removes all there is of them; 409 ``in_use`` while upcoming appointments are theirs, ``last_admin``."""
        gone = retry_on_conflict(lambda: self._remove(context, staff_id), self._pause)
        self._user_pool.delete(gone.email)

    def _remove(self, context: Context, staff_id: str) -> Staff:
        staff = self._require_editable(context, staff_id)
        check_version(staff, context)
        work = UnitOfWork()
        self._require_another_admin(work, staff)
        work.delete(staff)
        work.delete(read_record(self._store, Login, staff.email))
        # A rota that nobody has written yet is deleted as well: nobody writes it in between.
        work.delete(self._sync_roster(work, replace(staff, active=False), ()))
        require_unused(self._references.to_staff(staff_id, context.now))
        self._store.commit(work)
        return staff

    def _sync_roster(self, work: UnitOfWork, staff: Staff, former_location_ids: tuple[str, ...]) -> Rota:
        found = self._store.read(roster_sync.refs(staff.id, (*staff.location_ids, *former_location_ids)))
        rota = roster_sync.rota_in(found, staff.id)
        roster_sync.sync(work, found, staff, rota, former_location_ids)
        return rota

    def _repair_roster(self, staff: Staff) -> None:
        """Writes posts that do not follow record and rota, left so by an upgrade or by hand; as a rule, none."""
        work = UnitOfWork()
        rota = self._sync_roster(work, staff, ())
        if work.saved or work.deleted:
            work.require_unchanged(staff)
            work.require_unchanged(rota)
            self._store.commit(work)

    def _require_editable(self, context: Context, staff_id: str) -> Staff:
        staff = self.show(staff_id)
        places = staff.location_ids or (None,)
        caller = context.staff
        if not any(caller.reaches(Ability.STAFF_EDIT, location_id=place) for place in places):
            raise NotFound()
        if not any(caller.reaches(Ability.STAFF_EDIT, location_id=p, owner_role=staff.role) for p in places):
            raise Forbidden("Your role may not change somebody of this role.")
        return staff

    def _claim_email(self, work: UnitOfWork, staff: Staff) -> None:
        login = self._store.read([Ref.to(Login, staff.email)]).get(Login, staff.email)
        if login is None:
            work.save(Login(staff.email, staff.id))
            return
        if login.staff_id != staff.id:
            self._sync_login(self.show(login.staff_id))
        message = "Somebody already signs in with this address."
        raise Duplicate(message, errors=[FieldError("/email", message)])

    def _require_references(self, work: UnitOfWork, staff: Staff, before: Staff | None) -> None:
        had = before or Staff("", "", "", staff.role)
        if set(staff.location_ids) - set(had.location_ids):
            known = self._store.catalogue(Location)
            require_references(work, "/location_ids", staff.location_ids, had.location_ids, known)
        if set(staff.service_ids) - set(had.service_ids):
            require_references(work, "/service_ids", staff.service_ids, had.service_ids, self._store.catalogue(Service))

    def _require_another_admin(self, work: UnitOfWork, staff: Staff) -> None:
        if not _is_active_admin(staff):
            return
        others = (s for s in self._store.catalogue(Staff) if s.id != staff.id and _is_active_admin(s))
        other = next(others, None)
        if other is None:
            raise LastAdmin()
        # Two administrators who remove each other at the same moment collide here.
        work.require_unchanged(other)

    def _sync_login(self, staff: Staff) -> None:
        if not staff.active:
            self._user_pool.disable(staff.email)
            return
        self._user_pool.create(staff.email)
        self._user_pool.enable(staff.email, staff.role)


def _validated(staff: Staff) -> Staff:
    if staff.timezone is not None:
        known_zone(staff.timezone)
    address = normalise_email(staff.email)
    return staff if staff.email == address else replace(staff, email=address)


def _is_active_admin(staff: Staff) -> bool:
    return staff.active and staff.role is Role.ADMIN


def _require_reach(principal: Principal, role: Role, location_ids: Iterable[str]) -> None:
    places: Iterable[str | None] = tuple(location_ids) or (None,)
    if not all(principal.reaches(Ability.STAFF_EDIT, location_id=place, owner_role=role) for place in places):
        raise Forbidden("Your role may not give this role, or not at these locations.")
