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
from chalicelib.services.unit_of_work import Context, ReadResult, Store, UnitOfWork


@dataclass(frozen=True, slots=True)
class RelocationRequest:
    """An appointment as it is and as staff want it, through which door; ``override`` in spite of all that is there."""

    before: Appointment
    after: Appointment
    door: StaffChannel
    override: bool = False

    @property
    def moved(self) -> bool:
        """Whether it is to take place at another time or location."""
        before, after = self.before, self.after
        return (before.start, before.location_id) != (after.start, after.location_id)

    @property
    def right(self) -> SeatAccess:
        """The seats that are open to it: at a time it has already, the grid of free times counts for nothing."""
        return self.door.right if self.moved else SeatAccess.SCHEDULE

    @property
    def handed_over(self) -> bool:
        """Whether somebody else is to have it, or nobody."""
        return self.before.staff_id != self.after.staff_id


@dataclass(frozen=True, slots=True)
class RelocationResult:
    """The appointment in its place; ``calendar`` is its location's as it then is, where its seat was decided anew."""

    appointment: Appointment
    calendar: Calendar | None = None


class RelocateAppointment:
    """Decides and writes within the caller's transaction; reads no calendar that the change does not touch."""

    def __init__(self, store: Store, times: AvailabilityReader) -> None:
        self._store = store
        self._times = times

    def settle(self, change: UnitOfWork, context: Context, wanted: RelocationRequest) -> RelocationResult:
        """Takes the new place and frees the old one, if they differ; the appointment counts for nothing meanwhile.

        Whoever has it keeps it. 409 as for bookings, ``staff_conflict`` for somebody who is not free; 422
        ``unknown_staff``, ``past``; 403 ``feature_disabled``. What was rebooked is refused as by ``rebook_moves``.
        """
        before, after = wanted.before, wanted.after
        if wanted.moved and rebooked_relocation.relocate_in_schedule(
            change, self._store, context, before, after, overridden=wanted.override
        ):
            return RelocationResult(after)
        if wanted.moved or self._chosen_anew(wanted, context):
            return self._placed(change, context, wanted)
        if wanted.handed_over:
            self._hand_over(change, context, wanted)
        return RelocationResult(wanted.after)

    def _chosen_anew(self, wanted: RelocationRequest, context: Context) -> bool:
        """Whether it is the new person's working time that decides; once it has begun there is nothing to choose."""
        after = wanted.after
        by_person = after.availability is AvailabilitySource.STAFF and after.staff_id is not None
        return wanted.handed_over and by_person and after.start > context.now

    def _placed(self, change: UnitOfWork, context: Context, wanted: RelocationRequest) -> RelocationResult:
        before, after = wanted.before, wanted.after
        times, found, seeker = self._read(context, wanted)
        start = epoch_minute(after.start)
        if times.offer.service.availability is AvailabilitySource.STAFF and after.staff_id is None:
            why = window_violation(times.offer, seeker, start)
            if why:
                raise refusal_for(why)
            ledger_io.remove_occupant(change, before.id, before.stands())
            return RelocationResult(replace(after, availability=AvailabilitySource.STAFF, over_capacity=False))
        place = allocate_for_staff(times, start, wanted.right, context.staff, wanted.override)
        occupant = place.occupant(after.id, wanted.right)
        ledger_io.write_occupant(change, place, occupant, context.now)
        after = place.given(after)
        read = [place.calendar]
        if after.staff_id and place.post is None:
            _require_eligible(found, after)
            read.append(staff_ledger.assign(change, found, after, context.now, force=wanted.override))
        ledger_io.remove_occupant(change, before.id, before.stands(), read)
        return RelocationResult(after, None if place.post else place.calendar.placed(occupant))

    def _read(self, context: Context, wanted: RelocationRequest) -> tuple[AvailableTimes, ReadResult, Requester]:
        """The free times that decide, of whoever is to have it only, and with them that person's post and time."""
        before, after, door = wanted.before, wanted.after, wanted.door
        seeker = Requester(wanted.right, context.now, moving=before.id)

        def pose(offer: Offer, _: ReadResult) -> AvailabilityQuery:
            if door is StaffChannel.CONTACT_CENTRE:
                require_channel(context.staff, door, after.location_id, offer.settings)
            require_offered(offer, None, None, wanted.right, unknown_reference)
            question = query_for_move(offer, seeker, before)
            return replace(
                question,
                wanted=StaffPreference(after.staff_id),
                may=lambda post: post.staff_id == after.staff_id,
                lenient=False,
            )

        start = epoch_minute(after.start)
        where = AvailabilityWindow(after.service_id, after.location_id, start, start + 1)
        refs = staff_ledger.refs_at(after.location_id, after.staff_id, start) if after.staff_id else []
        times, found = self._times.read(where, pose, refs, unknown=unknown_reference)
        return times, found, seeker

    def _hand_over(self, change: UnitOfWork, context: Context, wanted: RelocationRequest) -> None:
        before, after = wanted.before, wanted.after
        if after.staff_id:
            found = self._store.read(staff_ledger.refs(after))
            _require_eligible(found, after)
            staff_ledger.assign(change, found, after, context.now, force=wanted.override)
        if before.staff_id:
            ledger_io.remove_occupant(change, before.id, [(before.staff_id, before.busy)])


def _require_eligible(found: ReadResult, appointment: Appointment) -> None:
    if not staff_ledger.is_eligible(found, appointment):
        raise invalid("/staff_id", "They do not offer this service here.", "unknown_staff")
