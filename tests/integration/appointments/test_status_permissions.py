"""The rows of the permission matrix about statuses, cell by cell (docs/rules.md)."""

from __future__ import annotations

import pytest

from chalicelib.domain.shared.permissions import Role
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX, TORONTO, hire
from tests.builders.oracles.permission_matrix import ROLES
from tests.builders.oracles.permission_requests import COLLEAGUES, FOREIGN, OWN, UNASSIGNED, Case, Request

CASES = (OWN, COLLEAGUES, UNASSIGNED, FOREIGN)
MOVE = "/appointments/{appointment}/status"
CONFIRM = Request(("status_update",), "POST", MOVE, CASES)
REJECT = Request(("status_cancel",), "POST", MOVE, CASES)
LOOK = Request(("status_history_view",), "GET", "/appointments/{appointment}/history", CASES)


def held_by(org: Organisation, holder: str | None, number: int) -> str:
    """The id of a request assigned to somebody or to nobody."""
    asked = str(org.book(attendee={"email": f"g{number}@example.org", "last_name": str(number)})["id"])
    if holder:
        assign = {"staff_id": holder, "force": True}
        assert org.act(asked, "assign", assign).status == 200
    return asked


def answered(reply: Reply) -> int:
    """The status of a reply; a refusal must have the expected code."""
    if reply.status in (403, 404):
        assert reply.json["code"] == {403: "forbidden", 404: "not_found"}[reply.status]
    return reply.status


@pytest.mark.parametrize("role", ROLES)
def test_a_column_of_the_matrix(org: Organisation, role: str) -> None:
    sts = org.statuses.create()
    org.create_block(limit=9)
    here, elsewhere = f"{role}@example.org", f"{role}@example.com"
    own = hire("stf_here", here, TORONTO, role=Role(role))
    hire("stf_elsewhere", elsewhere, role=Role(role))
    found: dict[str, tuple[int, ...]] = {}
    expected: dict[str, tuple[int, ...]] = {}
    cases: list[Case] = [case for case in CASES if not (case is OWN and role == "contact_centre")]
    for number, case in enumerate(cases):
        who = here if case.here else elsewhere
        holder = {OWN: own, UNASSIGNED: None}.get(case, ALEX)
        appointment_id = held_by(org, holder, number)
        found[case.name] = tuple(
            answered(reply)
            for reply in (
                org.statuses.change(appointment_id, sts["Confirmed"], who),
                org.statuses.change(appointment_id, sts["Declined"], who, reason="No papers"),
                org.as_staff("GET", f"/appointments/{appointment_id}/history", who=who),
            )
        )
        expected[case.name] = tuple(ask.expected(role, case) for ask in (CONFIRM, REJECT, LOOK))
    assert found == expected
    allowed = role == "admin"
    one = f"/statuses/{sts['In review']}"
    for method, url, body in (
        (
            "PUT",
            "/statuses/order",
            {"ids": [s["id"] for s in org.as_staff("GET", "/statuses", who=here).json["items"]]},
        ),
        ("POST", "/statuses", {"name": "New", "predicate": "start", "colour": "#000000"}),
        ("PATCH", one, {"name": "Other"}),
        ("DELETE", one, None),
        ("PATCH", "/settings", {"status_function": False}),
    ):
        status = answered(org.as_staff(method, url, body, here))
        assert (status < 300) is allowed, (method, url, status)
