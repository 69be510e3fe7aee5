"""The activity of a client: every kind of row, of merged records as well, newest first, within scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from benchmarks.dynamodb.usage_meter import UsageMeter
from chalicelib.domain.shared.permissions import Role
from chalicelib.persistence import table as items_of_the_table
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX, BOSS, CENTRAL, MORTGAGE, SAM, TORONTO, at, hire, staff_body

pytestmark = pytest.mark.organisation(seats=50, staff=True)


def rows(org: Organisation, client_id: str, query: str = "", who: str = CENTRAL) -> list[dict[str, Any]]:
    """All activity of a client."""
    return org.all_pages(f"/clients/{client_id}/activity{query}", who)


def workflow(org: Organisation, client_id: str, **fields: Any) -> str:
    """The id of a new workflow, a second after the record before."""
    org.now += timedelta(seconds=1)
    url = f"/clients/{client_id}/workflows"
    return str(org.as_staff("POST", url, {"name": "Onboarding", "steps": ["Call"]} | fields, CENTRAL).body(201)["id"])


def test_who_has_none_has_an_empty_list(org: Organisation, ana: str) -> None:
    assert rows(org, ana) == []


def test_an_appointment_says_what_it_is_and_how_it_came_about(org: Organisation, ana: str) -> None:
    made = org.clients.book(ana, staff={"id": SAM})

    assert rows(org, ana) == [
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


def test_each_channel_is_named(org: Organisation) -> None:
    online = org.book()
    schedule = org.as_staff("POST", "/appointments", staff_body(start="2026-12-03T14:30:00Z")).json
    (ana,) = org.all_pages("/clients?q=ana")
    (bo,) = org.all_pages("/clients?q=lind")
    org.clients.book(ana["id"], at(60))

    shown = [(row["booked_through"], row["added_by"], row["added_by_id"]) for row in rows(org, ana["id"])]
    assert shown == [
        ("call_centre", "Central", "stf_central"),
        ("modern_client_view", "Modern Client View", None),
    ]
    assert rows(org, ana["id"])[1]["id"] == online["id"]
    (row,) = rows(org, bo["id"])
    assert (row["id"], row["booked_through"]) == (schedule["id"], "schedule")
    assert (row["added_by"], row["added_by_id"]) == ("Alex", ALEX)


def test_past_upcoming_moved_and_cancelled_appointments_are_all_there(org: Organisation, ana: str) -> None:
    made = [org.clients.book(ana, at(30 * number))["id"] for number in range(4)]
    assert org.as_staff("POST", f"/appointments/{made[0]}/cancel", {}, CENTRAL).status == 200
    moved = org.as_staff("PATCH", f"/appointments/{made[1]}", {"start": "2026-12-03T16:30:00Z"}, CENTRAL)
    assert moved.status == 200, moved.text
    org.now = at(100)

    assert [row["id"] for row in rows(org, ana)] == [made[1], made[3], made[2], made[0]]
    assert [row["state"] for row in rows(org, ana)] == ["booked", "booked", "booked", "cancelled"]
    assert [row["attending"] for row in rows(org, ana)] == [True, True, True, False]


def test_whoever_left_an_appointment_that_takes_place_is_said_not_to_attend(org: Organisation, ana: str) -> None:
    bo = org.clients.create("Bo Lind")["id"]
    made = org.clients.book(ana, additional_attendees=[{"client_id": bo}])
    assert org.as_staff("DELETE", f"/appointments/{made['id']}/attendees/{bo}", who=BOSS).status == 204

    assert [(row["state"], row["attending"]) for row in rows(org, bo)] == [("booked", False)]
    assert [(row["state"], row["attending"]) for row in rows(org, ana)] == [("booked", True)]


def test_workflows_stand_among_appointments_by_when_they_were_made(org: Organisation, ana: str) -> None:
    upcoming = org.clients.book(ana)["id"]
    first = workflow(org, ana, steps=["Call", {"text": "File", "done": True}], assignee_id=SAM)
    second = workflow(org, ana, state="closed")

    found = rows(org, ana)
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


def test_a_merge_brings_everything_along_under_either_id(org: Organisation, ana: str) -> None:
    anna, third = org.clients.create("Anna Ruiz")["id"], org.clients.create("Ann Ruiz")["id"]
    appointments = [org.clients.book(i, at(30 * n))["id"] for n, i in enumerate((ana, anna, third))]
    steps = [workflow(org, client_id) for client_id in (ana, anna, third)]
    org.now += timedelta(minutes=1)
    first = org.clients.merge(third, anna)["merge_id"]
    org.now += timedelta(minutes=1)
    second = org.clients.merge(anna, ana)["merge_id"]

    expected = [*appointments[::-1], second, first, *steps[::-1]]
    for client_id in (ana, anna, third):
        assert [row["id"] for row in rows(org, client_id)] == expected
    merges = [row for row in rows(org, ana) if row["type"] == "merge"]
    assert [(row["duplicate_id"], row["primary_id"]) for row in merges] == [(anna, ana), (third, anna)]
    assert [(row["added_by"], row["undone_at"]) for row in merges] == [("Central", None)] * 2


def test_undoing_a_merge_parts_what_it_brought_together(org: Organisation, ana: str) -> None:
    anna = org.clients.create("Anna Ruiz")["id"]
    his, hers = org.clients.book(ana)["id"], org.clients.book(anna, at(30))["id"]
    merge_id = org.clients.merge(anna, ana)["merge_id"]
    after = org.clients.book(ana, at(60))["id"]
    org.now += timedelta(minutes=1)
    assert org.as_staff("POST", f"/clients/merges/{merge_id}/undo", {}, CENTRAL).status == 200

    assert [row["id"] for row in rows(org, anna)] == [hers]
    assert [row["id"] for row in rows(org, ana)] == [after, his, merge_id]
    assert rows(org, ana)[2]["undone_at"] == "2026-12-01T12:01:02Z"


def test_two_of_a_family_at_one_appointment_are_one_row(org: Organisation, ana: str) -> None:
    anna = org.clients.create("Anna Ruiz")["id"]
    made = org.clients.book(ana, additional_attendees=[{"client_id": anna}])
    left = org.clients.book(ana, at(30), additional_attendees=[{"client_id": anna}])
    url = f"/appointments/{left['id']}/attendees/{anna}"
    assert org.as_staff("DELETE", url, who=BOSS).status == 204
    org.clients.merge(anna, ana)["merge_id"]

    found = [row for row in rows(org, ana) if row["type"] == "appointment"]
    assert [(row["id"], row["attending"]) for row in found] == [(left["id"], True), (made["id"], True)]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_leave_nothing_out_and_repeat_nothing(org: Organisation, ana: str, limit: int) -> None:
    anna = org.clients.create("Anna Ruiz")["id"]
    made = [org.clients.book((ana, anna)[n % 2], at(30 * n))["id"] for n in range(4)]
    both = org.clients.book(ana, at(150), additional_attendees=[{"client_id": anna}])["id"]
    # Workflows of one and the same second: only their ids part them.
    now = org.now
    steps = []
    for client_id in (ana, anna, ana, anna):
        org.now = now
        steps.append(workflow(org, client_id))
    merge_id = org.clients.merge(anna, ana)["merge_id"]

    found = [row["id"] for row in rows(org, ana, f"?limit={limit}")]
    assert found[:5] == [both, *made[::-1]]
    # Of one second, by id.
    assert sorted(found[5:]) == sorted([merge_id, *steps])
    assert found == [row["id"] for row in rows(org, ana)]


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_each_role_sees_what_its_clients_did(org: Organisation, ana: str, role: str) -> None:
    who, url = f"{role}@example.org", f"/clients/{ana}/activity"
    mine = hire(f"stf_{role}", who, *([] if role == "contact_centre" else [TORONTO]), role=Role(role))
    everywhere, at_branch = role in ("admin", "contact_centre"), role in ("manager", "staff_advanced")
    assert org.as_staff("GET", url, who=who).status == (200 if everywhere else 404)

    org.clients.book(ana, staff={"id": SAM})
    assert org.as_staff("GET", url, who=who).status == (200 if everywhere or at_branch else 404)
    org.update_settings(all_staff_view_all_clients=True)
    assert org.as_staff("GET", url, who=who).status == (200 if everywhere or at_branch else 403)
    org.update_settings(all_staff_view_all_clients=False)

    if role != "contact_centre":
        own = org.clients.book(ana, at(60), staff={"id": mine})
        assert rows(org, ana, who=who)[0]["id"] == own["id"]
        assert org.as_staff("GET", f"/appointments/{own['id']}/log", who=who).status == 200


def test_who_is_unknown_or_forgotten_has_none(org: Organisation, ana: str) -> None:
    assert org.as_staff("GET", "/clients/cli_nobody/activity", who=CENTRAL).status == 404
    assert org.as_staff("DELETE", f"/clients/{ana}", who=CENTRAL).status == 204
    assert org.as_staff("GET", f"/clients/{ana}/activity", who=CENTRAL).status == 404
    assert org.call("GET", f"/clients/{ana}/activity").status == 401


@pytest.mark.parametrize("query", ["cursor=x", "cursor=WzEsMl0", "cursor=W10", "limit=0", "limit=101", "type=merge"])
def test_bad_queries_are_refused(org: Organisation, ana: str, query: str) -> None:
    org.clients.book(ana)
    workflow(org, ana)

    assert org.as_staff("GET", f"/clients/{ana}/activity?{query}", who=CENTRAL).status == 422


def test_a_page_costs_as_much_however_long_the_list_is(org: Organisation, ana: str) -> None:
    meter = UsageMeter(items_of_the_table.Row._get_connection().connection.client)

    def cost() -> list[tuple[str, int]]:
        with meter.counting() as usage:
            assert len(org.as_staff("GET", f"/clients/{ana}/activity?limit=2", who=CENTRAL).json["items"]) == 2
        return [(call.operation, call.items) for call in usage.calls]

    org.clients.book(ana)
    workflow(org, ana)
    workflow(org, ana)
    short = cost()
    for number in range(1, 6):
        org.clients.book(ana, at(30 * number))
        workflow(org, ana)

    assert len(cost()) == len(short)
    assert sum(count for _, count in cost()) <= sum(count for _, count in short) + 3
