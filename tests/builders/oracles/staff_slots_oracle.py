"""An oracle for free staff time: plain loops over single minutes, by the rules (D9, D46, RB-24, WG-2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import holidays

from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.staff_choice import StaffPreference
from chalicelib.domain.capacity.ledger import Occupant, SeatAccess
from chalicelib.domain.organisation.opening_hours import BranchHours, WeeklyHours
from chalicelib.domain.organisation.settings import Offer
from tests.builders.records.roster_builder import RosterMember

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=100_000)
def local_time(at: int, zone: str) -> datetime:
    """The local time at an epoch minute."""
    return (EPOCH + timedelta(minutes=at)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@lru_cache(maxsize=100_000)
def first_minute_showing(local: datetime, zone: str) -> int:
    """The first minute at which clocks there show this time, or a later one where they skip it."""
    offset = (local - timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)).utcoffset()
    assert offset is not None
    # No clock is put forward or back by more than an hour these days.
    at = int((local.replace(tzinfo=UTC) - EPOCH - offset).total_seconds()) // 60 - 61
    while local_time(at, zone) < local:
        at += 1
    return at


def local_minutes(day: date, start: int, end: int, zone: str) -> range:
    """The minutes between two local times of a day, given in minutes after midnight."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # wall time has no zone yet
    from_, to = (midnight + timedelta(minutes=minutes) for minutes in (start, end))
    return range(first_minute_showing(from_, zone), first_minute_showing(to, zone))


