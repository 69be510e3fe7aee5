"""Merging over HTTP, by an administrator unless said: clients made, booked, merged, parted, and what is left of it."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.shared.times import utc_text
from chalicelib.persistence.table import Row
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import ALEX, MORTGAGE, SAM, TORONTO, World, at

ADMIN = "root@example.org"
SAM_MAIL = "sam@example.org"


def create(world: World, name: str = "Ana", **fields: Any) -> str:
    """A new client by the administrator; keywords replace fields."""
    body = {"first_name": name, "last_name": "Ruiz", "email": f"{name.lower()}@example.org"} | fields
    reply = world.staff("POST", "/clients", body, ADMIN)
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def pair(world: World) -> tuple[str, str]:
    """A duplicate and a primary."""
    duplicate = create(world, "Anna", mobile="+14165550101")
    return duplicate, create(world, "Ana", mobile="+14165550102", phone="+14165550103")


def merge(world: World, duplicate: str, primary: str, who: str = ADMIN, **more: Any) -> Reply:
    """One into the other."""
    headers = more.pop("headers", {})
    body = {"duplicate_id": duplicate, "primary_id": primary} | more
    return world.staff("POST", "/clients/merge", body, who, headers=headers)


def merged(world: World, duplicate: str, primary: str, **more: Any) -> Any:
    """What a merge answers that must work."""
    reply = merge(world, duplicate, primary, **more)
    assert reply.status == 200, reply.text
    return reply.json


def undo(world: World, merge_id: str, who: str = ADMIN, **more: Any) -> Reply:
    """The two apart again."""
    return world.staff("POST", f"/clients/merges/{merge_id}/undo", {}, who, **more)


def show(world: World, client_id: str, who: str = ADMIN) -> Any:
    """A client as staff see them."""
    reply = world.staff("GET", f"/clients/{client_id}", who=who)
    assert reply.status == 200, reply.text
    return reply.json


def found(world: World, q: str = "") -> list[str]:
    """The ids a search finds."""
    return [c["id"] for c in world.staff("GET", f"/clients?q={q}", who=ADMIN).json["items"]]


def books(world: World, client_id: str, minutes: int = 0) -> Reply:
    """The contact centre books somebody."""
    start = utc_text(at(minutes))
    body = {"channel": "contact_centre", "client_id": client_id, "meeting_method": "in_person", "start": start}
    body |= {"service_id": MORTGAGE, "location_id": TORONTO}
    return world.staff("POST", "/appointments", body | {"staff": "anyone"}, ADMIN)


def booked(world: World, client_id: str, minutes: int = 0) -> str:
    """The id of an appointment of theirs."""
    reply = books(world, client_id, minutes)
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def come_both(world: World, one: str, other: str) -> str:
    """An appointment to which both come, the first earlier."""
    appointment = booked(world, one)
    body = {"client_id": other, "notes": "By the lift"}
    reply = world.staff("POST", f"/appointments/{appointment}/attendees", body, ADMIN)
    assert reply.status == 201, reply.text
    return appointment


def attendees(world: World, appointment_id: str) -> list[dict[str, Any]]:
    """Who comes, as staff see it."""
    shown: list[dict[str, Any]] = world.staff("GET", f"/appointments/{appointment_id}", who=ADMIN).json["attendees"]
    return shown


def code_of(world: World, appointment_id: str, client_id: str) -> str:
    """The code they were given, which only their mail shows."""
    appointment: Appointment = world.read(Appointment, appointment_id)
    return appointment.attendee(client_id).code


def rows(world: World) -> dict[tuple[str, str], Any]:
    """All of the table that is not a log, a merge or an idempotency row, without versions and times of writing."""

    def body(row: Row) -> Any:
        read = json.loads(row.body) if row.body else None
        return {k: v for k, v in read.items() if k not in ("updated_at", "version")} if isinstance(read, dict) else read

    kept = (r for r in Row.scan() if r.kind not in ("entry", "merge", "once"))
    return {(r.pk, r.sk): (body(r), r.gsi1pk, r.gsi1sk) for r in kept}


def public(world: World, attendee: dict[str, Any], minutes: int = 90) -> str:
    """The client that a public booking reaches."""
    reply = world.book(at(minutes), attendee=attendee)
    assert reply.status == 201, reply.text
    appointment: Appointment = world.read(Appointment, reply.json["id"])
    return appointment.attendees[0].client_id


def sound(world: World) -> None:
    """Ledger and appointments, clients and everything they are found by and known through say the same."""
    assert container.ledger_integrity.check(world.now).differences == ()
    clients = [row.pk.removeprefix("CLI#") for row in Row.scan() if row.kind == "client"]
    assert container.client_integrity.check(clients, (TORONTO, SAM, ALEX)) == ()
