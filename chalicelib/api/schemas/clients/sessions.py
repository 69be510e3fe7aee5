"""Request and response models of a client's sessions."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.api.schemas.shared.fields import Id, Instant, RequestModel, ResponseModel, Text
from chalicelib.domain.clients import sessions as domain
from chalicelib.services.clients.sessions import SessionDecision

SessionReason = Annotated[str, Text(1000, multiline=True)]


class SessionsResponse(ResponseModel):
    """How many sessions a client has; `allotted` and `available` are null while nobody has set a limit."""

    allotted: int | None
    used: int
    reserved: int
    available: int | None


class SessionAllotmentBody(RequestModel):
    """How many sessions a client is to have in all, used ones included."""

    allotted: Annotated[int, Field(ge=0, le=10_000)]


class SessionRequestBody(RequestModel):
    """How many sessions more are asked for, and why."""

    sessions: Annotated[int, Field(ge=1, le=100)]
    reason: SessionReason


class SessionDecisionBody(RequestModel):
    """The decision on a request for more sessions."""

    outcome: Literal[domain.RequestOutcome.APPROVED, domain.RequestOutcome.DECLINED]
    note: Annotated[str, Text(1000, multiline=True, allow_blank=True)] = ""

    def to_request(self) -> SessionDecision:
        """The decision as the use case takes it."""
        return SessionDecision(self.outcome, self.note)


class SessionRequestResponse(ResponseModel):
    """More sessions somebody asked for, and what became of it."""

    id: Id
    sessions: int
    reason: str
    requested_by: str
    requested_by_id: str | None
    requested_at: Instant
    outcome: domain.RequestOutcome
    note: str
    decided_by: str | None
    decided_by_id: str | None
    decided_at: Instant | None

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a request."""
        request: domain.SessionRequest = result
        requester, decider = request.requested_by, request.decided_by
        same = ("id", "sessions", "reason", "requested_at", "outcome", "note", "decided_at")
        return cls(
            **{name: getattr(request, name) for name in same},
            requested_by=requester.label,
            requested_by_id=requester.staff_id,
            decided_by=decider.label if decider else None,
            decided_by_id=decider.staff_id if decider else None,
        )
