"""Creating blocks: one, or all that a recurrence rule gives up to the horizon (QS-9, D11).

A series is written with its first blocks in one transaction and stays due until all its blocks exist; each further
part is conditional on the series' version. So after a crash the scheduled job continues where it stopped, and two
processes that extend the same series cannot duplicate or lose an occurrence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.capacity.ledger import Calendar
from chalicelib.domain.organisation.catalogue import Location, Service
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.quickstream.blocks import (
    MAX_OCCURRENCES,
    Block,
    BlockIndexEntry,
    Release,
    Series,
    validate_block,
)
from chalicelib.domain.quickstream.recurrence import has_end, validate_rule, wall_starts
from chalicelib.domain.shared.errors import Busy, Stale, invalid
from chalicelib.domain.shared.times import epoch_minute, resolve_start, utc_days
from chalicelib.services.availability import ledger_io
from chalicelib.services.context import Context
from chalicelib.services.quickstream.block_reader import BlockOccurrence, occurrences
from chalicelib.services.quickstream.block_validation import (
    horizon,
    require_location,
    require_near_start,
    require_services_offered,
    require_sheet_space,
    resolve_release,
)
from chalicelib.services.quickstream.block_writer import day_of, series_entry, transaction_parts
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class BlockRequest:
    """Blocks to create; times are instants or wall time in ``timezone``, by default the location's."""

    location_id: str
    start: datetime
    end: datetime
    limit: int
    services: tuple[str, ...]
    timezone: str | None = None
    reserved: int = 0
    rrule: str | None = None
    release: Release | None = None
    reserve_release: Release | None = None


@dataclass(frozen=True, slots=True)
class CreatedBlocks:
    """A series and its occurrences by start."""

    series_id: str
    occurrences: tuple[BlockOccurrence, ...]


@dataclass(frozen=True, slots=True)
class _PlannedOccurrence:
    """One occurrence to create; no block if clocks leave no time for it."""

    wall: datetime
    block: Block | None


