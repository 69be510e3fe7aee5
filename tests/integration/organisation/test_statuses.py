"""Setting up statuses: what a valid set is, what an edit may do to it, and who holds what (D27, D30, D31, case 23)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.organisation.statuses import Status, StatusPipeline, StatusPredicate
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import World, at
from tests.builders.in_process.status_bookings import (
    ADMIN,
    CANCELLATION,
    CONFIRMATION,
    START,
    STEPS,
    booked,
    cancel,
    history,
    move,
    named,
    said,
    set_up,
    shown,
    status_body,
    switch,
)


def ask(world: World, method: str, url: str, body: Any = None, **more: Any) -> Reply:
    """As the administrator."""
    return world.staff(method, url, body, who=ADMIN, **more)


def refused(reply: Reply) -> tuple[int, str]:
    """Status and code of a refusal."""
    return reply.status, reply.json["code"]


def listed(world: World) -> list[tuple[str, int]]:
    """The statuses with their positions, as listed."""
    items = ask(world, "GET", "/statuses").json["items"]
    return [(item["name"], item["position"]) for item in items]


@pytest.mark.parametrize(
    "body",
    [
        {"predicate": None},
        {"predicate": [START, CANCELLATION]},
        {"predicate": "done"},
        {"colour": "green"},
        {"colour": "#12345"},
        {"name": " \u200b"},
        {"name": "x" * 101},
        {"position": -1},
        {"position": "1"},
        {"kind": START},
    ],
    ids=str,
)
def test_a_status_has_a_name_one_predicate_and_a_colour(world: World, body: dict[str, Any]) -> None:
    reply = ask(world, "POST", "/statuses", status_body("Received", START) | body)
    assert refused(reply) == (422, "invalid")


def test_one_without_a_predicate_is_none(world: World) -> None:
    assert ask(world, "POST", "/statuses", {"name": "Received", "colour": "#000000"}).status == 422


def test_the_function_takes_a_valid_set(world: World) -> None:
    on = {"status_function": True}
    added: list[str] = []
    for name, predicate in (("Confirmed", CONFIRMATION), ("Received", START)):
        assert refused(ask(world, "PATCH", "/settings", on)) == (422, "statuses_missing")
        added.append(ask(world, "POST", "/statuses", status_body(name, predicate)).json["id"])
    archived = ask(world, "POST", "/statuses", status_body("Declined", CANCELLATION, archived=True)).json["id"]
    assert refused(ask(world, "PATCH", "/settings", on)) == (422, "statuses_missing")
    assert ask(world, "PATCH", f"/statuses/{archived}", {"archived": False}).status == 200
    assert refused(ask(world, "PATCH", "/settings", on)) == (422, "start_first")
    taken = ask(world, "PATCH", f"/statuses/{added[1]}", {"position": 1})
    assert refused(taken) == (422, "position_taken")
    assert ask(world, "PATCH", f"/statuses/{added[1]}", {"position": 0}).json["position"] == 0
    assert ask(world, "PATCH", "/settings", on).json["status_function"] is True
    assert ask(world, "DELETE", f"/statuses/{added[0]}").status == 409


def test_an_order_is_all_or_nothing(world: World) -> None:
    sts = set_up(world)
    names = [name for name, _ in STEPS]
    assert listed(world) == [(name, place) for place, name in enumerate(names, start=1)]
    ids = [sts[name] for name in names]
    for wrong in (ids[:-1], [*ids, "sts_unknown"], [*ids[:-1], "sts_unknown"]):
        assert refused(ask(world, "PUT", "/statuses/order", {"ids": wrong})) == (422, "invalid_order")
    assert ask(world, "PUT", "/statuses/order", {"ids": [*ids, ids[0]]}).status == 422
    assert refused(ask(world, "PUT", "/statuses/order", {"ids": ids[::-1]})) == (422, "start_first")
    assert [name for name, _ in listed(world)] == names
    swapped = [ids[1], ids[0], *ids[5:1:-1]]
    reply = ask(world, "PUT", "/statuses/order", {"ids": swapped})
    assert [item["id"] for item in reply.json["items"]] == swapped
    assert [place for _, place in listed(world)] == [1, 2, 3, 4, 5, 6]
    assert ask(world, "PATCH", f"/statuses/{ids[5]}", {"archived": True}).status == 200
    assert ask(world, "PUT", "/statuses/order", {"ids": ids[:-1]}).status == 200
    assert listed(world)[-1] == ("No papers", 6)
    first = ask(world, "GET", "/statuses?limit=4").json
    rest = ask(world, "GET", f"/statuses?limit=4&cursor={first['next_cursor']}").json
    assert ([item["id"] for item in first["items"] + rest["items"]], rest["next_cursor"]) == (ids, None)
    assert refused(ask(world, "GET", "/statuses?cursor=x")) == (422, "invalid_cursor")


def test_an_archived_status_leaves_its_place_to_another(world: World) -> None:
    """D30: whoever adds another status and archives the old one puts the new one where the old one was."""
    sts = set_up(world)
    old, clone = f"/statuses/{sts['In review']}", status_body("Checking", START, position=2)
    assert refused(ask(world, "POST", "/statuses", clone)) == (422, "position_taken")
    assert ask(world, "PATCH", old, {"archived": True}).status == 200
    assert ask(world, "POST", "/statuses", clone).status == 201
    assert [place for _, place in listed(world)] == [1, 2, 2, 3, 4, 5, 6]
    assert {name for name, place in listed(world) if place == 2} == {"In review", "Checking"}
    pages = [ask(world, "GET", "/statuses?limit=2").json]
    while pages[-1]["next_cursor"]:
        pages.append(ask(world, "GET", f"/statuses?limit=2&cursor={pages[-1]['next_cursor']}").json)
    assert [item["name"] for page in pages for item in page["items"]] == [name for name, _ in listed(world)]

    assert refused(ask(world, "PATCH", old, {"archived": False})) == (422, "position_taken")
    assert ask(world, "PATCH", old, {"archived": False, "position": 7}).json["position"] == 7


def test_a_hundred_of_the_longest_fit_the_record_and_no_more(world: World) -> None:
    """Those that were ever held stay for good, so there is room for years of archived ones."""
    longest: dict[str, Any] = {"name": "\U0001f600" * 100, "description": "\U0001f600" * 500, "colour": "#2e7d32"}
    work = UnitOfWork()
    work.save(
        StatusPipeline(
            tuple(Status(f"sts_{n:026d}", **longest, predicate=StatusPredicate.START, position=n) for n in range(99))
        )
    )
    container.store.commit(work)
    body = {**longest, "predicate": START}
    assert ask(world, "POST", "/statuses", body).status == 201
    assert refused(ask(world, "POST", "/statuses", body)) == (422, "too_many")
    ids = [item["id"] for item in ask(world, "GET", "/statuses?limit=100").json["items"]]
    assert ask(world, "PUT", "/statuses/order", {"ids": ids[::-1]}).json["items"][0]["id"] == ids[-1]


def test_an_edit_is_guarded_by_the_version_of_its_status(world: World) -> None:
    sts = set_up(world)
    url = f"/statuses/{sts['Received']}"
    renamed = ask(world, "PATCH", url, {"name": "Request"}, headers={"If-Match": '"1"'})
    assert (renamed.status, renamed.json["version"]) == (200, 2)
    for method, body in (("PATCH", {"name": "Again"}), ("DELETE", None)):
        assert refused(ask(world, method, url, body, headers={"If-Match": '"1"'})) == (412, "version_mismatch")
    assert (
        ask(world, "PATCH", f"/statuses/{sts['Declined']}", {"name": "No"}, headers={"If-Match": '"1"'}).status == 200
    )
    assert ask(world, "GET", f"/statuses/{sts['Received']}x").status == 404
    assert world.staff("PATCH", url, {"name": "Mine"}).status == 403


def test_the_last_of_a_kind_is_needed(world: World) -> None:
    sts = set_up(world)
    assert ask(world, "DELETE", f"/statuses/{sts['In review']}").status == 204
    for name in ("By phone", "No papers"):
        assert ask(world, "PATCH", f"/statuses/{sts[name]}", {"archived": True}).status == 200
    for name in ("Received", "Confirmed", "Declined"):
        url = f"/statuses/{sts[name]}"
        assert refused(ask(world, "DELETE", url)) == (409, "status_needed")
        assert refused(ask(world, "PATCH", url, {"archived": True})) == (409, "status_needed")
        other = CANCELLATION if name != "Declined" else CONFIRMATION
        assert refused(ask(world, "PATCH", url, {"predicate": other})) == (409, "status_needed")
    # Nobody awaits anything: with the function off all of them may go.
    switch(world, function=False)
    for status_id in (sts["Received"], sts["Confirmed"], sts["Declined"]):
        assert ask(world, "DELETE", f"/statuses/{status_id}").status == 204


def test_what_appointments_hold_keeps_its_meaning_and_its_place(world: World) -> None:
    sts = set_up(world)
    world.lay(limit=3)
    waiting, promised, gone = (
        booked(world, start=at(30 * n), attendee={"email": f"g{n}@example.org", "last_name": str(n)}) for n in range(3)
    )
    move(world, promised["id"], sts["Confirmed"])
    move(world, gone["id"], sts["Declined"], reason="No papers")
    before = {one["id"]: (said(world, one["id"]), history(world, one["id"])) for one in (waiting, promised, gone)}
    free = world.offers()
    for name, other in (("Received", CONFIRMATION), ("Confirmed", START), ("Declined", START)):
        url = f"/statuses/{sts[name]}"
        assert refused(ask(world, "PATCH", url, {"predicate": other})) == (409, "status_in_use")
        assert refused(ask(world, "DELETE", url)) == (409, "in_use")
        assert ask(world, "DELETE", url).json["used_by"] == {"appointments": 1}
        edit = {"name": f"New {name}", "colour": "#abcdef", "description": "Other", "position": 10 + len(name)}
        if name == "Received":
            edit["position"] = 0
        assert ask(world, "PATCH", url, edit).status == 200, ask(world, "PATCH", url, edit).text
    assert ask(world, "POST", "/statuses", status_body("Earlier", START, position=9)).status == 201
    assert ask(world, "PATCH", f"/statuses/{sts['Confirmed']}", {"archived": True}).status == 200
    assert refused(ask(world, "PATCH", f"/statuses/{sts['By phone']}", {"archived": True})) == (409, "status_needed")

    for one, name in ((waiting, "Received"), (promised, "Confirmed"), (gone, "Declined")):
        assert shown(world, one["id"])["status"] == {
            "id": sts[name],
            "name": f"New {name}",
            "colour": "#abcdef",
            "predicate": {"Received": START, "Confirmed": CONFIRMATION, "Declined": CANCELLATION}[name],
        }
        assert (said(world, one["id"]), history(world, one["id"])) == before[one["id"]]
    assert world.offers() == free
    assert refused(move(world, waiting["id"], sts["Confirmed"])) == (422, "status_archived")
    assert move(world, waiting["id"], sts["By phone"]).json["confirmed"] is True
    # Nobody holds it any more, and what it was stays in the history.
    assert ask(world, "DELETE", f"/statuses/{sts['Received']}").status == 204
    assert named(history(world, waiting["id"])) == ["By phone", "Received"]


def test_a_status_that_means_something_else_counts_anew(world: World) -> None:
    sts = set_up(world)
    world.lay()
    url = f"/statuses/{sts['In review']}"
    for predicate in (CANCELLATION, START, CONFIRMATION, START):
        assert ask(world, "PATCH", url, {"predicate": predicate}).status == 200
    asked = booked(world)
    assert move(world, asked["id"], sts["In review"]).status == 200
    assert refused(ask(world, "PATCH", url, {"predicate": CANCELLATION})) == (409, "status_in_use")
    assert move(world, asked["id"], sts["Received"]).status == 200
    assert ask(world, "PATCH", url, {"predicate": CANCELLATION}).status == 200
    assert move(world, asked["id"], sts["In review"], reason="Not today").json["state"] == "cancelled"
    assert refused(ask(world, "PATCH", url, {"predicate": START})) == (409, "status_in_use")


@pytest.mark.parametrize(("service", "function"), [(True, True), (True, False), (False, True), (False, False)])
def test_both_switches_make_a_request(world: World, service: bool, function: bool) -> None:
    set_up(world, on=False)
    world.lay()
    switch(world, service=service, function=function)
    answer = booked(world)
    assert answer["confirmed"] is not (service and function)
    assert (answer["status"] is None) is answer["confirmed"]


def test_what_is_under_way_goes_on_when_the_function_is_switched_off(world: World) -> None:
    sts = set_up(world)
    world.lay(limit=4)
    waiting, promised, other = (
        booked(world, attendee={"email": f"g{n}@example.org", "last_name": str(n)}) for n in range(3)
    )
    move(world, promised["id"], sts["By phone"])
    switch(world, service=False)
    switch(world, function=False)
    plain = booked(world, attendee={"email": "bo@example.org"})
    assert (plain["confirmed"], plain["status"]) == (True, None)
    # What waits needs somewhere to go.
    assert ask(world, "DELETE", f"/statuses/{sts['Confirmed']}").status == 204
    assert refused(ask(world, "PATCH", f"/statuses/{sts['By phone']}", {"archived": True})) == (409, "status_needed")
    assert ask(world, "DELETE", f"/statuses/{sts['No papers']}").status == 204
    assert refused(ask(world, "DELETE", f"/statuses/{sts['Declined']}")) == (409, "status_needed")
    assert move(world, waiting["id"], sts["In review"]).json["status"]["name"] == "In review"
    assert move(world, waiting["id"], sts["By phone"]).json["confirmed"] is True
    assert cancel(world, other, "Ill").json["status"]["name"] == "Declined"
    switch(world, service=True, function=True)
    assert shown(world, plain["id"])["status"] is None
    assert refused(move(world, plain["id"], sts["By phone"])) == (409, "wrong_state")
    assert refused(move(world, plain["id"], sts["Declined"], reason="No")) == (409, "wrong_state")
    assert history(world, plain["id"]) == []
    assert world.staff("POST", f"/appointments/{plain['id']}/cancel", {}).json["status"] is None
