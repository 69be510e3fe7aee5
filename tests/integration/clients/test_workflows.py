"""Workflows over HTTP: created, worked through, reassigned and logged by those who may edit the client."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.clients.workflows import MAX_STEPS, MAX_WORKFLOWS_PER_CLIENT
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.shared.permissions import Role
from chalicelib.services.clients import workflows
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX, CENTRAL, SAM, TORONTO, hire
from tests.builders.in_process.table_records import before_the_next_commit, write

STEPS = ["Call", {"text": "Sign", "due": "2026-12-24"}, {"text": "File", "done": True}]

pytestmark = pytest.mark.organisation(seats=50, staff=True)


def begin(org: Organisation, client_id: str, who: str = CENTRAL, **fields: Any) -> Reply:
    """A new workflow."""
    return org.as_staff("POST", f"/clients/{client_id}/workflows", {"name": "Onboarding"} | fields, who)


def begun(org: Organisation, client_id: str, **fields: Any) -> dict[str, Any]:
    """A new workflow, a second later than the one before."""
    org.now += timedelta(seconds=1)
    return dict(begin(org, client_id, **fields).body(201))


def change(org: Organisation, workflow_id: str, fields: object, who: str = CENTRAL, **more: Any) -> Reply:
    """An edit of a workflow."""
    return org.as_staff("PATCH", f"/workflows/{workflow_id}", fields, who, **more)


def pointers(reply: Reply) -> list[str]:
    """The error pointers of a 422."""
    assert reply.status == 422, reply.text
    return [error["pointer"] for error in reply.json["errors"]]


def test_lives_from_creation_to_closing(org: Organisation, ana: str) -> None:
    made = begun(org, ana, steps=STEPS, assignee_id=SAM)
    assert made["id"].startswith("wfl_")
    assert {name: made[name] for name in ("version", "client_id", "name", "assignee_id", "state")} == {
        "version": 1,
        "client_id": ana,
        "name": "Onboarding",
        "assignee_id": SAM,
        "state": "open",
    }
    assert made["steps"] == [
        {"text": "Call", "done": False, "due": None},
        {"text": "Sign", "done": False, "due": "2026-12-24"},
        {"text": "File", "done": True, "due": None},
    ]
    assert (made["added_by"], made["added_by_id"]) == ("Central", "stf_central")

    org.now += timedelta(minutes=5)
    closed = change(org, made["id"], {"state": "closed", "steps": ["Call"], "assignee_id": None}).body()
    assert closed == made | {
        "version": 2,
        "state": "closed",
        "steps": [made["steps"][0]],
        "assignee_id": None,
        "updated_at": "2026-12-01T12:05:02Z",
    }
    assert org.all_pages(f"/clients/{ana}/workflows") == [closed]
    reopened = change(org, made["id"], {"state": "open", "name": "Onboarding, again"})
    assert (reopened.json["state"], reopened.json["name"], reopened.json["version"]) == ("open", "Onboarding, again", 3)


def test_what_is_not_sent_stays_and_nothing_new_leaves_no_trace(org: Organisation, ana: str) -> None:
    made = begun(org, ana, steps=STEPS)

    assert change(org, made["id"], {}).json == made
    assert change(org, made["id"], {"name": "Onboarding", "steps": made["steps"]}).json == made
    assert [row["action"] for row in org.all_pages(f"/clients/{ana}/log")].count("workflow_updated") == 0


def test_the_version_that_was_seen_counts(org: Organisation, ana: str) -> None:
    made = begun(org, ana)

    assert change(org, made["id"], {"state": "closed"}, headers={"if-match": '"1"'}).status == 200
    assert change(org, made["id"], {"state": "open"}, headers={"if-match": '"1"'}).refusal == (412, "version_mismatch")


def test_of_two_edits_at_the_same_moment_both_count(org: Organisation, ana: str) -> None:
    made = begun(org, ana, steps=["Call"])
    before_the_next_commit(lambda: change(org, made["id"], {"name": "Renamed"}))

    assert change(org, made["id"], {"state": "closed"}).status == 200
    (found,) = org.all_pages(f"/clients/{ana}/workflows")
    assert (found["name"], found["state"], found["version"]) == ("Renamed", "closed", 3)


def test_the_same_key_makes_one(org: Organisation, ana: str) -> None:
    url, key = f"/clients/{ana}/workflows", {"idempotency-key": "k1"}
    first, again = (org.as_staff("POST", url, {"name": "Onboarding"}, CENTRAL, headers=key) for _ in range(2))

    assert first.json == again.json
    assert len(org.all_pages(url)) == 1


def test_the_list_is_newest_first_in_pages(org: Organisation, ana: str) -> None:
    made = [begun(org, ana, name=f"No. {number}")["id"] for number in range(5)]

    for limit in (1, 2, 5, 100):
        found = org.all_pages(f"/clients/{ana}/workflows?limit={limit}")
        assert [workflow["id"] for workflow in found] == made[::-1], limit


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": " \u200b "}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": None}, "/name"),
        ({"steps": None}, "/steps"),
        ({"steps": "Call"}, "/steps"),
        ({"steps": [""]}, "/steps/0"),
        ({"steps": ["x" * 301]}, "/steps/0"),
        ({"steps": ["ok", 5]}, "/steps/1"),
        ({"steps": [{}]}, "/steps/0/text"),
        ({"steps": [{"text": "x", "done": "yes"}]}, "/steps/0/done"),
        ({"steps": [{"text": "x", "due": "2026-02-30"}]}, "/steps/0/due"),
        ({"steps": [{"text": "x", "due": "2026-12-24T10:00:00Z"}]}, "/steps/0/due"),
        ({"steps": [{"text": "x", "due": "1026-12-24"}]}, "/steps/0/due"),
        ({"steps": [{"text": "x", "who": "me"}]}, "/steps/0/who"),
        ({"steps": ["x"] * (MAX_STEPS + 1)}, "/steps"),
        ({"state": "done"}, "/state"),
        ({"assignee_id": "not an id"}, "/assignee_id"),
        ({"due": "2026-12-24"}, "/due"),
    ],
)
def test_what_is_wrong_is_said_by_field(org: Organisation, ana: str, fields: dict[str, Any], pointer: str) -> None:
    assert pointers(begin(org, ana, **fields)) == [pointer]
    made = begun(org, ana)
    assert pointers(change(org, made["id"], fields)) == [pointer]


def test_the_longest_are_taken(org: Organisation, ana: str) -> None:
    made = begun(org, ana, name="é" * 100, steps=["x" * 300] * MAX_STEPS)

    assert len(made["steps"]) == MAX_STEPS
    assert org.all_pages(f"/clients/{ana}/workflows") == [made]


def test_a_client_has_no_more_than_a_hundred(org: Organisation, ana: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_WORKFLOWS_PER_CLIENT == 100
    monkeypatch.setattr(workflows, "MAX_WORKFLOWS_PER_CLIENT", 2)
    begun(org, ana)
    begun(org, ana)

    assert begin(org, ana).refusal == (422, "too_many")


@pytest.mark.parametrize("assignee", ["stf_nobody", "stf_gone", "loc_00000000000000000000000001"])
def test_only_somebody_who_works_here_can_be_asked_to_do_it(org: Organisation, ana: str, assignee: str) -> None:
    write(Staff("stf_gone", "Gone", "gone@example.org", Role.STAFF, (TORONTO,), active=False))
    made = begun(org, ana, assignee_id=ALEX)

    for reply in (begin(org, ana, assignee_id=assignee), change(org, made["id"], {"assignee_id": assignee})):
        assert (pointers(reply), reply.json["code"]) == (["/assignee_id"], "unknown_staff")


def test_whoever_has_it_keeps_it_when_they_leave(org: Organisation, ana: str) -> None:
    hire("stf_temp", "temp@example.org", TORONTO, role=Role.STAFF)
    made = begun(org, ana, assignee_id="stf_temp")
    temp = org.read(Staff, "stf_temp")
    write(Staff(temp.id, temp.name, temp.email, temp.role, active=False, version=temp.version))

    assert change(org, made["id"], {"name": "Still theirs"}).json["assignee_id"] == "stf_temp"


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_every_role_works_on_those_of_its_clients(org: Organisation, ana: str, role: str) -> None:
    who = f"{role}@example.org"
    everywhere, at_branch = role in ("admin", "contact_centre"), role in ("manager", "staff_advanced")
    staff_id = hire(f"stf_{role}", who, *([] if role == "contact_centre" else [TORONTO]), role=Role(role))
    url, made = f"/clients/{ana}/workflows", begun(org, ana)

    expected = 404 if not everywhere else 200
    assert org.as_staff("GET", url, who=who).status == expected
    assert begin(org, ana, who).status == (201 if everywhere else 404)
    assert change(org, made["id"], {"name": "Mine"}, who).status == expected

    # Known through the branch; only those who work with all of it have to do with them.
    org.clients.book(ana, staff={"id": SAM})
    expected = 200 if everywhere or at_branch else 404
    assert org.as_staff("GET", url, who=who).status == expected
    assert change(org, made["id"], {"name": "Ours"}, who).status == expected

    # With the organisation's flag everybody sees the client, and that is all.
    org.update_settings(all_staff_view_all_clients=True)
    expected = 200 if everywhere or at_branch else 403
    assert org.as_staff("GET", url, who=who).status == expected
    assert begin(org, ana, who).status == (201 if expected == 200 else 403)
    assert change(org, made["id"], {"name": "All's"}, who).status == expected
    assert staff_id.endswith(role)


def test_who_is_unknown_forgotten_or_merged_gets_no_new_ones(org: Organisation, ana: str) -> None:
    assert begin(org, "cli_nobody").status == 404
    assert change(org, "wfl_nobody", {"name": "x"}).status == 404
    made, other = begun(org, ana), org.clients.create("Bo Lind")["id"]
    org.clients.merge(ana, other)["merge_id"]

    refused = begin(org, ana)
    assert (refused.status, refused.json["code"], refused.json["merged_into"]) == (409, "client_merged", other)
    assert org.as_staff("DELETE", f"/clients/{other}", who=CENTRAL).status == 204
    assert begin(org, other).status == 404
    assert change(org, made["id"], {"name": "x"}).status == 404


def test_a_merge_brings_them_along_and_undoing_it_takes_them_back(org: Organisation, ana: str) -> None:
    other = org.clients.create("Anna Ruiz")["id"]
    theirs, his = begun(org, ana), begun(org, other)
    merge_id = org.clients.merge(other, ana)["merge_id"]
    for client_id in (ana, other):
        assert [w["id"] for w in org.all_pages(f"/clients/{client_id}/workflows")] == [his["id"], theirs["id"]]
    assert change(org, his["id"], {"state": "closed"}).status == 200
    after = begun(org, ana)

    assert org.as_staff("POST", f"/clients/merges/{merge_id}/undo", {}, CENTRAL).status == 200
    assert [w["id"] for w in org.all_pages(f"/clients/{other}/workflows")] == [his["id"]]
    assert [w["id"] for w in org.all_pages(f"/clients/{ana}/workflows")] == [after["id"], theirs["id"]]


def test_nobody_is_given_steps_while_being_merged_away(org: Organisation, ana: str) -> None:
    other = org.clients.create("Anna Ruiz")["id"]
    before_the_next_commit(lambda: org.clients.merge(ana, other)["merge_id"])

    assert begin(org, ana).refusal == (409, "client_merged")
    assert org.all_pages(f"/clients/{other}/workflows") == []


def test_every_change_is_logged_under_the_client(org: Organisation, ana: str) -> None:
    made = begun(org, ana, steps=["Call"])
    org.now += timedelta(minutes=1)
    change(org, made["id"], {"assignee_id": SAM, "steps": [{"text": "Call", "done": True, "due": "2026-12-24"}]})

    updated, created = (row for row in org.all_pages(f"/clients/{ana}/log") if row["action"].startswith("workflow"))
    assert (created["action"], created["user"], created["channel"]) == ("workflow_created", "Central", "call_centre")
    assert updated["action"] == "workflow_updated"
    assert updated["changes"] == [
        {"field": "workflow_id", "before": None, "after": made["id"]},
        {
            "field": "steps",
            "before": [{"text": "Call", "done": False, "due": None}],
            "after": [{"text": "Call", "done": True, "due": "2026-12-24"}],
        },
        {"field": "assignee_id", "before": None, "after": SAM},
    ]


def test_nobody_without_a_login_sees_or_makes_any(org: Organisation, ana: str) -> None:
    for method, url in (("GET", f"/clients/{ana}/workflows"), ("POST", f"/clients/{ana}/workflows")):
        assert org.call(method, url, {"name": "x"} if method == "POST" else None).status == 401
