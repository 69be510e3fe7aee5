"""Editing blocks: what an edit makes of one occurrence and of its series' template (D10, D11, D12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.domain.quickstream.blocks import Block, BlockState, Release, Series, validate_seats
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.times import epoch_minute, first_valid, from_epoch_minute


class SeriesScope(StrEnum):
    """Which occurrences of a series an edit or deletion is about."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ReleaseEdit:
    """A release policy as an edit names it; without one seats are open from the start, a reserve never is."""

    policy: Release | None


@dataclass(frozen=True, slots=True)
class BlockEdit:
    """What is to change; none is left as it is. ``start`` and ``end`` are aware instants once resolved."""

    limit: int | None = None
    reserved: int | None = None
    services: tuple[str, ...] | None = None
    start: datetime | None = None
    end: datetime | None = None
    timezone: str | None = None
    release: ReleaseEdit | None = None
    reserve_release: ReleaseEdit | None = None


@dataclass(frozen=True, slots=True)
class SeriesHours:
    """When of a day a series takes place: a wall time and a length in wall time."""

    start: time
    length: timedelta

    def on_day(self, day: date, tz: ZoneInfo) -> tuple[int, int]:
        """Start and end, in minutes, on that local day; the end may come first on a day clocks change (D11)."""
        wall = datetime.combine(day, self.start)
        return epoch_minute(first_valid(wall, tz)), epoch_minute(first_valid(wall + self.length, tz))


def occurrence_day(block: Block, tz: ZoneInfo) -> date:
    """The local date of an occurrence: its series', or its own once it was edited by itself."""
    if block.wall and not block.exception:
        return date.fromisoformat(block.wall[:10])
    return from_epoch_minute(block.start).astimezone(tz).date()


def edited_hours(anchor: Block, series: Series, edit: BlockEdit) -> SeriesHours | None:
    """The new times of day, as an edit of the whole series names them by one occurrence; none if it does not.

    422 when it would change the date: only one occurrence at a time can move to another day.
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
    """The occurrence as the edit makes it, at ``times`` (minutes); itself when nothing changes.

    A new release policy decides anew whether it is held; otherwise its state only moves on (D12). One that
    follows its series' policy keeps following it when it is moved.
    """
    start, end = times or (block.start, block.end)
    after = replace(
        block,
        start=start,
        end=end,
        limit=block.limit if edit.limit is None else edit.limit,
        reserved=block.reserved if edit.reserved is None else edit.reserved,
        services=block.services if edit.services is None else edit.services,
    )
    validate_seats(after.limit, after.reserved)
    after = _with_release_times(after, block, series, edit, now)
    after = replace(after.advanced(now), version=block.version)
    return block if after == block else replace(after, version=block.version + 1)


def edit_occurrence_in_series(
    block: Block, series: Series, edit: BlockEdit, hours: SeriesHours | None, now: int
) -> Block | None:
    """The occurrence as an edit of its whole series makes it, on its own day; none when clocks leave nothing."""
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
    """The series with what occurrences laid out from now on start out with."""
    after = replace(
        series,
        limit=series.limit if edit.limit is None else edit.limit,
        reserved=series.reserved if edit.reserved is None else edit.reserved,
        services=series.services if edit.services is None else edit.services,
        release=series.release if edit.release is None else edit.release.policy,
        reserve_release=(series.reserve_release if edit.reserve_release is None else edit.reserve_release.policy),
    )
    validate_seats(after.limit, after.reserved)
    if hours is None:
        return after
    wall_start = datetime.combine(series.wall_start, hours.start)
    # What was laid out must stay behind this mark at the new time of day too, or it would come twice.
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
    """The minute the seats of an occurrence that begins at ``start`` open."""
    return policy.opens_at(start, tz) if policy else None


def _wall_time(at: datetime, tz: ZoneInfo) -> datetime:
    return at.astimezone(tz).replace(tzinfo=None)
