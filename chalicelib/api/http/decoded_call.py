"""One call of a route, decoded and authorised: the only view of HTTP that a handler gets."""

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
    """The callers of a route that needs no ability."""

    PUBLIC = "anybody, without a login"
    STAFF = "anybody who is signed in"


PUBLIC = AccessLevel.PUBLIC
ANY_STAFF = AccessLevel.STAFF

Access = AccessLevel | Ability | tuple[Ability, ...]
"""The access to a route: a level, an ability, or several abilities of which one is enough."""


@dataclass(frozen=True, slots=True)
class Call(Generic[BodyType, QueryType]):
    """A request as a handler gets it.

    ``path`` holds the decoded path parameters, ``now`` is aware UTC, ``idempotency`` is None without an
    Idempotency-Key, ``expected_version`` is None without an If-Match, ``public_url`` is the address of this API,
    without a trailing slash.
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
        """The signed-in staff member; 401 on a public route."""
        if self.principal is None:
            raise Unauthenticated()
        return self.principal

    def context(self, channel: Channel | None = None) -> Context:
        """The call as use cases see it; by default the channel is the client view or ``api``."""
        default = Channel.MODERN_CLIENT_VIEW if self.principal is None else Channel.API
        return Context(self.now, self.principal, channel or default, self.idempotency, self.expected_version)
