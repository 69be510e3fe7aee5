"""Shared by merging and undoing a merge: access to both records, pointers to the survivor, the log of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.merging import Merge
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import Forbidden, NotFound
from chalicelib.domain.shared.events import DomainEvent, FieldChange
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.client_access import ClientAccess, require_active, scopes_for_ability, viewing_scopes
from chalicelib.services.clients.audit_log import client_entry
from chalicelib.services.context import Context
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

# A merge edits one record and removes the other (D23).
_REQUIRED_ABILITIES = (Ability.CLIENT_MERGE, Ability.CLIENT_EDIT, Ability.CLIENT_DELETE)


def read_pair(store: Store, duplicate_id: str, primary_id: str) -> tuple[Settings, Client, Client]:
    """The settings, the duplicate and the primary; 404."""
    found = store.read([Ref.to(Settings), Ref.to(Client, duplicate_id), Ref.to(Client, primary_id)])
    return settings_in(found), found.require(Client, duplicate_id), found.require(Client, primary_id)


def require_merge_access(
    store: Store, client_access: ClientAccess, principal: Principal, settings: Settings, clients: Sequence[Client]
) -> None:
    """404 unless the caller may see all of these clients, 403 unless they may edit and delete them too (D23).

    Then 409 ``client_merged`` if one is a pointer, 404 if one is deleted. Access to a pointer is access to the record
    it leads to.
    """
    found = store.read([Ref.to(Client, client.merged_into) for client in clients if client.merged_into])
    current = [found.require(Client, c.merged_into) if c.merged_into else c for c in clients]
    viewing = viewing_scopes(principal, settings)
    if len(client_access.known_through(principal, viewing, current)) < len(current):
        raise NotFound()
    if not all(principal.may(ability) for ability in _REQUIRED_ABILITIES):
        raise Forbidden()
    for scopes in {scopes_for_ability(principal, ability) for ability in _REQUIRED_ABILITIES} - {viewing}:
        if len(client_access.known_through(principal, scopes, current)) < len(current):
            raise Forbidden("One of these clients has had no appointment with you.")
    for client in clients:
        require_active(client)


def repoint(work: UnitOfWork, found: ReadResult, merge: Merge, client_id: str) -> None:
    """Make every record merged into the duplicate point to this client, so that no chain is longer than one."""
    for member in merge.duplicate.absorbed:
        work.save(replace(found.require(Client, member), merged_into=client_id))


def log_merge(
    work: UnitOfWork,
    ids: Ids,
    context: Context,
    merge: Merge,
    action: str,
    pair: tuple[Client, Client],
    before: Client,
    archived: Iterable[FieldChange] = (),
) -> None:
    """Log a merge, or that it is undone, under both records, with the event ``client.<action>``; ids only in that.

    ``pair`` are the duplicate and the primary as they are written, ``before`` is the primary as it was.
    """
    duplicate, primary = pair

    def link(field: str, client_id: str) -> FieldChange:
        return FieldChange(field, None, client_id) if action == "merged" else FieldChange(field, client_id, None)

    changed = (f for f in merge.changed_fields if getattr(before, f) != getattr(primary, f))
    changes = [
        *(FieldChange(f, getattr(before, f), getattr(primary, f)) for f in changed),
        *archived,
        link("merged_from", merge.duplicate.id),
    ]
    data = {"id": primary.id, "merge_id": merge.id, "duplicate_id": merge.duplicate.id}
    event = DomainEvent(f"client.{action}", primary.version, data)
    work.add_entry(client_entry(ids, context, primary.id, 2 * primary.version, action, changes, (event,)))
    into = [link("merged_into", merge.primary.id)]
    work.add_entry(client_entry(ids, context, duplicate.id, 2 * duplicate.version, action, into))
