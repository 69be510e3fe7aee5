"""Single blocks: when they open and close, and the occurrences of a series (D11, D12)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.quickstream.blocks import Block, BlockState, Release, Series, validate_block
from chalicelib.domain.shared.errors import Refusal, WrongState
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute

TORONTO = ZoneInfo("America/Toronto")
HELD, RELEASED, CLOSED = BlockState.HELD, BlockState.RELEASED, BlockState.CLOSED
BLOCK = Block("blk_1", "ser_1", "loc_1", 1000, 1180, 3, ("svc_1",), HELD, release_at=400)


def at(text: str) -> int:
    """The minute of an instant in UTC."""
    return epoch_minute(datetime.fromisoformat(text).replace(tzinfo=UTC))


def clock(text: str) -> datetime:
    return datetime.fromisoformat(text)


def series(start: str, end: str, **more: object) -> Series:
    """A series in Toronto between two wall times."""
    begins, ends = clock(start), clock(end)
    made = Series("ser_01JDZ6VZ3Y8Q4T9N2B7M5K1XWE", "loc_1", "America/Toronto", begins, ends, 2, ("svc_1",))
    return replace(made, **more)  # type: ignore[arg-type]  # the fields of a test


@pytest.mark.parametrize(
    ("release", "opens"),
    [
        (Release(at=datetime(2026, 3, 1, 12, tzinfo=UTC)), "2026-03-01T12:00"),
        (Release(hours_before=24), "2026-03-08T13:00"),
        (Release(days_before=1, time="08:00"), "2026-03-08T12:00"),
        (Release(days_before=2, time="08:00"), "2026-03-07T13:00"),
        (Release(days_before=1, time="02:30"), "2026-03-08T07:00"),
        (Release(days_before=0, time="09:00"), "2026-03-09T13:00"),
    ],
)
def test_seats_open_at_their_lead_in_the_locations_clock(release: Release, opens: str) -> None:
    """The block begins on Monday 9 March at 09:00, the day after an hour was skipped."""
    assert from_epoch_minute(release.opens_at(at("2026-03-09T13:00"), TORONTO)) == from_epoch_minute(at(opens))


@pytest.mark.parametrize(
    ("block", "due"),
    [
        (BLOCK, 400),
        (replace(BLOCK, release_at=None), 1180),
        (replace(BLOCK, release_at=2000), 1180),
        (replace(BLOCK, state=RELEASED), 1180),
        (replace(BLOCK, state=RELEASED, reserved=1), 1180),
        (replace(BLOCK, state=RELEASED, reserved=1, reserve_release_at=700), 700),
        (replace(BLOCK, state=RELEASED, reserved=0, reserve_release_at=700), 1180),
        (replace(BLOCK, state=CLOSED), None),
    ],
)
def test_a_block_is_due_when_it_next_changes_and_then_does(block: Block, due: int | None) -> None:
    assert block.next_check_at() == due
    if due is None:
        assert block.advanced(10_000) is block
    else:
        assert block.advanced(due - 1) is block
        after = block.advanced(due)
        assert after.version == block.version + 1
        assert (after.next_check_at() or 10_000) > due


def test_the_clock_releases_opens_the_reserve_and_closes() -> None:
    block = replace(BLOCK, reserved=2, reserve_release_at=700)
    assert (block.advanced(400).state, block.advanced(400).reserved) == (RELEASED, 2)
    late = block.advanced(700)
    assert (late.state, late.reserved, late.version) == (RELEASED, 0, 2)
    assert block.advanced(1179).state is RELEASED
    assert block.advanced(1180) == replace(block, state=CLOSED, version=2)


def test_release_and_close_by_hand_are_one_way() -> None:
    opened = BLOCK.released()
    assert (opened.state, opened.version) == (RELEASED, 2)
    assert opened.released() is opened
    closed = opened.closed(("apt_1",))
    assert (closed.state, closed.keeps, closed.version) == (CLOSED, ("apt_1",), 3)
    assert closed.closed(()) is closed
    with pytest.raises(WrongState):
        closed.released()


@pytest.mark.parametrize(
    ("wall", "start", "hours"),
    [
        ("2026-03-07T00:30", "2026-03-07T05:30", 4),
        ("2026-03-08T00:30", "2026-03-08T05:30", 3),
        ("2026-03-09T00:30", "2026-03-09T04:30", 4),
        ("2026-11-01T00:30", "2026-11-01T04:30", 5),
        ("2026-11-02T00:30", "2026-11-02T05:30", 4),
    ],
)
def test_an_occurrence_is_as_long_as_the_wall_clock_says(wall: str, start: str, hours: int) -> None:
    found = series("2026-03-07T00:30", "2026-03-07T04:30").occurrence(clock(wall), 0)
    assert found is not None
    assert (found.start, found.end - found.start, found.wall) == (at(start), 60 * hours, wall)


def test_a_start_in_a_gap_moves_and_nothing_left_is_no_occurrence() -> None:
    gap = clock("2026-03-08T02:30")
    found = series("2026-03-07T02:30", "2026-03-07T04:30").occurrence(gap, 0)
    assert found is not None
    assert (found.start, found.end) == (at("2026-03-08T07:00"), at("2026-03-08T08:30"))
    assert series("2026-03-07T02:00", "2026-03-07T03:00").occurrence(clock("2026-03-08T02:00"), 0) is None
    night = series("2026-03-07T23:30", "2026-03-08T00:30").occurrence(clock("2026-03-07T23:30"), 0)
    assert night is not None
    assert night.end - night.start == 60


def test_an_occurrence_is_the_same_however_often_it_is_laid_out() -> None:
    weekly = series("2026-12-03T09:00", "2026-12-03T12:00")
    wall = clock("2026-12-10T09:00")
    first, again, other = (weekly.occurrence(w, 0) for w in (wall, wall, clock("2026-12-17T09:00")))
    assert first == again
    assert first is not None
    assert other is not None
    assert first.id != other.id
    assert re.fullmatch("blk_[0-7][0-9A-HJKMNP-TV-Z]{25}", first.id)
    another = replace(weekly, id="ser_01JDZ6VZ3Y0000000000000000").occurrence(wall, 0)
    assert another is not None
    assert another.id != first.id


def test_an_occurrence_begins_in_the_state_of_its_moment() -> None:
    policy = series("2026-12-03T09:00", "2026-12-03T12:00", release=Release(days_before=1, time="08:00"))
    states = []
    for now in ("2026-12-02T12:59", "2026-12-02T13:00", "2026-12-03T17:00"):
        found = policy.occurrence(clock("2026-12-03T09:00"), at(now))
        assert found is not None
        assert found.version == 1
        states.append(found.state)
    assert states == [HELD, RELEASED, CLOSED]


@pytest.mark.parametrize(
    ("start", "end", "limit", "reserved", "pointer"),
    [
        (100, 100, 1, 0, "/end"),
        (0, 1505, 1, 0, "/end"),
        (1, 60, 1, 0, "/start"),
        (0, 61, 1, 0, "/end"),
        (0, 60, 0, 0, "/limit"),
        (0, 60, 1, 2, "/reserved"),
        (0, 60, 1, -1, "/reserved"),
    ],
)
def test_what_is_no_block_is_refused(start: int, end: int, limit: int, reserved: int, pointer: str) -> None:
    with pytest.raises(Refusal) as refused:
        validate_block(start, end, limit, reserved)
    assert [error.pointer for error in refused.value.errors] == [pointer]
    validate_block(0, 1500, 1, 1)
