"""Appointments for staff: list, book, show, edit and cancel."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.routes.availability.availability import BOOKING_ABILITIES
from chalicelib.api.schemas.appointments.appointment_changes import AppointmentChangeBody, to_edit
from chalicelib.api.schemas.appointments.appointments import (
    AppointmentListQuery,
    AppointmentResponse,
    LogEntryResponse,
    StaffCancellationBody,
)
from chalicelib.api.schemas.appointments.staff_booking import StaffBookingBody
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.shared.errors import (
    BlockNotReleased,
    CapacityExhausted,
    ConsultantConflict,
    ConsultantUnavailable,
    DayFull,
    FeatureDisabled,
    NoStaffForLanguage,
    NotFound,
    OutsideBlock,
    SlotTaken,
    StaffConflict,
    VersionMismatch,
    WrongState,
)
from chalicelib.domain.shared.events import Channel, JournalEntry
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.appointments.appointment_view import AppointmentView
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Appointments")

_VIEW_ABILITIES = (Ability.APPOINTMENT_VIEW, Ability.DASHBOARD_VIEW)
_TIME_PROBLEMS = (
    *("unknown_timezone", "timezone_required", "nonexistent_local_time", "ambiguous_local_time"),
    *("off_grid", "past", "too_far"),
)


@routes.get(
    "/appointments",
    query=AppointmentListQuery,
    response=PageResponse[AppointmentResponse],
    access=Ability.DASHBOARD_VIEW,
    refuses=(NotFound, "location_required", "date_required", "invalid_cursor"),
)
def list_appointments(call: Call[NoBody, AppointmentListQuery]) -> Page[AppointmentView]:
    """One of the dashboard's lists, oldest start first."""
    return container.dashboard.list_page(call.context(), call.query.to_request(call.staff.staff_id))


@routes.post(
    "/appointments",
    body=StaffBookingBody,
    response=AppointmentResponse,
    status=201,
    access=BOOKING_ABILITIES,
    refuses=(
        *(OutsideBlock, BlockNotReleased, CapacityExhausted, SlotTaken, StaffConflict, NoStaffForLanguage, DayFull),
        *(FeatureDisabled, "unknown_client", "client_required", "contact_required", "client_twice"),
        *("invalid_answers", "unknown_staff", "unknown_service", "unknown_location", "group_not_bookable_here"),
        *("not_bookable_here", "method_not_offered", "invalid_phone", *_TIME_PROBLEMS),
    ),
)
def book_for_client(call: Call[StaffBookingBody, NoQuery]) -> AppointmentView:
    """Book for a client on record or a new one; exactly once under an Idempotency-Key."""
    return container.book_appointment_as_staff.book(call.context(call.body.channel.channel), call.body.to_request())


@routes.get("/appointments/{appointment_id}", response=AppointmentResponse, access=_VIEW_ABILITIES)
def show_appointment(call: Call[NoBody, NoQuery]) -> AppointmentView:
    """One appointment."""
    return container.appointment_queries.show(call.context(), call.path["appointment_id"])


@routes.patch(
    "/appointments/{appointment_id}",
    body=AppointmentChangeBody,
    response=AppointmentResponse,
    access=Ability.APPOINTMENT_EDIT,
    refuses=(
        *(
            WrongState,
            OutsideBlock,
            BlockNotReleased,
            CapacityExhausted,
            SlotTaken,
            StaffConflict,
            FeatureDisabled,
            DayFull,
        ),
        *("unknown_staff", "unknown_service", "unknown_location", "not_bookable_here", "group_not_bookable_here"),
        *("method_not_offered", "platform_not_allowed", "date_fixed", *_TIME_PROBLEMS),
        *(ConsultantConflict, ConsultantUnavailable, "outside_work_schedule"),
        *("unknown_client", "client_twice", "invalid_answers"),
    ),
)
def change_appointment(call: Call[RecordBody, NoQuery]) -> AppointmentView:
    """Change an appointment: the old time is freed and the new one taken, or all stays as it was."""
    context = call.context(Channel.SCHEDULE)
    return container.edit_appointment.edit(context, call.path["appointment_id"], to_edit(call.body.values()))


@routes.get(
    "/appointments/{appointment_id}/log",
    query=PageQuery,
    response=PageResponse[LogEntryResponse],
    access=Ability.LOG_VIEW,
)
def show_appointment_log(call: Call[NoBody, PageQuery]) -> Page[JournalEntry]:
    """Every action on an appointment, newest first."""
    query = call.query
    return container.appointment_queries.log(call.context(), call.path["appointment_id"], query.limit, query.cursor)


@routes.post(
    "/appointments/{appointment_id}/cancel",
    body=StaffCancellationBody,
    response=AppointmentResponse,
    access=Ability.APPOINTMENT_EDIT,
    versioned=True,
    refuses=(
        *(WrongState, VersionMismatch, FeatureDisabled),
        *("reason_required", "unknown_reason", "within_24h_mismatch"),
    ),
)
def cancel_appointment(call: Call[StaffCancellationBody, NoQuery]) -> AppointmentView:
    """Cancel for everybody; after the client's deadline too."""
    context = call.context(Channel.DASHBOARD)
    return container.cancel_appointment.cancel_by_staff(context, call.path["appointment_id"], call.body.to_request())
