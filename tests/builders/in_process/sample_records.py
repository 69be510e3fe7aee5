"""Ids, people and records of the sample organisation, and the bodies that book there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Login, MeetingMethod, Service, Staff
from chalicelib.domain.organisation.opening_hours import WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType, Rota, WorkSchedule
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import from_epoch_minute, utc_text
from tests.builders.in_process.table_records import write

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
BLOCK_START = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)  # 09:00 in Toronto
TORONTO = "loc_00000000000000000000000001"
VANCOUVER = "loc_00000000000000000000000002"
MORTGAGE = "svc_00000000000000000000000001"
ACCOUNT = "svc_00000000000000000000000002"
ADVICE = "svc_00000000000000000000000003"
SAM = "stf_00000000000000000000000001"
ALEX = "stf_00000000000000000000000002"
ALEX_EMAIL = "alex@example.org"
SAM_EMAIL = "sam@example.org"
CENTRAL = "central@example.org"
BOSS = "boss@example.org"
# An administrator who is not on record: the first one acts until there is one.
ROOT = "root@example.org"
ROLES = {
    ALEX_EMAIL: Role.MANAGER,
    SAM_EMAIL: Role.STAFF,
    CENTRAL: Role.CONTACT_CENTRE,
    BOSS: Role.ADMIN,
    ROOT: Role.ADMIN,
}
NINE_TO_FIVE = (WeeklyHours((1, 2, 3, 4, 5), 9 * 60, 17 * 60),)


def make_service(service_id: str, name: str, minutes: int = 30, **more: Any) -> Service:
    """A service in Toronto, in person or by phone."""
    return Service(
        id=service_id,
        name=name,
        duration_minutes=minutes,
        meeting_methods=(MeetingMethod.IN_PERSON, MeetingMethod.PHONE),
        location_ids=(TORONTO,),
        availability=AvailabilitySource.QUICKSTREAM,
        **more,
    )


def staff_records(staff: Staff, *schedules: WorkSchedule) -> list[Any]:
    """A staff member with login, rota and a place in each location's team."""
    rota = Rota(staff.id, schedules)
    members = (TeamMember(place, staff.id, staff.role).updated_from(staff, rota) for place in staff.location_ids)
    return [staff, rota, Login(staff.email, staff.id), *members]


def hire(staff_id: str, email: str, *location_ids: str, role: Role | None = None) -> str:
    """Save a staff member who works nine to five, Toronto time, at these locations; return the id."""
    services = (MORTGAGE, ACCOUNT, ADVICE)
    staff = Staff(staff_id, staff_id[4:].title(), email, role or ROLES[email], location_ids, services)
    write(*staff_records(staff, WorkSchedule(f"wsl_{staff_id}", CalendarType.OPEN, "America/Toronto", NINE_TO_FIVE)))
    return staff_id


def booking_body(start: datetime = BLOCK_START, **more: Any) -> dict[str, Any]:
    """The body of a client's booking."""
    attendee = {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.org"} | more.pop("attendee", {})
    body = {
        "service_id": MORTGAGE,
        "location_id": TORONTO,
        "meeting_method": "in_person",
        "start": utc_text(start),
        "timezone": "America/Toronto",
        "attendee": attendee,
    }
    return body | more


def staff_body(**more: Any) -> dict[str, Any]:
    """The body of a booking by staff for a new client, through Schedule, when the first block begins."""
    return {
        "channel": "schedule",
        "client": {"first_name": "Bo", "last_name": "Lind", "email": "bo@example.org"},
        "service_id": MORTGAGE,
        "location_id": TORONTO,
        "meeting_method": "in_person",
        "start": utc_text(BLOCK_START),
    } | more


def start(minutes: int) -> dict[str, Any]:
    """The body part for a start so many minutes after the first block's."""
    return {"start": utc_text(at(minutes))}


def at(minutes: int, start: datetime = BLOCK_START) -> datetime:
    """So many minutes after a block's start."""
    return start + timedelta(minutes=minutes)


def minute_text(minutes: int) -> str:
    """An epoch minute as the contract writes it."""
    return utc_text(from_epoch_minute(minutes))
