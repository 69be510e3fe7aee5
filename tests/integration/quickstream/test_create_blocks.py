"""Quickstream blocks through the staff API: who may, what is refused, what is laid out and listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.quickstream.blocks import Series
from chalicelib.domain.shared.permissions import Role
from chalicelib.services.context import Context
from chalicelib.services.quickstream.create_blocks import BlockRequest, CreateBlocks
from tests.builders.in_process.block_requests import (
    BLOCKS,
    VANCOUVER,
    Meddling,
    actions,
    body,
    branch,
    created,
    employed,
    listed,
    shown,
    sweep,
    weekly,
)
from tests.builders.in_process.sample_organisation import ACCOUNT, MORTGAGE, OPENING, TORONTO, World, at


def test_a_block_is_answered_as_it_was_laid_out(world: World) -> None:
    (block,) = created(world, reserved=1, reserve_release={"hours_before": 24})
    assert (
        block.items()
        >= {
            "start": "2026-12-03T14:00:00Z",
            "end": "2026-12-03T17:00:00Z",
            "timezone": "America/Toronto",
            "local_start": "2026-12-03T09:00:00",
            "limit": 2,
            "reserved": 1,
            "services": [MORTGAGE],
            "state": "released",
            "release_at": None,
            "reserve_release_at": "2026-12-02T14:00:00Z",
            "version": 1,
            "booked_peak": 0,
        }.items()
    )
    assert shown(world, block) == block
    assert listed(world, "2026-12-03", "2026-12-03").json == {"items": [block], "next_cursor": None}
    assert actions(block["series_id"]) == ["created"]
    assert world.offers()["2026-12-03T14:00:00Z"] == 1


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER])
def test_admin_and_manager_edit_blocks(world: World, role: Role) -> None:
    login = employed(role, TORONTO)
    made = world.call("POST", BLOCKS, body(), login=login)
    assert made.status == 201
    url = f"{BLOCKS}/{made.json['occurrences'][0]['id']}"
    assert world.call("PATCH", url, {"limit": 3}, login=login).status == 200
    assert world.call("POST", f"{url}/preview", {"limit": 3}, login=login).status == 200
    assert world.call("POST", f"{url}/release", login=login).status == 200
    assert world.call("POST", f"{url}/close", login=login).status == 200
    assert world.call("DELETE", url, login=login).status == 204


@pytest.mark.parametrize("role", [Role.STAFF_ADVANCED, Role.STAFF_PLUS, Role.STAFF, Role.CONTACT_CENTRE])
def test_the_other_roles_may_only_look(world: World, role: Role) -> None:
    (block,) = created(world)
    login, url = employed(role, TORONTO), f"{BLOCKS}/{block['id']}"
    refused = [
        world.call("POST", BLOCKS, body(), login=login),
        world.call("PATCH", url, {"limit": 3}, login=login),
        world.call("DELETE", url, login=login),
        *(world.call("POST", f"{url}/{action}", {}, login=login) for action in ("preview", "release", "close")),
    ]
    assert [reply.status for reply in refused] == [403] * 6
    assert world.call("GET", url, login=login).status == 200
    days = f"{BLOCKS}?location_id={TORONTO}&from=2026-12-01&to=2026-12-31"
    assert len(world.call("GET", days, login=login).json["items"]) == 1


def test_what_lies_at_other_locations_is_not_there(world: World) -> None:
    branch()
    (block,) = created(world)
    login, url = employed(Role.MANAGER, VANCOUVER), f"{BLOCKS}/{block['id']}"
    days = f"{BLOCKS}?location_id={TORONTO}&from=2026-12-01&to=2026-12-31"
    replies = [
        world.call("GET", url, login=login),
        world.call("GET", days, login=login),
        world.call("PATCH", url, {"limit": 3}, login=login),
        world.call("DELETE", url, login=login),
        *(world.call("POST", f"{url}/{action}", {}, login=login) for action in ("preview", "release", "close")),
        world.call("POST", BLOCKS, body(), login=login),
        world.call("POST", BLOCKS, body(location_id="loc_unknown"), login=login),
        world.staff("GET", f"{BLOCKS}/blk_unknown"),
    ]
    assert [(reply.status, reply.json["code"]) for reply in replies] == [(404, "not_found")] * 10
    not_there = world.call("POST", BLOCKS, body(location_id=VANCOUVER), login=login)
    assert [e["pointer"] for e in not_there.json["errors"]] == ["/services/0"]


REFUSED: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"end": "2026-12-03T09:00"}, "/end", "invalid_interval"),
    ({"end": "2026-12-04T11:00"}, "/end", "invalid_interval"),
    ({"start": "2040-01-01T09:00", "end": "2040-01-01T10:00"}, "/start", "invalid_interval"),
    ({"start": "2026-12-03T09:02"}, "/start", "off_grid"),
    ({"end": "2026-12-03T11:58"}, "/end", "off_grid"),
    ({"timezone": "Toronto"}, "/timezone", "unknown_timezone"),
    ({"limit": 0}, "/limit", "invalid"),
    ({"limit": 1.5}, "/limit", "invalid"),
    ({"reserved": 3}, "/reserved", "invalid"),
    ({"services": []}, "/services", "invalid"),
    ({"services": [MORTGAGE, MORTGAGE]}, "/services", "invalid"),
    ({"services": [MORTGAGE, "svc_unknown"]}, "/services/1", "unknown_service"),
    ({"location_id": "loc_unknown"}, "/location_id", "unknown_location"),
    ({"colour": "red"}, "/colour", "invalid"),
    ({"release": {"days_before": 1}}, "/release/time", "invalid"),
    ({"release": {"at": "2026-12-02T09:00", "hours_before": 3}}, "/release/hours_before", "invalid"),
    ({"release": {"at": "2026-12-02T09:01"}}, "/release/at", "off_grid"),
    ({"recurrence": {"rrule": "FREQ=HOURLY;COUNT=3"}}, "/recurrence/rrule", "invalid_recurrence"),
    ({"recurrence": {"rrule": "FREQ=DAILY;COUNT=367"}}, "/recurrence/rrule", "invalid_recurrence"),
    ({"start": "2027-03-14T02:30", "end": "2027-03-14T05:00"}, "/start", "nonexistent_local_time"),
    ({"start": "2027-11-07T00:30", "end": "2027-11-07T01:30"}, "/end", "ambiguous_local_time"),
)


def test_what_cannot_be_a_block_is_refused(world: World) -> None:
    login = employed(Role.ADMIN)
    for change, pointer, code in REFUSED:
        reply = world.call("POST", BLOCKS, body(**change), login=login)
        pointers = [error["pointer"] for error in reply.json["errors"]]
        assert (reply.status, reply.json["code"], pointer in pointers) == (422, code, True), (change, reply.text)
    assert not listed(world, "2026-12-01", "2026-12-31").json["items"]


def test_an_offset_decides_which_of_two_times_is_meant(world: World) -> None:
    (block,) = created(world, start="2027-11-07T01:30:00-05:00", end="2027-11-07T03:00")
    assert (block["start"], block["end"]) == ("2027-11-07T06:30:00Z", "2027-11-07T08:00:00Z")


def test_wall_time_means_the_zone_that_comes_with_it(world: World) -> None:
    (block,) = created(world, timezone="America/Vancouver")
    assert (block["start"], block["local_start"]) == ("2026-12-03T17:00:00Z", "2026-12-03T12:00:00")


def test_a_weekly_block_keeps_its_wall_time_over_a_change_of_clocks(world: World) -> None:
    world.now = datetime(2026, 10, 1, tzinfo=UTC)
    found = weekly(world, start="2026-10-22T09:00", end="2026-10-22T12:00")
    assert [b["local_start"][11:] for b in found] == ["09:00:00"] * 4
    assert [b["start"] for b in found] == [
        "2026-10-22T13:00:00Z",
        "2026-10-29T13:00:00Z",
        "2026-11-05T14:00:00Z",
        "2026-11-12T14:00:00Z",
    ]


def test_a_night_block_follows_the_wall_clock_over_both_changes(world: World) -> None:
    """Case 8: three hours on 8 March, five on 1 November, where 01:30 comes twice."""
    world.now = datetime(2026, 2, 20, tzinfo=UTC)
    spring = created(
        world, start="2026-03-07T00:30", end="2026-03-07T04:30", recurrence={"rrule": "FREQ=DAILY;COUNT=2"}
    )
    assert (spring[1]["start"], spring[1]["end"]) == ("2026-03-08T05:30:00Z", "2026-03-08T08:30:00Z")
    walls = [w for w in _walls(world, datetime(2026, 3, 8, tzinfo=UTC)) if w.startswith("2026-03-08")]
    assert walls[0] == "2026-03-08T00:30:00"
    assert not [w for w in walls if w.startswith("2026-03-08T02")]

    world.now = datetime(2026, 10, 20, tzinfo=UTC)
    autumn = created(
        world, start="2026-10-31T00:30", end="2026-10-31T04:30", recurrence={"rrule": "FREQ=DAILY;COUNT=2"}
    )
    assert (autumn[1]["start"], autumn[1]["end"]) == ("2026-11-01T04:30:00Z", "2026-11-01T09:30:00Z")
    assert _walls(world, datetime(2026, 11, 1, tzinfo=UTC)).count("2026-11-01T01:30:00") == 2
    for start in ("2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"):
        assert world.book(datetime.fromisoformat(start)).status == 201


def _walls(world: World, day: datetime) -> list[str]:
    url = f"/public/availability?service_id={MORTGAGE}&location_id={TORONTO}&timezone=America/Toronto"
    date = day.date().isoformat()
    reply = world.call("GET", f"{url}&from={date}&to={date}")
    return [slot["local_start"] for day in reply.json["days"] for slot in day["slots"]]


def test_a_block_that_starts_in_a_gap_moves_and_one_left_empty_is_skipped(world: World) -> None:
    world.now = datetime(2026, 3, 1, tzinfo=UTC)
    rule = {"rrule": "FREQ=DAILY;COUNT=3"}
    moved = created(world, start="2026-03-07T02:30", end="2026-03-07T04:30", recurrence=rule)
    assert [b["local_start"] for b in moved] == [
        "2026-03-07T02:30:00",
        "2026-03-08T03:00:00",
        "2026-03-09T02:30:00",
    ]
    skipped = created(world, start="2026-03-07T02:00", end="2026-03-07T03:00", recurrence=rule)
    assert [b["local_start"][:10] for b in skipped] == ["2026-03-07", "2026-03-09"]


def test_a_long_series_is_laid_out_whole_and_answered_once(world: World) -> None:
    rule = {"rrule": "FREQ=DAILY;COUNT=50"}
    key = {"idempotency-key": "k-1"}
    first = world.staff("POST", BLOCKS, body(recurrence=rule), headers=key)
    again = world.staff("POST", BLOCKS, body(recurrence=rule), headers=key)
    assert (again.status, again.text) == (201, first.text)
    laid = first.json["occurrences"]
    assert len({b["id"] for b in laid}) == 50
    stored = container.appointment_lists.sheets(TORONTO, "2026-12-01", "2027-12-31")
    assert sorted(b for sheet in stored for b in sheet.blocks) == sorted(b["id"] for b in laid)
    assert shown(world, laid[49])["start"] == laid[49]["start"]
    assert world.read(Series, first.json["series_id"]).done


def test_what_a_crash_left_undone_is_laid_out_by_the_clock_exactly_as_answered(world: World) -> None:
    class Crash(Exception):
        pass

    def crash() -> None:
        raise Crash

    laying = CreateBlocks(Meddling(crash, at=2), container.ids, lambda _: None)
    with pytest.raises(Crash):
        laying.create(_context(world), _wish("FREQ=DAILY;COUNT=50"))
    begun = _laid()
    assert 0 < len(begun) < 50
    assert sweep(world.now)["laid_out"] == 50 - len(begun)
    assert set(begun) < set(_laid())
    assert len(_laid()) == 50
    assert "laid_out" not in sweep(world.now + timedelta(days=2))


def test_two_who_lay_out_the_same_series_lose_and_double_nothing(world: World) -> None:
    laying = CreateBlocks(Meddling(lambda: sweep(world.now), at=2), container.ids, lambda _: None)
    laid = laying.create(_context(world), _wish("FREQ=DAILY;COUNT=50"))
    assert sorted(_laid()) == sorted(o.block.id for o in laid.occurrences)


def test_parts_that_share_a_day_are_written_without_a_second_look(world: World) -> None:
    """Blocks over midnight in UTC stand on two sheets, the last of one part on the first of the next."""
    store = Meddling(lambda: None)
    start = OPENING + timedelta(hours=8)
    wish = replace(_wish("FREQ=DAILY;COUNT=50"), start=start, end=start + timedelta(hours=4))
    CreateBlocks(store, container.ids, lambda _: None).create(_context(world), wish)
    assert store.commits == 2
    assert len(_laid()) == 100


def test_an_open_rule_is_laid_out_to_the_horizon_and_goes_on_with_the_days(world: World) -> None:
    found = created(world, recurrence={"rrule": "FREQ=DAILY"})
    assert (found[0]["local_start"], found[-1]["local_start"]) == ("2026-12-03T09:00:00", "2027-03-05T09:00:00")
    assert "laid_out" not in sweep(world.now)
    assert "laid_out" not in sweep(world.now + timedelta(days=1))
    assert sweep(world.now + timedelta(days=10))["laid_out"] == 7
    assert "laid_out" not in sweep(world.now + timedelta(days=10, hours=23))
    assert sweep(world.now + timedelta(days=11))["laid_out"] == 1


def test_a_day_takes_only_so_many_blocks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.quickstream.block_validation.MAX_BLOCKS_PER_DAY", 2)
    created(world)
    created(world)
    assert world.staff("POST", BLOCKS, body()).json["code"] == "too_many_blocks"


def test_a_list_names_what_takes_place_on_its_days_in_pages(world: World) -> None:
    night = created(world, start="2026-12-02T22:00", end="2026-12-03T02:00")[0]
    day = created(world)[0]
    evening = created(world, start="2026-12-03T20:00", end="2026-12-04T00:00")[0]
    assert [b["id"] for b in listed(world, "2026-12-03", "2026-12-03").json["items"]] == [
        night["id"],
        day["id"],
        evening["id"],
    ]
    assert [b["id"] for b in listed(world, "2026-12-02", "2026-12-02").json["items"]] == [night["id"]]
    assert not listed(world, "2026-12-04", "2026-12-04").json["items"]
    found, cursor = [], ""
    while True:
        page = listed(world, "2026-12-01", "2026-12-31", more=f"&limit=1{cursor}").json
        found += [b["id"] for b in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == [night["id"], day["id"], evening["id"]]


def test_a_list_that_cannot_be_given_is_refused(world: World) -> None:
    refused = [
        listed(world, "2026-12-02", "2026-12-01"),
        listed(world, "2026-12-01", "2027-03-03"),
        listed(world, "2026-12-01", "2026-12-01", more="&cursor=x"),
    ]
    assert [reply.json["code"] for reply in refused] == ["invalid_range", "invalid_range", "invalid_cursor"]


def test_booked_peak_counts_appointments_at_once_not_holds(world: World) -> None:
    (block,) = created(world, limit=3)
    for start in (at(0), at(30), at(15)):
        assert world.book(start).status == 201
    hold = {"service_id": MORTGAGE, "location_id": TORONTO, "meeting_method": "phone"}
    world.call("POST", "/public/holds", hold | {"start": "2026-12-03T09:00", "timezone": "America/Toronto"})
    assert shown(world, block)["booked_peak"] == 2


def test_a_block_over_what_staff_booked_before_sees_it(world: World) -> None:
    world.lay()
    world.book()
    created(world, services=[ACCOUNT])
    again = created(world, services=[MORTGAGE, ACCOUNT])[0]
    assert listed(world, "2026-12-03", "2026-12-03").status == 200
    assert world.offers()["2026-12-03T14:00:00Z"] == again["limit"]


def _context(world: World) -> Context:
    principal = container.principal_for("alex@example.org", ("manager",))
    return Context(world.now, principal)


def _wish(rule: str) -> BlockRequest:
    end = OPENING + timedelta(hours=3)
    return BlockRequest(TORONTO, OPENING, end, 2, (MORTGAGE,), "America/Toronto", rrule=rule)


def _laid() -> list[str]:
    sheets = container.appointment_lists.sheets(TORONTO, "2026-12-01", "2027-12-31")
    return [block_id for sheet in sheets for block_id in sheet.blocks]
