"""Two locations with staff calendars on one generated day: the plan carried out over HTTP."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.times import utc_text
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.generators.block_day_plans import STEP
from tests.builders.generators.staff_day_plans import Act, Plan
from tests.builders.in_process.planned_branch import PlannedBranch, reschedule_query
from tests.builders.in_process.sample_records import BOSS
from tests.builders.in_process.table_records import write
from tests.builders.records.staff_plan_records import BLOCK_SERVICE, LOCATIONS, PEOPLE, SERVICES, email, records

OUTSIDE = {"past", "too_soon", "too_far", "off_grid"}


@dataclass
class PlannedStaffBranch(PlannedBranch):
    """Two locations with staff calendars; ``booked`` are the clients' appointments with their codes."""

    plan: Plan = field(kw_only=True)
    held_starts: list[datetime] = field(default_factory=list)
    appointment_ids: list[str] = field(default_factory=list)
    overridden_ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Save what is planned, then act as planned."""
        self.open(self.plan.now, self.plan.seed)
        settings = Settings(cancel_deadline_hours=0, rebook_deadline_hours=0, bookings_per_contact=50)
        write(settings, *records(self.day, self.plan))
        self.org.create_block(
            limit=3, start=self.clock_change - timedelta(minutes=60), hours=4, services=(BLOCK_SERVICE,)
        )
        for act in self.plan.acts:
            self._do(act)

    def _do(self, act: Act) -> None:
        service, place, person = SERVICES[act.service], LOCATIONS[act.place], PEOPLE[act.who]
        match act.kind:
            case "book" | "hold" | "desk":
                self._take(act.kind, service, place, act.choice)
            case "claim":
                self._claim(person, act.choice)
            case "cancel" if self.booked:
                reply = self.org.cancel(self.booked.pop(act.choice % len(self.booked)))
                assert reply.status == 200 or reply.json["code"] in ("wrong_state", "deadline_passed"), reply.text
            case "move" if self.movable:
                self._move(self.movable[act.choice % len(self.movable)], act.choice)
            case "override":
                start = self.clock_change + 6 * STEP * (act.choice - 3)
                reply = self.book_by_staff(
                    "schedule", service, place, start, staff={"id": person}, override={"reason": "Asked"}
                )
                assert reply.status == 201 or reply.json["code"] in ("past", "unknown_staff"), reply.text
                if reply.status == 201:
                    self.appointment_ids.append(reply.json["id"])
                    self.overridden_ids.add(reply.json["id"])
            case "assign" if self.appointment_ids:
                url = f"/appointments/{self.appointment_ids[act.choice % len(self.appointment_ids)]}/assign"
                reply = self.request_as_admin("POST", url, {"staff_id": person})
                codes = ("staff_conflict", "not_eligible", "wrong_state")
                assert reply.status == 200 or reply.json["code"] in codes, reply.text
            case "away":
                start = self.clock_change + 3 * STEP * act.choice
                body = {"start": utc_text(start), "end": utc_text(start + 6 * STEP)}
                assert self.request_as_admin("POST", f"/staff/{person}/time-off", body).status == 201

    def _take(self, what: str, service: str, place: str, choice: int) -> None:
        starts = sorted(self.available_starts(service, place))
        if not starts:
            return
        start = starts[choice % len(starts)]
        if what == "desk":
            reply = self.book_by_staff(("contact_centre", "schedule")[choice % 2], service, place, start)
        else:
            reply = self.book(service, start, place) if what == "book" else self.hold(service, start, place)
        assert reply.status == 201, reply.text
        if what == "hold":
            self.holds.append(reply.json | {"service_id": service, "location_id": place})
            self.held_starts.append(start)
        else:
            self.appointment_ids.append(reply.json["id"])
        if what == "book":
            self.booked.append(reply.json)

    def _claim(self, person: str, choice: int) -> None:
        """A client books in a block, and a person claims it if their time allows."""
        reply = self.book(BLOCK_SERVICE, self.clock_change + 3 * STEP * (choice - 3))
        if reply.status != 201:
            assert reply.json["code"] in ("past", "too_soon", "too_far", "capacity_exhausted"), reply.text
            return
        self.appointment_ids.append(reply.json["id"])
        url, login = f"/appointments/{reply.json['id']}/claim", claims(email(person), "[staff]")
        claimed = self.org.call("POST", url, {"force": choice == 0}, login=login)
        assert claimed.status == 200 or claimed.json["code"] == "staff_conflict", claimed.text
        if choice == 0:
            self.overridden_ids.add(reply.json["id"])

    def _move(self, booked: dict[str, Any], choice: int) -> None:
        starts = sorted(self.starts_to_move_to(booked))
        if starts:
            reply = self.move(booked, starts[choice % len(starts)]).body()
            self.booked[self.booked.index(booked)] = {**booked, **reply, "moved": True}

    def available_starts(
        self, service_id: str, place: str, channel: str | None = None, **more: str
    ) -> dict[datetime, int]:
        """The starts offered around the day, to clients or through a channel, with the number of free staff."""
        slots = (slot for day in self.offered_days(service_id, place, channel, **more) for slot in day["slots"])
        return {datetime.fromisoformat(slot["start"]): slot["available"] for slot in slots}

    def starts_to_move_to(self, booked: dict[str, Any]) -> dict[datetime, int]:
        """The starts a client may move a booking to."""
        return self.available_starts(booked["service_id"], booked["location_id"], **reschedule_query(booked))

    def book_by_staff(self, channel: str, service_id: str, place: str, start: datetime, **more: Any) -> Reply:
        """A booking by staff for a new client."""
        body = self._slot(service_id, place, start) | {"channel": channel, "client": self._new_client()} | more
        return self.request_as_admin("POST", "/appointments", body)

    def request_as_admin(self, method: str, url: str, body: object = None) -> Reply:
        """An administrator's request."""
        return self.org.as_staff(method, url, body, BOSS)

    def candidate_starts(self) -> list[datetime]:
        """Every five-minute start from well before the turn to well after."""
        return [self.clock_change + STEP * n for n in range(-30, 48)]

    def refusal_codes(self, service_id: str, start: datetime) -> set[str]:
        """Taken, or outside of what may be booked."""
        return {"slot_taken", *OUTSIDE}

    def unavailable_starts(self, offered: Collection[datetime]) -> list[datetime]:
        """Some of the starts that are not offered, near to bookings and holds, and anywhere."""
        rest = [at for at in self.candidate_starts() if at not in offered]
        taken = [datetime.fromisoformat(b["start"]) for b in self.booked] + self.held_starts
        near = [at for at in rest if any(abs(at - start) < 3 * STEP for start in taken)]
        return self.sample_of(near, 3) + self.sample_of(rest, 1)

    def sampled_services(self) -> list[tuple[str, str]]:
        """Two services, each at a location: one that is booked or held, and any other."""
        every = [(service, place) for service in SERVICES for place in LOCATIONS]
        asked = [(b["service_id"], b["location_id"]) for b in (*self.booked, *self.holds)]
        return [*self.sample_of(asked, 1), *self.sample_of(every, 1)]

    def require_consistent(self, *more: str) -> None:
        """Ledgers and appointments agree, and staff have no overlaps."""
        assert (
            container.ledger_integrity.check(min(self.org.now, self.clock_change - timedelta(days=2))).differences == ()
        )
        self.require_no_overlap(*more)

    def require_no_overlap(self, *more: str) -> None:
        """Staff have no two appointments closer than the buffers of both, but for overridden ones."""
        every = (self.org.read(Appointment, id_) for id_ in (*self.appointment_ids, *more))
        taken = [a for a in every if a.occupies_capacity and a.staff_id and a.id not in self.overridden_ids]
        for one, other in combinations(taken, 2):
            apart = one.busy_span[1] <= other.busy_span[0] or other.busy_span[1] <= one.busy_span[0]
            assert apart or one.staff_id != other.staff_id, (one, other)
