"""What has been going on with a client: every kind of row, the whole family, newest first, within scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from benchmarks.dynamodb.usage_meter import UsageMeter
from chalicelib.domain.shared.permissions import Role
from chalicelib.persistence import table as items_of_the_table
from tests.builders.in_process.client_requests import items, merge, taken_in, visit
from tests.builders.in_process.sample_organisation import ALEX, MORTGAGE, SAM, TORONTO, World, at
from tests.builders.in_process.staff_bookings import CENTRAL, as_role, hire, setting, staff_body, staffed

SAM_MAIL = "sam@example.org"


@pytest.fixture
def world(world: World) -> World:
    """A branch with people of every role, and room for whoever comes."""
    staffed(world).lay(limit=50)
    return world


@pytest.fixture
def ana(world: World) -> str:
    """A client nobody has booked."""
    return str(taken_in(world)["id"])


def rows(world: World, client_id: str, query: str = "", who: str = CENTRAL) -> list[dict[str, Any]]:
    """All of somebody's activity."""
    return items(world, f"/clients/{client_id}/activity{query}", who)


def workflow(world: World, client_id: str, **fields: Any) -> str:
    """The id of a new workflow, a second later than whatever came before."""
    world.now += timedelta(seconds=1)
    url = f"/clients/{client_id}/workflows"
    reply = as_role(world, "POST", url, {"name": "Onboarding", "steps": ["Call"]} | fields, CENTRAL)
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def test_who_has_none_has_an_empty_list(world: World, ana: str) -> None:
    assert rows(world, ana) == []


def test_an_appointment_says_what_it_is_and_how_it_came_about(world: World, ana: str) -> None:
    made = visit(world, ana, staff={"id": SAM})

    assert rows(world, ana) == [
        {
            "type": "appointment",
            "id": made["id"],
            "at": "2026-12-03T14:00:00Z",
            "service_id": MORTGAGE,
            "location_id": TORONTO,
            "staff_id": SAM,
            "meeting_method": "in_person",
            "end": "2026-12-03T14:30:00Z",
            "timezone": "America/Toronto",
            "local_start": "2026-12-03T09:00:00",
            "state": "booked",
            "confirmed": True,
            "attending": True,
            "booked_through": "call_centre",
            "added_by": "Central",
            "added_by_id": "stf_central",
            "created_at": "2026-12-01T12:00:01Z",
        }
    ]


def test_each_channel_is_named(world: World) -> None:
    online = world.book().json
    schedule = as_role(world, "POST", "/appointments", staff_body(start="2026-12-03T14:30:00Z")).json
    (ana,) = items(world, "/clients?q=ana")
    (bo,) = items(world, "/clients?q=lind")
    visit(world, ana["id"], at(60))

    shown = [(row["booked_through"], row["added_by"], row["added_by_id"]) for row in rows(world, ana["id"])]
    assert shown == [
        ("call_centre", "Central", "stf_central"),
        ("modern_client_view", "Modern Client View", None),
    ]
    assert rows(world, ana["id"])[1]["id"] == online["id"]
    (row,) = rows(world, bo["id"])
    assert (row["id"], row["booked_through"]) == (schedule["id"], "schedule")
    assert (row["added_by"], row["added_by_id"]) == ("Alex", ALEX)


def test_past_upcoming_moved_and_cancelled_appointments_are_all_there(world: World, ana: str) -> None:
    made = [visit(world, ana, at(30 * number))["id"] for number in range(4)]
    assert as_role(world, "POST", f"/appointments/{made[0]}/cancel", {}, CENTRAL).status == 200
    moved = as_role(world, "PATCH", f"/appointments/{made[1]}", {"start": "2026-12-03T16:30:00Z"}, CENTRAL)
    assert moved.status == 200, moved.text
    world.now = at(100)

    assert [row["id"] for row in rows(world, ana)] == [made[1], made[3], made[2], made[0]]
    assert [row["state"] for row in rows(world, ana)] == ["booked", "booked", "booked", "cancelled"]
    assert [row["attending"] for row in rows(world, ana)] == [True, True, True, False]