class CreateBlocks:
    """Creates blocks, and later blocks of a series."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def create(self, context: Context, request: BlockRequest) -> CreatedBlocks:
        """Creates the blocks; 404 for a location outside the caller's reach, 422 for invalid values (QS-9)."""
        return retry_on_conflict(lambda: self._create(context, request), self._pause)

    def extend_series(self, series_id: str, now: datetime) -> int:
        """Creates the missing blocks of a series; returns their number (D12)."""
        created = 0
        while True:
            count, is_finished = retry_on_conflict(lambda: self._extend_series(series_id, now), self._pause)
            created += count
            if is_finished:
                return created

    def _create(self, context: Context, request: BlockRequest) -> CreatedBlocks:
        found = self._store.read(_refs(request.location_id, request.services))
        location = require_location(found, context.staff, request.location_id)
        offered = require_services_offered(found, location.id, request.services)
        series, times = self._series(context, request, location)
        settings = settings_in(found)
        planned = _planned_occurrences(series, horizon(series, settings, offered, context.now), context.now, times)
        blocks = [occurrence.block for occurrence in planned if occurrence.block]
        calendar = self._read_calendar(location.id, {day for b in blocks for day in utc_days(b.start, b.end)})
        require_sheet_space(calendar, blocks)
        after = calendar.with_blocks(blocks)
        created = CreatedBlocks(series.id, tuple(occurrences(after, blocks, context.now, location.timezone)))

        work = UnitOfWork()
        work.require_unchanged(location)
        for service in offered:
            work.require_unchanged(service)
        work.add_entry(series_entry(self._ids, context, series.id, "created"))
        if not self._write(work, series, planned, calendar, context, created):
            # The result is final already: the scheduled job completes the series if there is contention now.
            with suppress(Busy):
                self.extend_series(series.id, context.now)
        return created

    def _series(self, context: Context, request: BlockRequest, location: Location) -> tuple[Series, tuple[int, int]]:
        timezone, tz = request.timezone or location.timezone, ZoneInfo(location.timezone)
        start, end = resolve_start(request.start, timezone), resolve_start(request.end, timezone, "/end")
        validate_block(epoch_minute(start), epoch_minute(end), request.limit, request.reserved)
        require_near_start(start, context.now)
        wall_start, wall_end = (at.astimezone(tz).replace(tzinfo=None) for at in (start, end))
        if request.rrule is not None and wall_end <= wall_start:
            raise invalid("/end", "By the clock on the wall the end must lie after the start.", "invalid_interval")
        series = Series(
            id=self._ids.new("ser", context.now),
            location_id=location.id,
            timezone=location.timezone,
            wall_start=wall_start,
            wall_end=wall_end,
            limit=request.limit,
            services=request.services,
            reserved=request.reserved,
            rrule=request.rrule,
            release=resolve_release(request.release, timezone, "/release/at"),
            reserve_release=request.reserve_release,
            next_due=context.now,
        )
        validate_rule(series)
        return series, (epoch_minute(start), epoch_minute(end))

    def _extend_series(self, series_id: str, now: datetime) -> tuple[int, bool]:
        """Creates one part of the missing blocks: their number, and True if no part is left."""
        series = self._store.read([Ref.to(Series, series_id)]).get(Series, series_id)
        if series is None or series.done or series.next_due > now:
            return 0, True
        found = self._store.read(_refs(series.location_id, series.services))
        if found.get(Location, series.location_id) is None:
            work = UnitOfWork()
            work.save(replace(series, done=True))
            self._store.commit(work)
            return 0, True
        offered = [s for s in (found.get(Service, i) for i in series.services) if s is not None]
        settings = settings_in(found)
        planned = _planned_occurrences(series, horizon(series, settings, offered, now), now)
        part, days = next(transaction_parts(planned, _size, 1, 1))
        is_last = len(part) == len(planned) and _is_complete(series, planned)
        calendar = self._read_calendar(series.location_id, days)
        self._write_part(UnitOfWork(), series, part, calendar, Context(now), is_last)
        return sum(1 for occurrence in part if occurrence.block), is_last

    def _write(
        self,
        work: UnitOfWork,
        series: Series,
        planned: list[_PlannedOccurrence],
        calendar: Calendar,
        context: Context,
        created: CreatedBlocks,
    ) -> bool:
        """Writes a new series with its first part, then the others; True if all its blocks exist then."""
        parts = [part for part, _ in transaction_parts(planned, _size, len(work.unchanged) + 3, 1)]
        is_last = [False] * (len(parts) - 1) + [_is_complete(series, planned)]
        series, calendar = self._write_part(work, series, parts[0], calendar, context, is_last[0], created)
        try:
            for part, last in zip(parts[1:], is_last[1:], strict=True):
                series, calendar = self._write_part(UnitOfWork(), series, part, calendar, context, last)
        except Stale:
            return False
        return is_last[-1]

    def _write_part(
        self,
        work: UnitOfWork,
        series: Series,
        part: Sequence[_PlannedOccurrence],
        calendar: Calendar,
        context: Context,
        is_last: bool,
        result: CreatedBlocks | None = None,
    ) -> tuple[Series, Calendar]:
        if part:
            series = replace(series, laid_to=part[-1].wall)
        series = work.save(_with_next_due(series, context.now, is_last))
        blocks = [occurrence.block for occurrence in part if occurrence.block]
        for block in blocks:
            work.save(BlockIndexEntry(block.id, block.location_id, day_of(block)))
        target = calendar.with_blocks(blocks)
        written = ledger_io.save_changed_sheets(work, calendar, target, context.now)
        self._store.commit(work, context.idempotency if result else None, result)
        return series, target.with_sheets(written)

    def _read_calendar(self, location_id: str, days: set[str]) -> Calendar:
        wanted = sorted(days)
        found = self._store.read(ledger_io.sheet_refs(location_id, wanted))
        return ledger_io.calendar_in(found, location_id, wanted)


def _refs(location_id: str, services: Iterable[str]) -> list[Ref[Any]]:
    refs: list[Ref[Any]] = [Ref.to(Settings), Ref.to(Location, location_id)]
    return refs + [Ref.to(Service, service_id) for service_id in services]


def _planned_occurrences(
    series: Series, until: datetime, now: datetime, times: tuple[int, int] | None = None
) -> list[_PlannedOccurrence]:
    """The occurrences to create; ``times`` are the requested ones of the first occurrence."""
    present = epoch_minute(now)
    return [
        _PlannedOccurrence(wall, series.occurrence(wall, present, times if wall == series.wall_start else None))
        for wall in wall_starts(series, until)
    ]


def _size(occurrence: _PlannedOccurrence) -> tuple[int, set[str]]:
    """The records an occurrence needs beside sheets, and the days of its sheets."""
    block = occurrence.block
    return 1, set(utc_days(block.start, block.end)) if block else set()


def _is_complete(series: Series, planned: Sequence[_PlannedOccurrence]) -> bool:
    """True if these are all the occurrences for now: an open rule gives 366 at a time."""
    return series.rrule is None or has_end(series.rrule) or len(planned) < MAX_OCCURRENCES


def _with_next_due(series: Series, now: datetime, is_last: bool) -> Series:
    """The series after one part: due again at once, tomorrow, or never once its end is reached."""
    if not is_last:
        return replace(series, next_due=now)
    if series.rrule is None or has_end(series.rrule):
        return replace(series, done=True)
    return replace(series, next_due=now + timedelta(days=1))
