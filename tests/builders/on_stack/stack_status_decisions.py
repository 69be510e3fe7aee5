"""What is decided on the requests of one branch, and who holds which status afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.builders.on_stack.stack_block_branch import Branch, made
from tests.builders.on_stack.stack_status_steps import CANCELLATION, CONFIRMATION, START, Pipeline


@dataclass(frozen=True)
class Approval:
    """A branch whose service goes through statuses."""

    branch: Branch
    pipeline: Pipeline

    def id(self, predicate: str) -> str:
        """The first status of this predicate."""
        return str(self.pipeline.statuses[predicate]["id"])

    def confirm(self, booked: dict[str, Any]) -> httpx.Response:
        """The confirmation of what is thought to be a request still."""
        return self.pipeline.move(booked, CONFIRMATION, expected_status_id=self.id(START))

    def reject(self, booked: dict[str, Any]) -> httpx.Response:
        """The rejection of what is thought to be a request still."""
        more = {"reason": "Papers are missing", "expected_status_id": self.id(START)}
        return self.pipeline.move(booked, CANCELLATION, **more)

    def history(self, booked: dict[str, Any]) -> list[str]:
        """The predicates it has passed through, newest first."""
        lines = made(self.branch.admin.get(f"/appointments/{booked['id']}/history"), 200)["items"]
        return [line["status"]["predicate"] for line in lines]

    def held(self) -> dict[str, int]:
        """How many appointments hold each, as whoever wants to delete it is told."""
        return {predicate: self._held(predicate) for predicate in (START, CONFIRMATION, CANCELLATION)}

    def _held(self, predicate: str) -> int:
        # The last of its kind is not deleted while the function is on, be it that nobody holds it.
        refused = self.branch.admin.delete(f"/statuses/{self.id(predicate)}").json()
        return int(refused.get("used_by", {}).get("appointments", 0))
