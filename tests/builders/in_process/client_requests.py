"""Clients over HTTP: created, booked, merged and separated again, and what is stored of that."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.shared.times import utc_text
from chalicelib.persistence.table import Row
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.api_requests import ApiRequests
from tests.builders.in_process.sample_records import (
    ALEX,
    ALEX_EMAIL,
    BLOCK_START,
    MORTGAGE,
    NOW,
    ROOT,
    SAM,
    TORONTO,
    at,
)
from tests.builders.in_process.table_records import committed

ANA = {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.org"}
FULL = ANA | {
    "mobile": "(416) 555-0100",
    "phone": "+44 20 7946 0018",
    "work_phone": "416.555.0199",
    "address": "7 Quay St\nFloor 2",
    "city": "Toronto",
    "region": "ON",
    "postal_code": "M5H 1A1",
    "country": "CA",
    "timezone": "America/Toronto",
    "language": "fr",
    "notes": "Prefers mornings",
    "external_id": "CRM-77a",
    "receive_sms": True,
    "receive_email": False,
}
# Texts of ``FULL`` that no id happens to contain.
PERSONAL = ("Ana", "Ruiz", "ana@", "+1416555", "Quay", "mornings", "CRM-77a", "ana ruiz", "M5H 1A1")


@dataclass
class ClientRequests:
    """Requests about clients; ``user`` makes them unless a test names somebody else."""

    api: ApiRequests
    user: str = ROOT

    def try_create(self, who: str = "", /, **fields: Any) -> Reply:
        """A new client; keywords add fields or replace Ana's."""
        return self.api.as_staff("POST", "/clients", ANA | fields, who or self.user)

    def create(self, name: str = "Ana Ruiz", who: str = "", **fields: Any) -> Any:
        """A new client, a second after the one before, with an address made from the name; Ruiz is the default name."""
        self.api.advance(seconds=1)
        first, _, last = name.partition(" ")
        given = {"first_name": first, "last_name": last or "Ruiz"}
        given["email"] = f"{name.replace(' ', '.').lower()}@example.org"
        return self.try_create(who, **given | fields).body(201)

    def create_pair(self) -> tuple[str, str]:
        """The ids of a duplicate and a primary."""
        duplicate = self.create("Anna", mobile="+14165550101")["id"]
        return duplicate, self.create("Ana", mobile="+14165550102", phone="+14165550103")["id"]

    def create_path(self, who: str = "", /, **fields: Any) -> str:
        """The path of a new client; keywords add fields or replace Ana's."""
        return f"/clients/{self.try_create(who, **fields).body(201)['id']}"

    def edit(self, path: str, **fields: Any) -> Reply:
        """An edit of the client at this path."""
        return self.api.as_staff("PATCH", path, fields, self.user)

    def delete(self, path: str, query: str = "", who: str = "", **more: Any) -> Reply:
        """A deletion of the client at this path."""
        return self.api.as_staff("DELETE", f"{path}{query}", who=who or self.user, **more)

    def log(self, path: str) -> list[tuple[str, dict[str, tuple[Any, Any]]]]:
        """The log of the client at this path, newest first: actions, and fields with their values before and after."""
        lines = self.api.as_staff("GET", f"{path}/log", who=self.user).body()["items"]
        return [(line["action"], {c["field"]: (c["before"], c["after"]) for c in line["changes"]}) for line in lines]

    def get(self, client_id: str, who: str = "") -> Any:
        """A client as staff see them."""
        return self.api.as_staff("GET", f"/clients/{client_id}", who=who or self.user).body()

    def search(self, q: str = "") -> list[str]:
        """The ids on the first page of a search."""
        return [c["id"] for c in self.api.as_staff("GET", f"/clients?q={q}", who=self.user).body()["items"]]

    def all_ids(self, who: str = ALEX_EMAIL, /, **query: Any) -> list[str]:
        """The ids of a whole list, page by page."""
        return [client["id"] for client in self.api.all_pages(f"/clients?{urlencode(query)}", who)]

    def try_book(self, client_id: str, start: datetime = BLOCK_START, **more: Any) -> Reply:
        """A booking in Toronto through the contact centre."""
        body = {"channel": "contact_centre", "client_id": client_id, "staff": "anyone", "start": utc_text(start)}
        body |= {"service_id": MORTGAGE, "location_id": TORONTO, "meeting_method": "in_person"}
        return self.api.as_staff("POST", "/appointments", body | more, self.user)

    def book(self, client_id: str, start: datetime = BLOCK_START, **more: Any) -> Any:
        """A booking that succeeds."""
        return self.try_book(client_id, start, **more).body(201)

    def book_both(self, one: str, other: str) -> str:
        """The id of an appointment of two clients, the first of whom it is made for."""
        appointment_id = str(self.book(one)["id"])
        body = {"client_id": other, "notes": "By the lift"}
        self.api.as_staff("POST", f"/appointments/{appointment_id}/attendees", body, self.user).body(201)
        return appointment_id

    def book_publicly(self, attendee: dict[str, Any], minutes: int = 90) -> str:
        """The id of the client whom a public booking matches."""
        booked = self.api.book(at(minutes), attendee=attendee)
        return str(self.api.read(Appointment, booked["id"]).attendees[0].client_id)

    def attendees(self, appointment_id: str) -> Any:
        """The attendees of an appointment as staff see them."""
        return self.api.appointment(appointment_id, self.user)["attendees"]

    def code_of(self, appointment_id: str, client_id: str) -> str:
        """The client's code of an appointment, which only their mail shows."""
        return str(self.api.read(Appointment, appointment_id).attendee(client_id).code)

    def try_merge(self, duplicate: str, primary: str, who: str = "", **more: Any) -> Reply:
        """A merge of one client into another."""
        headers = more.pop("headers", {})
        body = {"duplicate_id": duplicate, "primary_id": primary} | more
        return self.api.as_staff("POST", "/clients/merge", body, who or self.user, headers=headers)

    def merge(self, duplicate: str, primary: str, **more: Any) -> Any:
        """A merge that succeeds."""
        return self.try_merge(duplicate, primary, **more).body()

    def undo(self, merge_id: str, who: str = "", **more: Any) -> Reply:
        """A merge undone."""
        return self.api.as_staff("POST", f"/clients/merges/{merge_id}/undo", {}, who or self.user, **more)

    def require_consistent(self) -> None:
        """Ledger, appointments, clients and their indexes agree."""
        assert container.ledger_integrity.check(self.api.now).differences == ()
        clients = [row.pk.removeprefix("CLI#") for row in Row.scan() if row.kind == "client"]
        assert container.client_integrity.check(clients, (TORONTO, SAM, ALEX)) == ()


def rows_without_logs() -> dict[tuple[str, str], Any]:
    """All rows but logs, merges and idempotency rows, without versions and times of writing."""

    def body(row: Row) -> Any:
        read = json.loads(row.body) if row.body else None
        return {k: v for k, v in read.items() if k not in ("updated_at", "version")} if isinstance(read, dict) else read

    kept = (r for r in Row.scan() if r.kind not in ("entry", "merge", "once"))
    return {(r.pk, r.sk): (body(r), r.gsi1pk, r.gsi1sk) for r in kept}


def make_client(id_: int | str = 1, first: str = "Ana", last: str = "Ruiz", **fields: Any) -> Client:
    """A client of this id, or number, and name."""
    client_id = id_ if isinstance(id_, str) else f"cli_{id_:026}"
    return Client(first, last, id=client_id, created_at=NOW, updated_at=NOW, **fields)


def save_clients(*clients: Client, known_to: tuple[str, ...] = ()) -> None:
    """Save and index clients who have had appointments at these locations and with these people."""
    for client in clients:
        with committed() as work:
            work.index_client(work.save(client))
            work.relation_counts.update((scope, client.id) for scope in known_to)
