"""The roster of a branch: its staff as its free times need them, read in one query together with its hours.

A team member is one staff member at one location: a copy of the parts of their staff record and rota that decide on
free time and eligibility, kept equal to both in the same transaction (services/organisation/roster_sync.py). Every
booking of somebody's time includes their team member record in its transaction, so no change of it goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.organisation.opening_hours import BranchHours
from chalicelib.domain.organisation.rota import CalendarType, Rota, TimeOff, WorkSchedule
from chalicelib.domain.shared.permissions import Role


@dataclass(frozen=True, slots=True)
class TeamMember:
    """An active staff member at one location; ``assigned_at`` is when they last got an appointment there (D46)."""

    location_id: str
    staff_id: str
    role: Role
    name: str = ""
    service_ids: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    timezone: str | None = None
    daily_limit: int | None = None
    schedules: tuple[WorkSchedule, ...] = ()
    time_off: tuple[TimeOff, ...] = ()
    assigned_at: datetime | None = None
    version: int = 0

    def updated_from(self, staff: Staff, rota: Rota) -> TeamMember:
        """The team member as these records have it now."""
        return replace(
            self,
            role=staff.role,
            name=staff.name,
            service_ids=staff.service_ids,
            languages=staff.languages,
            timezone=staff.timezone,
            daily_limit=staff.daily_limit,
            schedules=tuple(s for s in rota.schedules if _is_bookable_at(s, self.location_id)),
            time_off=rota.time_off,
        )


@dataclass(frozen=True, slots=True)
class BranchRoster:
    """A location's hours and the active staff there, in order of id."""

    location_id: str
    hours: BranchHours
    members: tuple[TeamMember, ...] = ()

    def member(self, staff_id: str) -> TeamMember | None:
        """The team member with this staff id, if they work here."""
        return next((member for member in self.members if member.staff_id == staff_id), None)

    def members_offering(self, service_id: str) -> tuple[TeamMember, ...]:
        """The members who offer this service here."""
        return tuple(member for member in self.members if offers_service(member, service_id))


def offers_service(member: TeamMember | None, service_id: str) -> bool:
    """True if the member exists and offers the service (D14, D46)."""
    return member is not None and service_id in member.service_ids


def speakers_of(members: Iterable[TeamMember], language: str | None) -> tuple[TeamMember, ...]:
    """The members who speak the language; all of them if it is None (CC-3)."""
    return tuple(member for member in members if language is None or language in member.languages)


def _is_bookable_at(schedule: WorkSchedule, location_id: str) -> bool:
    return schedule.calendar_type is CalendarType.OPEN and schedule.location_id in (None, location_id)
