"""Quick View's three sections of a consultant's work, and the time window they cover (RB-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.appointments.lifecycle import OVERDUE_AFTER
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.times import day_bounds, known_zone


class Section(StrEnum):
    """The sections; an appointment is shown in exactly one of them (feature 71)."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    RECENTLY_COMPLETED = "recently_completed"


SECTION_BY_STATE: Mapping[AppointmentState, Section] = {
    AppointmentState.BOOKED: Section.NOT_STARTED,
    AppointmentState.ARRIVED: Section.NOT_STARTED,
    AppointmentState.IN_PROGRESS: Section.IN_PROGRESS,
    AppointmentState.SERVED: Section.IN_PROGRESS,
    AppointmentState.COMPLETED: Section.RECENTLY_COMPLETED,
    AppointmentState.NO_SHOW: Section.RECENTLY_COMPLETED,
    AppointmentState.CANCELLED: Section.RECENTLY_COMPLETED,
}


# Appointments that may have been commenced early are read this far beyond the day.
_EARLY_START_MARGIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class QuickViewWindow:
    """The window of one day: ``unstarted_from`` ≤ ``recent_from`` ≤ its start < ``until`` < ``early_starts_until``.

    An ended appointment is recent from ``recent_from`` on, by its start or by its end. Appointments not started are
    read from ``unstarted_from`` on: confirmed ones are commenced automatically before that (RB-19).
    """

    unstarted_from: datetime
    recent_from: datetime
    until: datetime
    early_starts_until: datetime

    @classmethod
    def for_day(cls, day: date, timezone: str, settings: Settings) -> QuickViewWindow:
        """The window of a day in this zone."""
        start, until = day_bounds(day, known_zone(timezone))
        recent = start - timedelta(days=settings.quick_view_days)
        # One recorded afterwards waits from then on; one day more, as the job runs every hour.
        longest = OVERDUE_AFTER + timedelta(days=settings.retrospective_days + 1)
        return cls(min(recent, start - longest), recent, until, until + _EARLY_START_MARGIN)

    def includes(self, appointment: Appointment) -> bool:
        """True if it belongs in one of the sections."""
        ended = ended_at(appointment)
        if ended is None:
            commenced = appointment.reached_at(AppointmentState.IN_PROGRESS)
            return appointment.start < self.until or (commenced is not None and commenced < self.until)
        return any(self.recent_from <= at < self.until for at in (ended, appointment.start))


def ended_at(appointment: Appointment) -> datetime | None:
    """The time it was completed, missed or cancelled; None before that."""
    if appointment.cancellation is not None:
        return appointment.cancellation.at
    return appointment.reached_at(AppointmentState.COMPLETED) or appointment.reached_at(AppointmentState.NO_SHOW)
