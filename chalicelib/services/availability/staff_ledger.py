"""A staff member's own ledger of appointments, so that nobody is booked twice at a time (D14, D38)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import DAY_MINUTES, Calendar, Occupant, SeatAccess, sheet_days
from chalicelib.domain.organisation.branch_roster import TeamMember, offers_service
from chalicelib.domain.shared.errors import StaffConflict
from chalicelib.services.availability import ledger_io
from chalicelib.services.store_port import ReadResult, Ref
from chalicelib.services.unit_of_work import UnitOfWork


def refs(appointment: Appointment) -> list[Ref[Any]]:
    """References to decide if the appointment's staff member, present or future, can take it at its time."""
    staff_id = appointment.staff_id or ""
    return [Ref.to(TeamMember, appointment.location_id, staff_id), *ledger_io.sheet_refs(staff_id, _days(appointment))]


def refs_at(location_id: str, staff_id: str, start: int) -> list[Ref[Any]]:
    """References to decide if they can take an appointment there then, while its service is not known yet."""
    # No appointment with its buffers reaches further than this.
    days = sheet_days(staff_id, start - DAY_MINUTES, start + 2 * DAY_MINUTES)
    return [Ref.to(TeamMember, location_id, staff_id), *ledger_io.sheet_refs(staff_id, days)]


def is_eligible(found: ReadResult, appointment: Appointment) -> bool:
    """True if its staff member offers its service at its location."""
    return offers_service(
        found.get(TeamMember, appointment.location_id, appointment.staff_id or ""), appointment.service_id
    )


def add_if_free(work: UnitOfWork, found: ReadResult, appointment: Appointment, now: datetime) -> Calendar | None:
    """Writes it into its staff member's ledger if they still offer it and are free; the calendar as read, else None."""
    if not is_eligible(found, appointment) or not is_free(found, appointment, now):
        return None
    # Written, not only required unchanged: removing the staff member reads sheets one by one and must notice.
    work.save(found.require(TeamMember, appointment.location_id, appointment.staff_id or ""))
    return _write_occupant(work, found, appointment, now)


def assign(
    work: UnitOfWork, found: ReadResult, appointment: Appointment, now: datetime, force: bool = False
) -> Calendar:
    """Assigns it and writes it into their ledger; 409 ``staff_conflict`` unless they are free or ``force`` (D14)."""
    if not force and not is_free(found, appointment, now):
        raise StaffConflict()
    member = found.require(TeamMember, appointment.location_id, appointment.staff_id or "")
    work.save(replace(member, assigned_at=now))
    return _write_occupant(work, found, appointment, now)


def is_free(found: ReadResult, appointment: Appointment, now: datetime) -> bool:
    """True if no other appointment or live hold of its staff member is closer than both buffers allow."""
    start, end = appointment.busy_span
    occupants = calendar_of(found, appointment).live_occupants(int(now.timestamp()))
    others = (o.busy_span for o in occupants if o.id != appointment.id)
    return all(until <= start or end <= begin for begin, until in others)


def _write_occupant(work: UnitOfWork, found: ReadResult, appointment: Appointment, now: datetime) -> Calendar:
    start, end = appointment.span
    before = calendar_of(found, appointment)
    occupant = Occupant(
        appointment.id,
        start,
        end,
        appointment.service_id,
        SeatAccess.SCHEDULE,
        before=appointment.buffer_before,
        after=appointment.buffer_after,
    )
    ledger_io.write_sheets(work, before, before.with_occupant(occupant), appointment.busy_span, now)
    return before


def _days(appointment: Appointment) -> list[str]:
    return sheet_days(appointment.staff_id or "", *appointment.busy_span)


def calendar_of(found: ReadResult, appointment: Appointment) -> Calendar:
    """Its staff member's calendar around its time."""
    return ledger_io.calendar_in(found, appointment.staff_id or "", _days(appointment))
