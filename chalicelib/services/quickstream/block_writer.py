"""Writing what happens to blocks: their sheets, their pointers and the journal, in transactions that fit.

One transaction holds a hundred items, which is enough for a block, or for some ninety blocks on as many days.
More is written in ordered parts, each checked against what was read. When a later part is overtaken, the
caller reads and decides again: what is done already is then no change any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import Calendar
from chalicelib.domain.quickstream.blocks import Block, BlockIndexEntry, BlockState
from chalicelib.domain.shared.events import Actor, DomainEvent, FieldChange, JournalEntry
from chalicelib.domain.shared.times import from_epoch_minute, utc_days, utc_text
from chalicelib.services.context import Context
from chalicelib.services.store_port import MAX_TRANSACTION_ITEMS, Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

# Ten items are left as a margin.
MAX_ITEMS = MAX_TRANSACTION_ITEMS - 10
_EVENTS = {BlockState.RELEASED: "block.released", BlockState.CLOSED: "block.closed"}


@dataclass(frozen=True, slots=True)
class BlockChange:
    """A block as it is and as it is to be; none to be deleted."""

    before: Block
    after: Block | None

    @property
    def day(self) -> str | None:
        """The day it is to stand on."""
        return day_of(self.after) if self.after else None

    @property
    def is_moved(self) -> bool:
        """Whether its pointer changes."""
        return self.day != day_of(self.before)

    @property
    def changes_state(self) -> bool:
        """Whether it is held, released or closed by this."""
        return self.after is not None and self.after.state is not self.before.state


def day_of(block: Block) -> str:
    """The UTC day a block is found by."""
    return utc_days(block.start, block.end)[0]


def apply_changes(calendar: Calendar, block_changes: Iterable[BlockChange]) -> Calendar:
    """The calendar with these blocks as they are to be."""
    for block_change in block_changes:
        calendar = (
            calendar.with_block(block_change.after)
            if block_change.after
            else calendar.without_block(block_change.before.id)
        )
    return calendar


class BlockWriter:
    """Swaps of blocks at one location, written against the sheets they were decided on."""

    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    def write(
        self,
        context: Context,
        placement: BlockCapacity,
        block_changes: list[BlockChange],
        initial_work: UnitOfWork | None = None,
        result: Any = None,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        """Writes the swaps; what is in ``first`` goes with the first part, as does the Idempotency-Key.

        ``committed`` is called after each part. Raises ``Stale`` when one was overtaken.
        """
        work, idempotency = initial_work or UnitOfWork(), context.idempotency
        journal_all = len(block_changes) == 1
        pointers = self._pointers(block_changes)
        calendar = placement.calendar
        for part in self._parts(placement, block_changes, _size(work)) or [[]]:
            target = apply_changes(calendar, part)
            changed = list(target.changed_since(calendar))
            written = [work.save(s.without_expired(int(context.now.timestamp()))) for s in changed]
            guarded = self._days(placement, part) - {sheet.day for sheet in changed}
            for day in sorted(guarded):
                work.require_unchanged(calendar.sheets[day])
            for block_change in part:
                _move_pointer(work, block_change, pointers)
                if journal_all or block_change.changes_state:
                    work.add_entry(block_entry(self._ids, context.now, context.actor, block_change))
            self._store.commit(work, idempotency, result)
            committed()
            calendar = target.with_sheets(written)
            work, idempotency = UnitOfWork(), None

    def _parts(
        self, placement: BlockCapacity, block_changes: list[BlockChange], initial_size: int
    ) -> list[list[BlockChange]]:
        parts: list[list[BlockChange]] = []
        days: set[str] = set()
        items = MAX_ITEMS + 1
        for block_change in block_changes:
            own = block_change.is_moved + block_change.changes_state
            touched = self._days(placement, [block_change])
            if items + own + len(days | touched) > MAX_ITEMS:
                parts.append([])
                days, items = set(), initial_size if len(parts) == 1 else 0
            parts[-1].append(block_change)
            days |= touched
            items += own
        return parts

    def _days(self, placement: BlockCapacity, block_changes: Iterable[BlockChange]) -> set[str]:
        """The days whose sheets the decision about these swaps rests on."""
        blocks = (b for swap in block_changes for b in (swap.before, swap.after) if b is not None)
        return {d for b in blocks for d in utc_days(*placement.dependency_span(b.start, b.end))}

    def _pointers(self, block_changes: list[BlockChange]) -> dict[str, BlockIndexEntry]:
        wanted = [Ref.to(BlockIndexEntry, swap.before.id) for swap in block_changes if swap.is_moved]
        found = self._store.read(wanted)
        pointers = (found.get(BlockIndexEntry, *ref.key) for ref in wanted)
        return {pointer.id: pointer for pointer in pointers if pointer is not None}


def _size(work: UnitOfWork) -> int:
    return len(work.saved) + len(work.unchanged) + len(work.entries) + 1


def _move_pointer(work: UnitOfWork, block_change: BlockChange, pointers: dict[str, BlockIndexEntry]) -> None:
    if not block_change.is_moved:
        return
    block = block_change.before
    place = pointers.get(block.id)
    if block_change.day is not None:
        work.save(BlockIndexEntry(block.id, block.location_id, block_change.day, place.version if place else 0))
    elif place is not None:
        work.delete(place)


def block_entry(ids: Ids, at: datetime, actor: Actor, block_change: BlockChange) -> JournalEntry:
    """The journal entry of what happens to one block, with its event when it is released or closed."""
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
    """What an event says about a block."""
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
    for name in new:
        if old[name] != new[name]:
            yield FieldChange(name, old[name], new[name])
