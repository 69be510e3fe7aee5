"""The scheduled work on blocks: create recurring ones, release those due, close those that are over (D12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import DAY_MINUTES, days_around
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.events import SYSTEM_ACTOR
from chalicelib.domain.shared.times import day_start, epoch_minute
from chalicelib.services.availability import ledger_io
from chalicelib.services.job_runner import JobRuns
from chalicelib.services.quickstream.block_reader import read_calendar
from chalicelib.services.quickstream.block_writer import BlockChange, apply_changes, block_entry, day_of
from chalicelib.services.quickstream.create_blocks import CreateBlocks
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import MAX_TRANSACTION_ITEMS, AppointmentLists, DueWork, Ids, Store
from chalicelib.services.unit_of_work import UnitOfWork

# Each block writes a journal entry; the other items are for the sheets.
MAX_PER_TRANSACTION = MAX_TRANSACTION_ITEMS - 20

METRICS = {
    "laid_out": "BlocksLaidOut",
    "released": "BlocksReleased",
    "closed": "BlocksClosed",
    "reserves_opened": "ReservesOpened",
    "postponed": "ReleasesPostponed",
}


class ReleaseJob:
    """Does everything that is due, however long ago, once each (D12)."""

    def __init__(
        self,
        store: Store,
        appointment_lists: AppointmentLists,
        due: DueWork,
        ids: Ids,
        pause: Pause,
        count: Callable[[str, int], None],
        runs: JobRuns,
    ) -> None:
        """``count`` takes a metric's name and a number."""
        self._store = store
        self._appointment_lists = appointment_lists
        self._due = due
        self._ids = ids
        self._pause = pause
        self._count = count
        self._runs = runs
        self._create_blocks = CreateBlocks(store, ids, pause)

    def release(self, now: datetime, time_left: Callable[[], bool]) -> dict[str, int]:
        """Creates, then releases and closes blocks while there is time left; the number of blocks by action.

        Every write is conditional and carries its events, so a second run, even at the same time, repeats nothing.
        Work under contention or out of time is left to the next run. An error does not stop the other work and is
        raised at the end.
        """
        counts, runner = dict.fromkeys(METRICS, 0), self._runs.start("release_blocks", now, time_left)

        def advance(sheet: tuple[str, str]) -> None:
            while retry_on_conflict(lambda: self._advance(*sheet, now, counts), self._pause):
                pass

        counts["laid_out"] = runner.run_each(
            self._due.due_series(now), lambda series_id: self._create_blocks.extend_series(series_id, now)
        )
        runner.run_each(self._due.due_sheets(now), advance, "#".join)
        counts["postponed"] = runner.postponed
        for name, number in counts.items():
            if number:
                self._count(METRICS[name], number)
        runner.raise_first_fault()
        return counts

    def _advance(self, location_id: str, day: str, now: datetime, counts: dict[str, int]) -> bool:
        """Advances the day's blocks to their state at ``now``; True if more are left than fit one transaction."""
        present = epoch_minute(now)
        start = day_start(day)
        calendar = read_calendar(self._appointment_lists, location_id, days_around(start, start + 2 * DAY_MINUTES))
        capacity = BlockCapacity(calendar, int(now.timestamp()))
        blocks = [block for block in capacity.blocks if day_of(block) == day]
        block_changes = [BlockChange(b, after) for b in blocks if (after := _advanced(capacity, b, present)) != b]
        if not block_changes:
            return False
        part = block_changes[:MAX_PER_TRANSACTION]
        work = UnitOfWork()
        ledger_io.save_changed_sheets(work, calendar, apply_changes(calendar, part), now)
        for block_change in part:
            work.add_entry(block_entry(self._ids, now, SYSTEM_ACTOR, block_change))
        self._store.commit(work)
        for block_change in part:
            counts[_counter(block_change)] += 1
        return len(part) < len(block_changes)


def _advanced(capacity: BlockCapacity, block: Block, present: int) -> Block:
    after = block.advanced(present)
    # Appointments of a closed block keep its seats, so they do not count against open blocks at the same time.
    return capacity.closed(block) if after.state is BlockState.CLOSED is not block.state else after


def _counter(block_change: BlockChange) -> str:
    if not block_change.changes_state:
        return "reserves_opened"
    return "released" if block_change.after and block_change.after.state is BlockState.RELEASED else "closed"
