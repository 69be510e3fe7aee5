"""The statuses of an appointment: its history, and moving it to another one."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.appointments.appointments import (
    AppointmentResponse,
    AppointmentStatusBody,
    StatusHistoryEntryResponse,
)
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.container import container
from chalicelib.domain.organisation.statuses import StatusHistoryEntry
from chalicelib.domain.shared.errors import (
    FeatureDisabled,
    StatusChanged,
    WrongState,
)
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.appointments.appointment_view import AppointmentView
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Appointments")


@routes.get(
    "/appointments/{appointment_id}/history",
    query=PageQuery,
    response=PageResponse[StatusHistoryEntryResponse],
    access=Ability.STATUS_HISTORY_VIEW,
)
def show_appointment_history(call: Call[NoBody, PageQuery]) -> Page[StatusHistoryEntry]:
    """The statuses it has passed through, newest first, each as it was then; empty without the status function."""
    query = call.query
    return container.appointment_queries.status_history(
        call.context(), call.path["appointment_id"], query.limit, query.cursor
    )


@routes.post(
    "/appointments/{appointment_id}/status",
    body=AppointmentStatusBody,
    response=AppointmentResponse,
    access=(Ability.STATUS_UPDATE, Ability.STATUS_CANCEL),
    versioned=True,
    refuses=(WrongState, StatusChanged, FeatureDisabled, "unknown_status", "status_archived", "reason_required"),
)
def move_to_status(call: Call[AppointmentStatusBody, NoQuery]) -> AppointmentView:
    """Move an appointment to any status: confirm it, reject it with a reason, or take a step in between."""
    context = call.context(Channel.DASHBOARD)
    return container.change_status.move(context, call.path["appointment_id"], call.body.to_request())
