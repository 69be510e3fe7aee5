"""Session entitlements of clients: allotted, reserved by upcoming appointments, used by past ones (D39)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.shared.errors import Invalid, NoSessions, NotFound, WrongState
from chalicelib.domain.shared.events import Actor

MAX_SESSION_REQUESTS = 50


class SessionUse(StrEnum):
    """The effect of an appointment on a session: it keeps one for later, has used one, or has given it back."""

    RESERVED = "reserved"
    USED = "used"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Session:
    """The session an appointment takes from the entitlement under ``client_id``."""

    client_id: str
    use: SessionUse


class RequestOutcome(StrEnum):
    """The outcome of a request for more sessions."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """A request for more sessions on a client's behalf, with its decision (RB-12)."""

    id: str
    sessions: int
    reason: str
    requested_by: Actor
    requested_at: datetime
    outcome: RequestOutcome = RequestOutcome.OPEN
    note: str = ""
    decided_by: Actor | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The sessions of one client record, and the requests for more.

    Every record of a merged client keeps its own: their sum counts (D21).
    """

    client_id: str
    allotted: int = 0
    used: int = 0
    reserved: int = 0
    requests: tuple[SessionRequest, ...] = ()
    version: int = 0

    def with_reservation(self) -> Entitlement:
        """The entitlement with one more session reserved."""
        return replace(self, reserved=self.reserved + 1)

    def with_settled(self, use: SessionUse) -> Entitlement:
        """The entitlement with one reserved session used or returned."""
        return replace(self, reserved=self.reserved - 1, used=self.used + (use is SessionUse.USED))

    def with_unreserved_use(self) -> Entitlement:
        """The entitlement with one session used that was not reserved; it may exceed the limit (D39)."""
        return replace(self, used=self.used + 1)

    def with_request(self, request: SessionRequest) -> Entitlement:
        """The entitlement with one more request; 422 ``too_many`` beyond fifty."""
        if len(self.requests) >= MAX_SESSION_REQUESTS:
            raise Invalid(f"There are already {MAX_SESSION_REQUESTS}, which is the most for a client.", code="too_many")
        return replace(self, requests=(*self.requests, request))

    def with_decision(
        self, request_id: str, outcome: RequestOutcome, note: str, by: Actor, at: datetime
    ) -> Entitlement:
        """The entitlement with a request decided, allotted if approved; 404, 409 ``wrong_state`` if already decided."""
        request = next((r for r in self.requests if r.id == request_id), None)
        if request is None:
            raise NotFound()
        if request.outcome is not RequestOutcome.OPEN:
            raise WrongState("This request has been decided.")
        decided = replace(request, outcome=outcome, note=note, decided_by=by, decided_at=at)
        granted = request.sessions if outcome is RequestOutcome.APPROVED else 0
        requests = tuple(decided if r.id == request_id else r for r in self.requests)
        return replace(self, allotted=self.allotted + granted, requests=requests)

    def without_reasons(self) -> Entitlement:
        """The entitlement without the reasons and notes of its requests, for a deleted client (D25)."""
        return replace(self, requests=tuple(replace(r, reason="", note="") for r in self.requests))


@dataclass(frozen=True, slots=True)
class SessionBalance:
    """A client's sessions; ``allotted`` is ``None`` until some are allotted, which sets no limit."""

    allotted: int | None = None
    used: int = 0
    reserved: int = 0

    @property
    def available(self) -> int | None:
        """The number that may still be reserved; never negative, ``None`` without a limit (D39)."""
        return None if self.allotted is None else max(0, self.allotted - self.used - self.reserved)


def session_balance(records: Iterable[Entitlement]) -> SessionBalance:
    """The sum over all records of one person (D21)."""
    records = tuple(records)
    if not records:
        return SessionBalance()
    return SessionBalance(
        sum(r.allotted for r in records), sum(r.used for r in records), sum(r.reserved for r in records)
    )


def record_of(records: Iterable[Entitlement], client_id: str) -> Entitlement:
    """The entitlement under this id, a new one if there is none."""
    return next((r for r in records if r.client_id == client_id), Entitlement(client_id))


def reserve_session(records: Sequence[Entitlement], client_id: str) -> Entitlement:
    """The record of this id with one session reserved; 409 ``no_sessions`` if the records have none left together."""
    if session_balance(records).available == 0:
        raise NoSessions()
    return record_of(records, client_id).with_reservation()


def allot(records: Sequence[Entitlement], client_id: str, allotted: int) -> tuple[Entitlement, ...]:
    """All records so that their sum is ``allotted``, first the one of this id, which may be new.

    The others keep their number unless that alone is more; none becomes negative.
    """
    left = allotted
    others: list[Entitlement] = []
    for record in (r for r in records if r.client_id != client_id):
        share = min(record.allotted, left)
        left -= share
        others.append(replace(record, allotted=share))
    return (replace(record_of(records, client_id), allotted=left), *others)
