"""Both records must be within the caller's reach for editing and deleting (D23)."""

from __future__ import annotations

import pytest

from tests.builders.in_process.merge_requests import ADMIN, SAM_MAIL, booked, create, merge, merged, pair, show, undo
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import refusal


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=5)
    return world


def test_staff_merge_whom_they_have_had_both(world: World) -> None:
    duplicate, primary = pair(world)
    first, second = booked(world, duplicate), booked(world, primary, 60)
    assert refusal(merge(world, duplicate, primary, SAM_MAIL)) == (404, "not_found")
    world.staff("POST", f"/appointments/{first}/claim", {}, SAM_MAIL)
    assert refusal(merge(world, duplicate, primary, SAM_MAIL)) == (404, "not_found")
    world.staff("POST", f"/appointments/{second}/claim", {}, SAM_MAIL)
    answer = merge(world, duplicate, primary, SAM_MAIL)
    assert answer.status == 200, answer.text
    assert undo(world, answer.json["merge_id"], SAM_MAIL).status == 200


def test_who_knew_the_duplicate_knows_the_primary_afterwards(world: World) -> None:
    duplicate, primary = pair(world)
    appointment = booked(world, duplicate)
    world.staff("POST", f"/appointments/{appointment}/claim", {}, SAM_MAIL)
    assert world.staff("GET", f"/clients/{primary}", who=SAM_MAIL).status == 404
    answer = merged(world, duplicate, primary)
    assert show(world, primary, SAM_MAIL)["id"] == show(world, duplicate, SAM_MAIL)["id"] == primary
    undo(world, answer["merge_id"])
    assert world.staff("GET", f"/clients/{primary}", who=SAM_MAIL).status == 404
    assert show(world, duplicate, SAM_MAIL)["id"] == duplicate


def test_who_may_only_look_may_not_merge(world: World) -> None:
    world.staff("PATCH", "/settings", {"all_staff_view_all_clients": True}, ADMIN)
    duplicate, primary = pair(world)
    assert refusal(merge(world, duplicate, primary, SAM_MAIL)) == (403, "forbidden")
    answer = merged(world, duplicate, primary)
    assert refusal(undo(world, answer["merge_id"], SAM_MAIL)) == (403, "forbidden")


def test_a_pointer_is_no_way_to_learn_of_anybody(world: World) -> None:
    a, b, c = create(world, "Anna"), create(world, "Bea"), create(world, "Cleo")
    answer = merged(world, a, b)
    assert refusal(merge(world, a, c, SAM_MAIL)) == (404, "not_found")
    assert refusal(undo(world, answer["merge_id"], SAM_MAIL)) == (404, "not_found")
