"""Reads of clients leave who read whom in the log line of the request, and nothing personal (TR-5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app import DECLARED
from chalicelib import observability
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BOSS

pytestmark = pytest.mark.organisation(staff=True)

PERSON = {
    "first_name": "Zinaida",
    "last_name": "Quaglia",
    "email": "zinaida@quaglia.example",
    "mobile": "+14165550142",
    "external_id": "CRM-zq",
    "notes": "Prefers mornings",
}
READS = [
    route.path
    for resource in DECLARED
    for route in resource.declared
    if route.method == "GET" and "{client_id}" in route.path
]


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The log lines so far, as they are written."""
    lines = [observability.logger.registered_formatter.format(record) for record in caplog.records]
    caplog.clear()
    return [json.loads(line) for line in lines]


@pytest.fixture
def client_id(org: Organisation, caplog: pytest.LogCaptureFixture) -> str:
    """A client on record; no line has been logged yet."""
    made = org.as_staff("POST", "/clients", PERSON, BOSS)
    assert made.status == 201, made.text
    caplog.clear()
    return str(made.json["id"])


def test_profile_log_and_activity_are_among_the_reads() -> None:
    assert {"/clients/{client_id}", "/clients/{client_id}/log", "/clients/{client_id}/activity"} <= set(READS)


@pytest.mark.parametrize("path", READS)
def test_a_read_leaves_one_line_with_reader_client_and_route(
    org: Organisation, client_id: str, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    assert org.as_staff("GET", path.format(client_id=client_id), who=BOSS).status == 200
    (line,) = logged(caplog)
    assert (line["staff_id"], line["client_id"], line["route"]) == ("stf_boss", client_id, f"GET {path}")
    assert not [value for value in (*PERSON.values(), BOSS, "Boss") if value in json.dumps(line)]


@pytest.mark.parametrize("url", ["/clients?q=zinaida", "/clients?filter=all"])
def test_a_list_names_the_clients_it_shows(
    org: Organisation, client_id: str, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    reply = org.as_staff("GET", url, who=BOSS)
    (line,) = logged(caplog)
    assert (line["staff_id"], line["route"]) == ("stf_boss", "GET /clients")
    assert line["client_ids"] == sorted(client["id"] for client in reply.json["items"])
    assert client_id in line["client_ids"]
    assert "inaida" not in json.dumps(line)


def test_likely_duplicates_name_both_of_each_pair(
    org: Organisation, client_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    twin = org.as_staff("POST", "/clients", PERSON | {"external_id": None}, BOSS).json["id"]
    caplog.clear()
    assert org.as_staff("GET", "/clients/duplicates", who=BOSS).json["items"]
    (line,) = logged(caplog)
    assert line["client_ids"] == sorted([client_id, twin])


def test_what_is_typed_into_the_address_of_nobody_is_not_logged(
    org: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    assert org.as_staff("GET", "/clients/zinaida@quaglia.example", who=BOSS).status == 404
    (line,) = logged(caplog)
    assert "client_id" not in line
    assert "zinaida" not in json.dumps(line)
