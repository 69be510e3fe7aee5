"""A client's sessions: looked at, allotted, and more of them asked for (D39, RB-12, feature 81)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.sessions import (
    Entitlement,
    RequestOutcome,
    SessionBalance,
    SessionRequest,
    allot,
    record_of,
    session_balance,
)
from chalicelib.domain.shared.errors import NotFound, WrongState
from chalicelib.domain.shared.events import FieldChange, JournalEntry
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services import paging
from chalicelib.services.clients import entitlements
from chalicelib.services.clients.profiles import ClientProfiles
from chalicelib.services.context import Context
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Page, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SessionDecision:
    """What is decided about a request, and what there is to say about it."""

    outcome: RequestOutcome
    note: str = ""


class Sessions:
    """The figures are those of the whole family; each change is logged under the client and guards all of them."""

    def __init__(self, store: Store, client_profiles: ClientProfiles, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._client_profiles = client_profiles
        self._ids = ids
        self._pause = pause

    def show(self, context: Context, client_id: str) -> SessionBalance:
        """The sessions of a client, or of whoever they have been merged into; 404 outside the caller's scope."""
        client = self._client_profiles.show(context, client_id)
        return session_balance(self._read_entitlements(client))

    def allot(self, context: Context, client_id: str, allotted: int) -> SessionBalance:
        """So many from now on, be it fewer than are used and reserved; 404, 403, 409 ``client_merged``."""
        return retry_on_conflict(lambda: self._allot(context, client_id, allotted), self._pause)

    def _allot(self, context: Context, client_id: str, allotted: int) -> SessionBalance:
        client = self._client_profiles.require_editable(context, client_id, Ability.SESSIONS_ALLOT)
        before = self._read_entitlements(client)
        after = allot(before, client.id, allotted)
        said = FieldChange("sessions_allotted", session_balance(before).allotted, allotted)
        return session_balance(self._write(context, client, before, after, "sessions_allotted", said))

    def list_requests(self, context: Context, client_id: str, limit: int, cursor: str | None) -> Page[SessionRequest]:
        """What was asked for on the client's behalf, newest first; 404, 403, 422 ``invalid_cursor``."""
        _, before = paging.decode_cursor(cursor, 1)
        client = self._client_profiles.show(context, client_id, Ability.LOG_VIEW)
        asked = [
            r for record in self._read_entitlements(client) for r in record.requests if before is None or r.id < before
        ]
        asked.sort(key=lambda request: request.id, reverse=True)
        more = paging.encode_cursor(0, asked[limit - 1].id) if len(asked) > limit else None
        return Page(tuple(asked[:limit]), more)

    def request_more(self, context: Context, client_id: str, sessions: int, reason: str) -> SessionRequest:
        """More sessions are asked for; until somebody says yes there are none more (RB-12).

        404, 403, 409 ``client_merged``, ``wrong_state`` for a client without a limit; 422 ``too_many``.
        """
        return retry_on_conflict(lambda: self._request_more(context, client_id, sessions, reason), self._pause)

    def _request_more(self, context: Context, client_id: str, sessions: int, reason: str) -> SessionRequest:
        client = self._client_profiles.require_editable(context, client_id, Ability.SESSIONS_REQUEST)
        before = self._read_entitlements(client)
        if not before:
            raise WrongState("This client has no limit: nobody has allotted them sessions.")
        own = record_of(before, client.id)
        request_id = self._ids.new("srq", context.now, len(own.requests))
        request = SessionRequest(request_id, sessions, reason, context.actor, context.now)
        said = FieldChange("sessions", None, sessions)
        self._write(context, client, before, [own.with_request(request)], "sessions_requested", said, request)
        return request

    def decide_request(
        self, context: Context, client_id: str, request_id: str, decision: SessionDecision
    ) -> SessionRequest:
        """The request approved, which allots what it asks for, or declined; once.

        404, 403, 409 ``client_merged``, ``wrong_state``.
        """
        return retry_on_conflict(lambda: self._decide_request(context, client_id, request_id, decision), self._pause)

    def _decide_request(
        self, context: Context, client_id: str, request_id: str, decision: SessionDecision
    ) -> SessionRequest:
        client = self._client_profiles.require_editable(context, client_id, Ability.SESSIONS_ALLOT)
        before = self._read_entitlements(client)
        record = next((r for r in before if any(q.id == request_id for q in r.requests)), None)
        if record is None:
            raise NotFound()
        decided = record.with_decision(request_id, decision.outcome, decision.note, context.actor, context.now)
        after = [decided if r is record else r for r in before]
        said = FieldChange("sessions_allotted", session_balance(before).allotted, session_balance(after).allotted)
        self._write(context, client, before, [decided], f"sessions_{decision.outcome}", said)
        return next(request for request in decided.requests if request.id == request_id)

    def _read_entitlements(self, client: Client) -> list[Entitlement]:
        return entitlements.records(self._store.read(entitlements.refs(client)), client)

    def _write(
        self,
        context: Context,
        client: Client,
        before: list[Entitlement],
        after: tuple[Entitlement, ...] | list[Entitlement],
        action: str,
        field_change: FieldChange,
        result: SessionRequest | None = None,
    ) -> list[Entitlement]:
        """Those after are saved where they differ, all others are guarded, and that the family stays who it is."""
        work = UnitOfWork()
        work.require_unchanged(client)
        known = {record.client_id: record for record in before}
        written = [work.save(record) for record in after if record != known.get(record.client_id)]
        if not written:
            return before
        saved = {record.client_id: record for record in written}
        for record in before:
            if record.client_id not in saved:
                work.require_unchanged(record)
        work.add_entry(
            JournalEntry(
                id=self._ids.new("evt", context.now, max(r.version for r in written)),
                subject_id=client.id,
                at=context.now,
                action=action,
                actor=context.actor,
                changes=(field_change,),
            )
        )
        self._store.commit(work, context.idempotency, result)
        return list((known | saved).values())
