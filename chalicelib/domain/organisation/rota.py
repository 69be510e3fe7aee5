"""When a staff member works: work schedules in their own zone, and the time off that is cut out of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.domain.organisation.opening_hours import WeeklyHours, weekly_intervals
from chalicelib.domain.shared.interval_set import Interval
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute


class CalendarType(StrEnum):
    """The use of a work schedule: free times come from open ones, rebooking goes into ad hoc ones (RB-6)."""

    OPEN = "open"
    AD_HOC = "ad_hoc"
    RAPID_RESPONSE = "rapid_response"


@dataclass(frozen=True, slots=True)
class WorkSchedule:
    """Weekly lines in ``timezone``; both dates of validity are included, no location means all of theirs."""

    id: str
    calendar_type: CalendarType
    timezone: str
    lines: tuple[WeeklyHours, ...]
    valid_from: date | None = None
    valid_until: date | None = None
    location_id: str | None = None
    version: int = 1

    def intervals(self, first: date, last: date) -> Iterator[Interval]:
        """The working times of the local days from ``first`` to ``last``, both included."""
        begin = max(first, self.valid_from or first)
        end = min(last, self.valid_until or last)
        yield from weekly_intervals(self.lines, ZoneInfo(self.timezone), begin, end)


@dataclass(frozen=True, slots=True)
class TimeOff:
    """An absence from ``start`` to ``end`` (UTC); existing appointments stay as they are."""

    id: str
    start: datetime
    end: datetime
    reason: str = ""
    version: int = 1

    @property
    def interval(self) -> Interval:
        """In minutes since 1970; a minute that is partly off is off."""
        end = epoch_minute(self.end)
        return epoch_minute(self.start), end + (from_epoch_minute(end) < self.end)


@dataclass(frozen=True, slots=True)
class Rota:
    """The schedules and time off of one staff member; one record, so that it is read and checked as a whole."""

    staff_id: str
    schedules: tuple[WorkSchedule, ...] = ()
    time_off: tuple[TimeOff, ...] = ()
    version: int = 0
