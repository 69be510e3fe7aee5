"""Merging two records of one person, in one transaction however much hangs on them (MG-1 … MG-5, D16 … D23)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib.domain.clients.client import Client, Contact
from chalicelib.domain.clients.merging import Conflict, Engagement, Merge, conflicts, copied_fields, merged, pointer
from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.shared.errors import Forbidden, NotFound, invalid
from chalicelib.domain.shared.events import Entry, Event, FieldChange
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.client_access import Acquaintances, require_active, scope_ids, viewing
from chalicelib.services.retry import Pause, decide
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.unit_of_work import Change, Context, Directory, Found, Ids, Ref, Store

# So many of what each has ahead are looked at for what overlaps: more nobody has to come to.
_AHEAD = 50
# Nothing lasts longer: what began before that is over.
_LONGEST = timedelta(days=1)
# A merge edits one record and removes the other (D23).
_RIGHTS = (Ability.CLIENT_MERGE, Ability.CLIENT_EDIT, Ability.CLIENT_DELETE)


@dataclass(frozen=True, slots=True)
class MergeWish:
    """Which record goes into which; ``fields`` are those to be copied, all of them without; ``dry_run`` only tells."""

    duplicate_id: str
    primary_id: str
    fields: tuple[str, ...] | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge makes, or would make where ``dry_run``; ``client`` is the one that is left, as it is stored."""

    merge: Merge
    client: Client
    conflicts: tuple[Conflict, ...]
    dry_run: bool


class Merging:
    """Merges: both records and what lies ahead of them are read; appointments stay where they are."""

    def __init__(
        self, store: Store, directory: Directory, acquaintances: Acquaintances, ids: Ids, pause: Pause
    ) -> None:
        self._store = store
        self._directory = directory
        self._acquaintances = acquaintances
        self._ids = ids
        self._pause = pause

    def merge(self, context: Context, wish: MergeWish) -> Merged:
        """The duplicate's record into the primary's; nobody is told, nothing is cancelled (D17, D20).

        404 for a client outside the caller's scope, 403 where the role may not edit or delete both; 409
        ``client_merged``, ``too_many_merged``; 422 ``same_client``, ``unknown_field``.
        """
        if wish.duplicate_id == wish.primary_id:
            raise invalid("/duplicate_id", "A client cannot be merged into itself.", "same_client")
        copied = copied_fields(wish.fields)
        return decide(lambda: self._merge(context, wish, copied), self._pause)

    def _merge(self, context: Context, wish: MergeWish, copied: frozenset[str]) -> Merged:
        ids = (wish.duplicate_id, wish.primary_id)
        found = self._store.read([Ref.to(Settings), *(Ref.to(Client, client_id) for client_id in ids)])
        duplicate, primary = (found.require(Client, client_id) for client_id in ids)
        settings = settings_in(found)
        require_both(self._store, self._acquaintances, context.staff, settings, (duplicate, primary))
        overlaps = conflicts(self._ahead(context, duplicate), self._ahead(context, primary), context.now)
        # Of two merges into one client in one millisecond the later has the greater id.
        merge_id = self._ids.new("mrg", context.now, primary.version)
        made = merged(merge_id, context.actor, duplicate, primary, copied, context.now)
        if wish.dry_run:
            return Merged(made, made.survivor, overlaps, dry_run=True)
        change = Change()
        result = Merged(self._written(change, context, made), made.survivor, overlaps, dry_run=False)
        result = replace(result, client=result.merge.survivor)
        self._store.commit(change, context.once, result)
        return result

    def _ahead(self, context: Context, client: Client) -> list[Engagement]:
        since = context.now - _LONGEST
        return [e for member in client.family for e in self._directory.ahead(member, since, _AHEAD)]

    def _written(self, change: Change, context: Context, made: Merge) -> Merge:
        """The merge as it is kept: both records, every pointer to the duplicate, and how they are found."""
        refs: list[Ref[Any]] = [Ref.to(Client, member) for member in made.duplicate.absorbed]
        refs += [Ref.to(Contact, made.reached[0])] if made.reached else []
        found = self._store.read(refs) if refs else None
        survivor = change.save(made.survivor)
        left = change.save(pointer(made.duplicate, survivor.id, made.id, context.now))
        repoint(change, found, made, survivor.id)
        change.file(survivor, made.primary)
        change.file(left, made.duplicate)
        made = replace(made, survivor=survivor, reached=_made_findable(change, found, made))
        for entry in self._entries(context, made):
            change.record(entry)
        return change.save(made)

    def _entries(self, context: Context, made: Merge) -> Iterator[Entry]:
        """What either log says of it; what did not fit is kept there too (D18)."""
        archived = [FieldChange("notes_archived", None, made.archived_notes)] if made.archived_notes else []
        changes = [
            *(FieldChange(f, getattr(made.primary, f), getattr(made.survivor, f)) for f in made.changed_fields),
            *archived,
            FieldChange("merged_from", None, made.duplicate.id),
        ]
        into = [FieldChange("merged_into", None, made.primary.id)]
        event = merge_event("client.merged", made, made.survivor)
        yield merge_entry(self._ids, context, made.survivor, "merged", changes, event)
        yield merge_entry(self._ids, context, made.duplicate, "merged", into)


