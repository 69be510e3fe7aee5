"""Setting up the organisation's statuses: every edit sees and leaves a whole, valid set (AS-13, D27, D30)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.organisation.statuses import (
    COUNT_SHARDS,
    MAX_STATUSES,
    Status,
    StatusCountShard,
    StatusPipeline,
    StatusPredicate,
    require_valid,
)
from chalicelib.domain.shared.errors import InUse, StatusInUse
from chalicelib.services import nested_records, paging
from chalicelib.services.context import Context
from chalicelib.services.crud import Fields, apply_fields
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import pipeline_in, settings_in
from chalicelib.services.store_port import Ids, Page, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class _StatusSetup:
    """All statuses, and the settings that say whether they are used; version 0 where there are none yet."""

    pipeline: StatusPipeline
    settings: Settings

    def with_statuses(self, statuses: tuple[Status, ...]) -> StatusPipeline:
        return replace(self.pipeline, statuses=statuses)


class Statuses:
    """The statuses, one record; who holds them is counted elsewhere, and asked only where that matters."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def list(self, limit: int, cursor: str | None) -> Page[Status]:
        """Part of the list, in order of position, archived ones included."""
        after = paging.decode_number_and_id(cursor)
        rest = [s for s in self._read().pipeline.ordered if (s.position, s.id) > after]
        shown = tuple(rest[:limit])
        return Page(shown, paging.encode_cursor(shown[-1].position, shown[-1].id) if len(rest) > limit else None)

    def show(self, status_id: str) -> Status:
        """One status; 404."""
        return nested_records.require(self._read().pipeline.statuses, status_id)

    def create(self, context: Context, fields: Fields) -> Status:
        """A new status, behind all others unless its position is said.

        422 ``position_taken``, ``too_many``; ``start_first`` while the function is on.
        """
        status_id = self._ids.new("sts", context.now)

        def attempt() -> Status:
            there = self._read()
            status = Status(status_id, **{"position": there.pipeline.next_position, **fields})
            statuses = nested_records.with_added(there.pipeline.statuses, status, MAX_STATUSES)
            self._write(UnitOfWork(), context, there, there.with_statuses(statuses), status)
            return status

        return retry_on_conflict(attempt, self._pause)

    def change(self, context: Context, status_id: str, fields: Fields) -> Status:
        """The status with some fields changed; appointments that hold it show it so, their histories do not (D30).

        404, 412; 422 as for a new one; 409 ``status_in_use`` for another predicate while appointments hold it,
        ``status_needed`` where the last one of its kind would go.
        """
        return retry_on_conflict(lambda: self._change(context, status_id, fields), self._pause)

    def _change(self, context: Context, status_id: str, fields: Fields) -> Status:
        there, work = self._read(), UnitOfWork()
        before = nested_records.require(there.pipeline.statuses, status_id)
        statuses, written = nested_records.with_changed(there.pipeline.statuses, apply_fields(before, fields, context))
        if written == before:
            return before
        if written.predicate is not before.predicate:
            if self._count_held([before])[before.id]:
                raise StatusInUse()
            work.close_status(before.id, before.predicate)
            work.reopen_status(before.id, written.predicate)
        self._write(work, context, there, there.with_statuses(statuses), written)
        return written

    def reorder(self, context: Context, ids: Sequence[str]) -> Page[Status]:
        """All statuses in this order, at once (D27); 422 ``invalid_order``, ``start_first``."""

        def attempt() -> Page[Status]:
            there = self._read()
            after = there.pipeline.reordered(ids)
            if after != there.pipeline:
                self._write(UnitOfWork(), context, there, after, None)
            return Page(after.ordered)

        return retry_on_conflict(attempt, self._pause)

    def remove(self, context: Context, status_id: str) -> None:
        """Removes it; 404, 412; 409 ``in_use`` as long as any appointment holds it, ``status_needed``."""
        retry_on_conflict(lambda: self._remove(context, status_id), self._pause)

    def _remove(self, context: Context, status_id: str) -> None:
        there, work = self._read(), UnitOfWork()
        statuses = nested_records.without(there.pipeline.statuses, status_id, context)
        gone = nested_records.require(there.pipeline.statuses, status_id)
        held = self._count_held([gone])[gone.id]
        if held:
            raise InUse(f"Still held by appointments: {held}. Archive it instead.", extra={"used_by": _used_by(held)})
        work.close_status(gone.id, gone.predicate)
        self._write(work, context, there, there.with_statuses(statuses), None)

    def _read(self) -> _StatusSetup:
        refs: list[Ref[Any]] = [Ref.to(StatusPipeline), Ref.to(Settings)]
        found = self._store.read(refs)
        return _StatusSetup(pipeline_in(found), settings_in(found))

    def _write(
        self, work: UnitOfWork, context: Context, setup: _StatusSetup, after: StatusPipeline, result: Status | None
    ) -> None:
        enabled = setup.settings.status_function
        require_valid(after, setup.pipeline, self._required_predicates(setup, after), enabled=enabled)
        work.require_unchanged(setup.settings)
        work.save(after)
        self._store.commit(work, context.idempotency, result)

    def _required_predicates(self, setup: _StatusSetup, after: StatusPipeline) -> Iterator[StatusPredicate]:
        """The predicates that cannot be done without: all while the function is on, else what waits needs (D31)."""
        if setup.settings.status_function:
            yield from StatusPredicate
            return
        if set(after.missing_predicates) <= set(setup.pipeline.missing_predicates):
            return
        held = self._count_held(setup.pipeline.statuses)
        waiting = [s for s in setup.pipeline.statuses if held[s.id] and s.predicate is StatusPredicate.START]
        promised = [
            s for s in setup.pipeline.statuses if held[s.id] and s.predicate is StatusPredicate.BOOKING_CONFIRMATION
        ]
        if waiting:
            yield StatusPredicate.BOOKING_CONFIRMATION
        if waiting or promised:
            yield StatusPredicate.CANCELLATION

    def _count_held(self, statuses: Sequence[Status]) -> dict[str, int]:
        """How many appointments hold each of these."""
        places = {s.id: [(s.id, s.predicate, share) for share in COUNT_SHARDS] for s in statuses}
        found = self._store.read([Ref.to(StatusCountShard, *key) for keys in places.values() for key in keys])
        shares = {i: [found.get(StatusCountShard, *key) for key in keys] for i, keys in places.items()}
        return {status_id: sum(share.held for share in found if share) for status_id, found in shares.items()}


def _used_by(held: int) -> dict[str, int]:
    return {"appointments": held}
