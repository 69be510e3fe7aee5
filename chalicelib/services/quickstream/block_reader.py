"""Reading blocks: where one is, the calendar around it, and as much of it as a decision about it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.capacity.block_capacity import BlockCapacity, peak_overlap
from chalicelib.domain.capacity.ledger import DAY_MINUTES, Calendar, days_around
from chalicelib.domain.organisation.catalogue import Location
from chalicelib.domain.quickstream.blocks import MAX_BLOCK_MINUTES, Block, BlockIndexEntry
from chalicelib.domain.shared.errors import NotFound
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import day_start, epoch_minute
from chalicelib.services.availability import ledger_io
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version
from chalicelib.services.store_port import AppointmentLists, Ref, Store

_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class BlockOccurrence:
    """A block with its location's time zone and the most appointments that have seats in it at once."""

    block: Block
    timezone: str
    booked_peak: int


class BlockReader:
    """Reads one block and the seats around it; nothing here writes."""

    def __init__(self, store: Store, appointment_lists: AppointmentLists) -> None:
        self._store = store
        self._appointment_lists = appointment_lists

    def locate(self, context: Context, ability: Ability, block_id: str) -> BlockIndexEntry:
        """The block's index entry; 404 if it does not exist within the reach of the caller's ability."""
        index_entry = self._store.read([Ref.to(BlockIndexEntry, block_id)]).require(BlockIndexEntry, block_id)
        if not context.staff.reaches(ability, location_id=index_entry.location_id):
            raise NotFound()
        return index_entry

    def location(self, location_id: str) -> Location:
        """The location; 404."""
        return self._store.read([Ref.to(Location, location_id)]).require(Location, location_id)

    def find(self, index_entry: BlockIndexEntry) -> tuple[Calendar, Block]:
        """The block with the calendar of the days around it; 404."""
        days = days_around(*_search_span(index_entry))
        return self._find(index_entry, days)

    def find_settled(
        self, context: Context, index_entry: BlockIndexEntry, spans: Sequence[tuple[int, int]] = ()
    ) -> tuple[BlockCapacity, Block]:
        """The block with its calendar, read far enough for a decision about the block and these spans; 404, 412."""

        def read(days: Sequence[str]) -> tuple[BlockCapacity, Block]:
            calendar, block = self._find(index_entry, days)
            capacity = BlockCapacity(calendar, int(context.now.timestamp()))
            if not all(capacity.covers_dependencies(*span) for span in ((block.start, block.end), *spans)):
                raise ledger_io.NotSettled
            return capacity, block

        searched = [_search_span(index_entry), *spans]
        first, last = min(start for start, _ in searched), max(end for _, end in searched)
        capacity, block = ledger_io.read_until_settled(first, last, read)
        check_version(block, context)
        return capacity, block

    def find_upcoming(self, context: Context, block: Block) -> tuple[BlockCapacity, Block]:
        """The block as it is now, with its location's calendar of everything that has not ended; 412."""
        calendar = upcoming_calendar(self._appointment_lists, block.location_id, context.now)
        capacity = BlockCapacity(calendar, int(context.now.timestamp()))
        present = epoch_minute(context.now)
        if not capacity.covers_dependencies(present - MAX_BLOCK_MINUTES, present):
            raise ledger_io.NotSettled
        block = calendar.block(block.id) or block
        check_version(block, context)
        return capacity, block

    def _find(self, index_entry: BlockIndexEntry, days: Sequence[str]) -> tuple[Calendar, Block]:
        calendar = read_calendar(self._appointment_lists, index_entry.location_id, days)
        block = calendar.block(index_entry.id)
        if block is None:
            raise NotFound()
        return calendar, block


def read_calendar(appointment_lists: AppointmentLists, location_id: str, days: Sequence[str]) -> Calendar:
    """The location's calendar of these consecutive UTC days: one query."""
    return Calendar.from_sheets(location_id, days, appointment_lists.sheets(location_id, days[0], days[-1]))


def upcoming_calendar(appointment_lists: AppointmentLists, location_id: str, now: datetime) -> Calendar:
    """The calendar of everything that has not ended, up to the last day with a stored sheet: one query."""
    first = epoch_minute(now - timedelta(minutes=MAX_BLOCK_MINUTES))
    start = days_around(first, first, _WEEK_DAYS)[0]
    sheets = appointment_lists.sheets(location_id, start, "9999")
    last = day_start(max((sheet.day for sheet in sheets), default=start))
    return Calendar.from_sheets(location_id, days_around(first, max(first, last), _WEEK_DAYS), sheets)


def occurrences(calendar: Calendar, blocks: Iterable[Block], now: datetime, timezone: str) -> list[BlockOccurrence]:
    """These blocks with the most appointments that have seats in each at once; holds do not count."""
    seconds = int(now.timestamp())
    block_ids = BlockCapacity(calendar, seconds).block_by_occupant
    intervals: dict[str, list[tuple[int, int]]] = {}
    for occupant in calendar.occupants(seconds):
        if occupant.id in block_ids and not occupant.is_hold:
            intervals.setdefault(block_ids[occupant.id], []).append((occupant.start, occupant.end))
    return [BlockOccurrence(block, timezone, peak_overlap(intervals.get(block.id, ()))) for block in blocks]


def _search_span(index_entry: BlockIndexEntry) -> tuple[int, int]:
    """An interval that contains the block: from the start of its UTC day, as long as a block can be."""
    start = day_start(index_entry.day)
    return start, start + DAY_MINUTES + MAX_BLOCK_MINUTES
