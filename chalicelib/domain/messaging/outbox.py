"""Deliveries: what still waits in the outbox, and the permissions that let each message out only once (NT-9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from chalicelib.domain.messaging.notifications import Medium
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.domain.shared.times import utc_text


@dataclass(frozen=True, slots=True)
class DueEntry:
    """A journal entry that waits; ``entry`` is none when its row cannot be read.

    ``attempts`` counts the deliveries that failed, ``published`` says that its events are on the topic.
    """

    subject_id: str
    entry_id: str
    entry: JournalEntry | None
    attempts: int = 0
    published: bool = False


@dataclass(frozen=True, slots=True)
class SendClaim:
    """The right to send one message once (NT-9): which one, for what cause, to whom, how."""

    subject_id: str
    cause: str
    kind: str
    recipient_id: str
    medium: Medium


class ClaimState(Enum):
    """What became of a request for permission."""

    GRANTED = "it is ours"
    HELD = "somebody else is sending"
    SETTLED = "it has been used"
    EXPIRED = "whoever had it never said whether they sent"


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """The answer to a request for permission; ``token`` is its holder's, ``until`` the end of the lease."""

    claim: SendClaim
    state: ClaimState
    token: str
    until: datetime


def dead_letter(ids: Mapping[str, str], reason: str, error: str, now: datetime) -> dict[str, str]:
    """The record of what could not be delivered: its ids, why, the provider's error, when; no personal data."""
    return {**ids, "reason": reason, "error": error, "at": utc_text(now)}
