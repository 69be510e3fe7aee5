"""Quick View: show its three sections, and edit an appointment from there."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.appointments.appointments import AppointmentResponse
from chalicelib.api.schemas.quickview.quickview import QuickViewChangeBody, QuickViewQuery, QuickViewResponse, to_edit
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.shared.errors import (
    BlockNotReleased,
    CapacityExhausted,
    ConsultantConflict,
    ConsultantUnavailable,
    DayFull,
    NotFound,
    OutsideBlock,
    SlotTaken,
    StaffConflict,
    WrongState,
)
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.appointments.appointment_view import AppointmentView
from chalicelib.services.quickview.quickview import QuickViewSections

routes = Routes(__name__, tag="Quick View")


@routes.get(
    "/quickview", query=QuickViewQuery, response=QuickViewResponse, access=Ability.DASHBOARD_VIEW, refuses=(NotFound,)
)
def show_quick_view(call: Call[NoBody, QuickViewQuery]) -> QuickViewSections:
    """One's own work, or a colleague's: each appointment of the day and the recent past in one of three sections."""
    return container.quick_view.show(call.context(), call.query.to_request(call.staff.staff_id))


@routes.patch(
    "/quickview/appointments/{appointment_id}",
    body=QuickViewChangeBody,
    response=AppointmentResponse,
    access=Ability.APPOINTMENT_EDIT,
    refuses=(
        *(WrongState, OutsideBlock, BlockNotReleased, CapacityExhausted, SlotTaken, StaffConflict, DayFull),
        *(ConsultantConflict, ConsultantUnavailable, "outside_work_schedule"),
        *("method_not_offered", "platform_required", "platform_not_allowed", "not_bookable_here"),
        *("nonexistent_local_time", "ambiguous_local_time", "wrong_offset", "off_grid", "past", "too_far"),
    ),
)
def change_from_quick_view(call: Call[RecordBody, NoQuery]) -> AppointmentView:
    """Change how it takes place, its time on the same day, or whether the client is told; another day is rebooked."""
    context = call.context(Channel.QUICK_VIEW)
    return container.edit_from_quick_view.edit(context, call.path["appointment_id"], to_edit(call.body.values()))
