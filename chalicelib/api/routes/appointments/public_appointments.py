"""Appointments for clients: book, look at, move and cancel one."""

from __future__ import annotations

from typing import Any

from chalicelib.api.http.routing import PUBLIC, Call, NoBody, NoQuery, Routes
from chalicelib.api.routes.availability.public_availability import (
    BOOKING_PROBLEMS,
    BOOKING_WINDOW_PROBLEMS,
    REMOVED_PROBLEMS,
    START_PROBLEMS,
)
from chalicelib.api.schemas.appointments.public_appointments import (
    BookedAppointmentResponse,
    CancelledAppointmentResponse,
    ConfirmationCodeQuery,
    PublicAppointmentResponse,
    PublicBookingBody,
    PublicCancellationBody,
    PublicRescheduleBody,
)
from chalicelib.container import container
from chalicelib.domain.shared.errors import (
    AlreadyRebooked,
    BlockNotReleased,
    CapacityExhausted,
    DayFull,
    DeadlinePassed,
    NoStaffForLanguage,
    OutsideBlock,
    SlotTaken,
    StatusChanged,
    TooManyBookings,
    WrongState,
)
from chalicelib.services.appointments.appointment_queries import PublicAppointment
from chalicelib.services.appointments.appointment_view import AppointmentView
from chalicelib.services.appointments.public_booking import BookingResult

routes = Routes(__name__, tag="Public")

_SEAT_PROBLEMS = (OutsideBlock, BlockNotReleased, CapacityExhausted, NoStaffForLanguage, DayFull)


def _booking_response(call: Call[Any, Any], result: BookingResult) -> BookedAppointmentResponse:
    return BookedAppointmentResponse.from_booking(result, call.public_url)


@routes.post(
    "/public/appointments",
    body=PublicBookingBody,
    response=BookedAppointmentResponse,
    present=_booking_response,
    status=201,
    access=PUBLIC,
    refuses=(
        *(*_SEAT_PROBLEMS, SlotTaken, TooManyBookings, *BOOKING_PROBLEMS),
        *("unknown_hold", "invalid_answers", "contact_required", "invalid_phone"),
    ),
)
def book_appointment(call: Call[PublicBookingBody, NoQuery]) -> BookingResult:
    """Book a slot; exactly once under an Idempotency-Key."""
    return container.book_appointment.book(call.context(), call.body.to_request())


@routes.get(
    "/public/appointments/{appointment_id}",
    query=ConfirmationCodeQuery,
    response=PublicAppointmentResponse,
    access=PUBLIC,
)
def show_public_appointment(call: Call[NoBody, ConfirmationCodeQuery]) -> PublicAppointment:
    """The appointment behind the link in a mail."""
    return container.appointment_queries.show_to_attendee(call.context(), call.path["appointment_id"], call.query.code)


@routes.get(
    "/public/appointments/{appointment_id}/calendar.ics",
    query=ConfirmationCodeQuery,
    access=PUBLIC,
    produces="text/calendar",
)
def show_calendar_file(call: Call[NoBody, ConfirmationCodeQuery]) -> str:
    """The appointment for one's own calendar."""
    view = container.appointment_queries.show_to_attendee(call.context(), call.path["appointment_id"], call.query.code)
    return container.calendar_file(view)


@routes.post(
    "/public/appointments/{appointment_id}/reschedule",
    body=PublicRescheduleBody,
    response=BookedAppointmentResponse,
    present=_booking_response,
    access=PUBLIC,
    refuses=(
        *(*_SEAT_PROBLEMS, SlotTaken, DeadlinePassed, AlreadyRebooked, WrongState),
        *(*START_PROBLEMS, *BOOKING_WINDOW_PROBLEMS, *REMOVED_PROBLEMS, "reason_required"),
    ),
)
def reschedule_appointment(call: Call[PublicRescheduleBody, NoQuery]) -> BookingResult:
    """Move an appointment: once, in time, to a free slot of the same service."""
    return container.reschedule_appointment.reschedule(
        call.context(), call.path["appointment_id"], call.body.to_request()
    )


@routes.post(
    "/public/appointments/{appointment_id}/cancel",
    body=PublicCancellationBody,
    response=CancelledAppointmentResponse,
    access=PUBLIC,
    refuses=(DeadlinePassed, WrongState, StatusChanged, "reason_required"),
)
def cancel_public_appointment(call: Call[PublicCancellationBody, NoQuery]) -> AppointmentView:
    """The attendee with this code no longer comes; the last one cancels the appointment."""
    body = call.body
    return container.cancel_appointment.cancel_by_client(
        call.context(), call.path["appointment_id"], body.code, body.reason or ""
    )
