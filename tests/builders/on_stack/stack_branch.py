"""A location with services of one test's own on the stack, its staff and clients, and the requests they send."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from chalicelib.domain.shared.times import utc_text
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_requests import body_of, created

TORONTO = "America/Toronto"
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


@dataclass(frozen=True)
class SignedInStaff:
    """A member of staff with a client that is signed in as them."""

    id: str
    email: str
    http: httpx.Client


def email_address(name: str = "") -> str:
    """An e-mail address; without a name a new one."""
    return f"{name or secrets.token_hex(6)}@example.org"


def new_client(**fields: Any) -> dict[str, Any]:
    """The profile of a new client; keywords replace or add fields."""
    name = secrets.token_hex(6)
    return {"first_name": "Guest", "last_name": name, "email": email_address(name), **fields}


def in_twenty_days() -> datetime:
    """15:00 UTC in twenty days: ten or eleven in the morning in Toronto, depending on the season."""
    return datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=20)


@dataclass(frozen=True)
class StackBranch:
    """Staff are hired for all locations and services; ``opening`` is minute 0 of every time.

    ``http`` has no login, ``admin`` is signed in as an administrator; ``email`` is the location's address.
    """

    stack: LocalStack
    http: httpx.Client
    admin: httpx.Client
    location_ids: tuple[str, ...]
    service_ids: tuple[str, ...]
    opening: datetime
    email: str
    timezone: str = TORONTO

    @property
    def location_id(self) -> str:
        """The first location."""
        return self.location_ids[0]

    @property
    def service_id(self) -> str:
        """The first service."""
        return self.service_ids[0]

    def start(self, minutes: int = 0) -> str:
        """The instant so many minutes after the opening."""
        return utc_text(self.opening + timedelta(minutes=minutes))

    def slot(self, minutes: int = 0, place: int = 0) -> dict[str, Any]:
        """The slot so many minutes after the opening at the location of this index."""
        return {
            "service_id": self.service_id,
            "location_id": self.location_ids[place],
            "meeting_method": "in_person",
            "start": self.start(minutes),
            "timezone": self.timezone,
        }

    def create_client(self, **fields: Any) -> Any:
        """A new client; keywords replace or add fields."""
        return created(self.admin.post("/clients", json=new_client(**fields)))

    def allot_sessions(self, client_id: str, sessions: int) -> None:
        """Set how many sessions the client may have in all."""
        body_of(self.admin.put(f"/clients/{client_id}/sessions", json={"allotted": sessions}))

    def sessions(self, client_id: str) -> Any:
        """The client's sessions: allotted, used, reserved, available."""
        return body_of(self.admin.get(f"/clients/{client_id}/sessions"))

    def book(
        self,
        minutes: int = 0,
        place: int = 0,
        *,
        guest: str = "",
        attendee: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> httpx.Response:
        """Book as a client, a new one without a ``guest`` name; ``attendee`` and keywords replace or add fields."""
        name = guest or secrets.token_hex(6)
        person = new_client(last_name=name, email=email_address(name)) | (attendee or {})
        body = {**self.slot(minutes, place), "attendee": person, **fields}
        return self.http.post("/public/appointments", json=body, headers=headers)

    def book_by_staff(
        self,
        minutes: int = 0,
        place: int = 0,
        *,
        channel: str = "schedule",
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> httpx.Response:
        """Book as an administrator, for a new client without ``client_id``; keywords replace or add fields."""
        client = {} if "client_id" in fields else {"client": new_client()}
        body = self.slot(minutes, place) | {"channel": channel} | client | fields
        return self.admin.post("/appointments", json=body, headers=headers)

    def hold(self, minutes: int = 0, place: int = 0) -> httpx.Response:
        """Hold a slot as a client."""
        return self.http.post("/public/holds", json=self.slot(minutes, place))

    def move(self, booked: dict[str, Any], minutes: int) -> httpx.Response:
        """Move an appointment as its client."""
        body = {"code": booked["code"], "start": self.start(minutes), "timezone": self.timezone}
        return self.http.post(f"/public/appointments/{booked['id']}/reschedule", json=body)

    def cancel(self, booked: dict[str, Any], reason: str = "") -> httpx.Response:
        """Cancel an appointment as its client."""
        body = {"code": booked["code"], "reason": reason}
        return self.http.post(f"/public/appointments/{booked['id']}/cancel", json=body)

    def client_view(self, booked: dict[str, Any]) -> Any:
        """An appointment as its client sees it."""
        return body_of(self.http.get(f"/public/appointments/{booked['id']}", params={"code": booked["code"]}))

    def appointment(self, appointment_id: str) -> Any:
        """An appointment as an administrator sees it."""
        return body_of(self.admin.get(f"/appointments/{appointment_id}"))

    def log(self, appointment_id: str) -> Any:
        """The log entries of an appointment, newest first."""
        return body_of(self.admin.get(f"/appointments/{appointment_id}/log"))["items"]

    def appointments(self) -> list[dict[str, Any]]:
        """All appointments of the opening's day, as the dashboard lists them."""
        query = {"view": "day", "date": self.opening.date().isoformat()}
        return [a for i in self.location_ids for a in self.items("/appointments", location_id=i, **query)]

    def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        """All pages of a list."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = body_of(self.admin.get(path, params={"limit": "100", **query, **cursor}))
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    def create_staff(self, **fields: Any) -> Any:
        """A new member of staff; keywords replace or add fields."""
        email = email_address()
        body = {"name": f"Staff {email[:4]}", "email": email, "role": "staff", "timezone": self.timezone}
        where = {"location_ids": self.location_ids, "service_ids": self.service_ids}
        return created(self.admin.post("/staff", json=body | where | fields))

    def hire(self, role: str = "staff", **fields: Any) -> SignedInStaff:
        """A new member of staff, signed in; keywords replace or add fields."""
        person = self.create_staff(role=role, **fields)
        self.stack.set_password(person["email"])
        return self.sign_in(person["id"], person["email"])

    def sign_in(self, staff_id: str, email: str) -> SignedInStaff:
        """A member of staff who has just signed in."""
        return SignedInStaff(staff_id, email, self.stack.client(self.stack.sign_in(email)))

    def add_schedule(self, staff_id: str, start: str = "08:00", end: str = "18:00", **fields: Any) -> str:
        """The id of a new work schedule between these hours on every day; keywords replace or add fields."""
        lines = [{"weekdays": EVERY_DAY, "start": start, "end": end}]
        body = {"calendar_type": "open", "timezone": self.timezone, "lines": lines, **fields}
        return str(created(self.admin.post(f"/staff/{staff_id}/work-schedules", json=body))["id"])

    def mail(self, to: str) -> list[dict[str, Any]]:
        """Every e-mail to this address."""
        return [mail for mail in self.stack.sent_mail() if to in mail["To"]]

    def subjects(self, to: str) -> list[str]:
        """The part of each subject before its colon (``Confirmed``, ``Booked``, …), sorted."""
        return sorted(mail["Subject"].partition(":")[0] for mail in self.mail(to))
