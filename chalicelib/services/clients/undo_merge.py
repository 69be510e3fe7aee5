"""Undoing a merge: both records apart again, as they were except for later edits (D24)."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.merging import Merge, UndoneMerge, rebase_later_merges, undo_merge
from chalicelib.domain.shared.errors import WrongState
from chalicelib.services.client_access import ClientAccess, require_active
from chalicelib.services.clients import contact_index, external_ids
from chalicelib.services.clients.merged_records import log_merge, read_pair, repoint, require_merge_access
from chalicelib.services.context import Context
from chalicelib.services.crud import read_existing, read_record
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


class UndoMerge:
    """Undo a merge: read it and the records it joined, and part them in one transaction."""

    def __init__(self, store: Store, client_access: ClientAccess, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._client_access = client_access
        self._ids = ids
        self._pause = pause

    def undo(self, context: Context, merge_id: str) -> UndoneMerge:
        """Part both records; appointments stay with the record they were booked under.

        404, 403 as for merging; 409 ``wrong_state`` if it has been undone, ``client_merged`` while the primary is
        itself merged: undo that first.
        """
        return retry_on_conflict(lambda: self._undo(context, merge_id), self._pause)

    def _undo(self, context: Context, merge_id: str) -> UndoneMerge:
        merge = read_record(self._store, Merge, merge_id)
        settings, duplicate, primary = read_pair(self._store, merge.duplicate.id, merge.primary.id)
        # The primary's records include the duplicate's: access to one is access to both.
        require_merge_access(self._store, self._client_access, context.staff, settings, [primary])
        if merge.undone_at is not None:
            raise WrongState("This merge has already been undone.")
        require_active(primary)
        work = UnitOfWork()
        result = self._write(work, context, merge, undo_merge(merge, duplicate, primary, context.now), primary)
        self._store.commit(work, context.idempotency, result)
        return result

    def _write(
        self, work: UnitOfWork, context: Context, merge: Merge, separated: UndoneMerge, before: Client
    ) -> UndoneMerge:
        duplicate, primary = separated.duplicate, separated.primary
        others = [Ref.to(Client, member) for member in before.absorbed if member != merge.duplicate.id]
        contacts = contact_index.refs(duplicate, primary, before)
        found = self._store.read([*others, *contacts, *external_ids.refs(duplicate, primary)])
        duplicate = work.save(external_ids.split(work, found, duplicate, primary))
        primary = work.save(primary)
        repoint(work, found, merge, duplicate.id)
        work.index_client(duplicate, None)
        work.index_client(primary, before)
        contact_index.undo_merged_name(work, found, merge, duplicate, primary, before)
        log_merge(work, self._ids, context, merge, "merge_undone", (duplicate, primary), before)
        for later in rebase_later_merges(merge, self._later_merges(found, merge, primary)):
            work.save(later)
        work.save(merge.marked_undone(context.now))
        return replace(separated, duplicate=duplicate, primary=primary)

    def _later_merges(self, found: ReadResult, merge: Merge, primary: Client) -> list[Merge]:
        """The later merges into the same primary, in order."""
        pointers = (found.get(Client, member) for member in primary.absorbed)
        ids = sorted({p.merged_by for p in pointers if p and p.merged_by and p.merged_by > merge.id})
        return [later for later in read_existing(self._store, Merge, ids) if later.primary.id == primary.id]
