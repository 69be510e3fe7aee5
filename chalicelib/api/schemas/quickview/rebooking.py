"""Rebooking: the summary, the preview, and the booking of what was reviewed."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, GetPydanticSchema, WithJsonSchema
from pydantic_core import core_schema

from chalicelib.api.schemas.appointments.appointments import same_named_fields
from chalicelib.api.schemas.appointments.staff_booking import OverrideBody
from chalicelib.api.schemas.clients.sessions import SessionsResponse
from chalicelib.api.schemas.organisation.opening_hours import HoursLineResponse
from chalicelib.api.schemas.shared.fields import Day, Instant, RequestModel, ResponseModel
from chalicelib.domain.appointments import appointment as domain
from chalicelib.domain.appointments.video_meetings import VideoPlatform
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.organisation.rota import CalendarType, WorkSchedule
from chalicelib.domain.quickview.rebooking import (
    WARNING_TEXTS,
    RebookApproach,
    RebookRequest,
    RebookWarningCode,
    is_selectable,
)
from chalicelib.domain.quickview.rebooking_token import MAX_TOKEN_LENGTH
from chalicelib.domain.shared.times import wall_text
from chalicelib.services.quickview.rebook_plan import RebookPlan
from chalicelib.services.quickview.rebook_summary import EarlierAppointment, RebookSummary
from chalicelib.services.quickview.rebooking import RebookPreview

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?")


def _parse_time(value: str) -> time:
    if not _TIME.fullmatch(value):
        raise ValueError("Say a time as 10:30, with an offset where clocks show it twice.")
    return time.fromisoformat(value)


# Aware if it carried an offset.
ClientTime = Annotated[
    time,
    GetPydanticSchema(lambda *_: core_schema.no_info_after_validator_function(_parse_time, core_schema.str_schema())),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_TIME.pattern}$",
            "description": "by the client's clocks; with its offset where they show it twice that day",
            "examples": ["10:30", "02:30+10:00"],
        }
    ),
]


class RebookBody(RequestModel):
    """The next session with the same consultant; `date` and `time` are by the client's clocks.

    `override` books despite the work schedule and the consultant's other appointments.
    """

    approach: RebookApproach
    work_schedule_id: Annotated[str, Field(max_length=64)] | None = None
    modality: MeetingMethod
    date: Day
    time: ClientTime
    notify_client: bool = True
    platform: VideoPlatform | None = None
    override: OverrideBody | None = None

    def to_request(self) -> RebookRequest:
        """The rebooking request."""
        return RebookRequest(
            approach=self.approach,
            work_schedule_id=(self.work_schedule_id or "").strip() or None,
            method=self.modality,
            day=self.date,
            at=self.time,
            notify_client=self.notify_client,
            platform=self.platform,
            override=self.override.reason if self.override else None,
        )


class RebookConfirmationBody(RequestModel):
    """The token of the reviewed rebooking."""

    review_token: Annotated[str, Field(max_length=MAX_TOKEN_LENGTH)] | None = None


class RebookClientResponse(ResponseModel):
    """The client; `notes` is null if the caller may not see the client's record."""

    client_id: str
    name: str
    timezone: str
    notes: str | None


class ConsultantResponse(ResponseModel):
    """The consultant of the appointment."""

    staff_id: str
    name: str
    timezone: str


class RebookServiceResponse(ResponseModel):
    """The service that is booked again."""

    service_id: str
    name: str
    duration_minutes: int
    meeting_methods: list[MeetingMethod]


