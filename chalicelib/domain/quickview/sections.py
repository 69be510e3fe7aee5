"""Quick View: the three sections of a consultant's work, and when an appointment leaves the last one (RB-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.appointments.lifecycle import OVERDUE_AFTER
from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.shared.times import day_bounds, known_zone


class Section(StrEnum):
    """Where an appointment is shown: in exactly one of them (feature 71)."""

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


# What took place before its time is looked for so far beyond the day.
_EARLY_START_MARGIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class QuickViewWindow:
    """What a Quick View of one day takes in; ``unstarted`` ≤ ``recent`` ≤ the day's start < ``until`` < ``ahead``.

    What ended counts as recent from ``recent`` on, by when it was to take place or when it ended. What has not begun
    is looked for from ``unstarted`` on: nothing confirmed waits longer, being commenced by itself (RB-19).
    """

    unstarted_from: datetime
    recent_from: datetime
    until: datetime
    early_starts_until: datetime

    @classmethod
    def for_day(cls, day: date, timezone: str, settings: Settings) -> QuickViewWindow:
        """That of a day in this zone."""
        start, until = day_bounds(day, known_zone(timezone))
        recent = start - timedelta(days=settings.quick_view_days)
        # What is put on record afterwards waits from then on; a day more, since that run comes by the hour.
        longest = OVERDUE_AFTER + timedelta(days=settings.retrospective_days + 1)
        return cls(min(recent, start - longest), recent, until, until + _EARLY_START_MARGIN)

    def includes(self, appointment: Appointment) -> bool:
        """Whether it belongs there, in whichever section."""
        ended = ended_at(appointment)
        if ended is None:
            begun = appointment.reached_at(AppointmentState.IN_PROGRESS)
            return appointment.start < self.until or (begun is not None and begun < self.until)
        if ended >= self.recent_from and ended < self.until:
            return True
        return self.recent_from <= appointment.start < self.until


def ended_at(appointment: Appointment) -> datetime | None:
    """When it was completed, missed or cancelled; none before that."""
    if appointment.cancellation is not None:
        return appointment.cancellation.at
    return appointment.reached_at(AppointmentState.COMPLETED) or appointment.reached_at(AppointmentState.NO_SHOW)
