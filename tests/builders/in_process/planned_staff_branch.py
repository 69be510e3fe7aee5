"""Two locations whose services come from staff calendars, as planned: everything after the set-up is done over HTTP."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.generators.block_day_plans import STEP, Day
from tests.builders.generators.staff_day_plans import Act, Plan
from tests.builders.in_process.sample_organisation import TORONTO, World
from tests.builders.records.staff_plan_records import BLOCK_SERVICE, LOCATIONS, PEOPLE, SERVICES, email, records


@dataclass
class StaffBranch:
    """One organisation; ``booked`` are the staff services' appointments as clients see them, with their codes."""

    day: Day
    plan: Plan
    booked: list[dict[str, Any]] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    held_at: list[datetime] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    excused: set[str] = field(default_factory=set)
    guests: int = 0

    def __post_init__(self) -> None:
        """Opens the doors, then lets everybody act."""
        self.turn = self.day.clock_change
        self.world = World(now=self.turn + timedelta(minutes=self.plan.now))
        self.chance = random.Random(self.plan.seed)
        work = UnitOfWork()
        work.save(Settings(cancel_deadline_hours=0, rebook_deadline_hours=0, bookings_per_contact=50))
        for record in records(self.day, self.plan):
            work.save(record)
        container.store.commit(work)
        self.world.lay(limit=3, start=self.turn - timedelta(minutes=60), hours=4, services=(BLOCK_SERVICE,))
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
                gone = self.booked.pop(act.choice % len(self.booked))
                reply = self.world.call("POST", f"/public/appointments/{gone['id']}/cancel", {"code": gone["code"]})
                assert reply.status == 200 or reply.json["code"] in ("wrong_state", "deadline_passed"), reply.text
            case "move" if self.movable:
                self._move(self.movable[act.choice % len(self.movable)], act.choice)
            case "override":
                start = self.turn + 6 * STEP * (act.choice - 3)
                reply = self.desk("schedule", service, place, start, staff={"id": person}, override={"reason": "Asked"})
                assert reply.status == 201 or reply.json["code"] in ("past", "unknown_staff"), reply.text
                if reply.status == 201:
                    self.known.append(reply.json["id"])
                    self.excused.add(reply.json["id"])
            case "assign" if self.known:
                url = f"/appointments/{self.known[act.choice % len(self.known)]}/assign"
                reply = self.boss("POST", url, {"staff_id": person})
                codes = ("staff_conflict", "not_eligible", "wrong_state")
                assert reply.status == 200 or reply.json["code"] in codes, reply.text
            case "away":
                start = self.turn + 3 * STEP * act.choice
                body = {"start": utc_text(start), "end": utc_text(start + 6 * STEP)}
                assert self.boss("POST", f"/staff/{person}/time-off", body).status == 201

    def _take(self, what: str, service: str, place: str, choice: int) -> None:
        starts = sorted(self.offers(service, place))
        if not starts:
            return
        start = starts[choice % len(starts)]
        if what == "desk":
            reply = self.desk(("contact_centre", "schedule")[choice % 2], service, place, start)
        else:
            reply = self.book(service, place, start) if what == "book" else self.hold(service, place, start)
        assert reply.status == 201, reply.text
        if what == "hold":
            self.holds.append(reply.json | {"service_id": service, "location_id": place})
            self.held_at.append(start)
        else:
            self.known.append(reply.json["id"])
        if what == "book":
            self.booked.append(reply.json)

    def _claim(self, person: str, choice: int) -> None:
        """Somebody books out of a block, and a person takes it if their time allows."""
        reply = self.book(BLOCK_SERVICE, TORONTO, self.turn + 3 * STEP * (choice - 3))
        if reply.status != 201:
            assert reply.json["code"] in ("past", "too_soon", "too_far", "capacity_exhausted"), reply.text
            return
        self.known.append(reply.json["id"])
        url, login = f"/appointments/{reply.json['id']}/claim", claims(email(person), "[staff]")
        claimed = self.world.call("POST", url, {"force": choice == 0}, login=login)
        assert claimed.status == 200 or claimed.json["code"] == "staff_conflict", claimed.text
        if choice == 0:
            self.excused.add(reply.json["id"])

    def _move(self, booked: dict[str, Any], choice: int) -> None:
        starts = sorted(self.offers_to_move(booked))
        if starts:
            reply = self.move(booked, starts[choice % len(starts)])
            assert reply.status == 200, reply.text
            self.booked[self.booked.index(booked)] = {**booked, **reply.json, "moved": True}

    @property
    def movable(self) -> list[dict[str, Any]]:
        """The clients' bookings that lie ahead and have not been moved yet."""
        now = utc_text(self.world.now)
        return [b for b in self.booked if b["start"] > now and "moved" not in b]

    def offers(self, service_id: str, place: str, channel: str | None = None, **more: str) -> dict[datetime, int]:
        """The starts offered around the day, to clients or through a channel, with how many staff are free."""
        query = {
            "service_id": service_id,
            "location_id": place,
            "timezone": self.day.zone,
            "from": str(self.day.date - timedelta(days=1)),
            "to": str(self.day.date + timedelta(days=1)),
            **more,
        }
        if channel:
            reply = self.boss("GET", f"/availability?{urlencode(query | {'channel': channel})}")
        else:
            reply = self.world.call("GET", f"/public/availability?{urlencode(query)}")
        assert reply.status == 200, reply.text
        slots = (slot for day in reply.json["days"] for slot in day["slots"])
        return {datetime.fromisoformat(slot["start"]): slot["available"] for slot in slots}

    def offers_to_move(self, booked: dict[str, Any]) -> dict[datetime, int]:
        """Where a client may move what they booked."""
        where = booked["service_id"], booked["location_id"]
        return self.offers(*where, moving=booked["id"], code=booked["code"])

    def explained(self, service_id: str, place: str, start: datetime, **more: str) -> Any:
        """What ``explain`` says of a start."""
        query = {"service_id": service_id, "location_id": place, "timezone": "UTC", "start": utc_text(start), **more}
        return self.world.call("GET", f"/public/availability/explain?{urlencode(query)}").json

    def book(self, service_id: str, place: str, start: datetime, **more: Any) -> Reply:
        """Somebody new books."""
        body = {**self._slot(service_id, place, start), "attendee": self._guest(), **more}
        return self.world.call("POST", "/public/appointments", body)

    def desk(self, channel: str, service_id: str, place: str, start: datetime, **more: Any) -> Reply:
        """Staff book for somebody new."""
        body = {**self._slot(service_id, place, start), "channel": channel, "client": self._guest(), **more}
        return self.boss("POST", "/appointments", body)

    def hold(self, service_id: str, place: str, start: datetime, **more: Any) -> Reply:
        """Somebody holds a time."""
        return self.world.call("POST", "/public/holds", self._slot(service_id, place, start) | more)

    def move(self, booked: dict[str, Any], start: datetime) -> Reply:
        """Somebody moves what they booked."""
        body = {"code": booked["code"], "start": utc_text(start), "timezone": self.day.zone}
        return self.world.call("POST", f"/public/appointments/{booked['id']}/reschedule", body)

    def boss(self, method: str, url: str, body: object = None) -> Reply:
        """An administrator's request."""
        return self.world.call(method, url, body, login=claims("boss@example.org", "[admin]"))

    def probes(self) -> list[datetime]:
        """Every five-minute start from well before the turn to well after."""
        return [self.turn + STEP * n for n in range(-30, 48)]

    def refusable(self, offered: Collection[datetime]) -> list[datetime]:
        """Some of the starts that are not offered: near to what somebody has or holds, and anywhere."""
        rest = [at for at in self.probes() if at not in offered]
        taken = [datetime.fromisoformat(b["start"]) for b in self.booked] + self.held_at
        near = [at for at in rest if any(abs(at - start) < 3 * STEP for start in taken)]
        return self.sample(near, 3) + self.sample(rest, 1)

    def offerings(self) -> list[tuple[str, str]]:
        """Two services of staff's time, each at a location: one that somebody has booked or holds, and any other."""
        every = [(service, place) for service in SERVICES for place in LOCATIONS]
        asked = [(b["service_id"], b["location_id"]) for b in (*self.booked, *self.holds)]
        return [*self.sample(asked, 1), *self.sample(every, 1)]

    def sample(self, found: list[Any], most: int) -> list[Any]:
        """At most so many of these, the same ones whenever the plan is the same."""
        return found if len(found) <= most else self.chance.sample(found, most)

    def require_sound(self, *more: str) -> None:
        """Ledgers and appointments agree, and ``require_apart``."""
        assert container.ledger_integrity.check(min(self.world.now, self.turn - timedelta(days=2))).differences == ()
        self.require_apart(*more)

    def require_apart(self, *more: str) -> None:
        """Nobody has two appointments closer than the buffers of both, but for those made in spite of it."""
        every = (self.world.read(Appointment, id_) for id_ in (*self.known, *more))
        taken = [a for a in every if a.occupies_capacity and a.staff_id and a.id not in self.excused]
        for one, other in combinations(taken, 2):
            apart = one.busy_span[1] <= other.busy_span[0] or other.busy_span[1] <= one.busy_span[0]
            assert apart or one.staff_id != other.staff_id, (one, other)

    def _slot(self, service_id: str, place: str, start: datetime) -> dict[str, Any]:
        return {
            "service_id": service_id,
            "location_id": place,
            "meeting_method": "in_person",
            "start": utc_text(start),
            "timezone": self.day.zone,
        }

    def _guest(self) -> dict[str, str]:
        self.guests += 1
        return {"first_name": "Guest", "last_name": str(self.guests), "email": f"guest{self.guests}@example.org"}
