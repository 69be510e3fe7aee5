"""A counselling practice in Melbourne and clients elsewhere: what the tests of rebooking share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment, AppointmentState, Attendee, Cancellation
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.sessions import Entitlement
from chalicelib.domain.messaging.notification_policy import route
from chalicelib.domain.messaging.notifications import MessageContext
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, Login, MeetingMethod, Service, Staff
from chalicelib.domain.organisation.opening_hours import WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType, Rota, TimeOff, WorkSchedule
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.events import Actor, Audience, Channel
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import known_zone, wall_text
from chalicelib.notifications.content import build_content
from chalicelib.persistence.table import Row
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import journal, write

NOW = datetime(2026, 9, 1, tzinfo=UTC)
HERE, THERE = "loc_00000000000000000000000011", "loc_00000000000000000000000012"
COUNSEL, WALK_IN = "svc_00000000000000000000000011", "svc_00000000000000000000000012"
KIM, LEE, BEA, ADA, RAE, BOSS = (f"stf_0000000000000000000000002{n}" for n in range(6))
ROLES = {
    "kim": (KIM, Role.STAFF),
    "lee": (LEE, Role.STAFF),
    "bea": (BEA, Role.STAFF_PLUS),
    "ada": (ADA, Role.STAFF_ADVANCED),
    "rae": (RAE, Role.MANAGER),
    "boss": (BOSS, Role.ADMIN),
}
MELBOURNE, PERTH = "Australia/Melbourne", "Australia/Perth"
CLIENT, SOURCE = "cli_00000000000000000000000001", "apt_00000000000000000000000001"
# Ten in Perth.
START = datetime(2026, 9, 29, 2, 0, tzinfo=UTC)
URL = f"/quickview/appointments/{SOURCE}/rebook"
MON_TUE, THU_FRI, RAPID, OPEN = "wsl_mon_tue", "wsl_thu_fri", "wsl_rapid", "wsl_open"
LEES = "wsl_lees"
ALWAYS = (WeeklyHours((1, 2, 3, 4, 5, 6, 7), 0, 1440),)


def schedule(schedule_id: str, weekdays: tuple[int, ...], start: int, end: int, **more: Any) -> WorkSchedule:
    """Hours on some weekdays in Melbourne, ad hoc unless said."""
    fields = {"calendar_type": CalendarType.AD_HOC, "timezone": MELBOURNE} | more
    return WorkSchedule(schedule_id, lines=(WeeklyHours(weekdays, start * 60, end * 60),), **fields)


KIMS = (
    schedule(MON_TUE, (1, 2), 9, 14),
    schedule(THU_FRI, (4, 5), 9, 17),
    schedule(RAPID, (1, 2, 3, 4, 5), 8, 20, calendar_type=CalendarType.RAPID_RESPONSE),
    schedule(OPEN, (1, 2, 3, 4, 5), 8, 20, calendar_type=CalendarType.OPEN),
)


def practice(blank: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The practice on 1 September 2026: Kim has seen a client from Perth, and is asked back.

    Reviews are signed without asking Secrets Manager.
    """
    vars(container)["review_key"] = lambda: "the key that signs reviews"
    blank.now = NOW
    methods = (MeetingMethod.IN_PERSON, MeetingMethod.PHONE, MeetingMethod.VIDEO)
    common: dict[str, Any] = {"meeting_methods": methods, "location_ids": (HERE,)}
    write(
        Settings(organisation_name="Harbour Counselling", timezone=MELBOURNE),
        Location(HERE, "Collins Street", MELBOURNE, "1 Collins St", "branch@example.org", "AU", "VIC"),
        Location(THERE, "Hay Street", PERTH),
        Service(COUNSEL, "Counselling", 60, availability=AvailabilitySource.STAFF, **common),
        Service(WALK_IN, "Walk-in", 30, availability=AvailabilitySource.QUICKSTREAM, **common),
    )
    for name, (staff_id, role) in ROLES.items():
        places = (THERE,) if name == "lee" else (HERE,)
        employ(name, staff_id, role, places, KIMS if name == "kim" else (schedule(LEES, (1, 2), 9, 14),))
    attend(client())
    return blank


def employ(name: str, staff_id: str, role: Role, places: tuple[str, ...], schedules: tuple[WorkSchedule, ...]) -> None:
    """Somebody who offers everything at these places."""
    staff = Staff(staff_id, name.title(), f"{name}@example.org", role, places, (COUNSEL, WALK_IN), timezone=MELBOURNE)
    rota = Rota(staff_id, schedules)
    members = (TeamMember(place, staff_id, role).updated_from(staff, rota) for place in places)
    write(staff, rota, Login(staff.email, staff_id), *members)


def client(**more: Any) -> Client:
    """Ana, who lives in Perth."""
    fields = {"email": "ana@example.org", "language": "en", "timezone": PERTH, "notes": "Prefers mornings"} | more
    return Client("Ana", "Ruiz", id=fields.pop("id", CLIENT), created_at=NOW, updated_at=NOW, **fields)


