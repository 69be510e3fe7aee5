"""Limits on what clients do themselves: until when they may cancel or move, and how often (WG-3, WG-4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState, Attendee
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import AlreadyRebooked, DeadlinePassed


def require_deadline(appointment: Appointment, hours: int, now: datetime) -> None:
    """409 ``deadline_passed`` from so many elapsed hours before the start on, whatever the clocks do then (D41)."""
    if now > _deadline(appointment, hours) or now >= appointment.start:
        raise DeadlinePassed()


def require_first_move(attendees: Iterable[Attendee]) -> None:
    """409 ``already_rebooked`` if the client, under any of their records, has moved it once (WG-4)."""
    if any(attendee.moves for attendee in attendees):
        raise AlreadyRebooked()


def client_deadlines(
    appointment: Appointment, attendee: Attendee, settings: Settings, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Until when the attendee may cancel and move it; each None if that is over or not allowed (WG-3, WG-4)."""
    if attendee.cancelled or appointment.state is not AppointmentState.BOOKED:
        return None, None
    cancel_until = _deadline(appointment, settings.cancel_deadline_hours)
    move_until = _deadline(appointment, settings.rebook_deadline_hours)
    return (
        cancel_until if now <= cancel_until else None,
        move_until if now <= move_until and not attendee.moves else None,
    )


def _deadline(appointment: Appointment, hours: int) -> datetime:
    return appointment.start - timedelta(hours=hours)
