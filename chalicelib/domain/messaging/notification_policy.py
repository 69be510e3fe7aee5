"""The rules for a message: is it still true, who gets it, in which language and time zone (NT-1 … NT-6, NT-8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState, Attendee
from chalicelib.domain.appointments.meeting_link import visible_call
from chalicelib.domain.clients.client import Client
from chalicelib.domain.messaging.notifications import Medium, MessageContext, Notification, NotifiedAttendee
from chalicelib.domain.organisation.catalogue import MeetingMethod, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.events import Audience, Channel, JournalEntry, MessageKind, QueuedMessage
from chalicelib.domain.shared.languages import FALLBACK_LANGUAGE, choose_language

CANCELLATION_KINDS = frozenset({MessageKind.CANCELLED, MessageKind.STAFF_CANCELLED})
# No later entry has a message for this recipient, so nothing supersedes these.
FINAL_KINDS = CANCELLATION_KINDS | {MessageKind.STAFF_UNASSIGNED}
_CONFIRMED_ONLY_KINDS = frozenset({MessageKind.CONFIRMATION, MessageKind.REMINDER, MessageKind.STAFF_BOOKED})
# Facts that a use case may store with a message; everything else is looked up when it is sent.
REASON_FACT = "reason"
PREVIOUS_START_FACT = "previous_start"
ELSEWHERE_FACT = "elsewhere"


@dataclass(frozen=True, slots=True)
class RoutedMessage:
    """The notifications that come of a message; if there are none, ``suppressed`` is the reason."""

    notifications: tuple[Notification, ...] = ()
    suppressed: str = ""


def route(message: QueuedMessage, entry: JournalEntry, context: MessageContext, now: datetime) -> RoutedMessage:
    """The notifications of one message of a journal entry, as of ``now``.

    ``suppressed`` is ``stale`` (superseded by a later entry, or no longer true), ``suppressed`` (messages to the
    client are off for this appointment, NT-6, D42) or ``unreachable`` (no address or no consent, NT-1).
    """
    if _is_stale(message, entry, context, now):
        return RoutedMessage(suppressed="stale")
    if message.audience is Audience.CLIENT:
        if not context.appointment.notify_client:
            return RoutedMessage(suppressed="suppressed")
        notifications = tuple(_client_notifications(message, entry, context, now))
    else:
        notifications = tuple(_organisation_notifications(message, context))
    return RoutedMessage(notifications) if notifications else RoutedMessage(suppressed="unreachable")


def language_for(preferred: Iterable[str | None], settings: Settings) -> str:
    """The first preferred language the organisation writes in, else its own first one (NT-8)."""
    return choose_language(preferred, settings.languages, next(iter(settings.languages), FALLBACK_LANGUAGE))


def _is_stale(message: QueuedMessage, entry: JournalEntry, context: MessageContext, now: datetime) -> bool:
    appointment, kind = context.appointment, message.kind
    if entry.sequence < appointment.sequence and kind not in FINAL_KINDS:
        return True
    if kind in _CONFIRMED_ONLY_KINDS and not appointment.confirmed:
        return True
    if kind is MessageKind.REMINDER and (appointment.state is not AppointmentState.BOOKED or appointment.start <= now):
        return True
    if message.audience is Audience.CLIENT:
        return _is_stale_for_client(message, context)
    if kind is MessageKind.STAFF_UNASSIGNED:
        return appointment.staff_id == message.recipient_id
    if message.audience is Audience.STAFF and _is_reassigned(message, appointment.staff_id):
        return True
    return (appointment.state is AppointmentState.CANCELLED) is not (kind in CANCELLATION_KINDS)


def _is_stale_for_client(message: QueuedMessage, context: MessageContext) -> bool:
    attendee = _attendee(message, context)
    if attendee is None or attendee.cancelled is not (message.kind in CANCELLATION_KINDS):
        return True
    return message.kind is MessageKind.REQUEST_RECEIVED and context.appointment.confirmed


def _is_reassigned(message: QueuedMessage, assigned: str | None) -> bool:
    if message.kind is MessageKind.STAFF_ASSIGNED:
        return assigned != message.recipient_id
    return assigned not in (None, message.recipient_id)


def _attendee(message: QueuedMessage, context: MessageContext) -> Attendee | None:
    return next((a for a in context.appointment.attendees if a.client_id == message.recipient_id), None)


def _client_notifications(
    message: QueuedMessage, entry: JournalEntry, context: MessageContext, now: datetime
) -> Iterable[Notification]:
    attendee, client = _attendee(message, context), context.clients.get(message.recipient_id)
    if attendee is None or client is None:
        return
    settings, appointment = context.settings, context.appointment
    notification = replace(
        base_notification(message, context),
        name=client.first_name or attendee.name,
        language=language_for([client.language], settings),
        timezone=appointment.timezone,
        attendees=(NotifiedAttendee(attendee.name, attendee.notes, _answers(attendee, context)),),
        code=attendee.code,
        by_client=entry.actor.channel is Channel.MODERN_CLIENT_VIEW,
        call_number=(client.mobile or client.phone or "") if appointment.method is MeetingMethod.PHONE else "",
        sequence=calendar_sequence(appointment, attendee, cancelled=message.kind in CANCELLATION_KINDS),
        cancel_until=_deadline(appointment.start, settings.cancel_deadline_hours, now),
        # A client moves an appointment once (WG-4).
        rebook_until=None if attendee.moves else _deadline(appointment.start, settings.rebook_deadline_hours, now),
        has_email=_accepts_email(client),
    )
    if _accepts_email(client):
        yield replace(notification, medium=Medium.EMAIL, address=client.email or "")
    if client.receive_sms and client.mobile:
        yield replace(notification, medium=Medium.TEXT, address=client.mobile)


def calendar_sequence(appointment: Appointment, attendee: Attendee, *, cancelled: bool) -> int:
    """The SEQUENCE that the attendee's calendar compares (RFC 5546).

    An attendee who leaves does not change the appointment's own sequence, but their calendar needs a higher one.
    """
    return appointment.sequence + attendee.ahead + (1 if cancelled and appointment.occupies_capacity else 0)


def _deadline(start: datetime, hours: int, now: datetime) -> datetime | None:
    """The deadline ``hours`` before the start; ``None`` once it has passed."""
    deadline = start - timedelta(hours=hours)
    return deadline if deadline > now else None


def _accepts_email(client: Client) -> bool:
    return client.receive_email and bool(client.email)


def _organisation_notifications(message: QueuedMessage, context: MessageContext) -> Iterable[Notification]:
    settings, location = context.settings, context.location
    notification = replace(base_notification(message, context), attendees=tuple(_notified_attendees(context)))
    match message.audience:
        case Audience.STAFF:
            staff = context.staff.get(message.recipient_id)
            if staff is not None and staff.active and staff.email:
                yield _staff_notification(notification, staff, context)
        case Audience.LOCATION:
            if location.email:
                language = language_for([location.language], settings)
                yield replace(notification, address=location.email, name=location.name, language=language)
        case Audience.ORGANISATION:
            if settings.notification_email:
                yield replace(
                    notification,
                    address=settings.notification_email,
                    name=settings.organisation_name,
                    language=language_for([], settings),
                    timezone=settings.timezone,
                )


def _staff_notification(notification: Notification, staff: Staff, context: MessageContext) -> Notification:
    return replace(
        notification,
        address=staff.email,
        name=staff.name,
        language=language_for([*staff.languages, context.location.language], context.settings),
        timezone=staff.timezone or context.location.timezone,
    )


def base_notification(message: QueuedMessage, context: MessageContext) -> Notification:
    """The notification with what all recipients of the message share; address, name and language are empty."""
    appointment, location = context.appointment, context.location
    cancellation = appointment.cancellation
    staff = context.staff.get(appointment.staff_id or "")
    previous = message.facts.get(PREVIOUS_START_FACT)
    return Notification(
        kind=message.kind,
        audience=message.audience,
        medium=Medium.EMAIL,
        recipient_id=message.recipient_id,
        address="",
        name="",
        language="",
        timezone=location.timezone,
        organisation=context.settings.organisation_name,
        appointment_id=appointment.id,
        start=appointment.start,
        end=appointment.end,
        method=appointment.method,
        service=context.service.name,
        place=location.name,
        place_address=location.address if appointment.method is MeetingMethod.IN_PERSON else "",
        staff_name=staff.name if staff else "",
        confirmed=appointment.confirmed,
        sequence=appointment.sequence,
        changed_at=appointment.updated_at,
        reason=message.facts.get(REASON_FACT) or (cancellation.reason if cancellation else ""),
        previous_start=datetime.fromisoformat(previous) if previous else None,
        elsewhere=ELSEWHERE_FACT in message.facts,
        teleconference=visible_call(appointment, leaving=message.kind in FINAL_KINDS),
    )


def _notified_attendees(context: MessageContext) -> Iterable[NotifiedAttendee]:
    appointment = context.appointment
    for attendee in appointment.live_attendees or appointment.attendees:
        client = context.clients.get(attendee.client_id)
        yield NotifiedAttendee(
            name=attendee.name,
            notes=attendee.notes,
            answers=_answers(attendee, context),
            phone=(client.mobile or client.phone or "") if client else "",
            email=(client.email or "") if client else "",
        )


def _answers(attendee: Attendee, context: MessageContext) -> tuple[tuple[str, Any], ...]:
    texts = {question.id: question.text for question in context.service.questions}
    return tuple((texts[a.question_id], a.value) for a in attendee.answers if a.question_id in texts)
