"""Setting up opening hours and closures over HTTP."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.opening_hours import (
    ClosureBody,
    ClosureChangeBody,
    ClosureResponse,
    HoursBody,
    HoursChangeBody,
    OpeningHoursResponse,
)
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.organisation import opening_hours
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Hours")

# The contact centre does not reach the hours.
HOURS_READ_ABILITIES = (Ability.HOURS_EDIT, Ability.OWN_HOURS_EDIT)


@routes.get(
    "/locations/{location_id}/hours",
    query=PageQuery,
    answer=PageResponse[OpeningHoursResponse],
    who=HOURS_READ_ABILITIES,
    refuses=("invalid_cursor",),
)
def list_hours(call: Call[NoBody, PageQuery]) -> Page[opening_hours.BranchHoursLine]:
    """When a location is open in an ordinary week; without any line it never is."""
    return container.opening_hours.list(call.path["location_id"], call.query.limit, call.query.cursor)


@routes.post(
    "/locations/{location_id}/hours",
    body=HoursBody,
    answer=OpeningHoursResponse,
    status=201,
    who=Ability.HOURS_EDIT,
    refuses=("invalid_interval", "too_many"),
)
def create_hours(call: Call[HoursBody, NoQuery]) -> opening_hours.BranchHoursLine:
    """Open a location on some weekdays."""
    return container.opening_hours.create(call.context(), call.path["location_id"], call.body.values())


@routes.get("/locations/{location_id}/hours/{hours_id}", answer=OpeningHoursResponse, who=HOURS_READ_ABILITIES)
def show_hours(call: Call[NoBody, NoQuery]) -> opening_hours.BranchHoursLine:
    """One line of the weekly hours."""
    return container.opening_hours.show(call.path["location_id"], call.path["hours_id"])


@routes.patch(
    "/locations/{location_id}/hours/{hours_id}",
    body=HoursChangeBody,
    answer=OpeningHoursResponse,
    who=Ability.HOURS_EDIT,
    refuses=("invalid_interval",),
)
def change_hours(call: Call[RecordBody, NoQuery]) -> opening_hours.BranchHoursLine:
    """Change one line of the weekly hours; nothing booked moves."""
    location_id, hours_id = call.path["location_id"], call.path["hours_id"]
    return container.opening_hours.change(call.context(), location_id, hours_id, call.body.values())


@routes.delete("/locations/{location_id}/hours/{hours_id}", who=Ability.HOURS_EDIT)
def delete_hours(call: Call[NoBody, NoQuery]) -> None:
    """Remove one line of the weekly hours; nothing booked moves."""
    container.opening_hours.remove(call.context(), call.path["location_id"], call.path["hours_id"])


@routes.get(
    "/locations/{location_id}/closures",
    query=PageQuery,
    answer=PageResponse[ClosureResponse],
    who=HOURS_READ_ABILITIES,
    refuses=("invalid_cursor",),
)
def list_closures(call: Call[NoBody, PageQuery]) -> Page[opening_hours.Closure]:
    """When a location is closed in spite of its weekly hours, in the order in which that was entered."""
    return container.closures.list(call.path["location_id"], call.query.limit, call.query.cursor)


@routes.post(
    "/locations/{location_id}/closures",
    body=ClosureBody,
    answer=ClosureResponse,
    status=201,
    who=Ability.HOURS_EDIT,
    refuses=("invalid_interval", "too_many"),
)
def create_closure(call: Call[ClosureBody, NoQuery]) -> opening_hours.Closure:
    """Close a location on a date, all day or for some hours; nothing booked moves."""
    return container.closures.create(call.context(), call.path["location_id"], call.body.values())


@routes.get("/locations/{location_id}/closures/{closure_id}", answer=ClosureResponse, who=HOURS_READ_ABILITIES)
def show_closure(call: Call[NoBody, NoQuery]) -> opening_hours.Closure:
    """One closure."""
    return container.closures.show(call.path["location_id"], call.path["closure_id"])


@routes.patch(
    "/locations/{location_id}/closures/{closure_id}",
    body=ClosureChangeBody,
    answer=ClosureResponse,
    who=Ability.HOURS_EDIT,
    refuses=("invalid_interval",),
)
def change_closure(call: Call[RecordBody, NoQuery]) -> opening_hours.Closure:
    """Change one closure; `start` and `end` go together, null in both closes all day."""
    location_id, closure_id = call.path["location_id"], call.path["closure_id"]
    return container.closures.change(call.context(), location_id, closure_id, call.body.values())


@routes.delete("/locations/{location_id}/closures/{closure_id}", who=Ability.HOURS_EDIT)
def delete_closure(call: Call[NoBody, NoQuery]) -> None:
    """Remove one closure."""
    container.closures.remove(call.context(), call.path["location_id"], call.path["closure_id"])
