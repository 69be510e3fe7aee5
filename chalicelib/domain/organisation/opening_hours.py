"""When a branch is open: weekly lines in wall time, closures, public holidays (D46, RB-24)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from chalicelib.domain.organisation.catalogue import Location
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.interval_set import Interval
from chalicelib.domain.shared.times import date_range, day_bounds, epoch_minute, first_valid, from_epoch_minute

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The same hours on some weekdays (Monday is 1); minutes since midnight wall time, ``end`` at most 1440."""

    weekdays: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class BranchHoursLine:
    """One line of a location's weekly hours."""

    id: str
    line: WeeklyHours
    version: int = 1


@dataclass(frozen=True, slots=True)
class Closure:
    """A date on which the location is closed, all day or from ``start`` to ``end`` (minutes since midnight)."""

    id: str
    date: date
    name: str = ""
    start: int = 0
    end: int = DAY_MINUTES
    version: int = 1


@dataclass(frozen=True, slots=True)
class BranchHours:
    """When a location is open; without lines it never is."""

    location_id: str
    lines: tuple[BranchHoursLine, ...] = ()
    closures: tuple[Closure, ...] = ()
    version: int = 0

    def open_intervals(self, tz: ZoneInfo, first: date, last: date) -> Iterator[Interval]:
        """The weekly hours of these local days, both included."""
        return weekly_intervals([each.line for each in self.lines], tz, first, last)

    def closed_intervals(self, tz: ZoneInfo) -> Iterator[Interval]:
        """The closures, which override the weekly hours."""
        for closure in self.closures:
            yield wall_interval(closure.date, closure.start, closure.end, tz)


def weekly_intervals(lines: Iterable[WeeklyHours], tz: ZoneInfo, first: date, last: date) -> Iterator[Interval]:
    """The hours of these lines on the local days from ``first`` to ``last``, both included."""
    by_weekday: dict[int, list[WeeklyHours]] = {}
    for line in lines:
        for weekday in line.weekdays:
            by_weekday.setdefault(weekday, []).append(line)
    for day in date_range(first, last):
        for line in by_weekday.get(day.isoweekday(), ()):
            start, end = wall_interval(day, line.start, line.end, tz)
            if start < end:
                yield start, end


def wall_interval(day: date, start: int, end: int, tz: ZoneInfo) -> Interval:
    """The interval between two wall times of a day; a skipped wall time is the first instant after the gap."""
    return wall_minute(day, start, tz), wall_minute(day, end, tz)


def wall_minute(day: date, minutes: int, tz: ZoneInfo) -> int:
    """The epoch minute of a wall time in minutes since midnight; the earlier of two where clocks go back."""
    midnight, regular = _midnight(tz, day)
    if regular:
        return midnight + minutes
    naive = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # wall time has no zone yet
    return epoch_minute(first_valid(naive + timedelta(minutes=minutes), tz))


@lru_cache(maxsize=8192)
def _midnight(tz: ZoneInfo, day: date) -> tuple[int, bool]:
    """The epoch minute at which a local day begins; True if the clocks do not change on that day."""
    begin, end = (epoch_minute(at) for at in day_bounds(day, tz))
    return begin, end - begin == DAY_MINUTES


def local_day(at: int, tz: ZoneInfo) -> date:
    """The local date at an epoch minute."""
    return from_epoch_minute(at).astimezone(tz).date()


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The public holidays that a location observes; without a country, none."""

    country: str | None = None
    region: str | None = None

    @classmethod
    def observed_at(cls, location: Location, settings: Settings) -> PublicHolidays:
        """Those of the location's country and region; if it has no country, those of the organisation's country."""
        if settings.holidays is None:
            return cls()
        if location.country:
            return cls(location.country, location.region)
        return cls(settings.holidays.country, location.region or settings.holidays.region)

    def between(self, first: date, last: date) -> frozenset[date]:
        """The public holidays from ``first`` to ``last``, both included."""
        if self.country is None:
            return frozenset()
        years = range(first.year, last.year + 1)
        return frozenset(
            day for year in years for day in _public_holidays(self.country, self.region, year) if first <= day <= last
        )


def holidays_known(country: str, region: str | None) -> bool:
    """True if the public holidays of this country and region are known; regions by code or name."""
    import holidays  # several megabytes: loaded only where holidays are observed

    try:
        holidays.country_holidays(country, subdiv=region)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=256)
def _public_holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    import holidays  # several megabytes: loaded only where holidays are observed

    if not holidays_known(country, None):
        return frozenset()
    # An unknown region still has the holidays of its country.
    subdivision = region if holidays_known(country, region) else None
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
