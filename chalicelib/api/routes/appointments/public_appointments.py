"""What a client does: find a time, hold it, book, look, move, cancel."""

from __future__ import annotations

from typing import Any

from chalicelib import container
from chalicelib.api.http.routing import PUBLIC, Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.appointments.public_appointments import (
    AppointmentShown,
    BookedAnswer,
    CancelBody,
    CancelledAnswer,
    CodeQuery,
    MoveBody,
    NewBooking,
)
from chalicelib.api.schemas.availability.availability import (
    AvailabilityAnswer,
    AvailabilityQuery,
    ExplainQuery,
    ExplanationAnswer,
    HoldAnswer,
    HoldRelease,
    NewHold,
)
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
from chalicelib.services.appointments.appointment_queries import PublicView
from chalicelib.services.appointments.appointment_view import Seated
from chalicelib.services.appointments.public_booking import Booked
from chalicelib.services.availability.availability import Explanation
from chalicelib.services.availability.holds import Held

routes = Routes(__name__, tag="Public")

_WALL_TIMES = ("unknown_timezone", "nonexistent_local_time", "ambiguous_local_time", "off_grid")
_STARTS = (*_WALL_TIMES, "timezone_required")
_SEATS = (OutsideBlock, BlockNotReleased, CapacityExhausted, NoStaffForLanguage)
_WINDOW = ("past", "too_soon", "too_far")
_WITHDRAWN = ("unknown_service", "unknown_location")
_NOT_SO = ("not_bookable_here", "staff_not_selectable", "unknown_staff")
_BOOKING = (*_STARTS, *_WINDOW, *_WITHDRAWN, *_NOT_SO, "method_not_offered")


@routes.get(
    "/public/availability",
    query=AvailabilityQuery,
    answer=AvailabilityAnswer,
    who=PUBLIC,
    refuses=(NotFound, "unknown_timezone", "invalid_range", *_NOT_SO, "method_not_offered", "unknown_hold"),
)
def list_availability(call: Call[NoBody, AvailabilityQuery]) -> AvailabilityAnswer:
    """Free times of a service at a location, by local day."""
    query = call.query
    days = container.availabilities().list(call.context(), query.search(), query.first, query.last)
    return AvailabilityAnswer.said(query.timezone, days)


@routes.get(
    "/public/availability/explain",
    query=ExplainQuery,
    answer=ExplanationAnswer,
    who=PUBLIC,
    refuses=(*_WALL_TIMES, NotFound, *_NOT_SO, "unknown_hold"),
)
def explain_availability(call: Call[NoBody, ExplainQuery]) -> Explanation:
    """Why one time cannot be booked, and which times near it can."""
    return container.availabilities().explain(call.context(), call.query.search(), call.query.start)


@routes.post("/public/holds", body=NewHold, answer=HoldAnswer, status=201, who=PUBLIC, refuses=(*_BOOKING, SlotTaken))
def hold_slot(call: Call[NewHold, NoQuery]) -> Held:
    """Keep a slot while its form is filled in."""
    return container.holding().hold(call.context(), call.body.wish())


@routes.delete("/public/holds/{hold_id}", query=HoldRelease, who=PUBLIC, versioned=False)
def release_hold(call: Call[NoBody, HoldRelease]) -> None:
    """Give a held slot back."""
    container.holding().release(call.context(), call.path["hold_id"], call.query.token)


def _booked(call: Call[Any, Any], result: Booked) -> BookedAnswer:
    return BookedAnswer.said(result, call.public_url)


@routes.post(
    "/public/appointments",
    body=NewBooking,
    answer=BookedAnswer,
    present=_booked,
    status=201,
    who=PUBLIC,
    refuses=(
        *(*_SEATS, SlotTaken, TooManyBookings, *_BOOKING),
        *("unknown_hold", "invalid_answers", "contact_required", "invalid_phone"),
    ),
)
def book_appointment(call: Call[NewBooking, NoQuery]) -> Booked:
    """Book a slot; exactly once under an Idempotency-Key."""
    return container.booking().book(call.context(), call.body.wish())


@routes.get("/public/appointments/{appointment_id}", query=CodeQuery, answer=AppointmentShown, who=PUBLIC)
def show_public_appointment(call: Call[NoBody, CodeQuery]) -> PublicView:
    """The appointment behind the link in a mail."""
    return container.viewing().as_attendee(call.context(), call.path["appointment_id"], call.query.code)


@routes.get("/public/appointments/{appointment_id}/calendar.ics", query=CodeQuery, who=PUBLIC, produces="text/calendar")
def show_calendar_file(call: Call[NoBody, CodeQuery]) -> str:
    """The appointment for one's own calendar."""
    view = container.viewing().as_attendee(call.context(), call.path["appointment_id"], call.query.code)
    return container.calendar_file(view)


@routes.post(
    "/public/appointments/{appointment_id}/reschedule",
    body=MoveBody,
    answer=BookedAnswer,
    present=_booked,
    who=PUBLIC,
    refuses=(
        *(*_SEATS, SlotTaken, DeadlinePassed, AlreadyRebooked, WrongState),
        *(*_STARTS, *_WINDOW, *_WITHDRAWN, "reason_required"),
    ),
)
def reschedule_appointment(call: Call[MoveBody, NoQuery]) -> Booked:
    """Move an appointment: once, in time, to a free slot of the same service."""
    return container.rescheduling().by_client(call.context(), call.path["appointment_id"], call.body.move())


@routes.post(
    "/public/appointments/{appointment_id}/cancel",
    body=CancelBody,
    answer=CancelledAnswer,
    who=PUBLIC,
    refuses=(DeadlinePassed, WrongState, StatusChanged, "reason_required"),
)
def cancel_public_appointment(call: Call[CancelBody, NoQuery]) -> Seated:
    """The attendee with this code no longer comes; the last one cancels the appointment."""
    body = call.body
    return container.cancelling().by_client(call.context(), call.path["appointment_id"], body.code, body.reason or "")
