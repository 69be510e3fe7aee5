"""The scheduled function: at the right minute, whatever was missed, each thing once (D12, case 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import Occupant
from chalicelib.domain.organisation.catalogue import Location, Service
from chalicelib.domain.quickstream.blocks import BlockState, Series
from chalicelib.domain.shared.errors import Busy
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.persistence.due_index import DynamoDueWork
from chalicelib.persistence.table import Row
from chalicelib.services.quickstream.release_job import ReleaseJob
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.in_process.block_requests import (
    BLOCKS,
    Meddling,
    actions,
    created,
    events,
    listed,
    orphans,
    patched,
    shown,
    sweep,
)
from tests.builders.in_process.sample_organisation import ACCOUNT, MORTGAGE, TORONTO, World, at


def _releasing(store: Any, counted: dict[str, int] | None = None) -> ReleaseJob:
    count = counted.__setitem__ if counted is not None else lambda *_: None
    return ReleaseJob(store, container.appointment_lists, DynamoDueWork(), container.ids, lambda _: None, count)


def test_a_block_is_released_at_its_minute_on_a_day_clocks_change(world: World) -> None:
    """08:00 on 8 March is 12:00 UTC; an hour of that night does not exist."""
    world.now = datetime(2026, 2, 20, tzinfo=UTC)
    policy = {"days_before": 1, "time": "08:00"}
    (block,) = created(world, start="2026-03-09T09:00", end="2026-03-09T12:00", release=policy)
    assert block["release_at"] == "2026-03-08T12:00:00Z"
    world.now = datetime(2026, 3, 8, 11, 59, 59, tzinfo=UTC)
    assert sweep(world.now) == {}
    assert shown(world, block)["state"] == "held"
    assert world.book(datetime(2026, 3, 9, 13, tzinfo=UTC)).json["code"] == "block_not_released"
    world.now = datetime(2026, 3, 8, 12, tzinfo=UTC)
    assert sweep(world.now) == {"released": 1}
    assert shown(world, block)["state"] == "released"
    assert world.book(datetime(2026, 3, 9, 13, tzinfo=UTC)).status == 201
    assert sweep(world.now) == {}
    assert [e.type for e in events(block)] == ["block.released"]


def test_a_late_run_catches_up_and_closes_what_is_over_instead_of_releasing_it(world: World) -> None:
    over = created(world, release={"hours_before": 1})[0]
    going_on = created(world, end="2026-12-03T18:00", release={"hours_before": 1})[0]
    ahead = created(world, start="2026-12-04T09:00", end="2026-12-04T10:00", release={"hours_before": 24})[0]
    waiting = created(world, start="2026-12-09T09:00", end="2026-12-09T10:00", release={"hours_before": 24})[0]
    deleted = created(world, release={"hours_before": 1})[0]
    world.staff("DELETE", f"{BLOCKS}/{deleted['id']}")
    world.now = datetime(2026, 12, 3, 18, tzinfo=UTC)
    assert sweep(world.now) == {"released": 2, "closed": 1}
    states = [shown(world, b)["state"] for b in (over, going_on, ahead, waiting)]
    assert states == ["closed", "released", "released", "held"]
    assert [e.type for e in events(over)] == ["block.closed"]
    assert world.staff("GET", f"{BLOCKS}/{deleted['id']}").status == 404
    assert sweep(world.now) == {}


def test_two_runs_at_once_change_and_announce_everything_once(world: World) -> None:
    block = created(world, release={"hours_before": 24})[0]
    world.now = datetime(2026, 12, 2, 15, tzinfo=UTC)
    counted: dict[str, int] = {}
    twice: list[dict[str, int]] = []
    store = Meddling(lambda: twice.append(sweep(world.now)))
    counts = _releasing(store, counted).release(world.now, lambda: True)
    assert twice == [{"released": 1}]
    assert not any(counts.values())
    assert counted == {}
    assert [e.type for e in events(block)] == ["block.released"]
    assert shown(world, block)["version"] == 2


def test_a_booking_in_between_is_kept(world: World) -> None:
    created(world)
    created(world, release={"hours_before": 24})
    world.now = datetime(2026, 12, 2, 15, tzinfo=UTC)
    counted: dict[str, int] = {}
    booked: list[Any] = []
    store = Meddling(lambda: booked.append(world.book()))
    _releasing(store, counted).release(world.now, lambda: True)
    assert booked[0].status == 201
    assert counted == {"BlocksReleased": 1}
    assert list(world.calendar().sheets["2026-12-03"].occupants) == [booked[0].json["id"]]
    assert world.offers()["2026-12-03T14:00:00Z"] == 3


def test_a_deletion_in_between_stays(world: World) -> None:
    block = created(world, release={"hours_before": 24})[0]
    world.now = datetime(2026, 12, 2, 15, tzinfo=UTC)
    store = Meddling(lambda: world.staff("DELETE", f"{BLOCKS}/{block['id']}"))
    _releasing(store).release(world.now, lambda: True)
    assert not listed(world, "2026-12-01", "2026-12-31").json["items"]
    assert events(block) == []


def test_a_reserve_opens_at_its_own_lead(world: World) -> None:
    block = created(world, reserved=1, reserve_release={"hours_before": 24})[0]
    assert world.offers()["2026-12-03T14:00:00Z"] == 1
    assert sweep(datetime(2026, 12, 2, 13, 59, tzinfo=UTC)) == {}
    assert sweep(datetime(2026, 12, 2, 14, tzinfo=UTC)) == {"reserves_opened": 1}
    assert world.offers()["2026-12-03T14:00:00Z"] == 2
    assert (shown(world, block)["reserved"], events(block), actions(block["id"])) == (0, [], ["edited"])


def test_a_block_over_midnight_is_the_same_on_both_days(world: World) -> None:
    night = {"start": "2026-12-03T17:00", "end": "2026-12-03T21:00"}
    block = created(world, **night, release={"hours_before": 24})[0]
    moved = patched(world, block, {"limit": 4}).json

    def on_sheets() -> list[tuple[str, BlockState, int]]:
        sheets = container.appointment_lists.sheets(TORONTO, "2026-12-01", "2026-12-31")
        return [(s.day, b.state, b.limit) for s in sheets for b in s.blocks.values()]

    assert on_sheets() == [("2026-12-03", BlockState.HELD, 4), ("2026-12-04", BlockState.HELD, 4)]
    assert sweep(datetime(2026, 12, 2, 22, tzinfo=UTC)) == {"released": 1}
    assert on_sheets() == [("2026-12-03", BlockState.RELEASED, 4), ("2026-12-04", BlockState.RELEASED, 4)]
    assert sweep(datetime(2026, 12, 4, 2, tzinfo=UTC)) == {"closed": 1}
    assert on_sheets() == [("2026-12-03", BlockState.CLOSED, 4), ("2026-12-04", BlockState.CLOSED, 4)]
    assert shown(world, moved)["version"] == 4
    assert sweep(datetime(2026, 12, 9, tzinfo=UTC)) == {}


def test_a_block_that_ends_leaves_those_beside_it_their_seats(world: World) -> None:
    """Its appointments are not counted against the block that goes on, or a later one would seem orphaned."""
    short = created(world, limit=1, end="2026-12-03T10:00")[0]
    long = created(world, limit=1)[0]
    first = world.book(at(30)).json["id"]
    second = world.book(at(45)).json["id"]
    world.now = datetime(2026, 12, 3, 15, tzinfo=UTC)
    assert sweep(world.now) == {"closed": 1}
    assert orphans(world) == []
    placement = BlockCapacity(world.calendar(), int(world.now.timestamp()))
    assert placement.block_by_occupant == {first: short["id"], second: long["id"]}
    assert shown(world, short)["booked_peak"] == 1


def test_many_blocks_of_one_day_come_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.quickstream.release_job.MAX_PER_TRANSACTION", 2)
    blocks = [created(world, release={"hours_before": 24})[0] for _ in range(5)]
    assert sweep(datetime(2026, 12, 2, 14, tzinfo=UTC)) == {"released": 5}
    assert {shown(world, b)["state"] for b in blocks} == {"released"}


def test_days_on_every_shard_are_found_oldest_first(world: World) -> None:
    created(world, recurrence={"rrule": "FREQ=DAILY;COUNT=14"}, release={"hours_before": 1})
    due = list(DynamoDueWork().due_sheets(datetime(2026, 12, 10, 13, tzinfo=UTC)))
    assert due == [(TORONTO, f"2026-12-{day:02d}") for day in range(3, 11)]
    assert len({row.duepk for row in Row.scan() if row.kind == "sheet"}) > 1


def test_without_time_nothing_is_begun(world: World) -> None:
    block = created(world, release={"hours_before": 24})[0]
    counts = container.release_job.release(datetime(2026, 12, 2, 15, tzinfo=UTC), lambda: False)
    assert not any(counts.values())
    assert shown(world, block)["state"] == "held"


def test_one_broken_or_busy_day_does_not_keep_the_others_waiting(world: World) -> None:
    rule = {"rrule": "FREQ=DAILY;COUNT=3"}
    blocks = created(world, recurrence=rule, release={"days_before": 5, "time": "08:00"}, start="2026-12-10T09:00",
                     end="2026-12-10T10:00")  # fmt: skip
    now = datetime(2026, 12, 9, tzinfo=UTC)

    def busy() -> None:
        raise Busy

    counts = _releasing(Meddling(busy)).release(now, lambda: True)
    assert (counts["postponed"], counts["released"]) == (1, 2)

    row = Row.get(f"CAL#{TORONTO}", "2026-12-10")
    text = dict(row.blocks)
    row.update([Row.blocks.set({blocks[0]["id"]: "broken"})])
    later = created(world, start="2026-12-20T09:00", end="2026-12-20T10:00", release={"at": "2026-12-09T09:00"})[0]
    with pytest.raises(Exception, match="Expecting value"):
        sweep(datetime(2026, 12, 9, 15, tzinfo=UTC))
    assert shown(world, later)["state"] == "released"
    row.update([Row.blocks.set(text)])
    assert sweep(now) == {"released": 1}


def test_a_series_without_its_location_ends(world: World) -> None:
    series = created(world, recurrence={"rrule": "FREQ=WEEKLY"})[0]["series_id"]
    work = UnitOfWork()
    work.delete(world.read(Location, TORONTO))
    container.store.commit(work)
    assert "laid_out" not in sweep(datetime(2026, 12, 20, tzinfo=UTC))
    assert world.read(Series, series).done


def test_blocks_reach_as_far_as_their_services_can_be_booked(world: World) -> None:
    work = UnitOfWork()
    work.save(replace(world.read(Service, ACCOUNT), horizon_days=200))
    container.store.commit(work)
    found = created(world, services=[ACCOUNT], recurrence={"rrule": "FREQ=WEEKLY"})
    assert found[-1]["local_start"][:10] == "2027-07-15"
    assert len(created(world, services=[MORTGAGE], recurrence={"rrule": "FREQ=WEEKLY"})) == 14


def test_holds_that_ended_are_cleared_away_when_a_sheet_is_written(world: World) -> None:
    block = created(world, release={"hours_before": 24})[0]
    start = epoch_minute(datetime(2026, 12, 3, 14, tzinfo=UTC))
    gone = Occupant("hld_1", start, start + 30, MORTGAGE, expires=int(world.now.timestamp()) - 1)
    world.rewrite(start, start + 30, lambda calendar: calendar.with_occupant(gone))
    sweep(datetime(2026, 12, 2, 14, tzinfo=UTC))
    sheet = world.calendar().sheets["2026-12-03"]
    assert (list(sheet.occupants), list(sheet.blocks)) == ([], [block["id"]])
