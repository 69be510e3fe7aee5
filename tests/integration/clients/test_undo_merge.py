"""Undoing a merge: its exact reverse, but for what has been edited and booked since (D24, feature 44)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from chalicelib.domain.shared.times import utc_text
from chalicelib.persistence.table import Row
from tests.builders.generators.client_merge_plans import PLANS, MergePlan, MergeScenario, require_undo_restores
from tests.builders.in_process.merge_requests import (
    ADMIN,
    attendees,
    booked,
    come_both,
    create,
    found,
    merged,
    pair,
    public,
    rows,
    show,
    sound,
    undo,
)
from tests.builders.in_process.planned_block_branch import undone
from tests.builders.in_process.sample_organisation import MORTGAGE, TORONTO, World, at
from tests.builders.in_process.staff_bookings import refusal


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=5)
    return world


def test_undoing_gives_back_everything_but_the_log(world: World) -> None:
    duplicate, primary = pair(world)
    booked(world, duplicate)
    come_both(world, primary, duplicate)
    before = rows(world)
    seen = show(world, duplicate), show(world, primary)
    answer = merged(world, duplicate, primary)
    assert rows(world) != before
    apart = undo(world, answer["merge_id"])
    assert (apart.status, apart.json["kept_fields"]) == (200, [])
    assert rows(world) == before
    for client, was in zip((apart.json["duplicate"], apart.json["primary"]), seen, strict=True):
        assert client | {"version": was["version"], "updated_at": was["updated_at"]} == was
    assert found(world, "anna") == [duplicate]
    assert found(world, "ana@example.org") == [primary]


@pytest.mark.parametrize("edit", [{}, {"city": "Oshawa"}])
def test_undoing_a_further_merge_leaves_the_names_of_an_earlier_one(world: World, edit: dict[str, str]) -> None:
    """Both merged ones had been known under what the last has too: either side may have been another's primary."""
    bea, dup, other = create(world, "Bea"), create(world, "Anna", mobile="+14165550101"), create(world, "Cleo")
    shared = create(world, "Dora", email="anna@example.org")
    merged(world, bea, dup)
    merged(world, other, shared)
    before = rows(world)
    answer = merged(world, dup, shared, fields=["city"])
    assert world.staff("PATCH", f"/clients/{shared}", edit, ADMIN).status == 200
    undo(world, answer["merge_id"])
    after = rows(world)
    assert [k for k in before if before[k] != after[k] and k[0].startswith("CONTACT#")] == []
    assert public(world, {"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}) == dup
    assert public(world, {"first_name": "Dora", "last_name": "Ruiz", "email": "anna@example.org"}, 30) == shared


def test_undoing_gives_back_a_name_under_another_address(world: World) -> None:
    duplicate, primary = pair(world)
    before = rows(world)
    answer = merged(world, duplicate, primary, fields=["email"])
    assert rows(world)["CONTACT#anna@example.org", "META"][0] == [[duplicate, "anna ruiz"], [primary, "ana ruiz"]]
    assert undo(world, answer["merge_id"]).status == 200
    assert rows(world) == before


def test_undoing_a_chain_goes_from_its_end(world: World) -> None:
    a, b, c = create(world, "Anna", external_id="A-1"), create(world, "Bea"), create(world, "Cleo", external_id="C-1")
    start = rows(world)
    first = merged(world, a, b)["merge_id"]
    between = rows(world)
    second = merged(world, b, c)["merge_id"]
    too_early = undo(world, first)
    assert (*refusal(too_early), too_early.json["merged_into"]) == (409, "client_merged", c)
    assert undo(world, second).status == 200
    assert rows(world) == between
    assert show(world, a)["id"] == b
    assert undo(world, first).status == 200
    assert rows(world) == start


def test_of_two_merges_into_one_the_first_is_undone_without_the_second(world: World) -> None:
    anna, bea, primary = create(world, "Anna"), create(world, "Bea"), create(world, "Cleo")
    start = rows(world)
    first, second = merged(world, anna, primary)["merge_id"], merged(world, bea, primary)["merge_id"]
    apart = undo(world, first).json
    assert (apart["duplicate"]["email"], apart["primary"]["email"]) == ("anna@example.org", "bea@example.org")
    assert set(apart["kept_fields"]) == {"first_name", "email"}
    assert apart["primary"]["merged_from"] == [bea]
    assert undo(world, second).json["primary"]["email"] == "cleo@example.org"
    assert rows(world) == start


def test_what_was_edited_and_booked_since_stays_with_the_primary(world: World) -> None:
    duplicate, primary = pair(world)
    old = booked(world, duplicate)
    answer = merged(world, duplicate, primary)
    world.staff("PATCH", f"/clients/{primary}", {"email": "new@example.org", "city": "Oshawa"}, ADMIN)
    new = public(world, {"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"})
    assert new == primary
    since = booked(world, primary, 60)
    apart = undo(world, answer["merge_id"]).json
    assert apart["kept_fields"] == ["email", "city"]
    assert (apart["primary"]["email"], apart["primary"]["city"]) == ("new@example.org", "Oshawa")
    assert apart["primary"]["first_name"] == "Ana"
    assert attendees(world, old)[0]["client_id"] == duplicate
    assert attendees(world, since)[0]["client_id"] == primary
    assert public(world, {"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}, 120) == duplicate
    assert public(world, {"first_name": "Ana", "last_name": "Ruiz", "email": "new@example.org"}, 120) == primary


def test_an_outside_id_that_the_primary_was_given_since_stays_theirs_alone(world: World) -> None:
    former, duplicate = create(world, "Bo", external_id="A-0"), create(world, "Anna", external_id="A-1")
    primary = create(world, external_id="P-1")
    merged(world, former, duplicate)
    for value in ("A-1", "A-0"):
        answer = merged(world, duplicate, primary)
        assert world.staff("PATCH", f"/clients/{primary}", {"external_id": value}, ADMIN).status == 200
        apart = undo(world, answer["merge_id"]).json
        assert (apart["primary"]["external_id"], apart["kept_fields"]) == (value, ["external_id"])
        assert found(world, value) == [primary]
        assert world.staff("PATCH", f"/clients/{duplicate}", {"external_id": value}, ADMIN).status == 409
        world.staff("PATCH", f"/clients/{primary}", {"external_id": "P-1"}, ADMIN)


def test_an_outside_id_that_somebody_else_has_by_now_is_not_taken_back(world: World) -> None:
    duplicate, primary = create(world, "Anna", external_id="A-1"), create(world)
    answer = merged(world, duplicate, primary)
    world.staff("PATCH", f"/clients/{primary}", {"external_id": "A-2"}, ADMIN)
    other = create(world, "Bo", external_id="A-1")
    apart = undo(world, answer["merge_id"]).json
    assert (apart["duplicate"]["external_id"], apart["primary"]["external_id"]) == (None, "A-2")
    assert found(world, "A-1") == [other]


def test_a_merge_is_undone_once(world: World) -> None:
    duplicate, primary = pair(world)
    first = merged(world, duplicate, primary)["merge_id"]
    assert undo(world, first).status == 200
    assert refusal(undo(world, first)) == (409, "wrong_state")
    again = merged(world, duplicate, primary)["merge_id"]
    assert refusal(undo(world, first)) == (409, "wrong_state")
    assert undo(world, again).status == 200
    assert refusal(undo(world, "mrg_nothing")) == (404, "not_found")


def test_nothing_is_left_of_a_merge_once_the_client_is_deleted(world: World) -> None:
    duplicate, primary = create(world, "Annabel", notes="Secret"), create(world)
    answer = merged(world, duplicate, primary)
    assert world.staff("DELETE", f"/clients/{primary}", who=ADMIN).status == 204
    assert refusal(undo(world, answer["merge_id"])) == (404, "not_found")
    kept = [str(row.attribute_values) for row in Row.scan()]
    assert [row for row in kept if "nnabel" in row or "Secret" in row or "ana@example.org" in row] == []


def slot(minutes: int) -> dict[str, Any]:
    """What is booked."""
    place = {"service_id": MORTGAGE, "location_id": TORONTO, "meeting_method": "in_person"}
    return place | {"start": utc_text(at(minutes))}


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=PLANS)
def test_any_merges_undone_from_the_last_leave_the_table_as_it_was(plan: MergePlan, world: World) -> None:
    def call(method: str, path: str, body: Any) -> Any:
        reply = world.staff(method, path, body, ADMIN)
        assert reply.status in (200, 201), reply.text
        return reply.json

    with undone():
        world.lay(limit=20)
        scenario = MergeScenario(call, slot, "f")
        scenario.create(plan)
        require_undo_restores(scenario, plan, lambda: rows(world))
        sound(world)
