"""A branch on the stack with one service and one Quickstream block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

import httpx

from chalicelib.domain.shared.times import utc_text
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_branch import TORONTO, StackBranch, email_address, in_twenty_days
from tests.builders.on_stack.stack_requests import body_of, created


@dataclass(frozen=True)
class StackBlockBranch(StackBranch):
    """``opening`` is the start of the block."""

    block_id: str = ""

    @classmethod
    def open(cls, stack: LocalStack, http: httpx.Client, admin: httpx.Client, **block: Any) -> Self:
        """A branch with a block of three hours in twenty days; keywords are the block's."""
        email = email_address()
        place = {"name": "Race Street", "timezone": TORONTO, "email": email, "country": "CA"}
        location_id = created(admin.post("/locations", json=place))["id"]
        service = {"name": "Advice", "duration_minutes": 30, "meeting_methods": ["in_person", "phone"]}
        service |= {"location_ids": [location_id], "availability": "quickstream", "slot_interval": 15}
        service_id = created(admin.post("/services", json=service))["id"]
        branch = cls(stack, http, admin, (location_id,), (service_id,), in_twenty_days(), email)
        return replace(branch, block_id=branch.create_block(**block)["id"])

    def available_starts(self, now: datetime | None = None) -> dict[str, int]:
        """The number of free seats by start on the opening's day."""
        day = self.opening.date().isoformat()
        query = {"service_id": self.service_id, "location_id": self.location_id, "timezone": "UTC"}
        headers = {"X-Now": utc_text(now)} if now else {}
        response = self.http.get("/public/availability", params={**query, "from": day, "to": day}, headers=headers)
        return {slot["start"]: slot["available"] for found in body_of(response)["days"] for slot in found["slots"]}

    def block(self, block_id: str = "") -> Any:
        """A block as staff see it; the branch's own without an id."""
        return body_of(self.admin.get(f"/quickstream/blocks/{block_id or self.block_id}"))

    def create_block(self, minutes: int = 0, length: int = 180, **fields: Any) -> Any:
        """A block from so many minutes after the opening, ``length`` minutes long; keywords replace or add fields."""
        end = utc_text(self.opening + timedelta(minutes=minutes + length))
        body = {"location_id": self.location_id, "start": self.start(minutes), "end": end, "limit": 1}
        body |= {"services": [self.service_id], **fields}
        return created(self.admin.post("/quickstream/blocks", json=body))["occurrences"][0]

    def act_on_block(self, action: str) -> httpx.Response:
        """Release or close the block."""
        return self.admin.post(f"/quickstream/blocks/{self.block_id}/{action}")


OpenBranch = Callable[..., StackBlockBranch]
"""``StackBlockBranch.open`` that only takes the block's keywords."""
