"""An outside id held by somebody out of scope is refused like a malformed one (TR-4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.domain.shared.permissions import Role
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BOSS, TORONTO, VANCOUVER, hire, staff_body

pytestmark = pytest.mark.organisation(staff=True)

HELD, FREE = "CRM-77", "CRM-78"
MALFORMED = ("x" * 256, "CRM\u0007")
PLAIN = {"first_name": "Bo", "last_name": "Lind", "email": "bo@example.org"}


def own_records(org: Organisation, who: str) -> tuple[str, str]:
    """A client of theirs, and the appointment that makes them so."""
    mine = org.as_staff("POST", "/clients", PLAIN, who)
    body = staff_body(client=None, client_id=mine.json["id"])
    booked = org.as_staff("POST", "/appointments", body, who)
    claimed = org.as_staff("POST", f"/appointments/{booked.json['id']}/claim", who=who)
    assert (mine.status, claimed.status) == (201, 200), claimed.text
    return mine.json["id"], booked.json["id"]


def answers(org: Organisation, who: str, records: tuple[str, str], external_id: str) -> Iterator[tuple[str, Reply]]:
    """Every request that can give a client an outside id, each with the part of the body where the id stands."""
    client_id, appointment_id = records
    person = PLAIN | {"external_id": external_id}
    yield "", org.as_staff("PATCH", f"/clients/{client_id}", {"external_id": external_id}, who)
    yield "", org.as_staff("POST", "/clients", person, who)
    yield "/client", org.as_staff("POST", "/appointments", staff_body(client=person), who)
    more: dict[str, Any] = {"additional_attendees": [{"client": person}]}
    yield "/additional_attendees/0/client", org.as_staff("POST", "/appointments", staff_body(**more), who)
    yield "/client", org.as_staff("POST", f"/appointments/{appointment_id}/attendees", {"client": person}, who)


@pytest.fixture
def holder(org: Organisation) -> str:
    """A client on record who has to do with nobody in Toronto, and has the outside id."""
    made = org.as_staff("POST", "/clients", {**PLAIN, "first_name": "Ana", "external_id": HELD}, BOSS)
    assert made.status == 201, made.text
    return str(made.json["id"])


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF_ADVANCED, Role.STAFF_PLUS, Role.STAFF])
@pytest.mark.parametrize("malformed", MALFORMED)
def test_nobody_learns_of_a_client_out_of_scope(org: Organisation, holder: str, role: Role, malformed: str) -> None:
    who = f"{role.value}@example.org"
    hire(f"stf_{role.value}", who, TORONTO, role=role)
    assert org.as_staff("GET", f"/clients/{holder}", who=who).status == 404

    records = own_records(org, who)
    taken, wrong = (list(answers(org, who, records, value)) for value in (HELD, malformed))

    assert [reply.text for _, reply in taken] == [reply.text for _, reply in wrong]
    for pointer, reply in taken:
        assert (reply.status, reply.json["code"]) == (422, "invalid")
        assert [error["pointer"] for error in reply.json["errors"]] == [f"{pointer}/external_id"]
    assert next(answers(org, who, records, FREE))[1].status == 200


def test_who_sees_the_holder_is_told(org: Organisation, holder: str) -> None:
    who = "admin@example.org"
    hire("stf_admin", who, TORONTO, role=Role.ADMIN)
    for _, reply in answers(org, who, own_records(org, who), HELD):
        assert (reply.status, reply.json["code"]) == (409, "already_exists"), reply.text
    org.update_settings(all_staff_view_all_clients=True)
    hire("stf_staff", "staff@example.org", VANCOUVER, role=Role.STAFF)
    reply = org.as_staff("POST", "/clients", PLAIN | {"external_id": HELD}, "staff@example.org")
    assert (reply.status, reply.json["code"]) == (409, "already_exists")


def test_an_id_of_a_duplicate_is_judged_by_who_the_duplicate_is_now(org: Organisation, holder: str) -> None:
    who = "staff@example.org"
    hire("stf_staff", who, TORONTO, role=Role.STAFF)
    mine, _ = own_records(org, who)
    merged = org.as_staff("POST", "/clients/merge", {"duplicate_id": holder, "primary_id": mine}, BOSS)
    assert merged.status == 200, merged.text
    reply = org.as_staff("POST", "/clients", PLAIN | {"external_id": HELD}, who)
    assert (reply.status, reply.json["code"]) == (409, "already_exists")
