"""The ledger: the occupants of each calendar, kept in sheets (D15).

A calendar belongs to a location or to a staff member. A location's sheet covers a UTC day, a staff member's a
fortnight: so a branch of fifty is read a month ahead in two batches, and a sheet stays small enough to be rewritten
with every booking. A sheet is one item with one version, and it holds everything that a decision about its time
depends on: the blocks and the occupants. A block or occupant that reaches into the next sheet is on both, so each
sheet is complete for its own time. Times are minutes since 1970 UTC, intervals half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import IntEnum
from functools import reduce

from chalicelib.domain.quickstream.blocks import Block
from chalicelib.domain.shared.times import date_range, from_epoch_minute, utc_days

DAY_MINUTES = 24 * 60
_STAFF_PREFIX = "stf_"
_FORTNIGHT_DAYS = 14
# Days from 1 January 1970 to the first Monday after it.
_FIRST_MONDAY = 4


class SeatAccess(IntEnum):
    """The seats an occupant may take: each kind may also take those of the kinds before it (D12)."""

    WIDGET = 0
    CONTACT_CENTRE = 1
    SCHEDULE = 2


@dataclass(frozen=True, slots=True)
class Occupant:
    """An appointment, or a hold while ``expires`` (epoch seconds) lies ahead; ids sort by creation.

    ``before`` and ``after`` are the minutes a staff member needs around it; a location gives none (D2).
    """

    id: str
    start: int
    end: int
    service_id: str
    right: SeatAccess = SeatAccess.WIDGET
    over_capacity: bool = False
    expires: int | None = None
    before: int = 0
    after: int = 0

    @property
    def busy_span(self) -> tuple[int, int]:
        """Its time with the minutes needed before and after."""
        return self.start - self.before, self.end + self.after

    @property
    def is_hold(self) -> bool:
        """True if this is a hold rather than an appointment."""
        return self.expires is not None

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """First come, first served: appointments, then those booked over capacity, then holds (D10, D13)."""
        return (self.is_hold, self.over_capacity, self.id.partition("_")[2])


@dataclass(frozen=True, slots=True)
class Sheet:
    """One calendar's ledger from its UTC day on (``2026-12-01``); a staff member's has no blocks."""

    calendar_id: str
    day: str
    blocks: Mapping[str, Block] = field(default_factory=dict)
    occupants: Mapping[str, Occupant] = field(default_factory=dict)
    version: int = 0

    def with_occupant(self, occupant: Occupant) -> Sheet:
        """The sheet with this occupant added or replaced."""
        return replace(self, occupants={**self.occupants, occupant.id: occupant})

    def without_occupant(self, occupant_id: str) -> Sheet:
        """The sheet without this occupant."""
        return replace(self, occupants={k: v for k, v in self.occupants.items() if k != occupant_id})

    def with_block(self, block: Block) -> Sheet:
        """The sheet with this block added or replaced."""
        return replace(self, blocks={**self.blocks, block.id: block})

    def without_block(self, block_id: str) -> Sheet:
        """The sheet without this block."""
        return replace(self, blocks={k: v for k, v in self.blocks.items() if k != block_id})

    def without_expired(self, now: int) -> Sheet:
        """The sheet without the holds that ended at or before ``now`` (epoch seconds)."""
        live = {k: v for k, v in self.occupants.items() if v.expires is None or v.expires > now}
        return self if len(live) == len(self.occupants) else replace(self, occupants=live)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Consecutive sheets of one location or staff member, read together."""

    calendar_id: str
    sheets: Mapping[str, Sheet]

    @classmethod
    def from_sheets(cls, calendar_id: str, days: Iterable[str], sheets: Iterable[Sheet]) -> Calendar:
        """The calendar of these days; a day without a stored sheet gets an empty one of version 0."""
        by_day = {sheet.day: sheet for sheet in sheets}
        return cls(calendar_id, {day: by_day.get(day) or Sheet(calendar_id, day) for day in days})

    def blocks(self) -> list[Block]:
        """Every block once, by start."""
        unique = {b.id: b for sheet in self.sheets.values() for b in sheet.blocks.values()}
        return sorted(unique.values(), key=lambda b: (b.start, b.id))

    def block(self, block_id: str) -> Block | None:
        """The block of that id, None if it is on none of these sheets."""
        return next((s.blocks[block_id] for s in self.sheets.values() if block_id in s.blocks), None)

    def occupants(self, now: int) -> list[Occupant]:
        """Every live occupant once, first come first; holds that ended by ``now`` (epoch seconds) are ignored."""
        return sorted(self.live_occupants(now), key=lambda o: o.rank)

    def live_occupants(self, now: int) -> Iterable[Occupant]:
        """The live occupants, in no order."""
        unique = {
            o.id: o
            for sheet in self.sheets.values()
            for o in sheet.occupants.values()
            if o.expires is None or o.expires > now
        }
        return unique.values()

    def sheets_touching(self, start: int, end: int) -> list[Sheet]:
        """The sheets that [start, end) touches; ``KeyError`` if one of them was not read."""
        return [self.sheets[day] for day in sheet_days(self.calendar_id, start, end)]

    def sequence(self, start: int) -> int:
        """The version of that minute's sheet: it orders ids made in the same millisecond."""
        return self.sheets_touching(start, start + 1)[0].version

    def covers(self, start: int, end: int) -> bool:
        """True if every sheet that [start, end) touches was read."""
        return all(day in self.sheets for day in sheet_days(self.calendar_id, start, end))

    def with_sheets(self, sheets: Iterable[Sheet]) -> Calendar:
        """The calendar with these sheets in place of those of the same days."""
        return replace(self, sheets={**self.sheets, **{sheet.day: sheet for sheet in sheets}})

    def with_occupant(self, occupant: Occupant) -> Calendar:
        """The calendar with this occupant on the sheets it touches and on no other."""
        cleared = self.without_occupant(occupant.id)
        return cleared.with_sheets(s.with_occupant(occupant) for s in cleared.sheets_touching(*occupant.busy_span))

    def without_occupant(self, occupant_id: str) -> Calendar:
        """The calendar without this occupant."""
        return self.with_sheets(
            s.without_occupant(occupant_id) for s in self.sheets.values() if occupant_id in s.occupants
        )

    def with_block(self, block: Block) -> Calendar:
        """The calendar with this block on the days it touches and on no other."""
        cleared = self.without_block(block.id)
        return cleared.with_sheets(s.with_block(block) for s in cleared.sheets_touching(block.start, block.end))

    def with_blocks(self, blocks: Iterable[Block]) -> Calendar:
        """The calendar with all these blocks."""
        return reduce(Calendar.with_block, blocks, self)

    def without_block(self, block_id: str) -> Calendar:
        """The calendar without this block."""
        return self.with_sheets(s.without_block(block_id) for s in self.sheets.values() if block_id in s.blocks)

    def changed_since(self, before: Calendar) -> Iterator[Sheet]:
        """The sheets that differ from ``before``."""
        return (sheet for day, sheet in self.sheets.items() if sheet != before.sheets.get(day))


def sheet_days(calendar_id: str, start: int, end: int) -> list[str]:
    """The first days of the sheets of this calendar that [start, end) touches; at least the start's own."""
    if not calendar_id.startswith(_STAFF_PREFIX):
        return utc_days(start, end)
    first, last = ((m // DAY_MINUTES - _FIRST_MONDAY) // _FORTNIGHT_DAYS for m in (start, max(start, end - 1)))
    begins = ((n * _FORTNIGHT_DAYS + _FIRST_MONDAY) * DAY_MINUTES for n in range(first, last + 1))
    return [from_epoch_minute(at).date().isoformat() for at in begins]


def days_around(start: int, end: int, margin: int = 1) -> list[str]:
    """The UTC days that [start, end) touches and ``margin`` more on either side."""
    touched = utc_days(start, end)
    first = date.fromisoformat(touched[0]) - timedelta(days=margin)
    last = date.fromisoformat(touched[-1]) + timedelta(days=margin)
    return [day.isoformat() for day in date_range(first, last)]
