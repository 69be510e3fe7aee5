"""What a client does: find a time, hold it, book, look, move, cancel."""

from __future__ import annotations

from typing import Any

from chalicelib.api.http.routing import PUBLIC, Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.appointments.public_appointments import (
    BookedAppointmentResponse,
    CancelledAppointmentResponse,
    ConfirmationCodeQuery,
    PublicAppointmentResponse,
    PublicBookingBody,
    PublicCancellationBody,
    PublicRescheduleBody,
)
from chalicelib.api.schemas.availability.availability import (
    AvailabilityExplanationQuery,
    AvailabilityExplanationResponse,
    AvailabilityRangeQuery,
    AvailabilityResponse,
    HoldBody,
    HoldReleaseQuery,
    HoldResponse,
)
from chalicelib.container import container
from chalicelib.domain.shared.errors import (
    AlreadyRebooked,
    BlockNotReleased,
    CapacityExhausted,
    DeadlinePassed,
    NoStaffForLanguage,
    NotFound,
    OutsideBlock,
    SlotTaken,
    StatusChanged,
    TooManyBookings,
    WrongState,
)
from chalicelib.services.appointments.appointment_queries import PublicAppointment
from chalicelib.services.appointments.appointment_view import AppointmentView
from chalicelib.services.appointments.public_booking import BookingResult
from chalicelib.services.availability.availability import SlotExplanation
from chalicelib.services.availability.holds import IssuedHold

routes = Routes(__name__, tag="Public")

_WALL_TIME_PROBLEMS = ("unknown_timezone", "nonexistent_local_time", "ambiguous_local_time", "off_grid")
_START_PROBLEMS = (*_WALL_TIME_PROBLEMS, "timezone_required")
_SEAT_PROBLEMS = (OutsideBlock, BlockNotReleased, CapacityExhausted, NoStaffForLanguage)
_BOOKING_WINDOW_PROBLEMS = ("past", "too_soon", "too_far")
_REMOVED_PROBLEMS = ("unknown_service", "unknown_location")
_NOT_BOOKABLE_PROBLEMS = ("not_bookable_here", "staff_not_selectable", "unknown_staff")
_BOOKING_PROBLEMS = (
    *_START_PROBLEMS,
    *_BOOKING_WINDOW_PROBLEMS,
    *_REMOVED_PROBLEMS,
    *_NOT_BOOKABLE_PROBLEMS,
    "method_not_offered",
)


@routes.get(
    "/public/availability",
    query=AvailabilityRangeQuery,
    answer=AvailabilityResponse,
    who=PUBLIC,
    refuses=(
        NotFound,
        "unknown_timezone",
        "invalid_range",
        *_NOT_BOOKABLE_PROBLEMS,
        "method_not_offered",
        "unknown_hold",
    ),
)
def list_availability(call: Call[NoBody, AvailabilityRangeQuery]) -> AvailabilityResponse:
    """Free times of a service at a location, by local day."""
    query = call.query
    days = container.free_slots.list(call.context(), query.to_request(), query.first, query.last)
    return AvailabilityResponse.from_days(query.timezone, days)


@routes.get(
    "/public/availability/explain",
    query=AvailabilityExplanationQuery,
    answer=AvailabilityExplanationResponse,
    who=PUBLIC,
    refuses=(*_WALL_TIME_PROBLEMS, NotFound, *_NOT_BOOKABLE_PROBLEMS, "unknown_hold"),
)
def explain_availability(call: Call[NoBody, AvailabilityExplanationQuery]) -> SlotExplanation:
    """Why one time cannot be booked, and which times near it can."""
    return container.free_slots.explain(call.context(), call.query.to_request(), call.query.start)


@routes.post(
    "/public/holds", body=HoldBody, answer=HoldResponse, status=201, who=PUBLIC, refuses=(*_BOOKING_PROBLEMS, SlotTaken)
)
def hold_slot(call: Call[HoldBody, NoQuery]) -> IssuedHold:
    """Keep a slot while its form is filled in."""
    return container.hold_slot.hold(call.context(), call.body.to_request())


@routes.delete("/public/holds/{hold_id}", query=HoldReleaseQuery, who=PUBLIC, versioned=False)
def release_hold(call: Call[NoBody, HoldReleaseQuery]) -> None:
    """Give a held slot back."""
    container.hold_slot.release(call.context(), call.path["hold_id"], call.query.token)


def _booking_response(call: Call[Any, Any], result: BookingResult) -> BookedAppointmentResponse:
    return BookedAppointmentResponse.from_booking(result, call.public_url)


@routes.post(
    "/public/appointments",
    body=PublicBookingBody,
    answer=BookedAppointmentResponse,
    present=_booking_response,
    status=201,
    who=PUBLIC,
    refuses=(
        *(*_SEAT_PROBLEMS, SlotTaken, TooManyBookings, *_BOOKING_PROBLEMS),
        *("unknown_hold", "invalid_answers", "contact_required", "invalid_phone"),
    ),
)
def book_appointment(call: Call[PublicBookingBody, NoQuery]) -> BookingResult:
    """Book a slot; exactly once under an Idempotency-Key."""
    return container.book_appointment.book(call.context(), call.body.to_request())


@routes.get(
    "/public/appointments/{appointment_id}", query=ConfirmationCodeQuery, answer=PublicAppointmentResponse, who=PUBLIC
)
def show_public_appointment(call: Call[NoBody, ConfirmationCodeQuery]) -> PublicAppointment:
    """The appointment behind the link in a mail."""
    return container.appointment_queries.show_to_attendee(call.context(), call.path["appointment_id"], call.query.code)


@routes.get(
    "/public/appointments/{appointment_id}/calendar.ics",
    query=ConfirmationCodeQuery,
    who=PUBLIC,
    produces="text/calendar",
)
def show_calendar_file(call: Call[NoBody, ConfirmationCodeQuery]) -> str:
    """The appointment for one's own calendar."""
    view = container.appointment_queries.show_to_attendee(call.context(), call.path["appointment_id"], call.query.code)
    return container.calendar_file(view)


@routes.post(
    "/public/appointments/{appointment_id}/reschedule",
    body=PublicRescheduleBody,
    answer=BookedAppointmentResponse,
    present=_booking_response,
    who=PUBLIC,
    refuses=(
        *(*_SEAT_PROBLEMS, SlotTaken, DeadlinePassed, AlreadyRebooked, WrongState),
        *(*_START_PROBLEMS, *_BOOKING_WINDOW_PROBLEMS, *_REMOVED_PROBLEMS, "reason_required"),
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
    answer=CancelledAppointmentResponse,
    who=PUBLIC,
    refuses=(DeadlinePassed, WrongState, StatusChanged, "reason_required"),
)
def cancel_public_appointment(call: Call[PublicCancellationBody, NoQuery]) -> AppointmentView:
    """The attendee with this code no longer comes; the last one cancels the appointment."""
    body = call.body
    return container.cancel_appointment.cancel_by_client(
        call.context(), call.path["appointment_id"], body.code, body.reason or ""
    )
