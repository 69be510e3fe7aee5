"""Merging two records of one person, in one transaction however much hangs on them (MG-1 … MG-5, D16 … D23)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib.domain.clients.client import Client, Contact
from chalicelib.domain.clients.merging import (
    AppointmentOverlap,
    AppointmentSpan,
    Merge,
    as_merged_pointer,
    fields_to_copy,
    find_overlaps,
    merge_clients,
)
from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.shared.errors import Forbidden, NotFound, invalid
from chalicelib.domain.shared.events import DomainEvent, FieldChange, JournalEntry
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.client_access import ClientAccess, require_active, scopes_for_ability, viewing_scopes
from chalicelib.services.context import Context
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import ClientDirectory, Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

# So many of what each has ahead are looked at for what overlaps: more nobody has to come to.
_MAX_UPCOMING = 50
# Nothing lasts longer: what began before that is over.
_MAX_DURATION = timedelta(days=1)
# A merge edits one record and removes the other (D23).
_REQUIRED_ABILITIES = (Ability.CLIENT_MERGE, Ability.CLIENT_EDIT, Ability.CLIENT_DELETE)


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """Which record goes into which; ``fields`` are those to be copied, all of them without; ``dry_run`` only tells."""

    duplicate_id: str
    primary_id: str
    fields: tuple[str, ...] | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What a merge makes, or would make where ``dry_run``; ``client`` is the one that is left, as it is stored."""

    merge: Merge
    client: Client
    conflicts: tuple[AppointmentOverlap, ...]
    dry_run: bool


class MergeClients:
    """Merges: both records and what lies ahead of them are read; appointments stay where they are."""

    def __init__(
        self, store: Store, directory: ClientDirectory, client_access: ClientAccess, ids: Ids, pause: Pause
    ) -> None:
        self._store = store
        self._directory = directory
        self._client_access = client_access
        self._ids = ids
        self._pause = pause

    def merge(self, context: Context, request: MergeRequest) -> MergeResult:
        """The duplicate's record into the primary's; nobody is told, nothing is cancelled (D17, D20).

        404 for a client outside the caller's scope, 403 where the role may not edit or delete both; 409
        ``client_merged``, ``too_many_merged``; 422 ``same_client``, ``unknown_field``.
        """
        if request.duplicate_id == request.primary_id:
            raise invalid("/duplicate_id", "A client cannot be merged into itself.", "same_client")
        copied = fields_to_copy(request.fields)
        return retry_on_conflict(lambda: self._merge(context, request, copied), self._pause)

    def _merge(self, context: Context, request: MergeRequest, copied: frozenset[str]) -> MergeResult:
        ids = (request.duplicate_id, request.primary_id)
        found = self._store.read([Ref.to(Settings), *(Ref.to(Client, client_id) for client_id in ids)])
        duplicate, primary = (found.require(Client, client_id) for client_id in ids)
        settings = settings_in(found)
        require_access_to_all(self._store, self._client_access, context.staff, settings, (duplicate, primary))
        overlaps = find_overlaps(self._upcoming(context, duplicate), self._upcoming(context, primary), context.now)
        # Of two merges into one client in one millisecond the later has the greater id.
        merge_id = self._ids.new("mrg", context.now, primary.version)
        made = merge_clients(merge_id, context.actor, duplicate, primary, copied, context.now)
        if request.dry_run:
            return MergeResult(made, made.survivor, overlaps, dry_run=True)
        work = UnitOfWork()
        result = MergeResult(self._write(work, context, made), made.survivor, overlaps, dry_run=False)
        result = replace(result, client=result.merge.survivor)
        self._store.commit(work, context.idempotency, result)
        return result

    def _upcoming(self, context: Context, client: Client) -> list[AppointmentSpan]:
        since = context.now - _MAX_DURATION
        return [e for member in client.record_ids for e in self._directory.upcoming(member, since, _MAX_UPCOMING)]

    def _write(self, work: UnitOfWork, context: Context, merge: Merge) -> Merge:
        """The merge as it is kept: both records, every pointer to the duplicate, and how they are found."""
        refs: list[Ref[Any]] = [Ref.to(Client, member) for member in merge.duplicate.absorbed]
        refs += [Ref.to(Contact, merge.reached[0])] if merge.reached else []
        found = self._store.read(refs) if refs else None
        survivor = work.save(merge.survivor)
        left = work.save(as_merged_pointer(merge.duplicate, survivor.id, merge.id, context.now))
        repoint(work, found, merge, survivor.id)
        work.index_client(survivor, merge.primary)
        work.index_client(left, merge.duplicate)
        merge = replace(merge, survivor=survivor, reached=_index_contact(work, found, merge))
        for entry in self._entries(context, merge):
            work.add_entry(entry)
        return work.save(merge)

    def _entries(self, context: Context, merge: Merge) -> Iterator[JournalEntry]:
        """What either log says of it; what did not fit is kept there too (D18)."""
        archived = [FieldChange("notes_archived", None, merge.archived_notes)] if merge.archived_notes else []
        changes = [
            *(FieldChange(f, getattr(merge.primary, f), getattr(merge.survivor, f)) for f in merge.changed_fields),
            *archived,
            FieldChange("merged_from", None, merge.duplicate.id),
        ]
        into = [FieldChange("merged_into", None, merge.primary.id)]
        event = merge_event("client.merged", merge, merge.survivor)
        yield merge_entry(self._ids, context, merge.survivor, "merged", changes, event)
        yield merge_entry(self._ids, context, merge.duplicate, "merged", into)


