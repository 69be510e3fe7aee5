"""Sessions a client is entitled to: allotted, reserved by appointments ahead, used by those that took place (D39)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.shared.errors import Invalid, NoSessions, NotFound, WrongState
from chalicelib.domain.shared.events import Actor

MAX_SESSION_REQUESTS = 50


class SessionUse(StrEnum):
    """What an appointment does with a session: keeps one for later, has used one, or has given it back."""

    RESERVED = "reserved"
    USED = "used"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Session:
    """The session an appointment takes out of the entitlement kept under ``client_id``."""

    client_id: str
    use: SessionUse


class RequestOutcome(StrEnum):
    """What has become of a request for more sessions."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """More sessions somebody asks for on a client's behalf, and who decided what about it (RB-12)."""

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
    """How many sessions one client's record has, what has become of them, and who asked for more.

    Of a client who was merged every record keeps its own: only their sum counts (D21).
    """

    client_id: str
    allotted: int = 0
    used: int = 0
    reserved: int = 0
    requests: tuple[SessionRequest, ...] = ()
    version: int = 0

    def with_reservation(self) -> Entitlement:
        """With one more kept for an appointment."""
        return replace(self, reserved=self.reserved + 1)

    def with_settled(self, use: SessionUse) -> Entitlement:
        """With one that was kept used, or given back."""
        return replace(self, reserved=self.reserved - 1, used=self.used + (use is SessionUse.USED))

    def with_unreserved_use(self) -> Entitlement:
        """With one used that nobody had kept; it may be one too many (D39)."""
        return replace(self, used=self.used + 1)

    def with_request(self, request: SessionRequest) -> Entitlement:
        """With one more request on record; 422 ``too_many`` beyond fifty."""
        if len(self.requests) >= MAX_SESSION_REQUESTS:
            raise Invalid(f"There are already {MAX_SESSION_REQUESTS}, which is the most for a client.", code="too_many")
        return replace(self, requests=(*self.requests, request))

    def with_decision(
        self, request_id: str, outcome: RequestOutcome, note: str, by: Actor, at: datetime
    ) -> Entitlement:
        """With a request decided, and what was approved allotted; 404, 409 ``wrong_state`` once it is decided."""
        request = next((r for r in self.requests if r.id == request_id), None)
        if request is None:
            raise NotFound()
        if request.outcome is not RequestOutcome.OPEN:
            raise WrongState("This request has been decided.")
        said = replace(request, outcome=outcome, note=note, decided_by=by, decided_at=at)
        granted = request.sessions if outcome is RequestOutcome.APPROVED else 0
        requests = tuple(said if r.id == request_id else r for r in self.requests)
        return replace(self, allotted=self.allotted + granted, requests=requests)

    def without_reasons(self) -> Entitlement:
        """Without a word of why more were asked for: the client is deleted (D25)."""
        return replace(self, requests=tuple(replace(r, reason="", note="") for r in self.requests))


@dataclass(frozen=True, slots=True)
class SessionBalance:
    """A client's sessions; ``allotted`` is none while nobody has allotted any, which sets no limit."""

    allotted: int | None = None
    used: int = 0
    reserved: int = 0

    @property
    def available(self) -> int | None:
        """How many may still be reserved; never negative, none without a limit (D39)."""
        return None if self.allotted is None else max(0, self.allotted - self.used - self.reserved)


def session_balance(records: Iterable[Entitlement]) -> SessionBalance:
    """What all records of one person come to (D21)."""
    found = tuple(records)
    if not found:
        return SessionBalance()
    return SessionBalance(sum(r.allotted for r in found), sum(r.used for r in found), sum(r.reserved for r in found))


def record_of(records: Iterable[Entitlement], client_id: str) -> Entitlement:
    """The one under this id, a new one if there is none."""
    return next((r for r in records if r.client_id == client_id), Entitlement(client_id))


def reserve_session(records: Sequence[Entitlement], client_id: str) -> Entitlement:
    """The record of this id with one session kept; 409 ``no_sessions`` when none of the family has one left."""
    if session_balance(records).available == 0:
        raise NoSessions()
    return record_of(records, client_id).with_reservation()


def allot(records: Sequence[Entitlement], client_id: str, allotted: int) -> tuple[Entitlement, ...]:
    """All records so that they come to ``allotted``, first the one of this id, which may be new.

    The others keep what they have, unless that alone is more: nobody's falls below none.
    """
    own = record_of(records, client_id)
    others = [r for r in records if r.client_id != client_id]
    left = allotted
    spread: list[Entitlement] = []
    for record in others:
        share = min(record.allotted, left)
        left -= share
        spread.append(replace(record, allotted=share))
    return (replace(own, allotted=left), *spread)
