"""The records of a staff plan before the first action: services, hours and people around a clock change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, Login, MeetingMethod, Service, Staff
from chalicelib.domain.organisation.opening_hours import DAY_MINUTES, BranchHours, BranchHoursLine, Closure, WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType, Rota, TimeOff, WorkSchedule
from chalicelib.domain.shared.permissions import Role
from tests.builders.generators.block_day_plans import Day
from tests.builders.generators.staff_day_plans import Plan, PlannedPerson, Span
from tests.builders.in_process.sample_records import TORONTO

SECOND_LOCATION = "loc_00000000000000000000000002"
LOCATIONS = (TORONTO, SECOND_LOCATION)
SERVICES = tuple(f"svc_{n:026d}" for n in (1, 2))
BLOCK_SERVICE = "svc_00000000000000000000000003"
PEOPLE = tuple(f"stf_{n:026d}" for n in (1, 2))
ADMIN = "stf_00000000000000000000000009"
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


def records(day: Day, plan: Plan) -> list[Any]:
    """Services, locations with their hours, staff with logins, rotas and roster entries."""
    return [*_catalogue(day, plan), *_hours(day, plan), *_staff(day, plan)]


def email(staff_id: str) -> str:
    """The login address of a staff member."""
    return f"{staff_id}@example.org"


def _zones(day: Day) -> tuple[str, str]:
    return day.zone, "Asia/Kolkata"


def _catalogue(day: Day, plan: Plan) -> list[Any]:
    common: dict[str, Any] = {"meeting_methods": (MeetingMethod.IN_PERSON,), "location_ids": LOCATIONS}
    window: dict[str, Any] = {"lead_minutes": plan.lead, "horizon_days": plan.horizon}
    services = [
        Service(
            id=service_id,
            name=service_id,
            duration_minutes=planned.minutes,
            buffer_before=planned.before,
            buffer_after=planned.after,
            slot_interval=planned.interval,
            availability=AvailabilitySource.STAFF,
            client_chooses_staff=True,
            **common,
            **window,
        )
        for service_id, planned in zip(SERVICES, plan.services, strict=True)
    ]
    places = [Location(id_, id_, zone) for id_, zone in zip(LOCATIONS, _zones(day), strict=True)]
    blocks = Service(BLOCK_SERVICE, "Blocks", 20, buffer_before=5, buffer_after=10, lead_minutes=0, **common)
    return [*places, *services, blocks]


def _hours(day: Day, plan: Plan) -> list[BranchHours]:
    def closures(zone: str) -> tuple[Closure, ...]:
        lines = (_line(day, span, zone) for span in plan.closures)
        return tuple(Closure(f"clo_{n}", _date(day, zone), "", at.start, at.end) for n, at in enumerate(lines))

    return [
        BranchHours(place, (BranchHoursLine("hrs_1", _line(day, span, zone)),), closures(zone))
        for place, zone, span in zip(LOCATIONS, _zones(day), plan.hours, strict=True)
    ]


def _staff(day: Day, plan: Plan) -> list[Any]:
    found: list[Any] = [Staff(ADMIN, "Boss", "boss@example.org", Role.ADMIN), Login("boss@example.org", ADMIN)]
    for staff_id, planned in zip(PEOPLE, plan.people, strict=True):
        where = LOCATIONS if planned.travels else LOCATIONS[:1]
        services = (*(SERVICES[n] for n in planned.services), BLOCK_SERVICE)
        facts = where, services, planned.languages, planned.zone, planned.limit
        staff = Staff(staff_id, staff_id, email(staff_id), Role.STAFF, *facts)
        rota = _rota(day, staff_id, planned)
        members = [TeamMember(place, staff_id, Role.STAFF).updated_from(staff, rota) for place in where]
        found += [staff, Login(staff.email, staff_id), rota, *members]
    return found


def _rota(day: Day, staff_id: str, planned: PlannedPerson) -> Rota:
    zone = planned.zone or day.zone
    schedules = tuple(
        WorkSchedule(
            id=f"wsl_{n}",
            calendar_type=CalendarType.OPEN,
            timezone=zone,
            lines=(_line(day, span, zone),),
            location_id=None if span.place is None else LOCATIONS[span.place],
        )
        for n, span in enumerate(planned.lines)
    )
    away = tuple(
        TimeOff(f"tof_{n}", _at(day, s.start), _at(day, s.start + s.minutes)) for n, s in enumerate(planned.away)
    )
    return Rota(staff_id, schedules, away)


def _at(day: Day, minutes: int) -> datetime:
    return day.clock_change + timedelta(minutes=minutes)


def _date(day: Day, zone: str) -> date:
    return day.clock_change.astimezone(Day(zone, day.date).tz).date()


def _line(day: Day, span: Span, zone: str) -> WeeklyHours:
    """A span as clocks in that zone show it on every day, cut at midnight."""
    change = day.clock_change.astimezone(Day(zone, day.date).tz)
    start = min(max(60 * change.hour + change.minute + span.start, 0), DAY_MINUTES - 60)
    return WeeklyHours(EVERY_DAY, start, min(start + span.minutes, DAY_MINUTES))
