"""Editing and deleting blocks, one or a series; what would become of bookings is found out first (D10, D11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import Occupant
from chalicelib.domain.organisation.catalog import Location, Service
from chalicelib.domain.quickstream.block_edits import BlockEdit, ReleaseEdit, SeriesScope
from chalicelib.domain.quickstream.blocks import MAX_BLOCK_MINUTES, Block, BlockIndexEntry, Series
from chalicelib.domain.shared.errors import BookingsAffected, WrongState
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import epoch_minute, resolve_start
from chalicelib.services.availability import ledger_io
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version
from chalicelib.services.quickstream.block_change_plan import (
    BlockChangePlan,
    EditExtent,
    appointment_summary,
    future_occurrences,
    orphaned_appointments,
    plan_many,
    plan_one,
    refuse_unrelease_if_booked,
)
from chalicelib.services.quickstream.block_queries import (
    BlockOccurrence,
    locate_block,
    occurrences,
    read_settled,
    upcoming_calendar,
)
from chalicelib.services.quickstream.block_validation import (
    require_near_start,
    require_services_offered,
    resolve_release,
)
from chalicelib.services.quickstream.block_writer import BlockChange, BlockWriter
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import AppointmentLists, Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SeatComparison:
    """How many appointments of a service find room at once at best, before a change and after it."""

    service_id: str
    seats_before: int
    seats_after: int


@dataclass(frozen=True, slots=True)
class BlockPreview:
    """What a change would do."""

    services: tuple[SeatComparison, ...]
    orphaned: tuple[Occupant, ...]
    reseated: tuple[str, ...]


class EditBlocks:
    """Changes to blocks; appointments never change."""

    def __init__(self, store: Store, appointment_lists: AppointmentLists, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._appointment_lists = appointment_lists
        self._ids = ids
        self._block_writer = BlockWriter(store, ids)
        self._pause = pause

    def edit(self, context: Context, block_id: str, edit: BlockEdit, extent: EditExtent) -> BlockOccurrence:
        """The block as edited; ``following`` and ``all`` edit the future ones of its series and its template.

        409 ``bookings_affected`` unless confirmed, ``wrong_state`` for what is over or closed and for holding
        back what has bookings; 404, 412, 422. A very long series is written in several transactions.
        """

        def attempt(call: Context, committed: Callable[[], None]) -> BlockOccurrence:
            plan = self._plan_edit(call, block_id, edit, extent)
            self._write(call, plan, extent, "edited", committed)
            shown = plan.anchor_after or plan.anchor
            return occurrences(plan.after, [shown], call.now, plan.location.timezone)[0]

        return self._run_resumable(context, attempt)

    def remove(self, context: Context, block_id: str, extent: EditExtent) -> None:
        """Deletes the block; ``following`` and ``all`` also end its series. Refuses as ``change`` does (D10)."""

        def attempt(call: Context, committed: Callable[[], None]) -> None:
            plan = self._plan_removal(call, block_id, extent)
            self._write(call, plan, extent, "deleted", committed)

        self._run_resumable(context, attempt)

    def preview(self, context: Context, block_id: str, edit: BlockEdit, extent: EditExtent) -> BlockPreview:
        """What ``change`` would do, writing nothing."""
        plan = self._plan_edit(context, block_id, edit, extent)
        after = BlockCapacity(plan.after, int(context.now.timestamp()))
        here = plan.anchor.id
        sat = (o.id for o in after.occupants if not o.is_hold and plan.placement.block_by_occupant.get(o.id) == here)
        reseated = tuple(o for o in sat if after.block_by_occupant.get(o, here) != here)
        return BlockPreview(self._compare_seats(plan, after), tuple(orphaned_appointments(plan, context.now)), reseated)

    def _run_resumable(self, context: Context, attempt: Callable[[Context, Callable[[], None]], T]) -> T:
        """Decides until it is all written; the version the caller saw counts until the first part is."""
        begun: list[bool] = []

        def once_more() -> T:
            call = replace(context, expected_version=None) if begun else context
            return attempt(call, lambda: begun.append(True))

        return retry_on_conflict(once_more, self._pause)

    def _plan_edit(self, context: Context, block_id: str, edit: BlockEdit, extent: EditExtent) -> BlockChangePlan:
        place = locate_block(self._store, context.staff, Ability.BLOCK_EDIT, block_id)
        wanted = [Ref.to(Service, service_id) for service_id in edit.services or ()]
        found = self._store.read([Ref.to(Location, place.location_id), *wanted])
        location = found.require(Location, place.location_id)
        edit = _with_instants(edit, location.timezone)
        if edit.start is not None:
            require_near_start(edit.start, context.now)
        spans = [(epoch_minute(at), epoch_minute(at) + 1) for at in (edit.start, edit.end) if at]
        placement, anchor = read_settled(self._appointment_lists, place, context.now, spans)
        check_version(anchor, context)
        kept = anchor.services
        if edit.services is not None:
            kept = tuple(s for s in edit.services if s in anchor.services)
        services = require_services_offered(found, location.id, [s for s in edit.services or () if s not in kept])
        series = self._series(anchor)
        if extent.scope is SeriesScope.THIS:
            plan = plan_one(placement, anchor, series, edit, location, context.now)
        else:
            placement, anchor = self._upcoming(context, place, anchor)
            plan = plan_many(placement, anchor, series, edit, extent, location, context.now)
        refuse_unrelease_if_booked(plan, context.now)
        return replace(plan, unchanged_services=tuple(services))

    def _plan_removal(self, context: Context, block_id: str, extent: EditExtent) -> BlockChangePlan:
        place = locate_block(self._store, context.staff, Ability.BLOCK_EDIT, block_id)
        location = self._store.read([Ref.to(Location, place.location_id)]).require(Location, place.location_id)
        placement, anchor = read_settled(self._appointment_lists, place, context.now)
        check_version(anchor, context)
        if extent.scope is SeriesScope.THIS:
            if anchor.end <= epoch_minute(context.now):
                raise WrongState("What is over stays as it was.")
            return BlockChangePlan(placement, anchor, [BlockChange(anchor, None)], location)
        series = self._series(anchor)
        placement, anchor = self._upcoming(context, place, anchor)
        blocks = future_occurrences(placement, anchor, series, extent.scope, context.now)
        # The block that was named goes last: while it stands, the same request finds the others.
        block_changes = [
            BlockChange(block, None) for block in sorted(blocks, key=lambda b: (b.id == anchor.id, b.start))
        ]
        return BlockChangePlan(placement, anchor, block_changes, location, (series, replace(series, done=True)))

    def _series(self, block: Block) -> Series:
        return self._store.read([Ref.to(Series, block.series_id)]).require(Series, block.series_id)

    def _upcoming(self, context: Context, place: BlockIndexEntry, anchor: Block) -> tuple[BlockCapacity, Block]:
        """The seating of all that is not over, and the block that was named as it is by now."""
        calendar = upcoming_calendar(self._appointment_lists, place.location_id, context.now)
        placement = BlockCapacity(calendar, int(context.now.timestamp()))
        if not placement.covers_dependencies(epoch_minute(context.now) - MAX_BLOCK_MINUTES, epoch_minute(context.now)):
            raise ledger_io.NotSettled
        anchor = calendar.block(anchor.id) or anchor
        check_version(anchor, context)
        return placement, anchor

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
            series = plan.template[0]
            work.save(plan.template[1])
            entry_id = self._ids.new("evt", context.now)
            work.add_entry(JournalEntry(entry_id, series.id, context.now, action, context.actor))
        if plan.block_changes or work.saved:
            self._block_writer.write(context, plan.placement, plan.block_changes, work, committed=committed)

    def _compare_seats(self, plan: BlockChangePlan, after: BlockCapacity) -> tuple[SeatComparison, ...]:
        old, new = plan.anchor, plan.anchor_after or plan.anchor
        ids = list(dict.fromkeys(old.services + new.services))
        found = self._store.read([Ref.to(Service, service_id) for service_id in ids], consistent=False)
        services = [s for s in (found.get(Service, service_id) for service_id in ids) if s is not None]

        def at_best(placement: BlockCapacity, service: Service, block: Block) -> int:
            duration, step = service.duration_minutes, service.slot_interval
            return placement.max_simultaneous(service.id, duration, step, block.start, block.end)

        return tuple(SeatComparison(s.id, at_best(plan.placement, s, old), at_best(after, s, new)) for s in services)


def _with_instants(edit: BlockEdit, location_zone: str) -> BlockEdit:
    """The edit with instants for its wall times; 422 for those there are none or two of."""
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
