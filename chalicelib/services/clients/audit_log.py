"""The log of a client: what was set, changed and consented to, each field before and after (CL-1, D19)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.domain.clients.client import PROFILE_FIELDS, Client
from chalicelib.domain.shared.events import DomainEvent, FieldChange, JournalEntry, NoticeKind, QueuedNotice
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ids
from chalicelib.services.unit_of_work import UnitOfWork


def client_entry(
    ids: Ids,
    context: Context,
    client_id: str,
    order: int,
    action: str,
    changes: Iterable[FieldChange] = (),
    events: tuple[DomainEvent, ...] = (),
    notices: tuple[QueuedNotice, ...] = (),
) -> JournalEntry:
    """One entry of a client's log; of one millisecond's the greater ``order`` sorts later."""
    return JournalEntry(
        id=ids.new("evt", context.now, order),
        subject_id=client_id,
        at=context.now,
        action=action,
        actor=context.actor,
        changes=tuple(changes),
        events=events,
        notices=notices,
    )


def record_creation(work: UnitOfWork, context: Context, ids: Ids, client: Client) -> None:
    """Log a new client, and the consent to texts if there is one, with the event that announces the client."""
    _add_entries(work, context, ids, client, None, "created")


def record_update(work: UnitOfWork, context: Context, ids: Ids, client: Client, before: Client) -> None:
    """Log every field that has changed, and in an entry of its own a consent given or withdrawn."""
    _add_entries(work, context, ids, client, before, "updated")


def client_event(kind: str, client: Client) -> DomainEvent:
    """The event of this type about a client; the id only, no personal data."""
    return DomainEvent(f"client.{kind}", client.version, {"id": client.id})


def _add_entries(
    work: UnitOfWork, context: Context, ids: Ids, client: Client, before: Client | None, action: str
) -> None:
    order, events = 2 * client.version, (client_event(action, client),)
    notices = _address_notices(context, client, before)
    work.add_entry(client_entry(ids, context, client.id, order, action, _changes(client, before), events, notices))
    previous = before.sms_number if before else None
    if client.sms_number != previous:
        consent = "sms_consent_given" if client.sms_number else "sms_consent_withdrawn"
        change = FieldChange("mobile", previous, client.sms_number)
        work.add_entry(client_entry(ids, context, client.id, order + 1, consent, [change]))


def _address_notices(context: Context, after: Client, before: Client | None) -> tuple[QueuedNotice, ...]:
    """The notice to the old e-mail address, if staff have changed it (TR-3)."""
    if context.principal is None or before is None or not before.email or before.email == after.email:
        return ()
    return (QueuedNotice(NoticeKind.CLIENT_ADDRESS_REPLACED, after.id),)


def _changes(after: Client, before: Client | None) -> Iterator[FieldChange]:
    for field in PROFILE_FIELDS:
        old: Any = getattr(before, field) if before else None
        new: Any = getattr(after, field)
        if new != old and not (before is None and new == ""):
            yield FieldChange(field, old, new)
