"""What an edit or deletion comes to: which blocks change, and who would lose a seat by it (D10, D11, D12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.capacity.ledger import Calendar, Occupant
from chalicelib.domain.organisation.catalog import Location, Service
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
    """How far an edit or deletion goes: which occurrences, over exceptions too, over bookings too."""

    scope: SeriesScope = SeriesScope.THIS
    overwrite_exceptions: bool = False
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class BlockChangePlan:
    """A change that has been decided: which blocks, seen by the caller as ``anchor``, and the series' template."""

    placement: BlockCapacity
    anchor: Block
    block_changes: list[BlockChange]
    location: Location
    template: tuple[Series, Series] | None = None
    unchanged_services: tuple[Service, ...] = ()

    @property
    def after(self) -> Calendar:
        """The calendar once it is carried out."""
        return apply_changes(self.placement.calendar, self.block_changes)

    @property
    def anchor_after(self) -> Block | None:
        """The block the caller named, once it is carried out."""
        return next((s.after for s in self.block_changes if s.before.id == self.anchor.id), self.anchor)


def plan_one(
    placement: BlockCapacity, block: Block, series: Series, edit: BlockEdit, location: Location, now: datetime
) -> BlockChangePlan:
    """One occurrence edited by itself becomes an exception of its series (D11)."""
    present = epoch_minute(now)
    _require_changeable(block, present)
    start = epoch_minute(edit.start) if edit.start else block.start
    end = epoch_minute(edit.end) if edit.end else block.end
    after = edit_occurrence(block, series, edit, present, (start, end))
    if after == block:
        return BlockChangePlan(placement, block, [], location)
    validate_block(start, end, after.limit, after.reserved)
    if end <= present:
        raise invalid("/end", "A block cannot end in the past.", "past")
    return BlockChangePlan(placement, block, [BlockChange(block, replace(after, exception=True))], location)


def plan_many(
    placement: BlockCapacity,
    anchor: Block,
    series: Series,
    edit: BlockEdit,
    extent: EditExtent,
    location: Location,
    now: datetime,
) -> BlockChangePlan:
    """The future occurrences and the template; exceptions stay unless overwritten, all keep their day (D11)."""
    present, tz = epoch_minute(now), ZoneInfo(series.timezone)
    hours = edited_hours(anchor, series, edit)
    template = edit_template(series, edit, hours)
    if hours:
        validate_block(*hours.on_day(occurrence_day(anchor, tz), tz), template.limit, template.reserved)
    block_changes = []
    for block in future_occurrences(placement, anchor, series, extent.scope, now):
        kept = block.exception and not extent.overwrite_exceptions and block.id != anchor.id
        fixed = kept or block.state is BlockState.CLOSED
        after = block if fixed else edit_occurrence_in_series(block, series, edit, hours, present)
        if after != block:
            block_changes.append(BlockChange(block, after))
    return BlockChangePlan(placement, anchor, block_changes, location, (series, template))


def future_occurrences(
    placement: BlockCapacity, anchor: Block, series: Series, scope: SeriesScope, now: datetime
) -> list[Block]:
    """The occurrences in scope that are not over; what is over stays as it was."""
    tz, present = ZoneInfo(series.timezone), epoch_minute(now)
    first = anchor.wall[:10] or occurrence_day(anchor, tz).isoformat()
    return [
        block
        for block in placement.blocks
        if block.series_id == series.id
        and block.end > present
        and (scope is SeriesScope.ALL or (block.wall[:10] or occurrence_day(block, tz).isoformat()) >= first)
    ]


def _require_changeable(block: Block, present: int) -> None:
    if block.end <= present:
        raise WrongState("What is over stays as it was.")
    if block.state is BlockState.CLOSED:
        raise WrongState("A closed block cannot be edited.")


def refuse_unrelease_if_booked(plan: BlockChangePlan, now: datetime) -> None:
    """Release is one way while somebody relies on it (D12)."""
    for block_change in plan.block_changes:
        back = block_change.after is not None and block_change.after.state is BlockState.HELD
        sitting = plan.placement.seated_by_block if back and block_change.before.state is BlockState.RELEASED else {}
        booked = [o for o in sitting.get(block_change.before.id, ()) if o.end > epoch_minute(now)]
        if booked:
            message = "A released block that has bookings cannot be held back."
            raise WrongState(message, extra={"appointments": [appointment_summary(o) for o in booked]})


def orphaned_appointments(plan: BlockChangePlan, now: datetime) -> list[Occupant]:
    """The future appointments that would lose their seat (D10)."""
    before = {o.id for o in plan.placement.orphans()}
    after = BlockCapacity(plan.after, int(now.timestamp())).orphans()
    return sorted((o for o in after if o.id not in before and o.end > epoch_minute(now)), key=lambda o: (o.start, o.id))


def appointment_summary(occupant: Occupant) -> dict[str, Any]:
    """An appointment as the problem ``bookings_affected`` names it."""
    return {
        "id": occupant.id,
        "start": utc_text(from_epoch_minute(occupant.start)),
        "end": utc_text(from_epoch_minute(occupant.end)),
        "service_id": occupant.service_id,
    }
