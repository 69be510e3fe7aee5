"""A counselling practice in Melbourne whose clients live elsewhere, and requests that rebook them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment, AppointmentState, Attendee, Cancellation
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.sessions import Entitlement
from chalicelib.domain.messaging.notification_policy import route
from chalicelib.domain.messaging.notifications import MessageContext
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, MeetingMethod, Service, Staff
from chalicelib.domain.organisation.opening_hours import WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType, Rota, TimeOff, WorkSchedule
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.events import Actor, Audience, Channel
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import known_zone, wall_text
from chalicelib.notifications.content import build_content
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.api_requests import ApiRequests
from tests.builders.in_process.sample_records import staff_records
from tests.builders.in_process.table_records import committed, journal, write

NOW = datetime(2026, 9, 1, tzinfo=UTC)
COLLINS_STREET, HAY_STREET = "loc_00000000000000000000000011", "loc_00000000000000000000000012"
COUNSELLING, WALK_IN = "svc_00000000000000000000000011", "svc_00000000000000000000000012"
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
MON_TUE, THU_FRI, RAPID_RESPONSE, OPEN = "wsl_mon_tue", "wsl_thu_fri", "wsl_rapid", "wsl_open"
LEE_MON_TUE = "wsl_lees"
ALL_WEEK = (WeeklyHours((1, 2, 3, 4, 5, 6, 7), 0, 1440),)


def work_schedule(schedule_id: str, weekdays: tuple[int, ...], start: int, end: int, **more: Any) -> WorkSchedule:
    """Hours on some weekdays in Melbourne, ad hoc by default."""
    fields = {"calendar_type": CalendarType.AD_HOC, "timezone": MELBOURNE} | more
    return WorkSchedule(schedule_id, lines=(WeeklyHours(weekdays, start * 60, end * 60),), **fields)


KIM_SCHEDULES = (
    work_schedule(MON_TUE, (1, 2), 9, 14),
    work_schedule(THU_FRI, (4, 5), 9, 17),
    work_schedule(RAPID_RESPONSE, (1, 2, 3, 4, 5), 8, 20, calendar_type=CalendarType.RAPID_RESPONSE),
    work_schedule(OPEN, (1, 2, 3, 4, 5), 8, 20, calendar_type=CalendarType.OPEN),
)


def make_client(**more: Any) -> Client:
    """Ana, who lives in Perth."""
    fields = {"email": "ana@example.org", "language": "en", "timezone": PERTH, "notes": "Prefers mornings"} | more
    return Client("Ana", "Ruiz", id=fields.pop("id", CLIENT), created_at=NOW, updated_at=NOW, **fields)


def make_source(**more: Any) -> Appointment:
    """Ana's appointment with Kim a week ago."""
    start = NOW - timedelta(days=7, hours=-1)
    fields: dict[str, Any] = {"id": SOURCE, "state": AppointmentState.COMPLETED, "staff_id": KIM, "notes": "Went well"}
    fields |= {
        "client_id": CLIENT,
        "service_id": COUNSELLING,
        "availability": AvailabilitySource.STAFF,
        "timezone": PERTH,
    } | more
    return Appointment(
        location_id=COLLINS_STREET,
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


def save_source(client: Client, **more: Any) -> None:
    """Save a client with the appointment they had."""
    with committed() as work:
        work.index_client(work.save(client))
        work.save_appointment(make_source(client_id=client.id, **more))


def set_entitlement(sessions: int, **more: Any) -> None:
    """Allot so many sessions to the client."""
    write(Entitlement(CLIENT, sessions, **more))


@dataclass
class RebookingOrganisation(ApiRequests):
    """The practice on 1 September 2026: Kim has seen a client from Perth, and is asked back. Staff go by first name."""

    now: datetime = NOW

    def create_records(self) -> None:
        """Save the practice and its client; reviews are signed without asking Secrets Manager."""
        vars(container)["review_key"] = lambda: "the key that signs reviews"
        methods = (MeetingMethod.IN_PERSON, MeetingMethod.PHONE, MeetingMethod.VIDEO)
        common: dict[str, Any] = {"meeting_methods": methods, "location_ids": (COLLINS_STREET,)}
        address = ("1 Collins St", "branch@example.org", "AU", "VIC")
        write(
            Settings(organisation_name="Harbour Counselling", timezone=MELBOURNE),
            Location(COLLINS_STREET, "Collins Street", MELBOURNE, *address),
            Location(HAY_STREET, "Hay Street", PERTH),
            Service(COUNSELLING, "Counselling", 60, availability=AvailabilitySource.STAFF, **common),
            Service(WALK_IN, "Walk-in", 30, availability=AvailabilitySource.QUICKSTREAM, **common),
        )
        for name, (staff_id, role) in ROLES.items():
            places = (HAY_STREET,) if name == "lee" else (COLLINS_STREET,)
            services = (COUNSELLING, WALK_IN)
            staff = Staff(staff_id, name.title(), f"{name}@example.org", role, places, services, timezone=MELBOURNE)
            schedules = KIM_SCHEDULES if name == "kim" else (work_schedule(LEE_MON_TUE, (1, 2), 9, 14),)
            write(*staff_records(staff, *schedules))
        save_source(make_client())

    def as_staff(self, method: str, url: str, body: object = None, who: str = "kim", **more: Any) -> Reply:
        """A request of one of the staff, by first name."""
        return self.call(method, url, body, login=claims(f"{who}@example.org", f"[{ROLES[who][1].value}]"), **more)

    def set_schedules(self, *schedules: WorkSchedule, off: tuple[TimeOff, ...] = (), staff_id: str = KIM) -> None:
        """Change the schedules of Kim, or of another."""
        rota = replace(self.read(Rota, staff_id), schedules=schedules, time_off=off)
        member = self.read(TeamMember, COLLINS_STREET, staff_id)
        write(rota, member.updated_from(self.read(Staff, staff_id), rota))

    def update_source(self, **changes: Any) -> None:
        """Change the source appointment."""
        before = self.read(Appointment, SOURCE)
        with committed() as work:
            work.save_appointment(replace(before, **changes), before)

    def cancel_source(self) -> None:
        """Cancel the source appointment."""
        self.update_source(state=AppointmentState.BOOKED)
        before = self.read(Appointment, SOURCE)
        with committed() as work:
            work.save_appointment(before.cancelled(Cancellation("Ill", "Ana", NOW, within_24h=False)), before)

    def try_preview(self, who: str = "kim", of: str = SOURCE, **more: Any) -> Reply:
        """A preview of Ana's next session by phone, on Tuesday 29 September at ten by her clock: noon in Melbourne."""
        body: dict[str, Any] = {"approach": "manual", "work_schedule_id": MON_TUE, "modality": "phone"}
        body |= {"date": "2026-09-29", "time": "10:00"} | more
        sent = {name: value for name, value in body.items() if value is not ...}
        return self.as_staff("POST", f"/quickview/appointments/{of}/rebook/preview", sent, who)

    def preview(self, who: str = "kim", **more: Any) -> Any:
        """A preview that succeeds."""
        return self.try_preview(who, **more).body()

    def try_confirm(self, token: Any, who: str = "kim", of: str = SOURCE, **more: Any) -> Reply:
        """A booking of what was previewed."""
        return self.as_staff("POST", f"/quickview/appointments/{of}/rebook", {"review_token": token}, who, **more)

    def rebook(self, who: str = "kim", **more: Any) -> Any:
        """A preview and its booking, both of which succeed."""
        return self.try_confirm(self.preview(who, **more)["review_token"], who).body(201)

    def message_texts(self, appointment_id: str) -> dict[Audience, str]:
        """The text of the message to each audience about a booking."""
        entry = journal(appointment_id)[-1]
        booked: Appointment = self.read(Appointment, appointment_id)
        clients = [self.read(Client, a.client_id) for a in booked.attendees]
        staff = self.read(Staff, booked.staff_id or "")
        context = MessageContext(
            self.read(Settings),
            booked,
            self.read(Location, booked.location_id),
            self.read(Service, booked.service_id),
            {c.id: c for c in clients},
            {staff.id: staff},
        )
        routed = (route(message, entry, context, self.now) for message in entry.messages)
        sent = [notification for each in routed for notification in each.notifications]
        texts = ((n.audience, build_content(n, "https://desk.example.org")) for n in sent)
        return {audience: "\n".join([text.lead, *text.plain_rows]) for audience, text in texts}
