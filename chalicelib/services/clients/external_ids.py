"""Outside ids: each belongs to one client, aliases from merges included (D21)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.domain.clients.client import UNUSABLE_EXTERNAL_ID, Client, ClientProfile, ExternalId
from chalicelib.domain.shared.errors import Duplicate, FieldError, Invalid
from chalicelib.services.store_port import ReadResult, Ref
from chalicelib.services.unit_of_work import UnitOfWork

Sees = Callable[[str], bool]
"""True if the caller may see the client with this id."""


def refs(*clients: ClientProfile) -> list[Ref[Any]]:
    """The outside ids of these clients, without aliases: needed by all functions but ``release_all``."""
    return [Ref.to(ExternalId, client.external_id) for client in clients if client.external_id]


def all_refs(client: Client) -> list[Ref[Any]]:
    """The outside id and the aliases of a client: needed by ``release_all``."""
    return [Ref.to(ExternalId, value) for value in client.external_ids]


def claim(work: UnitOfWork, found: ReadResult, client: Client, sees: Sees, pointer: str = "") -> None:
    """Give the client its outside id; 409 ``already_exists`` if somebody else whom the caller ``sees`` has it.

    If they do not see the holder, they learn nothing of them: 422, as for an id that is malformed (TR-4).
    """
    value = client.external_id
    if not value:
        return
    holder = found.get(ExternalId, value)
    taken = any(isinstance(record, ExternalId) and record.value == value for record, _ in work.saved)
    is_held = holder is not None and holder.client_id not in client.record_ids
    if holder is not None and is_held and not taken and not sees(holder.client_id):
        raise Invalid(errors=[FieldError(f"{pointer}/external_id", UNUSABLE_EXTERNAL_ID)])
    if taken or is_held:
        message = "There is a client with this outside id."
        raise Duplicate(message, errors=[FieldError(f"{pointer}/external_id", message)])
    if holder is None:
        work.save(ExternalId(value, client.id))


def update(work: UnitOfWork, found: ReadResult, after: Client, before: Client, sees: Sees) -> None:
    """Exchange the outside id of an edited client; one that is also an alias stays theirs. Refuses like ``claim``."""
    if after.external_id == before.external_id:
        return
    claim(work, found, after, sees)
    stored = found.get(ExternalId, before.external_id) if before.external_id else None
    if stored is not None and before.external_id not in after.aliases:
        work.delete(stored)


def release_all(work: UnitOfWork, found: ReadResult, client: Client) -> None:
    """Free the outside ids of a client who is being erased, aliases included."""
    for value in client.external_ids:
        held = found.get(ExternalId, value)
        if held is not None:
            work.delete(held)


def split(work: UnitOfWork, found: ReadResult, duplicate: Client, primary: Client) -> Client:
    """Part the outside ids of two records whose merge is undone; the duplicate as it may keep its own.

    The duplicate's is gone if the primary gave it up since and somebody else has it now; one that the primary was
    given since stays the primary's.
    """
    holder = found.get(ExternalId, duplicate.external_id) if duplicate.external_id else None
    if duplicate.external_id and holder is None:
        work.save(ExternalId(duplicate.external_id, duplicate.id))
    elif holder is not None and holder.client_id not in (*duplicate.record_ids, *primary.record_ids):
        duplicate = replace(duplicate, external_id=None)
    held = found.get(ExternalId, primary.external_id) if primary.external_id else None
    if held is not None and held.client_id not in primary.record_ids:
        work.save(replace(held, client_id=primary.id))
    return duplicate
