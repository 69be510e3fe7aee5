"""Free times for staff, with the seats of their channel."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, Routes
from chalicelib.api.schemas.availability.availability import AvailabilityResponse, StaffAvailabilityQuery
from chalicelib.container import container
from chalicelib.domain.shared.errors import FeatureDisabled, NotFound
from chalicelib.domain.shared.permissions import Ability

routes = Routes(__name__, tag="Appointments")

BOOKING_ABILITIES = (Ability.BOOK_CONTACT_CENTRE, Ability.BOOK_FOR_SELF, Ability.BOOK_FOR_OTHERS)
"""Any of these abilities lets staff book through at least one channel."""


@routes.get(
    "/availability",
    query=StaffAvailabilityQuery,
    response=AvailabilityResponse,
    access=BOOKING_ABILITIES,
    refuses=(
        *(NotFound, FeatureDisabled, "unknown_timezone", "invalid_range", "method_not_offered", "unknown_hold"),
        *("unknown_staff", "not_bookable_here", "group_not_bookable_here"),
    ),
)
def list_staff_availability(call: Call[NoBody, StaffAvailabilityQuery]) -> AvailabilityResponse:
    """Free times of a service at a location, including the reserve and, for Schedule, held blocks."""
    query = call.query
    days = container.free_slots.list(call.context(), query.to_request(), query.first, query.last)
    return AvailabilityResponse.from_days(query.timezone, days)
