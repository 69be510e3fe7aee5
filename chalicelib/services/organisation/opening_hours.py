"""Setting up when a branch is open: the weekly hours and the closures, which are one record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from chalicelib.domain.organisation.catalogue import Location
from chalicelib.domain.organisation.opening_hours import BranchHours, BranchHoursLine, Closure, WeeklyHours
from chalicelib.domain.shared.errors import Forbidden, invalid
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields
from chalicelib.services.nested_records import NestedRecords
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

T = TypeVar("T")
Result = TypeVar("Result")

MAX_LINES = 100
MAX_CLOSURES = 400


class BranchHoursRecords:
    """The hours record of each location; everybody may read it, ``hours_edit`` at the location changes it (403)."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._pause = pause
        self.ids = ids

    def get(self, context: Context, location_id: str) -> BranchHours:
        """The hours of a location; 404 if it is unknown."""
        return self._read(location_id)[1]

    def edit(
        self,
        context: Context,
        location_id: str,
        make: Callable[[BranchHours], tuple[BranchHours, T]],
        to_result: Callable[[BranchHours, T], Result],
    ) -> Result:
        """Write the hours that ``make`` returns; 403, 404. Both functions are called again after a conflict."""

        def attempt() -> Result:
            location, before = self._read(location_id)
            if not context.staff.reaches(Ability.HOURS_EDIT, location_id=location_id):
                raise Forbidden("You may not change the hours of this location.")
            after, made = make(before)
            result = to_result(before, made)
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


class OpeningHours(NestedRecords[BranchHours, BranchHoursLine]):
    """The weekly hours; lines that overlap unite."""

    kind = BranchHoursLine
    prefix = "hrs"
    limit = MAX_LINES

    def records_in(self, owner: BranchHours) -> tuple[BranchHoursLine, ...]:
        return owner.lines

    def with_records(self, owner: BranchHours, records: tuple[BranchHoursLine, ...]) -> BranchHours:
        return replace(owner, lines=records)

    def create(self, context: Context, owner_id: str, fields: Fields) -> Any:
        """A new line; 422 ``invalid_interval``, before the location is read, and ``too_many`` beyond a hundred."""
        require_interval(WeeklyHours(**fields))
        return super().create(context, owner_id, fields)

    def to_fields(self, owner: BranchHours, fields: Fields, before: BranchHoursLine | None) -> Fields:
        """Weekdays and times are fields of the line."""
        return {"line": replace(before.line, **fields) if before else WeeklyHours(**fields)}

    def validate(self, owner: BranchHours, record: BranchHoursLine, before: BranchHoursLine | None) -> None:
        """422 ``invalid_interval``."""
        require_interval(record.line)


class Closures(NestedRecords[BranchHours, Closure]):
    """The days, or parts of days, on which a location is closed in spite of its weekly hours."""

    kind = Closure
    prefix = "cls"
    limit = MAX_CLOSURES

    def records_in(self, owner: BranchHours) -> tuple[Closure, ...]:
        return owner.closures

    def with_records(self, owner: BranchHours, records: tuple[Closure, ...]) -> BranchHours:
        return replace(owner, closures=records)

    def create(self, context: Context, owner_id: str, fields: Fields) -> Any:
        """A new closure; 422 ``invalid_interval``, before the location is read, and ``too_many`` beyond 400."""
        require_interval(Closure("", **fields))
        return super().create(context, owner_id, fields)

    def validate(self, owner: BranchHours, record: Closure, before: Closure | None) -> None:
        """422 ``invalid_interval``."""
        require_interval(record)


def require_interval(hours: WeeklyHours | Closure, pointer: str = "") -> None:
    """422 ``invalid_interval`` unless it ends after it starts: a night is two lines."""
    if hours.end <= hours.start:
        raise invalid(f"{pointer}/end", "The end must lie after the start.", "invalid_interval")
