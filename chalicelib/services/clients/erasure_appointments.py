"""The upcoming appointments of a client, under every id of merged records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client, Contact
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.crud import read_existing
from chalicelib.services.paging import read_all_by_position
from chalicelib.services.store_port import ClientDirectory, ReadResult, Store

# No appointment that began earlier is still under way.
_MAX_DURATION = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class UpcomingAttendance:
    """An appointment that is not over, and the id under which the client attends it."""

    appointment: Appointment
    client_id: str


def upcoming_attendances(
    store: Store, directory: ClientDirectory, client: Client, now: datetime, found: ReadResult
) -> Iterator[UpcomingAttendance]:
    """The appointments the client still attends, under any of its ids, latest start first.

    The list may lag behind a booking; those from the widget are known to the contacts, read as ``found``.
    """
    contacts = (found.get(Contact, value) for value in client.contact_values)
    counted = {booked for contact in contacts if contact for booked, _ in contact.upcoming}
    for member in client.record_ids:
        listed: set[str] = set()
        for page in read_all_by_position(partial(directory.appointments, member), lambda each: each.position):
            listed.update(attendance.appointment_id for attendance in page)
            live = [attendance.appointment_id for attendance in page if not attendance.cancelled]
            yield from _attended(store, member, live, now)
            if page and page[-1].position < utc_text(now - _MAX_DURATION):
                break
        yield from _attended(store, member, sorted(counted - listed), now)


def _attended(store: Store, member: str, ids: Sequence[str], now: datetime) -> Iterator[UpcomingAttendance]:
    for appointment in read_existing(store, Appointment, ids):
        if appointment.is_upcoming(now) and any(a.client_id == member for a in appointment.live_attendees):
            yield UpcomingAttendance(appointment, member)
