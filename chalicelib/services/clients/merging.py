"""Merging two records of one person in one transaction (MG-1 … MG-5, D16 … D23)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

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
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.events import FieldChange
from chalicelib.services.client_access import ClientAccess
from chalicelib.services.clients import contact_index
from chalicelib.services.clients.merged_records import log_merge, read_pair, repoint, require_merge_access
from chalicelib.services.context import Context
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import ClientDirectory, Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

# Upcoming appointments of each record that are compared for overlaps: nobody has more.
_MAX_UPCOMING = 50
# No appointment lasts longer, so one that began before that is over.
_MAX_DURATION = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """The record to merge and its target; ``fields`` are copied, ``None`` copies all; ``dry_run`` writes nothing."""

    duplicate_id: str
    primary_id: str
    fields: tuple[str, ...] | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The outcome of a merge, or of a dry run; ``client`` is the surviving record as stored."""

    merge: Merge
    client: Client
    conflicts: tuple[AppointmentOverlap, ...]
    dry_run: bool


class MergeClients:
    """Merge one client into another; their appointments stay as they are."""

    def __init__(
        self, store: Store, directory: ClientDirectory, client_access: ClientAccess, ids: Ids, pause: Pause
    ) -> None:
        self._store = store
        self._directory = directory
        self._client_access = client_access
        self._ids = ids
        self._pause = pause

    def merge(self, context: Context, request: MergeRequest) -> MergeResult:
        """Merge the duplicate into the primary; no message is sent, nothing is cancelled (D17, D20).

        404 for a client outside the caller's scope, 403 if the role may not edit or delete both; 409
        ``client_merged``, ``too_many_merged``; 422 ``same_client``, ``unknown_field``.
        """
        if request.duplicate_id == request.primary_id:
            raise invalid("/duplicate_id", "A client cannot be merged into itself.", "same_client")
        copied = fields_to_copy(request.fields)
        return retry_on_conflict(lambda: self._merge(context, request, copied), self._pause)

    def _merge(self, context: Context, request: MergeRequest, copied: frozenset[str]) -> MergeResult:
        settings, duplicate, primary = read_pair(self._store, request.duplicate_id, request.primary_id)
        require_merge_access(self._store, self._client_access, context.staff, settings, (duplicate, primary))
        overlaps = find_overlaps(self._upcoming(context, duplicate), self._upcoming(context, primary), context.now)
        # Of two merges into one client in one millisecond the later has the greater id.
        merge_id = self._ids.new("mrg", context.now, primary.version)
        merge = merge_clients(merge_id, context.actor, duplicate, primary, copied, context.now)
        if request.dry_run:
            return MergeResult(merge, merge.survivor, overlaps, dry_run=True)
        work = UnitOfWork()
        merge = self._write(work, context, merge)
        result = MergeResult(merge, merge.survivor, overlaps, dry_run=False)
        self._store.commit(work, context.idempotency, result)
        return result

    def _upcoming(self, context: Context, client: Client) -> list[AppointmentSpan]:
        since = context.now - _MAX_DURATION
        return [span for i in client.record_ids for span in self._directory.upcoming(i, since, _MAX_UPCOMING)]

    def _write(self, work: UnitOfWork, context: Context, merge: Merge) -> Merge:
        """The merge as it is stored, with both records, every pointer to the duplicate, and how they are found."""
        contact = [Ref.to(Contact, merge.reached[0])] if merge.reached else []
        found = self._store.read([*(Ref.to(Client, member) for member in merge.duplicate.absorbed), *contact])
        survivor = work.save(merge.survivor)
        pointer = work.save(as_merged_pointer(merge.duplicate, survivor.id, merge.id, context.now))
        repoint(work, found, merge, survivor.id)
        work.index_client(survivor, merge.primary)
        work.index_client(pointer, merge.duplicate)
        reached = contact_index.add_merged_name(work, found, merge)
        merge = replace(merge, survivor=survivor, reached=reached)
        # The notes that did not fit the profile are kept in the log (D18).
        archived = [FieldChange("notes_archived", None, merge.archived_notes)] if merge.archived_notes else []
        log_merge(work, self._ids, context, merge, "merged", (merge.duplicate, survivor), merge.primary, archived)
        return work.save(merge)
