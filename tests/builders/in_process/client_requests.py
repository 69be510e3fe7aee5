"""Clients as the tests of what is known about them need them: made, booked and merged over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.sample_organisation import MORTGAGE, OPENING, TORONTO, World
from tests.builders.in_process.staff_bookings import CENTRAL, as_role


def taken_in(world: World, name: str = "Ana Ruiz", who: str = CENTRAL, **fields: Any) -> dict[str, Any]:
    """A new client of that name, a second later than whoever came before; keywords are more fields."""
    world.now += timedelta(seconds=1)
    first, _, last = name.partition(" ")
    body = {"first_name": first, "last_name": last, "email": f"{first}.{last}@example.org".lower()} | fields
    reply = as_role(world, "POST", "/clients", body, who)
    assert reply.status == 201, reply.text
    return dict(reply.json)


def visit(world: World, client_id: str, start: datetime = OPENING, **more: Any) -> dict[str, Any]:
    """An appointment of theirs in Toronto."""
    body = {
        "channel": "contact_centre",
        "staff": "anyone",
        "client_id": client_id,
        "service_id": MORTGAGE,
        "location_id": TORONTO,
    }
    body |= {"meeting_method": "in_person", "start": utc_text(start)}
    reply = as_role(world, "POST", "/appointments", body | more, CENTRAL)
    assert reply.status == 201, reply.text
    return dict(reply.json)


def merge(world: World, duplicate_id: str, primary_id: str) -> str:
    """The id of a merge of one into the other."""
    body = {"duplicate_id": duplicate_id, "primary_id": primary_id}
    reply = as_role(world, "POST", "/clients/merge", body, CENTRAL)
    assert reply.status == 200, reply.text
    return str(reply.json["merge_id"])


def items(world: World, url: str, who: str = CENTRAL) -> list[dict[str, Any]]:
    """All of a list, page after page; no page twice and none longer than asked for."""
    found: list[dict[str, Any]] = []
    cursor, seen = "", set()
    while True:
        reply = as_role(world, "GET", url + cursor, who=who)
        assert reply.status == 200, reply.text
        found += reply.json["items"]
        following = reply.json["next_cursor"]
        if following is None:
            return found
        assert following not in seen
        seen.add(following)
        cursor = f"{'&' if '?' in url else '?'}cursor={following}"
