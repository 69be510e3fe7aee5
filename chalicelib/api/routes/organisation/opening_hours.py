"""Setting up opening hours and closures over HTTP."""

from __future__ import annotations

from chalicelib.api.http.crud_routes import Operation, crud_routes
from chalicelib.api.http.routing import Routes
from chalicelib.api.schemas.organisation.opening_hours import (
    ClosureBody,
    ClosureChangeBody,
    ClosureResponse,
    HoursBody,
    HoursChangeBody,
    OpeningHoursResponse,
)
from chalicelib.container import container
from chalicelib.domain.shared.permissions import Ability

routes = Routes(__name__, tag="Hours")

# The contact centre may not read the hours.
HOURS_READ_ABILITIES = (Ability.HOURS_EDIT, Ability.OWN_HOURS_EDIT)

crud_routes(
    routes,
    "/locations/{location_id}/hours/{hours_id}",
    lambda: container.opening_hours,
    body=HoursBody,
    change_body=HoursChangeBody,
    response=OpeningHoursResponse,
    reading=HOURS_READ_ABILITIES,
    writing=Ability.HOURS_EDIT,
    lists=Operation("list_hours", "When a location is open in an ordinary week; without any line it never is."),
    creates=Operation("create_hours", "Open a location on some weekdays.", ("invalid_interval", "too_many")),
    shows=Operation("show_hours", "One line of the weekly hours."),
    changes=Operation(
        "change_hours", "Change one line of the weekly hours; nothing booked moves.", ("invalid_interval",)
    ),
    deletes=Operation("delete_hours", "Remove one line of the weekly hours; nothing booked moves."),
)

crud_routes(
    routes,
    "/locations/{location_id}/closures/{closure_id}",
    lambda: container.closures,
    body=ClosureBody,
    change_body=ClosureChangeBody,
    response=ClosureResponse,
    reading=HOURS_READ_ABILITIES,
    writing=Ability.HOURS_EDIT,
    lists=Operation(
        "list_closures",
        "When a location is closed in spite of its weekly hours, in the order in which that was entered.",
    ),
    creates=Operation(
        "create_closure",
        "Close a location on a date, all day or for some hours; nothing booked moves.",
        ("invalid_interval", "too_many"),
    ),
    shows=Operation("show_closure", "One closure."),
    changes=Operation(
        "change_closure",
        "Change one closure; `start` and `end` go together, null in both closes all day.",
        ("invalid_interval",),
    ),
    deletes=Operation("delete_closure", "Remove one closure."),
)
