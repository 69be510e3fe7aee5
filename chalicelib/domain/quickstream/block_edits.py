"""Edits of blocks: their effect on one occurrence and on the template of its series (D10, D11, D12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.quickstream.blocks import Block, BlockState, Release, Series, validate_seats
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.times import epoch_minute, first_valid, from_epoch_minute


class SeriesScope(StrEnum):
    """The occurrences of a series that an edit or deletion affects."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ReleaseEdit:
    """A new release policy; None opens seats from the start, but never a reserve."""

    policy: Release | None


@dataclass(frozen=True, slots=True)
class BlockEdit:
    """The changes; None leaves a value as it is. ``start`` and ``end`` are aware instants once resolved."""

    limit: int | None = None
    reserved: int | None = None
    services: tuple[str, ...] | None = None
    start: datetime | None = None
    end: datetime | None = None
    timezone: str | None = None
    release: ReleaseEdit | None = None
    reserve_release: ReleaseEdit | None = None

    @property
    def changed_seats(self) -> dict[str, Any]:
        """The new limit, reserve and services, as far as they change."""
        values = {"limit": self.limit, "reserved": self.reserved, "services": self.services}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class SeriesHours:
    """The time of day of a series: a wall time and a length in wall time."""

    start: time
    length: timedelta

    def on_day(self, day: date, tz: ZoneInfo) -> tuple[int, int]:
        """Start and end, in minutes, on that local day; the end may come first when clocks change (D11)."""
        wall = datetime.combine(day, self.start)
        return epoch_minute(first_valid(wall, tz)), epoch_minute(first_valid(wall + self.length, tz))


def occurrence_day(block: Block, tz: ZoneInfo) -> date:
    """The local date of an occurrence: the series' date, or its own once it has been edited by itself."""
    if block.wall and not block.exception:
        return date.fromisoformat(block.wall[:10])
    return from_epoch_minute(block.start).astimezone(tz).date()


def edited_hours(anchor: Block, series: Series, edit: BlockEdit) -> SeriesHours | None:
    """The new times of day if an edit of the whole series, expressed by one occurrence, changes them; else None.

    422 ``date_fixed`` if it would change the date: only one occurrence at a time can move to another day.
    """
    if edit.start is None and edit.end is None:
        return None
    tz = ZoneInfo(series.timezone)
    usual = datetime.combine(occurrence_day(anchor, tz), series.wall_start.time())
    start = _wall_time(edit.start, tz) if edit.start else usual
    end = _wall_time(edit.end, tz) if edit.end else usual + (series.wall_end - series.wall_start)
    if start.date() != usual.date():
        raise invalid("/start", "Only one occurrence at a time can move to another day.", "date_fixed")
    if end <= start:
        raise invalid("/end", "The end must lie after the start.", "invalid_interval")
    return SeriesHours(start.time(), end - start)


def edit_occurrence(
    block: Block, series: Series, edit: BlockEdit, now: int, times: tuple[int, int] | None = None
) -> Block:
    """The occurrence after the edit, at ``times`` (minutes); the same object if nothing changes.

    A new release policy decides again if it is held; otherwise its state only advances (D12). An occurrence that
    follows its series' policy keeps following it when it is moved.
    """
    start, end = times or (block.start, block.end)
    after = replace(block, start=start, end=end, **edit.changed_seats)
    validate_seats(after.limit, after.reserved)
    after = _with_release_times(after, block, series, edit, now)
    after = replace(after.advanced(now), version=block.version)
    return block if after == block else replace(after, version=block.version + 1)


def edit_occurrence_in_series(
    block: Block, series: Series, edit: BlockEdit, hours: SeriesHours | None, now: int
) -> Block | None:
    """The occurrence after an edit of its whole series, on its own day; None if clocks leave no time for it."""
    if hours is None:
        return edit_occurrence(block, series, edit, now)
    tz = ZoneInfo(series.timezone)
    day = occurrence_day(block, tz)
    times = hours.on_day(day, tz)
    if times[1] <= times[0]:
        return None
    wall = datetime.combine(day, hours.start).isoformat(timespec="minutes")
    return edit_occurrence(block if block.exception else replace(block, wall=wall), series, edit, now, times)


def edit_template(series: Series, edit: BlockEdit, hours: SeriesHours | None) -> Series:
    """The series with the values that occurrences created from now on begin with."""
    after = replace(
        series,
        **edit.changed_seats,
        release=series.release if edit.release is None else edit.release.policy,
        reserve_release=series.reserve_release if edit.reserve_release is None else edit.reserve_release.policy,
    )
    validate_seats(after.limit, after.reserved)
    if hours is None:
        return after
    wall_start = datetime.combine(series.wall_start, hours.start)
    # Occurrences that exist must stay before this mark at the new time of day too, or they would be created twice.
    laid_to = datetime.combine(series.laid_to, hours.start) if series.laid_to else None
    return replace(after, wall_start=wall_start, wall_end=wall_start + hours.length, laid_to=laid_to)


def _with_release_times(after: Block, before: Block, series: Series, edit: BlockEdit, now: int) -> Block:
    tz = ZoneInfo(series.timezone)
    if edit.release is not None:
        opens = _opens_at(edit.release.policy, after.start, tz)
        held = opens is not None and opens > now
        state = BlockState.HELD if held else BlockState.RELEASED
        after = replace(after, release_at=opens, state=state)
    elif before.release_at == _opens_at(series.release, before.start, tz):
        after = replace(after, release_at=_opens_at(series.release, after.start, tz))
    if edit.reserve_release is not None:
        return replace(after, reserve_release_at=_opens_at(edit.reserve_release.policy, after.start, tz))
    if before.reserve_release_at == _opens_at(series.reserve_release, before.start, tz):
        return replace(after, reserve_release_at=_opens_at(series.reserve_release, after.start, tz))
    return after


def _opens_at(policy: Release | None, start: int, tz: ZoneInfo) -> int | None:
    """The minute at which the seats of an occurrence that begins at ``start`` open."""
    return policy.opens_at(start, tz) if policy else None


def _wall_time(at: datetime, tz: ZoneInfo) -> datetime:
    return at.astimezone(tz).replace(tzinfo=None)