@dataclass(frozen=True)
class StaffSlotsOracle:
    """Decides who is free at a start in [first, last), minute by minute."""

    offer: Offer
    hours: BranchHours
    members: Sequence[RosterMember]
    requester: Requester
    wanted: StaffPreference
    first: int
    last: int

    def free_staff(self, start: int, *, on_grid: bool) -> list[str]:
        """Staff who can take an appointment that begins then."""
        if not self._in_time(start):
            return []
        return [m.staff.id for m in self.members if self._can(m, start, on_grid=on_grid)]

    def bookable_staff(self, start: int) -> list[str]:
        """Staff whom this requester can book then: staff place freely, others on the grid."""
        return self.free_staff(start, on_grid=self.requester.access is not SeatAccess.SCHEDULE)

    def assigned_staff(self, start: int) -> str:
        """The staff member who gets the appointment (D46)."""
        found = self.bookable_staff(start)
        if self.wanted.keep in found:
            return str(self.wanted.keep)
        people = [m for m in self.members if m.staff.id in found]
        fewest = min(self._that_day(m, start) for m in people)
        people = [m for m in people if self._that_day(m, start) == fewest]
        never = sorted(m.staff.id for m in people if m.assigned_at is None)
        if never:
            return never[0]
        longest_ago = min(m.assigned_at for m in people if m.assigned_at)
        return min(m.staff.id for m in people if m.assigned_at == longest_ago)

    def _in_time(self, start: int) -> bool:
        begins, now = EPOCH + timedelta(minutes=start), self.requester.now
        if begins <= now:
            return False
        if self.requester.access is SeatAccess.WIDGET and begins - now < timedelta(minutes=self.offer.lead_minutes):
            return False
        ahead = 366 if self.requester.access is SeatAccess.SCHEDULE else 0
        last_day = now.astimezone(ZoneInfo(self._zone)).date() + timedelta(days=max(ahead, self.offer.horizon_days))
        return local_time(start, self._zone).date() <= last_day

    def _can(self, member: RosterMember, start: int, *, on_grid: bool) -> bool:
        service, staff = self.offer.service, member.staff
        if service.id not in staff.service_ids or self.wanted.staff_id not in {None, staff.id}:
            return False
        if self.wanted.language and self.wanted.language not in staff.languages:
            return False
        end = start + service.duration_minutes
        if start not in self._present[staff.id] or (on_grid and not self._on_grid(staff.id, start)):
            return False
        if not all(at in self._present[staff.id] for at in range(start, end)):
            return False
        if any(self._disturbs(one, start, end) for one in self._counted(member)):
            return False
        return staff.daily_limit is None or self._that_day(member, start) < staff.daily_limit

    def _on_grid(self, staff_id: str, start: int) -> bool:
        mark = self._begins[staff_id][start]
        while local_time(mark, self._zone).minute % 5:
            mark += 1
        return start >= mark and (start - mark) % self.offer.service.slot_interval == 0

    def _disturbs(self, other: Occupant, start: int, end: int) -> bool:
        service = self.offer.service
        if other.start < end and start < other.end:
            return True
        if other.end <= start:
            return start - other.end < other.after + service.buffer_before
        return other.start - end < service.buffer_after + other.before

    def _counted(self, member: RosterMember) -> list[Occupant]:
        own = {self.requester.moving, self.requester.hold.id if self.requester.hold else None}
        now = self.requester.now.timestamp()
        return [o for o in member.booked if o.id not in own and (o.expires is None or o.expires > now)]

    def _that_day(self, member: RosterMember, start: int) -> int:
        zone = member.staff.timezone or self._zone
        return sum(local_time(o.start, zone).date() == local_time(start, zone).date() for o in self._counted(member))

    @cached_property
    def _begins(self) -> dict[str, dict[int, int]]:
        """For each minute the start of its stretch of work within the hours; closures and absences aside."""
        found: dict[str, dict[int, int]] = {}
        midnights = {local_minutes(day, 0, 1440, self._zone).start for day in self._days}
        for staff_id, working in self._working.items():
            begins = found[staff_id] = {}
            for at in sorted(working):
                begins[at] = at if at in midnights or at - 1 not in working else begins[at - 1]
        return found

    @property
    def _zone(self) -> str:
        return self.offer.location.timezone

    @cached_property
    def _days(self) -> list[date]:
        """Dates enough for every zone, and for stretches begun the day before."""
        begin = (EPOCH + timedelta(minutes=self.first)).date() - timedelta(days=2)
        length = (self.last + self.offer.service.duration_minutes - self.first) // 1440 + 6
        return [begin + timedelta(days=n) for n in range(length)]

    def _weekly(self, lines: Iterable[WeeklyHours], zone: str, days: Iterable[date]) -> set[int]:
        found: set[int] = set()
        for day in days:
            for line in lines:
                if day.isoweekday() in line.weekdays:
                    found.update(local_minutes(day, line.start, line.end, zone))
        return found

    @cached_property
    def _weekly_hours(self) -> set[int]:
        return self._weekly([one.line for one in self.hours.lines], self._zone, self._days)

    @cached_property
    def _open(self) -> set[int]:
        found = set(self._weekly_hours)
        for closure in self.hours.closures:
            found.difference_update(local_minutes(closure.date, closure.start, closure.end, self._zone))
        observed = self.offer.settings.holidays
        if observed:
            public_holidays = holidays.country_holidays(observed.country, subdiv=observed.region)
            for day in (day for day in self._days if day in public_holidays):
                found.difference_update(local_minutes(day, 0, 1440, self._zone))
        return found

    @cached_property
    def _working(self) -> dict[str, set[int]]:
        return {m.staff.id: self._scheduled(m) & self._weekly_hours for m in self.members}

    @cached_property
    def _present(self) -> dict[str, set[int]]:
        return {m.staff.id: self._open & (self._working[m.staff.id] - minutes_off(m)) for m in self.members}

    def _scheduled(self, member: RosterMember) -> set[int]:
        found: set[int] = set()
        for one in member.rota.schedules:
            if one.calendar_type != "open" or one.location_id not in {None, self.offer.location.id}:
                continue
            days = [
                day
                for day in self._days
                if (not one.valid_from or day >= one.valid_from) and (not one.valid_until or day <= one.valid_until)
            ]
            found |= self._weekly(one.lines, one.timezone, days)
        return found


def minutes_off(member: RosterMember) -> set[int]:
    """Every minute of which some part is time off."""
    found: set[int] = set()
    for absence in member.rota.time_off:
        begin = int((absence.start - EPOCH).total_seconds() // 60)
        at = begin
        while EPOCH + timedelta(minutes=at) < absence.end:
            found.add(at)
            at += 1
    return found
