"""Quickstream blocks through the staff API: permissions, refusals, series and lists."""

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
    InterruptedStore,
    block_body,
    create_location,
    create_login,
    journal_actions,
    run_release_job,
)
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ACCOUNT, ALEX_EMAIL, BLOCK_START, MORTGAGE, TORONTO, VANCOUVER, at


def test_a_block_is_answered_as_it_was_laid_out(org: Organisation) -> None:
    (block,) = org.blocks.create(reserved=1, reserve_release={"hours_before": 24})
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
    assert org.blocks.get(block) == block
    assert org.blocks.of_days("2026-12-03", "2026-12-03").json == {"items": [block], "next_cursor": None}
    assert journal_actions(block["series_id"]) == ["created"]
    assert org.available_starts()["2026-12-03T14:00:00Z"] == 1


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER])
def test_admin_and_manager_edit_blocks(org: Organisation, role: Role) -> None:
    login = create_login(role, TORONTO)
    made = org.call("POST", BLOCKS, block_body(), login=login).body(201)
    url = f"{BLOCKS}/{made['occurrences'][0]['id']}"
    assert org.call("PATCH", url, {"limit": 3}, login=login).status == 200
    assert org.call("POST", f"{url}/preview", {"limit": 3}, login=login).status == 200
    assert org.call("POST", f"{url}/release", login=login).status == 200
    assert org.call("POST", f"{url}/close", login=login).status == 200
    assert org.call("DELETE", url, login=login).status == 204


@pytest.mark.parametrize("role", [Role.STAFF_ADVANCED, Role.STAFF_PLUS, Role.STAFF, Role.CONTACT_CENTRE])
def test_the_other_roles_may_only_look(org: Organisation, role: Role) -> None:
    (block,) = org.blocks.create()
    login, url = create_login(role, TORONTO), f"{BLOCKS}/{block['id']}"
    refused = [
        org.call("POST", BLOCKS, block_body(), login=login),
        org.call("PATCH", url, {"limit": 3}, login=login),
        org.call("DELETE", url, login=login),
        *(org.call("POST", f"{url}/{action}", {}, login=login) for action in ("preview", "release", "close")),
    ]
    assert [reply.status for reply in refused] == [403] * 6
    assert org.call("GET", url, login=login).status == 200
    days = f"{BLOCKS}?location_id={TORONTO}&from=2026-12-01&to=2026-12-31"
    assert len(org.call("GET", days, login=login).json["items"]) == 1


def test_what_lies_at_other_locations_is_not_there(org: Organisation) -> None:
    create_location()
    (block,) = org.blocks.create()
    login, url = create_login(Role.MANAGER, VANCOUVER), f"{BLOCKS}/{block['id']}"
    days = f"{BLOCKS}?location_id={TORONTO}&from=2026-12-01&to=2026-12-31"
    replies = [
        org.call("GET", url, login=login),
        org.call("GET", days, login=login),
        org.call("PATCH", url, {"limit": 3}, login=login),
        org.call("DELETE", url, login=login),
        *(org.call("POST", f"{url}/{action}", {}, login=login) for action in ("preview", "release", "close")),
        org.call("POST", BLOCKS, block_body(), login=login),
        org.call("POST", BLOCKS, block_body(location_id="loc_unknown"), login=login),
        org.as_staff("GET", f"{BLOCKS}/blk_unknown"),
    ]
    assert [reply.refusal for reply in replies] == [(404, "not_found")] * 10
    not_there = org.call("POST", BLOCKS, block_body(location_id=VANCOUVER), login=login)
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


def test_what_cannot_be_a_block_is_refused(org: Organisation) -> None:
    login = create_login(Role.ADMIN)
    for change, pointer, code in REFUSED:
        reply = org.call("POST", BLOCKS, block_body(**change), login=login)
        pointers = [error["pointer"] for error in reply.json["errors"]]
        assert (reply.status, reply.json["code"], pointer in pointers) == (422, code, True), (change, reply.text)
    assert not org.blocks.of_days("2026-12-01", "2026-12-31").json["items"]


def test_an_offset_decides_which_of_two_times_is_meant(org: Organisation) -> None:
    (block,) = org.blocks.create(start="2027-11-07T01:30:00-05:00", end="2027-11-07T03:00")
    assert (block["start"], block["end"]) == ("2027-11-07T06:30:00Z", "2027-11-07T08:00:00Z")


def test_wall_time_means_the_zone_that_comes_with_it(org: Organisation) -> None:
    (block,) = org.blocks.create(timezone="America/Vancouver")
    assert (block["start"], block["local_start"]) == ("2026-12-03T17:00:00Z", "2026-12-03T12:00:00")


