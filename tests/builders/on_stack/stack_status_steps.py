"""The organisation's steps from request to confirmation on the stack: switched on, moved through by staff."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.builders.on_stack.stack_block_branch import made

START, CONFIRMATION, CANCELLATION = "start", "booking_confirmation", "cancellation"
_NAMES = {START: "Being looked at", CONFIRMATION: "Approved", CANCELLATION: "Turned down"}
_COLOURS = {START: "#c98a12", CONFIRMATION: "#2e7d32", CANCELLATION: "#a8231d"}


@dataclass(frozen=True)
class Pipeline:
    """The first status of each predicate, as the organisation has them."""

    admin: httpx.Client
    statuses: dict[str, dict[str, Any]]

    def name(self, predicate: str) -> str:
        """What the organisation calls it."""
        return str(self.statuses[predicate]["name"])

    def move(self, booked: dict[str, Any], predicate: str, **more: Any) -> httpx.Response:
        """Staff move an appointment into the status of this predicate; keywords are the body's."""
        body = {"status_id": self.statuses[predicate]["id"], **more}
        return self.admin.post(f"/appointments/{booked['id']}/status", json=body)


@contextmanager
def switched_on(admin: httpx.Client, service_id: str) -> Iterator[Pipeline]:
    """With the status function for this service, and for the organisation as long as the context lasts."""
    before = made(admin.get("/settings"), 200)["status_function"]
    found = {predicate: first(admin, predicate) for predicate in (START, CONFIRMATION, CANCELLATION)}
    made(admin.patch("/settings", json={"status_function": True}), 200)
    made(admin.patch(f"/services/{service_id}", json={"status_function": True}), 200)
    yield Pipeline(admin, found)
    made(admin.patch("/settings", json={"status_function": before}), 200)


def first(admin: httpx.Client, predicate: str) -> dict[str, Any]:
    """The lowest of this predicate that can be chosen; a new one where there is none."""
    known = made(admin.get("/statuses", params={"limit": 100}), 200)["items"]
    usable = [s for s in known if s["predicate"] == predicate and not s["archived"]]
    if usable:
        return dict(min(usable, key=lambda status: int(status["position"])))
    body = {"name": _NAMES[predicate], "predicate": predicate, "colour": _COLOURS[predicate]}
    return dict(made(admin.post("/statuses", json=body | ({"position": 0} if predicate == START else {}))))
