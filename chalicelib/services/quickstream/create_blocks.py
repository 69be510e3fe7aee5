"""Laying out blocks: one, or all a recurrence rule gives up to the horizon (QS-9, D11).

A series is written with its first blocks in one transaction and stays due until everything is laid out; each
further part is conditional on the series' version. So after a crash the scheduled function goes on where it
stopped, and two who lay out the same series cannot double or lose an occurrence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.capacity.ledger import Calendar
from chalicelib.domain.organisation.catalog import Location, Service, Settings
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
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.domain.shared.times import epoch_minute, resolve_start, utc_days
from chalicelib.services.availability import ledger_io
from chalicelib.services.context import Context
from chalicelib.services.quickstream.block_queries import BlockOccurrence, occurrences
from chalicelib.services.quickstream.block_validation import (
    horizon,
    require_location,
    require_near_start,
    require_services_offered,
    require_sheet_space,
    resolve_release,
)
from chalicelib.services.quickstream.block_writer import MAX_ITEMS, day_of
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class BlockRequest:
    """Blocks to lay out; times are instants or wall time in ``timezone``, the location's own when there is none."""

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
    """One occurrence to lay out; no block when clocks leave nothing of it."""

    wall: datetime
    block: Block | None


class CreateBlocks:
    """Creating blocks, and laying out more of what recurs."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def create(self, context: Context, request: BlockRequest) -> CreatedBlocks:
        """Lays out the blocks; 404 for a location outside the caller's reach, 422 for what cannot be (QS-9)."""
        return retry_on_conflict(lambda: self._create(context, request), self._pause)

    def extend_series(self, series_id: str, now: datetime) -> int:
        """Lays out what is missing of a series; how many blocks that were (D12)."""
        laid = 0
        while True:
            count, finished = retry_on_conflict(lambda: self._extend_series(series_id, now), self._pause)
            laid += count
            if finished:
                return laid

    def _create(self, context: Context, request: BlockRequest) -> CreatedBlocks:
        found = self._store.read(_refs(request.location_id, request.services))
        location = require_location(found, context.staff, request.location_id)
        offered = require_services_offered(found, location.id, request.services)
        series, times = self._series(context, request, location)
        settings = settings_in(found)
        steps = _planned_occurrences(series, horizon(series, settings, offered, context.now), context.now, times)
        blocks = [step.block for step in steps if step.block]
        calendar = self._calendar_for_blocks(location.id, blocks)
        require_sheet_space(calendar, blocks)
        after = calendar
        for block in blocks:
            after = after.with_block(block)
        shown = occurrences(after, blocks, context.now, location.timezone)
        laid = CreatedBlocks(series.id, tuple(shown))

        work = UnitOfWork()
        work.require_unchanged(location)
        for service in offered:
            work.require_unchanged(service)
        work.add_entry(
            JournalEntry(self._ids.new("evt", context.now), series.id, context.now, "created", context.actor)
        )
        rest = self._write(work, series, steps, calendar, context, laid)
        if rest:
            # The answer holds already; whatever is overtaken or too busy now, the scheduled function completes.
            with suppress(Busy):
                self.extend_series(series.id, context.now)
        return laid

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
        """One part of what is missing: how many blocks, and whether that was all."""
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
        steps = _planned_occurrences(series, horizon(series, settings, offered, now), now)
        part, days = next(_parts(steps, 1))
        last = len(part) == len(steps) and _is_complete(series, steps)
        self._write_part(UnitOfWork(), series, part, self._read_calendar(series.location_id, days), Context(now), last)
        return sum(1 for step in part if step.block), last

    def _write(
        self,
        work: UnitOfWork,
        series: Series,
        planned: list[_PlannedOccurrence],
        calendar: Calendar,
        context: Context,
        created: CreatedBlocks,
    ) -> bool:
        """Writes a new series with its first part, then the others; whether anything is left to lay out."""
        parts = [part for part, _ in _parts(planned, len(work.unchanged) + 3)]
        finished = [False] * (len(parts) - 1) + [_is_complete(series, planned)]
        series, calendar = self._write_part(work, series, parts[0], calendar, context, finished[0], created)
        try:
            for part, last in zip(parts[1:], finished[1:], strict=True):
                series, calendar = self._write_part(UnitOfWork(), series, part, calendar, context, last)
        except Stale:
            return True
        return not finished[-1]

    def _write_part(
        self,
        work: UnitOfWork,
        series: Series,
        part: Sequence[_PlannedOccurrence],
        calendar: Calendar,
        context: Context,
        last: bool,
        result: CreatedBlocks | None = None,
    ) -> tuple[Series, Calendar]:
        if part:
            series = replace(series, laid_to=part[-1].wall)
        series = work.save(_with_next_due(series, context.now, last))
        target = calendar
        for block in (step.block for step in part if step.block):
            target = target.with_block(block)
            work.save(BlockIndexEntry(block.id, block.location_id, day_of(block)))
        changed = list(target.changed_since(calendar))
        seconds = int(context.now.timestamp())
        written = [work.save(sheet.without_expired(seconds)) for sheet in changed]
        self._store.commit(work, context.idempotency if result else None, result)
        return series, target.with_sheets(written)

    def _calendar_for_blocks(self, location_id: str, blocks: Iterable[Block]) -> Calendar:
        return self._read_calendar(location_id, {day for b in blocks for day in utc_days(b.start, b.end)})

    def _read_calendar(self, location_id: str, days: Iterable[str]) -> Calendar:
        wanted = sorted(days)
        found = self._store.read(ledger_io.sheet_refs(location_id, wanted))
        return ledger_io.calendar_in(found, location_id, wanted)


def _refs(location_id: str, services: Iterable[str]) -> list[Ref[Any]]:
    refs: list[Ref[Any]] = [Ref.to(Settings), Ref.to(Location, location_id)]
    return refs + [Ref.to(Service, service_id) for service_id in services]


def _planned_occurrences(
    series: Series, until: datetime, now: datetime, times: tuple[int, int] | None = None
) -> list[_PlannedOccurrence]:
    """What is to be laid out; ``times`` are those of the first occurrence as they were asked for."""
    present = epoch_minute(now)
    return [
        _PlannedOccurrence(wall, series.occurrence(wall, present, times if wall == series.wall_start else None))
        for wall in wall_starts(series, until)
    ]


def _parts(
    planned: Sequence[_PlannedOccurrence], initial_size: int
) -> Iterator[tuple[list[_PlannedOccurrence], set[str]]]:
    """The steps in parts that fit one transaction each, and the days each touches; at least one, maybe empty."""
    part: list[_PlannedOccurrence] = []
    days: set[str] = set()
    items = initial_size
    for step in planned:
        touched = set(utc_days(step.block.start, step.block.end)) if step.block else set()
        if part and items + 1 + len(days | touched) > MAX_ITEMS:
            yield part, days
            part, days, items = [], set(), 1
        part.append(step)
        days |= touched
        items += 1
    yield part, days


def _is_complete(series: Series, planned: Sequence[_PlannedOccurrence]) -> bool:
    """Whether these steps are all there are for now: an open rule gives 366 at a time."""
    return series.rrule is None or has_end(series.rrule) or len(planned) < MAX_OCCURRENCES


def _with_next_due(series: Series, now: datetime, last: bool) -> Series:
    """The series after one part: due again at once, tomorrow, or never when it has an end and that is reached."""
    if not last:
        return replace(series, next_due=now)
    if series.rrule is None or has_end(series.rrule):
        return replace(series, done=True)
    return replace(series, next_due=now + timedelta(days=1))
