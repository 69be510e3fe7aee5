"""Setting up the organisation's statuses: every edit sees and leaves a whole, valid set (AS-13, D27, D30)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.organisation.settings import Settings
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
    """All statuses, and the settings that say whether they are used; version 0 while there are none."""

    pipeline: StatusPipeline
    settings: Settings

    @property
    def statuses(self) -> tuple[Status, ...]:
        return self.pipeline.statuses

    def with_statuses(self, statuses: tuple[Status, ...]) -> StatusPipeline:
        return replace(self.pipeline, statuses=statuses)


class Statuses:
    """The statuses, one record; the appointments that hold them are counted elsewhere and read only where needed."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def list(self, context: Context, limit: int, cursor: str | None) -> Page[Status]:
        """Part of the list, in order of position, archived ones included; 422 ``invalid_cursor``."""
        after = paging.decode_number_and_id(cursor)
        rest = [s for s in self._read().pipeline.ordered if (s.position, s.id) > after]
        shown = tuple(rest[:limit])
        return Page(shown, paging.encode_cursor(shown[-1].position, shown[-1].id) if len(rest) > limit else None)

    def show(self, context: Context, status_id: str) -> Status:
        """One status; 404."""
        return nested_records.require(self._read().statuses, status_id)

    def create(self, context: Context, fields: Fields) -> Status:
        """A new status, after all others without a position.

        422 ``position_taken``, ``too_many``; ``start_first`` while the function is on.
        """
        status_id = self._ids.new("sts", context.now)

        def attempt() -> Status:
            setup = self._read()
            status = Status(status_id, **{"position": setup.pipeline.next_position, **fields})
            statuses = nested_records.with_added(setup.statuses, status, MAX_STATUSES)
            self._write(UnitOfWork(), context, setup, setup.with_statuses(statuses), status)
            return status

        return retry_on_conflict(attempt, self._pause)

    def change(self, context: Context, status_id: str, fields: Fields) -> Status:
        """The status with some fields changed, also on appointments that hold it, but not in their histories (D30).

        404, 412; 422 as for a new one; 409 ``status_in_use`` for another predicate while appointments hold it,
        ``status_needed`` for the last one with a predicate that is needed.
        """

        def attempt() -> Status:
            setup, work = self._read(), UnitOfWork()
            before = nested_records.require(setup.statuses, status_id)
            statuses, written = nested_records.with_changed(setup.statuses, apply_fields(before, fields, context))
            if written == before:
                return before
            if written.predicate is not before.predicate:
                if self._count_held([before])[before.id]:
                    raise StatusInUse()
                work.close_status(before.id, before.predicate)
                work.reopen_status(before.id, written.predicate)
            self._write(work, context, setup, setup.with_statuses(statuses), written)
            return written

        return retry_on_conflict(attempt, self._pause)

    def reorder(self, context: Context, ids: Sequence[str]) -> Page[Status]:
        """All statuses in this order, at once (D27); 422 ``invalid_order``, ``start_first``."""

        def attempt() -> Page[Status]:
            setup = self._read()
            after = setup.pipeline.reordered(ids)
            if after != setup.pipeline:
                self._write(UnitOfWork(), context, setup, after, None)
            return Page(after.ordered)

        return retry_on_conflict(attempt, self._pause)

    def remove(self, context: Context, status_id: str) -> None:
        """Remove the status; 404, 412; 409 ``in_use`` while any appointment holds it, ``status_needed``."""

        def attempt() -> None:
            setup, work = self._read(), UnitOfWork()
            remaining = nested_records.without(setup.statuses, status_id, context)
            removed = nested_records.require(setup.statuses, status_id)
            held = self._count_held([removed])[removed.id]
            if held:
                message = f"Still held by appointments: {held}. Archive it instead."
                raise InUse(message, extra={"used_by": {"appointments": held}})
            work.close_status(removed.id, removed.predicate)
            self._write(work, context, setup, setup.with_statuses(remaining), None)

        retry_on_conflict(attempt, self._pause)

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
        """The predicates that must remain: all while the function is on, else what open appointments need (D31)."""
        if setup.settings.status_function:
            yield from StatusPredicate
            return
        if set(after.missing_predicates) <= set(setup.pipeline.missing_predicates):
            return
        held = self._count_held(setup.statuses)
        predicates = {status.predicate for status in setup.statuses if held[status.id]}
        if StatusPredicate.START in predicates:
            yield StatusPredicate.BOOKING_CONFIRMATION
        if predicates & {StatusPredicate.START, StatusPredicate.BOOKING_CONFIRMATION}:
            yield StatusPredicate.CANCELLATION

    def _count_held(self, statuses: Sequence[Status]) -> dict[str, int]:
        """The number of appointments that hold each of these."""
        keys = {s.id: [(s.id, s.predicate, share) for share in COUNT_SHARDS] for s in statuses}
        found = self._store.read([Ref.to(StatusCountShard, *key) for shards in keys.values() for key in shards])
        shards = {i: [found.get(StatusCountShard, *key) for key in keys[i]] for i in keys}
        return {status_id: sum(shard.held for shard in counted if shard) for status_id, counted in shards.items()}
