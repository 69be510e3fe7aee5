"""An organisation on one generated day: the requests and checks that branches with blocks and with staff share."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from chalicelib.domain.shared.times import utc_text
from tests.builders.doubles.api_gateway import Reply
from tests.builders.generators.block_day_plans import Day
from tests.builders.in_process.moto_table import rolled_back, stored_items
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BOSS, TORONTO


@dataclass
class PlannedBranch:
    """One organisation and its clients' bookings and holds as they were answered."""

    day: Day
    booked: list[dict[str, Any]] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    client_count: int = 0

    def open(self, minutes: int, seed: int) -> None:
        """Begin so many minutes after the clocks change."""
        self.clock_change = self.day.clock_change
        self.org = Organisation(now=self.clock_change + timedelta(minutes=minutes))
        self.random = random.Random(seed)

    @property
    def movable(self) -> list[dict[str, Any]]:
        """The bookings that have not begun and have not been moved yet."""
        now = utc_text(self.org.now)
        return [b for b in self.booked if b["start"] > now and "moved" not in b]

    def offered_days(self, service_id: str, place: str = TORONTO, channel: str | None = None, **more: str) -> Any:
        """The free times from the day before to the day after, for clients or for a channel of staff."""
        days = {"from": str(self.day.date - timedelta(days=1)), "to": str(self.day.date + timedelta(days=1))}
        query = urlencode(self._slot(service_id, place) | days | more | ({"channel": channel} if channel else {}))
        reply = self.org.as_staff("GET", f"/availability?{query}", who=BOSS) if channel else None
        return (reply or self.org.call("GET", f"/public/availability?{query}")).body()["days"]

    def explain(self, service_id: str, start: datetime, place: str = TORONTO, **more: str) -> Any:
        """The explanation of a start."""
        query = urlencode(self._slot(service_id, place) | {"start": utc_text(start)} | more)
        return self.org.call("GET", f"/public/availability/explain?{query}").json

    def book(self, service_id: str, start: datetime | str, place: str = TORONTO, **more: Any) -> Reply:
        """A booking by a new client; ``start`` is an instant or a wall time."""
        body = self._slot(service_id, place, start) | {"attendee": self._new_client()} | more
        return self.org.call("POST", "/public/appointments", body)

    def hold(self, service_id: str, start: datetime, place: str = TORONTO, **more: Any) -> Reply:
        """A hold."""
        return self.org.call("POST", "/public/holds", self._slot(service_id, place, start) | more)

    def move(self, booked: dict[str, Any], start: datetime) -> Reply:
        """A move by the client."""
        return self.org.reschedule(booked, start, timezone=self.day.zone)

    def candidate_starts(self) -> list[datetime]:
        """Every five-minute start from well before what is planned to well after."""
        raise NotImplementedError

    def unavailable_starts(self, offered: Collection[datetime]) -> list[datetime]:
        """Some of the candidates that are not offered."""
        return self.sample_of([at for at in self.candidate_starts() if at not in offered], 3)

    def refusal_codes(self, service_id: str, start: datetime) -> set[str]:
        """The codes that may refuse a start that is not offered."""
        raise NotImplementedError

    def require_no_overlap(self, *appointment_ids: str) -> None:
        """Staff have no two appointments at once, those of these ids included."""

    def require_bookable(self, service_id: str, start: datetime, place: str = TORONTO, **wanted: str) -> None:
        """An offered start can be booked; the booking is rolled back."""
        with rolled_back():
            booked = self.book(service_id, start, place, **wanted).body(201)
            assert booked["start"] == utc_text(start)
            self.require_no_overlap(booked["id"])

    def require_hold_bookable(self, held: dict[str, Any]) -> None:
        """With the hold's token every start that is offered can be booked, and no other."""
        service_id, place, token = held["service_id"], held.get("location_id", TORONTO), held["token"]
        offered = _starts(self.offered_days(service_id, place, hold=token))
        for start in self.sample_of(offered, 4):
            with rolled_back():
                booked = self.book(service_id, start, place, hold_token=token).body(201)
                stored = (f"{key} {item}" if key.startswith("CAL#") else key for key, item in stored_items().items())
                assert not any(held["id"] in text for text in stored)
                self.require_no_overlap(booked["id"])
        for start in self.unavailable_starts(offered):
            refused = self.book(service_id, start, place, hold_token=token)
            assert refused.json["code"] in self.refusal_codes(service_id, start)

    def require_movable(self, booked: dict[str, Any]) -> None:
        """A booking can be moved to every start that is offered for it; a refused move changes nothing."""
        service_id = booked["service_id"]
        offered = _starts(self.offered_days(service_id, booked["location_id"], **reschedule_query(booked)))
        for start in self.sample_of(offered, 4):
            with rolled_back():
                self.move(booked, start).body()
                self.require_no_overlap()
        before = stored_items()
        for start in self.unavailable_starts(offered):
            assert self.move(booked, start).json["code"] in self.refusal_codes(service_id, start)
        assert stored_items() == before

    def sample_of(self, found: list[Any], most: int) -> list[Any]:
        """At most so many of these, the same ones whenever the plan is the same."""
        return found if len(found) <= most else self.random.sample(found, most)

    def _slot(self, service_id: str, place: str, start: datetime | str = "") -> dict[str, Any]:
        slot = {
            "service_id": service_id,
            "location_id": place,
            "meeting_method": "in_person",
            "timezone": self.day.zone,
        }
        when = start if isinstance(start, str) else utc_text(start)
        return slot | ({"start": when} if when else {})

    def _new_client(self) -> dict[str, str]:
        self.client_count += 1
        number = str(self.client_count)
        return {"first_name": "Guest", "last_name": number, "email": f"guest{number}@example.org"}


def _starts(days: Any) -> list[datetime]:
    return sorted(datetime.fromisoformat(slot["start"]) for day in days for slot in day["slots"])


def reschedule_query(booked: dict[str, Any]) -> dict[str, str]:
    """The query for other times of a booking."""
    return {"moving": booked["id"], "code": booked["code"]}
