"""Appointments together with what follows from their location's ledger: where each sits, and who has lost a seat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import Calendar, days_around
from chalicelib.domain.organisation.catalog import AvailabilitySource
from chalicelib.domain.organisation.statuses import Status, StatusPipeline
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services import client_identity
from chalicelib.services.availability.ledger_io import calendar_in, sheet_refs
from chalicelib.services.settings_reader import pipeline_in
from chalicelib.services.store_port import Ref, Store


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """An appointment, its block if it sits in one, and whether its block was cut from under it (D10).

    ``status`` is the one it holds, as the organisation has it now (D30); an ``overdue`` request's start has passed.
    """

    appointment: Appointment
    block_id: str | None = None
    orphaned: bool = False
    status: Status | None = None
    overdue: bool = False


def view_without_block(
    appointment: Appointment, pipeline: StatusPipeline, now: datetime, *, orphaned: bool = False
) -> AppointmentView:
    """An appointment that is in no block."""
    status = pipeline.get(appointment.status_id)
    return AppointmentView(appointment, None, orphaned, status, appointment.is_overdue_request(now))


def views_in_calendar(
    appointments: Iterable[Appointment], calendar: Calendar, pipeline: StatusPipeline, now: datetime
) -> list[AppointmentView]:
    """These appointments of one location as its calendar seats them."""
    placement = BlockCapacity(calendar, int(now.timestamp()))
    lost = {o.id for o in placement.orphans() if o.end > epoch_minute(now)}
    plain = (view_without_block(a, pipeline, now, orphaned=a.id in lost) for a in appointments)
    return [replace(s, block_id=placement.block_by_occupant.get(s.appointment.id)) for s in plain]


def read_views(store: Store, appointments: Sequence[Appointment], now: datetime) -> list[AppointmentView]:
    """These appointments as staff see them, with their blocks and statuses."""
    return read_views_and_clients(store, appointments, now)[0]


def read_views_and_clients(
    store: Store, appointments: Sequence[Appointment], now: datetime
) -> tuple[list[AppointmentView], client_identity.ClientIdentities]:
    """These appointments as staff see them and whoever comes: the sheets around all of them, their clients and the
    statuses, in one read, a second one where clients have been merged (D21).

    Only Quickstream ones stand on their location's sheets (D2).
    """
    days: dict[str, set[str]] = {}
    for a in appointments:
        if a.availability is AvailabilitySource.QUICKSTREAM:
            days.setdefault(a.location_id, set()).update(days_around(*a.span))
    refs = [ref for place, wanted in days.items() for ref in sheet_refs(place, sorted(wanted))]
    clients = client_identity.client_refs(appointments)
    found = store.read([*refs, *clients, Ref.to(StatusPipeline)])
    pipeline = pipeline_in(found)
    identities = client_identity.resolve_clients(store, [ref.key[0] for ref in clients], found)
    appointments = [identities.for_staff(appointment) for appointment in appointments]
    seats = {a.id: view_without_block(a, pipeline, now) for a in appointments}
    for place, wanted in days.items():
        calendar = calendar_in(found, place, sorted(wanted))
        here = (a for a in appointments if a.location_id == place and a.availability is AvailabilitySource.QUICKSTREAM)
        seats |= {s.appointment.id: s for s in views_in_calendar(here, calendar, pipeline, now)}
    return [seats[a.id] for a in appointments], identities
