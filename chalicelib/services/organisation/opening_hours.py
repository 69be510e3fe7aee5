"""Setting up when a branch is open: the weekly hours and the closures, which are one record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from chalicelib.domain.organisation.catalog import Location
from chalicelib.domain.organisation.opening_hours import BranchHours, BranchHoursLine, Closure, WeeklyHours
from chalicelib.domain.shared.errors import Forbidden, invalid
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services import nested_records
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields, check_version
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Page, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

T = TypeVar("T")

MAX_LINES = 100
MAX_CLOSURES = 400


class BranchHoursRecords:
    """The opening record of each location; everybody may know it, ``hours_edit`` there changes it (403)."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._pause = pause
        self.ids = ids

    def get(self, location_id: str) -> BranchHours:
        """When it is open; 404 for an unknown location."""
        return self._read(location_id)[1]

    def edit(self, context: Context, location_id: str, make_hours: Callable[[BranchHours], tuple[BranchHours, T]]) -> T:
        """What ``how`` made beside the new record, once that is written; it is asked anew when it was overtaken."""

        def attempt() -> T:
            location, before = self._read(location_id)
            if not context.staff.reaches(Ability.HOURS_EDIT, location_id=location_id):
                raise Forbidden("You may not change the hours of this location.")
            after, result = make_hours(before)
            if after == before:
                return result
            work = UnitOfWork()
            work.require_unchanged(location)
            work.save(after)
            self._store.commit(work, context.idempotency, result)
            return result

        return retry_on_conflict(attempt, self._pause)

    def _read(self, location_id: str) -> tuple[Location, BranchHours]:
        found = self._store.read([Ref.to(Location, location_id), Ref.to(BranchHours, location_id)])
        location = found.require(Location, location_id)
        return location, found.get(BranchHours, location_id) or BranchHours(location_id)


class OpeningHours:
    """The weekly hours; lines that overlap unite."""

    def __init__(self, branch_hours: BranchHoursRecords) -> None:
        self._branch_hours = branch_hours

    def list(self, location_id: str, limit: int, cursor: str | None) -> Page[BranchHoursLine]:
        """Part of the list, oldest first; 404 for an unknown location."""
        return nested_records.list_page(self._branch_hours.get(location_id).lines, limit, cursor)

    def show(self, location_id: str, line_id: str) -> BranchHoursLine:
        """One line; 404."""
        return nested_records.require(self._branch_hours.get(location_id).lines, line_id)

    def create(self, context: Context, location_id: str, fields: Fields) -> BranchHoursLine:
        """A new line; 422 unless it ends after it starts, ``too_many`` beyond a hundred."""
        line = BranchHoursLine(self._branch_hours.ids.new("hrs", context.now), validated_line(WeeklyHours(**fields)))

        def add(branch_hours: BranchHours) -> tuple[BranchHours, BranchHoursLine]:
            return replace(branch_hours, lines=nested_records.with_added(branch_hours.lines, line, MAX_LINES)), line

        return self._branch_hours.edit(context, location_id, add)

    def change(self, context: Context, location_id: str, line_id: str, fields: Fields) -> BranchHoursLine:
        """The line with some fields changed; 404, 412, and 422 as for a new one."""

        def alter(branch_hours: BranchHours) -> tuple[BranchHours, BranchHoursLine]:
            before = nested_records.require(branch_hours.lines, line_id)
            check_version(before, context)
            after = replace(before, line=validated_line(replace(before.line, **fields)))
            lines, written = nested_records.with_changed(branch_hours.lines, after)
            return replace(branch_hours, lines=lines), written

        return self._branch_hours.edit(context, location_id, alter)

    def remove(self, context: Context, location_id: str, line_id: str) -> None:
        """Removes the line; 404, 412. Nothing booked changes."""

        def drop(branch_hours: BranchHours) -> tuple[BranchHours, None]:
            return replace(branch_hours, lines=nested_records.without(branch_hours.lines, line_id, context)), None

        self._branch_hours.edit(context, location_id, drop)


class Closures:
    """The days, or parts of days, on which a location is closed in spite of its weekly hours."""

    def __init__(self, branch_hours: BranchHoursRecords) -> None:
        self._branch_hours = branch_hours

    def list(self, location_id: str, limit: int, cursor: str | None) -> Page[Closure]:
        """Part of the list, oldest first; 404 for an unknown location."""
        return nested_records.list_page(self._branch_hours.get(location_id).closures, limit, cursor)

    def show(self, location_id: str, closure_id: str) -> Closure:
        """One closure; 404."""
        return nested_records.require(self._branch_hours.get(location_id).closures, closure_id)

    def create(self, context: Context, location_id: str, fields: Fields) -> Closure:
        """A new closure, which leaves appointments as they are; 422 as for hours, ``too_many`` beyond 400."""
        closure = _validated_closure(Closure(self._branch_hours.ids.new("cls", context.now), **fields))

        def add(branch_hours: BranchHours) -> tuple[BranchHours, Closure]:
            return replace(
                branch_hours, closures=nested_records.with_added(branch_hours.closures, closure, MAX_CLOSURES)
            ), closure

        return self._branch_hours.edit(context, location_id, add)

    def change(self, context: Context, location_id: str, closure_id: str, fields: Fields) -> Closure:
        """The closure with some fields changed; 404, 412, and 422 as for a new one."""

        def alter(branch_hours: BranchHours) -> tuple[BranchHours, Closure]:
            after = _validated_closure(
                apply_fields(nested_records.require(branch_hours.closures, closure_id), fields, context)
            )
            closures, written = nested_records.with_changed(branch_hours.closures, after)
            return replace(branch_hours, closures=closures), written

        return self._branch_hours.edit(context, location_id, alter)

    def remove(self, context: Context, location_id: str, closure_id: str) -> None:
        """Removes the closure; 404, 412."""

        def drop(branch_hours: BranchHours) -> tuple[BranchHours, None]:
            return replace(
                branch_hours, closures=nested_records.without(branch_hours.closures, closure_id, context)
            ), None

        self._branch_hours.edit(context, location_id, drop)


def validated_line(line: WeeklyHours, pointer: str = "") -> WeeklyHours:
    """The line; 422 ``invalid_interval`` unless it ends after it starts: a night is two lines."""
    if line.end <= line.start:
        raise invalid(f"{pointer}/end", "The end must lie after the start.", "invalid_interval")
    return line


def _validated_closure(closure: Closure) -> Closure:
    validated_line(WeeklyHours((), closure.start, closure.end))
    return closure
