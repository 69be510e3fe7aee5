"""Who may confirm, reject, look back and configure: the matrix's rows about statuses, cell by cell (docs/rules.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import Login, Staff
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.shared.permissions import Role
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.sample_organisation import ALEX, TORONTO, World, employed
from tests.builders.in_process.status_bookings import booked, set_up
from tests.builders.oracles.permission_matrix import ROLES
from tests.builders.oracles.permission_requests import COLLEAGUES, FOREIGN, OWN, UNASSIGNED, Case, Request

CASES = (OWN, COLLEAGUES, UNASSIGNED, FOREIGN)
MOVE = "/appointments/{appointment}/status"
CONFIRM = Request(("status_update",), "POST", MOVE, CASES)
REJECT = Request(("status_cancel",), "POST", MOVE, CASES)
LOOK = Request(("status_history_view",), "GET", "/appointments/{appointment}/history", CASES)


def hire(name: str, role: str, *, here: bool = True) -> Staff:
    """Somebody with this role, who works in Toronto or nowhere."""
    staff = employed(f"stf_{name.lower()}", name, Role(role))
    staff = staff if here else replace(staff, location_ids=())
    work = UnitOfWork()
    work.save(staff)
    work.save(Login(staff.email, staff.id))
    if here:
        work.save(TeamMember(TORONTO, staff.id, staff.role).updated_from(staff, Rota(staff.id)))
    container.store.commit(work)
    return staff


def call(world: World, person: Staff, method: str, url: str, body: object = None) -> Reply:
    """A request of theirs."""
    return world.call(method, url, body, login=claims(person.email, f"[{person.role.value}]"))


def held_by(world: World, holder: str | None, number: int) -> dict[str, Any]:
    """A request that somebody has, or nobody."""
    asked: dict[str, Any] = booked(world, attendee={"email": f"g{number}@example.org", "last_name": str(number)})
    if holder:
        assign = {"staff_id": holder, "force": True}
        assert world.staff("POST", f"/appointments/{asked['id']}/assign", assign).status == 200
    return asked


def answered(reply: Reply) -> int:
    """The status of an answer; a refusal says nothing beyond what it must."""
    if reply.status in (403, 404):
        assert reply.json["code"] == {403: "forbidden", 404: "not_found"}[reply.status]
    return reply.status


@pytest.mark.parametrize("role", ROLES)
def test_a_column_of_the_matrix(world: World, role: str) -> None:
    sts = set_up(world)
    world.lay(limit=9)
    here, elsewhere = hire("Here", role), hire("Elsewhere", role, here=False)
    found: dict[str, tuple[int, ...]] = {}
    expected: dict[str, tuple[int, ...]] = {}
    cases: list[Case] = [case for case in CASES if not (case is OWN and role == "contact_centre")]
    for number, case in enumerate(cases):
        who = here if case.here else elsewhere
        holder = {OWN: who.id, UNASSIGNED: None}.get(case, ALEX)
        url = f"/appointments/{held_by(world, holder, number)['id']}"
        found[case.name] = tuple(
            answered(reply)
            for reply in (
                call(world, who, "POST", f"{url}/status", {"status_id": sts["Confirmed"]}),
                call(world, who, "POST", f"{url}/status", {"status_id": sts["Declined"], "reason": "No papers"}),
                call(world, who, "GET", f"{url}/history"),
            )
        )
        expected[case.name] = tuple(ask.expected(role, case) for ask in (CONFIRM, REJECT, LOOK))
    assert found == expected
    allowed = role == "admin"
    one = f"/statuses/{sts['In review']}"
    for method, url, body in (
        ("PUT", "/statuses/order", {"ids": [s["id"] for s in call(world, here, "GET", "/statuses").json["items"]]}),
        ("POST", "/statuses", {"name": "New", "predicate": "start", "colour": "#000000"}),
        ("PATCH", one, {"name": "Other"}),
        ("DELETE", one, None),
        ("PATCH", "/settings", {"status_function": False}),
    ):
        status = answered(call(world, here, method, url, body))
        assert (status < 300) is allowed, (method, url, status)
