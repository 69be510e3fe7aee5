"""References to a location, a service or a staff member, which keep it from being removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import Occupant, Sheet, sheet_days
from chalicelib.domain.organisation.catalogue import Location, Service, Staff
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.errors import InUse
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services import paging
from chalicelib.services.store_port import AppointmentLists, Store

# Beyond every horizon: appointments exist at most a year ahead.
MAX_AHEAD = timedelta(days=800)
MAX_NAMED = 20
_LAST_DAY = "9999"


@dataclass(frozen=True, slots=True)
class Reference:
    """A record that refers to another: its kind, its id and, if it has one, its name."""

    kind: str
    id: str
    name: str | None = None


def require_unused(references: Iterable[Reference]) -> None:
    """409 ``in_use`` if there is any reference, naming the first twenty."""
    found: dict[str, list[dict[str, str | None]]] = {}
    for reference in islice(references, MAX_NAMED):
        found.setdefault(reference.kind, []).append({"id": reference.id, "name": reference.name})
    if found:
        raise InUse(f"Still in use by: {', '.join(found)}.", extra={"used_by": found})


@dataclass(frozen=True, slots=True)
class References:
    """Finds the references to a record of the catalogue; only for removals, which are rare."""

    store: Store
    appointment_lists: AppointmentLists

    def to_location(self, location_id: str, now: datetime) -> Iterator[Reference]:
        """Services and staff there, then its open blocks and upcoming appointments."""
        for service in self.store.catalogue(Service):
            if location_id in service.location_ids:
                yield Reference("services", service.id, service.name)
        for staff in self.store.catalogue(Staff):
            if location_id in staff.location_ids:
                yield Reference("staff", staff.id, staff.name)
        yield from self._at_location(location_id, now)

    def to_service(self, service_id: str, now: datetime) -> Iterator[Reference]:
        """Staff who offer it, then open blocks and upcoming appointments for it at any location."""
        for staff in self.store.catalogue(Staff):
            if service_id in staff.service_ids:
                yield Reference("staff", staff.id, staff.name)
        for location in self.store.catalogue(Location):
            yield from self._at_location(location.id, now, service_id)

    def to_staff(self, staff_id: str, now: datetime) -> Iterator[Reference]:
        """Their appointments that have not begun, from their own sheets, which are read consistently.

        If there are none, none is added before the caller's commit as long as that writes a team member record of
        theirs which was read before this (roster_sync).
        """
        present = epoch_minute(now)
        (first,) = sheet_days(staff_id, present, present + 1)
        for occupant in _occupants(self.appointment_lists.sheets(staff_id, first, _LAST_DAY)):
            if occupant.start > present:
                yield Reference("appointments", occupant.id)

    def _at_location(self, location_id: str, now: datetime, service_id: str | None = None) -> Iterator[Reference]:
        """Open blocks and upcoming appointments; those booked with staff are on no sheet of the location."""
        present, seen = epoch_minute(now), set[str]()
        sheets = self._sheets(location_id, now)
        for block in _blocks(sheets):
            offered = service_id is None or service_id in block.services
            if offered and block.state is not BlockState.CLOSED and block.end > present:
                yield Reference("blocks", block.id)
        for occupant in _occupants(sheets):
            if service_id in (None, occupant.service_id) and occupant.end > present:
                seen.add(occupant.id)
                yield Reference("appointments", occupant.id)
        for appointment in self._appointments(location_id, now):
            if service_id in (None, appointment.service_id) and appointment.end > now and appointment.id not in seen:
                yield Reference("appointments", appointment.id)

    def _sheets(self, location_id: str, now: datetime) -> list[Sheet]:
        # Up to the last day with a sheet: a series with an end has all its blocks, up to ten years ahead.
        yesterday = now - timedelta(days=1)
        return self.appointment_lists.sheets(location_id, yesterday.date().isoformat(), _LAST_DAY)

    def _appointments(self, location_id: str, now: datetime) -> Iterator[Appointment]:
        # No appointment is longer than a day.
        first, last = now - timedelta(days=1), now + MAX_AHEAD
        find = partial(self.appointment_lists.at_location, location_id, first, last, paging.PAGE_SIZE)
        for page in paging.read_all_pages(find):
            yield from page


def _blocks(sheets: Iterable[Sheet]) -> Iterable[Block]:
    return {block.id: block for sheet in sheets for block in sheet.blocks.values()}.values()


def _occupants(sheets: Iterable[Sheet]) -> Iterable[Occupant]:
    """The appointments on these sheets, each once."""
    occupants = (occupant for sheet in sheets for occupant in sheet.occupants.values())
    return {occupant.id: occupant for occupant in occupants if not occupant.is_hold}.values()
