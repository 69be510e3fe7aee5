"""Branches whose booking pages a test opens, and another client who books there over the API."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx

from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_branch import TORONTO, StackBranch
from tests.builders.on_stack.stack_requests import body_of, created

DAYS = 24
TOPIC = {
    "id": "topic",
    "text": "What is it about?",
    "type": "choice",
    "options": ["First home", "Renewal"],
    "required": True,
}


@dataclass(frozen=True)
class PageBranch(StackBranch):
    """A location and a service, both named for this test alone."""

    location_name: str = ""
    service_name: str = ""

    @property
    def api_url(self) -> str:
        """The API's base with a slash at the end."""
        return f"{self.stack.api_url}/"

    def booking_url(self, **query: str) -> str:
        """The booking page with this service and location chosen."""
        return f"{self.api_url}?{urlencode({'service': self.service_id, 'location': self.location_id, **query})}"

    def manage_url(self, booked: dict[str, Any]) -> str:
        """The page that the e-mails link to."""
        return f"{self.api_url}manage?{urlencode({'id': booked['id'], 'code': booked['code']})}"

    def available_starts(self, staff_id: str | None = None) -> list[str]:
        """The available UTC instants of the next weeks, of one member of staff if named."""
        today = datetime.now(UTC).date()
        query = {
            "service_id": self.service_id,
            "location_id": self.location_id,
            "meeting_method": "in_person",
            "timezone": self.timezone,
            "from": today.isoformat(),
            "to": (today + timedelta(days=DAYS)).isoformat(),
        }
        query |= {"staff_id": staff_id} if staff_id else {}
        days = body_of(self.http.get("/public/availability", params=query))["days"]
        return [slot["start"] for day in days for slot in day["slots"]]

    def book_start(self, start: str, staff_id: str | None = None) -> Any:
        """Book as another client, with one member of staff if named."""
        other = {"first_name": "Otto", "last_name": "Other", "email": "otto@example.org", "receive_sms": False}
        other |= {"language": "en", "answers": [{"question_id": TOPIC["id"], "value": "Renewal"}]}
        return created(self.book(start=start, staff_id=staff_id, attendee=other))


@dataclass(frozen=True)
class PageBlockBranch(PageBranch):
    """One seat from nine to five on each of twenty days."""

    @classmethod
    def open(cls, stack: LocalStack, http: httpx.Client, admin: httpx.Client) -> Self:
        """A branch in Toronto, and a second location so that the page asks for one."""
        mark = secrets.token_hex(3)
        places = [create_location(admin, f"{street} Street {mark}") for street in ("King", "Queen")]
        location_ids = [place["id"] for place in places]
        service = created(admin.post("/services", json=service_body(f"Advice {mark}", location_ids)))
        first = first_movable_day()
        block = {
            "location_id": location_ids[0],
            "start": f"{first}T09:00",
            "end": f"{first}T17:00",
            "timezone": TORONTO,
            "limit": 1,
            "services": [service["id"]],
            "recurrence": {"rrule": "FREQ=DAILY;COUNT=20"},
        }
        created(admin.post("/quickstream/blocks", json=block))
        names = {"location_name": places[0]["name"], "service_name": service["name"]}
        return cls(stack, http, admin, tuple(location_ids), (service["id"],), datetime.now(UTC), "", **names)


def create_location(admin: httpx.Client, name: str) -> Any:
    """A location in Toronto."""
    return created(admin.post("/locations", json={"name": name, "timezone": TORONTO, "address": "1 King Street"}))


def service_body(name: str, location_ids: list[str]) -> dict[str, Any]:
    """A service of half an hour with one question."""
    return {
        "name": name,
        "description": "First home, renewal or refinancing",
        "duration_minutes": 30,
        "meeting_methods": ["in_person", "phone"],
        "location_ids": location_ids,
        "availability": "quickstream",
        "slot_interval": 30,
        "questions": [TOPIC],
    }


def first_movable_day() -> date:
    """A day in Toronto late enough for its appointments to be moved."""
    return datetime.now(ZoneInfo(TORONTO)).date() + timedelta(days=3)
