"""What still refers to a location, a service or a staff member: the reasons why it cannot be removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.domain.catalog import Location, Service, Staff
from chalicelib.domain.errors import InUse
from chalicelib.domain.ledger import Sheet
from chalicelib.domain.quickstream import BlockState
from chalicelib.domain.times import minute
from chalicelib.services.ports import Agenda, Store

# Beyond every horizon: appointments exist at most a year ahead.
FAR = timedelta(days=800)
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that refers to another: of what kind, its id and, where it has one, its name."""

    kind: str
    id: str
    name: str | None = None


def refuse_if_used(uses: Iterable[Use]) -> None:
    """409 ``in_use`` naming the first of what still uses it, if anything does."""
    found: dict[str, list[dict[str, str | None]]] = {}
    for use in islice(uses, MOST_NAMED):
        found.setdefault(use.kind, []).append({"id": use.id, "name": use.name})
    if found:
        raise InUse(f"Still in use by: {', '.join(found)}.", extra={"used_by": found})


@dataclass(frozen=True, slots=True)
class Usage:
    """Looks for what refers to a record of the catalogue; read when something is removed, which is rare."""

    store: Store
    agenda: Agenda

    def of_location(self, location_id: str, now: datetime) -> Iterator[Use]:
        """Services and staff there, then its open blocks and upcoming appointments."""
        for service in self.store.catalogue(Service):
            if location_id in service.location_ids:
                yield Use("services", service.id, service.name)
        for staff in self.store.catalogue(Staff):
            if location_id in staff.location_ids:
                yield Use("staff", staff.id, staff.name)
        yield from _on_sheets(self._sheets(location_id, now), now)

    def of_service(self, service_id: str, now: datetime) -> Iterator[Use]:
        """Staff who offer it, then open blocks and upcoming appointments for it at any location."""
        for staff in self.store.catalogue(Staff):
            if service_id in staff.service_ids:
                yield Use("staff", staff.id, staff.name)
        for location in self.store.catalogue(Location):
            yield from _on_sheets(self._sheets(location.id, now), now, service_id)

    def of_staff(self, staff_id: str, now: datetime) -> Iterator[Use]:
        """Upcoming appointments that are theirs."""
        for appointment in self.agenda.of_staff(staff_id, now, now + FAR, MOST_NAMED, None).items:
            yield Use("appointments", appointment.id)

    def _sheets(self, location_id: str, now: datetime) -> list[Sheet]:
        # To the last day anything is written on: a rule that ends is laid out whole, ten years ahead if need be.
        yesterday = now - timedelta(days=1)
        return self.agenda.sheets(location_id, yesterday.date().isoformat(), "9999")


def _on_sheets(sheets: Iterable[Sheet], now: datetime, service_id: str | None = None) -> Iterator[Use]:
    present, seen = minute(now), set[str]()
    for sheet in sheets:
        for block in sheet.blocks.values():
            offered = service_id is None or service_id in block.services
            open_still = block.state is not BlockState.CLOSED and block.end > present
            if offered and open_still and block.id not in seen:
                seen.add(block.id)
                yield Use("blocks", block.id)
        for occupant in sheet.occupants.values():
            booked = service_id is None or service_id == occupant.service_id
            if booked and not occupant.is_hold and occupant.end > present and occupant.id not in seen:
                seen.add(occupant.id)
                yield Use("appointments", occupant.id)
