"""The statuses of the organisation on the stack, from request to confirmation or rejection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.builders.on_stack.stack_requests import body_of, created

START, CONFIRMATION, CANCELLATION = "start", "booking_confirmation", "cancellation"
_NAMES = {START: "Being looked at", CONFIRMATION: "Approved", CANCELLATION: "Turned down"}
_COLOURS = {START: "#c98a12", CONFIRMATION: "#2e7d32", CANCELLATION: "#a8231d"}


@dataclass(frozen=True)
class StackStatuses:
    """The first status of each predicate and the requests that move appointments between them."""

    admin: httpx.Client
    statuses: dict[str, dict[str, Any]]

    def name(self, predicate: str) -> str:
        """The name of the first status of this predicate."""
        return str(self.statuses[predicate]["name"])

    def id(self, predicate: str) -> str:
        """The id of the first status of this predicate."""
        return str(self.statuses[predicate]["id"])

    def move(self, booked: dict[str, Any], predicate: str, **fields: Any) -> httpx.Response:
        """Move an appointment to the status of this predicate; keywords add fields."""
        body = {"status_id": self.id(predicate), **fields}
        return self.admin.post(f"/appointments/{booked['id']}/status", json=body)

    def confirm(self, booked: dict[str, Any]) -> httpx.Response:
        """Confirm an appointment that is expected to be a request."""
        return self.move(booked, CONFIRMATION, expected_status_id=self.id(START))

    def reject(self, booked: dict[str, Any]) -> httpx.Response:
        """Reject an appointment that is expected to be a request."""
        return self.move(booked, CANCELLATION, reason="Papers are missing", expected_status_id=self.id(START))

    def history(self, booked: dict[str, Any]) -> list[str]:
        """The predicates of an appointment's statuses, newest first."""
        lines = body_of(self.admin.get(f"/appointments/{booked['id']}/history"))["items"]
        return [line["status"]["predicate"] for line in lines]

    def appointment_counts(self) -> dict[str, int]:
        """How many appointments have the status of each predicate, as the refusal to delete it says."""
        # The last status of a predicate is not deleted while the function is on, even if no appointment has it.
        refused = {predicate: self.admin.delete(f"/statuses/{self.id(predicate)}").json() for predicate in _NAMES}
        return {predicate: int(r.get("used_by", {}).get("appointments", 0)) for predicate, r in refused.items()}


@contextmanager
def status_function_on(admin: httpx.Client, service_id: str) -> Iterator[StackStatuses]:
    """Switch the status function on for this service, and for the organisation until the context ends."""
    before = body_of(admin.get("/settings"))["status_function"]
    statuses = {predicate: first_status(admin, predicate) for predicate in _NAMES}
    body_of(admin.patch("/settings", json={"status_function": True}))
    body_of(admin.patch(f"/services/{service_id}", json={"status_function": True}))
    yield StackStatuses(admin, statuses)
    body_of(admin.patch("/settings", json={"status_function": before}))


def first_status(admin: httpx.Client, predicate: str) -> dict[str, Any]:
    """The usable status of this predicate with the lowest position; a new one if there is none."""
    known = body_of(admin.get("/statuses", params={"limit": 100}))["items"]
    usable = [s for s in known if s["predicate"] == predicate and not s["archived"]]
    if usable:
        return dict(min(usable, key=lambda status: int(status["position"])))
    body = {"name": _NAMES[predicate], "predicate": predicate, "colour": _COLOURS[predicate]}
    return dict(created(admin.post("/statuses", json=body | ({"position": 0} if predicate == START else {}))))
