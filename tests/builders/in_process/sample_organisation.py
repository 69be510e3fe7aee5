"""A small organisation in the table, and the app as its clients and staff call it, at a time of the test's choice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.container import container
from chalicelib.domain.capacity.ledger import Calendar
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, Login, MeetingMethod, Service, Staff
from chalicelib.domain.organisation.opening_hours import BranchHours, BranchHoursLine, WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType, Rota, WorkSchedule
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute, utc_days, utc_text
from chalicelib.services.availability import ledger_io
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply, claims, send

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
OPENING = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)  # 09:00 in Toronto
TORONTO = "loc_00000000000000000000000001"
MORTGAGE = "svc_00000000000000000000000001"
ACCOUNT = "svc_00000000000000000000000002"
SAM = "stf_00000000000000000000000001"
ALEX = "stf_00000000000000000000000002"


def offered(service_id: str, name: str, minutes: int = 30, **more: Any) -> Service:
    """A service in Toronto, in person or by phone."""
    return Service(
        id=service_id,
        name=name,
        duration_minutes=minutes,
        meeting_methods=(MeetingMethod.IN_PERSON, MeetingMethod.PHONE),
        location_ids=(TORONTO,),
        availability=AvailabilitySource.QUICKSTREAM,
        **more,
    )


def employed(staff_id: str, name: str, role: Role) -> Staff:
    """Somebody who works in Toronto on every service."""
    return Staff(staff_id, name, f"{name.lower()}@example.org", role, (TORONTO,), (MORTGAGE, ACCOUNT))


@dataclass
class World:
    """The organisation and a clock that stands still until it is moved."""

    now: datetime = NOW
    blocks: int = field(default=0)

    def furnish(self, settings: Settings | None = None) -> World:
        """A branch in Toronto, two services, two people who have no working hours yet."""
        work = UnitOfWork()
        work.save(settings or Settings(organisation_name="Maple Credit Union", timezone="America/Toronto"))
        work.save(Location(TORONTO, "Toronto", "America/Toronto", "1 King St", "toronto@example.org", "CA"))
        work.save(offered(MORTGAGE, "Mortgage advice"))
        work.save(offered(ACCOUNT, "New account"))
        for staff in (employed(SAM, "Sam", Role.STAFF), employed(ALEX, "Alex", Role.MANAGER)):
            work.save(staff)
            work.save(Login(staff.email, staff.id))
            work.save(TeamMember(TORONTO, staff.id, staff.role).updated_from(staff, Rota(staff.id)))
        container.store.commit(work)
        return self

    def keep_hours(self, *lines: WeeklyHours) -> World:
        """The branch is open and its people are at work in these hours; from nine to five on weekdays unless said."""
        lines = lines or (WeeklyHours((1, 2, 3, 4, 5), 9 * 60, 17 * 60),)
        work = UnitOfWork()
        branch_hours = self.read(BranchHours, TORONTO) or BranchHours(TORONTO)
        kept = tuple(BranchHoursLine(f"hrs_{number}", line) for number, line in enumerate(lines))
        work.save(replace(branch_hours, lines=kept))
        for staff_id in (SAM, ALEX):
            rota = self.read(Rota, staff_id) or Rota(staff_id)
            schedule = WorkSchedule(f"wsl_{staff_id}", CalendarType.OPEN, "America/Toronto", lines)
            rota = replace(rota, schedules=(schedule,))
            work.save(rota)
            work.save(self.read(TeamMember, TORONTO, staff_id).updated_from(self.read(Staff, staff_id), rota))
        container.store.commit(work)
        return self

    def lay(
        self,
        limit: int = 1,
        start: datetime = OPENING,
        hours: float = 3,
        services: tuple[str, ...] = (MORTGAGE, ACCOUNT),
        state: BlockState = BlockState.RELEASED,
        reserved: int = 0,
    ) -> Block:
        """A block written as the staff routes would leave it."""
        self.blocks += 1
        begin = epoch_minute(start)
        block = Block(
            id=f"blk_{self.blocks:026d}",
            series_id=f"ser_{self.blocks:026d}",
            location_id=TORONTO,
            start=begin,
            end=begin + int(60 * hours),
            limit=limit,
            services=services,
            state=state,
            reserved=reserved,
        )
        self.rewrite(block.start, block.end, lambda calendar: calendar.with_block(block))
        return block

    def rewrite(self, start: int, end: int, how: Any) -> None:
        """Changes the sheets of these minutes."""
        days = utc_days(start, end)
        found = container.store.read(ledger_io.sheet_refs(TORONTO, days))
        before = ledger_io.calendar_in(found, TORONTO, days)
        work = UnitOfWork()
        for sheet in how(before).changed_since(before):
            work.save(sheet)
        container.store.commit(work)

    def calendar(self, start: datetime = OPENING) -> Calendar:
        """What the ledger says of a day."""
        day = start.date().isoformat()
        found = container.store.read(ledger_io.sheet_refs(TORONTO, [day]))
        return ledger_io.calendar_in(found, TORONTO, [day])

    def call(self, method: str, url: str, body: object = None, **more: Any) -> Reply:
        """A request at the world's present time."""
        from app import app

        headers = {"X-Now": utc_text(self.now), **more.pop("headers", {})}
        return send(app, method, url, body=body, headers=headers, **more)

    def staff(self, method: str, url: str, body: object = None, who: str = "alex@example.org", **more: Any) -> Reply:
        """A request of a signed-in staff member."""
        groups = {"alex@example.org": "[manager]", "sam@example.org": "[staff]"}.get(who, "[admin]")
        return self.call(method, url, body, login=claims(who, groups), **more)

    def book(self, start: datetime = OPENING, **more: Any) -> Reply:
        """A client's booking; keywords replace fields, ``headers`` go along."""
        headers = more.pop("headers", {})
        return self.call("POST", "/public/appointments", booking(start, **more), headers=headers)

    def read(self, kind: Any, *key: str) -> Any:
        """A record as it stands in the table."""
        return container.store.read([Ref.to(kind, *key)]).get(kind, *key)

    def offers(self, day: datetime = OPENING, service: str = MORTGAGE, **more: Any) -> dict[str, int]:
        """The starts offered on a UTC day with how many each takes."""
        query = {
            "service_id": service,
            "location_id": TORONTO,
            "timezone": "UTC",
            "from": day.date().isoformat(),
            "to": day.date().isoformat(),
            **more,
        }
        url = "/public/availability?" + "&".join(f"{k}={v}" for k, v in query.items())
        reply = self.call("GET", url)
        assert reply.status == 200, reply.text
        return {slot["start"]: slot["available"] for day in reply.json["days"] for slot in day["slots"]}


def booking(start: datetime = OPENING, **more: Any) -> dict[str, Any]:
    """The body of a client's booking."""
    attendee = {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.org"} | more.pop("attendee", {})
    body = {
        "service_id": MORTGAGE,
        "location_id": TORONTO,
        "meeting_method": "in_person",
        "start": utc_text(start),
        "timezone": "America/Toronto",
        "attendee": attendee,
    }
    return body | more


def at(minutes: int, start: datetime = OPENING) -> datetime:
    """So many minutes after a block's start."""
    return start + timedelta(minutes=minutes)


def text(minutes: int) -> str:
    """An epoch minute as the contract writes it."""
    return utc_text(from_epoch_minute(minutes))
