"""Sessions in the transactions of others: reserved with a booking, used or given back with what ends it (D39).

An appointment takes a session at most once: what it says of it (``Appointment.session``) is written together with the
client's figures, each only as it was read. Whoever was merged keeps what they had: figures are sums over the family,
new reservations stand with whoever it is now, so that an undone merge leaves each record its own (D21, D24).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.session_outcome import session_outcome
from chalicelib.domain.clients import sessions
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.sessions import Entitlement, Session, SessionBalance, SessionUse
from chalicelib.domain.shared.events import FieldChange
from chalicelib.services import client_identity
from chalicelib.services.store_port import ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


def refs(client: Client) -> list[Ref[Any]]:
    """What the functions here need to have been read of a client."""
    return [Ref.to(Entitlement, member) for member in client.record_ids]


def records(found: ReadResult, client: Client) -> list[Entitlement]:
    """What is kept of the client's sessions under each of their ids; nothing while nobody has allotted any."""
    return [record for member in client.record_ids if (record := found.get(Entitlement, member))]


def balance(found: ReadResult, client: Client) -> SessionBalance:
    """The client's sessions: allotted, used, reserved, available."""
    return sessions.session_balance(records(found, client))


def reserve(work: UnitOfWork, found: ReadResult, client: Client) -> Session | None:
    """Keeps one session for an appointment that is being booked; none for a client without a limit.

    ``found`` holds ``refs(client)``, ``client`` is neither merged nor deleted and the caller guards or saves it in the
    same change: who belongs to the family must not change meanwhile. 409 ``no_sessions``.
    """
    kept = records(found, client)
    if not kept:
        return None
    work.save(sessions.reserve_session(kept, client.id))
    for record in kept:
        if record.client_id != client.id:
            work.require_unchanged(record)
    return Session(client.id, SessionUse.RESERVED)


def settle(work: UnitOfWork, store: Store, before: Appointment, after: Appointment) -> Appointment:
    """``after`` with what becomes of its session, written with it; to be called before it is saved.

    Reads only where something is decided: at completion, no-show and whatever calls it off. Without a reserved session
    one of the first who comes is used, if they have been allotted any.
    """
    use = session_outcome(before, after)
    if use is None or (before.session and before.session.use is not SessionUse.RESERVED):
        return after
    if before.session:
        client_id = before.session.client_id
        record = store.read([Ref.to(Entitlement, client_id)]).require(Entitlement, client_id)
        work.save(record.with_settled(use))
        return replace(after, session=Session(client_id, use))
    if use is SessionUse.RETURNED or not before.live_attendees:
        return after
    return _used_unreserved(work, store, before.live_attendees[0].client_id, after)


def settlement_changes(before: Appointment, after: Appointment) -> tuple[FieldChange, ...]:
    """What the log says of the session, if anything has become of it."""
    was, now = (a.session.use.value if a.session else None for a in (before, after))
    return (FieldChange("session", was, now),) if was != now else ()


def erase_reasons(work: UnitOfWork, found: ReadResult, client: Client) -> None:
    """Why more sessions were asked for is no longer kept of somebody who is being deleted; numbers are (D25)."""
    for record in records(found, client):
        if record.without_reasons() != record:
            work.save(record.without_reasons())


def _used_unreserved(work: UnitOfWork, store: Store, client_id: str, after: Appointment) -> Appointment:
    found = store.read([Ref.to(Client, client_id), Ref.to(Entitlement, client_id)])
    client = client_identity.resolve_client(store, client_id, found)
    if client is None:
        return after
    if client.record_ids != (client_id,):
        found = store.read(refs(client))
    kept = records(found, client)
    if not kept:
        return after
    work.save(sessions.record_of(kept, client.id).with_unreserved_use())
    return replace(after, session=Session(client.id, SessionUse.USED))
