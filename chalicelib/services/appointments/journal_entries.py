"""What an appointment's change is announced with: its log line, domain events, and the organisation's own copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.shared.events import Audience, DomainEvent, FieldChange, JournalEntry, MessageKind, QueuedMessage
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ids

ORGANISATION_ID = "org"


def appointment_event(kind: str, appointment: Appointment) -> DomainEvent:
    """The event of this type about an appointment; ids and times only, no personal data."""
    data = {
        "id": appointment.id,
        "state": appointment.state.value,
        "confirmed": appointment.confirmed,
        "start": utc_text(appointment.start),
        "end": utc_text(appointment.end),
        "timezone": appointment.timezone,
        "location_id": appointment.location_id,
        "service_id": appointment.service_id,
        "staff_id": appointment.staff_id,
        "status_id": appointment.status_id,
        "meeting_method": appointment.method.value,
        "booked_through": appointment.booked_through.channel.value,
        "client_ids": [a.client_id for a in appointment.attendees],
    }
    return DomainEvent(kind, appointment.version, data, appointment.location_id, appointment.service_id)


def appointment_entry(
    ids: Ids,
    context: Context,
    after: Appointment,
    action: str,
    *,
    changes: Iterable[FieldChange] = (),
    messages: Iterable[QueuedMessage] = (),
    events: Iterable[str] = (),
) -> JournalEntry:
    """The log line of what happened to the appointment, as it was just saved; of its events, the types are named."""
    return JournalEntry(
        id=ids.new("evt", context.now, after.version),
        subject_id=after.id,
        at=context.now,
        action=action,
        actor=context.actor,
        changes=tuple(changes),
        messages=tuple(messages),
        events=tuple(appointment_event(event, after) for event in events),
        sequence=after.sequence,
    )


def reason_changes(reason: str) -> tuple[FieldChange, ...]:
    """What the log line says of the reason, if there is one."""
    return (FieldChange("reason", None, reason),) if reason else ()


def booking_announcement(appointment: Appointment) -> tuple[MessageKind, str]:
    """What its clients are sent for a new booking, and its event: a request is not confirmed (AS-5)."""
    if appointment.confirmed:
        return MessageKind.CONFIRMATION, "appointment.booked"
    return MessageKind.REQUEST_RECEIVED, "appointment.requested"


def client_messages(
    kind: MessageKind, client_ids: Iterable[str], facts: Mapping[str, str] | None = None
) -> tuple[QueuedMessage, ...]:
    """The message to each of these clients."""
    return tuple(QueuedMessage(kind, Audience.CLIENT, client_id, facts or {}) for client_id in client_ids)


def organisation_messages(
    kind: MessageKind, appointment: Appointment, facts: Mapping[str, str] | None = None
) -> tuple[QueuedMessage, ...]:
    """The copies for the staff member, the branch and the organisation; who has no address gets none."""
    facts = facts or {}
    copies = (
        QueuedMessage(kind, Audience.LOCATION, appointment.location_id, facts),
        QueuedMessage(kind, Audience.ORGANISATION, ORGANISATION_ID, facts),
    )
    if appointment.staff_id is None:
        return copies
    return (QueuedMessage(kind, Audience.STAFF, appointment.staff_id, facts), *copies)


def informed_organisation_messages(
    kind: MessageKind, appointment: Appointment, facts: Mapping[str, str] | None = None
) -> tuple[QueuedMessage, ...]:
    """The copies for those of the organisation who know of it: nobody is told of a request (AS-5).

    Nobody but whoever has been given it, or took it, and who was told of it when it was confirmed.
    """
    copies = organisation_messages(kind, appointment, facts)
    if appointment.announced:
        return copies
    return tuple(m for m in copies if appointment.handed_over and m.audience is Audience.STAFF)
