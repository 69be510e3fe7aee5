"""The release job: at the right minute, also after missed runs, each thing once (D12, case 7)."""

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
from tests.builders.in_process.block_requests import (
    BLOCKS,
    InterruptedStore,
    block_events,
    journal_actions,
    run_release_job,
)
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ACCOUNT, MORTGAGE, TORONTO, at
from tests.builders.in_process.table_records import committed, write


def _releasing(store: Any, counted: dict[str, int] | None = None) -> ReleaseJob:
    count = counted.__setitem__ if counted is not None else lambda *_: None
    return ReleaseJob(
        store, container.appointment_lists, DynamoDueWork(), container.ids, lambda _: None, count, container.job_runs
    )


def test_a_block_is_released_at_its_minute_on_a_day_clocks_change(org: Organisation) -> None:
    """08:00 on 8 March is 12:00 UTC; an hour of that night does not exist."""
    org.now = datetime(2026, 2, 20, tzinfo=UTC)
    policy = {"days_before": 1, "time": "08:00"}
    (block,) = org.blocks.create(start="2026-03-09T09:00", end="2026-03-09T12:00", release=policy)
    assert block["release_at"] == "2026-03-08T12:00:00Z"
    org.now = datetime(2026, 3, 8, 11, 59, 59, tzinfo=UTC)
    assert run_release_job(org.now) == {}
    assert org.blocks.get(block)["state"] == "held"
    assert org.try_book(datetime(2026, 3, 9, 13, tzinfo=UTC)).json["code"] == "block_not_released"
    org.now = datetime(2026, 3, 8, 12, tzinfo=UTC)
    assert run_release_job(org.now) == {"released": 1}
    assert org.blocks.get(block)["state"] == "released"
    assert org.try_book(datetime(2026, 3, 9, 13, tzinfo=UTC)).status == 201
    assert run_release_job(org.now) == {}
    assert [e.type for e in block_events(block)] == ["block.released"]


def test_a_late_run_catches_up_and_closes_what_is_over_instead_of_releasing_it(org: Organisation) -> None:
    over = org.blocks.create(release={"hours_before": 1})[0]
    going_on = org.blocks.create(end="2026-12-03T18:00", release={"hours_before": 1})[0]
    ahead = org.blocks.create(start="2026-12-04T09:00", end="2026-12-04T10:00", release={"hours_before": 24})[0]
    waiting = org.blocks.create(start="2026-12-09T09:00", end="2026-12-09T10:00", release={"hours_before": 24})[0]
    deleted = org.blocks.create(release={"hours_before": 1})[0]
    org.as_staff("DELETE", f"{BLOCKS}/{deleted['id']}")
    org.now = datetime(2026, 12, 3, 18, tzinfo=UTC)
    assert run_release_job(org.now) == {"released": 2, "closed": 1}
    states = [org.blocks.get(b)["state"] for b in (over, going_on, ahead, waiting)]
    assert states == ["closed", "released", "released", "held"]
    assert [e.type for e in block_events(over)] == ["block.closed"]
    assert org.as_staff("GET", f"{BLOCKS}/{deleted['id']}").status == 404
    assert run_release_job(org.now) == {}


def test_two_runs_at_once_change_and_announce_everything_once(org: Organisation) -> None:
    block = org.blocks.create(release={"hours_before": 24})[0]
    org.now = datetime(2026, 12, 2, 15, tzinfo=UTC)
    counted: dict[str, int] = {}
    twice: list[dict[str, int]] = []
    store = InterruptedStore(lambda: twice.append(run_release_job(org.now)))
    counts = _releasing(store, counted).release(org.now, lambda: True)
    assert twice == [{"released": 1}]
    assert not any(counts.values())
    assert counted == {}
    assert [e.type for e in block_events(block)] == ["block.released"]
    assert org.blocks.get(block)["version"] == 2


