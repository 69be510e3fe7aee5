"""The outbox: entries that wait for delivery, and the claims by which each message is sent only once (NT-9)."""

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
    """A journal entry that is due for delivery; ``entry`` is ``None`` if its row cannot be read.

    ``attempts`` counts failed deliveries; ``published`` is true once its events are on the topic.
    """

    subject_id: str
    entry_id: str
    entry: JournalEntry | None
    attempts: int = 0
    published: bool = False


@dataclass(frozen=True, slots=True)
class SendClaim:
    """The right to send one message once (NT-9); ``cause`` is the journal entry's id."""

    subject_id: str
    cause: str
    kind: str
    recipient_id: str
    medium: Medium


class ClaimState(Enum):
    """The state of a claim for the one who asked for it."""

    GRANTED = "the caller has it"
    HELD = "another process has it"
    SETTLED = "it has been used"
    EXPIRED = "its holder never reported whether the message was sent"


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """The answer to a request for a claim; ``token`` is the holder's, ``until`` the end of the lease."""

    claim: SendClaim
    state: ClaimState
    token: str
    until: datetime


def dead_letter(ids: Mapping[str, str], reason: str, error: str, now: datetime) -> dict[str, str]:
    """The record of what could not be delivered: its ids, why, the provider's error, when; no personal data."""
    return {**ids, "reason": reason, "error": error, "at": utc_text(now)}
