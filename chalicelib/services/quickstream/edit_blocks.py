"""Editing and deleting blocks, one or a series, after checking what would become of bookings (D10, D11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import Occupant
from chalicelib.domain.organisation.catalogue import Location, Service
from chalicelib.domain.quickstream.block_edits import BlockEdit, ReleaseEdit, SeriesScope
from chalicelib.domain.quickstream.blocks import Block, Series
from chalicelib.domain.shared.errors import BookingsAffected
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import epoch_minute, resolve_start
from chalicelib.services.context import Context
from chalicelib.services.quickstream.block_change_plan import (
    BlockChangePlan,
    EditExtent,
    appointment_summary,
    future_occurrences,
    orphaned_appointments,
    plan_many,
    plan_one,
    refuse_unrelease_if_booked,
    require_not_over,
)
from chalicelib.services.quickstream.block_reader import BlockOccurrence, BlockReader, occurrences
from chalicelib.services.quickstream.block_validation import (
    require_near_start,
    require_services_offered,
    resolve_release,
)
from chalicelib.services.quickstream.block_writer import BlockChange, BlockWriter, series_entry
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import AppointmentLists, Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SeatComparison:
    """The most appointments of a service that fit at once, before a change and after it."""

    service_id: str
    seats_before: int
    seats_after: int


@dataclass(frozen=True, slots=True)
class BlockPreview:
    """The effect of a change: seats by service, appointments left without one, ids of those seated in another block."""

    services: tuple[SeatComparison, ...]
    orphaned: tuple[Occupant, ...]
    reseated: tuple[str, ...]


class EditBlocks:
    """Edits and deletes blocks; appointments never change."""

    def __init__(self, store: Store, appointment_lists: AppointmentLists, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._reader = BlockReader(store, appointment_lists)
        self._ids = ids
        self._block_writer = BlockWriter(store, ids)
        self._pause = pause

    def edit(self, context: Context, block_id: str, edit: BlockEdit, extent: EditExtent) -> BlockOccurrence:
        """The edited block; ``following`` and ``all`` edit the future ones of its series and its template.

        409 ``bookings_affected`` unless confirmed, ``wrong_state`` if the block is over or closed, or would be held
        back despite bookings; 404, 412, 422. A very long series is written in several transactions.
        """

        def attempt(call: Context, committed: Callable[[], None]) -> BlockOccurrence:
            plan = self._plan_edit(call, block_id, edit, extent)
            self._write(call, plan, extent, "edited", committed)
            shown = plan.anchor_after or plan.anchor
            return occurrences(plan.after, [shown], call.now, plan.location.timezone)[0]

        return self._run_resumable(context, attempt)

    def remove(self, context: Context, block_id: str, extent: EditExtent) -> None:
        """Deletes the block; ``following`` and ``all`` also end its series. Same refusals as ``edit`` (D10)."""

        def attempt(call: Context, committed: Callable[[], None]) -> None:
            plan = self._plan_removal(call, block_id, extent)
            self._write(call, plan, extent, "deleted", committed)

        self._run_resumable(context, attempt)

    def preview(self, context: Context, block_id: str, edit: BlockEdit, extent: EditExtent) -> BlockPreview:
        """The effect that ``edit`` would have; writes nothing."""
        plan = self._plan_edit(context, block_id, edit, extent)
        after = BlockCapacity(plan.after, int(context.now.timestamp()))
        block, seats = plan.anchor.id, plan.capacity.block_by_occupant
        seated = (o.id for o in after.occupants if not o.is_hold and seats.get(o.id) == block)
        reseated = tuple(id_ for id_ in seated if after.block_by_occupant.get(id_, block) != block)
        return BlockPreview(self._compare_seats(plan, after), tuple(orphaned_appointments(plan, context.now)), reseated)

    def _run_resumable(self, context: Context, attempt: Callable[[Context, Callable[[], None]], T]) -> T:
        """Retries until everything is written; the expected version is checked only until the first part is written."""
        written: list[bool] = []

        def attempt_rest() -> T:
            call = replace(context, expected_version=None) if written else context
            return attempt(call, lambda: written.append(True))

        return retry_on_conflict(attempt_rest, self._pause)

    def _plan_edit(self, context: Context, block_id: str, edit: BlockEdit, extent: EditExtent) -> BlockChangePlan:
        index_entry = self._reader.locate(context, Ability.BLOCK_EDIT, block_id)
        wanted = [Ref.to(Service, service_id) for service_id in edit.services or ()]
        found = self._store.read([Ref.to(Location, index_entry.location_id), *wanted])
        location = found.require(Location, index_entry.location_id)
        edit = _with_instants(edit, location.timezone)
        if edit.start is not None:
            require_near_start(edit.start, context.now)
        spans = [(epoch_minute(at), epoch_minute(at) + 1) for at in (edit.start, edit.end) if at]
        capacity, anchor = self._reader.find_settled(context, index_entry, spans)
        added = [service_id for service_id in edit.services or () if service_id not in anchor.services]
        services = require_services_offered(found, location.id, added)
        series = self._series(anchor)
        if extent.scope is SeriesScope.THIS:
            plan = plan_one(capacity, anchor, series, edit, location, context.now)
        else:
            capacity, anchor = self._reader.find_upcoming(context, anchor)
            plan = plan_many(capacity, anchor, series, edit, extent, location, context.now)
        refuse_unrelease_if_booked(plan, context.now)
        return replace(plan, unchanged_services=tuple(services))

    def _plan_removal(self, context: Context, block_id: str, extent: EditExtent) -> BlockChangePlan:
        index_entry = self._reader.locate(context, Ability.BLOCK_EDIT, block_id)
        location = self._reader.location(index_entry.location_id)
        capacity, anchor = self._reader.find_settled(context, index_entry)
        if extent.scope is SeriesScope.THIS:
            require_not_over(anchor, epoch_minute(context.now))
            return BlockChangePlan(capacity, anchor, [BlockChange(anchor, None)], location)
        series = self._series(anchor)
        capacity, anchor = self._reader.find_upcoming(context, anchor)
        blocks = future_occurrences(capacity, anchor, series, extent.scope, context.now)
        # The named block goes last: while it exists, repeating the request still finds the others.
        blocks.sort(key=lambda block: (block.id == anchor.id, block.start))
        block_changes = [BlockChange(block, None) for block in blocks]
        return BlockChangePlan(capacity, anchor, block_changes, location, (series, replace(series, done=True)))

    def _series(self, block: Block) -> Series:
        return self._store.read([Ref.to(Series, block.series_id)]).require(Series, block.series_id)

    def _write(
        self, context: Context, plan: BlockChangePlan, extent: EditExtent, action: str, committed: Callable[[], None]
    ) -> None:
        lost = [] if extent.confirm else orphaned_appointments(plan, context.now)
        if lost:
            raise BookingsAffected(extra={"appointments": [appointment_summary(o) for o in lost]})
        work = UnitOfWork()
        for service in plan.unchanged_services:
            work.require_unchanged(service)
        if plan.template and plan.template[0] != plan.template[1]:
            series = work.save(plan.template[1])
            work.add_entry(series_entry(self._ids, context, series.id, action))
        if plan.block_changes or work.saved:
            self._block_writer.write(context, plan.capacity, plan.block_changes, work, committed=committed)

    def _compare_seats(self, plan: BlockChangePlan, after: BlockCapacity) -> tuple[SeatComparison, ...]:
        old, new = plan.anchor, plan.anchor_after or plan.anchor
        ids = list(dict.fromkeys(old.services + new.services))
        found = self._store.read([Ref.to(Service, service_id) for service_id in ids], consistent=False)
        services = [s for s in (found.get(Service, service_id) for service_id in ids) if s is not None]

        def most_seats(capacity: BlockCapacity, service: Service, block: Block) -> int:
            duration, step = service.duration_minutes, service.slot_interval
            return capacity.max_simultaneous(service.id, duration, step, block.start, block.end)

        return tuple(
            SeatComparison(s.id, most_seats(plan.capacity, s, old), most_seats(after, s, new)) for s in services
        )


def _with_instants(edit: BlockEdit, location_zone: str) -> BlockEdit:
    """The edit with instants for its wall times; 422 if one does not exist or is ambiguous."""
    timezone = edit.timezone or location_zone
    release = edit.release
    if release is not None:
        release = ReleaseEdit(resolve_release(release.policy, timezone, "/release/at"))
    return replace(
        edit,
        start=resolve_start(edit.start, timezone) if edit.start else None,
        end=resolve_start(edit.end, timezone, "/end") if edit.end else None,
        release=release,
    )
