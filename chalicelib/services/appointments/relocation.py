"""Moving an appointment to another time, location or staff member: the old seat freed, the new one taken (D38).

A rebooked appointment moves within the work schedule it was rebooked into, by the rules it was booked by (RB-16, D37):
opening hours and open schedules do not limit an ad hoc schedule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.availability.booking_window import Requester, window_violation
from chalicelib.domain.availability.staff_choice import StaffPreference
from chalicelib.domain.availability.unavailable_reasons import refusal_for
from chalicelib.domain.capacity.ledger import Calendar, SeatAccess
from chalicelib.domain.organisation.catalogue import AvailabilitySource
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.quickview.rebooking import require_no_obstacles, require_within_schedule
from chalicelib.domain.shared.errors import ConsultantUnavailable, invalid
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services.appointments.staff_allocation import allocate_for_staff
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.availability.availability import query_for_move
from chalicelib.services.availability.availability_reader import (
    AvailabilityQuery,
    AvailabilityReader,
    AvailabilityWindow,
    AvailableTimes,
    require_offered,
    unknown_reference,
)
from chalicelib.services.availability.booking_channels import StaffChannel, require_channel
from chalicelib.services.context import Context
from chalicelib.services.organisation import roster_sync
from chalicelib.services.store_port import ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class RelocationRequest:
    """An appointment before and after the move, and the channel it is moved through; ``override`` ignores conflicts."""

    before: Appointment
    after: Appointment
    staff_channel: StaffChannel
    override: bool = False

    @property
    def is_moved(self) -> bool:
        """True if the time or the location changes."""
        before, after = self.before, self.after
        return (before.start, before.location_id) != (after.start, after.location_id)

    @property
    def access(self) -> SeatAccess:
        """The seats open to it; at the time it already has, the grid of free times does not matter."""
        return self.staff_channel.access if self.is_moved else SeatAccess.SCHEDULE

    @property
    def is_handed_over(self) -> bool:
        """True if the staff member changes."""
        return self.before.staff_id != self.after.staff_id

    @property
    def stays_in_schedule(self) -> bool:
        """True if the schedule it was rebooked into limits the move: same location and staff member, no block."""
        before, after = self.before, self.after
        in_schedule = before.work_schedule_id is not None and before.availability is AvailabilitySource.STAFF
        return (
            in_schedule
            and after.staff_id is not None
            and not self.is_handed_over
            and (before.location_id == after.location_id)
        )


@dataclass(frozen=True, slots=True)
class RelocationResult:
    """The appointment after the move; ``calendar`` is its location's after the move if a new seat was allocated."""

    appointment: Appointment
    calendar: Calendar | None = None


