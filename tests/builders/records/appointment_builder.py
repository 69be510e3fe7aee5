"""An organisation with one appointment, the starting point for tests of messages and delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.appointments.appointment import Answer, Appointment, Attendee, Cancellation
from chalicelib.domain.clients.client import Client
from chalicelib.domain.messaging.notification_policy import route
from chalicelib.domain.messaging.notifications import Medium, MessageContext, Notification
from chalicelib.domain.organisation.catalogue import Location, MeetingMethod, Question, QuestionType, Service, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.events import (
    CLIENT_ACTOR,
    Audience,
    DomainEvent,
    JournalEntry,
    MessageKind,
    QueuedMessage,
)
from chalicelib.domain.shared.permissions import Role

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
START = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
APPOINTMENT = "apt_01KAB"
ANA, BEN, SAM = "cli_ana", "cli_ben", "stf_sam"
PUBLIC_URL = "https://desk.example.org/prod"
STAFF_NOTES = "credit check failed, be careful"

SETTINGS = Settings(organisation_name="Maple Bank", timezone="America/Toronto", notification_email="desk@example.org")
LOCATION = Location(
    "loc_king", "King Street", "America/Toronto", address="1 King St W\nToronto ON", email="king@example.org"
)
SERVICE = Service(
    "svc_mortgage",
    "Mortgage advice",
    30,
    questions=(Question("q1", "First home?", QuestionType.BOOLEAN), Question("q2", "Budget")),
)
SAM_LEE = Staff(SAM, "Sam Lee", "sam@example.org", Role.STAFF, languages=("fr", "en"), timezone="America/Vancouver")


def client(first: str, last: str, client_id: str, **fields: Any) -> Client:
    known = Client(first, last, id=client_id, created_at=NOW, updated_at=NOW, version=1)
    return replace(known, **({"email": f"{first.lower()}@example.org"} | fields))


def ana(**fields: Any) -> Client:
    """A client reached by e-mail only, by default."""
    return client("Ana", "Ruiz", ANA, **({"mobile": "+14165550100", "language": "en"} | fields))


def ben(**fields: Any) -> Client:
    """A second client."""
    return client("Ben", "Okafor", BEN, **fields)


def appointment(**fields: Any) -> Appointment:
    """Ana's confirmed appointment on 1 December at 10:00 in Toronto."""
    attendee = Attendee(ANA, "Ana Ruiz", "code-of-ana", notes="Wheelchair access", answers=(Answer("q1", True),))
    plain = Appointment(
        id=APPOINTMENT,
        service_id=SERVICE.id,
        location_id=LOCATION.id,
        method=MeetingMethod.IN_PERSON,
        start=START,
        end=START + timedelta(minutes=30),
        timezone="America/Toronto",
        local_start="2026-12-01T10:00:00",
        attendees=(attendee,),
        booked_through=CLIENT_ACTOR,
        created_at=NOW - timedelta(days=1),
        updated_at=NOW,
        notes=STAFF_NOTES,
        reminder_hours=(24,),
        version=1,
    )
    return replace(plain, **fields)


def with_ben(**fields: Any) -> Appointment:
    """Ana's and Ben's appointment."""
    other = Attendee(BEN, "Ben Okafor", "code-of-ben", notes="Bring the other file")
    return appointment(attendees=(*appointment().attendees, other), **fields)


def cancelled(before: Appointment, reason: str = "Ill") -> Appointment:
    """The appointment, cancelled for everybody."""
    return replace(before.cancelled(Cancellation(reason, "Ana Ruiz", NOW, False)), version=before.version + 1)


def context(about: Appointment | None = None, *clients: Client, settings: Settings = SETTINGS) -> MessageContext:
    """The message context of the appointment as it is now."""
    known = clients or (ana(), ben())
    return MessageContext(settings, about or appointment(), LOCATION, SERVICE, {c.id: c for c in known}, {SAM: SAM_LEE})


def message(kind: MessageKind = MessageKind.CONFIRMATION, recipient: str = ANA, **facts: str) -> QueuedMessage:
    """A message to a client or, by the prefix of the recipient, to staff, a branch or the organisation."""
    audiences = {"cli": Audience.CLIENT, "stf": Audience.STAFF, "loc": Audience.LOCATION}
    return QueuedMessage(kind, audiences.get(recipient[:3], Audience.ORGANISATION), recipient, facts)


def entry(
    *messages: QueuedMessage, sequence: int = 0, events: tuple[DomainEvent, ...] = (), number: int = 1
) -> JournalEntry:
    """A journal entry of the appointment."""
    return JournalEntry(
        f"evt_{number:026}",
        APPOINTMENT,
        NOW,
        "booked",
        CLIENT_ACTOR,
        messages=messages,
        events=events,
        sequence=sequence,
    )


def notifications(
    kind: MessageKind = MessageKind.CONFIRMATION, recipient: str = ANA, at: MessageContext | None = None, **facts: str
) -> list[Notification]:
    """The notifications to the recipient about the appointment as it is now."""
    current = at or context()
    queued = message(kind, recipient, **facts)
    return list(route(queued, entry(queued, sequence=current.appointment.sequence), current, NOW).notifications)


def notification(
    kind: MessageKind = MessageKind.CONFIRMATION, recipient: str = ANA, at: MessageContext | None = None, **facts: str
) -> Notification:
    """The e-mail among them."""
    return next(n for n in notifications(kind, recipient, at, **facts) if n.medium is Medium.EMAIL)
