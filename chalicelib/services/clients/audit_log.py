"""The log of a client's profile: what was set, changed and consented to, each with before and after (CL-1, D19)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.domain.clients.client import PROFILE_FIELDS, Client
from chalicelib.domain.shared.events import DomainEvent, FieldChange, JournalEntry
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ids
from chalicelib.services.unit_of_work import UnitOfWork


def record_creation(work: UnitOfWork, context: Context, ids: Ids, client: Client) -> None:
    """Logs a new client, and their consent to texts if they gave it, with the event that announces them."""
    _add_entries(work, context, ids, client, None, "created")


def record_update(work: UnitOfWork, context: Context, ids: Ids, client: Client, before: Client) -> None:
    """Logs every field that is another now, and apart from them a consent given or withdrawn."""
    _add_entries(work, context, ids, client, before, "updated")


def client_event(kind: str, client: Client) -> DomainEvent:
    """The event of this type about a client; the id only, no personal data."""
    return DomainEvent(f"client.{kind}", client.version, {"id": client.id})


def _add_entries(
    work: UnitOfWork, context: Context, ids: Ids, client: Client, before: Client | None, action: str
) -> None:
    def entry(order: int, said: str, changes: tuple[FieldChange, ...], *events: DomainEvent) -> JournalEntry:
        return JournalEntry(
            id=ids.new("evt", context.now, 2 * client.version + order),
            subject_id=client.id,
            at=context.now,
            action=said,
            actor=context.actor,
            changes=changes,
            events=events,
        )

    work.add_entry(entry(0, action, tuple(_changes(client, before)), client_event(action, client)))
    was = before.sms_number if before else None
    if client.sms_number != was:
        said = "sms_consent_given" if client.sms_number else "sms_consent_withdrawn"
        work.add_entry(entry(1, said, (FieldChange("mobile", was, client.sms_number),)))


def _changes(after: Client, before: Client | None) -> Iterator[FieldChange]:
    for field in PROFILE_FIELDS:
        was: Any = getattr(before, field) if before else None
        now: Any = getattr(after, field)
        if now != was and not (before is None and now == ""):
            yield FieldChange(field, was, now)
