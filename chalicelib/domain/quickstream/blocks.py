"""Quickstream blocks: a number of seats for some services at a location during an interval (QS-9, D11, D12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from zoneinfo import ZoneInfo

from chalicelib.domain.shared.errors import WrongState, invalid
from chalicelib.domain.shared.ids import ulid
from chalicelib.domain.shared.times import EPOCH, epoch_minute, first_valid, from_epoch_minute

MAX_BLOCK_MINUTES = 25 * 60
MAX_OCCURRENCES = 366


class BlockState(StrEnum):
    """Held: not bookable yet. Released: bookable. Closed: no longer (D12); there is no way back."""

    HELD = "held"
    RELEASED = "released"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Release:
    """When seats open: at an instant, a number of days before at a wall time, or a number of hours before.

    Exactly one form is set; a block without a policy is open from the start.
    """

    at: datetime | None = None
    days_before: int | None = None
    time: str | None = None
    hours_before: int | None = None

    def opens_at(self, start: int, tz: ZoneInfo) -> int:
        """The minute at which the seats of an occurrence that begins at ``start`` open (D12)."""
        if self.at is not None:
            return epoch_minute(self.at)
        if self.hours_before is not None:
            return start - 60 * self.hours_before
        hours, minutes = map(int, (self.time or "00:00").split(":"))
        day = from_epoch_minute(start).astimezone(tz).date() - timedelta(days=self.days_before or 0)
        return epoch_minute(first_valid(datetime.combine(day, time(hours, minutes)), tz))


@dataclass(frozen=True, slots=True)
class Block:
    """One occurrence. Times are minutes since 1970 UTC; ``limit`` and ``reserved`` are seats.

    ``keeps`` names the appointments that had a seat when it was closed; ``exception`` is True once it has been
    edited by itself; ``wall`` is the wall start its series gave it.
    """

    id: str
    series_id: str
    location_id: str
    start: int
    end: int
    limit: int
    services: tuple[str, ...]
    state: BlockState
    reserved: int = 0
    release_at: int | None = None
    reserve_release_at: int | None = None
    exception: bool = False
    wall: str = ""
    keeps: tuple[str, ...] = ()
    version: int = 1

    def covers(self, start: int, end: int) -> bool:
        """True if [start, end) lies wholly inside (D4)."""
        return self.start <= start and end <= self.end

    def next_check_at(self) -> int | None:
        """The minute at which the release job must look at this block next; None once closed."""
        if self.state is BlockState.CLOSED:
            return None
        opening = self.release_at if self.state is BlockState.HELD else self.reserve_release_at
        if opening is None or (self.state is BlockState.RELEASED and not self.reserved):
            return self.end
        return min(opening, self.end)

    def advanced(self, now: int) -> Block:
        """The block as it must be at minute ``now``: closed if over, else released and its reserve opened (D12)."""
        if self.state is BlockState.CLOSED:
            return self
        if self.end <= now:
            return replace(self, state=BlockState.CLOSED, version=self.version + 1)
        block = self
        if block.state is BlockState.HELD and block.release_at is not None and block.release_at <= now:
            block = replace(block, state=BlockState.RELEASED)
        opens = block.reserve_release_at
        if block.state is BlockState.RELEASED and block.reserved and opens is not None and opens <= now:
            block = replace(block, reserved=0)
        return block if block is self else replace(block, version=self.version + 1)

    def released(self) -> Block:
        """The block opened early, itself if open already; 409 ``wrong_state`` once closed."""
        if self.state is BlockState.CLOSED:
            raise WrongState("A closed block cannot be released.")
        if self.state is BlockState.RELEASED:
            return self
        return replace(self, state=BlockState.RELEASED, version=self.version + 1)

    def closed(self, keeps: tuple[str, ...]) -> Block:
        """The block closed early, itself if closed already; the appointments in ``keeps`` keep their seats."""
        if self.state is BlockState.CLOSED:
            return self
        return replace(self, state=BlockState.CLOSED, keeps=keeps, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class BlockIndexEntry:
    """Where to find a block: its location and the UTC day of its start."""

    id: str
    location_id: str
    day: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """The template of recurring blocks: wall times at the location, a rule, and each occurrence's first values.

    ``laid_to`` is the wall start of the last occurrence created; ``done`` is True if no more will follow, else more
    are created at ``next_due``.
    """

    id: str
    location_id: str
    timezone: str
    wall_start: datetime
    wall_end: datetime
    limit: int
    services: tuple[str, ...]
    reserved: int = 0
    rrule: str | None = None
    release: Release | None = None
    reserve_release: Release | None = None
    laid_to: datetime | None = None
    done: bool = False
    next_due: datetime = EPOCH
    version: int = 0

    def occurrence_times(self, wall: datetime) -> tuple[int, int]:
        """Start and end, in minutes, of the occurrence whose wall start is ``wall``.

        Both follow the wall clock, and a time in a gap moves to the first instant after it. So the end may come
        before the start if clocks leave no time for the occurrence (D11).
        """
        tz = ZoneInfo(self.timezone)
        return epoch_minute(first_valid(wall, tz)), epoch_minute(
            first_valid(wall + (self.wall_end - self.wall_start), tz)
        )

    def occurrence(self, wall: datetime, now: int, times: tuple[int, int] | None = None) -> Block | None:
        """The block whose wall start is ``wall``; None if clocks leave no time for it (D11).

        ``times`` are its start and end if known more exactly than by wall time. Its id is derived from series and
        date: an occurrence created twice has the same id.
        """
        tz = ZoneInfo(self.timezone)
        start, end = times or self.occurrence_times(wall)
        if end <= start:
            return None
        digest = sha256(f"{self.id}/{wall.date()}".encode()).digest()
        block = Block(
            id=f"blk_{self.id[4:14]}{ulid(EPOCH, digest)[10:]}",
            series_id=self.id,
            location_id=self.location_id,
            start=start,
            end=end,
            limit=self.limit,
            services=self.services,
            state=BlockState.HELD if self.release else BlockState.RELEASED,
            reserved=self.reserved,
            release_at=self.release.opens_at(start, tz) if self.release else None,
            reserve_release_at=self.reserve_release.opens_at(start, tz) if self.reserve_release else None,
            wall=wall.isoformat(timespec="minutes"),
        )
        return replace(block.advanced(now), version=1)


def validate_block(start: int, end: int, limit: int, reserved: int) -> None:
    """422 unless start < end, at most 25 hours, on the grid, at least one seat, the reserve within the limit (QS-9)."""
    if end <= start:
        raise invalid("/end", "The end must lie after the start.", "invalid_interval")
    if end - start > MAX_BLOCK_MINUTES:
        raise invalid("/end", "A block is at most 25 hours long.", "invalid_interval")
    for pointer, value in (("/start", start), ("/end", end)):
        if value % 5:
            raise invalid(pointer, "Times lie on the five-minute grid.", "off_grid")
    validate_seats(limit, reserved)


def validate_seats(limit: int, reserved: int) -> None:
    """422 unless there is at least one seat and the reserve lies within the limit."""
    if limit < 1:
        raise invalid("/limit", "At least one seat.")
    if not 0 <= reserved <= limit:
        raise invalid("/reserved", "At most as many seats as the limit.")