def test_a_booking_in_between_is_kept(org: Organisation) -> None:
    org.blocks.create()
    org.blocks.create(release={"hours_before": 24})
    org.now = datetime(2026, 12, 2, 15, tzinfo=UTC)
    counted: dict[str, int] = {}
    booked: list[Any] = []
    store = InterruptedStore(lambda: booked.append(org.try_book()))
    _releasing(store, counted).release(org.now, lambda: True)
    assert booked[0].status == 201
    assert counted == {"BlocksReleased": 1}
    assert list(org.calendar().sheets["2026-12-03"].occupants) == [booked[0].json["id"]]
    assert org.available_starts()["2026-12-03T14:00:00Z"] == 3


def test_a_deletion_in_between_stays(org: Organisation) -> None:
    block = org.blocks.create(release={"hours_before": 24})[0]
    org.now = datetime(2026, 12, 2, 15, tzinfo=UTC)
    store = InterruptedStore(lambda: org.as_staff("DELETE", f"{BLOCKS}/{block['id']}"))
    _releasing(store).release(org.now, lambda: True)
    assert not org.blocks.of_days("2026-12-01", "2026-12-31").json["items"]
    assert block_events(block) == []


def test_a_reserve_opens_at_its_own_lead(org: Organisation) -> None:
    block = org.blocks.create(reserved=1, reserve_release={"hours_before": 24})[0]
    assert org.available_starts()["2026-12-03T14:00:00Z"] == 1
    assert run_release_job(datetime(2026, 12, 2, 13, 59, tzinfo=UTC)) == {}
    assert run_release_job(datetime(2026, 12, 2, 14, tzinfo=UTC)) == {"reserves_opened": 1}
    assert org.available_starts()["2026-12-03T14:00:00Z"] == 2
    assert (org.blocks.get(block)["reserved"], block_events(block), journal_actions(block["id"])) == (0, [], ["edited"])


def test_a_block_over_midnight_is_the_same_on_both_days(org: Organisation) -> None:
    night = {"start": "2026-12-03T17:00", "end": "2026-12-03T21:00"}
    block = org.blocks.create(**night, release={"hours_before": 24})[0]
    moved = org.blocks.edit(block, {"limit": 4}).json

    def on_sheets() -> list[tuple[str, BlockState, int]]:
        sheets = container.appointment_lists.sheets(TORONTO, "2026-12-01", "2026-12-31")
        return [(s.day, b.state, b.limit) for s in sheets for b in s.blocks.values()]

    assert on_sheets() == [("2026-12-03", BlockState.HELD, 4), ("2026-12-04", BlockState.HELD, 4)]
    assert run_release_job(datetime(2026, 12, 2, 22, tzinfo=UTC)) == {"released": 1}
    assert on_sheets() == [("2026-12-03", BlockState.RELEASED, 4), ("2026-12-04", BlockState.RELEASED, 4)]
    assert run_release_job(datetime(2026, 12, 4, 2, tzinfo=UTC)) == {"closed": 1}
    assert on_sheets() == [("2026-12-03", BlockState.CLOSED, 4), ("2026-12-04", BlockState.CLOSED, 4)]
    assert org.blocks.get(moved)["version"] == 4
    assert run_release_job(datetime(2026, 12, 9, tzinfo=UTC)) == {}


def test_a_block_that_ends_leaves_those_beside_it_their_seats(org: Organisation) -> None:
    """Its appointments are not counted against the block that goes on, or a later one would seem orphaned."""
    short = org.blocks.create(limit=1, end="2026-12-03T10:00")[0]
    long = org.blocks.create(limit=1)[0]
    first = org.book(at(30))["id"]
    second = org.book(at(45))["id"]
    org.now = datetime(2026, 12, 3, 15, tzinfo=UTC)
    assert run_release_job(org.now) == {"closed": 1}
    assert org.blocks.orphans() == []
    placement = BlockCapacity(org.calendar(), int(org.now.timestamp()))
    assert placement.block_by_occupant == {first: short["id"], second: long["id"]}
    assert org.blocks.get(short)["booked_peak"] == 1


