"""Setting up when somebody works: schedules of weekly lines, in a zone, for a while, at one location or all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain.organisation.rota import Rota, WorkSchedule
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.times import known_zone
from chalicelib.services import nested_records
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields
from chalicelib.services.organisation.opening_hours import validated_line
from chalicelib.services.organisation.rotas import Rotas, StaffRota
from chalicelib.services.store_port import Page

MAX_SCHEDULES = 50


class WorkSchedules:
    """The work schedules of each staff member; free times come from open ones, at their locations only."""

    def __init__(self, rotas: Rotas) -> None:
        self._rotas = rotas

    def list(self, context: Context, staff_id: str, limit: int, cursor: str | None) -> Page[WorkSchedule]:
        """Part of the list, oldest first; 404."""
        return nested_records.list_page(self._rotas.get(context, staff_id).rota.schedules, limit, cursor)

    def show(self, context: Context, staff_id: str, schedule_id: str) -> WorkSchedule:
        """One schedule; 404."""
        return nested_records.require(self._rotas.get(context, staff_id).rota.schedules, schedule_id)

    def create(self, context: Context, staff_id: str, fields: Fields) -> WorkSchedule:
        """A new schedule, in their own zone unless said.

        403, 404; 422 ``invalid_interval``, ``unknown_timezone``, ``unknown_location``, ``too_many`` beyond fifty.
        """
        schedule_id = self._rotas.ids.new("wsl", context.now)

        def add(staff_rota: StaffRota) -> tuple[Rota, WorkSchedule]:
            schedule = _validated(WorkSchedule(schedule_id, **_with_timezone({"timezone": None, **fields}, staff_rota)))
            _require_own_location(schedule, staff_rota, None)
            schedules = nested_records.with_added(staff_rota.rota.schedules, schedule, MAX_SCHEDULES)
            return replace(staff_rota.rota, schedules=schedules), schedule

        return self._rotas.edit(context, staff_id, add, _unchanged)

    def change(self, context: Context, staff_id: str, schedule_id: str, fields: Fields) -> WorkSchedule:
        """The schedule with some fields changed; 412, and as for a new one. Nothing booked changes."""

        def alter(staff_rota: StaffRota) -> tuple[Rota, WorkSchedule]:
            before = nested_records.require(staff_rota.rota.schedules, schedule_id)
            after = _validated(apply_fields(before, _with_timezone(fields, staff_rota), context))
            _require_own_location(after, staff_rota, before.location_id)
            schedules, written = nested_records.with_changed(staff_rota.rota.schedules, after)
            return replace(staff_rota.rota, schedules=schedules), written

        return self._rotas.edit(context, staff_id, alter, _unchanged)

    def remove(self, context: Context, staff_id: str, schedule_id: str) -> None:
        """Removes the schedule; 403, 404, 412."""

        def drop(staff_rota: StaffRota) -> tuple[Rota, None]:
            schedules = nested_records.without(staff_rota.rota.schedules, schedule_id, context)
            return replace(staff_rota.rota, schedules=schedules), None

        self._rotas.edit(context, staff_id, drop, lambda *_: None)


def _unchanged(_: StaffRota, schedule: WorkSchedule) -> WorkSchedule:
    return schedule


def _with_timezone(fields: Mapping[str, Any], staff_rota: StaffRota) -> dict[str, Any]:
    return {**fields, "timezone": fields["timezone"] or staff_rota.timezone} if "timezone" in fields else dict(fields)


def _validated(schedule: WorkSchedule) -> WorkSchedule:
    known_zone(schedule.timezone)
    for number, line in enumerate(schedule.lines):
        validated_line(line, f"/lines/{number}")
    first, last = schedule.valid_from, schedule.valid_until
    if first and last and last < first:
        raise invalid("/valid_until", "The last day must not lie before the first.", "invalid_interval")
    return schedule


def _require_own_location(schedule: WorkSchedule, staff_rota: StaffRota, before: str | None) -> None:
    # One that names a location they have left stays as it is and no longer counts.
    if schedule.location_id not in (None, before, *staff_rota.staff.location_ids):
        raise invalid("/location_id", "They do not work at this location.", "unknown_location")
