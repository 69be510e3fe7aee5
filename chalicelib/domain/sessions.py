"""Sessions a client is entitled to: allotted, reserved by appointments ahead, used by those that took place (D39)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Use(StrEnum):
    """What an appointment does with a session: keeps one for later, has used one, or has given it back."""

    RESERVED = "reserved"
    USED = "used"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Session:
    """The session an appointment takes out of the entitlement kept under ``client_id``."""

    client_id: str
    use: Use


@dataclass(frozen=True, slots=True)
class Entitlement:
    """How many sessions one client's record has, and what has become of them; a client without one has no limit."""

    client_id: str
    allotted: int
    used: int = 0
    reserved: int = 0
    version: int = 0

    @property
    def available(self) -> int:
        """How many may still be reserved or used; never negative (D39)."""
        return max(0, self.allotted - self.used - self.reserved)
