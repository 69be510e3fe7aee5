"""One branch of its own for a test: what is free there, and somebody else who books over the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

DAYS = 24


@dataclass(frozen=True)
class Branch:
    """A service at a location with one seat at a time, names of their own; ``api_url`` ends with a slash."""

    api_url: str
    location_id: str
    location_name: str
    service_id: str
    service_name: str
    timezone: str

    def address(self, **more: str) -> str:
        """The booking page with this service and location chosen."""
        chosen = {"service": self.service_id, "location": self.location_id, **more}
        return f"{self.api_url}?{urlencode(chosen)}"

    def free(self, staff_id: str | None = None) -> list[str]:
        """Every free start of the coming weeks as a UTC instant; of one person, where one may be chosen."""
        whom = {"staff_id": staff_id} if staff_id else {}
        today = datetime.now(UTC).date()
        answer = httpx.get(
            f"{self.api_url}public/availability",
            params={
                "service_id": self.service_id,
                "location_id": self.location_id,
                "meeting_method": "in_person",
                "timezone": self.timezone,
                "from": today.isoformat(),
                "to": (today + timedelta(days=DAYS)).isoformat(),
                **whom,
            },
        )
        return [slot["start"] for day in answer.raise_for_status().json()["days"] for slot in day["slots"]]

    def book(self, start: str, staff_id: str | None = None) -> dict[str, Any]:
        """Somebody else books that time, over the API, with a person where one may be chosen."""
        other = {"first_name": "Otto", "last_name": "Other", "email": "otto@example.org", "receive_sms": False}
        body = {
            "service_id": self.service_id,
            "location_id": self.location_id,
            "meeting_method": "in_person",
            "start": start,
            "timezone": self.timezone,
            "staff_id": staff_id,
            "attendee": other | {"language": "en", "answers": [{"question_id": "topic", "value": "Renewal"}]},
        }
        answer = httpx.post(f"{self.api_url}public/appointments", json=body)
        booked: dict[str, Any] = answer.raise_for_status().json()
        return booked

    def appointment(self, booked: dict[str, Any]) -> dict[str, Any]:
        """An appointment as its attendee may see it."""
        address = f"{self.api_url}public/appointments/{booked['id']}"
        answer = httpx.get(address, params={"code": booked["code"]})
        seen: dict[str, Any] = answer.raise_for_status().json()
        return seen

    def manage_address(self, booked: dict[str, Any]) -> str:
        """The page behind the link in the mail."""
        return f"{self.api_url}manage?{urlencode({'id': booked['id'], 'code': booked['code']})}"