def test_whoever_left_an_appointment_that_takes_place_is_said_not_to_attend(world: World, ana: str) -> None:
    bo = taken_in(world, "Bo Lind")["id"]
    made = visit(world, ana, additional_attendees=[{"client_id": bo}])
    assert as_role(world, "DELETE", f"/appointments/{made['id']}/attendees/{bo}", who="boss@example.org").status == 204

    assert [(row["state"], row["attending"]) for row in rows(world, bo)] == [("booked", False)]
    assert [(row["state"], row["attending"]) for row in rows(world, ana)] == [("booked", True)]


def test_workflows_stand_among_appointments_by_when_they_were_made(world: World, ana: str) -> None:
    upcoming = visit(world, ana)["id"]
    first = workflow(world, ana, steps=["Call", {"text": "File", "done": True}], assignee_id=SAM)
    second = workflow(world, ana, state="closed")

    found = rows(world, ana)
    assert [(row["type"], row["id"]) for row in found] == [
        ("appointment", upcoming),
        ("workflow", second),
        ("workflow", first),
    ]
    assert found[2] == {
        "type": "workflow",
        "id": first,
        "at": "2026-12-01T12:00:02Z",
        "name": "Onboarding",
        "state": "open",
        "steps": 2,
        "steps_done": 1,
        "assignee_id": SAM,
        "added_by": "Central",
        "added_by_id": "stf_central",
    }
    assert found[1]["state"] == "closed"


def test_a_merge_brings_everything_along_under_either_id(world: World, ana: str) -> None:
    anna, third = taken_in(world, "Anna Ruiz")["id"], taken_in(world, "Ann Ruiz")["id"]
    appointments = [visit(world, i, at(30 * n))["id"] for n, i in enumerate((ana, anna, third))]
    steps = [workflow(world, client_id) for client_id in (ana, anna, third)]
    world.now += timedelta(minutes=1)
    first = merge(world, third, anna)
    world.now += timedelta(minutes=1)
    second = merge(world, anna, ana)

    expected = [*appointments[::-1], second, first, *steps[::-1]]
    for client_id in (ana, anna, third):
        assert [row["id"] for row in rows(world, client_id)] == expected
    merges = [row for row in rows(world, ana) if row["type"] == "merge"]
    assert [(row["duplicate_id"], row["primary_id"]) for row in merges] == [(anna, ana), (third, anna)]
    assert [(row["added_by"], row["undone_at"]) for row in merges] == [("Central", None)] * 2


def test_undoing_a_merge_parts_what_it_brought_together(world: World, ana: str) -> None:
    anna = taken_in(world, "Anna Ruiz")["id"]
    his, hers = visit(world, ana)["id"], visit(world, anna, at(30))["id"]
    merge_id = merge(world, anna, ana)
    after = visit(world, ana, at(60))["id"]
    world.now += timedelta(minutes=1)
    assert as_role(world, "POST", f"/clients/merges/{merge_id}/undo", {}, CENTRAL).status == 200

    assert [row["id"] for row in rows(world, anna)] == [hers]
    assert [row["id"] for row in rows(world, ana)] == [after, his, merge_id]
    assert rows(world, ana)[2]["undone_at"] == "2026-12-01T12:01:02Z"


