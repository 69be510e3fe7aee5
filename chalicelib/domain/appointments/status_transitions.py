"""Moving an appointment through the approval statuses: the allowed moves and their effect (D28, D34)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.organisation.statuses import Status, StatusHistoryEntry, StatusPipeline, StatusPredicate
from chalicelib.domain.shared.errors import Forbidden, WrongState, invalid
from chalicelib.domain.shared.events import Actor, FieldChange


def initial_status(offer: Offer, pipeline: StatusPipeline) -> Status | None:
    """The first status of a new booking; None unless organisation and service have the status function on (AS-1)."""
    if not (offer.settings.status_function and offer.service.status_function):
        return None
    return pipeline.first_with(StatusPredicate.START)


def as_request(appointment: Appointment, status: Status | None, now: datetime) -> Appointment:
    """A new booking as a request under this status; without a status it stays confirmed (AS-4, AS-5)."""
    if status is None:
        return appointment
    return replace(appointment, confirmed=False, announced=False, status_id=status.id, requested_at=now)


def as_renewed_request(appointment: Appointment, status: Status | None, now: datetime) -> Appointment:
    """An appointment its client has moved, as a request again under this status; unchanged without one (D34, D31)."""
    if appointment.status_id is None or status is None:
        return appointment
    return replace(appointment, confirmed=False, status_id=status.id, requested_at=now)


def require_transition(appointment: Appointment, status: Status, *, admin: bool) -> None:
    """Refuse a move that is not allowed (D28); ``Appointment.cancelled`` checks a cancellation further.

    409 ``wrong_state`` without a pipeline and once it is finished or cancelled; 422 ``status_archived``; 403 for
    taking back a confirmation unless the caller is an administrator.
    """
    if appointment.status_id is None:
        raise WrongState("This appointment does not go through statuses.")
    appointment.require_unfinished()
    if status.archived:
        raise invalid("/status_id", "This status is archived.", "status_archived")
    if status.predicate is StatusPredicate.START and appointment.confirmed:
        if not admin:
            raise Forbidden("The client has been told that it is confirmed.")
        if appointment.state not in (AppointmentState.BOOKED, AppointmentState.ARRIVED):
            raise WrongState("This appointment has already begun.")


def with_status(appointment: Appointment, status: Status, now: datetime) -> Appointment:
    """The appointment in this status, which is no cancellation; its predicate decides if it is confirmed."""
    after = replace(appointment, status_id=status.id, updated_at=now)
    confirmed = status.predicate is StatusPredicate.BOOKING_CONFIRMATION
    if confirmed == appointment.confirmed:
        return after
    # Calendars ignore a changed tentative state unless SEQUENCE is higher (RFC 5546, 2.1.4).
    after = replace(after, sequence=appointment.sequence + 1)
    if confirmed:
        # Reminders due while it was a request are not sent afterwards (case 25).
        return replace(after, confirmed=True, announced=True, requested_at=None, reminders_from=now)
    return replace(after, confirmed=False, requested_at=now)


def history_entry(
    appointment: Appointment, status: Status, actor: Actor, at: datetime, reason: str = ""
) -> StatusHistoryEntry:
    """The history entry of the appointment as it was just saved in this status."""
    return StatusHistoryEntry(
        appointment_id=appointment.id,
        number=appointment.version,
        status_id=status.id,
        name=status.name,
        colour=status.colour,
        predicate=status.predicate,
        position=status.position,
        at=at,
        by=actor.label,
        reason=reason or None,
    )


def status_changes(before: Status | None, after: Status | None) -> tuple[FieldChange, ...]:
    """The logged change of status, by the present names; empty if the status stays."""
    if before == after:
        return ()
    return (FieldChange("status", before.name if before else None, after.name if after else None),)
