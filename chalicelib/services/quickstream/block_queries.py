"""Looking at Quickstream blocks: one, or those of a location's days with how full they get (QS-15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.domain.capacity.block_capacity import BlockCapacity, peak_overlap
from chalicelib.domain.capacity.ledger import Calendar, days_around
from chalicelib.domain.organisation.catalog import Location
from chalicelib.domain.quickstream.blocks import MAX_BLOCK_MINUTES, Block, BlockIndexEntry
from chalicelib.domain.shared.errors import NotFound, invalid
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.domain.shared.times import EPOCH, day_bounds, epoch_minute
from chalicelib.services import paging
from chalicelib.services.availability import ledger_io
from chalicelib.services.context import Context
from chalicelib.services.store_port import AppointmentLists, Page, Ref, Store

MAX_DAYS = 92
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class BlockOccurrence:
    """A block with its location's zone and the greatest number of appointments that sit in it at once."""

    block: Block
    timezone: str
    booked_peak: int


@dataclass(frozen=True, slots=True)
class BlockListRequest:
    """Which blocks are asked for: those that take place on these local dates, both included."""

    location_id: str
    first: date
    last: date
    limit: int = 50
    cursor: str | None = None


class BlockQueries:
    """Reading blocks; nothing here writes."""

    def __init__(self, store: Store, appointment_lists: AppointmentLists) -> None:
        self._store = store
        self._appointment_lists = appointment_lists

    def list(self, context: Context, request: BlockListRequest) -> Page[BlockOccurrence]:
        """The location's blocks of these days by start; 404 outside the caller's reach, 422 beyond 92 days."""
        location = self._location(context, request.location_id)
        if not 0 <= (request.last - request.first).days < MAX_DAYS:
            raise invalid("/to", f"Ask for 1 to {MAX_DAYS} days.", "invalid_range")
        after = paging.decode_number_and_id(request.cursor)
        tz = ZoneInfo(location.timezone)
        start, end = epoch_minute(day_bounds(request.first, tz)[0]), epoch_minute(day_bounds(request.last, tz)[1])
        calendar = calendar_around(self._appointment_lists, location.id, start, end)
        blocks = [b for b in calendar.blocks() if b.start < end and start < b.end and (b.start, b.id) > after]
        shown = tuple(occurrences(calendar, blocks[: request.limit], context.now, location.timezone))
        more = len(blocks) > request.limit
        return Page(shown, paging.encode_cursor(shown[-1].block.start, shown[-1].block.id) if more else None)

    def show(self, context: Context, block_id: str) -> BlockOccurrence:
        """One occurrence; 404."""
        place = locate_block(self._store, context.staff, Ability.BLOCK_VIEW, block_id)
        location = self._location(context, place.location_id)
        calendar = calendar_around(self._appointment_lists, place.location_id, *search_span(place))
        block = calendar.block(block_id)
        if block is None:
            raise NotFound()
        return occurrences(calendar, [block], context.now, location.timezone)[0]

    def _location(self, context: Context, location_id: str) -> Location:
        if not context.staff.reaches(Ability.BLOCK_VIEW, location_id=location_id):
            raise NotFound()
        return self._store.read([Ref.to(Location, location_id)]).require(Location, location_id)


def locate_block(store: Store, principal: Principal, ability: Ability, block_id: str) -> BlockIndexEntry:
    """Where a block stands; 404 when there is none of that id within the caller's reach."""
    place = store.read([Ref.to(BlockIndexEntry, block_id)]).require(BlockIndexEntry, block_id)
    if not principal.reaches(ability, location_id=place.location_id):
        raise NotFound()
    return place


def location_timezone(store: Store, location_id: str) -> str:
    """The location's time zone."""
    return store.read([Ref.to(Location, location_id)]).require(Location, location_id).timezone


def search_span(place: BlockIndexEntry) -> tuple[int, int]:
    """A stretch of time that surely holds the block: from its UTC day on, as long as a block can be."""
    start = epoch_minute(datetime.fromisoformat(place.day).replace(tzinfo=EPOCH.tzinfo))
    return start, start + _DAY_MINUTES + MAX_BLOCK_MINUTES


def calendar_around(
    appointment_lists: AppointmentLists, location_id: str, start: int, end: int, margin: int = 1
) -> Calendar:
    """The calendar of the UTC days that [start, end) touches and ``margin`` more on both sides: one query."""
    days = days_around(start, end, margin)
    return Calendar.from_sheets(location_id, days, appointment_lists.sheets(location_id, days[0], days[-1]))


def read_settled(
    appointment_lists: AppointmentLists, place: BlockIndexEntry, now: datetime, spans: Sequence[tuple[int, int]] = ()
) -> tuple[BlockCapacity, Block]:
    """The block, and the seating read widely enough to decide about it and about these stretches of time."""
    stretches = [search_span(place), *spans]

    def read(days: Sequence[str]) -> tuple[BlockCapacity, Block]:
        found = appointment_lists.sheets(place.location_id, days[0], days[-1])
        placement = BlockCapacity(Calendar.from_sheets(place.location_id, days, found), int(now.timestamp()))
        block = placement.calendar.block(place.id)
        if block is None:
            raise NotFound()
        if not all(placement.covers_dependencies(*span) for span in ((block.start, block.end), *spans)):
            raise ledger_io.NotSettled
        return placement, block

    return ledger_io.read_until_settled(min(s for s, _ in stretches), max(e for _, e in stretches), read)


def upcoming_calendar(appointment_lists: AppointmentLists, location_id: str, now: datetime) -> Calendar:
    """The calendar of everything that has not ended, to the last day anything is written on: one query."""
    first = epoch_minute(now - timedelta(minutes=MAX_BLOCK_MINUTES))
    start = days_around(first, first, margin=7)[0]
    found = appointment_lists.sheets(location_id, start, "9999")
    last = max((sheet.day for sheet in found), default=start)
    end = epoch_minute(datetime.fromisoformat(max(last, start)).replace(tzinfo=EPOCH.tzinfo))
    return Calendar.from_sheets(location_id, days_around(first, max(first, end), margin=7), found)


def occurrences(calendar: Calendar, blocks: Iterable[Block], now: datetime, timezone: str) -> list[BlockOccurrence]:
    """These blocks with how many appointments sit in each at once; holds do not count."""
    seats = BlockCapacity(calendar, int(now.timestamp())).block_by_occupant
    stays: dict[str, list[tuple[int, int]]] = {}
    for occupant in calendar.occupants(int(now.timestamp())):
        if occupant.id in seats and not occupant.is_hold:
            stays.setdefault(seats[occupant.id], []).append((occupant.start, occupant.end))
    return [BlockOccurrence(block, timezone, peak_overlap(stays.get(block.id, ()))) for block in blocks]