def test_two_of_a_family_at_one_appointment_are_one_row(world: World, ana: str) -> None:
    anna = taken_in(world, "Anna Ruiz")["id"]
    made = visit(world, ana, additional_attendees=[{"client_id": anna}])
    left = visit(world, ana, at(30), additional_attendees=[{"client_id": anna}])
    url = f"/appointments/{left['id']}/attendees/{anna}"
    assert as_role(world, "DELETE", url, who="boss@example.org").status == 204
    merge(world, anna, ana)

    found = [row for row in rows(world, ana) if row["type"] == "appointment"]
    assert [(row["id"], row["attending"]) for row in found] == [(left["id"], True), (made["id"], True)]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_leave_nothing_out_and_repeat_nothing(world: World, ana: str, limit: int) -> None:
    anna = taken_in(world, "Anna Ruiz")["id"]
    made = [visit(world, (ana, anna)[n % 2], at(30 * n))["id"] for n in range(4)]
    both = visit(world, ana, at(150), additional_attendees=[{"client_id": anna}])["id"]
    # Workflows of one and the same second: only their ids part them.
    now = world.now
    steps = []
    for client_id in (ana, anna, ana, anna):
        world.now = now
        steps.append(workflow(world, client_id))
    merge_id = merge(world, anna, ana)

    found = [row["id"] for row in rows(world, ana, f"?limit={limit}")]
    assert found[:5] == [both, *made[::-1]]
    # Of one second, by id.
    assert sorted(found[5:]) == sorted([merge_id, *steps])
    assert found == [row["id"] for row in rows(world, ana)]


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_each_role_sees_what_its_clients_did(world: World, ana: str, role: str) -> None:
    who, url = f"{role}@example.org", f"/clients/{ana}/activity"
    mine = hire(f"stf_{role}", who, *([] if role == "contact_centre" else [TORONTO]), role=Role(role))
    everywhere, at_branch = role in ("admin", "contact_centre"), role in ("manager", "staff_advanced")
    assert as_role(world, "GET", url, who=who).status == (200 if everywhere else 404)

    visit(world, ana, staff={"id": SAM})
    assert as_role(world, "GET", url, who=who).status == (200 if everywhere or at_branch else 404)
    setting(world, all_staff_view_all_clients=True)
    assert as_role(world, "GET", url, who=who).status == (200 if everywhere or at_branch else 403)
    setting(world, all_staff_view_all_clients=False)

    if role != "contact_centre":
        own = visit(world, ana, at(60), staff={"id": mine})
        assert rows(world, ana, who=who)[0]["id"] == own["id"]
        assert as_role(world, "GET", f"/appointments/{own['id']}/log", who=who).status == 200


def test_who_is_unknown_or_forgotten_has_none(world: World, ana: str) -> None:
    assert as_role(world, "GET", "/clients/cli_nobody/activity", who=CENTRAL).status == 404
    assert as_role(world, "DELETE", f"/clients/{ana}", who=CENTRAL).status == 204
    assert as_role(world, "GET", f"/clients/{ana}/activity", who=CENTRAL).status == 404
    assert world.call("GET", f"/clients/{ana}/activity").status == 401


@pytest.mark.parametrize("query", ["cursor=x", "cursor=WzEsMl0", "cursor=W10", "limit=0", "limit=101", "type=merge"])
def test_bad_queries_are_refused(world: World, ana: str, query: str) -> None:
    visit(world, ana)
    workflow(world, ana)

    assert as_role(world, "GET", f"/clients/{ana}/activity?{query}", who=CENTRAL).status == 422


def test_a_page_costs_as_much_however_long_the_list_is(world: World, ana: str) -> None:
    meter = UsageMeter(items_of_the_table.Row._get_connection().connection.client)

    def cost() -> list[tuple[str, int]]:
        with meter.counting() as usage:
            assert len(as_role(world, "GET", f"/clients/{ana}/activity?limit=2", who=CENTRAL).json["items"]) == 2
        return [(call.operation, call.items) for call in usage.calls]

    visit(world, ana)
    workflow(world, ana)
    workflow(world, ana)
    short = cost()
    for number in range(1, 6):
        visit(world, ana, at(30 * number))
        workflow(world, ana)

    assert len(cost()) == len(short)
    assert sum(count for _, count in cost()) <= sum(count for _, count in short) + 3