def test_a_weekly_block_keeps_its_wall_time_over_a_change_of_clocks(org: Organisation) -> None:
    org.now = datetime(2026, 10, 1, tzinfo=UTC)
    found = org.blocks.create_weekly(start="2026-10-22T09:00", end="2026-10-22T12:00")
    assert [b["local_start"][11:] for b in found] == ["09:00:00"] * 4
    assert [b["start"] for b in found] == [
        "2026-10-22T13:00:00Z",
        "2026-10-29T13:00:00Z",
        "2026-11-05T14:00:00Z",
        "2026-11-12T14:00:00Z",
    ]


def test_a_night_block_follows_the_wall_clock_over_both_changes(org: Organisation) -> None:
    """Case 8: three hours on 8 March, five on 1 November, where 01:30 comes twice."""
    org.now = datetime(2026, 2, 20, tzinfo=UTC)
    spring = org.blocks.create(
        start="2026-03-07T00:30", end="2026-03-07T04:30", recurrence={"rrule": "FREQ=DAILY;COUNT=2"}
    )
    assert (spring[1]["start"], spring[1]["end"]) == ("2026-03-08T05:30:00Z", "2026-03-08T08:30:00Z")
    walls = [w for w in _walls(org, datetime(2026, 3, 8, tzinfo=UTC)) if w.startswith("2026-03-08")]
    assert walls[0] == "2026-03-08T00:30:00"
    assert not [w for w in walls if w.startswith("2026-03-08T02")]

    org.now = datetime(2026, 10, 20, tzinfo=UTC)
    autumn = org.blocks.create(
        start="2026-10-31T00:30", end="2026-10-31T04:30", recurrence={"rrule": "FREQ=DAILY;COUNT=2"}
    )
    assert (autumn[1]["start"], autumn[1]["end"]) == ("2026-11-01T04:30:00Z", "2026-11-01T09:30:00Z")
    assert _walls(org, datetime(2026, 11, 1, tzinfo=UTC)).count("2026-11-01T01:30:00") == 2
    for start in ("2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"):
        assert org.try_book(datetime.fromisoformat(start)).status == 201


def _walls(org: Organisation, day: datetime) -> list[str]:
    url = f"/public/availability?service_id={MORTGAGE}&location_id={TORONTO}&timezone=America/Toronto"
    date = day.date().isoformat()
    reply = org.call("GET", f"{url}&from={date}&to={date}")
    return [slot["local_start"] for day in reply.json["days"] for slot in day["slots"]]


def test_a_block_that_starts_in_a_gap_moves_and_one_left_empty_is_skipped(org: Organisation) -> None:
    org.now = datetime(2026, 3, 1, tzinfo=UTC)
    rule = {"rrule": "FREQ=DAILY;COUNT=3"}
    moved = org.blocks.create(start="2026-03-07T02:30", end="2026-03-07T04:30", recurrence=rule)
    assert [b["local_start"] for b in moved] == [
        "2026-03-07T02:30:00",
        "2026-03-08T03:00:00",
        "2026-03-09T02:30:00",
    ]
    skipped = org.blocks.create(start="2026-03-07T02:00", end="2026-03-07T03:00", recurrence=rule)
    assert [b["local_start"][:10] for b in skipped] == ["2026-03-07", "2026-03-09"]


def test_a_long_series_is_laid_out_whole_and_answered_once(org: Organisation) -> None:
    rule = {"rrule": "FREQ=DAILY;COUNT=50"}
    key = {"idempotency-key": "k-1"}
    first = org.as_staff("POST", BLOCKS, block_body(recurrence=rule), headers=key)
    again = org.as_staff("POST", BLOCKS, block_body(recurrence=rule), headers=key)
    assert (again.status, again.text) == (201, first.text)
    laid = first.json["occurrences"]
    assert len({b["id"] for b in laid}) == 50
    stored = container.appointment_lists.sheets(TORONTO, "2026-12-01", "2027-12-31")
    assert sorted(b for sheet in stored for b in sheet.blocks) == sorted(b["id"] for b in laid)
    assert org.blocks.get(laid[49])["start"] == laid[49]["start"]
    assert org.read(Series, first.json["series_id"]).done


def test_what_a_crash_left_undone_is_laid_out_by_the_clock_exactly_as_answered(org: Organisation) -> None:
    class Crash(Exception):
        pass

    def crash() -> None:
        raise Crash

    use_case = CreateBlocks(InterruptedStore(crash, at=2), container.ids, lambda _: None)
    with pytest.raises(Crash):
        use_case.create(_context(org), _request("FREQ=DAILY;COUNT=50"))
    begun = _stored_ids()
    assert 0 < len(begun) < 50
    assert run_release_job(org.now)["laid_out"] == 50 - len(begun)
    assert set(begun) < set(_stored_ids())
    assert len(_stored_ids()) == 50
    assert "laid_out" not in run_release_job(org.now + timedelta(days=2))


