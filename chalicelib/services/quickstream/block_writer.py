"""Writing changes of blocks: their sheets, index entries and journal, in transactions that fit.

One transaction holds a hundred items, which is enough for a block, or for some ninety blocks on as many days. More
is written in ordered parts, each conditional on the data read. If a later part fails because that data has changed,
the caller reads and decides again: changes that are already written are then no changes any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import Calendar
from chalicelib.domain.quickstream.blocks import Block, BlockIndexEntry, BlockState
from chalicelib.domain.shared.events import Actor, DomainEvent, FieldChange, JournalEntry
from chalicelib.domain.shared.times import from_epoch_minute, utc_days, utc_text
from chalicelib.services.availability import ledger_io
from chalicelib.services.context import Context
from chalicelib.services.store_port import MAX_TRANSACTION_ITEMS, Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

# Ten items are left as a margin.
MAX_ITEMS = MAX_TRANSACTION_ITEMS - 10
_EVENTS = {BlockState.RELEASED: "block.released", BlockState.CLOSED: "block.closed"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BlockChange:
    """A block before and after a change; ``after`` is None if it is deleted."""

    before: Block
    after: Block | None

    @property
    def day(self) -> str | None:
        """The UTC day of the block afterwards; None if it is deleted."""
        return day_of(self.after) if self.after else None

    @property
    def is_moved(self) -> bool:
        """True if its index entry changes."""
        return self.day != day_of(self.before)

    @property
    def changes_state(self) -> bool:
        """True if the change holds, releases or closes the block."""
        return self.after is not None and self.after.state is not self.before.state


def day_of(block: Block) -> str:
    """The UTC day in a block's index entry."""
    return utc_days(block.start, block.end)[0]


def apply_changes(calendar: Calendar, block_changes: Iterable[BlockChange]) -> Calendar:
    """The calendar after these changes."""
    for block_change in block_changes:
        calendar = (
            calendar.with_block(block_change.after)
            if block_change.after
            else calendar.without_block(block_change.before.id)
        )
    return calendar


class BlockWriter:
    """Writes changes of blocks at one location, conditional on the sheets they were decided on."""

    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    def write(
        self,
        context: Context,
        capacity: BlockCapacity,
        block_changes: list[BlockChange],
        initial_work: UnitOfWork | None = None,
        result: Any = None,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        """Writes the changes; ``initial_work`` and the Idempotency-Key go with the first part.

        ``committed`` is called after each part. Raises ``Stale`` if data read for a part has changed.
        """
        work, idempotency = initial_work or UnitOfWork(), context.idempotency
        journal_all = len(block_changes) == 1
        index_entries = self._moved_index_entries(block_changes)
        calendar = capacity.calendar
        for part, days in transaction_parts(block_changes, lambda change: _size(change, capacity), _work_size(work)):
            target = apply_changes(calendar, part)
            written = ledger_io.save_changed_sheets(work, calendar, target, context.now)
            for day in sorted(days - {sheet.day for sheet in written}):
                work.require_unchanged(calendar.sheets[day])
            for block_change in part:
                _write_index_entry(work, block_change, index_entries)
                if journal_all or block_change.changes_state:
                    work.add_entry(block_entry(self._ids, context.now, context.actor, block_change))
            self._store.commit(work, idempotency, result)
            committed()
            calendar = target.with_sheets(written)
            work, idempotency = UnitOfWork(), None

    def _moved_index_entries(self, block_changes: list[BlockChange]) -> dict[str, BlockIndexEntry]:
        refs = [Ref.to(BlockIndexEntry, change.before.id) for change in block_changes if change.is_moved]
        found = self._store.read(refs)
        index_entries = (found.get(BlockIndexEntry, *ref.key) for ref in refs)
        return {entry.id: entry for entry in index_entries if entry is not None}


def transaction_parts(
    items: Iterable[T], size: Callable[[T], tuple[int, set[str]]], first_size: int = 0, next_size: int = 0
) -> Iterator[tuple[list[T], set[str]]]:
    """The items in parts that fit one transaction each, with the days whose sheets each part needs.

    ``size`` gives the records of an item's own and its days; ``first_size`` and ``next_size`` are records that the
    first and every later part hold besides. There is at least one part, which may be empty.
    """
    part: list[T] = []
    days: set[str] = set()
    records = first_size
    for item in items:
        own, touched = size(item)
        if part and records + own + len(days | touched) > MAX_ITEMS:
            yield part, days
            part, days, records = [], set(), next_size
        part.append(item)
        days |= touched
        records += own
    yield part, days


def _size(block_change: BlockChange, capacity: BlockCapacity) -> tuple[int, set[str]]:
    """The records a change needs beside sheets, and the days of the sheets it depends on."""
    blocks = (b for b in (block_change.before, block_change.after) if b is not None)
    days = {day for b in blocks for day in utc_days(*capacity.dependency_span(b.start, b.end))}
    return block_change.is_moved + block_change.changes_state, days


def _work_size(work: UnitOfWork) -> int:
    return len(work.saved) + len(work.unchanged) + len(work.entries) + 1


def _write_index_entry(work: UnitOfWork, block_change: BlockChange, index_entries: dict[str, BlockIndexEntry]) -> None:
    if not block_change.is_moved:
        return
    block = block_change.before
    entry = index_entries.get(block.id)
    if block_change.day is not None:
        work.save(BlockIndexEntry(block.id, block.location_id, block_change.day, entry.version if entry else 0))
    elif entry is not None:
        work.delete(entry)


def series_entry(ids: Ids, context: Context, series_id: str, action: str) -> JournalEntry:
    """The journal entry of a change of a series."""
    return JournalEntry(ids.new("evt", context.now), series_id, context.now, action, context.actor)


def block_entry(ids: Ids, at: datetime, actor: Actor, block_change: BlockChange) -> JournalEntry:
    """The journal entry of a change of one block, with its event if the block is released or closed."""
    after = block_change.after
    event = _EVENTS.get(after.state) if after and block_change.changes_state else None
    return JournalEntry(
        id=ids.new("evt", at),
        subject_id=block_change.before.id,
        at=at,
        action=_action(block_change),
        actor=actor,
        changes=tuple(_differences(block_change.before, after)) if after else (),
        events=(DomainEvent(event, after.version, block_facts(after), after.location_id),) if event and after else (),
    )


def block_facts(block: Block) -> dict[str, Any]:
    """A block as events describe it."""
    return {
        "id": block.id,
        "series_id": block.series_id,
        "location_id": block.location_id,
        "start": utc_text(from_epoch_minute(block.start)),
        "end": utc_text(from_epoch_minute(block.end)),
        "limit": block.limit,
        "reserved": block.reserved,
        "services": list(block.services),
        "state": block.state.value,
    }


def _action(block_change: BlockChange) -> str:
    if block_change.after is None:
        return "deleted"
    return block_change.after.state.value if block_change.changes_state else "edited"


def _differences(before: Block, after: Block) -> Iterator[FieldChange]:
    old, new = block_facts(before), block_facts(after)
    return (FieldChange(name, old[name], new[name]) for name in new if old[name] != new[name])
