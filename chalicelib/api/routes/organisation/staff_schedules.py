"""Setting up work schedules and time off over HTTP; `me` stands for the caller's own id."""

from __future__ import annotations

from chalicelib.api.http.crud_routes import Operation, crud_routes
from chalicelib.api.http.routing import Routes
from chalicelib.api.schemas.organisation.staff_schedules import (
    SavedTimeOffResponse,
    TimeOffBody,
    TimeOffChangeBody,
    TimeOffResponse,
    WorkScheduleBody,
    WorkScheduleChangeBody,
    WorkScheduleResponse,
)
from chalicelib.container import container
from chalicelib.domain.shared.permissions import Ability

routes = Routes(__name__, tag="Hours")

# The service decides which people these abilities reach; the contact centre has neither.
SCHEDULE_ABILITIES = (Ability.HOURS_EDIT, Ability.OWN_HOURS_EDIT)
_SCHEDULE_PROBLEMS = ("invalid_interval", "unknown_timezone", "unknown_location", "too_many_posts")
_TIME_OFF_PROBLEMS = (
    "nonexistent_local_time",
    "ambiguous_local_time",
    "off_grid",
    "unknown_timezone",
    "invalid_interval",
    "too_many_posts",
)

crud_routes(
    routes,
    "/staff/{staff_id}/work-schedules/{schedule_id}",
    lambda: container.work_schedules,
    body=WorkScheduleBody,
    change_body=WorkScheduleChangeBody,
    response=WorkScheduleResponse,
    reading=SCHEDULE_ABILITIES,
    writing=SCHEDULE_ABILITIES,
    lists=Operation("list_work_schedules", "When somebody works, oldest schedule first."),
    creates=Operation(
        "create_work_schedule",
        "Add a work schedule; one for a location counts while they work there.",
        (*_SCHEDULE_PROBLEMS, "too_many"),
    ),
    shows=Operation("show_work_schedule", "One work schedule."),
    changes=Operation("change_work_schedule", "Change a work schedule; nothing booked moves.", _SCHEDULE_PROBLEMS),
    deletes=Operation("delete_work_schedule", "Remove a work schedule; nothing booked moves.", ("too_many_posts",)),
)

crud_routes(
    routes,
    "/staff/{staff_id}/time-off/{time_off_id}",
    lambda: container.staff_time_off,
    body=TimeOffBody,
    change_body=TimeOffChangeBody,
    response=TimeOffResponse,
    saved=SavedTimeOffResponse,
    reading=SCHEDULE_ABILITIES,
    writing=SCHEDULE_ABILITIES,
    lists=Operation(
        "list_time_off",
        "When somebody is away, in the order in which that was entered; for those who may change it.",
    ),
    creates=Operation(
        "create_time_off",
        "Add an absence; appointments it lies over stay and are named, somebody has to move them.",
        (*_TIME_OFF_PROBLEMS, "too_many"),
    ),
    shows=Operation("show_time_off", "One absence; for those who may change it."),
    changes=Operation(
        "change_time_off",
        "Change an absence; appointments it lies over stay and are named, somebody has to move them.",
        _TIME_OFF_PROBLEMS,
    ),
    deletes=Operation("delete_time_off", "Remove an absence.", ("too_many_posts",)),
)
