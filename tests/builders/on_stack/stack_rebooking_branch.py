"""A branch on the stack in Melbourne with two consultants whose clients in Perth are rebooked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

import httpx

from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_branch import SignedInStaff, StackBranch, email_address
from tests.builders.on_stack.stack_requests import body_of, created

MELBOURNE, PERTH = "Australia/Melbourne", "Australia/Perth"


@dataclass(frozen=True)
class StackRebookingBranch(StackBranch):
    """``schedules`` has the ad hoc schedule of each consultant by staff id: all day on every day."""

    consultants: list[SignedInStaff] = field(default_factory=list)
    schedules: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, stack: LocalStack, http: httpx.Client, admin: httpx.Client) -> Self:
        """A location with one service booked in staff time, and two consultants who offer it."""
        email = email_address()
        place = {"name": "Collins Street", "timezone": MELBOURNE, "country": "AU", "email": email}
        location_id = created(admin.post("/locations", json=place))["id"]
        service = {"name": "Counselling", "duration_minutes": 60, "availability": "staff"}
        service |= {"meeting_methods": ["in_person", "phone", "video"], "location_ids": [location_id]}
        service_id = created(admin.post("/services", json=service))["id"]
        tomorrow = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        branch = cls(stack, http, admin, (location_id,), (service_id,), tomorrow, email, MELBOURNE)
        for _ in range(2):
            consultant = branch.hire()
            branch.consultants.append(consultant)
            branch.schedules[consultant.id] = branch.add_open_schedule(consultant)
        return branch

    @property
    def first_day(self) -> date:
        """The first day to rebook into; it is in the future in every time zone."""
        return datetime.now(UTC).date() + timedelta(days=10)

    def create_client(self, **fields: Any) -> Any:
        """A new client in Perth; keywords replace or add fields."""
        return super().create_client(**{"timezone": PERTH, **fields})

    def create_source_appointment(self, client: dict[str, Any], consultant: SignedInStaff) -> str:
        """The id of a new appointment with this consultant tomorrow."""
        fields: dict[str, Any] = {
            "override": {"reason": "Agreed by phone"},
            "notify_client": False,
            "meeting_method": "phone",
        }
        return str(created(self.book_by_staff(client_id=client["id"], staff={"id": consultant.id}, **fields))["id"])

    def body(self, consultant: SignedInStaff, **fields: Any) -> dict[str, Any]:
        """A rebooking by phone at ten in the client's zone; keywords replace fields, ``...`` leaves one out."""
        body = {
            "approach": "manual",
            "work_schedule_id": self.schedules[consultant.id],
            "modality": "phone",
            "date": self.first_day.isoformat(),
            "time": "10:00",
            **fields,
        }
        return {name: value for name, value in body.items() if value is not ...}

    def preview(self, consultant: SignedInStaff, source_id: str, **fields: Any) -> httpx.Response:
        """Preview a rebooking as a consultant."""
        url = f"/quickview/appointments/{source_id}/rebook/preview"
        return consultant.http.post(url, json=self.body(consultant, **fields))

    def token(self, consultant: SignedInStaff, source_id: str, **fields: Any) -> str:
        """The review token of a successful preview."""
        return str(body_of(self.preview(consultant, source_id, **fields))["review_token"])

    def confirm(self, consultant: SignedInStaff, source_id: str, token: str | None) -> httpx.Response:
        """Book a reviewed rebooking as a consultant."""
        url = f"/quickview/appointments/{source_id}/rebook"
        return consultant.http.post(url, json={"review_token": token})

    def rebooked(self, client: dict[str, Any]) -> list[dict[str, Any]]:
        """The client's active rebookings, latest first."""
        rows = self.items(f"/clients/{client['id']}/activity")
        shown = (self.appointment(row["id"]) for row in rows if row["type"] == "appointment")
        return [a for a in shown if a["rebooked_from"] and a["state"] != "cancelled"]

    def add_open_schedule(self, consultant: SignedInStaff, **fields: Any) -> str:
        """The id of a further ad hoc schedule, all day on every day; keywords replace or add fields."""
        return self.add_schedule(consultant.id, "00:00", "24:00", **{"calendar_type": "ad_hoc", **fields})

    def remove_schedule(self, consultant: SignedInStaff, schedule_id: str) -> httpx.Response:
        """Delete a work schedule."""
        return self.admin.delete(f"/staff/{consultant.id}/work-schedules/{schedule_id}")

    def close(self) -> None:
        """Close the consultants' connections."""
        for consultant in self.consultants:
            consultant.http.close()
