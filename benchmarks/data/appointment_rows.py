"""Any number of appointments with all their rows; the measured branch's month is always the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.data import staffed_branches
from benchmarks.data.branches import (
    BUSY_BRANCH,
    BUSY_DAY,
    MEASURED_BRANCH,
    MONTH_DAYS,
    NOW,
    TIMEZONE,
    USUAL_DAY,
    DayLoad,
    branch_id,
    catalogue,
    occupant,
    opening_instant,
    sheet,
)
from chalicelib.domain.appointments.appointment import Appointment, Attendee
from chalicelib.domain.capacity.ledger import Occupant
from chalicelib.domain.clients.client import Client, Contact, name_key
from chalicelib.domain.organisation.catalogue import AvailabilitySource, MeetingMethod
from chalicelib.domain.shared.events import CLIENT_ACTOR, Audience, JournalEntry, MessageKind, QueuedMessage
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute, known_zone, wall_text
from chalicelib.persistence import row_mapping
from chalicelib.persistence.table import Row
from chalicelib.services.appointments.journal_entries import appointment_event

BRANCH_COUNT = 50
YEAR_DAYS = 365
_PER_CLIENT = 2


@dataclass(frozen=True)
class BranchDay:
    """One branch's day, for which a sheet is filled."""

    location_id: str
    day: date
    load: DayLoad


def table_rows(appointments: int) -> Iterator[Row]:
    """The whole table: catalogue, sheets, and for each appointment all rows of its booking.

    These are the appointment, its attendee row and its journal row (delivered); every two appointments share a client
    with a contact. A table that is large enough includes the month of the fully booked staff.
    """
    yield from map(row_mapping.to_row, (*catalogue(BRANCH_COUNT), *staffed_branches.catalogue()))
    if 2 * staffed_branches.FULL_BRANCH.appointments <= appointments:
        appointments -= staffed_branches.FULL_BRANCH.appointments
        yield from _staff_appointment_rows(list(staffed_branches.FULL_BRANCH.occupants(first=appointments)))
    number = 0
    for branch_day in _branch_days():
        count = min(branch_day.load.appointments, appointments - number)
        occupants: dict[str, Occupant] = {}
        for seat in range(count):
            booked = occupant(_id("apt", number + seat), branch_day.day, seat)
            occupants[booked.id] = booked
            yield from _booking_rows(branch_day.location_id, booked, number + seat)
        number += count
        is_measured = branch_day.location_id in (MEASURED_BRANCH, BUSY_BRANCH) and branch_day.day in MONTH_DAYS
        if occupants or is_measured:
            yield row_mapping.to_row(sheet(branch_day.location_id, branch_day.day, branch_day.load, occupants))
    assert number == appointments, "the calendar has room for fewer"


def _staff_appointment_rows(month: list[tuple[str, Occupant]]) -> Iterator[Row]:
    """The rows of staff members' appointments; each id contains the appointment's number."""
    for staff_id, booked in month:
        number = int(booked.id.removeprefix("apt_"))
        yield from _booking_rows(staffed_branches.FULL_BRANCH.location_id, booked, number, staff_id)
    yield from map(row_mapping.to_row, staffed_branches.sheets_of(month))


def known_client() -> tuple[str, str, str]:
    """First name, last name and address of a client who booked before, in a table of any size."""
    client = _client(0)
    return client.first_name, client.last_name, str(client.email)


def _branch_days() -> Iterator[BranchDay]:
    """The measured branch's month first, then the busy one's, then every branch's other days, nearest first."""
    yield from (BranchDay(MEASURED_BRANCH, day, USUAL_DAY) for day in MONTH_DAYS)
    yield from (BranchDay(BUSY_BRANCH, day, BUSY_DAY) for day in MONTH_DAYS)
    yield from (BranchDay(branch_id(n), day, USUAL_DAY) for day in MONTH_DAYS for n in range(2, BRANCH_COUNT))
    past = (MONTH_DAYS[0] - timedelta(days=n) for n in range(1, 3 * YEAR_DAYS))
    yield from (BranchDay(branch_id(n), day, USUAL_DAY) for day in past for n in range(BRANCH_COUNT))


def _booking_rows(location_id: str, booked: Occupant, number: int, staff_id: str | None = None) -> Iterator[Row]:
    client = _client(number // _PER_CLIENT)
    record = appointment(location_id, booked, number, client, staff_id)
    yield row_mapping.to_row(record)
    yield from row_mapping.attendee_rows(record)
    journal = row_mapping.journal_row(_entry(record, number))
    journal.duepk = journal.due_at = None  # delivered
    yield journal
    if number % _PER_CLIENT == 0:
        yield row_mapping.to_row(client)
        yield row_mapping.to_row(_contact(client, record))


def appointment(
    location_id: str, booked: Occupant, number: int, client: Client, staff_id: str | None = None
) -> Appointment:
    """A client's appointment there; ``number`` makes its code unique."""
    start = from_epoch_minute(booked.start)
    booked_at = opening_instant(start.date()) - timedelta(days=20)
    return Appointment(
        id=booked.id,
        service_id=booked.service_id,
        location_id=location_id,
        method=MeetingMethod.IN_PERSON,
        start=start,
        end=from_epoch_minute(booked.end),
        timezone=TIMEZONE,
        local_start=wall_text(start, known_zone(TIMEZONE)),
        attendees=(Attendee(client.id, client.name, f"code{number:028d}", client.email),),
        booked_through=CLIENT_ACTOR,
        created_at=booked_at,
        updated_at=booked_at,
        availability=AvailabilitySource.STAFF if staff_id else AvailabilitySource.QUICKSTREAM,
        staff_id=staff_id,
        buffer_after=booked.after,
        reminder_hours=(24,),
        version=1,
    )


def _entry(appointment: Appointment, number: int) -> JournalEntry:
    to_client = QueuedMessage(MessageKind.CONFIRMATION, Audience.CLIENT, appointment.attendees[0].client_id)
    to_branch = QueuedMessage(MessageKind.STAFF_BOOKED, Audience.LOCATION, appointment.location_id)
    return JournalEntry(
        id=_id("evt", number),
        subject_id=appointment.id,
        at=appointment.created_at,
        action="booked",
        actor=CLIENT_ACTOR,
        messages=(to_client, to_branch),
        events=(appointment_event("appointment.booked", appointment),),
    )


def _client(number: int) -> Client:
    first, last = f"Ana{number:06d}", "Ruiz"
    return Client(
        id=_id("cli", number),
        first_name=first,
        last_name=last,
        created_at=NOW,
        updated_at=NOW,
        email=f"{first.lower()}@example.org",
        version=1,
    )


def _contact(client: Client, appointment: Appointment) -> Contact:
    clients = ((client.id, name_key(client.first_name, client.last_name)),)
    return Contact(str(client.email), clients, ((appointment.id, epoch_minute(appointment.end)),), version=1)


def _id(prefix: str, number: int) -> str:
    return f"{prefix}_{number:026d}"
