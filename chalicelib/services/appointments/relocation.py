"""Changing where and when an appointment takes place and who has it: the old place freed, the new one taken (D38)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.availability.block_slots import Seeker, outside_window, refusal
from chalicelib.domain.availability.staff_slots import Preference
from chalicelib.domain.capacity.ledger import Calendar, Right
from chalicelib.domain.organisation.catalog import Availability, Offer
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.times import minute
from chalicelib.services.appointments import rebooked_relocation
from chalicelib.services.appointments.staff_booking import found_place
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.availability.availability import as_before
from chalicelib.services.availability.availability_reader import (
    FreeTimes,
    Question,
    Times,
    Where,
    require_offered,
    unknown_reference,
)
from chalicelib.services.availability.booking_channels import Door, require_open
from chalicelib.services.unit_of_work import Change, Context, Found, Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """An appointment as it is and as staff want it, through which door; ``override`` in spite of all that is there."""

    before: Appointment
    after: Appointment
    door: Door
    override: bool = False

    @property
    def moved(self) -> bool:
        """Whether it is to take place at another time or location."""
        before, after = self.before, self.after
        return (before.start, before.location_id) != (after.start, after.location_id)

    @property
    def right(self) -> Right:
        """The seats that are open to it: at a time it has already, the grid of free times counts for nothing."""
        return self.door.right if self.moved else Right.SCHEDULE

    @property
    def handed_over(self) -> bool:
        """Whether somebody else is to have it, or nobody."""
        return self.before.staff_id != self.after.staff_id


@dataclass(frozen=True, slots=True)
class Settled:
    """The appointment in its place; ``calendar`` is its location's as it then is, where its seat was decided anew."""

    appointment: Appointment
    calendar: Calendar | None = None


class ChangesOfPlace:
    """Decides and writes within the caller's transaction; reads no calendar that the change does not touch."""

    def __init__(self, store: Store, times: FreeTimes) -> None:
        self._store = store
        self._times = times

    def settle(self, change: Change, context: Context, wanted: Wanted) -> Settled:
        """Takes the new place and frees the old one, if they differ; the appointment counts for nothing meanwhile.

        Whoever has it keeps it. 409 as for bookings, ``staff_conflict`` for somebody who is not free; 422
        ``unknown_staff``, ``past``; 403 ``feature_disabled``. What was rebooked is refused as by ``rebook_moves``.
        """
        before, after = wanted.before, wanted.after
        if wanted.moved and rebooked_relocation.move(
            change, self._store, context, before, after, overridden=wanted.override
        ):
            return Settled(after)
        if wanted.moved or self._chosen_anew(wanted, context):
            return self._placed(change, context, wanted)
        if wanted.handed_over:
            self._hand_over(change, context, wanted)
        return Settled(wanted.after)

    def _chosen_anew(self, wanted: Wanted, context: Context) -> bool:
        """Whether it is the new person's working time that decides; once it has begun there is nothing to choose."""
        after = wanted.after
        by_person = after.availability is Availability.STAFF and after.staff_id is not None
        return wanted.handed_over and by_person and after.start > context.now

    def _placed(self, change: Change, context: Context, wanted: Wanted) -> Settled:
        before, after = wanted.before, wanted.after
        times, found, seeker = self._read(context, wanted)
        start = minute(after.start)
        if times.offer.service.availability is Availability.STAFF and after.staff_id is None:
            why = outside_window(times.offer, seeker, start)
            if why:
                raise refusal(why)
            ledger_io.leave(change, before.id, before.stands())
            return Settled(replace(after, availability=Availability.STAFF, over_capacity=False))
        place = found_place(times, start, wanted.right, context.staff, wanted.override)
        occupant = place.occupant(after.id, wanted.right)
        ledger_io.take(change, place, occupant, context.now)
        after = place.given(after)
        read = [place.calendar]
        if after.staff_id and place.post is None:
            _require_eligible(found, after)
            read.append(staff_ledger.assign(change, found, after, context.now, force=wanted.override))
        ledger_io.leave(change, before.id, before.stands(), read)
        return Settled(after, None if place.post else place.calendar.placed(occupant))

    def _read(self, context: Context, wanted: Wanted) -> tuple[Times, Found, Seeker]:
        """The free times that decide, of whoever is to have it only, and with them that person's post and time."""
        before, after, door = wanted.before, wanted.after, wanted.door
        seeker = Seeker(wanted.right, context.now, moving=before.id)

        def pose(offer: Offer, _: Found) -> Question:
            if door is Door.CONTACT_CENTRE:
                require_open(context.staff, door, after.location_id, offer.settings)
            require_offered(offer, None, None, wanted.right, unknown_reference)
            question = as_before(offer, seeker, before)
            return replace(
                question,
                wanted=Preference(after.staff_id),
                may=lambda post: post.staff_id == after.staff_id,
                lenient=False,
            )

        start = minute(after.start)
        where = Where(after.service_id, after.location_id, start, start + 1)
        refs = staff_ledger.refs_at(after.location_id, after.staff_id, start) if after.staff_id else []
        times, found = self._times.read(where, pose, refs, unknown=unknown_reference)
        return times, found, seeker

    def _hand_over(self, change: Change, context: Context, wanted: Wanted) -> None:
        before, after = wanted.before, wanted.after
        if after.staff_id:
            found = self._store.read(staff_ledger.refs(after))
            _require_eligible(found, after)
            staff_ledger.assign(change, found, after, context.now, force=wanted.override)
        if before.staff_id:
            ledger_io.leave(change, before.id, [(before.staff_id, before.busy)])


def _require_eligible(found: Found, appointment: Appointment) -> None:
    if not staff_ledger.eligible(found, appointment):
        raise invalid("/staff_id", "They do not offer this service here.", "unknown_staff")
