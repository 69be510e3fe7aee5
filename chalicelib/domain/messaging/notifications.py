"""Notices: one message to one recipient through one medium, holding all it may say and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.video_meetings import Teleconference
from chalicelib.domain.clients.client import Client
from chalicelib.domain.organisation.catalog import Location, MeetingMethod, Service, Settings, Staff
from chalicelib.domain.shared.events import Audience, MessageKind


class Medium(StrEnum):
    """How a notice travels."""

    EMAIL = "email"
    TEXT = "text"


class WordingVariant(StrEnum):
    """Which of a kind's words are true of a notice: a request is not spoken of as an appointment (AS-5, NT-3)."""

    PLAIN = "kinds"
    ELSEWHERE = "elsewhere"
    REQUEST = "request"
    REQUEST_ELSEWHERE = "request_elsewhere"
    REQUEST_MOVED = "request_moved"
    DECLINED = "declined"


class NotSent(Exception):
    """The provider surely did not take the notice; trying again may help."""


class Rejected(Exception):
    """The provider will never take this notice, however often it is tried."""


@dataclass(frozen=True, slots=True)
class MessageContext:
    """An appointment with everybody and everything a notice about it may name, as they are now.

    ``clients`` and ``staff`` are by id; those that no longer exist are missing.
    """

    settings: Settings
    appointment: Appointment
    location: Location
    service: Service
    clients: Mapping[str, Client] = field(default_factory=dict)
    staff: Mapping[str, Staff] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotifiedAttendee:
    """An attendee as a notice shows them; ``answers`` are (question, value); phone, e-mail for staff only."""

    name: str
    notes: str = ""
    answers: tuple[tuple[str, Any], ...] = ()
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """What one recipient is told; instants are UTC, ``timezone`` is the recipient's (TZ-4).

    ``guests`` are the attendees the recipient may know of: a client sees only themselves. Appointment notes
    have no place here (CC-6). ``sequence`` is what the recipient's calendar compares (RFC 5546).
    ``teleconference`` is the video call as it then stands, its link only where it may be used.
    ``elsewhere`` says of a move that it is to another place or another way to meet, ``by_client`` that a client
    did what is told, with the link from their mail.
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
    def wording_variant(self) -> WordingVariant:
        """How to speak of it: a move elsewhere names the place, too; an unconfirmed appointment is a request."""
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