def test_two_who_lay_out_the_same_series_lose_and_double_nothing(org: Organisation) -> None:
    use_case = CreateBlocks(InterruptedStore(lambda: run_release_job(org.now), at=2), container.ids, lambda _: None)
    laid = use_case.create(_context(org), _request("FREQ=DAILY;COUNT=50"))
    assert sorted(_stored_ids()) == sorted(o.block.id for o in laid.occurrences)


def test_parts_that_share_a_day_are_written_without_a_second_look(org: Organisation) -> None:
    """Blocks over midnight in UTC stand on two sheets, the last of one part on the first of the next."""
    store = InterruptedStore(lambda: None)
    start = BLOCK_START + timedelta(hours=8)
    request = replace(_request("FREQ=DAILY;COUNT=50"), start=start, end=start + timedelta(hours=4))
    CreateBlocks(store, container.ids, lambda _: None).create(_context(org), request)
    assert store.commits == 2
    assert len(_stored_ids()) == 100


def test_an_open_rule_is_laid_out_to_the_horizon_and_goes_on_with_the_days(org: Organisation) -> None:
    found = org.blocks.create(recurrence={"rrule": "FREQ=DAILY"})
    assert (found[0]["local_start"], found[-1]["local_start"]) == ("2026-12-03T09:00:00", "2027-03-05T09:00:00")
    assert "laid_out" not in run_release_job(org.now)
    assert "laid_out" not in run_release_job(org.now + timedelta(days=1))
    assert run_release_job(org.now + timedelta(days=10))["laid_out"] == 7
    assert "laid_out" not in run_release_job(org.now + timedelta(days=10, hours=23))
    assert run_release_job(org.now + timedelta(days=11))["laid_out"] == 1


def test_a_day_takes_only_so_many_blocks(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.quickstream.block_validation.MAX_BLOCKS_PER_DAY", 2)
    org.blocks.create()
    org.blocks.create()
    assert org.as_staff("POST", BLOCKS, block_body()).json["code"] == "too_many_blocks"


def test_a_list_names_what_takes_place_on_its_days_in_pages(org: Organisation) -> None:
    night = org.blocks.create(start="2026-12-02T22:00", end="2026-12-03T02:00")[0]
    day = org.blocks.create()[0]
    evening = org.blocks.create(start="2026-12-03T20:00", end="2026-12-04T00:00")[0]
    assert [b["id"] for b in org.blocks.of_days("2026-12-03", "2026-12-03").json["items"]] == [
        night["id"],
        day["id"],
        evening["id"],
    ]
    assert [b["id"] for b in org.blocks.of_days("2026-12-02", "2026-12-02").json["items"]] == [night["id"]]
    assert not org.blocks.of_days("2026-12-04", "2026-12-04").json["items"]
    found, cursor = [], ""
    while True:
        page = org.blocks.of_days("2026-12-01", "2026-12-31", more=f"&limit=1{cursor}").json
        found += [b["id"] for b in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == [night["id"], day["id"], evening["id"]]


def test_a_list_that_cannot_be_given_is_refused(org: Organisation) -> None:
    refused = [
        org.blocks.of_days("2026-12-02", "2026-12-01"),
        org.blocks.of_days("2026-12-01", "2027-03-03"),
        org.blocks.of_days("2026-12-01", "2026-12-01", more="&cursor=x"),
    ]
    assert [reply.json["code"] for reply in refused] == ["invalid_range", "invalid_range", "invalid_cursor"]


def test_booked_peak_counts_appointments_at_once_not_holds(org: Organisation) -> None:
    (block,) = org.blocks.create(limit=3)
    for start in (at(0), at(30), at(15)):
        assert org.try_book(start).status == 201
    hold = {"service_id": MORTGAGE, "location_id": TORONTO, "meeting_method": "phone"}
    org.call("POST", "/public/holds", hold | {"start": "2026-12-03T09:00", "timezone": "America/Toronto"})
    assert org.blocks.get(block)["booked_peak"] == 2


def test_a_block_over_what_staff_booked_before_sees_it(org: Organisation) -> None:
    org.create_block()
    org.try_book()
    org.blocks.create(services=[ACCOUNT])
    again = org.blocks.create(services=[MORTGAGE, ACCOUNT])[0]
    assert org.blocks.of_days("2026-12-03", "2026-12-03").status == 200
    assert org.available_starts()["2026-12-03T14:00:00Z"] == again["limit"]


def _context(org: Organisation) -> Context:
    principal = container.principal_for(ALEX_EMAIL, ("manager",))
    return Context(org.now, principal)


def _request(rule: str) -> BlockRequest:
    end = BLOCK_START + timedelta(hours=3)
    return BlockRequest(TORONTO, BLOCK_START, end, 2, (MORTGAGE,), "America/Toronto", rrule=rule)


def _stored_ids() -> list[str]:
    sheets = container.appointment_lists.sheets(TORONTO, "2026-12-01", "2027-12-31")
    return [block_id for sheet in sheets for block_id in sheet.blocks]
