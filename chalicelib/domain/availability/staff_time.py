"""The time of a branch and of each staff member, as sets of minutes within one window."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from chalicelib.domain.capacity.ledger import Calendar
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.opening_hours import (
    DAY_MINUTES,
    BranchHours,
    PublicHolidays,
    local_day,
    wall_interval,
    wall_minute,
)
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.shared.interval_set import Interval, MinuteSet
from chalicelib.domain.shared.times import GRID_MINUTES, date_range


class BranchTime:
    """The opening times of a location within [first, last), in minutes since 1970 UTC."""

    def __init__(self, offer: Offer, branch_hours: BranchHours, first: int, last: int) -> None:
        self.offer = offer
        self.zone = ZoneInfo(offer.location.timezone)
        self._branch_hours = branch_hours
        self._first, self._last = first, last
        # Within the window clocks anywhere show one of these dates, except in the hours of the margin.
        self.date_bounds = (
            local_day(first, self.zone) - timedelta(days=1),
            local_day(last, self.zone) + timedelta(days=1),
        )

    def minute_set(self, intervals: Iterable[Interval]) -> MinuteSet:
        """A set of minutes of this window."""
        return MinuteSet.from_intervals(self._first, self._last, intervals)

    def intervals_by_day(self, time: MinuteSet) -> Iterator[Interval]:
        """The intervals a set consists of, divided at the location's midnights.

        So the beginning of an interval does not depend on the window, even if the set never ends.
        """
        for start, end in time.spans():
            inner = bisect_right(self._midnights, start)
            begin = start
            while inner < len(self._midnights) and self._midnights[inner] < end:
                yield begin, self._midnights[inner]
                begin = self._midnights[inner]
                inner += 1
            yield begin, end

    @cached_property
    def _midnights(self) -> list[int]:
        return [wall_minute(day, 0, self.zone) for day in date_range(*self.date_bounds)]

    @cached_property
    def holidays(self) -> frozenset[date]:
        """The public holidays it observes (RB-24)."""
        return PublicHolidays.observed_at(self.offer.location, self.offer.settings).between(*self.date_bounds)

    @cached_property
    def weekly_minutes(self) -> MinuteSet:
        """Its weekly hours."""
        return self.minute_set(self._branch_hours.open_intervals(self.zone, *self.date_bounds))

    @cached_property
    def open_minutes(self) -> MinuteSet:
        """Its weekly hours without closures and holidays."""
        closed = [*self._branch_hours.closed_intervals(self.zone)]
        closed += [wall_interval(day, 0, DAY_MINUTES, self.zone) for day in self.holidays]
        return self.weekly_minutes - self.minute_set(closed)

    @cached_property
    def open_starts(self) -> MinuteSet:
        """The starts from which it stays open to the end of the appointment."""
        return self.open_minutes.starts_lasting(self.offer.service.duration_minutes)


class StaffTime:
    """The times at which one staff member can take an appointment of the branch's offer, within its window.

    ``own`` are the occupants that do not count: the appointment being moved, the requester's own hold. ``now`` is
    epoch seconds; holds that ended by then do not count either.
    """

    def __init__(
        self, branch: BranchTime, member: TeamMember, calendar: Calendar, now: int, own: frozenset[str]
    ) -> None:
        self.member = member
        self.calendar = calendar
        self._branch = branch
        self._service = branch.offer.service
        self._zone = ZoneInfo(member.timezone or branch.offer.location.timezone)
        self._occupants = [o for o in calendar.live_occupants(now) if o.id not in own]

    @cached_property
    def _working(self) -> MinuteSet:
        first, last = self._branch.date_bounds
        intervals = (interval for schedule in self.member.schedules for interval in schedule.intervals(first, last))
        return self._branch.minute_set(intervals) & self._branch.weekly_minutes

    @cached_property
    def starts_on_duty(self) -> MinuteSet:
        """The starts from which they work, with the location open, to the end of the appointment."""
        off = self._branch.minute_set(absence.interval for absence in self.member.time_off)
        return ((self._working & self._branch.open_minutes) - off).starts_lasting(self._service.duration_minutes)

    @cached_property
    def starts_on_grid(self) -> MinuteSet:
        """The starts in steps from the beginning of each interval of a day's work within the opening hours (D9).

        A beginning off the five-minute grid, on which all starts are, counts from the next mark.
        """
        working = self._working
        intervals = (
            (-(-start // GRID_MINUTES) * GRID_MINUTES, end) for start, end in self._branch.intervals_by_day(working)
        )
        return MinuteSet.from_grid(working.first, working.last, intervals, self._service.slot_interval)

    @cached_property
    def starts_undisturbed(self) -> MinuteSet:
        """The starts around which nothing else is booked; the buffers of two neighbours add up."""
        busy = self._branch.minute_set(o.busy_span for o in self._occupants)
        return busy.starts_clear_of(
            self._service.buffer_before, self._service.duration_minutes + self._service.buffer_after
        )

    @cached_property
    def full_days(self) -> MinuteSet:
        """The days, in their own zone, on which their daily limit is reached."""
        limit = self.member.daily_limit
        if limit is None:
            return self._branch.minute_set(())
        full = (day for day in date_range(*self._branch.date_bounds) if self._bookings_by_day[day] >= limit)
        return self._branch.minute_set(wall_interval(day, 0, DAY_MINUTES, self._zone) for day in full)

    @cached_property
    def bookable_starts(self) -> MinuteSet:
        """The starts on the grid at which they can be booked."""
        return (self.starts_on_duty & self.starts_on_grid & self.starts_undisturbed) - self.full_days

    def bookings_on(self, start: int) -> int:
        """How many appointments they have on the day of this start."""
        return self._bookings_by_day[local_day(start, self._zone)]

    def dependency_span(self, start: int) -> Interval:
        """The time a decision depends on: the appointment with buffers and, with a daily limit, its whole day."""
        low, high = start - self._service.buffer_before, start + self._service.duration_minutes
        high += self._service.buffer_after
        if self.member.daily_limit is None:
            return low, high
        begin, end = wall_interval(local_day(start, self._zone), 0, DAY_MINUTES, self._zone)
        return min(low, begin), max(high, end)

    @cached_property
    def _bookings_by_day(self) -> Counter[date]:
        return Counter(local_day(o.start, self._zone) for o in self._occupants)
