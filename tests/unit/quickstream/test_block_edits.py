"""Edits of blocks and of their series' template (D10, D11, D12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.quickstream.block_edits import (
    BlockEdit,
    ReleaseEdit,
    SeriesHours,
    edit_occurrence,
    edit_occurrence_in_series,
    edit_template,
    edited_hours,
    occurrence_day,
)
from chalicelib.domain.quickstream.blocks import Block, BlockState, Release, Series
from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.times import epoch_minute

TORONTO = ZoneInfo("America/Toronto")
WALL = datetime.fromisoformat("2026-10-29T09:00")
LEAD = Release(days_before=1, time="08:00")
SERIES = Series(
    "ser_01JDZ6VZ3Y8Q4T9N2B7M5K1XWE", "loc_1", "America/Toronto", WALL, WALL + timedelta(hours=3), 2, ("svc_1",),
    release=LEAD, laid_to=WALL + timedelta(days=7),
)  # fmt: skip


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = epoch_minute(at("2026-10-01T12:00"))


def block(days: int = 0, now: int = NOW) -> Block:
    """An occurrence of the series."""
    found = SERIES.occurrence(WALL + timedelta(days=days), now)
    assert found is not None
    return found


def test_an_edit_that_changes_nothing_gives_the_block_itself() -> None:
    held = block()
    assert edit_occurrence(held, SERIES, BlockEdit(), NOW) is held
    assert edit_occurrence(held, SERIES, BlockEdit(limit=2, services=("svc_1",)), NOW) is held


def test_what_is_not_named_stays() -> None:
    after = edit_occurrence(block(), SERIES, BlockEdit(limit=5), NOW)
    assert after == replace(block(), limit=5, version=2)


def test_an_edit_never_holds_back_what_was_released_by_hand() -> None:
    opened = block().released()
    assert edit_occurrence(opened, SERIES, BlockEdit(limit=5), NOW).state is BlockState.RELEASED


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (None, BlockState.RELEASED),
        (Release(hours_before=24), BlockState.HELD),
        (Release(at=at("2026-10-01T12:00")), BlockState.RELEASED),
        (Release(at=at("2026-10-01T12:01")), BlockState.HELD),
    ],
)
def test_a_new_policy_decides_anew(policy: Release | None, state: BlockState) -> None:
    for before in (block(), block().released()):
        assert edit_occurrence(before, SERIES, BlockEdit(release=ReleaseEdit(policy)), NOW).state is state


def test_a_moved_block_follows_its_series_policy_unless_it_has_its_own() -> None:
    moved = (block().start + 1440, block().end + 1440)
    assert edit_occurrence(block(), SERIES, BlockEdit(), NOW, moved).release_at == epoch_minute(at("2026-10-29T12:00"))
    own = edit_occurrence(block(), SERIES, BlockEdit(release=ReleaseEdit(Release(at=at("2026-10-05T08:00")))), NOW)
    assert edit_occurrence(own, SERIES, BlockEdit(), NOW, moved).release_at == own.release_at


def test_a_reserve_follows_too_and_opens_when_it_is_time() -> None:
    series = replace(SERIES, release=None, reserved=1, reserve_release=Release(hours_before=24))
    before = series.occurrence(WALL, NOW)
    assert before is not None
    moved = edit_occurrence(before, series, BlockEdit(), NOW, (before.start + 60, before.end + 60))
    assert moved.reserve_release_at == before.start + 60 - 1440
    opened = edit_occurrence(before, series, BlockEdit(reserve_release=ReleaseEdit(Release(hours_before=24 * 40))), NOW)
    assert (opened.reserved, opened.reserve_release_at) == (0, before.start - 1440 * 40)
    assert edit_occurrence(before, series, BlockEdit(reserve_release=ReleaseEdit(None)), NOW).reserve_release_at is None


def test_seats_that_do_not_fit_are_refused() -> None:
    with pytest.raises(Refusal):
        edit_occurrence(replace(block(), reserved=2), SERIES, BlockEdit(limit=1), NOW)
    with pytest.raises(Refusal):
        edit_template(SERIES, BlockEdit(reserved=3), None)


def test_a_series_is_edited_in_wall_time() -> None:
    """The anchor lies before the clocks change, the other occurrence after."""
    edit = BlockEdit(start=at("2026-10-29T14:00"), end=at("2026-10-29T15:30"))
    hours = edited_hours(block(), SERIES, edit)
    assert hours == SeriesHours(time(10), timedelta(hours=1, minutes=30))
    first, second = (edit_occurrence_in_series(block(n), SERIES, edit, hours, NOW) for n in (0, 7))
    assert first is not None
    assert second is not None
    assert (first.start, first.end) == (epoch_minute(at("2026-10-29T14:00")), epoch_minute(at("2026-10-29T15:30")))
    assert (second.start, second.end) == (epoch_minute(at("2026-11-05T15:00")), epoch_minute(at("2026-11-05T16:30")))
    assert second.wall == "2026-11-05T10:00"
    assert second.release_at == epoch_minute(at("2026-11-04T13:00"))


def test_only_a_start_or_only_an_end_leaves_the_other() -> None:
    assert edited_hours(block(), SERIES, BlockEdit(limit=3)) is None
    assert edited_hours(block(), SERIES, BlockEdit(start=at("2026-10-29T12:00"))) == SeriesHours(
        time(8), timedelta(hours=4)
    )
    assert edited_hours(block(), SERIES, BlockEdit(end=at("2026-10-29T14:00"))) == SeriesHours(
        time(9), timedelta(hours=1)
    )


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (BlockEdit(start=at("2026-10-30T14:00")), "date_fixed"),
        (BlockEdit(start=at("2026-10-29T03:00")), "date_fixed"),
        (BlockEdit(start=at("2026-10-29T16:00")), "invalid_interval"),
        (BlockEdit(end=at("2026-10-29T13:00")), "invalid_interval"),
    ],
)
def test_a_series_keeps_its_days(edit: BlockEdit, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        edited_hours(block(), SERIES, edit)
    assert refused.value.code == code


def test_an_exception_keeps_its_own_day() -> None:
    moved = replace(block(), start=block().start + 1440, end=block().end + 1440, exception=True)
    assert (occurrence_day(block(), TORONTO), occurrence_day(moved, TORONTO)) == (
        date(2026, 10, 29),
        date(2026, 10, 30),
    )
    after = edit_occurrence_in_series(moved, SERIES, BlockEdit(), SeriesHours(time(10), timedelta(hours=1)), NOW)
    assert after is not None
    assert (after.start, after.wall) == (epoch_minute(at("2026-10-30T14:00")), "2026-10-29T09:00")


def test_hours_that_clocks_leave_nothing_of_delete_the_occurrence() -> None:
    spring = replace(SERIES, wall_start=datetime.fromisoformat("2026-03-07T09:00"), release=None)
    sunday = spring.occurrence(datetime.fromisoformat("2026-03-08T09:00"), 0)
    assert sunday is not None
    assert edit_occurrence_in_series(sunday, spring, BlockEdit(), SeriesHours(time(2), timedelta(hours=1)), 0) is None


def test_the_template_takes_new_hours_without_laying_anything_out_twice() -> None:
    after = edit_template(
        SERIES, BlockEdit(limit=4, release=ReleaseEdit(None)), SeriesHours(time(10), timedelta(hours=1))
    )
    assert (after.limit, after.release) == (4, None)
    assert (after.wall_start.hour, after.wall_end - after.wall_start) == (10, timedelta(hours=1))
    assert after.laid_to == WALL + timedelta(days=7, hours=1)
    assert edit_template(SERIES, BlockEdit(), None) == SERIES
