"""Setting up locations over HTTP."""

from __future__ import annotations

from chalicelib import container
from chalicelib.api.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.fields import Page, PageQuery
from chalicelib.api.schemas.locations import Location, LocationChange, NewLocation
from chalicelib.api.schemas.records import Record
from chalicelib.domain import catalog
from chalicelib.domain.errors import InUse
from chalicelib.domain.permissions import Ability
from chalicelib.services import ports

routes = Routes(__name__, tag="Locations")


@routes.get(
    "/locations", query=PageQuery, answer=Page[Location], who=Ability.CATALOGUE_VIEW, refuses=("invalid_cursor",)
)
def list_locations(call: Call[NoBody, PageQuery]) -> ports.Page[catalog.Location]:
    """All locations, oldest first."""
    return container.locations().list(call.query.limit, call.query.cursor)


@routes.post(
    "/locations",
    body=NewLocation,
    answer=Location,
    status=201,
    who=Ability.CATALOGUE_EDIT,
    refuses=("unknown_timezone",),
)
def create_location(call: Call[NewLocation, NoQuery]) -> catalog.Location:
    """Open a location."""
    return container.locations().create(call.context(), call.body.values())


@routes.get("/locations/{location_id}", answer=Location, who=Ability.CATALOGUE_VIEW)
def show_location(call: Call[NoBody, NoQuery]) -> catalog.Location:
    """One location."""
    return container.locations().show(call.path["location_id"])


@routes.patch(
    "/locations/{location_id}",
    body=LocationChange,
    answer=Location,
    who=Ability.CATALOGUE_EDIT,
    refuses=("unknown_timezone",),
)
def change_location(call: Call[Record, NoQuery]) -> catalog.Location:
    """Change some fields of a location; nothing booked moves."""
    return container.locations().change(call.context(), call.path["location_id"], call.body.values())


@routes.delete("/locations/{location_id}", who=Ability.CATALOGUE_EDIT, refuses=(InUse,))
def delete_location(call: Call[NoBody, NoQuery]) -> None:
    """Remove a location that services, staff, blocks and upcoming appointments no longer need."""
    container.locations().remove(call.context(), call.path["location_id"])