def source(**more: Any) -> Appointment:
    """What Ana had with Kim a week ago."""
    start = NOW - timedelta(days=7, hours=-1)
    fields: dict[str, Any] = {"id": SOURCE, "state": AppointmentState.COMPLETED, "staff_id": KIM, "notes": "Went well"}
    fields |= {
        "client_id": CLIENT,
        "service_id": COUNSEL,
        "availability": AvailabilitySource.STAFF,
        "timezone": PERTH,
    } | more
    return Appointment(
        location_id=HERE,
        method=MeetingMethod.PHONE,
        start=start,
        end=start + timedelta(hours=1),
        local_start=wall_text(start, known_zone(fields["timezone"])),
        attendees=(Attendee(fields.pop("client_id"), "Ana Ruiz", "code"),),
        booked_through=Actor(Channel.SCHEDULE, "Rae", RAE),
        created_at=NOW - timedelta(days=9),
        updated_at=NOW - timedelta(days=7),
        **fields,
    )


def attend(whom: Client, **more: Any) -> None:
    """Puts a client on record with the appointment they had."""
    work = UnitOfWork()
    work.index_client(work.save(whom))
    work.save_appointment(source(client_id=whom.id, **more))
    container.store.commit(work)


def allot(sessions: int, **more: Any) -> None:
    """The client may have so many sessions."""
    write(Entitlement(CLIENT, sessions, **more))


def schedules_of(world: World, *schedules: WorkSchedule, off: tuple[TimeOff, ...] = (), staff_id: str = KIM) -> None:
    """From now on these are the schedules of Kim, or of somebody else."""
    rota = replace(world.read(Rota, staff_id), schedules=schedules, time_off=off)
    write(rota, world.read(TeamMember, HERE, staff_id).updated_from(world.read(Staff, staff_id), rota))


def keep(world: World, **changes: Any) -> None:
    """The source as something else has left it."""
    before = world.read(Appointment, SOURCE)
    work = UnitOfWork()
    work.save_appointment(replace(before, **changes), before)
    container.store.commit(work)


def call_off(world: World) -> None:
    """The source does not take place after all."""
    keep(world, state=AppointmentState.BOOKED)
    before = world.read(Appointment, SOURCE)
    work = UnitOfWork()
    work.save_appointment(before.cancelled(Cancellation("Ill", "Ana", NOW, within_24h=False)), before)
    container.store.commit(work)


def rows() -> dict[tuple[str, str], Any]:
    """Everything in the table."""
    return {(row.pk, row.sk): row.attribute_values for row in Row.scan(consistent_read=True)}


def call(world: World, method: str, url: str, body: object = None, who: str = "kim", **more: Any) -> Reply:
    """A request of one of the staff, by first name."""
    return world.call(method, url, body, login=claims(f"{who}@example.org", f"[{ROLES[who][1].value}]"), **more)


def wanted(**more: Any) -> dict[str, Any]:
    """Ana's next session by phone, on Tuesday 29 September at ten by her clocks: noon in Melbourne."""
    when = {"date": "2026-09-29", "time": "10:00"}
    return {"approach": "manual", "work_schedule_id": MON_TUE, "modality": "phone", **when, **more}


def preview(world: World, who: str = "kim", of: str = SOURCE, **more: Any) -> Reply:
    """The answer to a preview."""
    body = {name: value for name, value in wanted(**more).items() if value is not ...}
    return call(world, "POST", f"/quickview/appointments/{of}/rebook/preview", body, who)


def reviewed(world: World, who: str = "kim", **more: Any) -> dict[str, Any]:
    """A preview that was given."""
    reply = preview(world, who, **more)
    assert reply.status == 200, reply.text
    return dict(reply.json)


def confirm(world: World, token: Any, who: str = "kim", of: str = SOURCE, **more: Any) -> Reply:
    """The answer to a booking of what was reviewed."""
    return call(world, "POST", f"/quickview/appointments/{of}/rebook", {"review_token": token}, who, **more)


def rebooked(world: World, who: str = "kim", **more: Any) -> dict[str, Any]:
    """A rebooking that was made."""
    reply = confirm(world, reviewed(world, who, **more)["review_token"], who)
    assert reply.status == 201, reply.text
    return dict(reply.json)


def letters(world: World, appointment_id: str) -> dict[Audience, str]:
    """What was written about a booking to each audience, as text."""
    entry = journal(appointment_id)[-1]
    booked: Appointment = world.read(Appointment, appointment_id)
    clients = [world.read(Client, a.client_id) for a in booked.attendees]
    staff = world.read(Staff, booked.staff_id or "")
    message_context = MessageContext(
        world.read(Settings),
        booked,
        world.read(Location, booked.location_id),
        world.read(Service, booked.service_id),
        {c.id: c for c in clients},
        {staff.id: staff},
    )
    told = [
        notice
        for message in entry.messages
        for notice in route(message, entry, message_context, world.now).notifications
    ]
    texts = ((notice.audience, build_content(notice, "https://desk.example.org")) for notice in told)
    return {audience: "\n".join([text.lead, *text.plain_rows]) for audience, text in texts}
