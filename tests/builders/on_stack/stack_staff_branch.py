"""A branch on the stack with one or more locations and staff whose time is booked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Self

import httpx

from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_branch import (
    EVERY_DAY,
    TORONTO,
    SignedInStaff,
    StackBranch,
    email_address,
    in_twenty_days,
)
from tests.builders.on_stack.stack_requests import created

MINUTES, BEFORE, AFTER = 30, 5, 10


@dataclass(frozen=True)
class StackStaffBranch(StackBranch):
    """The first service books staff time, the second is booked in blocks; ``workers`` offer both at all locations."""

    workers: list[SignedInStaff] = field(default_factory=list)

    @classmethod
    def open(cls, stack: LocalStack, http: httpx.Client, admin: httpx.Client, people: int = 1, places: int = 1) -> Self:
        """Locations open from eight to six with a block of seven hours each, in twenty days, and their staff."""
        email = email_address()
        location_ids = tuple(_create_location(admin, number, email) for number in range(places))
        common: dict[str, Any] = {
            "duration_minutes": MINUTES,
            "buffer_before": BEFORE,
            "buffer_after": AFTER,
            "slot_interval": 15,
            "meeting_methods": ["in_person"],
            "location_ids": location_ids,
        }
        by_staff = {"name": "Counsel", "availability": "staff", "client_chooses_staff": True, **common}
        by_block = {"name": "Advice", "availability": "quickstream", **common}
        service_ids = tuple(created(admin.post("/services", json=service))["id"] for service in (by_staff, by_block))
        branch = cls(stack, http, admin, location_ids, service_ids, in_twenty_days(), email)
        for location_id in location_ids:
            hours = {"start": branch.start(-60), "end": branch.start(6 * 60)}
            block = {"location_id": location_id, "limit": 50, "services": [branch.block_service_id], **hours}
            created(admin.post("/quickstream/blocks", json=block))
        for _ in range(people):
            worker = branch.hire()
            branch.add_schedule(worker.id)
            branch.workers.append(worker)
        return branch

    @property
    def block_service_id(self) -> str:
        """The service that is booked in blocks."""
        return self.service_ids[1]

    def book_block_slot(self, minutes: int = 0, place: int = 0) -> httpx.Response:
        """Book in a block as a client; the appointment is assigned to nobody."""
        return self.book(minutes, place, service_id=self.block_service_id)

    def edit(self, booked: dict[str, Any], **fields: Any) -> httpx.Response:
        """Edit an appointment as an administrator."""
        return self.admin.patch(f"/appointments/{booked['id']}", json=fields)

    def claim(self, worker: SignedInStaff, booked: dict[str, Any]) -> httpx.Response:
        """Claim an appointment that is assigned to nobody."""
        return worker.http.post(f"/appointments/{booked['id']}/claim", json={})

    def assign(self, worker: SignedInStaff, booked: dict[str, Any]) -> httpx.Response:
        """Assign an appointment as an administrator."""
        return self.admin.post(f"/appointments/{booked['id']}/assign", json={"staff_id": worker.id})

    def add_time_off(self, worker: SignedInStaff, minutes: int = 0, length: int = MINUTES) -> httpx.Response:
        """Give a worker time off, ``length`` minutes long."""
        body = {"start": self.start(minutes), "end": self.start(minutes + length)}
        return self.admin.post(f"/staff/{worker.id}/time-off", json=body)

    def overlapping_appointments(self) -> list[tuple[str, str]]:
        """The pairs of one person's appointments that overlap, buffers included."""
        active = [a for a in self.appointments() if a["staff_id"] and a["state"] != "cancelled"]
        distance = timedelta(minutes=MINUTES + BEFORE + AFTER)
        return [
            (one["id"], other["id"])
            for one, other in combinations(active, 2)
            if one["staff_id"] == other["staff_id"] and abs(_start(one) - _start(other)) < distance
        ]

    def close(self) -> None:
        """Close the workers' connections."""
        for worker in self.workers:
            worker.http.close()


def _create_location(admin: httpx.Client, number: int, email: str) -> str:
    place = {"name": f"Race Road {number}", "timezone": TORONTO, "country": "CA", "email": email}
    location_id = created(admin.post("/locations", json=place))["id"]
    hours = {"weekdays": EVERY_DAY, "start": "08:00", "end": "18:00"}
    created(admin.post(f"/locations/{location_id}/hours", json=hours))
    return str(location_id)


def _start(appointment: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(appointment["start"])


OpenStaffBranch = Callable[..., StackStaffBranch]
"""``StackStaffBranch.open`` that only takes ``people`` and ``places``."""
