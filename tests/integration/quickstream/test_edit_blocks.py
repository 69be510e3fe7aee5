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
    Meddling,
    actions,
    created,
    events,
    later,
    listed,
    orphans,
    patched,
    shown,
    sweep,
    weekly,
)
from tests.builders.in_process.sample_organisation import ACCOUNT, MORTGAGE, TORONTO, World, at
from tests.integration.conftest import REGION, TABLE

CONFIRMED = "?confirm=true"


def _limits(world: World) -> list[int]:
    return [b["limit"] for b in listed(world, "2026-12-01", "2027-02-28").json["items"]]


def test_an_edit_is_of_this_the_following_or_all_and_spares_exceptions(world: World) -> None:
    series = weekly(world)
    one = patched(world, series[1], {"limit": 5})
    assert (one.status, one.json["limit"], one.json["exception"], one.json["version"]) == (200, 5, True, 2)
    assert _limits(world) == [2, 5, 2, 2]
    assert patched(world, series[2], {"limit": 3}, "?scope=following").json["limit"] == 3
    assert _limits(world) == [2, 5, 3, 3]
    patched(world, series[3], {"limit": 4}, "?scope=all")
    assert _limits(world) == [4, 5, 4, 4]
    patched(world, series[0], {"limit": 6}, "?scope=following&overwrite_exceptions=true")
    assert _limits(world) == [6, 6, 6, 6]
    assert actions(series[1]["id"]) == ["edited"]
    assert sorted(actions(series[0]["series_id"])) == ["created", "edited", "edited", "edited"]


def test_what_is_laid_out_later_follows_the_edited_template_and_comes_once(world: World) -> None:
    series = created(world, recurrence={"rrule": "FREQ=WEEKLY"})
    change = {"limit": 7, "start": "2026-12-10T10:00", "end": "2026-12-10T12:30", "services": [ACCOUNT]}
    assert patched(world, series[1], change, "?scope=following").status == 200
    assert sweep(later(world, days=21)) == {"laid_out": 2, "closed": 3}
    found = listed(world, "2026-12-03", "2027-03-04").json["items"]
    found += listed(world, "2027-03-05", "2027-03-31").json["items"]
    assert [b["local_start"][11:16] for b in found] == ["09:00"] + ["10:00"] * 15
    assert len({b["local_start"][:10] for b in found}) == 16
    last = found[-1]
    assert (last["local_end"][11:16], last["limit"], last["services"]) == ("12:30", 7, [ACCOUNT])


def test_only_one_occurrence_moves_to_another_day(world: World) -> None:
    series = weekly(world)
    other_day = {"start": "2026-12-11T23:00", "end": "2026-12-12T01:00"}
    for scope in ("following", "all"):
        reply = patched(world, series[1], other_day, f"?scope={scope}")
        assert (reply.status, reply.json["code"]) == (422, "date_fixed")
    moved = patched(world, series[1], other_day)
    assert (moved.status, moved.json["start"]) == (200, "2026-12-12T04:00:00Z")
    assert shown(world, series[1]) == moved.json
    assert world.read(BlockIndexEntry, series[1]["id"]).day == "2026-12-12"
    patched(world, series[0], {"start": "2026-12-03T08:00"}, "?scope=all")
    starts = [b["local_start"] for b in listed(world, "2026-12-01", "2026-12-31").json["items"]]
    assert starts == [
        "2026-12-03T08:00:00",
        "2026-12-11T23:00:00",
        "2026-12-17T08:00:00",
        "2026-12-24T08:00:00",
    ]


def test_what_cannot_be_edited_so_is_refused_and_changes_nothing(world: World) -> None:
    (block,) = created(world, reserved=1)
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
        reply = patched(world, block, change)
        assert (reply.status, reply.json["code"]) == (422, code), change
    assert patched(world, block, {}).json == block
    assert patched(world, block, {"limit": 2}).json == block
    stale = patched(world, block, {"limit": 3}, headers={"if-match": '"7"'})
    assert (stale.status, stale.json["code"]) == (412, "version_mismatch")
    assert patched(world, block, {"limit": 3}, headers={"if-match": '"1"'}).json["version"] == 2


