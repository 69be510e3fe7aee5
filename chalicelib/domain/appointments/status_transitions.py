"""The way of one appointment through the statuses: what a move makes of it, and which moves there are (D28, D34)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.organisation.catalog import Offer
from chalicelib.domain.organisation.statuses import Status, StatusHistoryEntry, StatusPipeline, StatusPredicate
from chalicelib.domain.shared.errors import Forbidden, WrongState, invalid
from chalicelib.domain.shared.events import Actor, FieldChange
from chalicelib.domain.shared.languages import choose_language

# What stands in the history where nobody typed a reason, in the languages messages are written in.
_DEFAULT_REASONS: Mapping[str, Mapping[str, str]] = {
    "en": {"client": "cancelled by customer", "waited": "Your request could not be answered in time."},
    "fr": {"client": "annulé par le client", "waited": "Nous n'avons pas pu répondre à votre demande à temps."},
}


def initial_status(offer: Offer, pipeline: StatusPipeline) -> Status | None:
    """The status a new booking takes; none unless the function is on for the organisation and the service (AS-1)."""
    if not (offer.settings.status_function and offer.service.status_function):
        return None
    return pipeline.first_with(StatusPredicate.START)


def as_request(appointment: Appointment, status: Status | None, now: datetime) -> Appointment:
    """A new booking as the request it is under this status; as it is, confirmed, without one (AS-4, AS-5)."""
    if status is None:
        return appointment
    return replace(appointment, confirmed=False, announced=False, status_id=status.id, requested_at=now)


def as_renewed_request(appointment: Appointment, status: Status | None, now: datetime) -> Appointment:
    """One that its client has moved: a request again under this status, as it was without one (D34, D31)."""
    if appointment.status_id is None or status is None:
        return appointment
    return replace(appointment, confirmed=False, status_id=status.id, requested_at=now)


def require_transition(appointment: Appointment, status: Status, *, admin: bool) -> None:
    """Refuses a move that there is not (D28); into a cancellation is asked of ``Appointment.cancelled`` as well.

    409 ``wrong_state`` without a pipeline and once it is over or cancelled; 422 ``status_archived``; 403 for anybody
    but an administrator who takes a confirmation back, which the client has been told.
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
    """In this status, which is no cancellation: a request or confirmed, as the status says."""
    after = replace(appointment, status_id=status.id, updated_at=now)
    confirmed = status.predicate is StatusPredicate.BOOKING_CONFIRMATION
    if confirmed == appointment.confirmed:
        return after
    # What was sent before is past, and calendars compare it when an event is no longer tentative (RFC 5546, 2.1.4).
    after = replace(after, sequence=appointment.sequence + 1)
    if confirmed:
        # Reminders that would have been due while it was a request are not made up for (case 25).
        return replace(after, confirmed=True, announced=True, requested_at=None, reminders_from=now)
    return replace(after, confirmed=False, requested_at=now)


def history_entry(
    appointment: Appointment, status: Status, actor: Actor, at: datetime, reason: str = ""
) -> StatusHistoryEntry:
    """The line of the history for the appointment as it was just saved in this status."""
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
    """What the log says of a move, by the names of that moment; nothing where the status stays."""
    if before == after:
        return ()
    return (FieldChange("status", before.name if before else None, after.name if after else None),)


def client_cancellation_reason(language: str, client_reason: str) -> str:
    """The reason of a cancellation by the client, with what they said (D32)."""
    words = _DEFAULT_REASONS[choose_language([language], _DEFAULT_REASONS)]["client"]
    return f"{words}: {client_reason}" if client_reason else words


def auto_reject_reason(language: str) -> str:
    """The reason of a request that nobody decided on within the organisation's own time (D33)."""
    return _DEFAULT_REASONS[choose_language([language], _DEFAULT_REASONS)]["waited"]
