"""Setting up locations over HTTP."""

from __future__ import annotations

from chalicelib.api.http.crud_routes import Operation, crud_routes
from chalicelib.api.http.routing import Routes
from chalicelib.api.schemas.organisation.locations import LocationBody, LocationChangeBody, LocationResponse
from chalicelib.container import container
from chalicelib.domain.shared.errors import InUse
from chalicelib.domain.shared.permissions import Ability

routes = Routes(__name__, tag="Locations")

crud_routes(
    routes,
    "/locations/{location_id}",
    lambda: container.locations,
    body=LocationBody,
    change_body=LocationChangeBody,
    response=LocationResponse,
    reading=Ability.CATALOGUE_VIEW,
    writing=Ability.CATALOGUE_EDIT,
    lists=Operation("list_locations", "All locations, oldest first."),
    creates=Operation("create_location", "Open a location.", ("unknown_timezone",)),
    shows=Operation("show_location", "One location."),
    changes=Operation(
        "change_location", "Change some fields of a location; nothing booked moves.", ("unknown_timezone",)
    ),
    deletes=Operation(
        "delete_location",
        "Remove a location that services, staff, blocks and upcoming appointments no longer need.",
        (InUse,),
    ),
)
