"""Allocation: where an appointment or a hold goes once that is decided, and what the decision depends on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import Calendar, Occupant, SeatAccess
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.settings import Offer


@dataclass(frozen=True, slots=True)
class Allocation:
    """A start (minutes since 1970 UTC) on the calendar of the location, or of the staff member ``member``.

    The decision depends on ``dependency_span``: writing it must require that interval to be unchanged.
    """

    offer: Offer
    calendar: Calendar
    start: int
    dependency_span: tuple[int, int]
    member: TeamMember | None = None
    over_capacity: bool = False

    @property
    def end(self) -> int:
        """The end, in minutes since 1970 UTC."""
        return self.start + self.offer.service.duration_minutes

    @property
    def staff_id(self) -> str | None:
        """The staff member who gets the appointment; None on a location's calendar."""
        return self.member.staff_id if self.member else None

    @property
    def sequence(self) -> int:
        """The version of the sheet, which orders ids made in the same millisecond."""
        return self.calendar.sequence(self.start)

    def apply_to(self, appointment: Appointment) -> Appointment:
        """The appointment with this place's staff member and the service's present source and buffers."""
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
        """The calendar's entry for it; staff need the service's buffers around it, a location none (D2)."""
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
