"""The context of one call: its time, caller, channel and conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.shared.errors import Unauthenticated
from chalicelib.domain.shared.events import CLIENT_ACTOR, Actor, Channel
from chalicelib.domain.shared.permissions import Principal


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """An Idempotency-Key: the response is stored under it in the transaction that it reports (D45).

    ``present`` turns a result into the HTTP status and JSON text to repeat.
    """

    scope: str
    key: str
    fingerprint: str
    present: Callable[[Any], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Context:
    """One call: its time, caller and channel, and the conditions the caller set."""

    now: datetime
    principal: Principal | None = None
    channel: Channel = Channel.MODERN_CLIENT_VIEW
    idempotency: IdempotencyKey | None = None
    expected_version: int | None = None

    @property
    def actor(self) -> Actor:
        """The signed-in staff member acting through this channel, else the client or the system (CL-6)."""
        if self.principal is None:
            return CLIENT_ACTOR if self.channel is Channel.MODERN_CLIENT_VIEW else Actor(self.channel)
        return Actor(self.channel, self.principal.name, self.principal.staff_id)

    @property
    def staff(self) -> Principal:
        """The signed-in person; 401 without one."""
        if self.principal is None:
            raise Unauthenticated()
        return self.principal
