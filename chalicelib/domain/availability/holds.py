"""Holds: a slot kept while its form is filled in, for the bearer of its token alone (D13)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.shared.errors import NotFound, invalid


@dataclass(frozen=True, slots=True)
class Hold:
    """``start`` and ``end`` are minutes since 1970 UTC, ``expires`` epoch seconds.

    A hold of a staff service takes the time of ``staff_id``, with the service's buffers around it.
    """

    id: str
    digest: str
    location_id: str
    service_id: str
    start: int
    end: int
    expires: int
    staff_id: str | None = None
    buffer_before: int = 0
    buffer_after: int = 0
    version: int = 0

    def calendar_spans(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """The calendar it is on, with the time it takes there."""
        yield self.staff_id or self.location_id, (self.start - self.buffer_before, self.end + self.buffer_after)

    def is_live(self, now: datetime) -> bool:
        """True while it keeps its slot."""
        return self.expires > now.timestamp()

    def require_token(self, token: str) -> None:
        """404 unless the token is this hold's; compared in constant time."""
        if not hmac.compare_digest(self.digest, token_digest(token)):
            raise NotFound()


def token_digest(token: str) -> str:
    """The hash under which a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def hold_id_from_token(token: str, pointer: str = "/hold_token") -> str:
    """The id of the hold a token belongs to; 422 ``unknown_hold`` if it cannot be a token."""
    hold_id, dot, secret = token.partition(".")
    if not (dot and secret and hold_id.startswith("hld_") and len(token) <= 200):
        raise unknown_hold(pointer)
    return hold_id


def unknown_hold(pointer: str = "/hold_token") -> Exception:
    """The refusal of a token that was never issued (D13)."""
    return invalid(pointer, "This hold is not known.", "unknown_hold")
