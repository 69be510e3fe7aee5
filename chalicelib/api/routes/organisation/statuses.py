"""Setting up the statuses between request and confirmation over HTTP."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.statuses import StatusBody, StatusChangeBody, StatusOrderBody, StatusResponse
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.organisation import statuses
from chalicelib.domain.shared.errors import InUse, StatusInUse, StatusNeeded
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Statuses")

_ORDER_PROBLEMS = ("position_taken", "start_first")


@routes.get(
    "/statuses",
    query=PageQuery,
    answer=PageResponse[StatusResponse],
    who=Ability.CATALOGUE_VIEW,
    refuses=("invalid_cursor",),
)
def list_statuses(call: Call[NoBody, PageQuery]) -> Page[statuses.Status]:
    """All statuses in order of position, archived ones included."""
    return container.statuses.list(call.query.limit, call.query.cursor)


@routes.post(
    "/statuses",
    body=StatusBody,
    answer=StatusResponse,
    status=201,
    who=Ability.STATUS_CONFIGURE,
    refuses=(*_ORDER_PROBLEMS, "too_many"),
)
def create_status(call: Call[StatusBody, NoQuery]) -> statuses.Status:
    """Add a status."""
    return container.statuses.create(call.context(), call.body.values())


@routes.put(
    "/statuses/order",
    body=StatusOrderBody,
    answer=PageResponse[StatusResponse],
    who=Ability.STATUS_CONFIGURE,
    refuses=("invalid_order", "start_first"),
)
def order_statuses(call: Call[StatusOrderBody, NoQuery]) -> Page[statuses.Status]:
    """Put all statuses in another order at once."""
    return container.statuses.reorder(call.context(), call.body.ids)


@routes.get("/statuses/{status_id}", answer=StatusResponse, who=Ability.CATALOGUE_VIEW)
def show_status(call: Call[NoBody, NoQuery]) -> statuses.Status:
    """One status."""
    return container.statuses.show(call.path["status_id"])


@routes.patch(
    "/statuses/{status_id}",
    body=StatusChangeBody,
    answer=StatusResponse,
    who=Ability.STATUS_CONFIGURE,
    refuses=(*_ORDER_PROBLEMS, StatusInUse, StatusNeeded),
)
def change_status(call: Call[RecordBody, NoQuery]) -> statuses.Status:
    """Change some fields of a status; what appointments have passed through stays in their histories as it was."""
    return container.statuses.change(call.context(), call.path["status_id"], call.body.values())


@routes.delete("/statuses/{status_id}", who=Ability.STATUS_CONFIGURE, refuses=(InUse, StatusNeeded))
def delete_status(call: Call[NoBody, NoQuery]) -> None:
    """Remove a status that no appointment has ever ended in or is in; others can be archived."""
    container.statuses.remove(call.context(), call.path["status_id"])
