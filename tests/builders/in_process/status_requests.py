"""Statuses over HTTP: mortgage advice that goes through six of them, and what is shown and sent of each change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.api_requests import ApiRequests
from tests.builders.in_process.sample_records import ALEX_EMAIL, MORTGAGE
from tests.builders.in_process.table_records import journal

ADMIN = "admin@example.org"
START, CONFIRMATION, CANCELLATION = "start", "booking_confirmation", "cancellation"
# In order of position.
STATUSES = (
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


@dataclass
class StatusRequests:
    """Requests about the statuses of appointments."""

    api: ApiRequests

    def create(self, *, on: bool = True) -> dict[str, str]:
        """The ids of the six statuses by name; ``on`` switches the function on as well."""
        found = {
            name: self.api.as_staff("POST", "/statuses", status_body(name, predicate), ADMIN).body(201)["id"]
            for name, predicate in STATUSES
        }
        if on:
            self.switch(service=True, function=True)
        return found

    def switch(self, *, service: bool | None = None, function: bool | None = None) -> None:
        """Switch the function for mortgage advice and for the organisation."""
        for url, on in ((f"/services/{MORTGAGE}", service), ("/settings", function)):
            if on is not None:
                self.api.as_staff("PATCH", url, {"status_function": on}, ADMIN).body()

    def change(self, appointment_id: str, status_id: str, who: str = ALEX_EMAIL, **more: Any) -> Reply:
        """A change to a status."""
        headers = more.pop("headers", {})
        url = f"/appointments/{appointment_id}/status"
        return self.api.as_staff("POST", url, {"status_id": status_id, **more}, who, headers=headers)

    def history(self, appointment_id: str, query: str = "") -> Any:
        """The statuses an appointment has had, newest first."""
        return self.api.as_staff("GET", f"/appointments/{appointment_id}/history{query}").body()["items"]

    def log(self, appointment_id: str, field: str = "status") -> list[tuple[str | None, str | None]]:
        """Before and after of every change of one field in the log, newest first."""
        items = self.api.as_staff("GET", f"/appointments/{appointment_id}/log").body()["items"]
        changes = (change for item in items for change in item["changes"] if change["field"] == field)
        return [(change["before"], change["after"]) for change in changes]


def status_names(lines: list[dict[str, Any]]) -> list[str]:
    """The names of the statuses in a history."""
    return [line["status"]["name"] for line in lines]


def messages(appointment_id: str) -> list[tuple[str, str]]:
    """Kind and audience of every message about an appointment, oldest first."""
    entries = reversed(journal(appointment_id))
    return [(message.kind.value, message.audience.value) for entry in entries for message in entry.messages]


def event_types(appointment_id: str) -> list[str]:
    """The type of every event, oldest first."""
    return [event.type for entry in reversed(journal(appointment_id)) for event in entry.events]