class EarlierAppointmentResponse(ResponseModel):
    """One of the client's appointments; `notes` is null if the caller may not see them."""

    id: str
    service_id: str
    location_id: str
    staff_id: str | None
    meeting_method: MeetingMethod
    start: Instant
    end: Instant
    timezone: str
    local_start: str
    state: domain.AppointmentState
    notes: str | None

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From an appointment and its notes."""
        earlier: EarlierAppointment = result
        a = earlier.appointment
        own = {"meeting_method": a.method, "notes": earlier.notes}
        return cls.model_validate(same_named_fields(cls, a) | own)


class RebookScheduleResponse(ResponseModel):
    """A work schedule of the consultant; only an ad hoc one that counts at the location is `selectable`."""

    id: str
    calendar_type: CalendarType
    timezone: str
    lines: list[HoursLineResponse]
    valid_from: Day | None
    valid_until: Day | None
    location_id: str | None
    selectable: bool

    @classmethod
    def from_schedule(cls, schedule: WorkSchedule, location_id: str) -> Self:
        """A schedule as it is offered at a location."""
        own = {
            "lines": [HoursLineResponse.from_domain(line) for line in schedule.lines],
            "selectable": is_selectable(schedule, location_id),
        }
        return cls.model_validate(same_named_fields(cls, schedule) | own)


class RebookSummaryResponse(ResponseModel):
    """The summary before rebooking; `can_rebook` is true if the client has a session left.

    `last_appointments` are the client's latest, latest start first.
    """

    appointment_id: str
    client: RebookClientResponse
    consultant: ConsultantResponse
    service: RebookServiceResponse
    location_id: str
    sessions: SessionsResponse
    can_rebook: bool
    approaches: list[RebookApproach]
    retrospective_days: int
    platforms: list[VideoPlatform]
    last_appointments: list[EarlierAppointmentResponse]
    work_schedules: list[RebookScheduleResponse]

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a summary."""
        summary: RebookSummary = result
        facts = summary.facts
        service, client, consultant = facts.offer.service, facts.client, facts.consultant
        return cls(
            appointment_id=facts.source.id,
            client=RebookClientResponse(
                client_id=client.id, name=client.name, timezone=facts.timezone, notes=summary.notes
            ),
            consultant=ConsultantResponse(
                staff_id=consultant.id, name=consultant.name, timezone=facts.consultant_timezone
            ),
            service=RebookServiceResponse.model_validate(
                same_named_fields(RebookServiceResponse, service) | {"service_id": service.id}
            ),
            location_id=facts.source.location_id,
            sessions=SessionsResponse.from_domain(summary.sessions),
            can_rebook=summary.sessions.available != 0,
            approaches=list(RebookApproach),
            retrospective_days=facts.offer.settings.retrospective_days,
            platforms=list(VideoPlatform),
            last_appointments=[EarlierAppointmentResponse.from_domain(earlier) for earlier in summary.appointments],
            work_schedules=[
                RebookScheduleResponse.from_schedule(s, facts.source.location_id) for s in summary.schedules
            ],
        )


class WallTimesResponse(ResponseModel):
    """When it begins and ends by the clocks of one zone."""

    timezone: str
    local_start: str
    local_end: str

    @classmethod
    def from_plan(cls, timezone: str, plan: RebookPlan) -> Self:
        """A plan's times by the clocks of this zone."""
        tz = ZoneInfo(timezone)
        return cls(timezone=timezone, local_start=wall_text(plan.start, tz), local_end=wall_text(plan.end, tz))


class RebookWarningResponse(ResponseModel):
    """A warning that does not prevent the rebooking."""

    code: RebookWarningCode
    detail: str


class RebookPreviewResponse(ResponseModel):
    """The rebooking that the `review_token` books until `expires_at`.

    Times by the clocks of the `client`, of the `consultant` and of the `work_schedule`. `notify_client` is false for
    a session that has taken place.
    """

    appointment_id: str
    approach: RebookApproach
    work_schedule_id: str
    modality: MeetingMethod
    platform: VideoPlatform | None
    notify_client: bool
    override: str | None
    start: Instant
    end: Instant
    timezone: str
    local_start: str
    client: WallTimesResponse
    consultant: WallTimesResponse
    work_schedule: WallTimesResponse
    sessions: SessionsResponse
    warnings: list[RebookWarningResponse]
    review_token: str
    expires_at: Instant

    @classmethod
    def from_domain(cls, result: Any) -> Self:
        """From a preview."""
        preview: RebookPreview = result
        plan, facts, request = preview.plan, preview.plan.facts, preview.plan.request
        client = WallTimesResponse.from_plan(facts.timezone, plan)
        return cls(
            appointment_id=facts.source.id,
            approach=request.approach,
            work_schedule_id=plan.schedule.id,
            modality=request.method,
            platform=request.platform,
            notify_client=request.notifies_client,
            override=request.override,
            start=plan.start,
            end=plan.end,
            timezone=client.timezone,
            local_start=client.local_start,
            client=client,
            consultant=WallTimesResponse.from_plan(facts.consultant_timezone, plan),
            work_schedule=WallTimesResponse.from_plan(plan.schedule.timezone, plan),
            sessions=SessionsResponse.from_domain(plan.sessions),
            warnings=[RebookWarningResponse(code=code, detail=WARNING_TEXTS[code]) for code in preview.warnings],
            review_token=preview.token,
            expires_at=preview.expires_at,
        )
