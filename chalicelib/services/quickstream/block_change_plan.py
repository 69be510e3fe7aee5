"""Plans of edits and deletions: the blocks that change, and the appointments that would lose a seat (D10, D11, D12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import Calendar, Occupant
from chalicelib.domain.organisation.catalogue import Location, Service
from chalicelib.domain.quickstream.block_edits import (
    BlockEdit,
    SeriesScope,
    edit_occurrence,
    edit_occurrence_in_series,
    edit_template,
    edited_hours,
    occurrence_day,
)
from chalicelib.domain.quickstream.blocks import Block, BlockState, Series, validate_block
from chalicelib.domain.shared.errors import WrongState, invalid
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute, utc_text
from chalicelib.services.quickstream.block_writer import BlockChange, apply_changes


@dataclass(frozen=True, slots=True)
class EditExtent:
    """The extent of an edit or deletion: its scope, and True if exceptions or bookings do not stop it."""

    scope: SeriesScope = SeriesScope.THIS
    overwrite_exceptions: bool = False
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class BlockChangePlan:
    """The changes of blocks and of the series' template (before, after); ``anchor`` is the block the caller named."""

    capacity: BlockCapacity
    anchor: Block
    block_changes: list[BlockChange]
    location: Location
    template: tuple[Series, Series] | None = None
    unchanged_services: tuple[Service, ...] = ()

    @property
    def after(self) -> Calendar:
        """The calendar after the plan is carried out."""
        return apply_changes(self.capacity.calendar, self.block_changes)

    @property
    def anchor_after(self) -> Block | None:
        """The block the caller named, after the plan is carried out; None if it is deleted."""
        return next((c.after for c in self.block_changes if c.before.id == self.anchor.id), self.anchor)


def plan_one(
    capacity: BlockCapacity, block: Block, series: Series, edit: BlockEdit, location: Location, now: datetime
) -> BlockChangePlan:
    """The plan to edit one occurrence by itself, which makes it an exception of its series (D11)."""
    present = epoch_minute(now)
    _require_changeable(block, present)
    start = epoch_minute(edit.start) if edit.start else block.start
    end = epoch_minute(edit.end) if edit.end else block.end
    after = edit_occurrence(block, series, edit, present, (start, end))
    if after == block:
        return BlockChangePlan(capacity, block, [], location)
    validate_block(start, end, after.limit, after.reserved)
    if end <= present:
        raise invalid("/end", "A block cannot end in the past.", "past")
    return BlockChangePlan(capacity, block, [BlockChange(block, replace(after, exception=True))], location)


def plan_many(
    capacity: BlockCapacity,
    anchor: Block,
    series: Series,
    edit: BlockEdit,
    extent: EditExtent,
    location: Location,
    now: datetime,
) -> BlockChangePlan:
    """The plan to edit future occurrences and the template; all keep their day, exceptions stay as asked (D11)."""
    present, tz = epoch_minute(now), ZoneInfo(series.timezone)
    hours = edited_hours(anchor, series, edit)
    template = edit_template(series, edit, hours)
    if hours:
        validate_block(*hours.on_day(occurrence_day(anchor, tz), tz), template.limit, template.reserved)
    block_changes = []
    for block in future_occurrences(capacity, anchor, series, extent.scope, now):
        is_kept = block.exception and not extent.overwrite_exceptions and block.id != anchor.id
        is_fixed = is_kept or block.state is BlockState.CLOSED
        after = block if is_fixed else edit_occurrence_in_series(block, series, edit, hours, present)
        if after != block:
            block_changes.append(BlockChange(block, after))
    return BlockChangePlan(capacity, anchor, block_changes, location, (series, template))


def future_occurrences(
    capacity: BlockCapacity, anchor: Block, series: Series, scope: SeriesScope, now: datetime
) -> list[Block]:
    """The occurrences in scope that are not over; past ones never change."""
    tz, present = ZoneInfo(series.timezone), epoch_minute(now)

    def series_day(block: Block) -> str:
        return block.wall[:10] or occurrence_day(block, tz).isoformat()

    first = series_day(anchor)
    return [
        block
        for block in capacity.blocks
        if block.series_id == series.id
        and block.end > present
        and (scope is SeriesScope.ALL or series_day(block) >= first)
    ]


def require_not_over(block: Block, present: int) -> None:
    """409 ``wrong_state`` if the block has ended by the epoch minute ``present``."""
    if block.end <= present:
        raise WrongState("What is over stays as it was.")


def _require_changeable(block: Block, present: int) -> None:
    require_not_over(block, present)
    if block.state is BlockState.CLOSED:
        raise WrongState("A closed block cannot be edited.")


def refuse_unrelease_if_booked(plan: BlockChangePlan, now: datetime) -> None:
    """409 ``wrong_state`` if the plan holds back a released block that has bookings (D12)."""
    for block_change in plan.block_changes:
        before, after = block_change.before, block_change.after
        if after is None or (before.state, after.state) != (BlockState.RELEASED, BlockState.HELD):
            continue
        booked = [o for o in plan.capacity.seated_by_block.get(before.id, ()) if o.end > epoch_minute(now)]
        if booked:
            message = "A released block that has bookings cannot be held back."
            raise WrongState(message, extra={"appointments": [appointment_summary(o) for o in booked]})


def orphaned_appointments(plan: BlockChangePlan, now: datetime) -> list[Occupant]:
    """The future appointments that would lose their seat (D10)."""
    before = {o.id for o in plan.capacity.orphans()}
    after = BlockCapacity(plan.after, int(now.timestamp())).orphans()
    return sorted((o for o in after if o.id not in before and o.end > epoch_minute(now)), key=lambda o: (o.start, o.id))


def appointment_summary(occupant: Occupant) -> dict[str, Any]:
    """An appointment as the problem ``bookings_affected`` lists it."""
    return {
        "id": occupant.id,
        "start": utc_text(from_epoch_minute(occupant.start)),
        "end": utc_text(from_epoch_minute(occupant.end)),
        "service_id": occupant.service_id,
    }
