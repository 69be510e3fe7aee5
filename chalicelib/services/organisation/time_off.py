"""Setting up when somebody is away: it blocks free times and leaves appointments where they are (RB-24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from chalicelib.domain.capacity.ledger import Calendar, Occupant, sheet_days
from chalicelib.domain.organisation.rota import Rota, TimeOff
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.times import known_zone, resolve_start
from chalicelib.services import nested_records
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields
from chalicelib.services.organisation.rotas import Rotas, StaffRota
from chalicelib.services.store_port import AppointmentLists, Page

MAX_TIMES_OFF = 400
MAX_NAMED = 100


@dataclass(frozen=True, slots=True)
class TimeOffResult:
    """A time off and the appointments it lies over, which somebody has to move; at most a hundred are named."""

    time_off: TimeOff
    affected: tuple[Occupant, ...]


class StaffTimeOff:
    """When each staff member is away; only those who may change it see it, for the reasons."""

    def __init__(self, rotas: Rotas, appointment_lists: AppointmentLists) -> None:
        self._rotas = rotas
        self._appointment_lists = appointment_lists

    def list(self, context: Context, staff_id: str, limit: int, cursor: str | None) -> Page[TimeOff]:
        """Part of the list, oldest first; 403, 404."""
        return nested_records.list_page(self._rotas.require_editable(context, staff_id).rota.time_off, limit, cursor)

    def show(self, context: Context, staff_id: str, time_off_id: str) -> TimeOff:
        """One time off; 403, 404."""
        return nested_records.require(self._rotas.require_editable(context, staff_id).rota.time_off, time_off_id)

    def create(self, context: Context, staff_id: str, fields: Fields) -> TimeOffResult:
        """A new time off; ``start`` and ``end`` are instants, or wall time in ``timezone``, else in their zone.

        403, 404; 422 ``invalid_interval``, ``off_grid`` for less than whole minutes, ``too_many`` beyond 400 and
        what a wall time may be refused for.
        """
        time_off_id = self._rotas.ids.new("tof", context.now)

        def add(staff_rota: StaffRota) -> tuple[Rota, TimeOff]:
            time_off = _validated(TimeOff(time_off_id, **_with_instants(fields, staff_rota)))
            found = nested_records.with_added(staff_rota.rota.time_off, time_off, MAX_TIMES_OFF)
            return replace(staff_rota.rota, time_off=found), time_off

        return self._rotas.edit(context, staff_id, add, self._with_affected)

    def change(self, context: Context, staff_id: str, time_off_id: str, fields: Fields) -> TimeOffResult:
        """The time off with some fields changed; 412, and as for a new one."""

        def alter(staff_rota: StaffRota) -> tuple[Rota, TimeOff]:
            before = nested_records.require(staff_rota.rota.time_off, time_off_id)
            after = _validated(apply_fields(before, _with_instants(fields, staff_rota), context))
            found, written = nested_records.with_changed(staff_rota.rota.time_off, after)
            return replace(staff_rota.rota, time_off=found), written

        return self._rotas.edit(context, staff_id, alter, self._with_affected)

    def remove(self, context: Context, staff_id: str, time_off_id: str) -> None:
        """Removes the time off; 403, 404, 412."""

        def drop(staff_rota: StaffRota) -> tuple[Rota, None]:
            return replace(
                staff_rota.rota, time_off=nested_records.without(staff_rota.rota.time_off, time_off_id, context)
            ), None

        self._rotas.edit(context, staff_id, drop, lambda *_: None)

    def _with_affected(self, staff_rota: StaffRota, time_off: TimeOff) -> TimeOffResult:
        # From their own sheets and after their posts were read: whoever books them meanwhile collides with this.
        start, end = time_off.interval
        days = sheet_days(staff_rota.staff.id, start, end)
        sheets = self._appointment_lists.sheets(staff_rota.staff.id, days[0], days[-1])
        calendar = Calendar.from_sheets(staff_rota.staff.id, (sheet.day for sheet in sheets), sheets)
        standing = sorted((o for o in calendar.occupants(0) if not o.is_hold), key=lambda o: (o.start, o.id))
        over = (o for o in standing if o.start < end and start < o.end)
        return TimeOffResult(time_off, tuple(islice(over, MAX_NAMED)))


def _with_instants(fields: Mapping[str, Any], staff_rota: StaffRota) -> dict[str, Any]:
    """The fields with instants in place of wall times."""
    values = dict(fields)
    timezone = values.pop("timezone", None) or staff_rota.timezone
    known_zone(timezone)
    for name in ("start", "end"):
        if name in values:
            values[name] = resolve_start(values[name], timezone, f"/{name}", grid=1)
    return values


def _validated(time_off: TimeOff) -> TimeOff:
    if time_off.end <= time_off.start:
        raise invalid("/end", "The end must lie after the start.", "invalid_interval")
    return time_off
