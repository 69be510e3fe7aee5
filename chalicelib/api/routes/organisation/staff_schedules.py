"""Setting up work schedules and time off over HTTP; `me` stands for the caller's own id."""

from __future__ import annotations

from chalicelib import container
from chalicelib.api.http.routing import Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.staff_schedules import (
    LaidTimeOff,
    NewTimeOff,
    NewWorkSchedule,
    TimeOff,
    TimeOffChange,
    WorkSchedule,
    WorkScheduleChange,
)
from chalicelib.api.schemas.shared.fields import Page, PageQuery
from chalicelib.api.schemas.shared.record_models import Record
from chalicelib.domain.organisation import rota
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services import unit_of_work
from chalicelib.services.organisation.time_off import Laid

routes = Routes(__name__, tag="Hours")

# Whose hours these abilities reach, the service decides; the contact centre reaches none.
WORKERS = (Ability.HOURS_EDIT, Ability.OWN_HOURS_EDIT)
_SCHEDULES = ("invalid_interval", "unknown_timezone", "unknown_location", "too_many_posts")
_TIMES = (
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
    answer=Page[WorkSchedule],
    who=WORKERS,
    refuses=("invalid_cursor",),
)
def list_work_schedules(call: Call[NoBody, PageQuery]) -> unit_of_work.Page[rota.WorkSchedule]:
    """When somebody works, oldest schedule first."""
    page = call.query.limit, call.query.cursor
    return container.work_schedules().list(call.context(), call.path["staff_id"], *page)


@routes.post(
    "/staff/{staff_id}/work-schedules",
    body=NewWorkSchedule,
    answer=WorkSchedule,
    status=201,
    who=WORKERS,
    refuses=(*_SCHEDULES, "too_many"),
)
def create_work_schedule(call: Call[NewWorkSchedule, NoQuery]) -> rota.WorkSchedule:
    """Add a work schedule; one for a location counts while they work there."""
    return container.work_schedules().create(call.context(), call.path["staff_id"], call.body.values())


@routes.get("/staff/{staff_id}/work-schedules/{schedule_id}", answer=WorkSchedule, who=WORKERS)
def show_work_schedule(call: Call[NoBody, NoQuery]) -> rota.WorkSchedule:
    """One work schedule."""
    return container.work_schedules().show(call.context(), call.path["staff_id"], call.path["schedule_id"])


@routes.patch(
    "/staff/{staff_id}/work-schedules/{schedule_id}",
    body=WorkScheduleChange,
    answer=WorkSchedule,
    who=WORKERS,
    refuses=_SCHEDULES,
)
def change_work_schedule(call: Call[Record, NoQuery]) -> rota.WorkSchedule:
    """Change a work schedule; nothing booked moves."""
    staff_id, schedule_id = call.path["staff_id"], call.path["schedule_id"]
    return container.work_schedules().change(call.context(), staff_id, schedule_id, call.body.values())


@routes.delete("/staff/{staff_id}/work-schedules/{schedule_id}", who=WORKERS, refuses=("too_many_posts",))
def delete_work_schedule(call: Call[NoBody, NoQuery]) -> None:
    """Remove a work schedule; nothing booked moves."""
    container.work_schedules().remove(call.context(), call.path["staff_id"], call.path["schedule_id"])


@routes.get(
    "/staff/{staff_id}/time-off", query=PageQuery, answer=Page[TimeOff], who=WORKERS, refuses=("invalid_cursor",)
)
def list_time_off(call: Call[NoBody, PageQuery]) -> unit_of_work.Page[rota.TimeOff]:
    """When somebody is away, in the order in which that was entered; for those who may change it."""
    return container.times_off().list(call.context(), call.path["staff_id"], call.query.limit, call.query.cursor)


@routes.post(
    "/staff/{staff_id}/time-off",
    body=NewTimeOff,
    answer=LaidTimeOff,
    status=201,
    who=WORKERS,
    refuses=(*_TIMES, "too_many"),
)
def create_time_off(call: Call[NewTimeOff, NoQuery]) -> Laid:
    """Add an absence; appointments it lies over stay and are named, somebody has to move them."""
    return container.times_off().create(call.context(), call.path["staff_id"], call.body.values())


@routes.get("/staff/{staff_id}/time-off/{time_off_id}", answer=TimeOff, who=WORKERS)
def show_time_off(call: Call[NoBody, NoQuery]) -> rota.TimeOff:
    """One absence; for those who may change it."""
    return container.times_off().show(call.context(), call.path["staff_id"], call.path["time_off_id"])


@routes.patch(
    "/staff/{staff_id}/time-off/{time_off_id}",
    body=TimeOffChange,
    answer=LaidTimeOff,
    who=WORKERS,
    refuses=_TIMES,
)
def change_time_off(call: Call[Record, NoQuery]) -> Laid:
    """Change an absence; appointments it lies over stay and are named, somebody has to move them."""
    staff_id, time_off_id = call.path["staff_id"], call.path["time_off_id"]
    return container.times_off().change(call.context(), staff_id, time_off_id, call.body.values())


@routes.delete("/staff/{staff_id}/time-off/{time_off_id}", who=WORKERS, refuses=("too_many_posts",))
def delete_time_off(call: Call[NoBody, NoQuery]) -> None:
    """Remove an absence."""
    container.times_off().remove(call.context(), call.path["staff_id"], call.path["time_off_id"])
