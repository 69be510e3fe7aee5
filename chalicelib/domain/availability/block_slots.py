"""Free times in blocks, and why a time is not free: listing and deciding in one place (D1, D4, D7, D9, D12, D13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.availability.booking_window import Requester, booking_window, window_violation
from chalicelib.domain.availability.unavailable_reasons import Unavailable, check_override, refusal_for
from chalicelib.domain.capacity.block_capacity import BlockCapacity, is_usable
from chalicelib.domain.capacity.ledger import Calendar, SeatAccess
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.quickstream.blocks import Block, BlockState


@dataclass(frozen=True, slots=True)
class Slot:
    """A start (minutes since 1970 UTC) and how many more appointments it takes."""

    start: int
    available: int


class BlockSlots:
    """The free times of one service at one location, as one requester sees them; no I/O, no clock."""

    def __init__(self, offer: Offer, calendar: Calendar, requester: Requester) -> None:
        self.offer = offer
        self.calendar = calendar
        self.requester = requester
        self._duration = offer.service.duration_minutes
        own = requester.own_occupants
        self._capacity = BlockCapacity(calendar, requester.now_seconds, own)
        # A live hold is confirmed beside all appointments and the holds older than itself (D13).
        self._capacity_for_hold = (
            BlockCapacity(calendar, requester.now_seconds, own, requester.hold.id) if requester.hold else self._capacity
        )
        self._earliest, self._latest = booking_window(offer, requester)

    def free_slots(self, first: int, last: int) -> Iterator[Slot]:
        """Every bookable start in [first, last), in order."""
        for start in sorted(set(self._starts(first, last))):
            available = self._remaining_seats(start)
            if available:
                yield Slot(start, available)

    def unavailable_reason(self, start: int) -> Unavailable | None:
        """The reason why ``start`` cannot be booked; None if it can."""
        outside = window_violation(self.offer, self.requester, start)
        if outside:
            return outside
        covering = self._capacity.blocks_for(start, start + self._duration, self.offer.service.id)
        blocks = [b for b in covering if is_usable(b, self.requester.access)]
        if not blocks:
            return _unusable_reason(covering)
        if not any(self._is_on_grid(b, start) for b in blocks):
            return Unavailable.OFF_GRID
        if self._fits(start, self.requester.access):
            return None
        # Without a reserve staff have the same seats: looking again would find nothing.
        has_reserve = self.requester.access is SeatAccess.WIDGET and any(b.reserved for b in blocks)
        fits_staff = has_reserve and self._fits(start, SeatAccess.CONTACT_CENTRE)
        return Unavailable.RESERVED_FOR_STAFF if fits_staff else Unavailable.FULL

    def allocate(self, start: int) -> Allocation:
        """The place for an appointment that begins then; raises the refusal if it cannot be booked."""
        reason = self.unavailable_reason(start)
        if reason:
            raise refusal_for(reason)
        return self._allocation(start)

    def allocate_overriding(self, start: int) -> Allocation | None:
        """The place for it, over capacity if need be, as through Schedule (D5); refuses the past and too far ahead."""
        return self._allocation(start, over_capacity=check_override(self.unavailable_reason(start)))

    def _allocation(self, start: int, over_capacity: bool = False) -> Allocation:
        dependency_span = self._capacity.dependency_span(start, start + self._duration)
        return Allocation(self.offer, self.calendar, start, dependency_span, over_capacity=over_capacity)

    def covers_dependencies(self, first: int, last: int) -> bool:
        """True if the calendar was read widely enough to decide about starts in [first, last)."""
        return self._capacity.covers_dependencies(first, last + self._duration)

    def _starts(self, first: int, last: int) -> Iterator[int]:
        step = self.offer.service.slot_interval
        for block in self._capacity.blocks:
            if self.offer.service.id not in block.services or not is_usable(block, self.requester.access):
                continue
            low = max(first, self._earliest)
            skipped = max(0, -(-(low - block.start) // step))
            high = min(block.end - self._duration, last - 1, self._latest)
            yield from range(block.start + skipped * step, high + 1, step)

    def _is_on_grid(self, block: Block, start: int) -> bool:
        # Schedule may start at any minute; other channels keep to steps from the block's start (D9).
        return (
            self.requester.access is SeatAccess.SCHEDULE
            or (start - block.start) % self.offer.service.slot_interval == 0
        )

    def _remaining_seats(self, start: int) -> int:
        service = self.offer.service.id
        return self._capacity_at(start).remaining_seats(start, start + self._duration, service, self.requester.access)

    def _fits(self, start: int, access: SeatAccess) -> bool:
        # Finding out if one more fits is many times faster than counting how many do.
        return self._capacity_at(start).admits(start, start + self._duration, self.offer.service.id, access)

    def _capacity_at(self, start: int) -> BlockCapacity:
        hold = self.requester.hold
        is_held = hold is not None and (hold.start, hold.service_id) == (start, self.offer.service.id)
        return self._capacity_for_hold if is_held else self._capacity


def _unusable_reason(covering: list[Block]) -> Unavailable:
    states = {b.state for b in covering}
    if BlockState.HELD in states:
        return Unavailable.BLOCK_HELD
    return Unavailable.BLOCK_CLOSED if BlockState.CLOSED in states else Unavailable.NO_BLOCK
