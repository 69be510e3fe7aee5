"""Which staff member gets an appointment: who is eligible, and whose turn it is (CC-2, D46)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.domain.availability.staff_time import StaffTime
from chalicelib.domain.organisation.branch_roster import BranchRoster, TeamMember, speakers_of

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StaffPreference:
    """One staff member, one who speaks a language, or any (CC-2); ``keep`` comes first if they are free."""

    staff_id: str | None = None
    language: str | None = None
    keep: str | None = None


ANY_STAFF = StaffPreference()


def eligible_members(roster: BranchRoster, service_id: str, preference: StaffPreference) -> tuple[TeamMember, ...]:
    """The staff on the roster who offer the service, speak the language and match the preference."""
    speakers = speakers_of(roster.members_offering(service_id), preference.language)
    return tuple(member for member in speakers if preference.staff_id in (None, member.staff_id))


def turn_key(person: StaffTime, start: int, preference: StaffPreference) -> tuple[bool, int, datetime, str]:
    """Sort key among free staff: has it already, fewest bookings that day, least recently assigned, id (D46)."""
    member = person.member
    last_assigned = member.assigned_at or _NEVER
    return member.staff_id != preference.keep, person.bookings_on(start), last_assigned, member.staff_id
