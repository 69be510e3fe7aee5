"""Places: where an appointment or a hold goes once it has been decided, and what the decision rested on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import Calendar, Occupant, SeatAccess
from chalicelib.domain.organisation.catalog import Offer
from chalicelib.domain.organisation.roster import TeamMember


@dataclass(frozen=True, slots=True)
class Allocation:
    """A start (minutes since 1970 UTC) on the calendar of the location, or of the staff member of ``post``.

    ``hull`` is the stretch of time the decision rests on, which the write must guard.
    """

    offer: Offer
    calendar: Calendar
    start: int
    dependency_span: tuple[int, int]
    member: TeamMember | None = None
    over_capacity: bool = False

    @property
    def end(self) -> int:
        """When it is over."""
        return self.start + self.offer.service.duration_minutes

    @property
    def staff_id(self) -> str | None:
        """Who gets the appointment, where somebody does."""
        return self.member.staff_id if self.member else None

    @property
    def sequence(self) -> int:
        """Orders newcomers of one millisecond."""
        return self.calendar.sequence(self.start)

    def apply_to(self, appointment: Appointment) -> Appointment:
        """The appointment as it is here: whose calendars it stands on, the service's buffers as they are now."""
        service = self.offer.service
        return replace(
            appointment,
            availability=service.availability,
            staff_id=self.staff_id or appointment.staff_id,
            buffer_before=service.buffer_before,
            buffer_after=service.buffer_after,
            over_capacity=self.over_capacity,
        )

    def to_occupant(self, occupant_id: str, access: SeatAccess, expires: int | None = None) -> Occupant:
        """What stands on the calendar; staff need the service's buffers around it, a location none (D2)."""
        service = self.offer.service
        return Occupant(
            occupant_id,
            self.start,
            self.end,
            service.id,
            access,
            self.over_capacity,
            expires,
            service.buffer_before if self.member else 0,
            service.buffer_after if self.member else 0,
        )
