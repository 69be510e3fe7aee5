"""Workflows of deleted clients: they no longer say what was to be done for whom, wherever they were logged (D25)."""

from __future__ import annotations

import pytest

from chalicelib.domain.clients.client import Client
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import as_role, before_the_next_commit
from tests.integration.clients.test_client_profiles import FULL, edit, made
from tests.integration.clients.test_erasure import PERSONAL, delete, traces


def planned(world: World, path: str, name: str, text: str) -> str:
    """The path of a new workflow of a client's, whom its name and its step tell of."""
    reply = as_role(world, "POST", f"{path}/workflows", {"name": name, "steps": [text]})
    assert reply.status == 201, reply.text
    return f"/workflows/{reply.json['id']}"


def test_workflows_no_longer_say_what_was_to_be_done_for_whom(world: World) -> None:
    path, other = made(world, **FULL), made(world, first_name="Bea", last_name="Lind", email="bea@example.org")
    workflow = planned(world, path, "Onboard Ana", "Call Ana at the Quay")
    assert edit(world, workflow, name="Welcome Ana").status == 200
    planned(world, other, "Onboard Bea", "Call Bea")
    assert delete(world, path).status == 204
    assert traces("Welcome", "Call Ana", *PERSONAL) == []
    assert as_role(world, "PATCH", workflow, {"name": "Again"}).status == 404
    assert [w["name"] for w in as_role(world, "GET", f"{other}/workflows").json["items"]] == ["Onboard Bea"]


def test_a_workflow_edited_during_a_merge_is_forgotten_with_its_client_and_not_with_the_other(world: World) -> None:
    primary = made(world, first_name="Bea", email="bea@example.org")
    duplicate = made(world, **FULL)
    theirs, others = planned(world, duplicate, "Duplicate", "One"), planned(world, primary, "Primary", "Two")
    wish = {"primary_id": primary.rpartition("/")[2], "duplicate_id": duplicate.rpartition("/")[2]}
    merged = as_role(world, "POST", "/clients/merge", wish)
    assert edit(world, theirs, name="Call the doctor").status == 200
    assert as_role(world, "POST", f"/clients/merges/{merged.json['merge_id']}/undo", {}).status == 200
    assert delete(world, duplicate).status == 204
    assert traces("Call the doctor", "Duplicate") == []
    assert as_role(world, "PATCH", others, {"state": "closed"}).json["steps"][0]["text"] == "Two"
    assert delete(world, primary).status == 204
    assert traces("Primary", "Two") == []


def test_a_workflow_made_in_that_very_moment_is_forgotten_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(world, **FULL)
    before_the_next_commit(monkeypatch, lambda: planned(world, path, "Late plan", "Too late"), of=Client)
    assert delete(world, path).status == 204
    assert traces("Late plan", "Too late", *PERSONAL) == []
