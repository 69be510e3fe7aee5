"""Random rebookings for hypothesis: a schedule, a zone, a start near one of its lines; and the right answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from chalicelib.domain.organisation.opening_hours import WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType, WorkSchedule

ZONES = (
    *("Australia/Perth", "Australia/Melbourne", "Australia/Brisbane", "Australia/Adelaide", "Australia/Lord_Howe"),
    *("Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Chatham", "Pacific/Pago_Pago", "UTC", "Asia/Kathmandu"),
    *("America/Toronto", "America/St_Johns", "America/Los_Angeles", "Europe/London", "Europe/Dublin"),
)
# Zones and dates of clock changes.
FLIPS = (
    *(("Australia/Melbourne", date(2026, 10, 4)), ("Australia/Melbourne", date(2027, 4, 4))),
    *(("Australia/Lord_Howe", date(2026, 10, 4)), ("Australia/Lord_Howe", date(2027, 4, 4))),
    *(("America/Toronto", date(2026, 11, 1)), ("America/Toronto", date(2027, 3, 14))),
    *(("Europe/London", date(2026, 10, 25)), ("Pacific/Chatham", date(2027, 4, 4))),
)

LENGTH = timedelta(minutes=60)


@st.composite
def rebooking_cases(draw: st.DrawFn) -> tuple[WorkSchedule, str, datetime]:
    """A schedule of one or two lines, the client's zone, and a start within or just beside one of the lines.

    Nights on which clocks change, in the client's zone or the schedule's, are as frequent as all other times.
    """
    if draw(st.booleans()):
        place, day = draw(st.sampled_from(FLIPS))
        clock = draw(st.integers(0, 48))
    else:
        place, day = draw(st.sampled_from(ZONES)), date(2026, 9, 28) + timedelta(days=draw(st.integers(0, 200)))
        clock = draw(st.integers(0, 287))
    wall = datetime.combine(day, time()) + timedelta(minutes=5 * clock)
    at = wall.replace(tzinfo=ZoneInfo(place), fold=draw(st.integers(0, 1))).astimezone(UTC)
    where, whose = draw(st.permutations((place, draw(st.sampled_from(ZONES)))))
    begins = at.astimezone(ZoneInfo(where))
    own, minutes = begins.date(), 60 * begins.hour + begins.minute
    weekdays = draw(st.sampled_from([(own.isoweekday(),), (1, 2, 3, 4, 5), (6, 7), (1, 2, 3, 4, 5, 6, 7)]))
    early, length = draw(st.sampled_from([0, 0, 5, 60, 180, -5])), draw(st.sampled_from([55, 60, 65, 120, 300]))
    start = min(max(minutes - early, 0), 1435)
    lines = [WeeklyHours(weekdays, start, min(start + length, 1440))]
    lines += draw(st.sampled_from([[], [WeeklyHours((1, 2), 540, 840)], [WeeklyHours(weekdays, 0, 1440)]]))
    validity = draw(st.sampled_from([(None, None), (None, None), (own, None), (None, own), (own + timedelta(1), None)]))
    return WorkSchedule("wsl_mon_tue", CalendarType.AD_HOC, where, tuple(lines), *validity), whose, at


def lines_near(schedule: WorkSchedule, at: datetime) -> list[tuple[datetime, datetime]]:
    """Each line on the days around an instant as two instants; gaps are skipped."""
    tz = ZoneInfo(schedule.timezone)
    days = [at.astimezone(tz).date() + timedelta(days=n) for n in (-1, 0, 1)]
    days = [day for day in days if (schedule.valid_from or day) <= day <= (schedule.valid_until or day)]
    return [
        (first_instant_showing(day, line.start, tz), first_instant_showing(day, line.end, tz))
        for day in days
        for line in schedule.lines
        if day.isoweekday() in line.weekdays
    ]


def first_instant_showing(day: date, minutes: int, tz: ZoneInfo) -> datetime:
    """The first instant at which clocks there show at least this time of this day."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    at = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    while at.astimezone(tz).replace(tzinfo=None) < wall:
        at += timedelta(minutes=5)
    return at


def fits_one_line(schedule: WorkSchedule, at: datetime) -> bool:
    """True if a session that begins at this instant lies within one line (D37)."""
    return any(begin <= at and at + LENGTH <= until for begin, until in lines_near(schedule, at))
