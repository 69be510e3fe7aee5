"""Undoing a merge is its exact reverse, whoever is merged into whom and whatever they come to (D24, feature 44)."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from chalicelib.domain.times import utc_text
from tests.integration.branch import undone
from tests.integration.families import PLANS, Family, Plan, undone_again
from tests.integration.test_merging import ADMIN, rows, sound
from tests.integration.world import MORTGAGE, TORONTO, World, at


def slot(minutes: int) -> dict[str, Any]:
    """What is booked."""
    place = {"service_id": MORTGAGE, "location_id": TORONTO, "meeting_method": "in_person"}
    return place | {"start": utc_text(at(minutes))}


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=PLANS)
def test_any_merges_undone_from_the_last_leave_the_table_as_it_was(plan: Plan, world: World) -> None:
    def call(method: str, path: str, body: Any) -> Any:
        reply = world.staff(method, path, body, ADMIN)
        assert reply.status in (200, 201), reply.text
        return reply.json

    with undone():
        world.lay(limit=20)
        family = Family(call, slot, "f")
        family.settle(plan)
        undone_again(family, plan, lambda: rows(world))
        sound(world)
