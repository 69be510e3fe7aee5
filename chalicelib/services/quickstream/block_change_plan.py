"""What an edit or deletion comes to: which blocks change, and who would lose a seat by it (D10, D11, D12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.capacity.block_capacity import Placement
from chalicelib.domain.capacity.ledger import Calendar, Occupant
from chalicelib.domain.organisation.catalog import Location, Service
from chalicelib.domain.quickstream.block_edits import (
    BlockEdit,
    Scope,
    edited,
    edited_along,
    edited_template,
    hours_of,
    own_day,
)
from chalicelib.domain.quickstream.blocks import Block, BlockState, Series, validate
from chalicelib.domain.shared.errors import WrongState, invalid
from chalicelib.domain.shared.times import instant, minute, utc_text
from chalicelib.services.quickstream.block_writer import Swap, applied


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an edit or deletion goes: which occurrences, over exceptions too, over bookings too."""

    scope: Scope = Scope.THIS
    overwrite_exceptions: bool = False
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that has been decided: which blocks, seen by the caller as ``anchor``, and the series' template."""

    placement: Placement
    anchor: Block
    swaps: list[Swap]
    location: Location
    template: tuple[Series, Series] | None = None
    guarded: tuple[Service, ...] = ()

    @property
    def after(self) -> Calendar:
        """The calendar once it is carried out."""
        return applied(self.placement.calendar, self.swaps)

    @property
    def anchored(self) -> Block | None:
        """The block the caller named, once it is carried out."""
        return next((s.after for s in self.swaps if s.before.id == self.anchor.id), self.anchor)


def plan_one(
    placement: Placement, block: Block, series: Series, edit: BlockEdit, location: Location, now: datetime
) -> Plan:
    """One occurrence edited by itself becomes an exception of its series (D11)."""
    present = minute(now)
    _refuse_fixed(block, present)
    start = minute(edit.start) if edit.start else block.start
    end = minute(edit.end) if edit.end else block.end
    after = edited(block, series, edit, present, (start, end))
    if after == block:
        return Plan(placement, block, [], location)
    validate(start, end, after.limit, after.reserved)
    if end <= present:
        raise invalid("/end", "A block cannot end in the past.", "past")
    return Plan(placement, block, [Swap(block, replace(after, exception=True))], location)


def plan_many(
    placement: Placement,
    anchor: Block,
    series: Series,
    edit: BlockEdit,
    extent: Extent,
    location: Location,
    now: datetime,
) -> Plan:
    """The future occurrences and the template; exceptions stay unless overwritten, all keep their day (D11)."""
    present, tz = minute(now), ZoneInfo(series.timezone)
    hours = hours_of(anchor, series, edit)
    template = edited_template(series, edit, hours)
    if hours:
        validate(*hours.on(own_day(anchor, tz), tz), template.limit, template.reserved)
    swaps = []
    for block in future(placement, anchor, series, extent.scope, now):
        kept = block.exception and not extent.overwrite_exceptions and block.id != anchor.id
        fixed = kept or block.state is BlockState.CLOSED
        after = block if fixed else edited_along(block, series, edit, hours, present)
        if after != block:
            swaps.append(Swap(block, after))
    return Plan(placement, anchor, swaps, location, (series, template))


def future(placement: Placement, anchor: Block, series: Series, scope: Scope, now: datetime) -> list[Block]:
    """The occurrences in scope that are not over; what is over stays as it was."""
    tz, present = ZoneInfo(series.timezone), minute(now)
    first = anchor.wall[:10] or own_day(anchor, tz).isoformat()
    return [
        block
        for block in placement.blocks
        if block.series_id == series.id
        and block.end > present
        and (scope is Scope.ALL or (block.wall[:10] or own_day(block, tz).isoformat()) >= first)
    ]


def _refuse_fixed(block: Block, present: int) -> None:
    if block.end <= present:
        raise WrongState("What is over stays as it was.")
    if block.state is BlockState.CLOSED:
        raise WrongState("A closed block cannot be edited.")


def refuse_holding_back(plan: Plan, now: datetime) -> None:
    """Release is one way while somebody relies on it (D12)."""
    for swap in plan.swaps:
        back = swap.after is not None and swap.after.state is BlockState.HELD
        sitting = plan.placement.sitting if back and swap.before.state is BlockState.RELEASED else {}
        booked = [o for o in sitting.get(swap.before.id, ()) if o.end > minute(now)]
        if booked:
            message = "A released block that has bookings cannot be held back."
            raise WrongState(message, extra={"appointments": [told(o) for o in booked]})


def orphaned(plan: Plan, now: datetime) -> list[Occupant]:
    """The future appointments that would lose their seat (D10)."""
    before = {o.id for o in plan.placement.orphans()}
    after = Placement(plan.after, int(now.timestamp())).orphans()
    return sorted((o for o in after if o.id not in before and o.end > minute(now)), key=lambda o: (o.start, o.id))


def told(occupant: Occupant) -> dict[str, Any]:
    """An appointment as the problem ``bookings_affected`` names it."""
    return {
        "id": occupant.id,
        "start": utc_text(instant(occupant.start)),
        "end": utc_text(instant(occupant.end)),
        "service_id": occupant.service_id,
    }
