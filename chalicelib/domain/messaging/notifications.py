"""Notifications: one message to one recipient through one medium, with everything it may contain and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.video_meetings import Teleconference
from chalicelib.domain.clients.client import Client
from chalicelib.domain.organisation.catalogue import Location, MeetingMethod, Service, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.events import Audience, MessageKind


class Medium(StrEnum):
    """The way a notification is sent."""

    EMAIL = "email"
    TEXT = "text"


class WordingVariant(StrEnum):
    """The set of words for a kind of message: a request is not called an appointment (AS-5, NT-3)."""

    PLAIN = "kinds"
    ELSEWHERE = "elsewhere"
    REQUEST = "request"
    REQUEST_ELSEWHERE = "request_elsewhere"
    REQUEST_MOVED = "request_moved"
    DECLINED = "declined"


class NotSent(Exception):
    """The provider certainly did not accept the message; trying again may help."""


class Rejected(Exception):
    """The provider will never accept this message."""


@dataclass(frozen=True, slots=True)
class MessageContext:
    """An appointment with the records that a message about it may name, as they are now.

    ``clients`` and ``staff`` are keyed by id; records that no longer exist are missing.
    """

    settings: Settings
    appointment: Appointment
    location: Location
    service: Service
    clients: Mapping[str, Client] = field(default_factory=dict)
    staff: Mapping[str, Staff] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotifiedAttendee:
    """An attendee as a message shows them; ``answers`` are (question, value); phone and e-mail are for staff only."""

    name: str
    notes: str = ""
    answers: tuple[tuple[str, Any], ...] = ()
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """The content of one message to one recipient; instants are UTC, ``timezone`` is the recipient's (TZ-4).

    ``attendees`` are those the recipient may know of: a client sees only themselves. Appointment notes are left out
    (CC-6). ``sequence`` is what the recipient's calendar compares (RFC 5546). ``teleconference`` is the current video
    call, with its link only if the link may be used. ``elsewhere``: the appointment moved to another place or method.
    ``by_client``: a client made the change, with the link from their e-mail.
    """

    kind: MessageKind
    audience: Audience
    medium: Medium
    recipient_id: str
    address: str
    name: str
    language: str
    timezone: str
    organisation: str
    appointment_id: str
    start: datetime
    end: datetime
    method: MeetingMethod
    service: str
    place: str
    changed_at: datetime
    place_address: str = ""
    staff_name: str = ""
    confirmed: bool = True
    sequence: int = 0
    attendees: tuple[NotifiedAttendee, ...] = ()
    code: str | None = None
    call_number: str = ""
    teleconference: Teleconference | None = None
    reason: str = ""
    previous_start: datetime | None = None
    elsewhere: bool = False
    by_client: bool = False
    cancel_until: datetime | None = None
    rebook_until: datetime | None = None
    has_email: bool = True

    @property
    def subject_id(self) -> str:
        """The record whose journal caused it: the appointment."""
        return self.appointment_id

    @property
    def wording_variant(self) -> WordingVariant:
        """The words to use: a move elsewhere names the place, too; an unconfirmed appointment is a request."""
        match self.kind:
            case MessageKind.STAFF_ASSIGNED if not self.confirmed:
                return WordingVariant.REQUEST
            case MessageKind.RESCHEDULED | MessageKind.STAFF_RESCHEDULED if not self.confirmed:
                return WordingVariant.REQUEST_ELSEWHERE if self.elsewhere else WordingVariant.REQUEST
            case MessageKind.RESCHEDULED | MessageKind.STAFF_RESCHEDULED if self.elsewhere:
                return WordingVariant.ELSEWHERE
            case MessageKind.CANCELLED if not self.confirmed:
                return WordingVariant.REQUEST if self.by_client else WordingVariant.DECLINED
            case MessageKind.REQUEST_RECEIVED if self.previous_start is not None:
                return WordingVariant.REQUEST_MOVED
        return WordingVariant.PLAIN
