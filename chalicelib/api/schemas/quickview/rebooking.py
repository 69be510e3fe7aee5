"""Rebooking as requests and answers say it: the summary before it, its preview, the review that books it."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from chalicelib.api.schemas.appointments.staff_booking import Override
from chalicelib.api.schemas.clients.sessions import Sessions
from chalicelib.api.schemas.organisation.opening_hours import HoursLine
from chalicelib.api.schemas.shared.fields import Answer, Day, Input, Instant
from chalicelib.domain.appointments import appointment as domain
from chalicelib.domain.appointments.video_meetings import Platform
from chalicelib.domain.organisation.catalog import Method
from chalicelib.domain.organisation.rota import CalendarType, WorkSchedule
from chalicelib.domain.quickview.rebooking import CAUTIONS, Approach, Caution, RebookWish, selectable
from chalicelib.domain.quickview.rebooking_token import LONGEST
from chalicelib.domain.shared.times import wall_text
from chalicelib.services.quickview.rebook_plan import Plan
from chalicelib.services.quickview.rebook_summary import Earlier, Summary
from chalicelib.services.quickview.rebooking import Preview

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?")


def _time(value: str) -> time:
    if not _TIME.fullmatch(value):
        raise ValueError("Say a time as 10:30, with an offset where clocks show it twice.")
    return time.fromisoformat(value)


class _TimeText:
    """A string that is read as a time of day: aware when it carried an offset."""

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_time, core_schema.str_schema())

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": f"^{_TIME.pattern}$",
            "description": "by the client's clocks; with its offset where they show it twice that day",
            "examples": ["10:30", "02:30+10:00"],
        }


class RebookRequest(Input):
    """The next session with the same consultant; `date` and `time` are by the client's clocks.

    `override` books in spite of the work schedule and of what else the consultant has then.
    """

    approach: Approach
    work_schedule_id: Annotated[str, Field(max_length=64)] | None = None
    modality: Method
    date: Day
    time: Annotated[time, _TimeText()]
    notify_client: bool = True
    platform: Platform | None = None
    override: Override | None = None

    def wish(self) -> RebookWish:
        """What the use case is asked."""
        return RebookWish(
            approach=self.approach,
            work_schedule_id=(self.work_schedule_id or "").strip() or None,
            method=self.modality,
            day=self.date,
            at=self.time,
            notify_client=self.notify_client,
            platform=self.platform,
            override=self.override.reason if self.override else None,
        )


class RebookConfirmation(Input):
    """The token of the review that is to be booked."""

    review_token: Annotated[str, Field(max_length=LONGEST)] | None = None


class RebookedClient(Answer):
    """Whom it is for; `notes` is null where the caller may not see the client's record."""

    client_id: str
    name: str
    timezone: str
    notes: str | None


class Consultant(Answer):
    """Who has the appointment."""

    staff_id: str
    name: str
    timezone: str


class RebookedService(Answer):
    """What is booked again."""

    service_id: str
    name: str
    duration_minutes: int
    meeting_methods: list[Method]


class EarlierAppointment(Answer):
    """One of the client's appointments; `notes` is null where the caller may not see them."""

    id: str
    service_id: str
    location_id: str
    staff_id: str | None
    meeting_method: Method
    start: Instant
    end: Instant
    timezone: str
    local_start: str
    state: domain.State
    notes: str | None

    @classmethod
    def of(cls, result: Any) -> Self:
        """From an appointment and its notes."""
        earlier: Earlier = result
        a = earlier.appointment
        return cls(
            id=a.id,
            service_id=a.service_id,
            location_id=a.location_id,
            staff_id=a.staff_id,
            meeting_method=a.method,
            start=a.start,
            end=a.end,
            timezone=a.timezone,
            local_start=a.local_start,
            state=a.state,
            notes=earlier.notes,
        )


class RebookSchedule(Answer):
    """A work schedule of the consultant; only an ad hoc one that counts at the location is `selectable`."""

    id: str
    calendar_type: CalendarType
    timezone: str
    lines: list[HoursLine]
    valid_from: Day | None
    valid_until: Day | None
    location_id: str | None
    selectable: bool

    @classmethod
    def at(cls, schedule: WorkSchedule, location_id: str) -> Self:
        """A schedule as it is offered at a location."""
        return cls(
            id=schedule.id,
            calendar_type=schedule.calendar_type,
            timezone=schedule.timezone,
            lines=[HoursLine.of(line) for line in schedule.lines],
            valid_from=schedule.valid_from,
            valid_until=schedule.valid_until,
            location_id=schedule.location_id,
            selectable=selectable(schedule, location_id),
        )


