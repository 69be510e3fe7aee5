"""What delivery needs from the outside: the outbox with its permissions, carriers, links, the topic, dead letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.video_meetings import Meeting, MeetingLink
from chalicelib.domain.messaging.notifications import Notification
from chalicelib.domain.messaging.outbox import ClaimResult, DueEntry, SendClaim
from chalicelib.domain.shared.events import DomainEvent, JournalEntry


class Outbox(Protocol):
    """The journal's undelivered entries and the permissions to send."""

    def due_entries(self, now: datetime, limit: int) -> list[DueEntry]:
        """Entries whose time has come, longest waiting first."""

    def finish(self, due: DueEntry) -> None:
        """Nothing of this entry is left to deliver."""

    def postpone(self, due: DueEntry, at: datetime, attempts: int, *, published: bool) -> None:
        """The entry is due again at this instant, unless somebody else has postponed it meanwhile."""

    def add(self, entry: JournalEntry) -> bool:
        """Writes an entry; false when it has been written before."""

    def claim(self, send_claim: SendClaim) -> ClaimResult:
        """Asks for permission; whoever gets it has it until the lease ends, by the wall clock."""

    def release(self, claim: ClaimResult) -> None:
        """Gives an unused permission back."""

    def settle(self, claim: ClaimResult, outcome: str, now: datetime, detail: str = "") -> None:
        """The permission is used up: ``sent``, ``rejected``, ``failed``, ``uncertain`` or ``redirected``."""

    def due_reminders(self, now: datetime, limit: int) -> list[str]:
        """Ids of appointments whose next reminder is due, longest waiting first."""

    def set_next_reminder(self, appointment: Appointment, reminder: datetime | None) -> None:
        """Sets the appointment's next reminder, unless it has changed since it was read; no new version."""


class Sender(Protocol):
    """Somebody who brings notices to people: e-mail or texts."""

    def prepare(self, notification: Notification) -> Callable[[], str]:
        """The notice written; calling it sends it and returns the provider's id.

        Either raises ``Rejected``; the call raises ``NotSent`` when the provider surely did not take it, and
        anything else when nobody knows.
        """


class MeetingLinkProvider(Protocol):
    """Whoever runs the platform of video calls."""

    def create_link(self, meeting: Meeting) -> MeetingLink:
        """The link to this meeting, an https URL; the same one whenever the same key is asked for.

        Raises ``LinkDelayed`` when trying again may help, ``LinkRefused`` when it never will.
        """


class EventTopic(Protocol):
    """Where domain events go."""

    def publish(self, event_id: str, at: datetime, event: DomainEvent) -> None:
        """One event; raises when it was not taken."""


class DeadLetterQueue(Protocol):
    """Where messages end that could not be delivered."""

    def put(self, record: Mapping[str, str]) -> None:
        """Sets one aside for a person; raises when it was not taken."""


class Observer(Protocol):
    """Who watches the system: metrics, and log lines made of ids only."""

    def count(self, name: str, by: int = 1, **dimensions: str) -> None:
        """Adds to a metric; dimensions are few-valued."""

    def note(self, event: str, **fields: str) -> None:
        """One log line."""

    def alarm(self, event: str, **fields: str) -> None:
        """One log line at level ERROR."""
