"""Free times in blocks, and why a time is not free: listing and deciding in one place (D1, D4, D7, D9, D12, D13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.capacity.block_capacity import BlockCapacity, is_usable
from chalicelib.domain.capacity.ledger import Calendar, Occupant, SeatAccess
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.errors import (
    BlockNotReleased,
    CapacityExhausted,
    NoStaffForLanguage,
    OutsideBlock,
    Refusal,
    SlotTaken,
    invalid,
)
from chalicelib.domain.shared.times import day_bounds, epoch_minute


class Unavailable(StrEnum):
    """Why a time cannot be booked: the codes of ``explain``."""

    NO_BLOCK = "no_block"
    BLOCK_HELD = "block_held"
    BLOCK_CLOSED = "block_closed"
    FULL = "full"
    RESERVED_FOR_STAFF = "reserved_for_staff"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    PAST = "past"
    OFF_GRID = "off_grid"
    METHOD_NOT_OFFERED = "method_not_offered"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    STAFF_NOT_WORKING = "staff_not_working"
    STAFF_BUSY = "staff_busy"
    DAILY_LIMIT = "daily_limit"
    LANGUAGE_UNAVAILABLE = "language_unavailable"


UNAVAILABLE_TEXTS: dict[Unavailable, str] = {
    Unavailable.NO_BLOCK: "No appointments of this service are planned at this time.",
    Unavailable.BLOCK_HELD: "Appointments at this time cannot be booked yet.",
    Unavailable.BLOCK_CLOSED: "Booking for this time has been closed.",
    Unavailable.FULL: "All appointments at this time are taken.",
    Unavailable.RESERVED_FOR_STAFF: "The appointments left at this time are given out by staff.",
    Unavailable.TOO_SOON: "This time is too near to be booked online.",
    Unavailable.TOO_FAR: "This time is too far ahead to be booked.",
    Unavailable.PAST: "This time lies in the past.",
    Unavailable.OFF_GRID: "Appointments do not start at this minute.",
    Unavailable.METHOD_NOT_OFFERED: "The service is not offered this way.",
    Unavailable.CLOSED: "The location is closed at this time.",
    Unavailable.HOLIDAY: "The location is closed on this public holiday.",
    Unavailable.STAFF_NOT_WORKING: "Nobody who offers this works at this time.",
    Unavailable.STAFF_BUSY: "Everybody who offers this is busy at this time.",
    Unavailable.DAILY_LIMIT: "No more appointments are taken on this day.",
    Unavailable.LANGUAGE_UNAVAILABLE: "Nobody who offers this speaks the language.",
}

_NOBODY_FREE = frozenset(
    {
        Unavailable.CLOSED,
        Unavailable.HOLIDAY,
        Unavailable.STAFF_NOT_WORKING,
        Unavailable.STAFF_BUSY,
        Unavailable.DAILY_LIMIT,
    }
)
# Staff plan further ahead than clients may book.
_SCHEDULE_DAYS = 366


@dataclass(frozen=True, slots=True)
class Slot:
    """A start (minutes since 1970 UTC) and how many more appointments it takes."""

    start: int
    available: int


@dataclass(frozen=True, slots=True)
class Requester:
    """The caller who looks for a time: access, now, the hold they have, the id of the appointment they move."""

    access: SeatAccess
    now: datetime
    hold: Occupant | None = None
    moving: str | None = None

    @property
    def now_seconds(self) -> int:
        """Now as epoch seconds, the unit in which holds expire."""
        return int(self.now.timestamp())

    @property
    def own_occupants(self) -> frozenset[str]:
        """Ids of the occupants that do not stand in the requester's way: the appointment moved and their own hold."""
        return frozenset(i for i in (self.moving, self.hold.id if self.hold else None) if i)


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


def nearest_starts(slots: Iterable[Slot], start: int, limit: int = 3) -> list[int]:
    """Up to ``limit`` other starts among these slots, the closest to ``start`` first."""
    others = (slot.start for slot in slots if slot.start != start)
    return sorted(others, key=lambda s: (abs(s - start), s))[:limit]


def refusal_for(reason: Unavailable) -> Refusal:
    """The refusal of a booking for this reason."""
    detail = UNAVAILABLE_TEXTS[reason]
    if reason in (Unavailable.FULL, Unavailable.RESERVED_FOR_STAFF):
        return CapacityExhausted(detail)
    if reason is Unavailable.BLOCK_HELD:
        return BlockNotReleased(detail)
    if reason in (Unavailable.NO_BLOCK, Unavailable.BLOCK_CLOSED):
        return OutsideBlock(detail)
    if reason in _NOBODY_FREE:
        return SlotTaken(detail)
    if reason is Unavailable.LANGUAGE_UNAVAILABLE:
        return NoStaffForLanguage(detail)
    pointer = "/meeting_method" if reason is Unavailable.METHOD_NOT_OFFERED else "/start"
    return invalid(pointer, detail, reason.value)


def check_override(reason: Unavailable | None) -> bool:
    """True if a booking despite this reason is over capacity.

    Refuses starts that nobody may book: in the past, or further ahead than staff plan.
    """
    if reason in (Unavailable.PAST, Unavailable.TOO_FAR):
        raise refusal_for(reason)
    return reason is not None


def _unusable_reason(covering: list[Block]) -> Unavailable:
    states = {b.state for b in covering}
    if BlockState.HELD in states:
        return Unavailable.BLOCK_HELD
    return Unavailable.BLOCK_CLOSED if BlockState.CLOSED in states else Unavailable.NO_BLOCK


def window_violation(offer: Offer, requester: Requester, start: int) -> Unavailable | None:
    """``PAST``, ``TOO_SOON`` or ``TOO_FAR`` for this requester (WG-2), else None."""
    earliest, latest = booking_window(offer, requester)
    if start <= epoch_minute(requester.now):
        return Unavailable.PAST
    if start < earliest:
        return Unavailable.TOO_SOON
    return Unavailable.TOO_FAR if start > latest else None


def booking_window(offer: Offer, requester: Requester) -> tuple[int, int]:
    """The first and the last start the requester may book; lead time is for clients only (WG-2)."""
    lead = offer.lead_minutes if requester.access is SeatAccess.WIDGET else 0
    # A start in the current minute is past: the first that counts is in the next one.
    earliest = max(epoch_minute(requester.now) + 1, -(-int(requester.now.timestamp() + 60 * lead) // 60))
    tz = ZoneInfo(offer.location.timezone)
    ahead = max(offer.horizon_days, _SCHEDULE_DAYS) if requester.access is SeatAccess.SCHEDULE else offer.horizon_days
    last_day = requester.now.astimezone(tz).date() + timedelta(days=ahead)
    return earliest, epoch_minute(day_bounds(last_day, tz)[1]) - 1
