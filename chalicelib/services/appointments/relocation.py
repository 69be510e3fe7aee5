"""Changing where and when an appointment takes place and who has it: the old place freed, the new one taken (D38)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.availability.block_slots import Requester, refusal_for, window_violation
from chalicelib.domain.availability.staff_slots import StaffPreference
from chalicelib.domain.capacity.ledger import Calendar, SeatAccess
from chalicelib.domain.organisation.catalog import AvailabilitySource, Offer
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services.appointments import rebooked_relocation
from chalicelib.services.appointments.staff_booking import allocate_for_staff
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
from chalicelib.services.store_port import ReadResult, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class RelocationRequest:
    """An appointment as it is and as staff want it, through which door; ``override`` in spite of all that is there."""

    before: Appointment
    after: Appointment
    staff_channel: StaffChannel
    override: bool = False

    @property
    def is_moved(self) -> bool:
        """Whether it is to take place at another time or location."""
        before, after = self.before, self.after
        return (before.start, before.location_id) != (after.start, after.location_id)

    @property
    def access(self) -> SeatAccess:
        """The seats that are open to it: at a time it has already, the grid of free times counts for nothing."""
        return self.staff_channel.access if self.is_moved else SeatAccess.SCHEDULE

    @property
    def is_handed_over(self) -> bool:
        """Whether somebody else is to have it, or nobody."""
        return self.before.staff_id != self.after.staff_id


@dataclass(frozen=True, slots=True)
class RelocationResult:
    """The appointment in its place; ``calendar`` is its location's as it then is, where its seat was decided anew."""

    appointment: Appointment
    calendar: Calendar | None = None


class RelocateAppointment:
    """Decides and writes within the caller's transaction; reads no calendar that the change does not touch."""

    def __init__(self, store: Store, availability_reader: AvailabilityReader) -> None:
        self._store = store
        self._availability_reader = availability_reader

    def relocate(self, work: UnitOfWork, context: Context, request: RelocationRequest) -> RelocationResult:
        """Takes the new place and frees the old one, if they differ; the appointment counts for nothing meanwhile.

        Whoever has it keeps it. 409 as for bookings, ``staff_conflict`` for somebody who is not free; 422
        ``unknown_staff``, ``past``; 403 ``feature_disabled``. What was rebooked is refused as by ``rebook_moves``.
        """
        before, after = request.before, request.after
        if request.is_moved and rebooked_relocation.relocate_in_schedule(
            work, self._store, context, before, after, overridden=request.override
        ):
            return RelocationResult(after)
        if request.is_moved or self._needs_new_allocation(request, context):
            return self._allocate(work, context, request)
        if request.is_handed_over:
            self._hand_over(work, context, request)
        return RelocationResult(request.after)

    def _needs_new_allocation(self, request: RelocationRequest, context: Context) -> bool:
        """Whether it is the new person's working time that decides; once it has begun there is nothing to choose."""
        after = request.after
        by_person = after.availability is AvailabilitySource.STAFF and after.staff_id is not None
        return request.is_handed_over and by_person and after.start > context.now

    def _allocate(self, work: UnitOfWork, context: Context, request: RelocationRequest) -> RelocationResult:
        before, after = request.before, request.after
        times, found, requester = self._read(context, request)
        start = epoch_minute(after.start)
        if times.offer.service.availability is AvailabilitySource.STAFF and after.staff_id is None:
            why = window_violation(times.offer, requester, start)
            if why:
                raise refusal_for(why)
            ledger_io.remove_occupant(work, before.id, before.calendar_spans())
            return RelocationResult(replace(after, availability=AvailabilitySource.STAFF, over_capacity=False))
        allocation = allocate_for_staff(times, start, request.access, context.staff, request.override)
        occupant = allocation.to_occupant(after.id, request.access)
        ledger_io.write_occupant(work, allocation, occupant, context.now)
        after = allocation.apply_to(after)
        read = [allocation.calendar]
        if after.staff_id and allocation.member is None:
            _require_eligible(found, after)
            read.append(staff_ledger.assign(work, found, after, context.now, force=request.override))
        ledger_io.remove_occupant(work, before.id, before.calendar_spans(), read)
        return RelocationResult(after, None if allocation.member else allocation.calendar.with_occupant(occupant))

    def _read(self, context: Context, request: RelocationRequest) -> tuple[AvailableTimes, ReadResult, Requester]:
        """The free times that decide, of whoever is to have it only, and with them that person's post and time."""
        before, after, staff_channel = request.before, request.after, request.staff_channel
        requester = Requester(request.access, context.now, moving=before.id)

        def build_query(offer: Offer, _: ReadResult) -> AvailabilityQuery:
            if staff_channel is StaffChannel.CONTACT_CENTRE:
                require_channel(context.staff, staff_channel, after.location_id, offer.settings)
            require_offered(offer, None, None, request.access, unknown_reference)
            question = query_for_move(offer, requester, before)
            return replace(
                question,
                preference=StaffPreference(after.staff_id),
                is_allowed=lambda post: post.staff_id == after.staff_id,
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
