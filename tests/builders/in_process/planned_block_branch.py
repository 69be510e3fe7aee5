"""A branch on one generated day: what is planned there, done through HTTP, and whether a start should be refused."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from chalicelib.container import container
from chalicelib.domain.capacity.ledger import Occupant, SeatAccess
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, MeetingMethod, Service
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.times import epoch_minute, utc_text
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply
from tests.builders.generators.block_day_plans import SERVICES, STEP, Act, Day, Plan, PlannedBlock
from tests.builders.in_process.sample_organisation import TORONTO, World
from tests.integration.conftest import REGION, TABLE

LEAD = 60
HORIZON = 62
HOLD_MINUTES = 10


@dataclass
class Branch:
    """One organisation with one branch; every method that writes goes through HTTP but blocks and staff's bookings."""

    day: Day
    plan: Plan
    booked: list[dict[str, Any]] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    seated: list[Occupant] = field(default_factory=list)
    guests: int = 0

    def __post_init__(self) -> None:
        """Opens the doors."""
        self.turn = self.day.clock_change
        self.world = World(now=self.turn + timedelta(minutes=self.plan.now))
        self.chance = random.Random(self.plan.seed)
        self.services = {
            service_id: Service(
                id=service_id,
                name=service_id,
                duration_minutes=minutes,
                meeting_methods=(MeetingMethod.IN_PERSON,),
                location_ids=(TORONTO,),
                availability=AvailabilitySource.QUICKSTREAM,
                slot_interval=interval,
                lead_minutes=self.plan.lead,
                horizon_days=self.plan.horizon,
            )
            for service_id, minutes, interval in zip(SERVICES, self.plan.minutes, self.plan.intervals, strict=True)
        }
        work = UnitOfWork()
        work.save(Settings(cancel_deadline_hours=0, rebook_deadline_hours=0, hold_minutes=HOLD_MINUTES))
        work.save(Location(TORONTO, "Branch", self.day.zone))
        for service in self.services.values():
            work.save(service)
        container.store.commit(work)
        self.blocks = [self._laid(number, planned) for number, planned in enumerate(self.plan.blocks)]
        for act in self.plan.acts:
            self._do(act)

    def _laid(self, number: int, planned: PlannedBlock) -> Block:
        start = epoch_minute(self.turn) + planned.start
        block = Block(
            id=f"blk_{number:026d}",
            series_id=f"ser_{number:026d}",
            location_id=TORONTO,
            start=start,
            end=start + planned.minutes,
            limit=planned.limit,
            reserved=min(planned.reserved, planned.limit),
            services=planned.services,
            state=planned.state,
        )
        self.world.rewrite(block.start, block.end, lambda calendar: calendar.with_block(block))
        return block

    def _do(self, act: Act) -> None:
        match act.kind:
            case "book" | "hold":
                starts = sorted(self.offers(act.service))
                if starts:
                    start = starts[act.choice % len(starts)]
                    reply = self.book(act.service, start) if act.kind == "book" else self.hold(act.service, start)
                    assert reply.status == 201, reply.text
                    (self.booked if act.kind == "book" else self.holds).append(reply.json)
            case "cancel" if self.movable:
                gone = self.movable[act.choice % len(self.movable)]
                self.booked.remove(gone)
                url = f"/public/appointments/{gone['id']}/cancel"
                assert self.world.call("POST", url, {"code": gone["code"]}).status == 200
            case "move" if self.movable:
                self._move(self.movable[act.choice % len(self.movable)], act.choice)
            case "staff":
                self._seat_by_staff(act)
            case "cut":
                self._cut(act.choice % len(self.blocks))
            case "wait":
                # Every other time to the very second at which the latest holds end.
                self.world.now += timedelta(minutes=HOLD_MINUTES if act.choice % 2 else HOLD_MINUTES - 4)

    def _move(self, booked: dict[str, Any], choice: int) -> None:
        starts = sorted(self.offers(booked["service_id"], **moving(booked)))
        if starts:
            reply = self.move(booked, starts[choice % len(starts)])
            assert reply.status == 200, reply.text
            self.booked[self.booked.index(booked)] = {**reply.json, "moved": True}

    def _seat_by_staff(self, act: Act) -> None:
        """Somebody whom staff put where they liked, in a block or beside it (D5)."""
        start = epoch_minute(self.turn) - 100 + 25 * act.choice
        access = (SeatAccess.CONTACT_CENTRE, SeatAccess.SCHEDULE)[act.choice % 2]
        occupant = Occupant(
            f"apt_{container.ids.new('x', self.world.now)[2:]}",
            start,
            start + self.services[act.service].duration_minutes,
            act.service,
            access,
            over_capacity=act.choice % 3 == 0,
        )
        self.seated.append(occupant)
        self.world.rewrite(occupant.start, occupant.end, lambda calendar: calendar.with_occupant(occupant))

    def _cut(self, number: int) -> None:
        block = self.blocks[number]
        cut = replace(block, limit=max(1, block.limit - 1), reserved=0, version=block.version + 1)
        self.blocks[number] = cut
        self.world.rewrite(cut.start, cut.end, lambda calendar: calendar.with_block(cut))

    @property
    def movable(self) -> list[dict[str, Any]]:
        """The bookings that lie ahead and have not been moved yet."""
        now = utc_text(self.world.now)
        return [b for b in self.booked if b["start"] > now and "moved" not in b]

    @property
    def live_holds(self) -> list[dict[str, Any]]:
        """The holds that have not expired."""
        return [h for h in self.holds if h["expires_at"] > utc_text(self.world.now)]

    def offers(self, service_id: str, **more: str) -> dict[datetime, int]:
        """The starts offered from the day before to the day after, each in its local day and with its wall time."""
        found: dict[datetime, int] = {}
        for day in self._availability(service_id, **more):
            for slot in day["slots"]:
                at = datetime.fromisoformat(slot["start"])
                assert (self.day.local_text(at), self.day.local_text(at)[:10]) == (slot["local_start"], day["date"])
                assert slot["available"] > 0
                found[at] = slot["available"]
        return found

    def _availability(self, service_id: str, **more: str) -> Any:
        query = {
            "service_id": service_id,
            "location_id": TORONTO,
            "timezone": self.day.zone,
            "meeting_method": "in_person",
            "from": str(self.day.date - timedelta(days=1)),
            "to": str(self.day.date + timedelta(days=1)),
            **more,
        }
        reply = self.world.call("GET", f"/public/availability?{urlencode(query)}")
        assert reply.status == 200, reply.text
        return reply.json["days"]

    def explained(self, service_id: str, start: datetime) -> Any:
        """What ``explain`` says of a start."""
        query = {
            "service_id": service_id,
            "location_id": TORONTO,
            "timezone": self.day.zone,
            "meeting_method": "in_person",
            "start": utc_text(start),
        }
        return self.world.call("GET", f"/public/availability/explain?{urlencode(query)}").json

    def book(self, service_id: str, start: datetime | str, **more: object) -> Reply:
        """Somebody new books; ``start`` is an instant or a wall time."""
        self.guests += 1
        guest = {"first_name": "Guest", "last_name": str(self.guests), "email": f"guest{self.guests}@example.org"}
        body = {**self._slot(service_id, start), "attendee": guest, **more}
        return self.world.call("POST", "/public/appointments", body)

    def hold(self, service_id: str, start: datetime) -> Reply:
        """Somebody holds a slot."""
        reply = self.world.call("POST", "/public/holds", self._slot(service_id, start))
        if reply.status == 201:
            return replace(reply, text=json.dumps({**reply.json, "service_id": service_id, "start": utc_text(start)}))
        return reply

    def move(self, booked: dict[str, Any], start: datetime) -> Reply:
        """Somebody moves their appointment."""
        body = {"code": booked["code"], "start": utc_text(start), "timezone": self.day.zone}
        return self.world.call("POST", f"/public/appointments/{booked['id']}/reschedule", body)

    def _slot(self, service_id: str, start: datetime | str) -> dict[str, Any]:
        return {
            "service_id": service_id,
            "location_id": TORONTO,
            "meeting_method": "in_person",
            "start": start if isinstance(start, str) else utc_text(start),
            "timezone": self.day.zone,
        }

    def probes(self) -> list[datetime]:
        """Every five-minute start from well before the first block to well after the last."""
        return [self.turn + STEP * n for n in range(-24, 40)]

    def ground(self, service_id: str, start: datetime) -> str:
        """The code a start that is not offered is refused with, told from the plan by other means."""
        service, now = self.services[service_id], self.world.now
        lead = LEAD if self.plan.lead is None else self.plan.lead
        if start <= now:
            return "past"
        if start < now + timedelta(minutes=lead):
            return "too_soon"
        days = HORIZON if self.plan.horizon is None else self.plan.horizon
        if start.astimezone(self.day.tz).date() > now.astimezone(self.day.tz).date() + timedelta(days=days):
            return "too_far"
        at, end = epoch_minute(start), epoch_minute(start) + service.duration_minutes
        covering = [b for b in self.blocks if service_id in b.services and b.start <= at and end <= b.end]
        released = [b for b in covering if b.state is BlockState.RELEASED]
        if not released:
            held = any(b.state is BlockState.HELD for b in covering)
            return "block_not_released" if held else "outside_block"
        if all((at - b.start) % service.slot_interval for b in released):
            return "off_grid"
        return "capacity_exhausted"

    def surely_free(self, service_id: str, start: datetime) -> bool:
        """Whether a block has room even if everybody there at that time sat in it: no seating can be needed."""
        at, end = epoch_minute(start), epoch_minute(start) + self.services[service_id].duration_minutes
        there = [service for service, low, high in self._taken() if low < end and at < high]
        return any(
            b.start <= at
            and end <= b.end
            and service_id in b.services
            and b.state is BlockState.RELEASED
            and (at - b.start) % self.services[service_id].slot_interval == 0
            and sum(service in b.services for service in there) < b.limit - b.reserved
            for b in self.blocks
        )

    def _taken(self) -> Iterator[tuple[str, int, int]]:
        """Who is there as far as this branch has been told: service, start and end."""
        for taken in (*self.booked, *self.live_holds):
            at = epoch_minute(datetime.fromisoformat(taken["start"]))
            yield taken["service_id"], at, at + self.services[taken["service_id"]].duration_minutes
        for occupant in self.seated:
            yield occupant.service_id, occupant.start, occupant.end

    def sample(self, found: list[Any], most: int) -> list[Any]:
        """At most so many of these, the same ones whenever the plan is the same."""
        return found if len(found) <= most else self.chance.sample(found, most)


def moving(booked: dict[str, Any]) -> dict[str, str]:
    """The query of somebody who looks for another time."""
    return {"moving": booked["id"], "code": booked["code"]}


def rows() -> dict[str, Any]:
    """Everything in the table, by key."""
    return {f"{pk} {sk}": item.to_json() for pk, found in _table().items.items() for sk, item in found.items()}


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is taken back: in moto's memory, since a scan would cost more than the test."""
    before = deepcopy(_table().items)
    try:
        yield
    finally:
        _table().items = before


def _table() -> Any:
    # Asked for each time: moto puts another object in its place when a transaction fails.
    return get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE]
