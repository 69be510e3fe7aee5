"""Two branches whose service takes its times from staff calendars: fifty staff each, without bookings and full."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.data.branches import FIRST_DAY, MONTH_DAYS, TIMEZONE, branch_id
from chalicelib.domain.capacity.ledger import Occupant, SeatAccess, Sheet, sheet_days
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, Login, MeetingMethod, Service, Staff
from chalicelib.domain.organisation.opening_hours import BranchHours, BranchHoursLine, WeeklyHours, wall_minute
from chalicelib.domain.organisation.rota import CalendarType, Rota, TimeOff, WorkSchedule
from chalicelib.domain.shared.permissions import Role

STAFF_COUNT = 50
STAFFED_SERVICE = "svc_" + "7".zfill(26)
# Twenty minutes of a staff member's time: fifteen with the client, five after. A day has room for thirty of them.
MINUTES, BUFFER_MINUTES = 15, 5
_SLOT_MINUTES = MINUTES + BUFFER_MINUTES
_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_LINES = (WeeklyHours(_EVERY_DAY, 8 * 60, 13 * 60), WeeklyHours(_EVERY_DAY, 13 * 60 + 20, 18 * 60 + 20))
_SLOT_STARTS = tuple(at for line in _LINES for at in range(line.start, line.end, _SLOT_MINUTES))
_TIMEZONE = ZoneInfo(TIMEZONE)


@dataclass(frozen=True)
class StaffedBranch:
    """One branch, whose staff have ``daily_appointments`` each on every day."""

    number: int
    daily_appointments: int

    @property
    def location_id(self) -> str:
        """The branch's id."""
        return branch_id(self.number)

    @property
    def staff_ids(self) -> tuple[str, ...]:
        """Their ids; the first is the manager."""
        return tuple(f"stf_{self.number:020d}{n:06d}" for n in range(STAFF_COUNT))

    @property
    def appointments(self) -> int:
        """The number of appointments of all staff in the coming month."""
        return len(MONTH_DAYS) * STAFF_COUNT * self.daily_appointments

    @property
    def email(self) -> str:
        """The manager's address."""
        return f"manager{self.number}@example.org"

    def unused_service(self, number: int) -> str:
        """A service of this branch alone that has not been requested yet."""
        return f"svc_{self.number:020d}{number:06d}"

    def occupants(self, first: int = 0) -> Iterator[tuple[str, Occupant]]:
        """The appointments of the coming month with their staff member's id; numbered from ``first``."""
        for staff_id in self.staff_ids:
            for day in MONTH_DAYS:
                chance = random.Random(f"{staff_id}{day}")
                for place in sorted(chance.sample(_SLOT_STARTS, self.daily_appointments)):
                    yield staff_id, _occupant(first, day, place)
                    first += 1

    def sheets(self) -> Iterator[Sheet]:
        """The ledgers of the coming month."""
        return sheets_of(self.occupants())

    def rota(self, number: int) -> Rota:
        """Work on every day of the week, with a day off that was taken although appointments existed."""
        away = datetime.combine(FIRST_DAY + timedelta(days=number % 31), datetime.min.time(), _TIMEZONE)
        schedule = WorkSchedule(f"wsl_{number:026d}", CalendarType.OPEN, TIMEZONE, _LINES)
        absence = TimeOff(f"tof_{number:026d}", away, away + timedelta(days=1))
        return Rota(self.staff_ids[number], (schedule,), (absence,), version=1)

    def records(self) -> Iterator[Any]:
        """The branch, its hours, its staff with rotas and roster entries, and the manager's login."""
        here = self.location_id
        yield Location(here, f"Team {self.number}", TIMEZONE, "1 Main St", f"team{self.number}@example.org", version=1)
        lines = (BranchHoursLine("hrs_" + "1".zfill(26), WeeklyHours(_EVERY_DAY, 7 * 60, 19 * 60)),)
        yield BranchHours(here, lines, version=1)
        yield from (_service(self.unused_service(n), (here,)) for n in range(2))
        offered = (STAFFED_SERVICE, *(self.unused_service(n) for n in range(2)))
        for n, staff_id in enumerate(self.staff_ids):
            role, email = (Role.STAFF, f"{staff_id}@example.org") if n else (Role.MANAGER, self.email)
            staff = Staff(staff_id, f"Person {n}", email, role, (here,), offered, version=1)
            rota = self.rota(n)
            yield from (staff, rota, TeamMember(here, staff_id, role, version=1).updated_from(staff, rota))
        yield Login(self.email, self.staff_ids[0], version=1)


QUIET_BRANCH, FULL_BRANCH = StaffedBranch(60, daily_appointments=0), StaffedBranch(61, daily_appointments=20)


def catalogue() -> Iterator[Any]:
    """Both branches and their service, as records that were saved once."""
    yield _service(STAFFED_SERVICE, (QUIET_BRANCH.location_id, FULL_BRANCH.location_id))
    for branch in (QUIET_BRANCH, FULL_BRANCH):
        yield from branch.records()


def sheets_of(booked: Iterable[tuple[str, Occupant]]) -> Iterator[Sheet]:
    """The ledgers that hold these appointments."""
    by_sheet: dict[tuple[str, str], dict[str, Occupant]] = defaultdict(dict)
    for staff_id, occupant in booked:
        for day in sheet_days(staff_id, *occupant.busy_span):
            by_sheet[staff_id, day][occupant.id] = occupant
    for (staff_id, day), occupants in by_sheet.items():
        yield Sheet(staff_id, day, {}, occupants, version=1)


def _occupant(number: int, day: date, place: int) -> Occupant:
    start = wall_minute(day, place, _TIMEZONE)
    return Occupant(
        f"apt_{number:026d}", start, start + MINUTES, STAFFED_SERVICE, SeatAccess.WIDGET, after=BUFFER_MINUTES
    )


def _service(service_id: str, locations: tuple[str, ...]) -> Service:
    return Service(
        id=service_id,
        name="Counter",
        duration_minutes=MINUTES,
        buffer_after=BUFFER_MINUTES,
        meeting_methods=(MeetingMethod.IN_PERSON, MeetingMethod.PHONE),
        location_ids=locations,
        availability=AvailabilitySource.STAFF,
        slot_interval=_SLOT_MINUTES,
        client_chooses_staff=True,
        version=1,
    )
