"""The app as clients and staff call it, at a time of the test's choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import utc_text
from tests.builders.doubles.api_gateway import Reply, claims, send
from tests.builders.in_process import table_records
from tests.builders.in_process.sample_records import (
    ADVICE,
    ALEX_EMAIL,
    BLOCK_START,
    CENTRAL,
    MORTGAGE,
    NOW,
    ROLES,
    SAM,
    TORONTO,
    booking_body,
    staff_body,
    start,
)


@dataclass
class ApiRequests:
    """Requests at ``now``, a clock that stands still until it is moved.

    Methods that begin with ``try`` return the reply, the others the JSON of a request that must succeed.
    """

    now: datetime = NOW

    def call(self, method: str, url: str, body: object = None, **more: Any) -> Reply:
        """A request without a login, or with the claims of ``login``."""
        from app import app

        headers = {"X-Now": utc_text(self.now), **more.pop("headers", {})}
        return send(app, method, url, body=body, headers=headers, **more)

    def as_staff(self, method: str, url: str, body: object = None, who: str = ALEX_EMAIL, **more: Any) -> Reply:
        """A request of a signed-in staff member: one of ``ROLES``, or named after a role."""
        role = ROLES.get(who) or Role(who.partition("@")[0])
        return self.call(method, url, body, login=claims(who, f"[{role.value}]"), **more)

    def all_pages(self, url: str, who: str = CENTRAL) -> list[dict[str, Any]]:
        """All items of a list, page after page; fails if a page comes twice."""
        found: list[dict[str, Any]] = []
        cursor, seen = "", set()
        while True:
            page = self.as_staff("GET", url + cursor, who=who).body()
            found += page["items"]
            following = page["next_cursor"]
            if following is None:
                return found
            assert following not in seen
            seen.add(following)
            cursor = f"{'&' if '?' in url else '?'}cursor={following}"

    def read(self, kind: Any, *key: str) -> Any:
        """A record as it is in the table."""
        return table_records.read(kind, *key)

    def advance(self, **time: int) -> datetime:
        """Move the clock on."""
        self.now += timedelta(**time)
        return self.now

    def available_starts(self, day: datetime = BLOCK_START, service: str = MORTGAGE, **more: Any) -> dict[str, int]:
        """The starts offered on a UTC day with the number of free seats at each."""
        date = day.date().isoformat()
        query = {"service_id": service, "location_id": TORONTO, "timezone": "UTC", "from": date, "to": date, **more}
        url = "/public/availability?" + "&".join(f"{k}={v}" for k, v in query.items())
        days = self.call("GET", url).body()["days"]
        return {slot["start"]: slot["available"] for day in days for slot in day["slots"]}

    def try_book(self, start: datetime = BLOCK_START, **more: Any) -> Reply:
        """A client's booking; keywords replace fields, ``headers`` are sent along."""
        headers = more.pop("headers", {})
        return self.call("POST", "/public/appointments", booking_body(start, **more), headers=headers)

    def book(self, start: datetime = BLOCK_START, **more: Any) -> Any:
        """A client's booking that succeeds."""
        return self.try_book(start, **more).body(201)

    def cancel(self, booked: dict[str, Any], **more: Any) -> Reply:
        """The client cancels; keywords are more fields."""
        return self.call("POST", f"/public/appointments/{booked['id']}/cancel", {"code": booked["code"]} | more)

    def reschedule(self, booked: dict[str, Any], start: datetime, **more: Any) -> Reply:
        """The client moves the booking; keywords are more fields."""
        body = {"code": booked["code"], "start": utc_text(start), "timezone": "America/Toronto"} | more
        return self.call("POST", f"/public/appointments/{booked['id']}/reschedule", body)

    def try_book_by_staff(self, who: str = ALEX_EMAIL, headers: dict[str, str] | None = None, **more: Any) -> Reply:
        """A booking by staff, through Schedule."""
        return self.as_staff("POST", "/appointments", staff_body(**more), who, headers=headers or {})

    def book_by_staff(self, who: str = ALEX_EMAIL, **more: Any) -> Any:
        """A booking by staff that succeeds."""
        return self.try_book_by_staff(who, **more).body(201)

    def try_book_by_centre(self, **more: Any) -> Reply:
        """A booking by the contact centre."""
        return self.try_book_by_staff(CENTRAL, **{"channel": "contact_centre"} | more)

    def book_advice(self, minutes: int = 0, staff_id: str = SAM, **more: Any) -> Any:
        """Half an hour of advice by a chosen person, who then needs ten minutes."""
        return self.book_by_staff(service_id=ADVICE, staff={"id": staff_id}, **start(minutes), **more)

    def edit_appointment(self, appointment: dict[str, Any], body: Any, who: str = ALEX_EMAIL, **more: Any) -> Reply:
        """An edit by staff."""
        return self.as_staff("PATCH", f"/appointments/{appointment['id']}", body, who, **more)

    def act(self, appointment_id: str, action: str, body: object = None, who: str = ALEX_EMAIL, **more: Any) -> Reply:
        """A staff action on an appointment, such as ``claim`` or ``cancel``."""
        return self.as_staff("POST", f"/appointments/{appointment_id}/{action}", body, who, **more)

    def appointment(self, appointment_id: str, who: str = ALEX_EMAIL) -> Any:
        """An appointment as staff see it."""
        return self.as_staff("GET", f"/appointments/{appointment_id}", who=who).body()
