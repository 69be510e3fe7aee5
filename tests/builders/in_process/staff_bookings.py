"""A branch with a staff calendar, another branch and people of every role: what the tests of staff's bookings share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.capacity.ledger import Sheet
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, Login, Service, Staff
from chalicelib.domain.organisation.opening_hours import BranchHours, BranchHoursLine, WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType, Rota, WorkSchedule
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.events import JournalEntry, MessageKind
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import epoch_minute, utc_days, utc_text
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.block_requests import VANCOUVER
from tests.builders.in_process.sample_organisation import (
    ACCOUNT,
    ALEX,
    MORTGAGE,
    OPENING,
    SAM,
    TORONTO,
    World,
    at,
    offered,
)

ADVICE = "svc_00000000000000000000000003"
CENTRAL = "central@example.org"
BOSS = "boss@example.org"
GROUPS = {
    "alex@example.org": Role.MANAGER,
    "sam@example.org": Role.STAFF,
    CENTRAL: Role.CONTACT_CENTRE,
    BOSS: Role.ADMIN,
}
WEEK = (WeeklyHours((1, 2, 3, 4, 5), 9 * 60, 17 * 60),)


def write(*records: Any) -> None:
    """Records as another part of the system would leave them."""
    work = UnitOfWork()
    for record in records:
        work.save(record)
    container.store.commit(work)


def staffed(world: World) -> World:
    """Sam and Alex give advice by their calendars, nine to five; a boss and the contact centre sign in."""
    world.keep_hours()
    advice = offered(ADVICE, "Advice", buffer_after=10, client_chooses_staff=True)
    write(replace(advice, availability=AvailabilitySource.STAFF))
    for staff_id in (SAM, ALEX):
        teach(world, staff_id, (MORTGAGE, ACCOUNT, ADVICE))
    hire("stf_boss", BOSS)
    hire("stf_central", CENTRAL)
    return world


def teach(world: World, staff_id: str, service_ids: tuple[str, ...]) -> None:
    """What they offer from now on."""
    staff: Staff = replace(world.read(Staff, staff_id), service_ids=service_ids)
    rota = world.read(Rota, staff_id) or Rota(staff_id)
    members = (world.read(TeamMember, location_id, staff_id) for location_id in staff.location_ids)
    write(staff, *(post.updated_from(staff, rota) for post in members if post))


def hire(staff_id: str, email: str, *location_ids: str, role: Role | None = None) -> str:
    """Somebody new who signs in with this address and works at these locations, nine to five in Toronto's time."""
    role = role or GROUPS[email]
    staff = Staff(staff_id, staff_id[4:].title(), email, role, location_ids, (MORTGAGE, ACCOUNT, ADVICE))
    rota = Rota(staff_id, (WorkSchedule(f"wsl_{staff_id}", CalendarType.OPEN, "America/Toronto", WEEK),))
    members = (TeamMember(location_id, staff_id, role).updated_from(staff, rota) for location_id in location_ids)
    write(staff, rota, Login(email, staff_id), *members)
    return staff_id


def open_vancouver(world: World, limit: int = 1) -> None:
    """Another branch with the same services, open while Toronto's is, with a block when Toronto's first one is."""
    start = epoch_minute(OPENING)
    services, state = (MORTGAGE, ACCOUNT), BlockState.RELEASED
    block = Block("blk_vancouver", "ser_vancouver", VANCOUVER, start, start + 180, limit, services, state)
    sheets = (Sheet(VANCOUVER, day, blocks={block.id: block}) for day in utc_days(block.start, block.end))
    known = (replace(world.read(Service, s), location_ids=(TORONTO, VANCOUVER)) for s in (MORTGAGE, ADVICE))
    lines = (BranchHoursLine("hrs_1", WeeklyHours((1, 2, 3, 4, 5), 0, 1440)),)
    write(Location(VANCOUVER, "Vancouver", "America/Vancouver"), BranchHours(VANCOUVER, lines), *known, *sheets)


def setting(world: World, **fields: Any) -> None:
    """The organisation decides otherwise."""
    write(replace(world.read(Settings), **fields))


def as_role(
    world: World, method: str, url: str, body: object = None, who: str = "alex@example.org", **more: Any
) -> Reply:
    """A request of somebody whom ``GROUPS`` or ``hire`` knows."""
    role = GROUPS.get(who) or Role(who.partition("@")[0])
    return world.call(method, url, body, login=claims(who, f"[{role.value}]"), **more)


def staff_body(**more: Any) -> dict[str, Any]:
    """What staff send to book for a new client, through Schedule, when the first block begins."""
    return {
        "channel": "schedule",
        "client": {"first_name": "Bo", "last_name": "Lind", "email": "bo@example.org"},
        "service_id": MORTGAGE,
        "location_id": TORONTO,
        "meeting_method": "in_person",
        "start": utc_text(OPENING),
    } | more


def booked(world: World, who: str = "alex@example.org", **more: Any) -> dict[str, Any]:
    """An appointment that staff made."""
    reply = book(world, who, **more)
    assert reply.status == 201, reply.text
    return dict(reply.json)


def start(minutes: int) -> dict[str, Any]:
    """A start so long after the first block's."""
    return {"start": utc_text(at(minutes))}


def refusal(reply: Reply) -> tuple[int, str]:
    """Status and code of an answer that refuses."""
    return reply.status, reply.json["code"]


def patch(world: World, appointment: dict[str, Any], body: Any, who: str = "alex@example.org", **more: Any) -> Reply:
    """An edit of an appointment, by Alex unless said."""
    return as_role(world, "PATCH", f"/appointments/{appointment['id']}", body, who, **more)


def book(world: World, who: str = "alex@example.org", headers: dict[str, str] | None = None, **more: Any) -> Reply:
    """The answer to a booking by staff, by Alex unless said."""
    return as_role(world, "POST", "/appointments", staff_body(**more), who, headers=headers or {})


def called(world: World, **more: Any) -> Reply:
    """The answer to a booking by the contact centre."""
    return book(world, CENTRAL, **{"channel": "contact_centre"} | more)


def advice(world: World, minutes: int = 0, staff_id: str = SAM, **more: Any) -> dict[str, Any]:
    """Advice of half an hour by somebody of choice, who then needs ten minutes."""
    return booked(world, service_id=ADVICE, staff={"id": staff_id}, **start(minutes), **more)


def journal(appointment_id: str) -> list[JournalEntry]:
    """Everything that happened to it, newest first."""
    return list(container.appointment_lists.journal(appointment_id, 50, None).items)


def told(entry: JournalEntry) -> list[tuple[MessageKind, str]]:
    """Which messages go to whom."""
    return [(message.kind, message.recipient_id) for message in entry.messages]


def require_whole(world: World) -> None:
    """Every appointment stands exactly where it should."""
    assert container.ledger_integrity.check(world.now).differences == ()


def before_the_next_commit(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], of: type[Any] = object) -> None:
    """Somebody else acts between the next decision, or the next that saves a record ``of`` a kind, and its commit."""
    store = container.store
    commit = store.commit

    def overtaken(work: UnitOfWork, *more: Any) -> None:
        if of is object or any(isinstance(record, of) for record, _ in work.saved):
            monkeypatch.setattr(store, "commit", commit)
            act()
        commit(work, *more)

    monkeypatch.setattr(store, "commit", overtaken)