class RelocateAppointment:
    """Decide and write within the caller's transaction; calendars the move does not touch are not read."""

    def __init__(self, store: Store, availability_reader: AvailabilityReader) -> None:
        self._store = store
        self._availability_reader = availability_reader

    def relocate(self, work: UnitOfWork, context: Context, request: RelocationRequest) -> RelocationResult:
        """Take the new seat and free the old one if they differ; the old one is no obstacle.

        The staff member stays unless the request changes them. 409 as for bookings, ``staff_conflict``; 422
        ``unknown_staff``, ``past``; 403 ``feature_disabled``. In a schedule it was rebooked into: 422 ``past``,
        ``too_far``, ``outside_work_schedule``; 409 ``consultant_conflict``, ``consultant_unavailable``.
        """
        if request.is_moved and request.stays_in_schedule and self._move_in_schedule(work, context, request):
            return RelocationResult(request.after)
        if request.is_moved or self._needs_new_allocation(request, context):
            return self._allocate(work, context, request)
        if request.is_handed_over:
            self._hand_over(work, context, request)
        return RelocationResult(request.after)

    def _move_in_schedule(self, work: UnitOfWork, context: Context, request: RelocationRequest) -> bool:
        """Take the new time and free the old one; False, with nothing written, if the schedule no longer exists."""
        before, after, overridden = request.before, request.after, request.override
        staff_id = after.staff_id or ""
        refs: list[Ref[Any]] = [
            *ledger_io.offer_refs(after.location_id, after.service_id),
            *(Ref.to(Rota, staff_id), *staff_ledger.refs(after)),
        ]
        found = self._store.read(refs)
        rota = roster_sync.rota_in(found, staff_id)
        schedule = next((s for s in rota.schedules if s.id == before.work_schedule_id), None)
        if schedule is None:
            return False
        offer = ledger_io.offer_in(found, after.location_id, after.service_id, unknown_reference)
        _require_within_window(offer, Requester(SeatAccess.SCHEDULE, context.now), after)
        require_within_schedule(schedule, after.span, overridden=overridden)
        if not staff_ledger.is_eligible(found, after):
            raise ConsultantUnavailable()
        calendar = staff_ledger.calendar_of(found, after)
        others = calendar.without_occupant(after.id)
        require_no_obstacles(rota, others, offer, after.span, int(context.now.timestamp()), overridden=overridden)
        work.require_unchanged(rota)
        staff_ledger.assign(work, found, after, context.now, force=True)
        ledger_io.remove_occupant(work, before.id, before.calendar_spans(), [calendar])
        return True

    def _needs_new_allocation(self, request: RelocationRequest, context: Context) -> bool:
        """True if the new staff member's working time decides; not after the start, when nothing is left to choose."""
        after = request.after
        by_person = after.availability is AvailabilitySource.STAFF and after.staff_id is not None
        return request.is_handed_over and by_person and after.start > context.now

    def _allocate(self, work: UnitOfWork, context: Context, request: RelocationRequest) -> RelocationResult:
        before, after = request.before, request.after
        times, found, requester = self._read(context, request)
        if times.offer.service.availability is AvailabilitySource.STAFF and after.staff_id is None:
            _require_within_window(times.offer, requester, after)
            ledger_io.remove_occupant(work, before.id, before.calendar_spans())
            return RelocationResult(replace(after, availability=AvailabilitySource.STAFF, over_capacity=False))
        start = epoch_minute(after.start)
        allocation = allocate_for_staff(times, start, request.access, context.staff, request.override)
        occupant = allocation.to_occupant(after.id, request.access)
        ledger_io.write_occupant(work, allocation, occupant, context.now)
        after = allocation.apply_to(after)
        rewritten = [allocation.calendar]
        if after.staff_id and allocation.member is None:
            _require_eligible(found, after)
            rewritten.append(staff_ledger.assign(work, found, after, context.now, force=request.override))
        ledger_io.remove_occupant(work, before.id, before.calendar_spans(), rewritten)
        return RelocationResult(after, None if allocation.member else allocation.calendar.with_occupant(occupant))

    def _read(self, context: Context, request: RelocationRequest) -> tuple[AvailableTimes, ReadResult, Requester]:
        """The free times of the new staff member only, with that member's roster entry and calendar."""
        before, after, staff_channel = request.before, request.after, request.staff_channel
        requester = Requester(request.access, context.now, moving=before.id)

        def build_query(offer: Offer, _: ReadResult) -> AvailabilityQuery:
            if staff_channel is StaffChannel.CONTACT_CENTRE:
                require_channel(context.staff, staff_channel, after.location_id, offer.settings)
            require_offered(offer, None, None, request.access, unknown_reference)
            return replace(
                query_for_move(offer, requester, before),
                preference=StaffPreference(after.staff_id),
                is_allowed=lambda member: member.staff_id == after.staff_id,
                lenient=False,
            )

        start = epoch_minute(after.start)
        window = AvailabilityWindow(after.service_id, after.location_id, start, start + 1)
        refs = staff_ledger.refs_at(after.location_id, after.staff_id, start) if after.staff_id else []
        times, found = self._availability_reader.read(window, build_query, refs, unknown=unknown_reference)
        return times, found, requester

    def _hand_over(self, work: UnitOfWork, context: Context, request: RelocationRequest) -> None:
        before, after = request.before, request.after
        if after.staff_id:
            found = self._store.read(staff_ledger.refs(after))
            _require_eligible(found, after)
            staff_ledger.assign(work, found, after, context.now, force=request.override)
        if before.staff_id:
            ledger_io.remove_occupant(work, before.id, [(before.staff_id, before.busy_span)])


def _require_eligible(found: ReadResult, appointment: Appointment) -> None:
    if not staff_ledger.is_eligible(found, appointment):
        raise invalid("/staff_id", "They do not offer this service here.", "unknown_staff")


def _require_within_window(offer: Offer, requester: Requester, appointment: Appointment) -> None:
    violation = window_violation(offer, requester, appointment.span[0])
    if violation:
        raise refusal_for(violation)
