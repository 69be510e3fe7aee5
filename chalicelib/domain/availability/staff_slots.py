"""Free times from staff calendars: hours, schedules, time off and bookings, for listing and deciding alike (D46).

A start is free if some staff member who offers the service at the location is on duty from it to the end, has
nothing else within the buffers around it, and is below their daily limit. All of this is computed on sets of minutes
for the whole window; no appointment is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.availability.block_slots import Slot
from chalicelib.domain.availability.booking_window import Requester, booking_window, window_violation
from chalicelib.domain.availability.staff_choice import StaffPreference, eligible_members, turn_key
from chalicelib.domain.availability.staff_time import BranchTime, StaffTime
from chalicelib.domain.availability.unavailable_reasons import Unavailable, check_override, refusal_for
from chalicelib.domain.capacity.ledger import DAY_MINUTES, Calendar, SeatAccess
from chalicelib.domain.organisation.branch_roster import BranchRoster
from chalicelib.domain.organisation.opening_hours import local_day
from chalicelib.domain.organisation.settings import Offer

# Sheets are read, and minutes computed, this far around the requested starts: daily limits need a whole day of any
# zone, and no two buffers are longer.
MARGIN_MINUTES = 2 * DAY_MINUTES


class StaffSlots:
    """The free times of one staff service at one location, for starts in [first, last); no I/O, no clock.

    ``roster`` holds the staff who may be chosen; ``calendars`` are theirs by staff id, read ``MARGIN_MINUTES`` further.
    """

    def __init__(
        self,
        offer: Offer,
        roster: BranchRoster,
        calendars: Mapping[str, Calendar],
        requester: Requester,
        preference: StaffPreference,
        first: int,
        last: int,
    ) -> None:
        self.offer = offer
        self.requester = requester
        self._members = eligible_members(roster, offer.service.id, preference)
        self._calendars = calendars
        self._preference = preference
        end = last + offer.service.duration_minutes
        self._branch = BranchTime(offer, roster.hours, first - MARGIN_MINUTES, end + MARGIN_MINUTES)

    def free_slots(self, first: int, last: int) -> Iterator[Slot]:
        """Every bookable start in [first, last), in order, with how many staff are free."""
        earliest, latest = booking_window(self.offer, self.requester)
        requested = self._branch.minute_set([(max(first, earliest), min(last, latest + 1))])
        free = Counter(start for person in self._people for start in person.bookable_starts & requested)
        for start in sorted(free):
            yield Slot(start, free[start])

    def unavailable_reason(self, start: int) -> Unavailable | None:
        """The reason why ``start`` cannot be booked; None if it can."""
        outside = window_violation(self.offer, self.requester, start)
        if outside:
            return outside
        if start not in self._branch.open_starts:
            is_holiday = local_day(start, self._branch.zone) in self._branch.holidays
            return Unavailable.HOLIDAY if is_holiday else Unavailable.CLOSED
        if self._preference.language and not self._members:
            return Unavailable.LANGUAGE_UNAVAILABLE
        return self._nobody_free_reason(start)

    def allocate(self, start: int) -> Allocation:
        """The place for it with the free staff member whose turn it is (D46); raises the refusal if nobody is free."""
        reason = self.unavailable_reason(start)
        if reason:
            raise refusal_for(reason)
        free = [p for p in self._people if self._is_free(p, start)]
        return self._allocation(min(free, key=lambda person: turn_key(person, start, self._preference)), start)

    def allocate_overriding(self, start: int) -> Allocation | None:
        """The place for it despite conflicts, for callers who may override; None unless one person is wanted."""
        if self._preference.staff_id is None or not self._people:
            return None
        return self._allocation(self._people[0], start, over_capacity=check_override(self.unavailable_reason(start)))

    def _allocation(self, person: StaffTime, start: int, over_capacity: bool = False) -> Allocation:
        return Allocation(
            self.offer, person.calendar, start, person.dependency_span(start), person.member, over_capacity
        )

    def _nobody_free_reason(self, start: int) -> Unavailable | None:
        """The reason why none of the staff can take it; None if one can."""
        people = [p for p in self._people if start in p.starts_on_duty]
        if not people:
            return Unavailable.STAFF_NOT_WORKING
        people = [p for p in people if self._is_on_grid(p, start)]
        if not people:
            return Unavailable.OFF_GRID
        people = [p for p in people if start not in p.full_days]
        if not people:
            return Unavailable.DAILY_LIMIT
        return None if any(start in p.starts_undisturbed for p in people) else Unavailable.STAFF_BUSY

    def _is_free(self, person: StaffTime, start: int) -> bool:
        at_work = start in person.starts_on_duty and self._is_on_grid(person, start)
        return at_work and start in person.starts_undisturbed and start not in person.full_days

    def _is_on_grid(self, person: StaffTime, start: int) -> bool:
        # Schedule may start at any minute, as in blocks (D9).
        return self.requester.access is SeatAccess.SCHEDULE or start in person.starts_on_grid

    @cached_property
    def _people(self) -> list[StaffTime]:
        now, own = self.requester.now_seconds, self.requester.own_occupants
        return [StaffTime(self._branch, member, self._calendars[member.staff_id], now, own) for member in self._members]
