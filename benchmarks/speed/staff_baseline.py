"""Free staff times by plain loops over intervals: what sets of minutes are compared with."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from chalicelib.domain.availability.block_slots import Requester, booking_window
from chalicelib.domain.availability.staff_slots import StaffPreference, eligible_members
from chalicelib.domain.capacity.ledger import Calendar, Occupant
from chalicelib.domain.organisation.catalog import Offer
from chalicelib.domain.organisation.opening_hours import (
    DAY_MINUTES,
    PublicHolidays,
    local_day,
    wall_interval,
    weekly_intervals,
)
from chalicelib.domain.organisation.roster import BranchRoster, TeamMember
from chalicelib.domain.shared.interval_set import Interval
from chalicelib.domain.shared.times import GRID_MINUTES, date_range


def list_free_starts(
    offer: Offer,
    roster: BranchRoster,
    calendars: Mapping[str, Calendar],
    requester: Requester,
    wanted: StaffPreference,
    first: int,
    last: int,
) -> dict[int, int]:
    """Start → free staff, for starts in [first, last), as ``StaffSlots.listed`` has it."""
    zone = ZoneInfo(offer.location.timezone)
    around = local_day(first, zone) - timedelta(days=1), local_day(last, zone) + timedelta(days=2)
    hours = join_intervals(weekly_intervals((opening.line for opening in roster.hours.lines), zone, *around))
    closed = [wall_interval(c.date, c.start, c.end, zone) for c in roster.hours.closures]
    holidays = PublicHolidays.observed_at(offer.location, offer.settings).between(*around)
    closed += [wall_interval(day, 0, DAY_MINUTES, zone) for day in holidays]
    midnights = [wall_interval(day, 0, 0, zone)[0] for day in date_range(*around)]
    earliest, latest = booking_window(offer, requester)
    span = max(first, earliest), min(last, latest + 1)
    own = {requester.moving, requester.hold.id if requester.hold else None}
    found: Counter[int] = Counter()
    for post in eligible_members(roster, offer.service.id, wanted):
        occupants = [o for o in calendars[post.staff_id].occupants(requester.now_seconds) if o.id not in own]
        working = intersect(
            join_intervals(i for schedule in post.schedules for i in schedule.intervals(*around)), hours
        )
        present = subtract(working, join_intervals([*closed, *(absence.interval for absence in post.time_off)]))
        found.update(_starts(offer, post, working, present, occupants, midnights, span))
    return dict(sorted(found.items()))


def _starts(
    offer: Offer,
    member: TeamMember,
    working: list[Interval],
    present: list[Interval],
    occupants: list[Occupant],
    midnights: list[int],
    span: Interval,
) -> Iterable[int]:
    service = offer.service
    zone = ZoneInfo(member.timezone or offer.location.timezone)
    busy = join_intervals(occupant.busy_span for occupant in occupants)
    booked = Counter(local_day(occupant.start, zone) for occupant in occupants)
    for begin, finish in split_at(working, midnights):
        for start in range(-(-begin // GRID_MINUTES) * GRID_MINUTES, finish, service.slot_interval):
            if not span[0] <= start < span[1]:
                continue
            end = start + service.duration_minutes
            around = start - service.buffer_before, end + service.buffer_after
            if not covers(present, start, end) or overlaps(busy, *around):
                continue
            if member.daily_limit is None or booked[local_day(start, zone)] < member.daily_limit:
                yield start


def join_intervals(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as disjoint intervals in order, those that touch made one."""
    found: list[Interval] = []
    for start, end in sorted(i for i in intervals if i[0] < i[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def intersect(ones: list[Interval], others: list[Interval]) -> list[Interval]:
    """The time in both, each joined."""
    found, n = [], 0
    for start, end in ones:
        while n < len(others) and others[n][1] <= start:
            n += 1
        at = n
        while at < len(others) and others[at][0] < end:
            found.append((max(start, others[at][0]), min(end, others[at][1])))
            at += 1
    return found


def subtract(ones: list[Interval], others: list[Interval]) -> list[Interval]:
    """The time in the first and not in the other, each joined."""
    found = []
    for start, end in ones:
        at = start
        for low, high in others:
            if high <= at:
                continue
            if low >= end:
                break
            if at < low:
                found.append((at, low))
            at = max(at, high)
        if at < end:
            found.append((at, end))
    return found


def split_at(intervals: list[Interval], cuts: list[int]) -> Iterable[Interval]:
    """Each interval, in parts where one of the cuts lies within it."""
    for start, end in intervals:
        edges = [start, *(cut for cut in cuts if start < cut < end), end]
        yield from pairwise(edges)


def covers(intervals: list[Interval], start: int, end: int) -> bool:
    """Whether one of these, joined, covers [start, end)."""
    at = bisect_right(intervals, start, key=lambda interval: interval[0]) - 1
    return at >= 0 and end <= intervals[at][1]


def overlaps(intervals: list[Interval], start: int, end: int) -> bool:
    """Whether one of these, joined, meets [start, end)."""
    at = bisect_right(intervals, start, key=lambda interval: interval[1])
    return at < len(intervals) and intervals[at][0] < end