def test_what_is_over_or_closed_stays_as_it_was(world: World) -> None:
    series = weekly(world)
    world.staff("POST", f"{BLOCKS}/{series[1]['id']}/close")
    assert patched(world, series[1], {"limit": 3}).json["code"] == "wrong_state"
    later(world, days=3)
    refused = [
        patched(world, series[0], {"limit": 3}),
        world.staff("DELETE", f"{BLOCKS}/{series[0]['id']}"),
        world.staff("POST", f"{BLOCKS}/{series[0]['id']}/release"),
    ]
    assert [(r.status, r.json["code"]) for r in refused] == [(409, "wrong_state")] * 3
    assert patched(world, series[2], {"limit": 3}, "?scope=all").status == 200
    assert _limits(world) == [2, 2, 3, 3]
    assert world.staff("DELETE", f"{BLOCKS}/{series[2]['id']}?scope=all").status == 204
    assert _limits(world) == [2]


def test_bookings_that_would_lose_their_seat_are_named_until_confirmed(world: World) -> None:
    """Case 5: nothing is cancelled, the limit is what it is, and who was last waits for room."""
    (block,) = created(world, limit=3)
    kept, lost = world.book().json, world.book().json
    refused = patched(world, block, {"limit": 1})
    assert (refused.status, refused.json["code"]) == (409, "bookings_affected")
    assert refused.json["appointments"] == [
        {"id": lost["id"], "start": lost["start"], "end": lost["end"], "service_id": MORTGAGE}
    ]
    assert shown(world, block)["limit"] == 3
    assert orphans(world) == []

    assert patched(world, block, {"limit": 1}, CONFIRMED).status == 200
    assert orphans(world) == [lost["id"]]
    assert world.offers().get("2026-12-03T14:00:00Z") is None
    assert world.book().json["code"] == "capacity_exhausted"
    assert shown(world, block)["booked_peak"] == 2
    # What has no seat already is not affected again.
    assert patched(world, block, {"start": "2026-12-03T08:30"}).status == 200

    code = kept["code"]
    cancelled = world.call("POST", f"/public/appointments/{kept['id']}/cancel", {"code": code})
    assert cancelled.status == 200, cancelled.text
    assert orphans(world) == []


def test_a_preview_says_what_an_edit_would_do_and_writes_nothing(world: World) -> None:
    (first,) = created(world, limit=1, services=[MORTGAGE, ACCOUNT])
    created(world, limit=1, services=[ACCOUNT])
    account = world.book(service_id=ACCOUNT).json
    mortgage = world.book(service_id=MORTGAGE).json
    before = _everything()

    def preview(change: dict[str, Any]) -> Any:
        reply = world.staff("POST", f"{BLOCKS}/{first['id']}/preview", change)
        assert reply.status == 200, reply.text
        return reply.json

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
    world.call("POST", f"/public/appointments/{mortgage['id']}/cancel", cancel)
    sits_here = [preview({"services": [MORTGAGE]})["reseated"], preview({"limit": 1})["reseated"]]
    assert sits_here[1] == []
    assert sits_here[0] in ([], [account["id"]])
    # Wherever the account sits now, both blocks together take it elsewhere when its own no longer does.
    assert patched(world, first, {"services": [MORTGAGE]}).status == 200
    assert orphans(world) == []


def _everything() -> list[Any]:
    items = boto3.client("dynamodb", region_name=REGION).scan(TableName=TABLE)["Items"]
    return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def test_a_booking_that_comes_in_between_is_seen(world: World) -> None:
    (block,) = created(world, limit=2)
    world.book()
    taken: list[Any] = []
    store = Meddling(lambda: taken.append(world.book().json))
    editing = EditBlocks(store, container.appointment_lists, container.ids, lambda _: None)
    context = Context(world.now, container.principal_for("alex@example.org", ("manager",)))
    with pytest.raises(Exception, match="lose their place") as refused:
        editing.edit(context, block["id"], BlockEdit(limit=1), EditExtent())
    assert [a["id"] for a in getattr(refused.value, "extra", {})["appointments"]] == [taken[0]["id"]]
    assert shown(world, block)["limit"] == 2


