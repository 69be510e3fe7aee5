"""Deleting a client: appointments ahead are cancelled or stand in the way, then nothing tells who it was (D25).

The records stay, blank: appointments count for capacity and history. What goes before the client does may be
repeated: what merges kept, what workflows say, the values in the log, of which the names of the fields are left. The
client's own record comes last and only at the version it was read at, so that whatever was logged meanwhile is found by
another attempt. What leaves that version as it is, bookings and workflows, is looked for again when nobody can add any.
Who has just been cancelled stays reachable for as long as the notice may be under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client, Contact, ExternalId
from chalicelib.domain.clients.merging import Merge
from chalicelib.domain.clients.workflows import Workflow
from chalicelib.domain.shared.errors import HasUpcoming
from chalicelib.domain.shared.events import FieldChange, JournalEntry
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import utc_text
from chalicelib.services import paging
from chalicelib.services.client_access import require_active
from chalicelib.services.clients import entitlements, registration
from chalicelib.services.clients.audit_log import client_event
from chalicelib.services.clients.profiles import ClientProfiles, remove_from_contact
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import ClientDirectory, Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

MAX_NAMED = 20
# So many lines of a log are rewritten in one transaction.
_BATCH_SIZE = 50
# What a log says of merges and workflows: ids, which tell nobody who somebody was.
_MERGED_INTO, _MERGED_FROM, _WORKFLOW_ID = _LINK_FIELDS = ("merged_into", "merged_from", "workflow_id")
# No appointment that began earlier is still under way.
_MAX_DURATION = timedelta(days=2)


class AttendanceCancellation(Protocol):
    """Takes clients off appointments; ``appointments.cancellation.CancelAppointment`` does."""

    def remove_erased_client(self, context: Context, appointment_id: str, client_id: str) -> None:
        """The client no longer attends this appointment; the last to leave cancels it."""


@dataclass(frozen=True, slots=True)
class UpcomingAttendance:
    """An appointment that is still to come, and the id under which the client attends it."""

    appointment: Appointment
    client_id: str


class EraseClient:
    """Deletions of clients."""

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
        """Deletes the client; with ``cancel_upcoming`` after cancelling whatever is ahead, with notices.

        404, 403; 409 ``has_upcoming`` naming the first of them, ``client_merged``; 412.
        """
        cancelled: set[str] = set()
        gone = retry_on_conflict(lambda: self._erase(context, client_id, cancelled, cancel_upcoming), self._pause)
        # What was booked and planned in the very moment: nothing can be any more.
        self._cancel_upcoming(context, self._upcoming(gone, context.now, self._store.read(_linked_refs(gone))))
        retry_on_conflict(lambda: self._erase_logs(gone.record_ids, context.now), self._pause)

    def _erase(self, context: Context, client_id: str, cancelled: set[str], cancel_upcoming: bool) -> Client:
        client = self._require_erasable(context, client_id, has_cancelled=bool(cancelled))
        # Read before what is ahead: whatever the widget books from now on collides with this.
        found = self._store.read(_linked_refs(client))
        ahead = list(self._upcoming(client, context.now, found))
        if ahead and not cancel_upcoming:
            raise HasUpcoming(extra={"appointments": [_appointment_summary(a.appointment) for a in ahead[:MAX_NAMED]]})
        if ahead:
            self._cancel_upcoming(context, ahead)
            cancelled.update(a.appointment.id for a in ahead)
            found = self._store.read(_linked_refs(client))
        pointers = self._pointers(client)
        for merge in self._merges(client, pointers):
            self._erase_merge(merge, client.record_ids, context.now)
        self._erase_logs(client.record_ids, context.now)
        return self._erase_profile(context, client, pointers, found, reachable=bool(cancelled))

    def _erase_profile(
        self, context: Context, client: Client, pointers: Iterable[Client], found: ReadResult, *, reachable: bool
    ) -> Client:
        work = UnitOfWork()
        gone = work.save(client.erased(context.now, reachable=reachable))
        work.index_client(None, client)
        for pointer in pointers:
            work.save(pointer.erased(context.now))
        _remove_from_contacts(work, found, [client], client.record_ids, context.now)
        entitlements.erase_reasons(work, found, client)
        for value in _external_ids(client):
            held = found.get(ExternalId, value)
            if held is not None:
                work.delete(held)
        work.add_entry(self._entry(context, gone))
        self._store.commit(work)
        return gone

    def _entry(self, context: Context, gone: Client) -> JournalEntry:
        return JournalEntry(
            id=self._ids.new("evt", context.now, 2 * gone.version),
            subject_id=gone.id,
            at=context.now,
            action="deleted",
            actor=context.actor,
            events=(client_event("deleted", gone),),
        )

    def _pointers(self, client: Client) -> list[Client]:
        """The records that have been merged into the client."""
        stored = self._store.read([Ref.to(Client, member) for member in client.absorbed])
        return [pointer for pointer in (stored.get(Client, member) for member in client.absorbed) if pointer]

    def _merges(self, client: Client, pointers: Iterable[Client]) -> list[Merge]:
        """What is kept of every merge into somebody of the family, undone ones included."""
        ids = {pointer.merged_by for pointer in pointers if pointer.merged_by}
        ids |= {merge.id for member in client.record_ids for merge in self._directory.merges(member, paging.PAGE_SIZE)}
        stored = self._store.read([Ref.to(Merge, merge_id) for merge_id in sorted(ids)])
        merges = (stored.get(Merge, merge_id) for merge_id in sorted(ids))
        return [merge for merge in merges if merge and merge.survivor.deleted_at is None]

    def _erase_merge(self, merge: Merge, family: tuple[str, ...], now: datetime) -> None:
        """Both records as they were before it are no longer kept, nor where they were found."""
        whole = (merge.duplicate, merge.primary, merge.survivor)
        refs = [Ref.to(Contact, value) for client in whole for value in registration.contact_values(client)]
        work = UnitOfWork()
        _remove_from_contacts(work, self._store.read(refs), whole, family, now)
        duplicate, primary, survivor = (client.erased(now) for client in whole)
        blank = replace(merge, duplicate=duplicate, primary=primary, survivor=survivor)
        work.save(replace(blank, archived_notes="", reached=None))
        self._store.commit(work)

    def _require_erasable(self, context: Context, client_id: str, *, has_cancelled: bool) -> Client:
        if not has_cancelled:
            return self._client_profiles.require_editable(context, client_id, Ability.CLIENT_DELETE)
        # Whom the caller knew only through what has just been cancelled, they know no more: they might when they began.
        client = self._store.read([Ref.to(Client, client_id)]).require(Client, client_id)
        require_active(client)
        check_version(client, context)
        return client

    def _erase_logs(self, family: tuple[str, ...], now: datetime) -> None:
        """What the family's logs say, the workflows they speak of, and what they were ever merged into says of them."""
        for member in family:
            named = self._redact_log(member, lambda _: True)
            self._erase_workflows(sorted(_linked_ids(named, _WORKFLOW_ID)), family, now)
            for primary_id in sorted(_linked_ids(named, _MERGED_INTO) - set(family)):
                self._erase_in_other_records(primary_id, {*family, *_linked_ids(named, _WORKFLOW_ID)}, family, now)

    def _redact_log(self, subject_id: str, lines: Callable[[JournalEntry], bool]) -> set[FieldChange]:
        """Leaves of these lines which fields they were about, not what was in them; the links they keep."""
        links: set[FieldChange] = set()
        read = partial(self._directory.log, subject_id)
        for page in paging.read_all_by_position(read, lambda line: line.id, _BATCH_SIZE):
            work = UnitOfWork()
            for line in filter(lines, page):
                links |= {c for c in line.changes if c.field in _LINK_FIELDS}
                blank = tuple(c if c.field in _LINK_FIELDS else FieldChange(c.field, None, None) for c in line.changes)
                if blank != line.changes:
                    work.redact_entry(replace(line, changes=blank))
            self._store.commit(work)
        return links

    def _erase_workflows(self, ids: Sequence[str], family: tuple[str, ...], now: datetime) -> None:
        """Those among them that are the family's: an undone merge leaves others' in a log."""
        for begin in range(0, len(ids), _BATCH_SIZE):
            some = ids[begin : begin + _BATCH_SIZE]
            found = self._store.read([Ref.to(Workflow, workflow_id) for workflow_id in some])
            work = UnitOfWork()
            for workflow in (found.require(Workflow, workflow_id) for workflow_id in some):
                if workflow.client_id in family and (workflow.name or workflow.steps):
                    work.save(workflow.without_content(now))
            self._store.commit(work)

    def _erase_in_other_records(self, primary_id: str, named: set[str], family: tuple[str, ...], now: datetime) -> None:
        """What another client's log and merges, undone since, tell of the family; ``named`` are they and theirs."""
        for merge in self._directory.merges(primary_id, paging.PAGE_SIZE):
            if merge.duplicate.id in family and merge.survivor.deleted_at is None:
                self._erase_merge(merge, family, now)
        self._redact_log(primary_id, lambda line: any(_linked_ids([c], *_LINK_FIELDS) & named for c in line.changes))

    def _cancel_upcoming(self, context: Context, upcoming: Iterable[UpcomingAttendance]) -> None:
        # Neither the version of the client nor the key of this call is the appointment's.
        call = replace(context, idempotency=None, expected_version=None)
        for each in upcoming:
            self._cancel_appointment.remove_erased_client(call, each.appointment.id, each.client_id)

    def _upcoming(self, client: Client, now: datetime, found: ReadResult) -> Iterator[UpcomingAttendance]:
        """What the client is still to come to, under any id of the family, latest start first.

        The list may not know yet what has just been booked; what the widget booked, the contacts know.
        """
        contacts = (found.get(Contact, value) for value in registration.contact_values(client))
        counted = {booked for contact in contacts if contact for booked, _ in contact.upcoming}
        for member in client.record_ids:
            listed: set[str] = set()
            read = partial(self._directory.appointments, member)
            for page in paging.read_all_by_position(read, lambda attendance: attendance.position):
                listed.update(a.appointment_id for a in page)
                yield from self._upcoming_among(member, [a.appointment_id for a in page if not a.cancelled], now)
                if page and page[-1].position < utc_text(now - _MAX_DURATION):
                    break
            yield from self._upcoming_among(member, sorted(counted - listed), now)

    def _upcoming_among(self, member: str, ids: list[str], now: datetime) -> Iterator[UpcomingAttendance]:
        found = self._store.read([Ref.to(Appointment, appointment_id) for appointment_id in ids])
        for appointment_id in ids:
            appointment = found.get(Appointment, appointment_id)
            if appointment is None or not appointment.is_upcoming(now):
                continue
            if any(a.client_id == member for a in appointment.live_attendees):
                yield UpcomingAttendance(appointment, member)


