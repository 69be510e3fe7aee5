"""Undoing a merge: both records apart again, as they were but for what has been edited since (D24)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chalicelib.domain.clients.client import Client, Contact, ExternalId, name_key
from chalicelib.domain.clients.merging import Merge, UndoneMerge, rebase_later_merges, undo_merge
from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.shared.errors import WrongState
from chalicelib.domain.shared.events import FieldChange, JournalEntry
from chalicelib.services.client_access import ClientAccess, require_active
from chalicelib.services.clients.merging import merge_entry, merge_event, repoint, require_access_to_all
from chalicelib.services.clients.registration import contact_values
from chalicelib.services.context import Context
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


class UndoMerge:
    """Undone merges: the merge is read, then the records it joined; one transaction parts them."""

    def __init__(self, store: Store, client_access: ClientAccess, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._client_access = client_access
        self._ids = ids
        self._pause = pause

    def undo(self, context: Context, merge_id: str) -> UndoneMerge:
        """The duplicate with what was booked for it before; what was booked since stays with the primary.

        404, 403 as for merging; 409 ``wrong_state`` when it has been undone, ``client_merged`` when the primary has
        itself been merged on: that is to be undone first.
        """
        return retry_on_conflict(lambda: self._undo(context, merge_id), self._pause)

    def _undo(self, context: Context, merge_id: str) -> UndoneMerge:
        merge = self._store.read([Ref.to(Merge, merge_id)]).require(Merge, merge_id)
        ids = (merge.duplicate.id, merge.primary.id)
        found = self._store.read([Ref.to(Settings), *(Ref.to(Client, client_id) for client_id in ids)])
        duplicate, primary = (found.require(Client, client_id) for client_id in ids)
        settings = settings_in(found)
        # The primary's family holds the duplicate: whoever reaches one reaches both.
        require_access_to_all(self._store, self._client_access, context.staff, settings, [primary])
        if merge.undone_at is not None:
            raise WrongState("This merge has already been undone.")
        require_active(primary)
        apart = undo_merge(merge, duplicate, primary, context.now)
        work = UnitOfWork()
        result = self._write(work, context, merge, apart, primary)
        self._store.commit(work, context.idempotency, result)
        return result

    def _write(
        self, work: UnitOfWork, context: Context, merge: Merge, separated: UndoneMerge, primary: Client
    ) -> UndoneMerge:
        found = self._store.read(_refs(merge, separated, primary))
        separated = replace(separated, duplicate=_with_external_id(work, found, separated.duplicate, separated.primary))
        _claim_external_id(work, found, separated.primary)
        separated = replace(separated, duplicate=work.save(separated.duplicate), primary=work.save(separated.primary))
        repoint(work, found, merge, separated.duplicate.id)
        work.index_client(separated.duplicate, None)
        work.index_client(separated.primary, primary)
        _update_contacts(work, found, merge, separated, primary)
        for entry in self._entries(context, merge, separated, primary):
            work.add_entry(entry)
        for later in rebase_later_merges(merge, self._later_merges(found, merge, separated.primary)):
            work.save(later)
        work.save(merge.marked_undone(context.now))
        return separated

    def _later_merges(self, found: ReadResult, merge: Merge, primary: Client) -> list[Merge]:
        """The merges that have been made into the primary since, in order."""
        pointers = (found.get(Client, member) for member in primary.absorbed)
        ids = sorted({p.merged_by for p in pointers if p and p.merged_by and p.merged_by > merge.id})
        if not ids:
            return []
        read = self._store.read([Ref.to(Merge, merge_id) for merge_id in ids])
        made = (read.get(Merge, merge_id) for merge_id in ids)
        return [later for later in made if later and later.primary.id == primary.id]

    def _entries(
        self, context: Context, merge: Merge, separated: UndoneMerge, before: Client
    ) -> Iterator[JournalEntry]:
        given_back = (f for f in merge.changed_fields if getattr(before, f) != getattr(separated.primary, f))
        changes = [
            *(FieldChange(f, getattr(before, f), getattr(separated.primary, f)) for f in given_back),
            FieldChange("merged_from", merge.duplicate.id, None),
        ]
        into = [FieldChange("merged_into", merge.primary.id, None)]
        event = merge_event("client.merge_undone", merge, separated.primary)
        yield merge_entry(self._ids, context, separated.primary, "merge_undone", changes, event)
        yield merge_entry(self._ids, context, separated.duplicate, "merge_undone", into)


def _refs(merge: Merge, separated: UndoneMerge, primary: Client) -> list[Ref[Any]]:
    refs: list[Ref[Any]] = [Ref.to(Client, member) for member in primary.absorbed if member != merge.duplicate.id]
    refs += [Ref.to(Contact, value) for value in _contact_values(separated.duplicate, separated.primary, primary)]
    outside = (separated.duplicate.external_id, separated.primary.external_id)
    return refs + [Ref.to(ExternalId, value) for value in outside if value]


def _contact_values(*clients: Client) -> list[str]:
    return sorted({value for client in clients for value in contact_values(client)})


def _with_external_id(work: UnitOfWork, found: ReadResult, duplicate: Client, primary: Client) -> Client:
    """The duplicate with its outside id, unless the primary gave that up since and somebody else has it now (D21)."""
    value = duplicate.external_id
    if value is None:
        return duplicate
    holder = found.get(ExternalId, value)
    if holder is None:
        work.save(ExternalId(value, duplicate.id))
    elif holder.client_id not in (*duplicate.record_ids, *primary.record_ids):
        return replace(duplicate, external_id=None)
    return duplicate


def _claim_external_id(work: UnitOfWork, found: ReadResult, primary: Client) -> None:
    """Makes the primary's outside id theirs alone where they were given one of the duplicate's since (D21)."""
    held = found.get(ExternalId, primary.external_id) if primary.external_id else None
    if held is not None and held.client_id not in primary.record_ids:
        work.save(replace(held, client_id=primary.id))


def _update_contacts(work: UnitOfWork, found: ReadResult, merge: Merge, separated: UndoneMerge, before: Client) -> None:
    """The public booking finds the primary by what is theirs again, and no longer by what was not (D26b).

    Where nothing but the merge has changed that, taking back what the merge added is all; so are other names under
    which they have been known since earlier merges left alone. A pointer is never filed anew: the duplicate is found
    as ever.
    """
    primary, edited = separated.primary, not _is_indexed_as_merged(merge, before)
    for value in _contact_values(separated.duplicate, primary, before):
        stored = found.get(Contact, value) or Contact(value)
        contact = _without_merged_name(stored, merge)
        if edited:
            contact = (
                _with_client_name(contact, primary)
                if value in contact_values(primary)
                else contact.without_clients(primary.id)
            )
        if contact.clients != stored.clients:
            work.save(contact)


def _is_indexed_as_merged(merge: Merge, primary: Client) -> bool:
    """Whether the primary is still found by what the merge made of them: neither edited nor parted from another."""
    names = ("first_name", "last_name", "email", "mobile")
    same = all(getattr(primary, name) == getattr(merge.survivor, name) for name in names)
    # An earlier merge that is undone writes the later ones anew.
    return same and merge.version == 1


def _with_client_name(contact: Contact, client: Client) -> Contact:
    """Reaching the client under their name, be it through a record that has been merged into theirs."""
    key = name_key(client.first_name, client.last_name)
    known = any(i in client.record_ids and name == key for i, name in contact.clients)
    return contact if known else contact.with_client_name(client.id, key)


def _without_merged_name(contact: Contact, merge: Merge) -> Contact:
    """Without the name that the merge added."""
    if merge.reached is None or merge.reached[0] != contact.value:
        return contact
    added = (merge.primary.id, merge.reached[1])
    return replace(contact, clients=tuple(pair for pair in contact.clients if pair != added))