def test_a_long_series_is_edited_and_deleted_in_parts_also_when_overtaken(world: World) -> None:
    """Blocks over midnight in UTC, so that two parts of a change share a sheet."""
    nights = {"start": "2026-12-03T17:00", "end": "2026-12-03T21:00"}
    series = created(world, **nights, recurrence={"rrule": "FREQ=DAILY;COUNT=95"})
    principal = container.principal_for("alex@example.org", ("manager",))
    context = Context(world.now, principal, expected_version=1)
    last = epoch_minute(datetime.fromisoformat(series[94]["start"]))

    def editing(meddle: Meddling) -> EditBlocks:
        return EditBlocks(meddle, container.appointment_lists, container.ids, lambda _: None)

    def booking(occupant_id: str) -> Meddling:
        # Somebody is booked on the last day while the second part is on its way.
        occupant = Occupant(occupant_id, last, last + 30, MORTGAGE)
        return Meddling(lambda: world.rewrite(last, last + 30, lambda c: c.with_occupant(occupant)), at=2)

    alone = Meddling(lambda: None)
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
    assert [world.read(BlockIndexEntry, series[i]["id"]) for i in (3, 94)] == [None, None]


def _stored() -> list[Any]:
    sheets = container.appointment_lists.sheets(TORONTO, "2026-12-01", "2027-12-31")
    return [block for sheet in sheets for block in sheet.blocks.values()]


def test_deleted_occurrences_stay_deleted_and_a_series_ends(world: World) -> None:
    series = created(world, recurrence={"rrule": "FREQ=WEEKLY"})
    assert world.staff("DELETE", f"{BLOCKS}/{series[1]['id']}").status == 204
    assert world.staff("GET", f"{BLOCKS}/{series[1]['id']}").status == 404
    assert world.staff("DELETE", f"{BLOCKS}/{series[1]['id']}").status == 404
    assert actions(series[1]["id"]) == ["deleted"]
    sweep(later(world, days=1))
    assert "2026-12-10" not in [b["local_start"][:10] for b in listed(world, "2026-12-01", "2026-12-31").json["items"]]
    assert world.staff("DELETE", f"{BLOCKS}/{series[3]['id']}?scope=following").status == 204
    assert world.read(Series, series[0]["series_id"]).done
    later(world, days=60)
    assert "laid_out" not in sweep(world.now)
    assert [b["id"] for b in listed(world, "2026-12-01", "2027-02-28").json["items"]] == [
        series[0]["id"],
        series[2]["id"],
    ]


def test_deleting_leaves_what_is_booked_alone(world: World) -> None:
    """Feature 11 and case 6: the appointment stays, a hold without a block no longer confirms."""
    (block,) = created(world)
    booked = world.book().json
    wish = {"service_id": MORTGAGE, "location_id": TORONTO, "meeting_method": "phone", "timezone": "UTC"}
    hold = world.call("POST", "/public/holds", wish | {"start": "2026-12-03T15:00:00Z"}).json
    url = f"{BLOCKS}/{block['id']}"
    assert patched(world, block, {"limit": 4, "end": "2026-12-03T11:00"}).status == 200
    refused = world.staff("DELETE", url)
    assert [a["id"] for a in refused.json["appointments"]] == [booked["id"]]
    assert world.staff("DELETE", f"{url}{CONFIRMED}").status == 204
    assert orphans(world) == [booked["id"]]
    confirm = world.book(at(60), hold_token=hold["token"])
    assert (confirm.status, confirm.json["code"]) == (409, "outside_block")
    seen = world.call("GET", f"/public/appointments/{booked['id']}?code={booked['code']}")
    assert seen.json["confirmed"]
    created(world)
    assert orphans(world) == []
    assert world.book(at(60), hold_token=hold["token"]).status == 201


def test_a_release_by_hand_is_announced_once(world: World) -> None:
    (block,) = created(world, release={"days_before": 1, "time": "08:00"})
    assert (block["state"], block["release_at"]) == ("held", "2026-12-02T13:00:00Z")
    assert world.offers() == {}
    assert world.book().json["code"] == "block_not_released"
    url = f"{BLOCKS}/{block['id']}/release"
    key = {"idempotency-key": "r"}
    first = world.staff("POST", url, headers=key)
    assert (first.status, first.json["state"], first.json["version"]) == (200, "released", 2)
    assert world.staff("POST", url, headers=key).text == first.text
    assert world.staff("POST", url).json == first.json
    assert [e.type for e in events(block)] == ["block.released"]
    (event,) = events(block)
    assert (event.location_id, event.version, event.data["id"]) == (TORONTO, 2, block["id"])
    assert world.book().status == 201
    assert sweep(later(world, days=1)) == {}
    assert shown(world, block)["version"] == 2


