"""A counselling practice on the stack: two consultants in Melbourne, their clients in Perth, and rebookings of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from infra import staff_logins
from tests.builders.on_stack.local_stack import PATIENCE_SECONDS, Stack
from tests.builders.on_stack.stack_block_branch import address, made
from tests.builders.on_stack.stack_staff_branch import EVERY_DAY, Worker

MELBOURNE, PERTH = "Australia/Melbourne", "Australia/Perth"
MINUTES = 60


@dataclass(frozen=True)
class Practice:
    """``schedules`` are each consultant's ad hoc one, all day and every day, by the consultant's id."""

    stack: Stack
    admin: httpx.Client
    location_id: str
    service_id: str
    email: str
    consultants: tuple[Worker, ...]
    schedules: dict[str, str]

    @property
    def first_day(self) -> date:
        """The first of the days that are rebooked into: all of it lies ahead everywhere."""
        return datetime.now(UTC).date() + timedelta(days=10)

    def client(self) -> dict[str, Any]:
        """Somebody new in Perth."""
        name = secrets.token_hex(6)
        body = {"first_name": "Guest", "last_name": name, "email": address(name), "timezone": PERTH}
        found: dict[str, Any] = made(self.admin.post("/clients", json=body))
        return found

    def attended(self, client: dict[str, Any], who: Worker) -> str:
        """An appointment of theirs with this consultant, tomorrow: its id."""
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        body = {
            "channel": "schedule",
            "client_id": client["id"],
            "service_id": self.service_id,
            "location_id": self.location_id,
            "meeting_method": "phone",
            "start": start.isoformat(),
            "staff": {"id": who.id},
            "override": {"reason": "Whatever else there is"},
            "notify_client": False,
        }
        return str(made(self.admin.post("/appointments", json=body))["id"])

    def body(self, who: Worker, **more: Any) -> dict[str, Any]:
        """A session by phone at ten by the client's clocks; keywords replace fields, ``...`` leaves one out."""
        when = {"date": self.first_day.isoformat(), "time": "10:00"}
        body = {"approach": "manual", "work_schedule_id": self.schedules[who.id], "modality": "phone", **when, **more}
        return {name: value for name, value in body.items() if value is not ...}

    def preview(self, who: Worker, source: str, **more: Any) -> httpx.Response:
        """A consultant looks at what would be booked."""
        return who.http.post(f"/quickview/appointments/{source}/rebook/preview", json=self.body(who, **more))

    def token(self, who: Worker, source: str, **more: Any) -> str:
        """The token of a preview that was given."""
        return str(made(self.preview(who, source, **more), 200)["review_token"])

    def confirm(self, who: Worker, source: str, token: str | None) -> httpx.Response:
        """A consultant books what they have looked at."""
        return who.http.post(f"/quickview/appointments/{source}/rebook", json={"review_token": token})

    def allot(self, client: dict[str, Any], sessions: int) -> None:
        """The client may have so many sessions in all."""
        made(self.admin.put(f"/clients/{client['id']}/sessions", json={"allotted": sessions}), 200)

    def sessions(self, client: dict[str, Any]) -> dict[str, int]:
        """The client's sessions."""
        found: dict[str, int] = made(self.admin.get(f"/clients/{client['id']}/sessions"), 200)
        return found

    def rebooked(self, client: dict[str, Any]) -> list[dict[str, Any]]:
        """The client's live rebookings, latest first."""
        rows = made(self.admin.get(f"/clients/{client['id']}/activity", params={"limit": 100}), 200)["items"]
        ids = [row["id"] for row in rows if row["type"] == "appointment"]
        shown = (made(self.admin.get(f"/appointments/{i}"), 200) for i in ids)
        return [a for a in shown if a["rebooked_from"] and a["state"] != "cancelled"]

    def schedule(self, who: Worker, **more: Any) -> str:
        """One more work schedule of a consultant, ad hoc, all day and every day unless said."""
        lines = [{"weekdays": EVERY_DAY, "start": "00:00", "end": "24:00"}]
        body = {"calendar_type": "ad_hoc", "timezone": MELBOURNE, "lines": lines, **more}
        return str(made(self.admin.post(f"/staff/{who.id}/work-schedules", json=body))["id"])

    def remove(self, who: Worker, schedule_id: str) -> httpx.Response:
        """A work schedule is no longer."""
        return self.admin.delete(f"/staff/{who.id}/work-schedules/{schedule_id}")

    def hire(self, role: str = "staff", *location_ids: str) -> Worker:
        """Somebody new who offers the service, here unless said."""
        email, content = address(secrets.token_hex(6)), self.stack.content
        where = {"location_ids": location_ids or (self.location_id,), "service_ids": [self.service_id]}
        body = {"name": f"Staff {email[:4]}", "email": email, "role": role, "timezone": MELBOURNE, **where}
        person = made(self.admin.post("/staff", json=body))
        password = content["demo"]["password"]
        self.stack.aws("cognito-idp").admin_set_user_password(
            UserPoolId=content["user_pool_id"], Username=email, Password=password, Permanent=True
        )
        token = staff_logins.sign_in(self.stack.aws, content["user_pool_client_id"], email, password)
        headers = {"Authorization": f"Bearer {token}"}
        limits = httpx.Limits(max_connections=20, max_keepalive_connections=0)
        http = httpx.Client(base_url=self.stack.api_url, timeout=PATIENCE_SECONDS, headers=headers, limits=limits)
        return Worker(person["id"], http)

    def mail(self, to: str) -> list[dict[str, Any]]:
        """Every mail to this address."""
        return [mail for mail in self.stack.sent_mail() if to in mail["To"]]

    def close(self) -> None:
        """Lets go of the consultants' connections."""
        for worker in self.consultants:
            worker.http.close()


def open_practice(stack: Stack, admin: httpx.Client) -> Practice:
    """A location with one service by staff calendar, and two who offer it."""
    email = address(f"practice-{secrets.token_hex(6)}")
    place = {"name": "Collins Street", "timezone": MELBOURNE, "country": "AU", "email": email}
    location_id = made(admin.post("/locations", json=place))["id"]
    offer = {"name": "Counselling", "duration_minutes": MINUTES, "availability": "staff"}
    offer |= {"meeting_methods": ["in_person", "phone", "video"], "location_ids": [location_id]}
    service_id = made(admin.post("/services", json=offer))["id"]
    empty = Practice(stack, admin, location_id, service_id, email, (), {})
    consultants = (empty.hire(), empty.hire())
    schedules = {worker.id: empty.schedule(worker) for worker in consultants}
    return Practice(stack, admin, location_id, service_id, email, consultants, schedules)
