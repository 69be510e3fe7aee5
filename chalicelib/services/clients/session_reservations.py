"""Session entitlements in other use cases' transactions: reserve with a booking, use or return at its end (D39).

An appointment takes at most one session: ``Appointment.session`` and the client's figures are written together, each
only at the version read. A merged record keeps its own figures and the balance is their sum; new reservations go to
the surviving record, so that an undone merge leaves each record its own (D21, D24).
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
    """The records the functions of this module need to have been read."""
    return [Ref.to(Entitlement, member) for member in client.record_ids]


def records(found: ReadResult, client: Client) -> list[Entitlement]:
    """The entitlements under each of the client's ids; empty while no sessions have been allotted."""
    return [record for member in client.record_ids if (record := found.get(Entitlement, member))]


def balance(found: ReadResult, client: Client) -> SessionBalance:
    """The client's sessions: allotted, used, reserved, available."""
    return sessions.session_balance(records(found, client))


def reserve(work: UnitOfWork, found: ReadResult, client: Client) -> Session | None:
    """Reserve one session for a new appointment; ``None`` for a client without a limit. 409 ``no_sessions``.

    ``found`` holds ``refs(client)``; ``client`` is neither merged nor deleted, and the caller saves it or requires it
    unchanged in the same transaction, so that no merge interferes.
    """
    entitlements = records(found, client)
    if not entitlements:
        return None
    work.save(sessions.reserve_session(entitlements, client.id))
    for record in entitlements:
        if record.client_id != client.id:
            work.require_unchanged(record)
    return Session(client.id, SessionUse.RESERVED)


def settle(work: UnitOfWork, store: Store, before: Appointment, after: Appointment) -> Appointment:
    """``after`` with its session used or returned; call this before saving it.

    Reads only on completion, no-show and cancellation. Without a reserved session, one of the first attendee's is
    used, if any have been allotted.
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
    """The change of the session's use for the log, if there is one."""
    old, new = (a.session.use.value if a.session else None for a in (before, after))
    return (FieldChange("session", old, new),) if old != new else ()


def erase_reasons(work: UnitOfWork, found: ReadResult, client: Client) -> None:
    """Remove the reasons of session requests from a client being erased; the numbers stay (D25)."""
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
    entitlements = records(found, client)
    if not entitlements:
        return after
    work.save(sessions.record_of(entitlements, client.id).with_unreserved_use())
    return replace(after, session=Session(client.id, SessionUse.USED))
