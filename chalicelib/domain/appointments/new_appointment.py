"""Making a new appointment of what a service offers at a location: booked by clients, by staff, or again (D2, TZ-2)."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.domain.appointments.appointment import Appointment, Attendee
from chalicelib.domain.appointments.video_meetings import default_call
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.shared.events import Actor
from chalicelib.domain.shared.times import known_zone, wall_text


def new_appointment(
    appointment_id: str,
    offer: Offer,
    method: MeetingMethod,
    start: datetime,
    *,
    timezone: str | None,
    attendees: tuple[Attendee, ...],
    booked_through: Actor,
    now: datetime,
) -> Appointment:
    """A confirmed appointment, assigned to nobody, from ``start`` (UTC) for as long as the service takes.

    Buffers, reminders and video platform are the offer's as they are now. ``timezone`` is the agreed one, None for
    the location's; 422 ``unknown_timezone``.
    """
    service, timezone = offer.service, timezone or offer.location.timezone
    return Appointment(
        id=appointment_id,
        service_id=service.id,
        location_id=offer.location.id,
        method=method,
        start=start,
        end=start + timedelta(minutes=service.duration_minutes),
        timezone=timezone,
        local_start=wall_text(start, known_zone(timezone)),
        attendees=attendees,
        booked_through=booked_through,
        created_at=now,
        updated_at=now,
        availability=service.availability,
        buffer_before=service.buffer_before,
        buffer_after=service.buffer_after,
        teleconference=default_call(method, offer.settings.teleconference),
        reminder_hours=offer.settings.reminder_hours,
    )
