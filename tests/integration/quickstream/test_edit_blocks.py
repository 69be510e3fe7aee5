"""Editing, deleting, releasing and closing blocks that people have booked into (D10, D11, D12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import boto3
import pytest

from chalicelib.container import container
from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import Occupant, SeatAccess
from chalicelib.domain.quickstream.block_edits import BlockEdit, SeriesScope
from chalicelib.domain.quickstream.blocks import BlockIndexEntry, BlockState, Series
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services.context import Context
from chalicelib.services.quickstream.block_change_plan import EditExtent
from chalicelib.services.quickstream.edit_blocks import EditBlocks
from tests.builders.in_process.block_requests import (
    BLOCKS,
    InterruptedStore,
    block_events,
    journal_actions,
    run_release_job,
)
from tests.builders.in_process.moto_table import REGION, TABLE
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ACCOUNT, ALEX_EMAIL, MORTGAGE, TORONTO, at

CONFIRMED = "?confirm=true"


def _limits(org: Organisation) -> list[int]:
    return [b["limit"] for b in org.blocks.of_days("2026-12-01", "2027-02-28").json["items"]]


def test_an_edit_is_of_this_the_following_or_all_and_spares_exceptions(org: Organisation) -> None:
    series = org.blocks.create_weekly()
    one = org.blocks.edit(series[1], {"limit": 5})
    assert (one.status, one.json["limit"], one.json["exception"], one.json["version"]) == (200, 5, True, 2)
    assert _limits(org) == [2, 5, 2, 2]
    assert org.blocks.edit(series[2], {"limit": 3}, "?scope=following").json["limit"] == 3
    assert _limits(org) == [2, 5, 3, 3]
    org.blocks.edit(series[3], {"limit": 4}, "?scope=all")
    assert _limits(org) == [4, 5, 4, 4]
    org.blocks.edit(series[0], {"limit": 6}, "?scope=following&overwrite_exceptions=true")
    assert _limits(org) == [6, 6, 6, 6]
    assert journal_actions(series[1]["id"]) == ["edited"]
    assert sorted(journal_actions(series[0]["series_id"])) == ["created", "edited", "edited", "edited"]


def test_what_is_laid_out_later_follows_the_edited_template_and_comes_once(org: Organisation) -> None:
    series = org.blocks.create(recurrence={"rrule": "FREQ=WEEKLY"})
    change = {"limit": 7, "start": "2026-12-10T10:00", "end": "2026-12-10T12:30", "services": [ACCOUNT]}
    assert org.blocks.edit(series[1], change, "?scope=following").status == 200
    assert run_release_job(org.advance(days=21)) == {"laid_out": 2, "closed": 3}
    found = org.blocks.of_days("2026-12-03", "2027-03-04").json["items"]
    found += org.blocks.of_days("2027-03-05", "2027-03-31").json["items"]
    assert [b["local_start"][11:16] for b in found] == ["09:00"] + ["10:00"] * 15
    assert len({b["local_start"][:10] for b in found}) == 16
    last = found[-1]
    assert (last["local_end"][11:16], last["limit"], last["services"]) == ("12:30", 7, [ACCOUNT])


def test_only_one_occurrence_moves_to_another_day(org: Organisation) -> None:
    series = org.blocks.create_weekly()
    other_day = {"start": "2026-12-11T23:00", "end": "2026-12-12T01:00"}
    for scope in ("following", "all"):
        assert org.blocks.edit(series[1], other_day, f"?scope={scope}").refusal == (422, "date_fixed")
    moved = org.blocks.edit(series[1], other_day)
    assert (moved.status, moved.json["start"]) == (200, "2026-12-12T04:00:00Z")
    assert org.blocks.get(series[1]) == moved.json
    assert org.read(BlockIndexEntry, series[1]["id"]).day == "2026-12-12"
    org.blocks.edit(series[0], {"start": "2026-12-03T08:00"}, "?scope=all")
    starts = [b["local_start"] for b in org.blocks.of_days("2026-12-01", "2026-12-31").json["items"]]
    assert starts == [
        "2026-12-03T08:00:00",
        "2026-12-11T23:00:00",
        "2026-12-17T08:00:00",
        "2026-12-24T08:00:00",
    ]


def test_what_cannot_be_edited_so_is_refused_and_changes_nothing(org: Organisation) -> None:
    (block,) = org.blocks.create(reserved=1)
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"limit": 0}, "invalid"),
        ({"limit": None}, "invalid"),
        ({"reserved": 3}, "invalid"),
        ({"services": ["svc_unknown"]}, "unknown_service"),
        ({"end": "2026-12-03T08:00"}, "invalid_interval"),
        ({"start": "2026-11-01T09:00", "end": "2026-11-01T10:00"}, "past"),
        ({"recurrence": {"rrule": "FREQ=DAILY"}}, "invalid"),
        ({"start": "2026-12-03T09:01"}, "off_grid"),
    )
    for change, code in refused:
        assert org.blocks.edit(block, change).refusal == (422, code), change
    assert org.blocks.edit(block, {}).json == block
    assert org.blocks.edit(block, {"limit": 2}).json == block
    assert org.blocks.edit(block, {"limit": 3}, headers={"if-match": '"7"'}).refusal == (412, "version_mismatch")
    assert org.blocks.edit(block, {"limit": 3}, headers={"if-match": '"1"'}).json["version"] == 2


def test_what_is_over_or_closed_stays_as_it_was(org: Organisation) -> None:
    series = org.blocks.create_weekly()
    org.as_staff("POST", f"{BLOCKS}/{series[1]['id']}/close")
    assert org.blocks.edit(series[1], {"limit": 3}).json["code"] == "wrong_state"
    org.advance(days=3)
    refused = [
        org.blocks.edit(series[0], {"limit": 3}),
        org.as_staff("DELETE", f"{BLOCKS}/{series[0]['id']}"),
        org.as_staff("POST", f"{BLOCKS}/{series[0]['id']}/release"),
    ]
    assert [r.refusal for r in refused] == [(409, "wrong_state")] * 3
    assert org.blocks.edit(series[2], {"limit": 3}, "?scope=all").status == 200
    assert _limits(org) == [2, 2, 3, 3]
    assert org.as_staff("DELETE", f"{BLOCKS}/{series[2]['id']}?scope=all").status == 204
    assert _limits(org) == [2]


def test_bookings_that_would_lose_their_seat_are_named_until_confirmed(org: Organisation) -> None:
    """Case 5: nothing is cancelled, the limit is what it is, and who was last waits for room."""
    (block,) = org.blocks.create(limit=3)
    kept, lost = org.book(), org.book()
    refused = org.blocks.edit(block, {"limit": 1})
    assert refused.refusal == (409, "bookings_affected")
    assert refused.json["appointments"] == [
        {"id": lost["id"], "start": lost["start"], "end": lost["end"], "service_id": MORTGAGE}
    ]
    assert org.blocks.get(block)["limit"] == 3
    assert org.blocks.orphans() == []

    assert org.blocks.edit(block, {"limit": 1}, CONFIRMED).status == 200
    assert org.blocks.orphans() == [lost["id"]]
    assert org.available_starts().get("2026-12-03T14:00:00Z") is None
    assert org.try_book().json["code"] == "capacity_exhausted"
    assert org.blocks.get(block)["booked_peak"] == 2
    # What has no seat already is not affected again.
    assert org.blocks.edit(block, {"start": "2026-12-03T08:30"}).status == 200

    code = kept["code"]
    cancelled = org.call("POST", f"/public/appointments/{kept['id']}/cancel", {"code": code})
    assert cancelled.status == 200, cancelled.text
    assert org.blocks.orphans() == []


def test_a_preview_says_what_an_edit_would_do_and_writes_nothing(org: Organisation) -> None:
    (first,) = org.blocks.create(limit=1, services=[MORTGAGE, ACCOUNT])
    org.blocks.create(limit=1, services=[ACCOUNT])
    account = org.book(service_id=ACCOUNT)
    mortgage = org.book(service_id=MORTGAGE)
    before = _everything()

    def preview(change: dict[str, Any]) -> Any:
        return org.as_staff("POST", f"{BLOCKS}/{first['id']}/preview", change).body()

    assert preview({"services": [ACCOUNT]}) == {
        "services": [
            {"service_id": MORTGAGE, "seats_before": 1, "seats_after": 0},
            {"service_id": ACCOUNT, "seats_before": 2, "seats_after": 2},
        ],
        "orphaned": [
            {"id": mortgage["id"], "start": mortgage["start"], "end": mortgage["end"], "service_id": MORTGAGE}
        ],
        "reseated": [],
    }
    assert preview({"limit": 3})["services"] == [
        {"service_id": MORTGAGE, "seats_before": 1, "seats_after": 3},
        {"service_id": ACCOUNT, "seats_before": 2, "seats_after": 4},
    ]
    assert _everything() == before
    cancel = {"code": mortgage["code"]}
    org.call("POST", f"/public/appointments/{mortgage['id']}/cancel", cancel)
    sits_here = [preview({"services": [MORTGAGE]})["reseated"], preview({"limit": 1})["reseated"]]
    assert sits_here[1] == []
    assert sits_here[0] in ([], [account["id"]])
    # Wherever the account sits now, both blocks together take it elsewhere when its own no longer does.
    assert org.blocks.edit(first, {"services": [MORTGAGE]}).status == 200
    assert org.blocks.orphans() == []


def _everything() -> list[Any]:
    items = boto3.client("dynamodb", region_name=REGION).scan(TableName=TABLE)["Items"]
    return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def test_a_booking_that_comes_in_between_is_seen(org: Organisation) -> None:
    (block,) = org.blocks.create(limit=2)
    org.try_book()
    taken: list[Any] = []
    store = InterruptedStore(lambda: taken.append(org.book()))
    editing = EditBlocks(store, container.appointment_lists, container.ids, lambda _: None)
    context = Context(org.now, container.principal_for(ALEX_EMAIL, ("manager",)))
    with pytest.raises(Exception, match="lose their place") as refused:
        editing.edit(context, block["id"], BlockEdit(limit=1), EditExtent())
    assert [a["id"] for a in getattr(refused.value, "extra", {})["appointments"]] == [taken[0]["id"]]
    assert org.blocks.get(block)["limit"] == 2


def test_a_long_series_is_edited_and_deleted_in_parts_also_when_overtaken(org: Organisation) -> None:
    """Blocks over midnight in UTC, so that two parts of a change share a sheet."""
    nights = {"start": "2026-12-03T17:00", "end": "2026-12-03T21:00"}
    series = org.blocks.create(**nights, recurrence={"rrule": "FREQ=DAILY;COUNT=95"})
    principal = container.principal_for(ALEX_EMAIL, ("manager",))
    context = Context(org.now, principal, expected_version=1)
    last = epoch_minute(datetime.fromisoformat(series[94]["start"]))

    def editing(meddle: InterruptedStore) -> EditBlocks:
        return EditBlocks(meddle, container.appointment_lists, container.ids, lambda _: None)

    def booking(occupant_id: str) -> InterruptedStore:
        # Somebody is booked on the last day while the second part is on its way.
        occupant = Occupant(occupant_id, last, last + 30, MORTGAGE)
        return InterruptedStore(lambda: org.update_sheets(last, last + 30, lambda c: c.with_occupant(occupant)), at=2)

    alone = InterruptedStore(lambda: None)
    editing(alone).edit(context, series[0]["id"], BlockEdit(limit=8), EditExtent(SeriesScope.ALL))
    assert alone.commits == 2

    rival = booking("apt_1")
    edit = replace(context, expected_version=2)
    editing(rival).edit(edit, series[0]["id"], BlockEdit(limit=9), EditExtent(SeriesScope.ALL))
    assert rival.commits == 3
    assert {b.id: b.limit for b in _stored()} == {b["id"]: 9 for b in series}

    rival = booking("apt_2")
    following = EditExtent(SeriesScope.FOLLOWING, confirm=True)
    editing(rival).remove(replace(context, expected_version=3), series[3]["id"], following)
    assert rival.commits == 4
    assert {b.id for b in _stored()} == {b["id"] for b in series[:3]}
    assert [org.read(BlockIndexEntry, series[i]["id"]) for i in (3, 94)] == [None, None]


def _stored() -> list[Any]:
    sheets = container.appointment_lists.sheets(TORONTO, "2026-12-01", "2027-12-31")
    return [block for sheet in sheets for block in sheet.blocks.values()]


def test_deleted_occurrences_stay_deleted_and_a_series_ends(org: Organisation) -> None:
    series = org.blocks.create(recurrence={"rrule": "FREQ=WEEKLY"})
    assert org.as_staff("DELETE", f"{BLOCKS}/{series[1]['id']}").status == 204
    assert org.as_staff("GET", f"{BLOCKS}/{series[1]['id']}").status == 404
    assert org.as_staff("DELETE", f"{BLOCKS}/{series[1]['id']}").status == 404
    assert journal_actions(series[1]["id"]) == ["deleted"]
    run_release_job(org.advance(days=1))
    assert "2026-12-10" not in [
        b["local_start"][:10] for b in org.blocks.of_days("2026-12-01", "2026-12-31").json["items"]
    ]
    assert org.as_staff("DELETE", f"{BLOCKS}/{series[3]['id']}?scope=following").status == 204
    assert org.read(Series, series[0]["series_id"]).done
    org.advance(days=60)
    assert "laid_out" not in run_release_job(org.now)
    assert [b["id"] for b in org.blocks.of_days("2026-12-01", "2027-02-28").json["items"]] == [
        series[0]["id"],
        series[2]["id"],
    ]


def test_deleting_leaves_what_is_booked_alone(org: Organisation) -> None:
    """Feature 11 and case 6: the appointment stays, a hold without a block no longer confirms."""
    (block,) = org.blocks.create()
    booked = org.book()
    slot = {"service_id": MORTGAGE, "location_id": TORONTO, "meeting_method": "phone", "timezone": "UTC"}
    hold = org.call("POST", "/public/holds", slot | {"start": "2026-12-03T15:00:00Z"}).json
    url = f"{BLOCKS}/{block['id']}"
    assert org.blocks.edit(block, {"limit": 4, "end": "2026-12-03T11:00"}).status == 200
    assert [a["id"] for a in org.as_staff("DELETE", url).json["appointments"]] == [booked["id"]]
    assert org.as_staff("DELETE", f"{url}{CONFIRMED}").status == 204
    assert org.blocks.orphans() == [booked["id"]]
    assert org.try_book(at(60), hold_token=hold["token"]).refusal == (409, "outside_block")
    assert org.call("GET", f"/public/appointments/{booked['id']}?code={booked['code']}").json["confirmed"]
    org.blocks.create()
    assert org.blocks.orphans() == []
    assert org.try_book(at(60), hold_token=hold["token"]).status == 201


def test_a_release_by_hand_is_announced_once(org: Organisation) -> None:
    (block,) = org.blocks.create(release={"days_before": 1, "time": "08:00"})
    assert (block["state"], block["release_at"]) == ("held", "2026-12-02T13:00:00Z")
    assert org.available_starts() == {}
    assert org.try_book().json["code"] == "block_not_released"
    url = f"{BLOCKS}/{block['id']}/release"
    key = {"idempotency-key": "r"}
    first = org.as_staff("POST", url, headers=key)
    assert (first.status, first.json["state"], first.json["version"]) == (200, "released", 2)
    assert org.as_staff("POST", url, headers=key).text == first.text
    assert org.as_staff("POST", url).json == first.json
    assert [e.type for e in block_events(block)] == ["block.released"]
    (event,) = block_events(block)
    assert (event.location_id, event.version, event.data["id"]) == (TORONTO, 2, block["id"])
    assert org.try_book().status == 201
    assert run_release_job(org.advance(days=1)) == {}
    assert org.blocks.get(block)["version"] == 2


def test_closing_takes_no_more_bookings_and_nobodys_seat(org: Organisation) -> None:
    (block,) = org.blocks.create(limit=2, services=[MORTGAGE, ACCOUNT])
    org.blocks.create(limit=1, services=[ACCOUNT])
    booked = [org.book(service_id=s)["id"] for s in (ACCOUNT, MORTGAGE, ACCOUNT)]
    url = f"{BLOCKS}/{block['id']}/close"
    closed = org.as_staff("POST", url)
    assert (closed.status, closed.json["state"], closed.json["booked_peak"]) == (200, "closed", 2)
    assert org.as_staff("POST", url).json == closed.json
    assert [e.type for e in block_events(block)] == ["block.closed"]
    assert org.blocks.orphans() == []
    assert org.try_book(service_id=MORTGAGE).json["code"] == "outside_block"
    assert org.try_book(service_id=ACCOUNT).json["code"] == "capacity_exhausted"
    assert org.as_staff("POST", f"{BLOCKS}/{block['id']}/release").json["code"] == "wrong_state"
    refused = org.as_staff("DELETE", f"{BLOCKS}/{block['id']}").json["appointments"]
    assert {a["id"] for a in refused} < set(booked)
    assert len(refused) == 2


def test_a_new_release_policy_decides_anew_unless_somebody_booked(org: Organisation) -> None:
    (block,) = org.blocks.create(release={"at": "2026-12-02T09:00"})
    assert block["state"] == "held"
    assert org.blocks.edit(block, {"release": {"at": "2026-12-02T10:00"}}).json["release_at"] == "2026-12-02T15:00:00Z"
    opened = org.blocks.edit(block, {"release": None}).json
    assert (opened["state"], opened["release_at"]) == ("released", None)
    held = org.blocks.edit(block, {"release": {"hours_before": 1}}).json
    assert (held["state"], held["release_at"]) == ("held", "2026-12-03T13:00:00Z")
    assert org.blocks.edit(block, {"release": {"hours_before": 72}}).json["state"] == "released"
    assert [e.type for e in block_events(block)] == ["block.released"] * 2

    booked = org.book()["id"]
    back = org.blocks.edit(block, {"release": {"hours_before": 1}}, CONFIRMED)
    assert back.refusal == (409, "wrong_state")
    assert [a["id"] for a in back.json["appointments"]] == [booked]
    assert org.blocks.edit(block, {"limit": 3}).json["state"] == "released"


def test_a_series_released_by_an_edit_is_announced_block_by_block(org: Organisation) -> None:
    series = org.blocks.create_weekly(release={"days_before": 1, "time": "08:00"})
    org.blocks.edit(series[1], {"release": None}, "?scope=following")
    assert [[e.type for e in block_events(b)] for b in series] == [[], *[["block.released"]] * 3]
    assert [org.blocks.get(b)["state"] for b in series] == ["held", "released", "released", "released"]


def test_a_moved_block_keeps_following_its_series_policy(org: Organisation) -> None:
    (block,) = org.blocks.create(release={"days_before": 1, "time": "08:00"})
    moved = org.blocks.edit(block, {"start": "2026-12-10T09:00", "end": "2026-12-10T12:00"}).json
    assert (moved["state"], moved["release_at"]) == ("held", "2026-12-09T13:00:00Z")
    own = org.blocks.edit(block, {"release": {"at": "2026-12-05T08:00"}}).json
    again = org.blocks.edit(block, {"start": "2026-12-11T09:00", "end": "2026-12-11T12:00"}).json
    assert again["release_at"] == own["release_at"] == "2026-12-05T13:00:00Z"


def test_staff_sit_in_a_held_block_that_is_closed(org: Organisation) -> None:
    block = org.create_block(state=BlockState.HELD)
    occupant = Occupant("apt_1", block.start, block.start + 30, MORTGAGE, SeatAccess.SCHEDULE)
    org.update_sheets(block.start, block.end, lambda calendar: calendar.with_occupant(occupant))
    found = container.appointment_lists.sheets(TORONTO, "2026-12-03", "2026-12-03")[0].blocks[block.id]
    assert found.state is BlockState.HELD
    placement = BlockCapacity(org.calendar(), int(org.now.timestamp()))
    closed = placement.closed(found)
    assert closed == replace(found, state=BlockState.CLOSED, keeps=("apt_1",), version=found.version + 1)
