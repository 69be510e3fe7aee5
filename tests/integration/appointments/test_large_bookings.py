"""As many people as one call may bring to an appointment: all or nobody, and never an error of ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.in_process.client_requests import items, taken_in
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import CENTRAL, as_role, require_whole, staff_body, staffed


@pytest.fixture
def world(world: World) -> World:
    """A branch with people of every role and a block."""
    staffed(world).lay()
    return world


def bring(world: World, *more: dict[str, Any]) -> Any:
    """The contact centre books for Bo, who brings others along."""
    fields = {"channel": "contact_centre", "staff": "anyone", "additional_attendees": list(more)}
    return as_role(world, "POST", "/appointments", staff_body(**fields), CENTRAL)


def test_twenty_on_record_come_together(world: World) -> None:
    others = [{"client_id": taken_in(world, f"Ana Ruiz{n}", email=f"{n}@example.org")["id"]} for n in range(19)]
    reply = bring(world, *others)

    assert reply.status == 201, reply.text
    assert len(reply.json["attendees"]) == 20


@pytest.mark.parametrize(("number", "status"), [(7, 201), (19, 422)])
def test_more_new_clients_than_one_transaction_holds_are_refused_whole(world: World, number: int, status: int) -> None:
    others = [{"client": {"first_name": "Ana", "last_name": f"Ruiz{n}", "email": f"{n}@x.org"}} for n in range(number)]
    reply = bring(world, *others)

    assert reply.status == status, reply.text
    assert len(items(world, "/clients")) == (number + 1 if status == 201 else 0)
    require_whole(world)
