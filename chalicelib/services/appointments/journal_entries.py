"""The journal entry of an appointment's change: its log line, domain events, and messages to clients and staff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.shared.events import Audience, DomainEvent, FieldChange, JournalEntry, MessageKind, QueuedMessage
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ids

ORGANISATION_ID = "org"


def appointment_event(kind: str, appointment: Appointment) -> DomainEvent:
    """The domain event of this type about an appointment: ids and times only, no personal data."""
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
    """The journal entry for an appointment as it was just saved; ``events`` are the types of its domain events."""
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
    """The logged reason, if there is one."""
    return (FieldChange("reason", None, reason),) if reason else ()


def booking_announcement(appointment: Appointment) -> tuple[MessageKind, str]:
    """The message to the clients of a new booking or a new request, and the type of its event (AS-5)."""
    if appointment.confirmed:
        return MessageKind.CONFIRMATION, "appointment.booked"
    return MessageKind.REQUEST_RECEIVED, "appointment.requested"


def client_messages(
    kind: MessageKind, client_ids: Iterable[str], facts: Mapping[str, str] | None = None
) -> tuple[QueuedMessage, ...]:
    """The message to each of these clients."""
    return tuple(QueuedMessage(kind, Audience.CLIENT, client_id, facts or {}) for client_id in client_ids)


def attendee_messages(
    kind: MessageKind, appointment: Appointment, facts: Mapping[str, str] | None = None, *, notify: bool = True
) -> tuple[QueuedMessage, ...]:
    """The message to each client who still attends; no messages unless ``notify``."""
    return client_messages(kind, [a.client_id for a in appointment.live_attendees if notify], facts)


def organisation_messages(
    kind: MessageKind, appointment: Appointment, facts: Mapping[str, str] | None = None
) -> tuple[QueuedMessage, ...]:
    """The copies for the staff member, the location and the organisation; addresses are looked up later."""
    recipients = (
        (Audience.STAFF, appointment.staff_id),
        (Audience.LOCATION, appointment.location_id),
        (Audience.ORGANISATION, ORGANISATION_ID),
    )
    return tuple(QueuedMessage(kind, audience, i, facts or {}) for audience, i in recipients if i is not None)


def informed_organisation_messages(
    kind: MessageKind, appointment: Appointment, facts: Mapping[str, str] | None = None
) -> tuple[QueuedMessage, ...]:
    """The copies for those of the organisation who have been informed of the appointment.

    Nobody is informed of a request but the staff member it was assigned to or who claimed it (AS-5).
    """
    copies = organisation_messages(kind, appointment, facts)
    if appointment.announced:
        return copies
    return tuple(m for m in copies if appointment.handed_over and m.audience is Audience.STAFF)


def handover_messages(
    context: Context, before: Appointment, after: Appointment, facts: Mapping[str, str] | None = None
) -> Iterator[QueuedMessage]:
    """The messages to the staff member who gets it and the one who loses it, except to the caller (feature 7).

    ``facts`` go to the one who loses it.
    """
    caller_id = context.staff.staff_id
    if after.staff_id not in (None, caller_id):
        yield QueuedMessage(MessageKind.STAFF_ASSIGNED, Audience.STAFF, after.staff_id)
    if before.staff_id not in (None, caller_id):
        yield QueuedMessage(MessageKind.STAFF_UNASSIGNED, Audience.STAFF, before.staff_id, facts or {})
