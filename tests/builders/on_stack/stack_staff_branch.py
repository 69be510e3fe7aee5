"""Two locations and a few people on the stack whose time can be booked, and everything that is done with their time."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import httpx

from chalicelib.domain.shared.times import utc_text
from infra import staff_logins
from tests.builders.on_stack.local_stack import PATIENCE_SECONDS, Stack
from tests.builders.on_stack.stack_block_branch import ZONE, address, made

MINUTES, BEFORE, AFTER = 30, 5, 10
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


@dataclass(frozen=True)
class Worker:
    """Somebody whose time is booked, and the API as they call it."""

    id: str
    http: httpx.Client


@dataclass(frozen=True)
class StaffBranch:
    """A service of staff's time and one of blocks at the same locations, done by the same people."""

    stack: Stack
    http: httpx.Client
    admin: httpx.Client
    locations: tuple[str, ...]
    service_id: str
    blocks_id: str
    opening: datetime
    workers: list[Worker] = field(default_factory=list)

    def start(self, minutes: int = 0) -> str:
        """So many minutes after the time that everybody wants."""
        return utc_text(self.opening + timedelta(minutes=minutes))

    def book(
        self, minutes: int = 0, place: int = 0, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """A client nobody has seen before books; keywords replace fields."""
        body = {**self._slot(minutes, place), "attendee": _guest(), **more}
        return self.http.post("/public/appointments", json=body, headers=headers)

    def desk(
        self, channel: str, minutes: int = 0, place: int = 0, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """An administrator books for such a client through a channel."""
        body = {**self._slot(minutes, place), "channel": channel, "client": _guest(), **more}
        return self.admin.post("/appointments", json=body, headers=headers)

    def take(self, minutes: int = 0, place: int = 0) -> httpx.Response:
        """A client books out of a block: nobody has the appointment yet."""
        return self.book(minutes, place, service_id=self.blocks_id)

    def hold(self, minutes: int = 0, place: int = 0, **more: Any) -> httpx.Response:
        """Somebody holds a time."""
        return self.http.post("/public/holds", json=self._slot(minutes, place) | more)

    def move(self, booked: dict[str, Any], minutes: int) -> httpx.Response:
        """The client moves what they booked."""
        body = {"code": booked["code"], "start": self.start(minutes), "timezone": ZONE}
        return self.http.post(f"/public/appointments/{booked['id']}/reschedule", json=body)

    def cancel(self, booked: dict[str, Any]) -> httpx.Response:
        """The client cancels what they booked."""
        return self.http.post(f"/public/appointments/{booked['id']}/cancel", json={"code": booked["code"]})

    def edit(self, booked: dict[str, Any], **fields: Any) -> httpx.Response:
        """An administrator changes something about an appointment."""
        return self.admin.patch(f"/appointments/{booked['id']}", json=fields)

    def claim(self, worker: Worker, booked: dict[str, Any]) -> httpx.Response:
        """Somebody takes an appointment that nobody has."""
        return worker.http.post(f"/appointments/{booked['id']}/claim", json={})

    def assign(self, worker: Worker, booked: dict[str, Any]) -> httpx.Response:
        """An administrator gives somebody an appointment."""
        return self.admin.post(f"/appointments/{booked['id']}/assign", json={"staff_id": worker.id})

    def away(self, worker: Worker, minutes: int = 0, length: int = MINUTES) -> httpx.Response:
        """Somebody is away for a while."""
        body = {"start": self.start(minutes), "end": self.start(minutes + length)}
        return self.admin.post(f"/staff/{worker.id}/time-off", json=body)

    def shown(self, booked: dict[str, Any]) -> Any:
        """An appointment as staff see it."""
        return made(self.admin.get(f"/appointments/{booked['id']}"), 200)

    def appointments(self) -> list[dict[str, Any]]:
        """Every appointment of the day at all locations, as the dashboard lists them."""
        found: list[dict[str, Any]] = []
        for location_id in self.locations:
            cursor: str | None = None
            while True:
                query = {"view": "day", "location_id": location_id, "date": self.opening.date().isoformat()}
                query |= {"limit": "100"} | ({"cursor": cursor} if cursor else {})
                page = made(self.admin.get("/appointments", params=query), 200)
                found += page["items"]
                cursor = page["next_cursor"]
                if cursor is None:
                    break
        return found

    def clashes(self) -> list[tuple[str, str]]:
        """The appointments of one person that come closer than the buffers of both."""
        taken = [a for a in self.appointments() if a["staff_id"] and a["state"] != "cancelled"]
        close = MINUTES + BEFORE + AFTER
        return [
            (one["id"], other["id"])
            for one, other in combinations(taken, 2)
            if one["staff_id"] == other["staff_id"] and abs(_minutes(one) - _minutes(other)) < close
        ]

    def hire(self) -> Worker:
        """Somebody new at all locations, for both services, at work from eight to six on every day."""
        email, content = address(secrets.token_hex(6)), self.stack.content
        body = {"name": f"Staff {email[:4]}", "email": email, "role": "staff", "timezone": ZONE}
        where = {"location_ids": self.locations, "service_ids": [self.service_id, self.blocks_id]}
        person = made(self.admin.post("/staff", json=body | where))
        lines = [{"weekdays": EVERY_DAY, "start": "08:00", "end": "18:00"}]
        schedule = {"calendar_type": "open", "timezone": ZONE, "lines": lines}
        made(self.admin.post(f"/staff/{person['id']}/work-schedules", json=schedule))
        password = content["demo"]["password"]
        self.stack.aws("cognito-idp").admin_set_user_password(
            UserPoolId=content["user_pool_id"], Username=email, Password=password, Permanent=True
        )
        token = staff_logins.sign_in(self.stack.aws, content["user_pool_client_id"], email, password)
        headers = {"Authorization": f"Bearer {token}"}
        worker = Worker(
            person["id"], httpx.Client(base_url=self.stack.api_url, timeout=PATIENCE_SECONDS, headers=headers)
        )
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        """Lets go of the workers' connections."""
        for worker in self.workers:
            worker.http.close()

    def _slot(self, minutes: int, place: int) -> dict[str, Any]:
        return {
            "service_id": self.service_id,
            "location_id": self.locations[place],
            "meeting_method": "in_person",
            "start": self.start(minutes),
            "timezone": ZONE,
        }


def open_staff_branch(
    stack: Stack, http: httpx.Client, admin: httpx.Client, people: int, places: int = 2
) -> StaffBranch:
    """Locations that are open from eight to six, a block of ten hours at each, in twenty days."""
    locations = tuple(_located(admin, number) for number in range(places))
    common: dict[str, Any] = {
        "duration_minutes": MINUTES,
        "buffer_before": BEFORE,
        "buffer_after": AFTER,
        "slot_interval": 15,
    }
    common |= {"meeting_methods": ["in_person"], "location_ids": locations}
    offer = {"name": "Counsel", "availability": "staff", "client_chooses_staff": True, **common}
    service = made(admin.post("/services", json=offer))
    blocks = made(admin.post("/services", json={"name": "Advice", "availability": "quickstream", **common}))
    # Ten or eleven in the morning there, whatever the season.
    opening = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=20)
    for location_id in locations:
        span = {"start": utc_text(opening - timedelta(hours=1)), "end": utc_text(opening + timedelta(hours=6))}
        block = {"location_id": location_id, "limit": 50, "services": [blocks["id"]], **span}
        made(admin.post("/quickstream/blocks", json=block))
    branch = StaffBranch(stack, http, admin, locations, service["id"], blocks["id"], opening)
    for _ in range(people):
        branch.hire()
    return branch


def _located(admin: httpx.Client, number: int) -> str:
    place = {"name": f"Race Road {number}", "timezone": ZONE, "country": "CA", "email": address(secrets.token_hex(6))}
    location = made(admin.post("/locations", json=place))
    hours = {"weekdays": EVERY_DAY, "start": "08:00", "end": "18:00"}
    made(admin.post(f"/locations/{location['id']}/hours", json=hours))
    return str(location["id"])


def _guest() -> dict[str, str]:
    name = secrets.token_hex(6)
    return {"first_name": "Guest", "last_name": name, "email": address(name)}


def _minutes(appointment: dict[str, Any]) -> int:
    return int(datetime.fromisoformat(appointment["start"]).timestamp() // 60)


OpenStaff = Callable[..., StaffBranch]
"""``open_staff_branch`` with the people and places it shall have."""
