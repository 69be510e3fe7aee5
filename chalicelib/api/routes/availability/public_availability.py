"""Free times for clients: list them, explain why one is not free, hold one while its form is filled in."""

from __future__ import annotations

from chalicelib.api.http.routing import PUBLIC, Call, NoBody, NoQuery, Routes
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
from chalicelib.domain.shared.errors import DayFull, NotFound, SlotTaken
from chalicelib.services.availability.availability import SlotExplanation
from chalicelib.services.availability.holds import IssuedHold

routes = Routes(__name__, tag="Public")

_WALL_TIME_PROBLEMS = ("unknown_timezone", "nonexistent_local_time", "ambiguous_local_time", "off_grid")
START_PROBLEMS = (*_WALL_TIME_PROBLEMS, "timezone_required")
BOOKING_WINDOW_PROBLEMS = ("past", "too_soon", "too_far")
REMOVED_PROBLEMS = ("unknown_service", "unknown_location")
_NOT_BOOKABLE_PROBLEMS = ("not_bookable_here", "staff_not_selectable", "unknown_staff")
BOOKING_PROBLEMS = (
    *START_PROBLEMS,
    *BOOKING_WINDOW_PROBLEMS,
    *REMOVED_PROBLEMS,
    *_NOT_BOOKABLE_PROBLEMS,
    "method_not_offered",
)


@routes.get(
    "/public/availability",
    query=AvailabilityRangeQuery,
    response=AvailabilityResponse,
    access=PUBLIC,
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
    response=AvailabilityExplanationResponse,
    access=PUBLIC,
    refuses=(*_WALL_TIME_PROBLEMS, NotFound, *_NOT_BOOKABLE_PROBLEMS, "unknown_hold"),
)
def explain_availability(call: Call[NoBody, AvailabilityExplanationQuery]) -> SlotExplanation:
    """Why one time cannot be booked, and which times near it can."""
    return container.free_slots.explain(call.context(), call.query.to_request(), call.query.start)


@routes.post(
    "/public/holds",
    body=HoldBody,
    response=HoldResponse,
    status=201,
    access=PUBLIC,
    refuses=(*BOOKING_PROBLEMS, SlotTaken, DayFull),
)
def hold_slot(call: Call[HoldBody, NoQuery]) -> IssuedHold:
    """Keep a slot while its form is filled in."""
    return container.hold_slot.hold(call.context(), call.body.to_request())


@routes.delete("/public/holds/{hold_id}", query=HoldReleaseQuery, access=PUBLIC, versioned=False)
def release_hold(call: Call[NoBody, HoldReleaseQuery]) -> None:
    """Give a held slot back."""
    container.hold_slot.release(call.context(), call.path["hold_id"], call.query.token)
