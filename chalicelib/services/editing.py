"""Editing and deleting blocks, one or a series; what would become of bookings is found out first (D10, D11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from chalicelib.domain.catalog import Location, Service
from chalicelib.domain.edits import (
    Edit,
    Opening,
    Scope,
    edited,
    edited_along,
    edited_template,
    hours_of,
    own_day,
)
from chalicelib.domain.errors import BookingsAffected, WrongState, invalid
from chalicelib.domain.events import Entry
from chalicelib.domain.ledger import Calendar, Occupant
from chalicelib.domain.permissions import Ability
from chalicelib.domain.placement import Placement
from chalicelib.domain.quickstream import LONGEST_MINUTES, Block, BlockPlace, BlockState, Series, validate
from chalicelib.domain.times import instant, minute, resolve, utc_text
from chalicelib.services import calendars
from chalicelib.services.blocks import Occurrence, ahead, find, occurrences, settled
from chalicelib.services.catalogue import check_version
from chalicelib.services.deciding import Pause, decide
from chalicelib.services.laying import require_offered, resolved
from chalicelib.services.ports import Agenda, Change, Context, Ids, Ref, Store
from chalicelib.services.redrawing import Redrawing, Swap, applied

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an edit or deletion goes: which occurrences, over exceptions too, over bookings too."""

    scope: Scope = Scope.THIS
    overwrite_exceptions: bool = False
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class Seats:
    """How many appointments of a service find room at once at best, before a change and after it."""

    service_id: str
    seats_before: int
    seats_after: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do."""

    services: tuple[Seats, ...]
    orphaned: tuple[Occupant, ...]
    reseated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
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


class Editing:
    """Changes to blocks; appointments never change."""

    def __init__(self, store: Store, agenda: Agenda, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._agenda = agenda
        self._ids = ids
        self._redrawing = Redrawing(store, ids)
        self._pause = pause

    def change(self, context: Context, block_id: str, edit: Edit, reach: Reach) -> Occurrence:
        """The block as edited; ``following`` and ``all`` edit the future ones of its series and its template.

        409 ``bookings_affected`` unless confirmed, ``wrong_state`` for what is over or closed and for holding
        back what has bookings; 404, 412, 422. A very long series is written in several transactions.
        """

        def attempt(call: Context, committed: Callable[[], None]) -> Occurrence:
            plan = self._planned(call, block_id, edit, reach)
            self._write(call, plan, reach, "edited", committed)
            shown = plan.anchored or plan.anchor
            return occurrences(plan.after, [shown], call.now, plan.location.timezone)[0]

        return self._resumable(context, attempt)

    def remove(self, context: Context, block_id: str, reach: Reach) -> None:
        """Deletes the block; ``following`` and ``all`` also end its series. Refuses as ``change`` does (D10)."""

        def attempt(call: Context, committed: Callable[[], None]) -> None:
            plan = self._removal(call, block_id, reach)
            self._write(call, plan, reach, "deleted", committed)

        self._resumable(context, attempt)

    def preview(self, context: Context, block_id: str, edit: Edit, reach: Reach) -> Preview:
        """What ``change`` would do, writing nothing."""
        plan = self._planned(context, block_id, edit, reach)
        after = Placement(plan.after, int(context.now.timestamp()))
        here = plan.anchor.id
        sat = (o.id for o in after.occupants if not o.is_hold and plan.placement.seats.get(o.id) == here)
        reseated = tuple(o for o in sat if after.seats.get(o, here) != here)
        return Preview(self._seats(plan, after), tuple(_orphaned(plan, context.now)), reseated)

    def _resumable(self, context: Context, attempt: Callable[[Context, Callable[[], None]], T]) -> T:
        """Decides until it is all written; the version the caller saw counts until the first part is."""
        begun: list[bool] = []

        def once_more() -> T:
            call = replace(context, expected_version=None) if begun else context
            return attempt(call, lambda: begun.append(True))

        return decide(once_more, self._pause)

    def _planned(self, context: Context, block_id: str, edit: Edit, reach: Reach) -> _Plan:
        place = find(self._store, context.staff, Ability.BLOCK_EDIT, block_id)
        wanted = [Ref.to(Service, service_id) for service_id in edit.services or ()]
        found = self._store.read([Ref.to(Location, place.location_id), *wanted])
        location = found.require(Location, place.location_id)
        edit = _resolved(edit, location.timezone)
        spans = [(minute(at), minute(at) + 1) for at in (edit.start, edit.end) if at]
        placement, anchor = settled(self._agenda, place, context.now, spans)
        check_version(anchor, context)
        kept = anchor.services
        if edit.services is not None:
            kept = tuple(s for s in edit.services if s in anchor.services)
        services = require_offered(found, location.id, [s for s in edit.services or () if s not in kept])
        series = self._series(anchor)
        if reach.scope is Scope.THIS:
            plan = _one(placement, anchor, series, edit, location, context.now)
        else:
            placement, anchor = self._ahead(context, place, anchor)
            plan = _many(placement, anchor, series, edit, reach, location, context.now)
        _refuse_holding_back(plan, context.now)
        return replace(plan, guarded=tuple(services))

    def _removal(self, context: Context, block_id: str, reach: Reach) -> _Plan:
        place = find(self._store, context.staff, Ability.BLOCK_EDIT, block_id)
        location = self._store.read([Ref.to(Location, place.location_id)]).require(Location, place.location_id)
        placement, anchor = settled(self._agenda, place, context.now)
        check_version(anchor, context)
        if reach.scope is Scope.THIS:
            if anchor.end <= minute(context.now):
                raise WrongState("What is over stays as it was.")
            return _Plan(placement, anchor, [Swap(anchor, None)], location)
        series = self._series(anchor)
        placement, anchor = self._ahead(context, place, anchor)
        blocks = _future(placement, anchor, series, reach.scope, context.now)
        # The block that was named goes last: while it stands, the same request finds the others.
        swaps = [Swap(block, None) for block in sorted(blocks, key=lambda b: (b.id == anchor.id, b.start))]
        return _Plan(placement, anchor, swaps, location, (series, replace(series, done=True)))

    def _series(self, block: Block) -> Series:
        return self._store.read([Ref.to(Series, block.series_id)]).require(Series, block.series_id)

    def _ahead(self, context: Context, place: BlockPlace, anchor: Block) -> tuple[Placement, Block]:
        """The seating of all that is not over, and the block that was named as it is by now."""
        calendar = ahead(self._agenda, place.location_id, context.now)
        placement = Placement(calendar, int(context.now.timestamp()))
        if not placement.settled(minute(context.now) - LONGEST_MINUTES, minute(context.now)):
            raise calendars.NotSettled
        anchor = calendar.block(anchor.id) or anchor
        check_version(anchor, context)
        return placement, anchor

    def _write(self, context: Context, plan: _Plan, reach: Reach, action: str, committed: Callable[[], None]) -> None:
        orphaned = [] if reach.confirm else _orphaned(plan, context.now)
        if orphaned:
            raise BookingsAffected(extra={"appointments": [_told(o) for o in orphaned]})
        change = Change()
        for service in plan.guarded:
            change.guard(service)
        if plan.template and plan.template[0] != plan.template[1]:
            series = plan.template[0]
            change.save(plan.template[1])
            entry_id = self._ids.new("evt", context.now)
            change.record(Entry(entry_id, series.id, context.now, action, context.actor))
        if plan.swaps or change.saved:
            self._redrawing.write(context, plan.placement, plan.swaps, change, committed=committed)

    def _seats(self, plan: _Plan, after: Placement) -> tuple[Seats, ...]:
        old, new = plan.anchor, plan.anchored or plan.anchor
        ids = list(dict.fromkeys(old.services + new.services))
        found = self._store.read([Ref.to(Service, service_id) for service_id in ids], consistent=False)
        services = [s for s in (found.get(Service, service_id) for service_id in ids) if s is not None]

        def at_best(placement: Placement, service: Service, block: Block) -> int:
            duration, step = service.duration_minutes, service.slot_interval
            return placement.seats_at_best(service.id, duration, step, block.start, block.end)

        return tuple(Seats(s.id, at_best(plan.placement, s, old), at_best(after, s, new)) for s in services)


def _one(placement: Placement, block: Block, series: Series, edit: Edit, location: Location, now: datetime) -> _Plan:
    """One occurrence edited by itself becomes an exception of its series (D11)."""
    present = minute(now)
    _refuse_fixed(block, present)
    start = minute(edit.start) if edit.start else block.start
    end = minute(edit.end) if edit.end else block.end
    after = edited(block, series, edit, present, (start, end))
    if after == block:
        return _Plan(placement, block, [], location)
    validate(start, end, after.limit, after.reserved)
    if end <= present:
        raise invalid("/end", "A block cannot end in the past.", "past")
    return _Plan(placement, block, [Swap(block, replace(after, exception=True))], location)


def _many(
    placement: Placement,
    anchor: Block,
    series: Series,
    edit: Edit,
    reach: Reach,
    location: Location,
    now: datetime,
) -> _Plan:
    """The future occurrences and the template; exceptions stay unless overwritten, all keep their day (D11)."""
    present, tz = minute(now), ZoneInfo(series.timezone)
    hours = hours_of(anchor, series, edit)
    template = edited_template(series, edit, hours)
    if hours:
        validate(*hours.on(own_day(anchor, tz), tz), template.limit, template.reserved)
    swaps = []
    for block in _future(placement, anchor, series, reach.scope, now):
        kept = block.exception and not reach.overwrite_exceptions and block.id != anchor.id
        fixed = kept or block.state is BlockState.CLOSED
        after = block if fixed else edited_along(block, series, edit, hours, present)
        if after != block:
            swaps.append(Swap(block, after))
    return _Plan(placement, anchor, swaps, location, (series, template))


def _future(placement: Placement, anchor: Block, series: Series, scope: Scope, now: datetime) -> list[Block]:
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


def _refuse_holding_back(plan: _Plan, now: datetime) -> None:
    """Release is one way while somebody relies on it (D12)."""
    for swap in plan.swaps:
        back = swap.after is not None and swap.after.state is BlockState.HELD
        sitting = plan.placement.sitting if back and swap.before.state is BlockState.RELEASED else {}
        booked = [o for o in sitting.get(swap.before.id, ()) if o.end > minute(now)]
        if booked:
            message = "A released block that has bookings cannot be held back."
            raise WrongState(message, extra={"appointments": [_told(o) for o in booked]})


def _orphaned(plan: _Plan, now: datetime) -> list[Occupant]:
    """The future appointments that would lose their seat (D10)."""
    before = {o.id for o in plan.placement.orphans()}
    after = Placement(plan.after, int(now.timestamp())).orphans()
    return sorted((o for o in after if o.id not in before and o.end > minute(now)), key=lambda o: (o.start, o.id))


def _told(occupant: Occupant) -> dict[str, Any]:
    return {
        "id": occupant.id,
        "start": utc_text(instant(occupant.start)),
        "end": utc_text(instant(occupant.end)),
        "service_id": occupant.service_id,
    }


def _resolved(edit: Edit, location_zone: str) -> Edit:
    """The edit with instants for its wall times; 422 for those there are none or two of."""
    timezone = edit.timezone or location_zone
    opening = edit.release
    if opening is not None:
        opening = Opening(resolved(opening.policy, timezone, "/release/at"))
    return replace(
        edit,
        start=resolve(edit.start, timezone) if edit.start else None,
        end=resolve(edit.end, timezone, "/end") if edit.end else None,
        release=opening,
    )
