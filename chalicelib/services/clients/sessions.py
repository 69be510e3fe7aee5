"""A client's sessions: showing and allotting them, requesting more and deciding on it (D39, RB-12, feature 81)."""

from __future__ import annotations

from collections.abc import Sequence
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
from chalicelib.domain.shared.events import FieldChange
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services import paging
from chalicelib.services.clients import session_reservations
from chalicelib.services.clients.audit_log import client_entry
from chalicelib.services.clients.profiles import ClientProfiles
from chalicelib.services.context import Context
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Page, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SessionDecision:
    """The decision on a request, with a note."""

    outcome: RequestOutcome
    note: str = ""


class Sessions:
    """Sessions of the client and of every merged record; each change is logged under the client."""

    def __init__(self, store: Store, client_profiles: ClientProfiles, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._client_profiles = client_profiles
        self._ids = ids
        self._pause = pause

    def show(self, context: Context, client_id: str) -> SessionBalance:
        """The sessions of a client, or of the one they have been merged into; 404 outside the caller's scope."""
        client = self._client_profiles.show(context, client_id)
        return session_balance(self._read_entitlements(client))

    def allot(self, context: Context, client_id: str, allotted: int) -> SessionBalance:
        """Set the number of sessions, possibly below those used and reserved; 404, 403, 409 ``client_merged``."""
        return retry_on_conflict(lambda: self._allot(context, client_id, allotted), self._pause)

    def _allot(self, context: Context, client_id: str, allotted: int) -> SessionBalance:
        client = self._client_profiles.require_editable(context, client_id, Ability.SESSIONS_ALLOT)
        before = self._read_entitlements(client)
        after = allot(before, client.id, allotted)
        change = FieldChange("sessions_allotted", session_balance(before).allotted, allotted)
        return session_balance(self._write(context, client, before, after, "sessions_allotted", change))

    def list_requests(self, context: Context, client_id: str, limit: int, cursor: str | None) -> Page[SessionRequest]:
        """The requests for more sessions, newest first; 404, 403, 422 ``invalid_cursor``."""
        _, before = paging.decode_cursor(cursor, 1)
        client = self._client_profiles.show(context, client_id, Ability.LOG_VIEW)
        requests = [request for record in self._read_entitlements(client) for request in record.requests]
        requests = [request for request in requests if before is None or request.id < before]
        requests.sort(key=lambda request: request.id, reverse=True)
        return paging.first_page(requests, limit, lambda request: request.id)

    def request_more(self, context: Context, client_id: str, sessions: int, reason: str) -> SessionRequest:
        """Request more sessions; none are added until the request is approved (RB-12).

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
        change = FieldChange("sessions", None, sessions)
        self._write(context, client, before, [own.with_request(request)], "sessions_requested", change, request)
        return request

    def decide_request(
        self, context: Context, client_id: str, request_id: str, decision: SessionDecision
    ) -> SessionRequest:
        """Approve a request, which allots its sessions, or decline it; once.

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
        change = FieldChange("sessions_allotted", session_balance(before).allotted, session_balance(after).allotted)
        self._write(context, client, before, [decided], f"sessions_{decision.outcome}", change)
        return next(request for request in decided.requests if request.id == request_id)

    def _read_entitlements(self, client: Client) -> list[Entitlement]:
        return session_reservations.records(self._store.read(session_reservations.refs(client)), client)

    def _write(
        self,
        context: Context,
        client: Client,
        before: list[Entitlement],
        after: Sequence[Entitlement],
        action: str,
        change: FieldChange,
        result: SessionRequest | None = None,
    ) -> list[Entitlement]:
        """Save what differs; all other records and the client itself must be unchanged when that is committed."""
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
        order = max(record.version for record in written)
        work.add_entry(client_entry(self._ids, context, client.id, order, action, [change]))
        self._store.commit(work, context.idempotency, result)
        return list((known | saved).values())
