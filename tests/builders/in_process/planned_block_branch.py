"""A branch with blocks on one generated day: the plan carried out over HTTP, and the refusal expected of a start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.container import container
from chalicelib.domain.capacity.ledger import Occupant, SeatAccess
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, MeetingMethod, Service
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.times import epoch_minute, utc_text
from tests.builders.doubles.api_gateway import Reply
from tests.builders.generators.block_day_plans import SERVICES, STEP, Act, Plan, PlannedBlock
from tests.builders.in_process.planned_branch import PlannedBranch, reschedule_query
from tests.builders.in_process.sample_records import TORONTO
from tests.builders.in_process.table_records import write

LEAD = 60
HORIZON = 62
HOLD_MINUTES = 10


@dataclass
class PlannedBlockBranch(PlannedBranch):
    """One branch with blocks; all writes but blocks and staff's bookings go through HTTP."""

    plan: Plan = field(kw_only=True)
    staff_occupants: list[Occupant] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Save what is planned, then act as planned."""
        self.open(self.plan.now, self.plan.seed)
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
        write(
            Settings(cancel_deadline_hours=0, rebook_deadline_hours=0, hold_minutes=HOLD_MINUTES),
            Location(TORONTO, "Branch", self.day.zone),
            *self.services.values(),
        )
        self.blocks = [self._laid(number, planned) for number, planned in enumerate(self.plan.blocks)]
        for act in self.plan.acts:
            self._do(act)

    def _laid(self, number: int, planned: PlannedBlock) -> Block:
        start = epoch_minute(self.clock_change) + planned.start
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
        self.org.put_block(block)
        return block

    def _do(self, act: Act) -> None:
        match act.kind:
            case "book" | "hold":
                starts = sorted(self.available_starts(act.service))
                if starts:
                    start = starts[act.choice % len(starts)]
                    reply = self.book(act.service, start) if act.kind == "book" else self.hold(act.service, start)
                    assert reply.status == 201, reply.text
                    (self.booked if act.kind == "book" else self.holds).append(reply.json)
            case "cancel" if self.movable:
                booked = self.movable[act.choice % len(self.movable)]
                self.booked.remove(booked)
                assert self.org.cancel(booked).status == 200
            case "move" if self.movable:
                self._move(self.movable[act.choice % len(self.movable)], act.choice)
            case "staff":
                self._seat_by_staff(act)
            case "cut":
                self._cut(act.choice % len(self.blocks))
            case "wait":
                # Every other time to the very second at which the latest holds end.
                self.org.now += timedelta(minutes=HOLD_MINUTES if act.choice % 2 else HOLD_MINUTES - 4)

    def _move(self, booked: dict[str, Any], choice: int) -> None:
        starts = sorted(self.available_starts(booked["service_id"], **reschedule_query(booked)))
        if starts:
            reply = self.move(booked, starts[choice % len(starts)]).body()
            self.booked[self.booked.index(booked)] = {**reply, "moved": True}

    def _seat_by_staff(self, act: Act) -> None:
        """An appointment that staff put anywhere, in a block or beside it (D5)."""
        start = epoch_minute(self.clock_change) - 100 + 25 * act.choice
        access = (SeatAccess.CONTACT_CENTRE, SeatAccess.SCHEDULE)[act.choice % 2]
        occupant = Occupant(
            f"apt_{container.ids.new('x', self.org.now)[2:]}",
            start,
            start + self.services[act.service].duration_minutes,
            act.service,
            access,
            over_capacity=act.choice % 3 == 0,
        )
        self.staff_occupants.append(occupant)
        self.org.update_sheets(occupant.start, occupant.end, lambda calendar: calendar.with_occupant(occupant))

    def _cut(self, number: int) -> None:
        block = self.blocks[number]
        cut = replace(block, limit=max(1, block.limit - 1), reserved=0, version=block.version + 1)
        self.blocks[number] = cut
        self.org.put_block(cut)

    @property
    def active_holds(self) -> list[dict[str, Any]]:
        """The holds that have not expired."""
        return [h for h in self.holds if h["expires_at"] > utc_text(self.org.now)]

    def available_starts(self, service_id: str, **more: str) -> dict[datetime, int]:
        """The starts offered around the day with their free seats; each must show its local day and time."""
        found: dict[datetime, int] = {}
        for day in self.offered_days(service_id, **more):
            for slot in day["slots"]:
                at = datetime.fromisoformat(slot["start"])
                assert (self.day.local_text(at), self.day.local_text(at)[:10]) == (slot["local_start"], day["date"])
                assert slot["available"] > 0
                found[at] = slot["available"]
        return found

    def hold(self, service_id: str, start: datetime, place: str = TORONTO, **more: Any) -> Reply:
        """A hold; its JSON names service and start as well."""
        reply = super().hold(service_id, start, place, **more)
        if reply.status == 201:
            return replace(reply, text=json.dumps({**reply.json, "service_id": service_id, "start": utc_text(start)}))
        return reply

    def candidate_starts(self) -> list[datetime]:
        """Every five-minute start from well before the first block to well after the last."""
        return [self.clock_change + STEP * n for n in range(-24, 40)]

    def refusal_codes(self, service_id: str, start: datetime) -> set[str]:
        """The one code that ``expected_refusal`` works out."""
        return {self.expected_refusal(service_id, start)}

    def expected_refusal(self, service_id: str, start: datetime) -> str:
        """The code that refuses a start that is not offered, worked out from the plan by other means."""
        service, now = self.services[service_id], self.org.now
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

    def is_surely_free(self, service_id: str, start: datetime) -> bool:
        """True if a block has room even if everybody at that time sat in it."""
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
        """Service, start and end of everything this branch has booked, held or placed."""
        for taken in (*self.booked, *self.active_holds):
            at = epoch_minute(datetime.fromisoformat(taken["start"]))
            yield taken["service_id"], at, at + self.services[taken["service_id"]].duration_minutes
        for occupant in self.staff_occupants:
            yield occupant.service_id, occupant.start, occupant.end
