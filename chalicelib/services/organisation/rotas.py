"""Rotas: when somebody works, read and written as a whole together with the posts that follow from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from chalicelib.domain.organisation.catalog import Settings, Staff
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.shared.errors import Forbidden
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.context import Context
from chalicelib.services.organisation import roster_sync
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

T = TypeVar("T")
R = TypeVar("R")

ME = "me"
"""The word for the caller in place of a staff member's id."""


@dataclass(frozen=True, slots=True)
class StaffRota:
    """Somebody with their rota and the settings that stand in where their record says nothing."""

    staff: Staff
    rota: Rota
    settings: Settings

    @property
    def timezone(self) -> str:
        """Theirs, else the organisation's (TZ-5)."""
        return self.staff.timezone or self.settings.timezone


class Rotas:
    """The rota of each staff member; one's own by ``own_hours_edit``, others' by ``hours_edit`` where they work."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._pause = pause
        self.ids = ids

    def get(self, context: Context, staff_id: str) -> StaffRota:
        """Whoever this is, ``me`` included; 404. Everybody whom hours concern may know when somebody works."""
        whom = context.staff.staff_id if staff_id == ME else staff_id
        found = self._store.read([Ref.to(Staff, whom), Ref.to(Rota, whom), Ref.to(Settings)])
        staff = found.require(Staff, whom)
        return StaffRota(staff, roster_sync.rota_in(found, whom), settings_in(found))

    def require_editable(self, context: Context, staff_id: str) -> StaffRota:
        """The same for those who may change it; 403."""
        staff_rota = self.get(context, staff_id)
        if not _may_edit(context.staff, staff_rota.staff):
            raise Forbidden("You may not see or change when this person is away.")
        return staff_rota

    def edit(
        self,
        context: Context,
        staff_id: str,
        make_rota: Callable[[StaffRota], tuple[Rota, T]],
        to_result: Callable[[StaffRota, T], R],
    ) -> R:
        """Writes the rota that ``how`` makes, with the posts; ``answer`` is asked once those have been read.

        404, 403; both are asked anew when they were overtaken.
        """

        def attempt() -> R:
            worker = self.require_editable(context, staff_id)
            after, made = make_rota(worker)
            work = UnitOfWork()
            posts = self._store.read(roster_sync.refs(worker.staff.id, worker.staff.location_ids))
            result = to_result(worker, made)
            if after == worker.rota:
                return result
            work.require_unchanged(worker.staff)
            roster_sync.sync(work, posts, worker.staff, work.save(after))
            self._store.commit(work, context.idempotency, result)
            return result

        return retry_on_conflict(attempt, self._pause)


def _may_edit(caller: Principal, staff: Staff) -> bool:
    if staff.id == caller.staff_id and caller.reaches(Ability.OWN_HOURS_EDIT, own=True):
        return True
    places: tuple[str | None, ...] = staff.location_ids or (None,)
    return any(caller.reaches(Ability.HOURS_EDIT, location_id=place, owner_role=staff.role) for place in places)
