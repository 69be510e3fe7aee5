"""Erasing a client: cancel or refuse upcoming appointments, then remove every personal detail (D25).

The records stay, blank: appointments count for capacity and history. Every step before the client's own record may be
repeated: merges, workflows, and the log entries, of which only the names of the fields are kept. The client's own
record is written last and only at the version it was read at, so that another attempt finds what was logged
meanwhile. Bookings and workflows leave that version as it is, and are looked for once more when none can be added.
A client whose appointments have just been cancelled stays reachable while the message may be under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.merging import Merge
from chalicelib.domain.clients.workflows import Workflow
from chalicelib.domain.shared.errors import HasUpcoming
from chalicelib.domain.shared.events import FieldChange, JournalEntry
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.client_access import require_active
from chalicelib.services.clients import contact_index, external_ids, session_reservations
from chalicelib.services.clients.audit_log import client_entry, client_event
from chalicelib.services.clients.erasure_appointments import UpcomingAttendance, upcoming_attendances
from chalicelib.services.clients.profiles import ClientProfiles
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version, read_existing, read_record
from chalicelib.services.paging import PAGE_SIZE, read_all_by_position
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import ClientDirectory, Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

MAX_NAMED = 20
# Log entries rewritten in one transaction.
_BATCH_SIZE = 50
# The changes that a log keeps: ids of merges and workflows, which identify nobody.
_MERGED_INTO, _, _WORKFLOW_ID = _LINK_FIELDS = ("merged_into", "merged_from", "workflow_id")


class AttendanceCancellation(Protocol):
    """Removal of attendees, as ``appointments.cancellation.CancelAppointment`` offers it."""

    def remove_erased_client(self, context: Context, appointment_id: str, client_id: str) -> None:
        """Cancel the client's attendance; the last attendee's cancels the appointment."""


class EraseClient:
    """Erase a client."""

    def __init__(
        self,
        store: Store,
        directory: ClientDirectory,
        client_profiles: ClientProfiles,
        cancel_appointment: AttendanceCancellation,
        ids: Ids,
        pause: Pause,
    ) -> None:
        self._store = store
        self._directory = directory
        self._client_profiles = client_profiles
        self._cancel_appointment = cancel_appointment
        self._ids = ids
        self._pause = pause

    def erase(self, context: Context, client_id: str, *, cancel_upcoming: bool = False) -> None:
        """Delete the client; with ``cancel_upcoming`` upcoming appointments are cancelled first, with messages.

        404, 403; 409 ``has_upcoming`` naming the first of them, ``client_merged``; 412.
        """
        cancelled: set[str] = set()
        deleted = retry_on_conflict(lambda: self._erase(context, client_id, cancelled, cancel_upcoming), self._pause)
        # A booking or workflow may have been added at the last moment; from now on none can be.
        self._cancel_upcoming(context, self._upcoming(deleted, context, self._store.read(_linked_refs(deleted))))
        retry_on_conflict(lambda: self._erase_logs(deleted.record_ids, context.now), self._pause)

    def _erase(self, context: Context, client_id: str, cancelled: set[str], cancel_upcoming: bool) -> Client:
        client = self._require_erasable(context, client_id, has_cancelled=bool(cancelled))
        # Read before the upcoming appointments: a widget booking made from now on collides with this.
        found = self._store.read(_linked_refs(client))
        upcoming = list(self._upcoming(client, context, found))
        if upcoming and not cancel_upcoming:
            first = [_appointment_summary(attendance.appointment) for attendance in upcoming[:MAX_NAMED]]
            raise HasUpcoming(extra={"appointments": first})
        if upcoming:
            self._cancel_upcoming(context, upcoming)
            cancelled.update(attendance.appointment.id for attendance in upcoming)
            found = self._store.read(_linked_refs(client))
        pointers = read_existing(self._store, Client, client.absorbed)
        for merge in self._merges(client, pointers):
            self._erase_merge(merge, client.record_ids, context.now)
        self._erase_logs(client.record_ids, context.now)
        return self._erase_profile(context, client, pointers, found, reachable=bool(cancelled))

    def _erase_profile(
        self, context: Context, client: Client, pointers: Iterable[Client], found: ReadResult, *, reachable: bool
    ) -> Client:
        work = UnitOfWork()
        deleted = work.save(client.erased(context.now, reachable=reachable))
        work.index_client(None, client)
        for pointer in pointers:
            work.save(pointer.erased(context.now))
        contact_index.remove_clients(work, found, [client], client.record_ids, context.now)
        session_reservations.erase_reasons(work, found, client)
        external_ids.release_all(work, found, client)
        event = client_event("deleted", deleted)
        work.add_entry(client_entry(self._ids, context, deleted.id, 2 * deleted.version, "deleted", events=(event,)))
        self._store.commit(work)
        return deleted

    def _merges(self, client: Client, pointers: Iterable[Client]) -> list[Merge]:
        """Every merge into one of the client's records, undone ones included, that still has personal data."""
        ids = {pointer.merged_by for pointer in pointers if pointer.merged_by}
        ids |= {merge.id for member in client.record_ids for merge in self._directory.merges(member, PAGE_SIZE)}
        merges = read_existing(self._store, Merge, sorted(ids))
        return [merge for merge in merges if merge.survivor.deleted_at is None]

    def _erase_merge(self, merge: Merge, family: tuple[str, ...], now: datetime) -> None:
        """Blank the records that a merge keeps, and remove the contacts they were found by."""
        records = (merge.duplicate, merge.primary, merge.survivor)
        work = UnitOfWork()
        found = self._store.read(contact_index.refs(*records))
        contact_index.remove_clients(work, found, records, family, now)
        duplicate, primary, survivor = (client.erased(now) for client in records)
        blank = replace(merge, duplicate=duplicate, primary=primary, survivor=survivor)
        work.save(replace(blank, archived_notes="", reached=None))
        self._store.commit(work)

    def _require_erasable(self, context: Context, client_id: str, *, has_cancelled: bool) -> Client:
        if not has_cancelled:
            return self._client_profiles.require_editable(context, client_id, Ability.CLIENT_DELETE)
        # The caller may have known the client only through what has just been cancelled: access was checked before.
        client = read_record(self._store, Client, client_id)
        require_active(client)
        check_version(client, context)
        return client

    def _erase_logs(self, family: tuple[str, ...], now: datetime) -> None:
        """Redact the family's logs, the workflows they name, and what the logs of former survivors say of it."""
        for member in family:
            links = self._redact_log(member, lambda _: True)
            workflow_ids = _linked_ids(links, _WORKFLOW_ID)
            self._erase_workflows(sorted(workflow_ids), family, now)
            for primary_id in sorted(_linked_ids(links, _MERGED_INTO) - set(family)):
                self._erase_in_other_records(primary_id, {*family, *workflow_ids}, family, now)

    def _redact_log(self, subject_id: str, matches: Callable[[JournalEntry], bool]) -> set[FieldChange]:
        """Remove the values from these entries, keeping field names and links; the links."""
        links: set[FieldChange] = set()
        read = partial(self._directory.log, subject_id)
        for page in read_all_by_position(read, lambda entry: entry.id, _BATCH_SIZE):
            work = UnitOfWork()
            for entry in filter(matches, page):
                links |= {c for c in entry.changes if c.field in _LINK_FIELDS}
                blank = tuple(c if c.field in _LINK_FIELDS else FieldChange(c.field, None, None) for c in entry.changes)
                if blank != entry.changes:
                    work.redact_entry(replace(entry, changes=blank))
            self._store.commit(work)
        return links

    def _erase_workflows(self, ids: list[str], family: tuple[str, ...], now: datetime) -> None:
        """Blank the family's workflows among these; after an undone merge a log also names those of others."""
        for begin in range(0, len(ids), _BATCH_SIZE):
            work = UnitOfWork()
            for workflow in read_existing(self._store, Workflow, ids[begin : begin + _BATCH_SIZE]):
                if workflow.client_id in family and (workflow.name or workflow.steps):
                    work.save(workflow.without_content(now))
            self._store.commit(work)

    def _erase_in_other_records(self, primary_id: str, named: set[str], family: tuple[str, ...], now: datetime) -> None:
        """Redact another client's log and undone merges where they name the family or its workflows."""
        for merge in self._directory.merges(primary_id, PAGE_SIZE):
            if merge.duplicate.id in family and merge.survivor.deleted_at is None:
                self._erase_merge(merge, family, now)
        self._redact_log(primary_id, lambda entry: bool(_linked_ids(entry.changes, *_LINK_FIELDS) & named))

    def _upcoming(self, client: Client, context: Context, found: ReadResult) -> Iterator[UpcomingAttendance]:
        return upcoming_attendances(self._store, self._directory, client, context.now, found)

    def _cancel_upcoming(self, context: Context, upcoming: Iterable[UpcomingAttendance]) -> None:
        # The idempotency key and expected version of this call are the client's, not the appointment's.
        call = replace(context, idempotency=None, expected_version=None)
        for attendance in upcoming:
            self._cancel_appointment.remove_erased_client(call, attendance.appointment.id, attendance.client_id)


def _linked_refs(client: Client) -> list[Ref[Any]]:
    """The client's contacts, outside ids and sessions."""
    return [*contact_index.refs(client), *external_ids.all_refs(client), *session_reservations.refs(client)]


def _linked_ids(links: Iterable[FieldChange], *names: str) -> set[str]:
    """The ids in these fields, before and after."""
    return {value for c in links if c.field in names for value in (c.before, c.after) if value}


def _appointment_summary(appointment: Appointment) -> dict[str, str]:
    start, end = utc_text(appointment.start), utc_text(appointment.end)
    return {"id": appointment.id, "start": start, "end": end, "service_id": appointment.service_id}
