"""Setting up locations over HTTP."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.locations import LocationBody, LocationChangeBody, LocationResponse
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.organisation import catalog
from chalicelib.domain.shared.errors import InUse
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Locations")


@routes.get(
    "/locations",
    query=PageQuery,
    answer=PageResponse[LocationResponse],
    who=Ability.CATALOGUE_VIEW,
    refuses=("invalid_cursor",),
)
def list_locations(call: Call[NoBody, PageQuery]) -> Page[catalog.Location]:
    """All locations, oldest first."""
    return container.locations.list(call.query.limit, call.query.cursor)


@routes.post(
    "/locations",
    body=LocationBody,
    answer=LocationResponse,
    status=201,
    who=Ability.CATALOGUE_EDIT,
    refuses=("unknown_timezone",),
)
def create_location(call: Call[LocationBody, NoQuery]) -> catalog.Location:
    """Open a location."""
    return container.locations.create(call.context(), call.body.values())


@routes.get("/locations/{location_id}", answer=LocationResponse, who=Ability.CATALOGUE_VIEW)
def show_location(call: Call[NoBody, NoQuery]) -> catalog.Location:
    """One location."""
    return container.locations.show(call.path["location_id"])


@routes.patch(
    "/locations/{location_id}",
    body=LocationChangeBody,
    answer=LocationResponse,
    who=Ability.CATALOGUE_EDIT,
    refuses=("unknown_timezone",),
)
def change_location(call: Call[RecordBody, NoQuery]) -> catalog.Location:
    """Change some fields of a location; nothing booked moves."""
    return container.locations.change(call.context(), call.path["location_id"], call.body.values())


@routes.delete("/locations/{location_id}", who=Ability.CATALOGUE_EDIT, refuses=(InUse,))
def delete_location(call: Call[NoBody, NoQuery]) -> None:
    """Remove a location that services, staff, blocks and upcoming appointments no longer need."""
    container.locations.remove(call.context(), call.path["location_id"])