def test_closing_takes_no_more_bookings_and_nobodys_seat(world: World) -> None:
    (block,) = created(world, limit=2, services=[MORTGAGE, ACCOUNT])
    created(world, limit=1, services=[ACCOUNT])
    booked = [world.book(service_id=s).json["id"] for s in (ACCOUNT, MORTGAGE, ACCOUNT)]
    url = f"{BLOCKS}/{block['id']}/close"
    closed = world.staff("POST", url)
    assert (closed.status, closed.json["state"], closed.json["booked_peak"]) == (200, "closed", 2)
    assert world.staff("POST", url).json == closed.json
    assert [e.type for e in events(block)] == ["block.closed"]
    assert orphans(world) == []
    assert world.book(service_id=MORTGAGE).json["code"] == "outside_block"
    assert world.book(service_id=ACCOUNT).json["code"] == "capacity_exhausted"
    assert world.staff("POST", f"{BLOCKS}/{block['id']}/release").json["code"] == "wrong_state"
    refused = world.staff("DELETE", f"{BLOCKS}/{block['id']}").json["appointments"]
    assert {a["id"] for a in refused} < set(booked)
    assert len(refused) == 2


def test_a_new_release_policy_decides_anew_unless_somebody_booked(world: World) -> None:
    (block,) = created(world, release={"at": "2026-12-02T09:00"})
    assert block["state"] == "held"
    assert patched(world, block, {"release": {"at": "2026-12-02T10:00"}}).json["release_at"] == "2026-12-02T15:00:00Z"
    opened = patched(world, block, {"release": None}).json
    assert (opened["state"], opened["release_at"]) == ("released", None)
    held = patched(world, block, {"release": {"hours_before": 1}}).json
    assert (held["state"], held["release_at"]) == ("held", "2026-12-03T13:00:00Z")
    assert patched(world, block, {"release": {"hours_before": 72}}).json["state"] == "released"
    assert [e.type for e in events(block)] == ["block.released"] * 2

    booked = world.book().json["id"]
    back = patched(world, block, {"release": {"hours_before": 1}}, CONFIRMED)
    assert (back.status, back.json["code"]) == (409, "wrong_state")
    assert [a["id"] for a in back.json["appointments"]] == [booked]
    assert patched(world, block, {"limit": 3}).json["state"] == "released"


def test_a_series_released_by_an_edit_is_announced_block_by_block(world: World) -> None:
    series = weekly(world, release={"days_before": 1, "time": "08:00"})
    patched(world, series[1], {"release": None}, "?scope=following")
    assert [[e.type for e in events(b)] for b in series] == [[], *[["block.released"]] * 3]
    assert [shown(world, b)["state"] for b in series] == ["held", "released", "released", "released"]


def test_a_moved_block_keeps_following_its_series_policy(world: World) -> None:
    (block,) = created(world, release={"days_before": 1, "time": "08:00"})
    moved = patched(world, block, {"start": "2026-12-10T09:00", "end": "2026-12-10T12:00"}).json
    assert (moved["state"], moved["release_at"]) == ("held", "2026-12-09T13:00:00Z")
    own = patched(world, block, {"release": {"at": "2026-12-05T08:00"}}).json
    again = patched(world, block, {"start": "2026-12-11T09:00", "end": "2026-12-11T12:00"}).json
    assert again["release_at"] == own["release_at"] == "2026-12-05T13:00:00Z"


def test_staff_sit_in_a_held_block_that_is_closed(world: World) -> None:
    block = world.lay(state=BlockState.HELD)
    occupant = Occupant("apt_1", block.start, block.start + 30, MORTGAGE, SeatAccess.SCHEDULE)
    world.rewrite(block.start, block.end, lambda calendar: calendar.with_occupant(occupant))
    found = container.appointment_lists.sheets(TORONTO, "2026-12-03", "2026-12-03")[0].blocks[block.id]
    assert found.state is BlockState.HELD
    placement = BlockCapacity(world.calendar(), int(world.now.timestamp()))
    closed = placement.closed(found)
    assert closed == replace(found, state=BlockState.CLOSED, keeps=("apt_1",), version=found.version + 1)
