"""Setting up work schedules and time off over HTTP; `me` stands for the caller's own id."""

from __future__ import annotations

from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.staff_schedules import (
    SavedTimeOffResponse,
    TimeOffBody,
    TimeOffChangeBody,
    TimeOffResponse,
    WorkScheduleBody,
    WorkScheduleChangeBody,
    WorkScheduleResponse,
)
from chalicelib.api.schemas.shared.fields import PageQuery, PageResponse
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.container import container
from chalicelib.domain.organisation import rota
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.organisation.time_off import TimeOffResult
from chalicelib.services.store_port import Page

routes = Routes(__name__, tag="Hours")

# Whose hours these abilities reach, the service decides; the contact centre reaches none.
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


@routes.get(
    "/staff/{staff_id}/work-schedules",
    query=PageQuery,
    answer=PageResponse[WorkScheduleResponse],
    who=SCHEDULE_ABILITIES,
    refuses=("invalid_cursor",),
)
def list_work_schedules(call: Call[NoBody, PageQuery]) -> Page[rota.WorkSchedule]:
    """When somebody works, oldest schedule first."""
    page = call.query.limit, call.query.cursor
    return container.work_schedules.list(call.context(), call.path["staff_id"], *page)


@routes.post(
    "/staff/{staff_id}/work-schedules",
    body=WorkScheduleBody,
    answer=WorkScheduleResponse,
    status=201,
    who=SCHEDULE_ABILITIES,
    refuses=(*_SCHEDULE_PROBLEMS, "too_many"),
)
def create_work_schedule(call: Call[WorkScheduleBody, NoQuery]) -> rota.WorkSchedule:
    """Add a work schedule; one for a location counts while they work there."""
    return container.work_schedules.create(call.context(), call.path["staff_id"], call.body.values())


@routes.get("/staff/{staff_id}/work-schedules/{schedule_id}", answer=WorkScheduleResponse, who=SCHEDULE_ABILITIES)
def show_work_schedule(call: Call[NoBody, NoQuery]) -> rota.WorkSchedule:
    """One work schedule."""
    return container.work_schedules.show(call.context(), call.path["staff_id"], call.path["schedule_id"])


@routes.patch(
    "/staff/{staff_id}/work-schedules/{schedule_id}",
    body=WorkScheduleChangeBody,
    answer=WorkScheduleResponse,
    who=SCHEDULE_ABILITIES,
    refuses=_SCHEDULE_PROBLEMS,
)
def change_work_schedule(call: Call[RecordBody, NoQuery]) -> rota.WorkSchedule:
    """Change a work schedule; nothing booked moves."""
    staff_id, schedule_id = call.path["staff_id"], call.path["schedule_id"]
    return container.work_schedules.change(call.context(), staff_id, schedule_id, call.body.values())


@routes.delete("/staff/{staff_id}/work-schedules/{schedule_id}", who=SCHEDULE_ABILITIES, refuses=("too_many_posts",))
def delete_work_schedule(call: Call[NoBody, NoQuery]) -> None:
    """Remove a work schedule; nothing booked moves."""
    container.work_schedules.remove(call.context(), call.path["staff_id"], call.path["schedule_id"])


@routes.get(
    "/staff/{staff_id}/time-off",
    query=PageQuery,
    answer=PageResponse[TimeOffResponse],
    who=SCHEDULE_ABILITIES,
    refuses=("invalid_cursor",),
)
def list_time_off(call: Call[NoBody, PageQuery]) -> Page[rota.TimeOff]:
    """When somebody is away, in the order in which that was entered; for those who may change it."""
    return container.staff_time_off.list(call.context(), call.path["staff_id"], call.query.limit, call.query.cursor)


@routes.post(
    "/staff/{staff_id}/time-off",
    body=TimeOffBody,
    answer=SavedTimeOffResponse,
    status=201,
    who=SCHEDULE_ABILITIES,
    refuses=(*_TIME_OFF_PROBLEMS, "too_many"),
)
def create_time_off(call: Call[TimeOffBody, NoQuery]) -> TimeOffResult:
    """Add an absence; appointments it lies over stay and are named, somebody has to move them."""
    return container.staff_time_off.create(call.context(), call.path["staff_id"], call.body.values())


@routes.get("/staff/{staff_id}/time-off/{time_off_id}", answer=TimeOffResponse, who=SCHEDULE_ABILITIES)
def show_time_off(call: Call[NoBody, NoQuery]) -> rota.TimeOff:
    """One absence; for those who may change it."""
    return container.staff_time_off.show(call.context(), call.path["staff_id"], call.path["time_off_id"])


@routes.patch(
    "/staff/{staff_id}/time-off/{time_off_id}",
    body=TimeOffChangeBody,
    answer=SavedTimeOffResponse,
    who=SCHEDULE_ABILITIES,
    refuses=_TIME_OFF_PROBLEMS,
)
def change_time_off(call: Call[RecordBody, NoQuery]) -> TimeOffResult:
    """Change an absence; appointments it lies over stay and are named, somebody has to move them."""
    staff_id, time_off_id = call.path["staff_id"], call.path["time_off_id"]
    return container.staff_time_off.change(call.context(), staff_id, time_off_id, call.body.values())


@routes.delete("/staff/{staff_id}/time-off/{time_off_id}", who=SCHEDULE_ABILITIES, refuses=("too_many_posts",))
def delete_time_off(call: Call[NoBody, NoQuery]) -> None:
    """Remove an absence."""
    container.staff_time_off.remove(call.context(), call.path["staff_id"], call.path["time_off_id"])
