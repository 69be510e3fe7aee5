"""Setting up the statuses between request and confirmation over HTTP."""

from __future__ import annotations

from chalicelib.api.http.crud_routes import Operation, crud_routes
from chalicelib.api.http.routing import Call, NoQuery, Routes
from chalicelib.api.schemas.organisation.statuses import StatusBody, StatusChangeBody, StatusOrderBody, StatusResponse
from chalicelib.api.schemas.shared.fields import PageResponse
from chalicelib.container import container
from chalicelib.domain.organisation import statuses
from chalicelib.domain.shared.errors import InUse, StatusInUse, StatusNeeded
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Statuses")

_ORDER_PROBLEMS = ("position_taken", "start_first")

crud_routes(
    routes,
    "/statuses/{status_id}",
    lambda: container.statuses,
    body=StatusBody,
    change_body=StatusChangeBody,
    response=StatusResponse,
    reading=Ability.CATALOGUE_VIEW,
    writing=Ability.STATUS_CONFIGURE,
    lists=Operation("list_statuses", "All statuses in order of position, archived ones included."),
    creates=Operation("create_status", "Add a status.", (*_ORDER_PROBLEMS, "too_many")),
    shows=Operation("show_status", "One status."),
    changes=Operation(
        "change_status",
        "Change some fields of a status; what appointments have passed through stays in their histories as it was.",
        (*_ORDER_PROBLEMS, StatusInUse, StatusNeeded),
    ),
    deletes=Operation(
        "delete_status",
        "Remove a status that no appointment has ever ended in or is in; others can be archived.",
        (InUse, StatusNeeded),
    ),
)


@routes.put(
    "/statuses/order",
    body=StatusOrderBody,
    response=PageResponse[StatusResponse],
    access=Ability.STATUS_CONFIGURE,
    refuses=("invalid_order", "start_first"),
)
def order_statuses(call: Call[StatusOrderBody, NoQuery]) -> Page[statuses.Status]:
    """Put all statuses in another order at once."""
    return container.statuses.reorder(call.context(), call.body.ids)