def require_both(
    store: Store, acquaintances: Acquaintances, principal: Principal, settings: Settings, clients: Sequence[Client]
) -> None:
    """404 unless the caller may know all of these, 403 unless they may edit and delete them too (D23).

    Then 409 ``client_merged`` where one is a pointer, 404 where one is deleted. A pointer is as far off as the one
    it leads to.
    """
    led = [client.merged_into for client in clients if client.merged_into]
    found = store.read([Ref.to(Client, client_id) for client_id in led]) if led else None
    whole = [found.require(Client, c.merged_into) if found and c.merged_into else c for c in clients]
    through = viewing(principal, settings)
    if len(acquaintances.known(principal, through, whole)) < len(whole):
        raise NotFound()
    if not all(principal.may(ability) for ability in _RIGHTS):
        raise Forbidden()
    for scopes in {scope_ids(principal, ability) for ability in _RIGHTS} - {through}:
        if len(acquaintances.known(principal, scopes, whole)) < len(whole):
            raise Forbidden("One of these clients has had no appointment with you.")
    for client in clients:
        require_active(client)


def repoint(change: Change, found: Found | None, merge: Merge, client_id: str) -> None:
    """Whatever had been merged into the duplicate leads to this client from now on: no chain is longer than one."""
    for member in merge.duplicate.absorbed:
        if found is not None:
            change.save(replace(found.require(Client, member), merged_into=client_id))


def merge_event(kind: str, merge: Merge, primary: Client) -> Event:
    """The event of this type: ids only."""
    data = {"id": primary.id, "merge_id": merge.id, "duplicate_id": merge.duplicate.id}
    return Event(kind, primary.version, data)


def merge_entry(
    ids: Ids, context: Context, subject: Client, action: str, changes: Sequence[FieldChange], *events: Event
) -> Entry:
    """One line of a client's log about a merge."""
    return Entry(
        id=ids.new("evt", context.now, 2 * subject.version),
        subject_id=subject.id,
        at=context.now,
        action=action,
        actor=context.actor,
        changes=tuple(changes),
        events=events,
    )


def _made_findable(change: Change, found: Found | None, made: Merge) -> tuple[str, str] | None:
    """The public booking finds the survivor by the address and name that are theirs now (D26b).

    Under what either was found by before, they are found as ever: that leads through the pointer.
    """
    if made.reached is None or found is None:
        return None
    value, key = made.reached
    contact = found.get(Contact, value) or Contact(value)
    if contact.client_named(key) is not None:
        return None
    change.save(contact.with_client(made.primary.id, key))
    return made.reached
