"""Wall times and instants: the conversions that daylight saving makes error-prone, in one place (TZ-6, TZ-7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from chalicelib.domain.shared.errors import FieldError, Invalid, invalid

GRID_MINUTES = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    # Some machines list their own setting and its default among the zones.
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def known_zone(name: str, pointer: str = "/timezone") -> ZoneInfo:
    """The IANA zone of that name; 422 ``unknown_timezone`` if there is no such zone."""
    if name not in _zones():
        raise invalid(pointer, "This is not an IANA time zone.", "unknown_timezone")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    # Each line: country, coordinates, zone; comment lines begin with a hash.
    lines = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines()
    return {line.split("\t")[2]: line[:2] for line in lines if not line.startswith("#")}


def country_of(name: str) -> str | None:
    """The country (ISO 3166) of this zone; None for ``UTC`` and the like."""
    return _countries().get(name)


def epoch_minute(at: datetime) -> int:
    """Whole minutes since 1970 UTC, rounded down."""
    return (at - EPOCH) // _MINUTE


def from_epoch_minute(minutes: int) -> datetime:
    """The UTC instant that many minutes after the start of 1970."""
    return EPOCH + minutes * _MINUTE


def day_start(day: str) -> int:
    """The epoch minute at which a UTC day (``2026-12-01``) begins."""
    return epoch_minute(datetime.fromisoformat(f"{day}T00:00+00:00"))


def utc_text(at: datetime) -> str:
    """RFC 3339 in UTC with a ``Z``; seconds, without fractions (``2026-12-01T15:00:00Z``)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def wall_text(at: datetime, tz: ZoneInfo) -> str:
    """The wall time in ``tz``, without an offset (``2026-12-01T10:00:00``)."""
    return at.astimezone(tz).replace(tzinfo=None).isoformat(timespec="seconds")


def possible_instants(wall: datetime, tz: ZoneInfo) -> list[datetime]:
    """The UTC instants at which clocks in ``tz`` show the naive ``wall`` time: zero, one or two.

    ``zoneinfo`` never raises, so both folds are converted to UTC and back (TZ-7).
    """
    found: list[datetime] = []
    for fold in (0, 1):
        at = wall.replace(tzinfo=tz, fold=fold).astimezone(UTC)
        if at.astimezone(tz).replace(tzinfo=None) == wall and at not in found:
            found.append(at)
    return found


def first_valid(wall: datetime, tz: ZoneInfo) -> datetime:
    """The instant of ``wall``; the earlier of two; at a gap, the first instant after it (D11)."""
    found = possible_instants(wall, tz)
    if found:
        return found[0]
    # With the offset from before the gap the time lands after it: go back to the end of the gap.
    probe = wall.replace(tzinfo=tz, fold=0).astimezone(UTC)
    while (probe - _MINUTE).astimezone(tz).utcoffset() == probe.astimezone(tz).utcoffset():
        probe -= _MINUTE
    return probe


def resolve_start(start: datetime, timezone: str | None, pointer: str = "/start", grid: int = GRID_MINUTES) -> datetime:
    """The UTC instant of a request's ``start``, which must be on the grid of ``grid`` minutes.

    With an offset it is an instant; without one it is wall time in ``timezone``. 422 ``timezone_required``,
    ``nonexistent_local_time``, ``ambiguous_local_time`` (both instants in ``candidates``) or ``off_grid``.
    """
    tz = known_zone(timezone) if timezone is not None else None
    if start.tzinfo is not None:
        at = start.astimezone(UTC)
    elif tz is None:
        raise invalid("/timezone", "Say in which time zone this start is, or give it an offset.", "timezone_required")
    else:
        found = possible_instants(start, tz)
        if not found:
            raise invalid(pointer, "Clocks skip this time on that day.", "nonexistent_local_time")
        if len(found) == 2:
            message = "Clocks show this time twice on that day: send it with its offset."
            both = [c.astimezone(tz).isoformat() for c in found]
            raise Invalid(
                message,
                code="ambiguous_local_time",
                errors=[FieldError(pointer, message)],
                extra={"candidates": both},
            )
        at = found[0]
    if at.second or at.microsecond or epoch_minute(at) % grid:
        message = "Times are whole minutes." if grid == 1 else "Times start on the five-minute grid."
        raise invalid(pointer, message, "off_grid")
    return at


def day_bounds(day: date, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """The UTC instants at which a local day begins and ends (usually 23 to 25 hours apart)."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # wall time has no zone yet
    return first_valid(midnight, tz), first_valid(midnight + timedelta(days=1), tz)


def date_range(first: date, last: date) -> Iterator[date]:
    """Every date from ``first`` to ``last``, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def utc_days(start: int, end: int) -> list[str]:
    """The UTC dates (``2026-12-01``) that the minutes [start, end) touch; at least the start's own."""
    last = max(start, end - 1)
    return [d.isoformat() for d in date_range(from_epoch_minute(start).date(), from_epoch_minute(last).date())]
