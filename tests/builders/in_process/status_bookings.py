"""An organisation whose mortgage advice goes through statuses, and what tests say of its appointments."""

from __future__ import annotations

from typing import Any

from chalicelib.container import container
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.store_port import Ref
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import MORTGAGE, OPENING, World

ADMIN = "admin@example.org"
START, CONFIRMATION, CANCELLATION = "start", "booking_confirmation", "cancellation"
# In order of position: received, in review, confirmed, confirmed by phone, declined, no papers.
STEPS = (
    ("Received", START),
    ("In review", START),
    ("Confirmed", CONFIRMATION),
    ("By phone", CONFIRMATION),
    ("Declined", CANCELLATION),
    ("No papers", CANCELLATION),
)


def status_body(name: str, predicate: str, **more: Any) -> dict[str, Any]:
    """The body that adds a status."""
    return {"name": name, "predicate": predicate, "colour": "#2e7d32", **more}


def set_up(world: World, *, on: bool = True) -> dict[str, str]:
    """The six statuses by name, with the function on for the organisation and for mortgage advice."""
    found = {}
    for name, predicate in STEPS:
        reply = world.staff("POST", "/statuses", status_body(name, predicate), who=ADMIN)
        assert reply.status == 201, reply.text
        found[name] = reply.json["id"]
    if on:
        switch(world, service=True, function=True)
    return found


def switch(world: World, *, service: bool | None = None, function: bool | None = None) -> None:
    """Switches the function for mortgage advice and for the organisation."""
    if service is not None:
        reply = world.staff("PATCH", f"/services/{MORTGAGE}", {"status_function": service}, who=ADMIN)
        assert reply.status == 200, reply.text
    if function is not None:
        reply = world.staff("PATCH", "/settings", {"status_function": function}, who=ADMIN)
        assert reply.status == 200, reply.text


def booked(world: World, **more: Any) -> Any:
    """A client's booking as it was answered."""
    reply = world.book(**{"start": OPENING, **more})
    assert reply.status == 201, reply.text
    return reply.json


def move(world: World, appointment_id: str, status_id: str, who: str = "alex@example.org", **more: Any) -> Reply:
    """A move to a status."""
    headers = more.pop("headers", {})
    url = f"/appointments/{appointment_id}/status"
    return world.staff("POST", url, {"status_id": status_id, **more}, who=who, headers=headers)


def history(world: World, appointment_id: str, query: str = "") -> list[dict[str, Any]]:
    """The statuses it has passed through, newest first."""
    reply = world.staff("GET", f"/appointments/{appointment_id}/history{query}")
    assert reply.status == 200, reply.text
    items: list[dict[str, Any]] = reply.json["items"]
    return items


def named(lines: list[dict[str, Any]]) -> list[str]:
    """The names of the statuses in a history."""
    return [line["status"]["name"] for line in lines]


def said(world: World, appointment_id: str) -> list[tuple[str, str]]:
    """Kind and audience of every message any journal entry of it has asked for, oldest first."""
    entries = reversed(container.appointment_lists.journal(appointment_id, 100, None).items)
    return [(message.kind.value, message.audience.value) for entry in entries for message in entry.messages]


def logged(world: World, appointment_id: str, field: str = "status") -> list[tuple[str | None, str | None]]:
    """Before and after of every change of one field that the log shows, newest first."""
    items = world.staff("GET", f"/appointments/{appointment_id}/log").json["items"]
    changes = (change for item in items for change in item["changes"] if change["field"] == field)
    return [(change["before"], change["after"]) for change in changes]


def events(world: World, appointment_id: str) -> list[str]:
    """Every event, oldest first."""
    entries = reversed(container.appointment_lists.journal(appointment_id, 100, None).items)
    return [event.type for entry in entries for event in entry.events]


def cancel(world: World, appointment: dict[str, Any], reason: str = "") -> Reply:
    """The client cancels."""
    body = {"code": appointment["code"], "reason": reason}
    return world.call("POST", f"/public/appointments/{appointment['id']}/cancel", body)


def reschedule(world: World, appointment: dict[str, Any], start: Any) -> Reply:
    """The client moves it."""
    body = {"code": appointment["code"], "start": utc_text(start), "timezone": "America/Toronto"}
    return world.call("POST", f"/public/appointments/{appointment['id']}/reschedule", body)


def shown(world: World, appointment_id: str) -> Any:
    """The appointment as staff see it."""
    return world.staff("GET", f"/appointments/{appointment_id}").json


def record(kind: Any, *key: str) -> Any:
    """A record as it stands in the table."""
    return container.store.read([Ref.to(kind, *key)]).get(kind, *key)
