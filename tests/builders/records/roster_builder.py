"""Small branches for tests of free staff time: who works there, when, and their appointments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.staff_choice import ANY_STAFF, StaffPreference
from chalicelib.domain.availability.staff_slots import MARGIN_MINUTES, StaffSlots
from chalicelib.domain.availability.unavailable_reasons import Unavailable
from chalicelib.domain.capacity.ledger import Calendar, Occupant, SeatAccess, sheet_days
from chalicelib.domain.organisation.branch_roster import BranchRoster, TeamMember
from chalicelib.domain.organisation.catalogue import Location, Service, Staff
from chalicelib.domain.organisation.opening_hours import BranchHours, BranchHoursLine, Closure, WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType, Rota, TimeOff, WorkSchedule
from chalicelib.domain.organisation.settings import HolidayCalendar, Offer, Settings
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute

TORONTO = "America/Toronto"
BRANCH, ADVICE = "loc_1", "svc_advice"
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
LONG_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RosterMember:
    """A staff member of the branch with their records and occupants."""

    staff: Staff
    rota: Rota
    booked: tuple[Occupant, ...] = ()
    assigned_at: datetime | None = None


def at(wall: str, zone: str = TORONTO, fold: int = 0) -> int:
    """The epoch minute of ``2026-12-03 09:00`` there; ``fold`` 1 for the second time clocks show it."""
    return epoch_minute(datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone), fold=fold))


def wall_text(at_minute: int, zone: str = TORONTO) -> str:
    """The local time there as ``03 09:00-0500``."""
    return f"{from_epoch_minute(at_minute).astimezone(ZoneInfo(zone)):%d %H:%M%z}"


def line(hours: str, *weekdays: int) -> WeeklyHours:
    """``09:00-17:00`` on these weekdays; every day by default."""
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in hours.split("-"))
    return WeeklyHours(weekdays or EVERY_DAY, start, end)


def opening(*hours: str | WeeklyHours, closures: Iterable[Closure] = ()) -> BranchHours:
    lines = [line(one) if isinstance(one, str) else one for one in hours]
    return BranchHours(BRANCH, tuple(BranchHoursLine(f"opn_{n}", one) for n, one in enumerate(lines)), tuple(closures))


def schedule(
    *hours: str | WeeklyHours,
    zone: str = TORONTO,
    valid: tuple[date | None, date | None] = (None, None),
    kind: CalendarType = CalendarType.OPEN,
    location: str | None = None,
) -> WorkSchedule:
    lines = tuple(line(one) if isinstance(one, str) else one for one in hours)
    return WorkSchedule("sch_1", kind, zone, lines, *valid, location)


def time_off(start: str, end: str, zone: str = TORONTO) -> TimeOff:
    """Time off between two local times."""
    return TimeOff("off_1", from_epoch_minute(at(start, zone)), from_epoch_minute(at(end, zone)))


def occupant(name: str, start: int, length: int = 30, before: int = 0, after: int = 0) -> Occupant:
    """An appointment with the buffers it was booked with."""
    return Occupant(f"apt_{name}", start, start + length, ADVICE, before=before, after=after)


def member(
    name: str,
    *schedules: WorkSchedule,
    away: Iterable[TimeOff] = (),
    booked: Iterable[Occupant] = (),
    languages: tuple[str, ...] = ("en",),
    zone: str | None = None,
    limit: int | None = None,
    assigned_at: datetime | None = None,
    services: tuple[str, ...] = (ADVICE,),
) -> RosterMember:
    """A staff member who offers advice."""
    staff = Staff(f"stf_{name}", name, f"{name}@example.org", Role.STAFF, (BRANCH,), services, languages, zone, limit)
    return RosterMember(staff, Rota(staff.id, schedules, tuple(away)), tuple(booked), assigned_at)


def offer(
    duration: int = 30,
    interval: int = 30,
    *,
    zone: str = TORONTO,
    buffers: tuple[int, int] = (0, 0),
    lead: int = 0,
    horizon: int = 400,
    holidays: HolidayCalendar | None = None,
    place: tuple[str | None, str | None] = (None, None),
) -> Offer:
    """One staff service at the branch; ``place`` is the branch's own country and region."""
    service = Service(ADVICE, "Advice", duration, buffer_before=buffers[0], buffer_after=buffers[1],
                      slot_interval=interval)  # fmt: skip
    location = Location(BRANCH, "Branch", zone, country=place[0], region=place[1])
    return Offer(Settings(lead_minutes=lead, horizon_days=horizon, holidays=holidays), location, service)


def roster(hours: BranchHours, members: Iterable[RosterMember]) -> BranchRoster:
    """The roster of the branch, built from the records of its members."""
    entries = (
        TeamMember(BRANCH, m.staff.id, m.staff.role, assigned_at=m.assigned_at).updated_from(m.staff, m.rota)
        for m in members
    )
    return BranchRoster(BRANCH, hours, tuple(sorted(entries, key=lambda post: post.staff_id)))


def calendar(who: RosterMember, first: int, last: int) -> Calendar:
    """The member's sheets around [first, last) with their occupants."""
    reach = [edge for occupant in who.booked for edge in occupant.busy_span]
    low, high = min([first - MARGIN_MINUTES, *reach]), max([last + MARGIN_MINUTES, *reach])
    found = Calendar.from_sheets(who.staff.id, sheet_days(who.staff.id, low, high), [])
    for occupant in who.booked:
        found = found.with_occupant(occupant)
    return found


def slots(
    offered: Offer,
    hours: BranchHours,
    members: Sequence[RosterMember],
    first: int,
    last: int,
    *,
    requester: Requester | None = None,
    wanted: StaffPreference = ANY_STAFF,
) -> StaffSlots:
    """The free times for starts in [first, last)."""
    calendars = {m.staff.id: calendar(m, first, last) for m in members}
    requester = requester or Requester(SeatAccess.WIDGET, LONG_BEFORE)
    return StaffSlots(offered, roster(hours, members), calendars, requester, wanted, first, last)


def free_starts(found: StaffSlots, first: int, last: int) -> dict[int, int]:
    """Start → how many staff are free."""
    return {slot.start: slot.available for slot in found.free_slots(first, last)}


DAY = "2026-12-03"
ALL_DAY = opening("09:00-17:00")
NINE_TO_FIVE = schedule("09:00-17:00")


def day_minute(clock: str) -> int:
    """The epoch minute of a local time on a Thursday in Toronto."""
    return at(f"{DAY} {clock}")


def day_slots(
    *members: RosterMember,
    duration: int = 30,
    interval: int = 30,
    buffers: tuple[int, int] = (0, 0),
    access: SeatAccess = SeatAccess.WIDGET,
    wanted: StaffPreference = ANY_STAFF,
) -> StaffSlots:
    """The free times of that Thursday, from nine to five."""
    requester = Requester(access, LONG_BEFORE)
    span = day_minute("00:00"), day_minute("23:59")
    return slots(
        offer(duration, interval, buffers=buffers), ALL_DAY, members, *span, requester=requester, wanted=wanted
    )


def clock_times(found: StaffSlots) -> list[str]:
    """The starts of that day as local times."""
    return [wall_text(start)[3:8] for start in free_starts(found, day_minute("00:00"), day_minute("23:59"))]


def reasons(found: StaffSlots, *starts: str) -> list[Unavailable | None]:
    """The reasons why these local times of that day cannot be booked."""
    return [found.unavailable_reason(day_minute(clock)) for clock in starts]
