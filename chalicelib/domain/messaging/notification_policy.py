"""Who is told what: is a message still true, to whom does it go, in which language and zone (NT-1 … NT-6, NT-8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment, Attendee, State
from chalicelib.domain.appointments.meeting_link import visible_call
from chalicelib.domain.clients.client import Client
from chalicelib.domain.messaging.notifications import Guest, Medium, Notice, Scene
from chalicelib.domain.organisation.catalog import Method, Settings, Staff
from chalicelib.domain.shared.events import Audience, Channel, Entry, Kind, Message

CANCELLATIONS = frozenset({Kind.CANCELLED, Kind.STAFF_CANCELLED})
# The last word to somebody: no later entry speaks to them, so nothing supersedes it.
FAREWELLS = CANCELLATIONS | {Kind.STAFF_UNASSIGNED}
_PROMISES = frozenset({Kind.CONFIRMATION, Kind.REMINDER, Kind.STAFF_BOOKED})
# Facts a use case may give with a message; everything else is looked up when it is sent.
REASON = "reason"
PREVIOUS_START = "previous_start"
ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Telling:
    """The notices a message comes to; when there are none, ``unsaid`` tells why."""

    notices: tuple[Notice, ...] = ()
    unsaid: str = ""


def telling(message: Message, entry: Entry, scene: Scene, now: datetime) -> Telling:
    """The notices of one message of an entry as things stand ``now``.

    ``unsaid``: ``stale`` (a later entry tells, or it is no longer true), ``suppressed`` (nobody wants clients
    of this appointment told, NT-6, D42) or ``unreachable`` (no address, no consent, NT-1).
    """
    if _stale(message, entry, scene, now):
        return Telling(unsaid="stale")
    if message.audience is Audience.CLIENT:
        if not scene.appointment.notify_client:
            return Telling(unsaid="suppressed")
        notices = tuple(_to_client(message, entry, scene, now))
    else:
        notices = tuple(_to_organisation(message, scene))
    return Telling(notices) if notices else Telling(unsaid="unreachable")


def language_for(wanted: Iterable[str | None], settings: Settings) -> str:
    """The first wanted language the organisation writes in, ``fr-CA`` finding ``fr``, else its own (NT-8)."""
    for tag in wanted:
        for candidate in (tag, (tag or "").partition("-")[0]):
            if candidate in settings.languages:
                return candidate or ""
    return next(iter(settings.languages), "en")


def _stale(message: Message, entry: Entry, scene: Scene, now: datetime) -> bool:
    appointment, kind = scene.appointment, message.kind
    if entry.sequence < appointment.sequence and kind not in FAREWELLS:
        return True
    if kind in _PROMISES and not appointment.confirmed:
        return True
    if kind is Kind.REMINDER and (appointment.state is not State.BOOKED or appointment.start <= now):
        return True
    if message.audience is Audience.CLIENT:
        return _stale_for_client(message, scene)
    if kind is Kind.STAFF_UNASSIGNED:
        return appointment.staff_id == message.recipient_id
    if message.audience is Audience.STAFF and _others_now(message, appointment.staff_id):
        return True
    return (appointment.state is State.CANCELLED) is not (kind in CANCELLATIONS)


def _stale_for_client(message: Message, scene: Scene) -> bool:
    attendee = _attendee(message, scene)
    if attendee is None or attendee.cancelled is not (message.kind in CANCELLATIONS):
        return True
    return message.kind is Kind.REQUEST_RECEIVED and scene.appointment.confirmed


def _others_now(message: Message, holder: str | None) -> bool:
    if message.kind is Kind.STAFF_ASSIGNED:
        return holder != message.recipient_id
    return holder not in (None, message.recipient_id)


def _attendee(message: Message, scene: Scene) -> Attendee | None:
    return next((a for a in scene.appointment.attendees if a.client_id == message.recipient_id), None)


def _to_client(message: Message, entry: Entry, scene: Scene, now: datetime) -> Iterable[Notice]:
    attendee, client = _attendee(message, scene), scene.clients.get(message.recipient_id)
    if attendee is None or client is None:
        return
    settings, appointment = scene.settings, scene.appointment
    leaving = message.kind in CANCELLATIONS
    notice = replace(
        _notice(message, scene),
        name=client.first_name or attendee.name,
        language=language_for([client.language], settings),
        timezone=appointment.timezone,
        guests=(Guest(attendee.name, attendee.notes, _answers(attendee, scene)),),
        code=attendee.code,
        by_client=entry.actor.channel is Channel.MODERN_CLIENT_VIEW,
        call_number=(client.mobile or client.phone or "") if appointment.method is Method.PHONE else "",
        sequence=sequence_for(appointment, attendee, leaving=leaving),
        cancel_until=_ahead(appointment.start, settings.cancel_deadline_hours, now),
        # A client moves an appointment once (WG-4).
        rebook_until=None if attendee.moves else _ahead(appointment.start, settings.rebook_deadline_hours, now),
        has_email=_takes_email(client),
    )
    if _takes_email(client):
        yield replace(notice, medium=Medium.EMAIL, address=client.email or "")
    if client.receive_sms and client.mobile:
        yield replace(notice, medium=Medium.TEXT, address=client.mobile)


def sequence_for(appointment: Appointment, attendee: Attendee, *, leaving: bool) -> int:
    """What an attendee's calendar compares (RFC 5546).

    One of them leaving does not change the appointment's own sequence; their calendar must hear of it all the same.
    """
    return appointment.sequence + attendee.ahead + (1 if leaving and appointment.occupies else 0)


def _ahead(start: datetime, hours: int, now: datetime) -> datetime | None:
    """The deadline so many hours before the start, unless it has passed."""
    deadline = start - timedelta(hours=hours)
    return deadline if deadline > now else None


def _takes_email(client: Client) -> bool:
    return client.receive_email and bool(client.email)


def _to_organisation(message: Message, scene: Scene) -> Iterable[Notice]:
    settings, location = scene.settings, scene.location
    notice = replace(_notice(message, scene), guests=tuple(_guests(scene)))
    match message.audience:
        case Audience.STAFF:
            staff = scene.staff.get(message.recipient_id)
            if staff is not None and staff.active and staff.email:
                yield _to_staff(notice, staff, scene)
        case Audience.LOCATION:
            if location.email:
                language = language_for([location.language], settings)
                yield replace(notice, address=location.email, name=location.name, language=language)
        case Audience.ORGANISATION:
            if settings.notification_email:
                yield replace(
                    notice,
                    address=settings.notification_email,
                    name=settings.organisation_name,
                    language=language_for([], settings),
                    timezone=settings.timezone,
                )


def _to_staff(notice: Notice, staff: Staff, scene: Scene) -> Notice:
    return replace(
        notice,
        address=staff.email,
        name=staff.name,
        language=language_for([*staff.languages, scene.location.language], scene.settings),
        timezone=staff.timezone or scene.location.timezone,
    )


def _notice(message: Message, scene: Scene) -> Notice:
    appointment, location = scene.appointment, scene.location
    cancellation = appointment.cancellation
    staff = scene.staff.get(appointment.staff_id or "")
    previous = message.facts.get(PREVIOUS_START)
    return Notice(
        kind=message.kind,
        audience=message.audience,
        medium=Medium.EMAIL,
        recipient_id=message.recipient_id,
        address="",
        name="",
        language="",
        timezone=location.timezone,
        organisation=scene.settings.organisation_name,
        appointment_id=appointment.id,
        start=appointment.start,
        end=appointment.end,
        method=appointment.method,
        service=scene.service.name,
        place=location.name,
        place_address=location.address if appointment.method is Method.IN_PERSON else "",
        staff_name=staff.name if staff else "",
        confirmed=appointment.confirmed,
        sequence=appointment.sequence,
        changed_at=appointment.updated_at,
        reason=message.facts.get(REASON) or (cancellation.reason if cancellation else ""),
        previous_start=datetime.fromisoformat(previous) if previous else None,
        elsewhere=ELSEWHERE in message.facts,
        teleconference=visible_call(appointment, leaving=message.kind in FAREWELLS),
    )


def _guests(scene: Scene) -> Iterable[Guest]:
    appointment = scene.appointment
    for attendee in appointment.live_attendees or appointment.attendees:
        client = scene.clients.get(attendee.client_id)
        yield Guest(
            name=attendee.name,
            notes=attendee.notes,
            answers=_answers(attendee, scene),
            phone=(client.mobile or client.phone or "") if client else "",
            email=(client.email or "") if client else "",
        )


def _answers(attendee: Attendee, scene: Scene) -> tuple[tuple[str, Any], ...]:
    texts = {question.id: question.text for question in scene.service.questions}
    return tuple((texts[a.question_id], a.value) for a in attendee.answers if a.question_id in texts)