class RebookSummary(Answer):
    """What is looked at before rebooking; `can_rebook` says whether the client has a session left.

    `last_appointments` are the client's latest, latest start first.
    """

    appointment_id: str
    client: RebookedClient
    consultant: Consultant
    service: RebookedService
    location_id: str
    sessions: Sessions
    can_rebook: bool
    approaches: list[Approach]
    retrospective_days: int
    platforms: list[Platform]
    last_appointments: list[EarlierAppointment]
    work_schedules: list[RebookSchedule]

    @classmethod
    def of(cls, result: Any) -> Self:
        """From a summary."""
        summary: Summary = result
        facts = summary.facts
        service, client, consultant = facts.offer.service, facts.client, facts.consultant
        return cls(
            appointment_id=facts.source.id,
            client=RebookedClient(client_id=client.id, name=client.name, timezone=facts.timezone, notes=summary.notes),
            consultant=Consultant(staff_id=consultant.id, name=consultant.name, timezone=facts.consultants_timezone),
            service=RebookedService(
                service_id=service.id,
                name=service.name,
                duration_minutes=service.duration_minutes,
                meeting_methods=list(service.meeting_methods),
            ),
            location_id=facts.source.location_id,
            sessions=Sessions.of(summary.sessions),
            can_rebook=summary.sessions.available != 0,
            approaches=list(Approach),
            retrospective_days=facts.offer.settings.retrospective_days,
            platforms=list(Platform),
            last_appointments=[EarlierAppointment.of(earlier) for earlier in summary.appointments],
            work_schedules=[RebookSchedule.at(s, facts.source.location_id) for s in summary.schedules],
        )


class WallTimes(Answer):
    """When it begins and ends by the clocks of one zone."""

    timezone: str
    local_start: str
    local_end: str

    @classmethod
    def by(cls, timezone: str, plan: Plan) -> Self:
        """A plan's times by the clocks of this zone."""
        tz = ZoneInfo(timezone)
        return cls(timezone=timezone, local_start=wall_text(plan.start, tz), local_end=wall_text(plan.end, tz))


class RebookWarning(Answer):
    """Something worth knowing that does not stand in its way."""

    code: Caution
    detail: str


class RebookPreview(Answer):
    """What is booked by the `review_token`, and by nothing else, until `expires_at`.

    Times by the clocks of the `client`, of the `consultant` and of the `work_schedule`. `notify_client` is false for
    what has taken place.
    """

    appointment_id: str
    approach: Approach
    work_schedule_id: str
    modality: Method
    platform: Platform | None
    notify_client: bool
    override: str | None
    start: Instant
    end: Instant
    timezone: str
    local_start: str
    client: WallTimes
    consultant: WallTimes
    work_schedule: WallTimes
    sessions: Sessions
    warnings: list[RebookWarning]
    review_token: str
    expires_at: Instant

    @classmethod
    def of(cls, result: Any) -> Self:
        """From a preview."""
        preview: Preview = result
        plan, facts, wish = preview.plan, preview.plan.facts, preview.plan.wish
        theirs = WallTimes.by(facts.timezone, plan)
        return cls(
            appointment_id=facts.source.id,
            approach=wish.approach,
            work_schedule_id=plan.schedule.id,
            modality=wish.method,
            platform=wish.platform,
            notify_client=wish.tells_client,
            override=wish.override,
            start=plan.start,
            end=plan.end,
            timezone=theirs.timezone,
            local_start=theirs.local_start,
            client=theirs,
            consultant=WallTimes.by(facts.consultants_timezone, plan),
            work_schedule=WallTimes.by(plan.schedule.timezone, plan),
            sessions=Sessions.of(plan.sessions),
            warnings=[RebookWarning(code=caution, detail=CAUTIONS[caution]) for caution in preview.warnings],
            review_token=preview.token,
            expires_at=preview.expires_at,
        )
