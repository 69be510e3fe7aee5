"""Appointments as staff see them: with their block, status, and whether they have lost their seat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import Calendar, days_around
from chalicelib.domain.organisation.catalogue import AvailabilitySource
from chalicelib.domain.organisation.statuses import Status, StatusPipeline
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services import client_identity
from chalicelib.services.availability.ledger_io import calendar_in, sheet_refs
from chalicelib.services.context import Context
from chalicelib.services.settings_reader import pipeline_in
from chalicelib.services.store_port import Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """An appointment and its block if it has one; it is ``orphaned`` when its block no longer has a seat for it (D10).

    ``status`` is the status as it is defined now (D30); an ``overdue`` request's start has passed.
    """

    appointment: Appointment
    block_id: str | None = None
    orphaned: bool = False
    status: Status | None = None
    overdue: bool = False


def view_without_block(
    appointment: Appointment, pipeline: StatusPipeline, now: datetime, *, orphaned: bool = False
) -> AppointmentView:
    """An appointment that has no seat in a block."""
    status = pipeline.get(appointment.status_id)
    return AppointmentView(appointment, None, orphaned, status, appointment.is_overdue_request(now))


def views_in_calendar(
    appointments: Iterable[Appointment], calendar: Calendar, pipeline: StatusPipeline, now: datetime
) -> list[AppointmentView]:
    """These appointments of one location, each with its block on the location's calendar."""
    capacity = BlockCapacity(calendar, int(now.timestamp()))
    orphaned_ids = {o.id for o in capacity.orphans() if o.end > epoch_minute(now)}
    views = (view_without_block(a, pipeline, now, orphaned=a.id in orphaned_ids) for a in appointments)
    return [replace(view, block_id=capacity.block_by_occupant.get(view.appointment.id)) for view in views]


def read_views(store: Store, appointments: Sequence[Appointment], now: datetime) -> list[AppointmentView]:
    """These appointments as staff see them, with their blocks and statuses."""
    return read_views_and_clients(store, appointments, now)[0]


def read_views_and_clients(
    store: Store, appointments: Sequence[Appointment], now: datetime
) -> tuple[list[AppointmentView], client_identity.ClientIdentities]:
    """These appointments as staff see them, and their clients: the sheets around all of them, their clients and the
    statuses in one read, a second one if clients have been merged (D21).

    Only Quickstream appointments are on their location's sheets (D2).
    """
    days: dict[str, set[str]] = {}
    for a in appointments:
        if a.availability is AvailabilitySource.QUICKSTREAM:
            days.setdefault(a.location_id, set()).update(days_around(*a.span))
    refs = [ref for location_id, read_days in days.items() for ref in sheet_refs(location_id, sorted(read_days))]
    clients = client_identity.client_refs(appointments)
    found = store.read([*refs, *clients, Ref.to(StatusPipeline)])
    pipeline = pipeline_in(found)
    identities = client_identity.resolve_clients(store, [ref.key[0] for ref in clients], found)
    appointments = [identities.for_staff(appointment) for appointment in appointments]
    views = {a.id: view_without_block(a, pipeline, now) for a in appointments}
    for location_id, read_days in days.items():
        calendar = calendar_in(found, location_id, sorted(read_days))
        seated = (
            a for a in appointments if a.location_id == location_id and a.availability is AvailabilitySource.QUICKSTREAM
        )
        views |= {view.appointment.id: view for view in views_in_calendar(seated, calendar, pipeline, now)}
    return [views[a.id] for a in appointments], identities


def commit_and_view(store: Store, work: UnitOfWork, context: Context, appointment: Appointment) -> AppointmentView:
    """Commit the work; the appointment as staff see it is returned and stored under the request's Idempotency-Key."""
    (view,) = read_views(store, [appointment], context.now)
    store.commit(work, context.idempotency, view)
    return view
