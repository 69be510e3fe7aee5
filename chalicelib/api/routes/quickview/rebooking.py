"""Rebooking from Quick View: summary, preview, booking."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.appointments.appointments import AppointmentResponse
from chalicelib.api.schemas.quickview.rebooking import (
    RebookBody,
    RebookConfirmationBody,
    RebookPreviewResponse,
    RebookSummaryResponse,
)
from chalicelib.container import container
from chalicelib.domain.shared.errors import (
    ConsultantConflict,
    ConsultantUnavailable,
    DayFull,
    NoSessions,
    ReviewExpired,
    ReviewOutdated,
    ScheduleChanged,
    WrongState,
)
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.appointments.appointment_view import AppointmentView
from chalicelib.services.quickview.rebook_summary import RebookSummary
from chalicelib.services.quickview.rebooking import RebookPreview

routes = Routes(__name__, tag="Quick View")

_PLAN_PROBLEMS = (
    *(WrongState, ConsultantConflict, ConsultantUnavailable, NoSessions),
    *("schedule_not_selected", "schedule_not_selectable", "not_bookable_here", "method_not_offered"),
    *("platform_required", "platform_not_allowed", "nonexistent_local_time", "ambiguous_local_time", "wrong_offset"),
    *("off_grid", "past", "too_far", "in_the_future", "too_long_ago", "outside_work_schedule"),
)


@routes.get(
    "/quickview/appointments/{appointment_id}/rebook",
    response=RebookSummaryResponse,
    access=Ability.REBOOK,
    refuses=(WrongState, ConsultantUnavailable),
)
def show_rebooking(call: Call[NoBody, NoQuery]) -> RebookSummary:
    """The client's sessions and last appointments, and the consultant's work schedules."""
    return container.rebook_summaries.show(call.context(), call.path["appointment_id"])


@routes.post(
    "/quickview/appointments/{appointment_id}/rebook/preview",
    body=RebookBody,
    response=RebookPreviewResponse,
    access=Ability.REBOOK,
    idempotent=False,
    refuses=_PLAN_PROBLEMS,
)
def preview_rebooking(call: Call[RebookBody, NoQuery]) -> RebookPreview:
    """Preview a rebooking for review; writes nothing."""
    return container.rebook_appointment.preview(call.context(), call.path["appointment_id"], call.body.to_request())


@routes.post(
    "/quickview/appointments/{appointment_id}/rebook",
    body=RebookConfirmationBody,
    response=AppointmentResponse,
    status=201,
    access=Ability.REBOOK,
    refuses=(
        *(ReviewExpired, ReviewOutdated, ScheduleChanged, DayFull, "review_required", "invalid_review_token"),
        *_PLAN_PROBLEMS,
    ),
)
def rebook(call: Call[RebookConfirmationBody, NoQuery]) -> AppointmentView:
    """Book what was reviewed, once: the same review again gives the same appointment."""
    context = call.context(Channel.QUICK_VIEW)
    return container.rebook_appointment.book(context, call.path["appointment_id"], call.body.review_token)
