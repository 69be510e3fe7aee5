"""Calls of the app as clients and staff make them: Lambda's event in, the response out, in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from benchmarks.data.branches import (
    ACCOUNT,
    ADVISER_EMAIL,
    DAYS,
    FIRST_DAY,
    MEASURED_BRANCH,
    NOW,
    TIMEZONE,
    opening_instant,
)
from chalicelib.domain.shared.times import utc_text
from tests.builders.doubles.api_gateway import Reply, claims, send

HEADERS = {"X-Now": utc_text(NOW)}


@dataclass(frozen=True)
class BenchmarkClient:
    """Calls about one branch, at a fixed time."""

    location_id: str = MEASURED_BRANCH
    service_id: str = ACCOUNT
    login: tuple[str, str] = (ADVISER_EMAIL, "[staff]")

    def availability(self, days: int = DAYS) -> Reply:
        """Free times of a number of days."""
        return self.get("/public/availability", **self.availability_query(days))

    def availability_query(self, days: int = DAYS) -> dict[str, str]:
        """The query of ``availability``."""
        last = FIRST_DAY + timedelta(days=days - 1)
        return self._service_and_location() | {
            "timezone": TIMEZONE,
            "from": FIRST_DAY.isoformat(),
            "to": last.isoformat(),
        }

    def explain(self, start: datetime) -> Reply:
        """The explanation of a time."""
        return self.get(
            "/public/availability/explain", **self._service_and_location(), timezone=TIMEZONE, start=utc_text(start)
        )

    def hold(self, start: datetime) -> Reply:
        """A hold on a slot."""
        return self.post("/public/holds", self._slot_body(start))

    def book(self, start: datetime, first: str, last: str, email: str, key: str | None = None, **more: str) -> Reply:
        """A client's booking; ``key`` is its Idempotency-Key, the rest goes into the body."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.post("/public/appointments", self.booking_body(start, first, last, email) | more, **headers)

    def booking_body(self, start: datetime, first: str, last: str, email: str) -> dict[str, Any]:
        """The body of ``book``."""
        return self._slot_body(start) | {"attendee": {"first_name": first, "last_name": last, "email": email}}

    def get(self, path: str, **query: str) -> Reply:
        """A client's GET."""
        return self._call("GET", f"{path}?{urlencode(query)}")

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Reply:
        """A client's POST."""
        return self._call("POST", path, body=body, headers=headers)

    def call_as_staff(self, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
        """The call of the staff member with ``login``, by default the adviser."""
        return self._call(method, path, body=body, login=claims(*self.login))

    def book_as_staff(self, start: datetime, first: str, last: str, email: str, **more: Any) -> Reply:
        """A staff member's booking for a new client, through Schedule."""
        client = {"first_name": first, "last_name": last, "email": email}
        return self.call_as_staff(
            "POST", "/appointments", self._slot_body(start) | {"channel": "schedule", "client": client} | more
        )

    def move(self, booked: dict[str, str], start: datetime) -> Reply:
        """A client's move of their appointment."""
        body = {"code": booked["code"], "start": utc_text(start), "timezone": "UTC"}
        return self.post(f"/public/appointments/{booked['id']}/reschedule", body)

    def cancel(self, booked: dict[str, str]) -> Reply:
        """A client's cancellation of their appointment."""
        return self.post(f"/public/appointments/{booked['id']}/cancel", {"code": booked["code"]})

    def first_free_start(self, day: int, **more: str) -> datetime:
        """The first free start of the ``day``-th day; keywords go into the query."""
        date = (FIRST_DAY + timedelta(days=day)).isoformat()
        query = self._service_and_location() | {"timezone": TIMEZONE, "from": date, "to": date} | more
        found = self.get("/public/availability", **query)
        return datetime.fromisoformat(found.json["days"][0]["slots"][0]["start"])

    def _call(self, method: str, url: str, **request: Any) -> Reply:
        from app import app

        headers = HEADERS | request.pop("headers", {})
        reply = send(app, method, url, headers=headers, **request)
        assert reply.status < 300, f"{method} {url}: {reply.status} {reply.text}"
        return reply

    def _service_and_location(self) -> dict[str, str]:
        return {"service_id": self.service_id, "location_id": self.location_id}

    def _slot_body(self, start: datetime) -> dict[str, Any]:
        return self._service_and_location() | {
            "meeting_method": "in_person",
            "start": utc_text(start),
            "timezone": TIMEZONE,
        }


def slot_start(day: int, quarter: int = 8) -> datetime:
    """A start on the ``day``-th day, ``quarter`` quarters of an hour after opening."""
    return opening_instant(date.fromordinal(FIRST_DAY.toordinal() + day)) + timedelta(minutes=15 * quarter)


@contextmanager
def silenced_logs() -> Iterator[None]:
    """Discard this process's log lines; they are still written, as in Lambda."""
    sys.stdout.flush()
    stdout = os.dup(1)
    discard = os.open(os.devnull, os.O_WRONLY)
    os.dup2(discard, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(stdout, 1)
        os.close(discard)
        os.close(stdout)
