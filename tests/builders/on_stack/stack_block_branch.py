"""A branch of one test's own on the stack: what it offers, and the people who book, move, cancel and work there."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from chalicelib.domain.shared.times import utc_text
from infra import staff_logins
from tests.builders.on_stack.local_stack import PATIENCE_SECONDS, Stack

T = TypeVar("T")

ZONE = "America/Toronto"
STEP = 15


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What the calls return; none of them begins before all of them are ready."""
    ready = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        ready.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def crowd(stack: Stack) -> httpx.Client:
    """An HTTP client without a login whose requests do not wait for one another."""
    limits = httpx.Limits(max_connections=250, max_keepalive_connections=0)
    return httpx.Client(base_url=stack.api_url, timeout=2 * PATIENCE_SECONDS, limits=limits)


def codes(answers: Sequence[httpx.Response]) -> list[str]:
    """The problem code of every answer, or its status when it is none; sorted."""
    return sorted(str(a.json()["code"]) if a.status_code >= 400 else str(a.status_code) for a in answers)


def made(answer: httpx.Response, status: int = 201) -> Any:
    """The body of an answer that must have this status."""
    assert answer.status_code == status, answer.text
    return answer.json()


@dataclass(frozen=True)
class Branch:
    """A location with one service and one block; ``opening`` is the block's start, ``email`` hears of bookings."""

    stack: Stack
    http: httpx.Client
    admin: httpx.Client
    location_id: str
    service_id: str
    block_id: str
    opening: datetime
    email: str

    def start(self, minutes: int = 0) -> str:
        """So many minutes after the opening."""
        return utc_text(self.opening + timedelta(minutes=minutes))

    def slot(self, minutes: int = 0) -> dict[str, Any]:
        """The slot so many minutes after the opening."""
        return {
            "service_id": self.service_id,
            "location_id": self.location_id,
            "meeting_method": "in_person",
            "start": self.start(minutes),
            "timezone": ZONE,
        }

    def book(
        self, guest: str = "", minutes: int = 0, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """A guest books; without a name it is one nobody has seen before. ``attendee`` adds to the guest."""
        name = guest or secrets.token_hex(6)
        attendee = {"first_name": "Guest", "last_name": name, "email": address(name), **more.pop("attendee", {})}
        body = {**self.slot(minutes), "attendee": attendee, **more}
        return self.http.post("/public/appointments", json=body, headers=headers)

    def hold(self, minutes: int = 0) -> httpx.Response:
        """Somebody holds a slot."""
        return self.http.post("/public/holds", json=self.slot(minutes))

    def move(self, booked: dict[str, Any], minutes: int) -> httpx.Response:
        """The client moves an appointment."""
        body = {"code": booked["code"], "start": self.start(minutes), "timezone": ZONE}
        return self.http.post(f"/public/appointments/{booked['id']}/reschedule", json=body)

    def cancel(self, booked: dict[str, Any], reason: str = "") -> httpx.Response:
        """The client cancels an appointment."""
        body = {"code": booked["code"], "reason": reason}
        return self.http.post(f"/public/appointments/{booked['id']}/cancel", json=body)

    def shown(self, booked: dict[str, Any]) -> Any:
        """An appointment as its client sees it."""
        return made(self.http.get(f"/public/appointments/{booked['id']}", params={"code": booked["code"]}), 200)

    def offers(self, now: datetime | None = None) -> dict[str, int]:
        """The starts offered on the opening's day with how many each takes."""
        day = self.opening.date().isoformat()
        query = {"service_id": self.service_id, "location_id": self.location_id, "timezone": "UTC"}
        headers = {"X-Now": utc_text(now)} if now else {}
        answer = self.http.get("/public/availability", params={**query, "from": day, "to": day}, headers=headers)
        return {slot["start"]: slot["available"] for found in made(answer, 200)["days"] for slot in found["slots"]}

    def block(self, block_id: str = "") -> Any:
        """The block as staff see it."""
        return made(self.admin.get(f"/quickstream/blocks/{block_id or self.block_id}"), 200)

    def lay(self, minutes: int = 0, length: int = 180, **more: Any) -> Any:
        """Another block so many minutes after the opening; keywords replace fields."""
        end = utc_text(self.opening + timedelta(minutes=minutes + length))
        body = {"location_id": self.location_id, "start": self.start(minutes), "end": end, "limit": 1}
        body |= {"services": [self.service_id], **more}
        return made(self.admin.post("/quickstream/blocks", json=body))["occurrences"][0]

    def appointments(self) -> list[dict[str, Any]]:
        """The appointments of the opening's day, as the dashboard lists them."""
        query = {"view": "day", "location_id": self.location_id, "date": self.opening.date().isoformat()}
        items: list[dict[str, Any]] = made(self.admin.get("/appointments", params={**query, "limit": 100}), 200)[
            "items"
        ]
        return items

    def ids(self) -> dict[str, str]:
        """An appointment here with its code, a hold and its token, and everything else by its name in the API."""
        booked, held = made(self.book()), made(self.hold(60))
        person = self._employed("staff")
        place, staff = f"/locations/{self.location_id}", f"/staff/{person['id']}"
        hours = {"weekdays": [1], "start": "09:00", "end": "17:00"}
        closure = {"date": self.opening.date().isoformat(), "name": "Fair", "start": "01:00", "end": "02:00"}
        schedule = {"calendar_type": "open", "timezone": ZONE, "lines": [hours]}
        away = {"start": self.start(-60), "end": self.start(-30)}
        shown = made(self.admin.get(f"/appointments/{booked['id']}"), 200)
        client_id = shown["attendees"][0]["client_id"]
        plan = {"name": "Onboarding", "steps": ["Call back"]}
        return {
            "location_id": self.location_id,
            "service_id": self.service_id,
            "block_id": self.block_id,
            "appointment_id": booked["id"],
            "client_id": client_id,
            "workflow_id": made(self.admin.post(f"/clients/{client_id}/workflows", json=plan))["id"],
            "request_id": self._more_sessions(client_id),
            "merge_id": self._merged(),
            "moving": booked["id"],
            "code": booked["code"],
            "hold_id": held["id"],
            "hold": held["token"],
            "token": held["token"],
            "staff_id": person["id"],
            "hours_id": made(self.admin.post(f"{place}/hours", json=hours))["id"],
            "closure_id": made(self.admin.post(f"{place}/closures", json=closure))["id"],
            "schedule_id": made(self.admin.post(f"{staff}/work-schedules", json=schedule))["id"],
            "status_id": self._status(),
            "time_off_id": made(self.admin.post(f"{staff}/time-off", json=away))["id"],
        }

    def employ(self, role: str = "staff") -> tuple[dict[str, Any], httpx.Client]:
        """Somebody new who works here, and the API as they call it."""
        person, content = self._employed(role), self.stack.content
        password = content["demo"]["password"]
        self.stack.aws("cognito-idp").admin_set_user_password(
            UserPoolId=content["user_pool_id"], Username=person["email"], Password=password, Permanent=True
        )
        return person, self.sign_in(person)

    def sign_in(self, person: dict[str, Any]) -> httpx.Client:
        """The API as somebody calls it who has just signed in."""
        content = self.stack.content
        password = content["demo"]["password"]
        token = staff_logins.sign_in(self.stack.aws, content["user_pool_client_id"], person["email"], password)
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.stack.api_url, timeout=PATIENCE_SECONDS, headers=headers)

    def _more_sessions(self, client_id: str) -> str:
        """A request of a client who has none left."""
        made(self.admin.put(f"/clients/{client_id}/sessions", json={"allotted": 0}), 200)
        more = {"sessions": 1, "reason": "Still in need"}
        return str(made(self.admin.post(f"/clients/{client_id}/session-requests", json=more))["id"])

    def _merged(self) -> str:
        """The merge of two clients nobody has seen before."""
        pair = [{"first_name": "Guest", "last_name": "Twice", "email": address(secrets.token_hex(6))} for _ in range(2)]
        one, other = (made(self.admin.post("/clients", json=client))["id"] for client in pair)
        merge = {"duplicate_id": one, "primary_id": other}
        return str(made(self.admin.post("/clients/merge", json=merge), 200)["merge_id"])

    def _status(self) -> str:
        """A status that nothing goes through, made once: there is a limit to how many there may be."""
        body = {"name": "Set aside", "predicate": "cancellation", "colour": "#5f6368", "archived": True}
        there = made(self.admin.get("/statuses", params={"limit": 100}), 200)["items"]
        known = [status["id"] for status in there if status["name"] == body["name"]]
        return str(known[0] if known else made(self.admin.post("/statuses", json=body))["id"])

    def _employed(self, role: str) -> dict[str, Any]:
        email = address(secrets.token_hex(6))
        body = {"name": f"Staff {email[:4]}", "email": email, "role": role, "timezone": ZONE}
        where = {"location_ids": [self.location_id], "service_ids": [self.service_id]}
        person: dict[str, Any] = made(self.admin.post("/staff", json=body | where))
        return person

    def subjects(self, to: str) -> list[str]:
        """The first words of every mail to this address: ``Confirmed``, ``Booked``, …; sorted."""
        return sorted(mail["Subject"].partition(":")[0] for mail in self.mail(to))

    def mail(self, to: str) -> list[dict[str, Any]]:
        """Every mail to this address."""
        return [mail for mail in self.stack.sent_mail() if to in mail["To"]]


def address(name: str) -> str:
    """Where somebody gets mail."""
    return f"{name}@example.org"


def open_branch(stack: Stack, http: httpx.Client, admin: httpx.Client, limit: int = 1, **block: Any) -> Branch:
    """A branch with a block of three hours in twenty days; keywords are the block's."""
    email = f"branch-{secrets.token_hex(6)}@example.org"
    place = {"name": "Race Street", "timezone": ZONE, "email": email, "country": "CA"}
    location = made(admin.post("/locations", json=place))
    offer = {"name": "Advice", "duration_minutes": 30, "meeting_methods": ["in_person", "phone"]}
    offer |= {"location_ids": [location["id"]], "availability": "quickstream", "slot_interval": STEP}
    service = made(admin.post("/services", json=offer))
    opening = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=20)
    branch = Branch(stack, http, admin, location["id"], service["id"], "", opening, email)
    laid = branch.lay(limit=limit, **block)
    return Branch(stack, http, admin, location["id"], service["id"], laid["id"], opening, email)


OpenBranch = Callable[..., Branch]
"""``open_branch`` with everything but its keywords."""
