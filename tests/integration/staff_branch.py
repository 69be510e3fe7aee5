"""Two locations whose services come from staff calendars, as planned: everything after the set-up is done over HTTP."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

from chalicelib import background, container
from chalicelib.domain.appointments import Appointment
from chalicelib.domain.catalog import Availability, Location, Login, Method, Service, Settings, Staff
from chalicelib.domain.hours import DAY_MINUTES, Closure, Line, Opening, OpeningLine
from chalicelib.domain.permissions import Role
from chalicelib.domain.rota import CalendarType, Rota, TimeOff, WorkSchedule
from chalicelib.domain.teams import Post
from chalicelib.domain.times import utc_text
from chalicelib.services.ports import Change
from tests.integration.days import STEP, Day
from tests.integration.staff_days import Act, Plan, PlannedPerson, Span
from tests.integration.world import TORONTO, World
from tests.unit.gateway import Reply, claims

OTHER = "loc_00000000000000000000000002"
PLACES = (TORONTO, OTHER)
SERVICES = tuple(f"svc_{n:026d}" for n in (1, 2))
BLOCKS = "svc_00000000000000000000000003"
PEOPLE = tuple(f"stf_{n:026d}" for n in (1, 2, 3))
BOSS = "stf_00000000000000000000000009"
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@dataclass
class StaffBranch:
    """One organisation; ``booked`` are the staff services' appointments as clients see them, with their codes."""

    day: Day
    plan: Plan
    booked: list[dict[str, Any]] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    excused: set[str] = field(default_factory=set)
    guests: int = 0

    def __post_init__(self) -> None:
        """Opens the doors, then lets everybody act."""
        self.turn = self.day.turn
        self.world = World(now=self.turn + timedelta(minutes=self.plan.now))
        self.chance = random.Random(self.plan.probe)
        self.zones = (self.day.zone, "Asia/Kolkata")
        change = Change()
        change.save(Settings(cancel_deadline_hours=0, rebook_deadline_hours=0, bookings_per_contact=50))
        for record in (*self._catalogue(), *self._hours(), *self._staff()):
            change.save(record)
        container.store().commit(change)
        self.world.lay(limit=3, start=self.turn - timedelta(minutes=60), hours=4, services=(BLOCKS,))
        for act in self.plan.acts:
            self._do(act)

    def _catalogue(self) -> list[Any]:
        common: dict[str, Any] = {"meeting_methods": (Method.IN_PERSON,), "location_ids": PLACES}
        window: dict[str, Any] = {"lead_minutes": self.plan.lead, "horizon_days": self.plan.horizon}
        services = [
            Service(
                id=service_id,
                name=service_id,
                duration_minutes=planned.minutes,
                buffer_before=planned.before,
                buffer_after=planned.after,
                slot_interval=planned.interval,
                availability=Availability.STAFF,
                client_chooses_staff=True,
                **common,
                **window,
            )
            for service_id, planned in zip(SERVICES, self.plan.services, strict=True)
        ]
        places = [Location(id_, id_, zone) for id_, zone in zip(PLACES, self.zones, strict=True)]
        blocks = Service(BLOCKS, "Blocks", 20, buffer_before=5, buffer_after=10, lead_minutes=0, **common)
        return [*places, *services, blocks]

    def _hours(self) -> list[Opening]:
        def closures(zone: str) -> tuple[Closure, ...]:
            lines = (self._line(span, zone) for span in self.plan.closures)
            return tuple(Closure(f"clo_{n}", self._date(zone), "", at.start, at.end) for n, at in enumerate(lines))

        return [
            Opening(place, (OpeningLine("hrs_1", self._line(span, zone)),), closures(zone))
            for place, zone, span in zip(PLACES, self.zones, self.plan.hours, strict=True)
        ]

    def _staff(self) -> list[Any]:
        found: list[Any] = [Staff(BOSS, "Boss", "boss@example.org", Role.ADMIN), Login("boss@example.org", BOSS)]
        for staff_id, planned in zip(PEOPLE, self.plan.people, strict=True):
            where = PLACES if planned.travels else PLACES[:1]
            services = (*(SERVICES[n] for n in planned.services), BLOCKS)
            facts = where, services, planned.languages, planned.zone, planned.limit
            staff = Staff(staff_id, staff_id, email(staff_id), Role.STAFF, *facts)
            rota = self._rota(staff_id, planned)
            posts = [Post(place, staff_id, Role.STAFF).follows(staff, rota) for place in where]
            found += [staff, Login(staff.email, staff_id), rota, *posts]
        return found

    def _rota(self, staff_id: str, planned: PlannedPerson) -> Rota:
        zone = planned.zone or self.day.zone
        schedules = tuple(
            WorkSchedule(
                id=f"wsl_{n}",
                calendar_type=CalendarType.OPEN,
                timezone=zone,
                lines=(self._line(span, zone),),
                location_id=None if span.place is None else PLACES[span.place],
            )
            for n, span in enumerate(planned.lines)
        )
        away = tuple(
            TimeOff(f"tof_{n}", self._at(s.start), self._at(s.start + s.minutes)) for n, s in enumerate(planned.away)
        )
        return Rota(staff_id, schedules, away)

    def _at(self, minutes: int) -> datetime:
        return self.turn + timedelta(minutes=minutes)

    def _date(self, zone: str) -> Any:
        return self.turn.astimezone(Day(zone, self.day.date).tz).date()

    def _line(self, span: Span, zone: str) -> Line:
        """A stretch as clocks in that zone show it on every day, cut at midnight."""
        turn = self.turn.astimezone(Day(zone, self.day.date).tz)
        start = min(max(60 * turn.hour + turn.minute + span.start, 0), DAY_MINUTES - 60)
        return Line(EVERY_DAY, start, min(start + span.minutes, DAY_MINUTES))

    def _do(self, act: Act) -> None:
        service, place, person = SERVICES[act.service], PLACES[act.place], PEOPLE[act.who]
        match act.what:
            case "book" | "hold" | "desk":
                self._take(act.what, service, place, act.choice)
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
        else:
            self.known.append(reply.json["id"])
        if what == "book":
            self.booked.append(reply.json)

    def _claim(self, person: str, choice: int) -> None:
        """Somebody books out of a block, and a person takes it if their time allows."""
        reply = self.book(BLOCKS, TORONTO, self.turn + 3 * STEP * (choice - 3))
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

    def offerings(self) -> list[tuple[str, str]]:
        """Two of the services of staff's time at one of the locations each."""
        return self.sample([(service, place) for service in SERVICES for place in PLACES], 2)

    def sample(self, found: list[Any], most: int) -> list[Any]:
        """At most so many of these, the same ones whenever the plan is the same."""
        return found if len(found) <= most else self.chance.sample(found, most)

    def require_sound(self, *more: str) -> None:
        """Ledgers and appointments agree, and ``require_apart``."""
        assert background.integrity().check(min(self.world.now, self.turn - timedelta(days=2))).differences == ()
        self.require_apart(*more)

    def require_apart(self, *more: str) -> None:
        """Nobody has two appointments closer than the buffers of both, but for those made in spite of it."""
        every = (self.world.read(Appointment, id_) for id_ in (*self.known, *more))
        taken = [a for a in every if a.occupies and a.staff_id and a.id not in self.excused]
        for one, other in combinations(taken, 2):
            apart = one.busy[1] <= other.busy[0] or other.busy[1] <= one.busy[0]
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


def email(staff_id: str) -> str:
    """Where somebody signs in."""
    return f"{staff_id}@example.org"
