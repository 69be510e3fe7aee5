"""Queries of Quickstream blocks: one, or those of a location's days, each with its booked peak (QS-15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from chalicelib.domain.capacity.ledger import days_around
from chalicelib.domain.shared.errors import NotFound, invalid
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import day_bounds, epoch_minute
from chalicelib.services import paging
from chalicelib.services.context import Context
from chalicelib.services.quickstream.block_reader import BlockOccurrence, BlockReader, occurrences, read_calendar
from chalicelib.services.store_port import AppointmentLists, Page, Store

MAX_DAYS = 92


@dataclass(frozen=True, slots=True)
class BlockListRequest:
    """The blocks to list: those that take place on these local dates, both included."""

    location_id: str
    first: date
    last: date
    limit: int = 50
    cursor: str | None = None


class BlockQueries:
    """Reads blocks; nothing here writes."""

    def __init__(self, store: Store, appointment_lists: AppointmentLists) -> None:
        self._appointment_lists = appointment_lists
        self._reader = BlockReader(store, appointment_lists)

    def list(self, context: Context, request: BlockListRequest) -> Page[BlockOccurrence]:
        """The location's blocks of these days by start; 404 outside the caller's reach, 422 beyond 92 days."""
        if not context.staff.reaches(Ability.BLOCK_VIEW, location_id=request.location_id):
            raise NotFound()
        location = self._reader.location(request.location_id)
        if not 0 <= (request.last - request.first).days < MAX_DAYS:
            raise invalid("/to", f"Ask for 1 to {MAX_DAYS} days.", "invalid_range")
        after = paging.decode_number_and_id(request.cursor)
        tz = ZoneInfo(location.timezone)
        start, end = epoch_minute(day_bounds(request.first, tz)[0]), epoch_minute(day_bounds(request.last, tz)[1])
        calendar = read_calendar(self._appointment_lists, location.id, days_around(start, end))
        blocks = [b for b in calendar.blocks() if b.start < end and start < b.end and (b.start, b.id) > after]
        shown = tuple(occurrences(calendar, blocks[: request.limit], context.now, location.timezone))
        more = len(blocks) > request.limit
        return Page(shown, paging.encode_cursor(shown[-1].block.start, shown[-1].block.id) if more else None)

    def show(self, context: Context, block_id: str) -> BlockOccurrence:
        """One occurrence; 404."""
        index_entry = self._reader.locate(context, Ability.BLOCK_VIEW, block_id)
        location = self._reader.location(index_entry.location_id)
        calendar, block = self._reader.find(index_entry)
        return occurrences(calendar, [block], context.now, location.timezone)[0]
