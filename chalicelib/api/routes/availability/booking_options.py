"""The options left while staff book: service, location, method and staff member narrow one another."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, Routes
from chalicelib.api.routes.availability.availability import BOOKING_ABILITIES
from chalicelib.api.schemas.availability.booking_options import BookingOptionsQuery, BookingOptionsResponse
from chalicelib.container import container
from chalicelib.domain.shared.errors import FeatureDisabled, NotFound
from chalicelib.services.availability.booking_options import BookingOptions

routes = Routes(__name__, tag="Appointments")


@routes.get(
    "/booking-options",
    query=BookingOptionsQuery,
    response=BookingOptionsResponse,
    access=BOOKING_ABILITIES,
    refuses=(NotFound, FeatureDisabled),
)
def list_booking_options(call: Call[NoBody, BookingOptionsQuery]) -> BookingOptions:
    """The services, locations, methods, staff and languages that go with the choices made so far."""
    return container.find_booking_options.find(call.context(), call.query.channel, call.query.to_request())
