"""The statuses of the stack's organisation, made once, and a branch whose service goes through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.stack.branch import Branch, made

STEPS = (
    ("Received", "start"),
    ("Confirmed", "booking_confirmation"),
    ("Declined", "cancellation"),
)


def ensured(admin: httpx.Client) -> dict[str, str]:
    """The ids of the statuses by name, with the function switched on; made at the first call."""
    listed = made(admin.get("/statuses", params={"limit": 100}), 200)["items"]
    there = {status["name"]: status["id"] for status in listed}
    for name, predicate in STEPS:
        if name not in there:
            body = {"name": name, "predicate": predicate, "colour": "#2e7d32"}
            there[name] = made(admin.post("/statuses", json=body))["id"]
    ours = [there[name] for name, _ in STEPS]
    others = [status["id"] for status in listed if status["id"] not in ours]
    made(admin.put("/statuses/order", json={"ids": ours + others}), 200)
    made(admin.patch("/settings", json={"status_function": True}), 200)
    return dict(zip([name for name, _ in STEPS], ours, strict=True))


@dataclass(frozen=True)
class Approval:
    """A branch, its service switched on, and the statuses by name."""

    branch: Branch
    ids: dict[str, str]

    def move(self, booked: dict[str, Any], name: str, **more: Any) -> httpx.Response:
        """A move to the status of that name, from ``Received``."""
        body = {"status_id": self.ids[name], "expected_status_id": self.ids["Received"], **more}
        return self.branch.admin.post(f"/appointments/{booked['id']}/status", json=body)

    def confirm(self, booked: dict[str, Any]) -> httpx.Response:
        """The confirmation."""
        return self.move(booked, "Confirmed")

    def reject(self, booked: dict[str, Any], reason: str = "Papers are missing") -> httpx.Response:
        """The rejection."""
        return self.move(booked, "Declined", reason=reason)

    def history(self, booked: dict[str, Any]) -> list[str]:
        """The names of the statuses it has passed through, newest first."""
        lines = made(self.branch.admin.get(f"/appointments/{booked['id']}/history"), 200)["items"]
        return [line["status"]["name"] for line in lines]

    def held(self, name: str) -> int:
        """How many appointments hold a status, as it is told to whoever wants to delete it."""
        refused = self.branch.admin.delete(f"/statuses/{self.ids[name]}").json()
        return int(refused.get("used_by", {}).get("appointments", 0))


def asking(branch: Branch) -> Approval:
    """The branch with its service switched on."""
    ids = ensured(branch.admin)
    made(branch.admin.patch(f"/services/{branch.service_id}", json={"status_function": True}), 200)
    return Approval(branch, ids)
