"""A staff member's own ledger: which appointments they have when, so that nobody is in two places (D14, D38)."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.appointments import Appointment
from chalicelib.domain.errors import StaffConflict
from chalicelib.domain.ledger import Calendar, Occupant, Right, days_around
from chalicelib.domain.times import minute
from chalicelib.services import calendars
from chalicelib.services.ports import Change, Found, Ref


def refs(staff_id: str, appointment: Appointment) -> list[Ref[Any]]:
    """The sheets a decision about this appointment's time rests on."""
    return calendars.sheet_refs(staff_id, _days(appointment))


def is_free(found: Found, staff_id: str, appointment: Appointment) -> bool:
    """Whether no other appointment of theirs shares an instant with it."""
    start, end = minute(appointment.start), minute(appointment.end)
    others = _calendar(found, staff_id, appointment).occupants(0)
    return all(o.id == appointment.id or o.end <= start or end <= o.start for o in others)


def take(change: Change, found: Found, staff_id: str, appointment: Appointment, force: bool = False) -> None:
    """Writes the appointment into their ledger; 409 ``staff_conflict`` unless they are free or ``force``."""
    if not force and not is_free(found, staff_id, appointment):
        raise StaffConflict()
    start, end = minute(appointment.start), minute(appointment.end)
    before = _calendar(found, staff_id, appointment)
    occupant = Occupant(appointment.id, start, end, appointment.service_id, Right.SCHEDULE)
    calendars.write_sheets(change, before, before.placed(occupant), (start, end), 0)


def _days(appointment: Appointment) -> list[str]:
    return days_around(minute(appointment.start), minute(appointment.end))


def _calendar(found: Found, staff_id: str, appointment: Appointment) -> Calendar:
    return calendars.calendar_in(found, staff_id, _days(appointment))
