"""Setting up opening hours and closures over HTTP."""

from __future__ import annotations

from chalicelib import container
from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.opening_hours import (
    Closure,
    ClosureChange,
    Hours,
    HoursChange,
    NewClosure,
    NewHours,
)
from chalicelib.api.schemas.shared.fields import Page, PageQuery
from chalicelib.api.schemas.shared.record_models import Record
from chalicelib.domain.organisation import opening_hours
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services import unit_of_work

routes = Routes(__name__, tag="Hours")

# The contact centre does not reach the hours.
READERS = (Ability.HOURS_EDIT, Ability.OWN_HOURS_EDIT)


@routes.get(
    "/locations/{location_id}/hours", query=PageQuery, answer=Page[Hours], who=READERS, refuses=("invalid_cursor",)
)
def list_hours(call: Call[NoBody, PageQuery]) -> unit_of_work.Page[opening_hours.OpeningLine]:
    """When a location is open in an ordinary week; without any line it never is."""
    return container.opening_hours().list(call.path["location_id"], call.query.limit, call.query.cursor)


@routes.post(
    "/locations/{location_id}/hours",
    body=NewHours,
    answer=Hours,
    status=201,
    who=Ability.HOURS_EDIT,
    refuses=("invalid_interval", "too_many"),
)
def create_hours(call: Call[NewHours, NoQuery]) -> opening_hours.OpeningLine:
    """Open a location on some weekdays."""
    return container.opening_hours().create(call.context(), call.path["location_id"], call.body.values())


@routes.get("/locations/{location_id}/hours/{hours_id}", answer=Hours, who=READERS)
def show_hours(call: Call[NoBody, NoQuery]) -> opening_hours.OpeningLine:
    """One line of the weekly hours."""
    return container.opening_hours().show(call.path["location_id"], call.path["hours_id"])


@routes.patch(
    "/locations/{location_id}/hours/{hours_id}",
    body=HoursChange,
    answer=Hours,
    who=Ability.HOURS_EDIT,
    refuses=("invalid_interval",),
)
def change_hours(call: Call[Record, NoQuery]) -> opening_hours.OpeningLine:
    """Change one line of the weekly hours; nothing booked moves."""
    location_id, hours_id = call.path["location_id"], call.path["hours_id"]
    return container.opening_hours().change(call.context(), location_id, hours_id, call.body.values())


@routes.delete("/locations/{location_id}/hours/{hours_id}", who=Ability.HOURS_EDIT)
def delete_hours(call: Call[NoBody, NoQuery]) -> None:
    """Remove one line of the weekly hours; nothing booked moves."""
    container.opening_hours().remove(call.context(), call.path["location_id"], call.path["hours_id"])


@routes.get(
    "/locations/{location_id}/closures", query=PageQuery, answer=Page[Closure], who=READERS, refuses=("invalid_cursor",)
)
def list_closures(call: Call[NoBody, PageQuery]) -> unit_of_work.Page[opening_hours.Closure]:
    """When a location is closed in spite of its weekly hours, in the order in which that was entered."""
    return container.closures().list(call.path["location_id"], call.query.limit, call.query.cursor)


@routes.post(
    "/locations/{location_id}/closures",
    body=NewClosure,
    answer=Closure,
    status=201,
    who=Ability.HOURS_EDIT,
    refuses=("invalid_interval", "too_many"),
)
def create_closure(call: Call[NewClosure, NoQuery]) -> opening_hours.Closure:
    """Close a location on a date, all day or for some hours; nothing booked moves."""
    return container.closures().create(call.context(), call.path["location_id"], call.body.values())


@routes.get("/locations/{location_id}/closures/{closure_id}", answer=Closure, who=READERS)
def show_closure(call: Call[NoBody, NoQuery]) -> opening_hours.Closure:
    """One closure."""
    return container.closures().show(call.path["location_id"], call.path["closure_id"])


@routes.patch(
    "/locations/{location_id}/closures/{closure_id}",
    body=ClosureChange,
    answer=Closure,
    who=Ability.HOURS_EDIT,
    refuses=("invalid_interval",),
)
def change_closure(call: Call[Record, NoQuery]) -> opening_hours.Closure:
    """Change one closure; `start` and `end` go together, null in both closes all day."""
    location_id, closure_id = call.path["location_id"], call.path["closure_id"]
    return container.closures().change(call.context(), location_id, closure_id, call.body.values())


@routes.delete("/locations/{location_id}/closures/{closure_id}", who=Ability.HOURS_EDIT)
def delete_closure(call: Call[NoBody, NoQuery]) -> None:
    """Remove one closure."""
    container.closures().remove(call.context(), call.path["location_id"], call.path["closure_id"])
