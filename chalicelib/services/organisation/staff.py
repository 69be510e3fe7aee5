"""Setting up who works here: the staff records and, in step with them, their logins.

The record decides, the login follows. A new login is created first but belongs to no group, so it can do
nothing; then the record is written, with the address in a row of its own that keeps it unique; only then does
the login join its role's group. Every call looks up the record of its login (authentication), so a crash in
between never leaves anybody with more rights than their record gives. The next change of the record repairs what
a crash has left out, and so does creating it again: the login is synchronised before that is refused.

Roster entries (roster_sync) and, on removal, the rota are written with the record, in its transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from chalicelib.domain.clients.client import normalise_email
from chalicelib.domain.organisation.catalogue import Location, Login, Service, Staff
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.shared.errors import Duplicate, FieldError, LastAdmin
from chalicelib.domain.shared.events import FieldChange, JournalEntry, NoticeKind, QueuedNotice
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import known_zone
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields, check_version, read_record, require_references
from chalicelib.services.organisation import roster_sync, staff_reach
from chalicelib.services.organisation.catalogue_records import CatalogueRecords
from chalicelib.services.organisation.references import References, require_unused
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


class UserPool(Protocol):
    """The staff logins in the user pool; every call may be repeated. 503 ``busy`` if the pool cannot be reached."""

    def create(self, email: str) -> None:
        """Create a login that may do nothing yet, with an invitation by mail; nothing happens if there is one.

        422 if the pool does not take the address.
        """

    def enable(self, email: str, role: Role) -> None:
        """Enable the login and put it in this role's group and no other."""

    def disable(self, email: str) -> None:
        """Nobody signs in with this address any more; nothing happens if there is no login."""

    def delete(self, email: str) -> None:
        """Delete the login; nothing happens if there is none."""


class StaffMembers(CatalogueRecords[Staff]):
    """The organisation's staff; ``staff_reach`` says who may change whom (TR-1, TR-2)."""

    kind = Staff
    prefix = "stf"

    def __init__(self, store: Store, ids: Ids, references: References, pause: Pause, user_pool: UserPool) -> None:
        super().__init__(store, ids, references, pause)
        self._user_pool = user_pool

    def create(self, context: Context, fields: Fields) -> Staff:
        """A new staff member with a login; 403 beyond the caller's reach, 409 for an address in use."""
        staff = _validated(self._new(context, fields))
        staff_reach.require_grantable(context.staff, staff)
        written = retry_on_conflict(lambda: self._write(context, staff, None), self._pause)
        self._sync_login(written)
        return written

    def change(self, context: Context, record_id: str, fields: Fields) -> Staff:
        """The staff member with some fields changed, and their login with them: group, address, being enabled.

        404 outside the caller's locations, 403 beyond their reach before or after (TR-1, TR-2), 409 ``in_use`` when
        somebody with upcoming appointments is deactivated, ``last_admin`` when nobody would be left to administer, 422
        ``too_many_posts`` for more changes at once than one transaction holds.
        """
        before, after = retry_on_conflict(lambda: self._change(context, record_id, fields), self._pause)
        self._sync_login(after)
        if before.email != after.email:
            self._user_pool.delete(before.email)
        return after

    def _change(self, context: Context, staff_id: str, fields: Fields) -> tuple[Staff, Staff]:
        before = self._require_editable(context, staff_id)
        staff = _validated(apply_fields(before, fields, context))
        staff_reach.require_grantable(context.staff, staff)
        if staff.email != before.email:
            staff_reach.require_login_editable(context.staff)
        if staff == before:
            self._repair_roster(staff)
            return before, before
        return before, self._write(context, staff, before)

    def _write(self, context: Context, record: Staff, before: Staff | None) -> Staff:
        work = UnitOfWork()
        new_address = before is None or record.email != before.email
        if new_address:
            self._claim_email(work, record)
        location_ids, service_ids = (before.location_ids, before.service_ids) if before else ((), ())
        if before and new_address:
            work.delete(read_record(self._store, Login, before.email))
            work.add_entry(self._address_entry(context, before, record))
        require_references(work, self._store, Location, "/location_ids", record.location_ids, location_ids)
        require_references(work, self._store, Service, "/service_ids", record.service_ids, service_ids)
        if before and not _is_active_admin(record):
            self._require_another_admin(work, before)
        written = work.save(record)
        rota = self._sync_roster(work, record, location_ids)
        if before:
            work.require_unchanged(rota)
            # Only after the roster is read: an appointment they are given from now on collides with this.
            if before.active and not record.active:
                require_unused(self._references.to_staff(record.id, context.now))
        if new_address:
            self._user_pool.create(record.email)
        self._store.commit(work, context.idempotency, written)
        return written

    def remove(self, context: Context, record_id: str) -> None:
        """Remove the staff member with login and rota; 409 ``in_use`` with upcoming appointments, ``last_admin``."""
        removed = retry_on_conflict(lambda: self._remove(context, record_id), self._pause)
        self._user_pool.delete(removed.email)

    def _remove(self, context: Context, staff_id: str) -> Staff:
        staff = self._require_editable(context, staff_id)
        check_version(staff, context)
        work = UnitOfWork()
        self._require_another_admin(work, staff)
        work.delete(staff)
        work.delete(read_record(self._store, Login, staff.email))
        # A rota that has never been written is deleted as well, so that nobody writes it in between.
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
        """Write roster entries that do not match record and rota, after an upgrade or an edit by hand; rarely any."""
        work = UnitOfWork()
        rota = self._sync_roster(work, staff, ())
        if work.saved or work.deleted:
            work.require_unchanged(staff)
            work.require_unchanged(rota)
            self._store.commit(work)

    def _require_editable(self, context: Context, staff_id: str) -> Staff:
        staff = self._read(staff_id)
        staff_reach.require_editable(context.staff, staff)
        return staff

    def _claim_email(self, work: UnitOfWork, staff: Staff) -> None:
        login = self._store.read([Ref.to(Login, staff.email)]).get(Login, staff.email)
        if login is None:
            work.save(Login(staff.email, staff.id))
            return
        if login.staff_id != staff.id:
            self._sync_login(self._read(login.staff_id))
        message = "Somebody already signs in with this address."
        raise Duplicate(message, errors=[FieldError("/email", message)])

    def _address_entry(self, context: Context, before: Staff, after: Staff) -> JournalEntry:
        """The log entry of a login's new address, which tells the old and the new one (TR-2)."""
        kinds = (NoticeKind.LOGIN_ADDRESS_REPLACED, NoticeKind.LOGIN_ADDRESS_GIVEN)
        return JournalEntry(
            id=self._ids.new("evt", context.now),
            subject_id=after.id,
            at=context.now,
            action="updated",
            actor=context.actor,
            changes=(FieldChange("email", before.email, after.email),),
            notices=tuple(QueuedNotice(kind, after.id) for kind in kinds),
        )

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
