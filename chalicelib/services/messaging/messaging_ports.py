"""The ports of messaging: outbox, senders, meeting links, event topic, dead-letter queue, observer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.video_meetings import Meeting, MeetingLink
from chalicelib.domain.messaging.address_notices import Message
from chalicelib.domain.messaging.outbox import ClaimResult, DueEntry, SendClaim
from chalicelib.domain.shared.events import DomainEvent, JournalEntry


class Outbox(Protocol):
    """Undelivered journal entries, and the claims to send."""

    def due_entries(self, now: datetime, limit: int) -> list[DueEntry]:
        """The entries that are due, longest waiting first."""

    def finish(self, due: DueEntry) -> None:
        """Take a delivered entry out of the outbox."""

    def postpone(self, due: DueEntry, at: datetime, attempts: int, *, published: bool) -> None:
        """Make the entry due again at this instant, unless another process has postponed it meanwhile."""

    def add(self, entry: JournalEntry) -> bool:
        """Write an entry; false if it exists already."""

    def claim(self, send_claim: SendClaim) -> ClaimResult:
        """Claim the right to send; the lease runs by the wall clock."""

    def release(self, claim: ClaimResult) -> None:
        """Give an unused claim back."""

    def settle(self, claim: ClaimResult, outcome: str, now: datetime, detail: str = "") -> None:
        """Record how the claim was used: ``sent``, ``rejected``, ``failed``, ``uncertain`` or ``redirected``."""

    def due_reminders(self, now: datetime, limit: int) -> list[str]:
        """The ids of appointments whose next reminder is due, longest waiting first."""

    def set_next_reminder(self, appointment: Appointment, reminder: datetime | None) -> None:
        """Set the next reminder, unless the appointment has changed since it was read; its version stays."""


class Sender(Protocol):
    """A provider of one medium: e-mail or text messages."""

    def prepare(self, message: Message, /) -> Callable[[], str]:
        """Render the message; calling the result sends it and returns the provider's id.

        Both raise ``Rejected``. The call raises ``NotSent`` if the provider certainly did not accept the message;
        after any other exception it is unknown.
        """


class MeetingLinkProvider(Protocol):
    """The platform for video calls."""

    def create_link(self, meeting: Meeting) -> MeetingLink:
        """The link to this meeting, an https URL; the same key always gets the same link.

        Raises ``LinkDelayed`` if trying again may help, ``LinkRefused`` if it never will.
        """


class EventTopic(Protocol):
    """The topic for domain events."""

    def publish(self, event_id: str, at: datetime, event: DomainEvent) -> None:
        """Publish one event; raises if it was not accepted."""


class DeadLetterQueue(Protocol):
    """The queue for messages that could not be delivered."""

    def put(self, record: Mapping[str, str]) -> None:
        """Keep one for a person to look at; raises if it was not accepted."""


class Observer(Protocol):
    """Metrics, and log lines that contain only ids."""

    def count(self, name: str, by: int = 1, **dimensions: str) -> None:
        """Add to a metric; each dimension has few values."""

    def note(self, event: str, **fields: str) -> None:
        """Write one log line."""

    def alarm(self, event: str, **fields: str) -> None:
        """Write one log line at level ERROR."""
