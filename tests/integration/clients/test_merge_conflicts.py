"""Merges overtaken: whoever comes second decides anew on what the first has left (edge cases 16, 17)."""

from __future__ import annotations

import pytest

from chalicelib.container import container
from chalicelib.services.integrity.client_integrity import ClientFlaw
from tests.builders.in_process.merge_requests import (
    ADMIN,
    attendees,
    booked,
    books,
    create,
    merge,
    merged,
    pair,
    public,
    show,
    sound,
    undo,
)
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import before_the_next_commit, refusal
from tests.builders.on_stack.competing_writers import without_conditions


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=5)
    return world


def test_a_merge_overtaken_by_the_opposite_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = pair(world)
    before_the_next_commit(monkeypatch, lambda: merged(world, other, one))
    assert refusal(merge(world, one, other)) == (409, "client_merged")
    assert show(world, other)["id"] == one
    sound(world)


def test_without_the_clients_condition_both_would_be_made_and_the_check_finds_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair(world)
    before_the_next_commit(monkeypatch, lambda: merged(world, other, one))
    with without_conditions(monkeypatch, "CLI#"):
        assert merge(world, one, other).status == 200
    assert {flaw.flaw for flaw in container.client_integrity.check([one, other])} == {ClientFlaw.NOT_FOUND}


def test_a_merge_overtaken_by_an_edit_takes_the_edit_along(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicate, primary = pair(world)
    edit = f"/clients/{duplicate}", {"city": "Oshawa"}
    before_the_next_commit(monkeypatch, lambda: world.staff("PATCH", *edit, ADMIN))
    assert merged(world, duplicate, primary)["client"]["city"] == "Oshawa"
    sound(world)


def test_an_edit_overtaken_by_a_merge_is_told_where_to_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicate, primary = pair(world)
    before_the_next_commit(monkeypatch, lambda: merged(world, duplicate, primary))
    edited = world.staff("PATCH", f"/clients/{duplicate}", {"city": "Oshawa"}, ADMIN)
    assert (*refusal(edited), edited.json["merged_into"]) == (409, "client_merged", primary)
    assert show(world, primary)["city"] == ""
    sound(world)


def test_a_booking_overtaken_by_a_merge_is_the_primarys(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicate, primary = pair(world)
    before_the_next_commit(monkeypatch, lambda: merged(world, duplicate, primary))
    assert public(world, {"first_name": "Anna", "last_name": "Ruiz", "email": "anna@example.org"}) == primary
    sound(world)


def test_a_booking_by_staff_overtaken_by_a_merge_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicate, primary = pair(world)
    before_the_next_commit(monkeypatch, lambda: merged(world, duplicate, primary))
    assert refusal(books(world, duplicate)) == (409, "client_merged")
    assert list(world.calendar().occupants(0)) == []
    sound(world)


def test_a_merge_overtaken_by_a_booking_takes_it_along(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicate, primary = pair(world)
    done: list[str] = []
    before_the_next_commit(monkeypatch, lambda: done.append(booked(world, duplicate)))
    merged(world, duplicate, primary)
    assert attendees(world, done[0])[0]["client_id"] == primary
    sound(world)


def test_an_attendee_overtaken_by_a_merge_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicate, primary = pair(world)
    appointment = booked(world, create(world, "Bo"))
    before_the_next_commit(monkeypatch, lambda: merged(world, duplicate, primary))
    added = world.staff("POST", f"/appointments/{appointment}/attendees", {"client_id": duplicate}, ADMIN)
    assert refusal(added) == (409, "client_merged")
    sound(world)


def test_an_undo_overtaken_by_a_further_merge_is_too_late(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicate, primary = pair(world)
    last = create(world, "Bo")
    merge_id = merged(world, duplicate, primary)["merge_id"]
    before_the_next_commit(monkeypatch, lambda: merged(world, primary, last))
    assert refusal(undo(world, merge_id)) == (409, "client_merged")
    assert show(world, duplicate)["id"] == last
    sound(world)


def test_a_further_merge_overtaken_by_an_undo_is_of_the_primary_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    duplicate, primary = pair(world)
    last = create(world, "Bo")
    merge_id = merged(world, duplicate, primary)["merge_id"]
    before_the_next_commit(monkeypatch, lambda: undo(world, merge_id))
    assert merged(world, primary, last)["client"]["merged_from"] == [primary]
    assert show(world, duplicate)["id"] == duplicate
    sound(world)


def test_of_two_who_undo_one_is_told_that_it_is_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    merge_id = merged(world, *pair(world))["merge_id"]
    before_the_next_commit(monkeypatch, lambda: undo(world, merge_id))
    assert refusal(undo(world, merge_id)) == (409, "wrong_state")
    sound(world)


def test_a_deletion_overtaken_by_a_merge(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicate, primary = pair(world)
    before_the_next_commit(monkeypatch, lambda: merged(world, duplicate, primary))
    assert refusal(world.staff("DELETE", f"/clients/{duplicate}", who=ADMIN)) == (409, "client_merged")
    sound(world)
