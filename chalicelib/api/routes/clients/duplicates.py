"""Routes of likely duplicates: of one client, and as a worklist."""

from __future__ import annotations

from typing import Any

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.clients.duplicates import (
    CreatedClientResponse,
    DuplicatePairResponse,
    LikelyDuplicateResponse,
)
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.container import container
from chalicelib.domain.clients.client import Client
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.clients.duplicates import LikelyDuplicate, LikelyPair
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Clients")


@routes.get(
    "/clients/duplicates",
    query=PageQuery,
    response=PageResponse[DuplicatePairResponse],
    access=Ability.CLIENT_MERGE,
    refuses=("invalid_cursor",),
    shows_clients=lambda page: {client.id for pair in page.items for client in (pair.first, pair.second)},
)
def list_duplicates(call: Call[NoBody, PageQuery]) -> Page[LikelyPair]:
    """Pairs of clients to be looked at for merging; a page may be empty and the list go on nevertheless."""
    return container.duplicates.worklist(call.context(), call.query.limit, call.query.cursor)


@routes.get(
    "/clients/{client_id}/duplicates",
    response=PageResponse[LikelyDuplicateResponse],
    access=Ability.CLIENT_VIEW,
    shows_clients=lambda page: (likely.client.id for likely in page.items),
)
def show_client_duplicates(call: Call[NoBody, NoQuery]) -> Page[LikelyDuplicate]:
    """The clients the caller may see who are likely the same person, the likeliest first; never more than one page."""
    return container.duplicates.list_for(call.context(), call.path["client_id"])


def created_client_response(call: Call[Any, Any], client: Client) -> CreatedClientResponse:
    """The response for a new client, with its likely duplicates."""
    return CreatedClientResponse.from_domain((client, container.duplicates.hints(call.staff, client)))
