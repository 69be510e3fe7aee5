"""Rotas: when somebody works, read and written as a whole together with the roster entries that follow from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.organisation.rota import Rota, TimeOff, WorkSchedule
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import Forbidden
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.context import Context
from chalicelib.services.organisation import roster_sync
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

T = TypeVar("T")
Result = TypeVar("Result")

ME = "me"
"""The word for the caller in place of a staff member's id."""


@dataclass(frozen=True, slots=True)
class StaffRota:
    """A staff member with their rota, and the settings that apply where their record has no value."""

    staff: Staff
    rota: Rota
    settings: Settings

    @property
    def timezone(self) -> str:
        """The staff member's zone, else the organisation's (TZ-5)."""
        return self.staff.timezone or self.settings.timezone

    def with_schedules(self, schedules: tuple[WorkSchedule, ...]) -> StaffRota:
        """The same with these work schedules instead."""
        return replace(self, rota=replace(self.rota, schedules=schedules))

    def with_time_off(self, time_off: tuple[TimeOff, ...]) -> StaffRota:
        """The same with this time off instead."""
        return replace(self, rota=replace(self.rota, time_off=time_off))


class Rotas:
    """The rota of each staff member; one's own by ``own_hours_edit``, others' by ``hours_edit`` where they work."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._pause = pause
        self.ids = ids

    def get(self, context: Context, staff_id: str) -> StaffRota:
        """Somebody's rota, ``me`` being the caller; 404. Every caller of these routes may see when somebody works."""
        person_id = context.staff.staff_id if staff_id == ME else staff_id
        found = self._store.read([Ref.to(Staff, person_id), Ref.to(Rota, person_id), Ref.to(Settings)])
        staff = found.require(Staff, person_id)
        return StaffRota(staff, roster_sync.rota_in(found, person_id), settings_in(found))

    def require_editable(self, context: Context, staff_id: str) -> StaffRota:
        """The same for those who may change it; 403, 404."""
        staff_rota = self.get(context, staff_id)
        if not _may_edit(context.staff, staff_rota.staff):
            raise Forbidden("You may not see or change when this person is away.")
        return staff_rota

    def edit(
        self,
        context: Context,
        staff_id: str,
        make: Callable[[StaffRota], tuple[StaffRota, T]],
        to_result: Callable[[StaffRota, T], Result],
    ) -> Result:
        """Write the rota that ``make`` returns, with the roster; ``to_result`` is called once that has been read.

        403, 404. Both functions are called again after a conflict.
        """

        def attempt() -> Result:
            before = self.require_editable(context, staff_id)
            after, made = make(before)
            staff, work = before.staff, UnitOfWork()
            roster = self._store.read(roster_sync.refs(staff.id, staff.location_ids))
            result = to_result(before, made)
            if after == before:
                return result
            work.require_unchanged(staff)
            roster_sync.sync(work, roster, staff, work.save(after.rota))
            self._store.commit(work, context.idempotency, result)
            return result

        return retry_on_conflict(attempt, self._pause)


def _may_edit(caller: Principal, staff: Staff) -> bool:
    if staff.id == caller.staff_id and caller.reaches(Ability.OWN_HOURS_EDIT, own=True):
        return True
    places: tuple[str | None, ...] = staff.location_ids or (None,)
    return any(caller.reaches(Ability.HOURS_EDIT, location_id=place, owner_role=staff.role) for place in places)