def require_access_to_all(
    store: Store, client_access: ClientAccess, principal: Principal, settings: Settings, clients: Sequence[Client]
) -> None:
    """404 unless the caller may know all of these, 403 unless they may edit and delete them too (D23).

    Then 409 ``client_merged`` where one is a pointer, 404 where one is deleted. A pointer is as far off as the one
    it leads to.
    """
    led = [client.merged_into for client in clients if client.merged_into]
    found = store.read([Ref.to(Client, client_id) for client_id in led]) if led else None
    whole = [found.require(Client, c.merged_into) if found and c.merged_into else c for c in clients]
    through = viewing_scopes(principal, settings)
    if len(client_access.known_through(principal, through, whole)) < len(whole):
        raise NotFound()
    if not all(principal.may(ability) for ability in _REQUIRED_ABILITIES):
        raise Forbidden()
    for scopes in {scopes_for_ability(principal, ability) for ability in _REQUIRED_ABILITIES} - {through}:
        if len(client_access.known_through(principal, scopes, whole)) < len(whole):
            raise Forbidden("One of these clients has had no appointment with you.")
    for client in clients:
        require_active(client)


def repoint(work: UnitOfWork, found: ReadResult | None, merge: Merge, client_id: str) -> None:
    """Whatever had been merged into the duplicate leads to this client from now on: no chain is longer than one."""
    for member in merge.duplicate.absorbed:
        if found is not None:
            work.save(replace(found.require(Client, member), merged_into=client_id))


def merge_event(kind: str, merge: Merge, primary: Client) -> DomainEvent:
    """The event of this type: ids only."""
    data = {"id": primary.id, "merge_id": merge.id, "duplicate_id": merge.duplicate.id}
    return DomainEvent(kind, primary.version, data)


def merge_entry(
    ids: Ids, context: Context, subject: Client, action: str, changes: Sequence[FieldChange], *events: DomainEvent
) -> JournalEntry:
    """One line of a client's log about a merge."""
    return JournalEntry(
        id=ids.new("evt", context.now, 2 * subject.version),
        subject_id=subject.id,
        at=context.now,
        action=action,
        actor=context.actor,
        changes=tuple(changes),
        events=events,
    )


def _index_contact(work: UnitOfWork, found: ReadResult | None, merge: Merge) -> tuple[str, str] | None:
    """The public booking finds the survivor by the address and name that are theirs now (D26b).

    Under what either was found by before, they are found as ever: that leads through the pointer.
    """
    if merge.reached is None or found is None:
        return None
    value, key = merge.reached
    contact = found.get(Contact, value) or Contact(value)
    if contact.client_with_name_key(key) is not None:
        return None
    work.save(contact.with_client(merge.primary.id, key))
    return merge.reached
