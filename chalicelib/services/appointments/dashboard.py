"""The dashboard's lists: requests, unassigned, orphaned, upcoming, one day; by location or staff member (D26, D33)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.organisation.catalogue import Location, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.organisation.statuses import StatusPipeline
from chalicelib.domain.shared.errors import NotFound, invalid
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.domain.shared.times import EPOCH, day_bounds, epoch_minute, known_zone
from chalicelib.services import client_identity, paging
from chalicelib.services.appointment_access import can_view_lists_of, visible_location_ids, visible_staff_ids
from chalicelib.services.appointments.appointment_view import AppointmentView, read_views, view_without_block
from chalicelib.services.context import Context
from chalicelib.services.quickstream.block_reader import upcoming_calendar
from chalicelib.services.settings_reader import pipeline_in, settings_in
from chalicelib.services.store_port import AppointmentFilter, AppointmentLists, Page, Ref, Store

# Nothing can be booked further ahead: the longest horizon is a year.
MAX_AHEAD = timedelta(days=400)


class DashboardView(StrEnum):
    """The dashboard's lists."""

    UNCONFIRMED = "unconfirmed"
    UNASSIGNED = "unassigned"
    ORPHANED = "orphaned"
    UPCOMING = "upcoming"
    DAY = "day"


_LOCATION_VIEWS = frozenset({DashboardView.UNCONFIRMED, DashboardView.UNASSIGNED, DashboardView.ORPHANED})


@dataclass(frozen=True, slots=True)
class DashboardRequest:
    """The list of a location, a staff member or both, on a local day or from now on.

    Requests are listed from the oldest on, as one whose start has passed stays pending (D33);
    ``show_confirmed`` adds confirmed appointments that are still to come (AS-9).
    """

    view: DashboardView
    location_id: str | None = None
    staff_id: str | None = None
    date: date | None = None
    show_confirmed: bool = False
    limit: int = 50
    cursor: str | None = None


class Dashboard:
    """Read the lists; writes nothing."""

    def __init__(self, store: Store, appointment_lists: AppointmentLists) -> None:
        self._store = store
        self._appointment_lists = appointment_lists

    def list_page(self, context: Context, request: DashboardRequest) -> Page[AppointmentView]:
        """Part of a list, oldest start first; 404 for a location or colleague outside the caller's scope."""
        _require_subject(request)
        timezone, pipeline = self._require_access(context.staff, request)
        first, last = _period(request, timezone, context.now)
        base_filter = _base_filter(context.staff, request, first, last)
        if request.view is DashboardView.ORPHANED:
            return self._list_orphaned(base_filter, request, pipeline, context.now)
        filters = _filters(base_filter, request, context.now)
        page = self._appointment_lists.find(filters, request.limit, request.cursor)
        return Page(tuple(read_views(self._store, page.items, context.now)), page.next_cursor)

    def _require_access(self, principal: Principal, request: DashboardRequest) -> tuple[str, StatusPipeline]:
        """The zone of the list's day, and the statuses; 404 if the caller may not see the list."""
        refs: list[Ref[Any]] = [Ref.to(Settings), Ref.to(StatusPipeline)]
        refs += [Ref.to(Location, request.location_id)] if request.location_id else []
        refs += [Ref.to(Staff, request.staff_id)] if request.staff_id is not None else []
        found = self._store.read(refs)
        settings, staff, location = settings_in(found), None, None
        if request.location_id:
            location = found.require(Location, request.location_id)
            _require_visible(principal.reaches(Ability.DASHBOARD_VIEW, location_id=location.id))
        if request.staff_id is not None:
            staff = found.require(Staff, request.staff_id)
            _require_visible(can_view_lists_of(principal, staff, request.location_id))
        timezone = (location and location.timezone) or (staff and staff.timezone) or settings.timezone
        return timezone, pipeline_in(found)

    def _list_orphaned(
        self, appointment_filter: AppointmentFilter, request: DashboardRequest, pipeline: StatusPipeline, now: datetime
    ) -> Page[AppointmentView]:
        calendar = upcoming_calendar(self._appointment_lists, request.location_id or "", now)
        first = epoch_minute(appointment_filter.first) if request.date else 0
        last = epoch_minute(appointment_filter.last)
        orphans = BlockCapacity(calendar, int(now.timestamp())).orphans()
        positions = sorted((o.start, o.id) for o in orphans if o.end > epoch_minute(now) and first <= o.start < last)
        after = paging.decode_number_and_id(request.cursor)
        rest = [position for position in positions if position > after]
        found = list(islice(self._read_assigned(rest, appointment_filter.staff_ids, request.limit), request.limit + 1))
        appointments = client_identity.appointments_for_staff(
            self._store, [appointment for _, appointment in found[: request.limit]]
        )
        shown = [view_without_block(appointment, pipeline, now, orphaned=True) for appointment in appointments]
        more = len(found) > request.limit
        return Page(tuple(shown), paging.encode_cursor(*found[request.limit - 1][0]) if more else None)

    def _read_assigned(
        self, positions: Sequence[tuple[int, str]], staff_ids: frozenset[str | None] | None, batch_size: int
    ) -> Iterator[tuple[tuple[int, str], Appointment]]:
        """The appointments at these positions assigned to one of ``staff_ids``; batches are read only as needed."""
        for begin in range(0, len(positions), batch_size + 1):
            batch = positions[begin : begin + batch_size + 1]
            found = self._store.read([Ref.to(Appointment, appointment_id) for _, appointment_id in batch])
            for position in batch:
                appointment = found.get(Appointment, position[1])
                if (
                    appointment
                    and appointment.occupies_capacity
                    and (staff_ids is None or appointment.staff_id in staff_ids)
                ):
                    yield position, appointment


def _require_visible(reached: bool) -> None:
    if not reached:
        raise NotFound()


def _require_subject(request: DashboardRequest) -> None:
    if request.location_id is None and (request.view in _LOCATION_VIEWS or request.staff_id is None):
        raise invalid("/location_id", "Say which location.", "location_required")
    if request.date is None and request.view is DashboardView.DAY:
        raise invalid("/date", "Say which day.", "date_required")


def _period(request: DashboardRequest, timezone: str, now: datetime) -> tuple[datetime, datetime]:
    return day_bounds(request.date, known_zone(timezone)) if request.date else (now, now + MAX_AHEAD)


def _base_filter(principal: Principal, request: DashboardRequest, first: datetime, last: datetime) -> AppointmentFilter:
    """The list's appointments that start in [first, last), limited to those the caller may see."""
    if request.location_id:
        one_person = request.staff_id and request.view is not DashboardView.UNASSIGNED
        staff_ids = frozenset({request.staff_id}) if one_person else visible_staff_ids(principal, request.location_id)
        return AppointmentFilter(first, last, frozenset({request.location_id}), staff_ids)
    own = request.staff_id == principal.staff_id
    return AppointmentFilter(
        first, last, None if own else visible_location_ids(principal), frozenset({request.staff_id})
    )


def _filters(base_filter: AppointmentFilter, request: DashboardRequest, now: datetime) -> list[AppointmentFilter]:
    """One filter per query; requests with confirmed appointments are two lists that meet at the present."""
    if request.view is DashboardView.UNASSIGNED:
        return [replace(base_filter, staff_ids=frozenset({None}))]
    if request.view is not DashboardView.UNCONFIRMED or (request.show_confirmed and request.date):
        return [base_filter]
    requests = replace(base_filter, first=base_filter.first if request.date else EPOCH, unconfirmed=True)
    return [replace(requests, last=now), base_filter] if request.show_confirmed else [requests]
