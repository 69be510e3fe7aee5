"""Workflows of deleted clients: their texts are erased, logs included (D25)."""

from __future__ import annotations

import pytest

from chalicelib.domain.clients.client import Client
from tests.builders.in_process.client_requests import FULL, PERSONAL
from tests.builders.in_process.moto_table import keys_containing
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX_EMAIL
from tests.builders.in_process.table_records import before_the_next_commit

pytestmark = pytest.mark.organisation(user=ALEX_EMAIL)


def planned(org: Organisation, path: str, name: str, text: str) -> str:
    """The path of a new workflow whose name and step name the client."""
    reply = org.as_staff("POST", f"{path}/workflows", {"name": name, "steps": [text]})
    assert reply.status == 201, reply.text
    return f"/workflows/{reply.json['id']}"


def test_workflows_no_longer_say_what_was_to_be_done_for_whom(org: Organisation) -> None:
    path, other = (
        org.clients.create_path(**FULL),
        org.clients.create_path(first_name="Bea", last_name="Lind", email="bea@example.org"),
    )
    workflow = planned(org, path, "Onboard Ana", "Call Ana at the Quay")
    assert org.clients.edit(workflow, name="Welcome Ana").status == 200
    planned(org, other, "Onboard Bea", "Call Bea")
    assert org.clients.delete(path).status == 204
    assert keys_containing("Welcome", "Call Ana", *PERSONAL) == []
    assert org.as_staff("PATCH", workflow, {"name": "Again"}).status == 404
    assert [w["name"] for w in org.as_staff("GET", f"{other}/workflows").json["items"]] == ["Onboard Bea"]


def test_a_workflow_edited_during_a_merge_is_forgotten_with_its_client_and_not_with_the_other(
    org: Organisation,
) -> None:
    primary = org.clients.create_path(first_name="Bea", email="bea@example.org")
    duplicate = org.clients.create_path(**FULL)
    theirs, others = planned(org, duplicate, "Duplicate", "One"), planned(org, primary, "Primary", "Two")
    merge_body = {"primary_id": primary.rpartition("/")[2], "duplicate_id": duplicate.rpartition("/")[2]}
    merged = org.as_staff("POST", "/clients/merge", merge_body)
    assert org.clients.edit(theirs, name="Call the doctor").status == 200
    assert org.as_staff("POST", f"/clients/merges/{merged.json['merge_id']}/undo", {}).status == 200
    assert org.clients.delete(duplicate).status == 204
    assert keys_containing("Call the doctor", "Duplicate") == []
    assert org.as_staff("PATCH", others, {"state": "closed"}).json["steps"][0]["text"] == "Two"
    assert org.clients.delete(primary).status == 204
    assert keys_containing("Primary", "Two") == []


def test_a_workflow_made_in_that_very_moment_is_forgotten_too(org: Organisation) -> None:
    path = org.clients.create_path(**FULL)
    before_the_next_commit(lambda: planned(org, path, "Late plan", "Too late"), of=Client)
    assert org.clients.delete(path).status == 204
    assert keys_containing("Late plan", "Too late", *PERSONAL) == []
