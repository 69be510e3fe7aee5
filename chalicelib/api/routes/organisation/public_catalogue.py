"""The public catalogue over HTTP: the organisation, its services, branches and staff; the widget starts here."""

from __future__ import annotations

from chalicelib.api.http.routing import PUBLIC, Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.public_catalogue import (
    PublicConfigResponse,
    PublicLocationListQuery,
    PublicLocationResponse,
    PublicServiceListQuery,
    PublicServiceResponse,
    PublicStaffListQuery,
    PublicStaffMemberResponse,
)
from chalicelib.api.schemas.shared.fields import PageResponse
from chalicelib.container import container
from chalicelib.domain.organisation import catalogue
from chalicelib.services.organisation import public_catalogue
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Public")


@routes.get("/public/config", response=PublicConfigResponse, access=PUBLIC)
def show_config(call: Call[NoBody, NoQuery]) -> public_catalogue.PublicPolicies:
    """The organisation's name, zone and languages, and the policies a client must know."""
    return container.public_catalogue.policies()


@routes.get(
    "/public/services",
    query=PublicServiceListQuery,
    response=PageResponse[PublicServiceResponse],
    access=PUBLIC,
    refuses=("invalid_cursor",),
)
def list_public_services(
    call: Call[NoBody, PublicServiceListQuery],
) -> Page[public_catalogue.PublicService]:
    """The services a client can book, anywhere or at one location."""
    query = call.query
    return container.public_catalogue.services(query.location_id, query.limit, query.cursor)


@routes.get(
    "/public/locations",
    query=PublicLocationListQuery,
    response=PageResponse[PublicLocationResponse],
    access=PUBLIC,
    refuses=("invalid_cursor",),
)
def list_public_locations(
    call: Call[NoBody, PublicLocationListQuery],
) -> Page[public_catalogue.PublicLocation]:
    """The locations, or those that offer one service."""
    query = call.query
    return container.public_catalogue.locations(query.service_id, query.limit, query.cursor)


@routes.get(
    "/public/staff",
    query=PublicStaffListQuery,
    response=PageResponse[PublicStaffMemberResponse],
    access=PUBLIC,
    refuses=("invalid_cursor",),
)
def list_public_staff(call: Call[NoBody, PublicStaffListQuery]) -> Page[catalogue.Staff]:
    """The staff a client may choose; none for services where nobody is chosen."""
    query = call.query
    return container.public_catalogue.staff(query.service_id, query.location_id, query.limit, query.cursor)
