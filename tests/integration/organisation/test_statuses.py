"""Statuses set up: valid sets, edits, counts of use (D27, D30, D31, case 23)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.organisation.statuses import Status, StatusPipeline, StatusPredicate
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import at
from tests.builders.in_process.status_requests import (
    ADMIN,
    CANCELLATION,
    CONFIRMATION,
    START,
    STATUSES,
    messages,
    status_body,
    status_names,
)
from tests.builders.in_process.table_records import committed


def ask(org: Organisation, method: str, url: str, body: Any = None, **more: Any) -> Reply:
    """As the administrator."""
    return org.as_staff(method, url, body, who=ADMIN, **more)


def listed(org: Organisation) -> list[tuple[str, int]]:
    """The statuses with their positions, as listed."""
    items = ask(org, "GET", "/statuses").json["items"]
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
def test_a_status_has_a_name_one_predicate_and_a_colour(org: Organisation, body: dict[str, Any]) -> None:
    assert ask(org, "POST", "/statuses", status_body("Received", START) | body).refusal == (422, "invalid")


def test_one_without_a_predicate_is_none(org: Organisation) -> None:
    assert ask(org, "POST", "/statuses", {"name": "Received", "colour": "#000000"}).status == 422


def test_the_function_takes_a_valid_set(org: Organisation) -> None:
    on = {"status_function": True}
    added: list[str] = []
    for name, predicate in (("Confirmed", CONFIRMATION), ("Received", START)):
        assert ask(org, "PATCH", "/settings", on).refusal == (422, "statuses_missing")
        added.append(ask(org, "POST", "/statuses", status_body(name, predicate)).json["id"])
    archived = ask(org, "POST", "/statuses", status_body("Declined", CANCELLATION, archived=True)).json["id"]
    assert ask(org, "PATCH", "/settings", on).refusal == (422, "statuses_missing")
    assert ask(org, "PATCH", f"/statuses/{archived}", {"archived": False}).status == 200
    assert ask(org, "PATCH", "/settings", on).refusal == (422, "start_first")
    assert ask(org, "PATCH", f"/statuses/{added[1]}", {"position": 1}).refusal == (422, "position_taken")
    assert ask(org, "PATCH", f"/statuses/{added[1]}", {"position": 0}).json["position"] == 0
    assert ask(org, "PATCH", "/settings", on).json["status_function"] is True
    assert ask(org, "DELETE", f"/statuses/{added[0]}").status == 409


def test_an_order_is_all_or_nothing(org: Organisation) -> None:
    sts = org.statuses.create()
    names = [name for name, _ in STATUSES]
    assert listed(org) == [(name, place) for place, name in enumerate(names, start=1)]
    ids = [sts[name] for name in names]
    for wrong in (ids[:-1], [*ids, "sts_unknown"], [*ids[:-1], "sts_unknown"]):
        assert ask(org, "PUT", "/statuses/order", {"ids": wrong}).refusal == (422, "invalid_order")
    assert ask(org, "PUT", "/statuses/order", {"ids": [*ids, ids[0]]}).status == 422
    assert ask(org, "PUT", "/statuses/order", {"ids": ids[::-1]}).refusal == (422, "start_first")
    assert [name for name, _ in listed(org)] == names
    swapped = [ids[1], ids[0], *ids[5:1:-1]]
    assert [item["id"] for item in ask(org, "PUT", "/statuses/order", {"ids": swapped}).json["items"]] == swapped
    assert [place for _, place in listed(org)] == [1, 2, 3, 4, 5, 6]
    assert ask(org, "PATCH", f"/statuses/{ids[5]}", {"archived": True}).status == 200
    assert ask(org, "PUT", "/statuses/order", {"ids": ids[:-1]}).status == 200
    assert listed(org)[-1] == ("No papers", 6)
    first = ask(org, "GET", "/statuses?limit=4").json
    rest = ask(org, "GET", f"/statuses?limit=4&cursor={first['next_cursor']}").json
    assert ([item["id"] for item in first["items"] + rest["items"]], rest["next_cursor"]) == (ids, None)
    assert ask(org, "GET", "/statuses?cursor=x").refusal == (422, "invalid_cursor")


def test_an_archived_status_leaves_its_place_to_another(org: Organisation) -> None:
    """D30: whoever adds another status and archives the old one puts the new one where the old one was."""
    sts = org.statuses.create()
    old, clone = f"/statuses/{sts['In review']}", status_body("Checking", START, position=2)
    assert ask(org, "POST", "/statuses", clone).refusal == (422, "position_taken")
    assert ask(org, "PATCH", old, {"archived": True}).status == 200
    assert ask(org, "POST", "/statuses", clone).status == 201
    assert [place for _, place in listed(org)] == [1, 2, 2, 3, 4, 5, 6]
    assert {name for name, place in listed(org) if place == 2} == {"In review", "Checking"}
    pages = [ask(org, "GET", "/statuses?limit=2").json]
    while pages[-1]["next_cursor"]:
        pages.append(ask(org, "GET", f"/statuses?limit=2&cursor={pages[-1]['next_cursor']}").json)
    assert [item["name"] for page in pages for item in page["items"]] == [name for name, _ in listed(org)]

    assert ask(org, "PATCH", old, {"archived": False}).refusal == (422, "position_taken")
    assert ask(org, "PATCH", old, {"archived": False, "position": 7}).json["position"] == 7


def test_a_hundred_of_the_longest_fit_the_record_and_no_more(org: Organisation) -> None:
    """Those that were ever held stay for good, so there is room for years of archived ones."""
    longest: dict[str, Any] = {"name": "\U0001f600" * 100, "description": "\U0001f600" * 500, "colour": "#2e7d32"}
    with committed() as work:
        work.save(
            StatusPipeline(
                tuple(
                    Status(f"sts_{n:026d}", **longest, predicate=StatusPredicate.START, position=n) for n in range(99)
                )
            )
        )
    body = {**longest, "predicate": START}
    assert ask(org, "POST", "/statuses", body).status == 201
    assert ask(org, "POST", "/statuses", body).refusal == (422, "too_many")
    ids = [item["id"] for item in ask(org, "GET", "/statuses?limit=100").json["items"]]
    assert ask(org, "PUT", "/statuses/order", {"ids": ids[::-1]}).json["items"][0]["id"] == ids[-1]


def test_an_edit_is_guarded_by_the_version_of_its_status(org: Organisation) -> None:
    sts = org.statuses.create()
    url = f"/statuses/{sts['Received']}"
    renamed = ask(org, "PATCH", url, {"name": "Request"}, headers={"If-Match": '"1"'})
    assert (renamed.status, renamed.json["version"]) == (200, 2)
    for method, body in (("PATCH", {"name": "Again"}), ("DELETE", None)):
        assert ask(org, method, url, body, headers={"If-Match": '"1"'}).refusal == (412, "version_mismatch")
    assert ask(org, "PATCH", f"/statuses/{sts['Declined']}", {"name": "No"}, headers={"If-Match": '"1"'}).status == 200
    assert ask(org, "GET", f"/statuses/{sts['Received']}x").status == 404
    assert org.as_staff("PATCH", url, {"name": "Mine"}).status == 403


def test_the_last_of_a_kind_is_needed(org: Organisation) -> None:
    sts = org.statuses.create()
    assert ask(org, "DELETE", f"/statuses/{sts['In review']}").status == 204
    for name in ("By phone", "No papers"):
        assert ask(org, "PATCH", f"/statuses/{sts[name]}", {"archived": True}).status == 200
    for name in ("Received", "Confirmed", "Declined"):
        url = f"/statuses/{sts[name]}"
        assert ask(org, "DELETE", url).refusal == (409, "status_needed")
        assert ask(org, "PATCH", url, {"archived": True}).refusal == (409, "status_needed")
        other = CANCELLATION if name != "Declined" else CONFIRMATION
        assert ask(org, "PATCH", url, {"predicate": other}).refusal == (409, "status_needed")
    # Nobody awaits anything: with the function off all of them may go.
    org.statuses.switch(function=False)
    for status_id in (sts["Received"], sts["Confirmed"], sts["Declined"]):
        assert ask(org, "DELETE", f"/statuses/{status_id}").status == 204


def test_what_appointments_hold_keeps_its_meaning_and_its_place(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block(limit=3)
    waiting, promised, gone = (
        org.book(start=at(30 * n), attendee={"email": f"g{n}@example.org", "last_name": str(n)}) for n in range(3)
    )
    org.statuses.change(promised["id"], sts["Confirmed"])
    org.statuses.change(gone["id"], sts["Declined"], reason="No papers")
    before = {one["id"]: (messages(one["id"]), org.statuses.history(one["id"])) for one in (waiting, promised, gone)}
    free = org.available_starts()
    for name, other in (("Received", CONFIRMATION), ("Confirmed", START), ("Declined", START)):
        url = f"/statuses/{sts[name]}"
        assert ask(org, "PATCH", url, {"predicate": other}).refusal == (409, "status_in_use")
        assert ask(org, "DELETE", url).refusal == (409, "in_use")
        assert ask(org, "DELETE", url).json["used_by"] == {"appointments": 1}
        edit = {"name": f"New {name}", "colour": "#abcdef", "description": "Other", "position": 10 + len(name)}
        if name == "Received":
            edit["position"] = 0
        assert ask(org, "PATCH", url, edit).status == 200, ask(org, "PATCH", url, edit).text
    assert ask(org, "POST", "/statuses", status_body("Earlier", START, position=9)).status == 201
    assert ask(org, "PATCH", f"/statuses/{sts['Confirmed']}", {"archived": True}).status == 200
    assert ask(org, "PATCH", f"/statuses/{sts['By phone']}", {"archived": True}).refusal == (409, "status_needed")

    for one, name in ((waiting, "Received"), (promised, "Confirmed"), (gone, "Declined")):
        assert org.appointment(one["id"])["status"] == {
            "id": sts[name],
            "name": f"New {name}",
            "colour": "#abcdef",
            "predicate": {"Received": START, "Confirmed": CONFIRMATION, "Declined": CANCELLATION}[name],
        }
        assert (messages(one["id"]), org.statuses.history(one["id"])) == before[one["id"]]
    assert org.available_starts() == free
    assert org.statuses.change(waiting["id"], sts["Confirmed"]).refusal == (422, "status_archived")
    assert org.statuses.change(waiting["id"], sts["By phone"]).json["confirmed"] is True
    # Nobody holds it any more, and what it was stays in the history.
    assert ask(org, "DELETE", f"/statuses/{sts['Received']}").status == 204
    assert status_names(org.statuses.history(waiting["id"])) == ["By phone", "Received"]


def test_a_status_that_means_something_else_counts_anew(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block()
    url = f"/statuses/{sts['In review']}"
    for predicate in (CANCELLATION, START, CONFIRMATION, START):
        assert ask(org, "PATCH", url, {"predicate": predicate}).status == 200
    asked = org.book()
    assert org.statuses.change(asked["id"], sts["In review"]).status == 200
    assert ask(org, "PATCH", url, {"predicate": CANCELLATION}).refusal == (409, "status_in_use")
    assert org.statuses.change(asked["id"], sts["Received"]).status == 200
    assert ask(org, "PATCH", url, {"predicate": CANCELLATION}).status == 200
    assert org.statuses.change(asked["id"], sts["In review"], reason="Not today").json["state"] == "cancelled"
    assert ask(org, "PATCH", url, {"predicate": START}).refusal == (409, "status_in_use")


@pytest.mark.parametrize(("service", "function"), [(True, True), (True, False), (False, True), (False, False)])
def test_both_switches_make_a_request(org: Organisation, service: bool, function: bool) -> None:
    org.statuses.create(on=False)
    org.create_block()
    org.statuses.switch(service=service, function=function)
    answer = org.book()
    assert answer["confirmed"] is not (service and function)
    assert (answer["status"] is None) is answer["confirmed"]


def test_what_is_under_way_goes_on_when_the_function_is_switched_off(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block(limit=4)
    waiting, promised, other = (
        org.book(attendee={"email": f"g{n}@example.org", "last_name": str(n)}) for n in range(3)
    )
    org.statuses.change(promised["id"], sts["By phone"])
    org.statuses.switch(service=False)
    org.statuses.switch(function=False)
    plain = org.book(attendee={"email": "bo@example.org"})
    assert (plain["confirmed"], plain["status"]) == (True, None)
    # What waits needs somewhere to go.
    assert ask(org, "DELETE", f"/statuses/{sts['Confirmed']}").status == 204
    assert ask(org, "PATCH", f"/statuses/{sts['By phone']}", {"archived": True}).refusal == (409, "status_needed")
    assert ask(org, "DELETE", f"/statuses/{sts['No papers']}").status == 204
    assert ask(org, "DELETE", f"/statuses/{sts['Declined']}").refusal == (409, "status_needed")
    assert org.statuses.change(waiting["id"], sts["In review"]).json["status"]["name"] == "In review"
    assert org.statuses.change(waiting["id"], sts["By phone"]).json["confirmed"] is True
    assert org.cancel(other, reason="Ill").json["status"]["name"] == "Declined"
    org.statuses.switch(service=True, function=True)
    assert org.appointment(plain["id"])["status"] is None
    assert org.statuses.change(plain["id"], sts["By phone"]).refusal == (409, "wrong_state")
    assert org.statuses.change(plain["id"], sts["Declined"], reason="No").refusal == (409, "wrong_state")
    assert org.statuses.history(plain["id"]) == []
    assert org.act(plain["id"], "cancel", {}).json["status"] is None
