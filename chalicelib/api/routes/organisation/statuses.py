"""Setting up the statuses between request and confirmation over HTTP."""

from __future__ import annotations

from chalicelib import container
from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.statuses import NewStatus, Status, StatusChange, StatusOrder
from chalicelib.api.schemas.shared.fields import Page, PageQuery
from chalicelib.api.schemas.shared.record_models import Record
from chalicelib.domain.organisation import statuses
from chalicelib.domain.shared.errors import InUse, StatusInUse, StatusNeeded
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services import unit_of_work

routes = Routes(__name__, tag="Statuses")

_INVALID = ("position_taken", "start_first")


@routes.get("/statuses", query=PageQuery, answer=Page[Status], who=Ability.CATALOGUE_VIEW, refuses=("invalid_cursor",))
def list_statuses(call: Call[NoBody, PageQuery]) -> unit_of_work.Page[statuses.Status]:
    """All statuses in order of position, archived ones included."""
    return container.statuses().list(call.query.limit, call.query.cursor)


@routes.post(
    "/statuses",
    body=NewStatus,
    answer=Status,
    status=201,
    who=Ability.STATUS_CONFIGURE,
    refuses=(*_INVALID, "too_many"),
)
def create_status(call: Call[NewStatus, NoQuery]) -> statuses.Status:
    """Add a status."""
    return container.statuses().create(call.context(), call.body.values())


@routes.put(
    "/statuses/order",
    body=StatusOrder,
    answer=Page[Status],
    who=Ability.STATUS_CONFIGURE,
    refuses=("invalid_order", "start_first"),
)
def order_statuses(call: Call[StatusOrder, NoQuery]) -> unit_of_work.Page[statuses.Status]:
    """Put all statuses in another order at once."""
    return container.statuses().arrange(call.context(), call.body.ids)


@routes.get("/statuses/{status_id}", answer=Status, who=Ability.CATALOGUE_VIEW)
def show_status(call: Call[NoBody, NoQuery]) -> statuses.Status:
    """One status."""
    return container.statuses().show(call.path["status_id"])


@routes.patch(
    "/statuses/{status_id}",
    body=StatusChange,
    answer=Status,
    who=Ability.STATUS_CONFIGURE,
    refuses=(*_INVALID, StatusInUse, StatusNeeded),
)
def change_status(call: Call[Record, NoQuery]) -> statuses.Status:
    """Change some fields of a status; what appointments have passed through stays in their histories as it was."""
    return container.statuses().change(call.context(), call.path["status_id"], call.body.values())


@routes.delete("/statuses/{status_id}", who=Ability.STATUS_CONFIGURE, refuses=(InUse, StatusNeeded))
def delete_status(call: Call[NoBody, NoQuery]) -> None:
    """Remove a status that no appointment has ever ended in or is in; others can be archived."""
    container.statuses().remove(call.context(), call.path["status_id"])
