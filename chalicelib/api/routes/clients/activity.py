"""The route of a client's activity."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, Routes
from chalicelib.api.schemas.clients.activity import ActivityPageResponse
from chalicelib.api.schemas.shared.fields import PageQuery
from chalicelib.container import container
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.clients.activity import Activity
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Clients")


@routes.get(
    "/clients/{client_id}/activity",
    query=PageQuery,
    response=ActivityPageResponse,
    access=Ability.LOG_VIEW,
    refuses=("invalid_cursor",),
)
def show_client_activity(call: Call[NoBody, PageQuery]) -> Page[Activity]:
    """Appointments, workflows and merges of a client and of everybody merged into them, newest first."""
    return container.activities.list_page(call.context(), call.path["client_id"], call.query.limit, call.query.cursor)
