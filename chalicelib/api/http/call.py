"""One call of a route, decoded and authorised: all that a handler gets to see of HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Generic, TypeVar

from chalicelib.domain.shared.errors import Unauthenticated
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.context import Context, IdempotencyKey

BodyType = TypeVar("BodyType")
QueryType = TypeVar("QueryType")


class AccessLevel(Enum):
    """Who may call a route for which no ability is needed."""

    PUBLIC = "anybody, without a login"
    STAFF = "anybody who is signed in"


PUBLIC = AccessLevel.PUBLIC
ANY_STAFF = AccessLevel.STAFF

Access = AccessLevel | Ability | tuple[Ability, ...]
"""Who may call: a caller, an ability, or several abilities of which any one is enough."""


@dataclass(frozen=True, slots=True)
class Call(Generic[BodyType, QueryType]):
    """A request on its way into a handler.

    ``path`` holds the decoded path parameters, ``now`` is aware UTC, ``once`` is None without an
    Idempotency-Key, ``expected_version`` is None without an If-Match, ``public_url`` is where this API is
    reached, without a trailing slash.
    """

    body: BodyType
    query: QueryType
    path: Mapping[str, str]
    principal: Principal | None
    now: datetime
    idempotency: IdempotencyKey | None
    expected_version: int | None
    correlation_id: str
    public_url: str

    @property
    def staff(self) -> Principal:
        """The signed-in staff member; on a public route there is none (401)."""
        if self.principal is None:
            raise Unauthenticated()
        return self.principal

    def context(self, channel: Channel | None = None) -> Context:
        """What a use case needs to know of this call; the channel is the client's or ``api`` unless said."""
        through = channel or (Channel.MODERN_CLIENT_VIEW if self.principal is None else Channel.API)
        return Context(self.now, self.principal, through, self.idempotency, self.expected_version)