def test_many_blocks_of_one_day_come_in_parts(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.quickstream.release_job.MAX_PER_TRANSACTION", 2)
    blocks = [org.blocks.create(release={"hours_before": 24})[0] for _ in range(5)]
    assert run_release_job(datetime(2026, 12, 2, 14, tzinfo=UTC)) == {"released": 5}
    assert {org.blocks.get(b)["state"] for b in blocks} == {"released"}


def test_days_on_every_shard_are_found_oldest_first(org: Organisation) -> None:
    org.blocks.create(recurrence={"rrule": "FREQ=DAILY;COUNT=14"}, release={"hours_before": 1})
    due = list(DynamoDueWork().due_sheets(datetime(2026, 12, 10, 13, tzinfo=UTC)))
    assert due == [(TORONTO, f"2026-12-{day:02d}") for day in range(3, 11)]
    assert len({row.duepk for row in Row.scan() if row.kind == "sheet"}) > 1


def test_without_time_nothing_is_begun(org: Organisation) -> None:
    block = org.blocks.create(release={"hours_before": 24})[0]
    counts = container.release_job.release(datetime(2026, 12, 2, 15, tzinfo=UTC), lambda: False)
    assert not any(counts.values())
    assert org.blocks.get(block)["state"] == "held"


def test_one_broken_or_busy_day_does_not_keep_the_others_waiting(org: Organisation) -> None:
    rule = {"rrule": "FREQ=DAILY;COUNT=3"}
    blocks = org.blocks.create(recurrence=rule, release={"days_before": 5, "time": "08:00"}, start="2026-12-10T09:00",
                     end="2026-12-10T10:00")  # fmt: skip
    now = datetime(2026, 12, 9, tzinfo=UTC)

    def busy() -> None:
        raise Busy

    counts = _releasing(InterruptedStore(busy)).release(now, lambda: True)
    assert (counts["postponed"], counts["released"]) == (1, 2)

    row = Row.get(f"CAL#{TORONTO}", "2026-12-10")
    text = dict(row.blocks)
    row.update([Row.blocks.set({blocks[0]["id"]: "broken"})])
    later = org.blocks.create(start="2026-12-20T09:00", end="2026-12-20T10:00", release={"at": "2026-12-09T09:00"})[0]
    with pytest.raises(Exception, match="Expecting value"):
        run_release_job(datetime(2026, 12, 9, 15, tzinfo=UTC))
    assert org.blocks.get(later)["state"] == "released"
    row.update([Row.blocks.set(text)])
    assert run_release_job(now) == {"released": 1}


def test_a_series_without_its_location_ends(org: Organisation) -> None:
    series = org.blocks.create(recurrence={"rrule": "FREQ=WEEKLY"})[0]["series_id"]
    with committed() as work:
        work.delete(org.read(Location, TORONTO))
    assert "laid_out" not in run_release_job(datetime(2026, 12, 20, tzinfo=UTC))
    assert org.read(Series, series).done


def test_blocks_reach_as_far_as_their_services_can_be_booked(org: Organisation) -> None:
    write(replace(org.read(Service, ACCOUNT), horizon_days=200))
    found = org.blocks.create(services=[ACCOUNT], recurrence={"rrule": "FREQ=WEEKLY"})
    assert found[-1]["local_start"][:10] == "2027-07-15"
    assert len(org.blocks.create(services=[MORTGAGE], recurrence={"rrule": "FREQ=WEEKLY"})) == 14


def test_holds_that_ended_are_cleared_away_when_a_sheet_is_written(org: Organisation) -> None:
    block = org.blocks.create(release={"hours_before": 24})[0]
    start = epoch_minute(datetime(2026, 12, 3, 14, tzinfo=UTC))
    gone = Occupant("hld_1", start, start + 30, MORTGAGE, expires=int(org.now.timestamp()) - 1)
    org.update_sheets(start, start + 30, lambda calendar: calendar.with_occupant(gone))
    run_release_job(datetime(2026, 12, 2, 14, tzinfo=UTC))
    sheet = org.calendar().sheets["2026-12-03"]
    assert (list(sheet.occupants), list(sheet.blocks)) == ([], [block["id"]])
