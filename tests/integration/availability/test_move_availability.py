"""The times staff are shown for an appointment they move are those at which the edit is accepted (D15, case 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.domain.organisation.catalogue import Service
from tests.builders.in_process.sample_organisation import ALEX, SAM, TORONTO, World
from tests.builders.in_process.staff_bookings import (
    ADVICE,
    advice,
    as_role,
    patch,
    require_whole,
    staffed,
    teach,
    write,
)


@pytest.fixture
def world(world: World) -> Iterator[World]:
    yield staffed(world)
    require_whole(world)


def shown(world: World, appointment: dict[str, Any], **more: str) -> set[str]:
    """The starts on its day, asked by Alex through Schedule."""
    query = {
        "channel": "schedule",
        "service_id": appointment["service_id"],
        "location_id": TORONTO,
        "timezone": "America/Toronto",
        "from": "2026-12-03",
        "to": "2026-12-03",
        "moving": appointment["id"],
    }
    reply = as_role(world, "GET", f"/availability?{urlencode(query | more)}")
    assert reply.status == 200, reply.text
    return {slot["start"] for day in reply.json["days"] for slot in day["slots"]}


def test_whoever_has_it_keeps_it_unless_somebody_else_is_named(world: World) -> None:
    mine, hers = advice(world, 0, SAM), advice(world, 60, SAM)
    assert hers["start"] not in shown(world, mine)
    assert hers["start"] in shown(world, mine, staff_id=ALEX)
    moved = {"start": hers["start"]}
    assert patch(world, mine, moved).json["code"] == "slot_taken"
    assert patch(world, mine, moved | {"staff_id": ALEX}).status == 200


def test_it_stays_as_long_as_it_was_booked_for(world: World) -> None:
    appointment = advice(world)
    before = shown(world, appointment)
    write(replace(world.read(Service, ADVICE), duration_minutes=120))
    assert shown(world, appointment) == before
    assert patch(world, appointment, {"start": max(before)}).status == 200


def test_where_whoever_has_it_does_not_work_nothing_is_free(world: World) -> None:
    appointment = advice(world)
    teach(world, SAM, ())
    assert shown(world, appointment) == set()
