"""Teams: the people of a branch as its free times need them, read in one query together with its hours.

A post is what one staff member is at one location: a copy of the parts of their staff record and rota that free
time and eligibility rest on, kept in step with both in the same transaction
(services/organisation/roster_sync.py). A decision on somebody's time makes their post part of the transaction, so
nothing it was decided on can change unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.organisation.catalog import Staff
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
        """As these records have it now."""
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
    """A location's hours and everybody who works there, in order of id."""

    location_id: str
    hours: BranchHours
    members: tuple[TeamMember, ...] = ()

    def member(self, staff_id: str) -> TeamMember | None:
        """Somebody's post here, if they have one."""
        return next((p for p in self.members if p.staff_id == staff_id), None)

    def members_offering(self, service_id: str) -> tuple[TeamMember, ...]:
        """Those who offer this service here."""
        return tuple(p for p in self.members if offers_service(p, service_id))


def offers_service(member: TeamMember | None, service_id: str) -> bool:
    """Whether somebody has this post and the service is theirs (D14, D46)."""
    return member is not None and service_id in member.service_ids


def speakers_of(members: Iterable[TeamMember], language: str | None) -> tuple[TeamMember, ...]:
    """Those who speak it; everybody where no language is asked for (CC-3)."""
    return tuple(p for p in members if language is None or language in p.languages)


def _is_bookable_at(schedule: WorkSchedule, location_id: str) -> bool:
    return schedule.calendar_type is CalendarType.OPEN and schedule.location_id in (None, location_id)
