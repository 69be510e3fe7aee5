"""The journal: one record per change with its actor, its fields before and after, its messages and events.

A journal entry is both the log line that people read and the outbox that the relay works off (NT-9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    """The channel of a change; shown as Booked Through (CL-8)."""

    MODERN_CLIENT_VIEW = "modern_client_view"
    SCHEDULE = "schedule"
    CALL_CENTRE = "call_centre"
    QUICK_VIEW = "quick_view"
    DASHBOARD = "dashboard"
    SYSTEM = "system"
    API = "api"


CHANNEL_LABELS: Mapping[Channel, str] = {
    Channel.MODERN_CLIENT_VIEW: "Modern Client View",
    Channel.SCHEDULE: "Schedule",
    Channel.CALL_CENTRE: "Call Centre",
    Channel.QUICK_VIEW: "Quick View",
    Channel.DASHBOARD: "Dashboard",
    Channel.SYSTEM: "System",
    Channel.API: "API",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change: a staff member by name and id, or a channel alone (CL-6)."""

    channel: Channel
    name: str | None = None
    staff_id: str | None = None

    @property
    def label(self) -> str:
        """The staff member's name, else the channel's (CL-8)."""
        return self.name or CHANNEL_LABELS[self.channel]


CLIENT_ACTOR = Actor(Channel.MODERN_CLIENT_VIEW)
SYSTEM_ACTOR = Actor(Channel.SYSTEM)


class MessageKind(StrEnum):
    """The kinds of message that clients, staff and locations get."""

    CONFIRMATION = "confirmation"
    REQUEST_RECEIVED = "request_received"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    STAFF_BOOKED = "staff_booked"
    STAFF_RESCHEDULED = "staff_rescheduled"
    STAFF_CANCELLED = "staff_cancelled"
    STAFF_ASSIGNED = "staff_assigned"
    STAFF_UNASSIGNED = "staff_unassigned"


class Audience(StrEnum):
    """The recipients of a message; the address is looked up when it is sent (D20)."""

    CLIENT = "client"
    STAFF = "staff"
    LOCATION = "location"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """One message to one recipient; ``recipient_id`` is a client, staff or location id, or ``org``."""

    kind: MessageKind
    audience: Audience
    recipient_id: str
    facts: Mapping[str, str] = field(default_factory=dict)


class NoticeKind(StrEnum):
    """The kinds of notice about an e-mail address itself, to that address (TR-2, TR-3)."""

    CLIENT_ADDRESS_REPLACED = "client_address_replaced"
    LOGIN_ADDRESS_REPLACED = "login_address_replaced"
    LOGIN_ADDRESS_GIVEN = "login_address_given"


@dataclass(frozen=True, slots=True)
class QueuedNotice:
    """One notice to a client or staff member, at the old or the new address among the entry's changes."""

    kind: NoticeKind
    recipient_id: str


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """A domain event for the topic; ``data`` is JSON without personal data other than ids."""

    type: str
    version: int
    data: Mapping[str, Any]
    location_id: str | None = None
    service_id: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a record before and after."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One thing that happened to one subject (an appointment, a block, a client, a staff member).

    ``sequence`` is the appointment's at that time: a message of an older sequence is stale. ``attempts`` counts
    delivery attempts. Ids sort by time, so a subject's newest entry has the greatest id.
    """

    id: str
    subject_id: str
    at: datetime
    action: str
    actor: Actor
    changes: tuple[FieldChange, ...] = ()
    messages: tuple[QueuedMessage, ...] = ()
    events: tuple[DomainEvent, ...] = ()
    sequence: int = 0
    attempts: int = 0
    notices: tuple[QueuedNotice, ...] = ()

    @property
    def is_deliverable(self) -> bool:
        """True if it has anything to tell anybody."""
        return bool(self.messages or self.events or self.notices)