def _linked_refs(client: Client) -> list[Ref[Any]]:
    """The contacts that lead to the client, their outside ids and their sessions."""
    contacts: list[Ref[Any]] = [Ref.to(Contact, value) for value in registration.contact_values(client)]
    outside = [Ref.to(ExternalId, value) for value in _external_ids(client)]
    return [*contacts, *outside, *entitlements.refs(client)]


def _external_ids(client: Client) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in (client.external_id, *client.aliases) if value))


def _remove_from_contacts(
    work: UnitOfWork, found: ReadResult, clients: Iterable[Client], family: tuple[str, ...], now: datetime
) -> None:
    """Nobody of the family is found any more where these records are, or were, reached."""
    for value in sorted({value for client in clients for value in registration.contact_values(client)}):
        contact = found.get(Contact, value)
        if contact is not None:
            remove_from_contact(work, contact, now, *family)


def _linked_ids(links: Iterable[FieldChange], *fields: str) -> set[str]:
    """The ids that these fields had or have."""
    return {value for c in links if c.field in fields for value in (c.before, c.after) if value}


def _appointment_summary(appointment: Appointment) -> dict[str, str]:
    start, end = utc_text(appointment.start), utc_text(appointment.end)
    return {"id": appointment.id, "start": start, "end": end, "service_id": appointment.service_id}
