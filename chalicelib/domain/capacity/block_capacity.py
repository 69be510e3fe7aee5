"""The seats of a calendar's blocks: which demands may use them, and which occupant has a seat where (D1, D12).

A released block is one seat pool for all, and another for its reserve, which only staff may use; a held block is a
pool that only Schedule may use; a closed block has none, and the occupants it keeps need none.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import cached_property

from chalicelib.domain.capacity.capacity_model import (
    CapacityModel,
    Demand,
    SeatPool,
    assign_pools,
    dependency_span,
    first_come_first_served,
)
from chalicelib.domain.capacity.ledger import Calendar, Occupant, SeatAccess
from chalicelib.domain.quickstream.blocks import Block, BlockState


class BlockCapacity:
    """The seats of one calendar and their occupants at ``now`` (epoch seconds).

    ``ignoring`` names occupants to leave out: the appointment being moved, the caller's own hold. With ``before``,
    a hold's id, only holds older than that one count, because it ranks behind them (D13).
    """

    def __init__(self, calendar: Calendar, now: int, ignoring: Container[str] = (), before: str | None = None) -> None:
        self.calendar = calendar
        self.blocks = calendar.blocks()
        self._pools, self._pool_blocks, self._required_access = _seat_pools(self.blocks)
        kept = {i: b for b in self.blocks if b.state is BlockState.CLOSED for i in b.keeps}
        self.kept_blocks = {
            o.id: kept[o.id] for o in calendar.occupants(now) if o.id in kept and kept[o.id].covers(o.start, o.end)
        }
        self.occupants = [
            o
            for o in calendar.occupants(now)
            if o.id not in ignoring
            and o.id not in self.kept_blocks
            and (before is None or not o.is_hold or o.id < before)
        ]
        self._choices_by_demand: dict[tuple[str, SeatAccess], tuple[int, ...]] = {}

    def demand(self, start: int, end: int, service_id: str, access: SeatAccess) -> Demand:
        """A demand for this service and time with this access."""
        key = (service_id, access)
        if key not in self._choices_by_demand:
            self._choices_by_demand[key] = tuple(
                i
                for i, owner in enumerate(self._pool_blocks)
                if service_id in self.blocks[owner].services and self._required_access[i] <= access
            )
        return Demand(start, end, self._choices_by_demand[key])

    @cached_property
    def demands(self) -> list[Demand]:
        """The occupants as demands, first come first."""
        return [self.demand(o.start, o.end, o.service_id, o.right) for o in self.occupants]

    @cached_property
    def _model(self) -> CapacityModel:
        return CapacityModel(self._pools, self.demands)

    def admits(self, start: int, end: int, service_id: str, access: SeatAccess) -> bool:
        """True if one more fits (D1)."""
        return self._model.admits(self.demand(start, end, service_id, access))

    def remaining_seats(self, start: int, end: int, service_id: str, access: SeatAccess) -> int:
        """The number that still fits, one after the other."""
        return self._model.count_admissible(self.demand(start, end, service_id, access))

    def dependency_span(self, start: int, end: int) -> tuple[int, int]:
        """The interval around [start, end) outside which nothing affects a decision about it."""
        return dependency_span(self._merged_demands, start, end)

    @cached_property
    def _merged_demands(self) -> list[Demand]:
        # Overlapping occupants are merged: a listing asks for many spans and must not walk all occupants each time.
        return [Demand(start, end, ()) for start, end in merge_intervals((o.start, o.end) for o in self.occupants)]

    def covers_dependencies(self, start: int, end: int) -> bool:
        """True if the calendar holds every sheet that a decision about [start, end) may depend on."""
        return self.calendar.covers(*self.dependency_span(start, end))

    def blocks_for(self, start: int, end: int, service_id: str) -> list[Block]:
        """The blocks, in any state, that cover [start, end) and the service."""
        return [b for b in self.blocks if service_id in b.services and b.covers(start, end)]

    def orphans(self) -> list[Occupant]:
        """The appointments without a seat, first come first served, except those booked over capacity (D10)."""
        pairs = zip(self.occupants, self._has_seat, strict=True)
        return [o for o, has_seat in pairs if not (has_seat or o.is_hold or o.over_capacity)]

    @cached_property
    def _has_seat(self) -> list[bool]:
        return first_come_first_served(self._pools, self.demands)

    @cached_property
    def seated_by_block(self) -> dict[str, list[Occupant]]:
        """The appointments that have a seat by rank, by a block in which they all fit without overload (D10).

        A block can be closed with these kept: no other appointment loses its seat.
        """
        seated = [i for i, has_seat in enumerate(self._has_seat) if has_seat]
        by_block: dict[str, list[Occupant]] = {}
        for i, pool in zip(seated, assign_pools(self._pools, [self.demands[i] for i in seated]), strict=True):
            if pool is not None and not self.occupants[i].is_hold:
                by_block.setdefault(self.blocks[self._pool_blocks[pool]].id, []).append(self.occupants[i])
        return by_block

    def closed(self, block: Block) -> Block:
        """The block closed; the appointments that have seats in it keep them."""
        return block.closed(tuple(o.id for o in self.seated_by_block.get(block.id, ())))

    def max_simultaneous(self, service_id: str, duration: int, step: int, start: int, end: int) -> int:
        """The most appointments of ``duration`` that could begin together in [start, end) if nothing were booked.

        Held seats and reserves count; starts are on the grid from ``start`` in steps of ``step``.
        """
        open_blocks = [b for b in self.blocks if b.state is not BlockState.CLOSED and service_id in b.services]
        starts = range(start, end - duration + 1, step)
        return max((sum(b.limit for b in open_blocks if b.covers(s, s + duration)) for s in starts), default=0)

    @cached_property
    def block_by_occupant(self) -> dict[str, str]:
        """Block id by occupant id, for the occupants that a block covers."""
        found = {i: b.id for i, b in self.kept_blocks.items()}
        for occupant, pool in zip(self.occupants, assign_pools(self._pools, self.demands), strict=True):
            if pool is not None:
                block = self.blocks[self._pool_blocks[pool]]
                if block.covers(occupant.start, occupant.end):
                    found[occupant.id] = block.id
        return found


def is_usable(block: Block, access: SeatAccess) -> bool:
    """True if the block can be booked with this access at all (D12)."""
    return block.state is BlockState.RELEASED or (block.state is BlockState.HELD and access is SeatAccess.SCHEDULE)


def peak_overlap(intervals: Iterable[tuple[int, int]]) -> int:
    """The greatest number of half-open intervals that share an instant."""
    edges = sorted((at, step) for start, end in intervals for at, step in ((start, 1), (end, -1)))
    most = current = 0
    for _, step in edges:
        current += step
        most = max(most, current)
    return most


def merge_intervals(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The intervals in order of time, those that share an instant merged."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _seat_pools(blocks: list[Block]) -> tuple[list[SeatPool], list[int], list[SeatAccess]]:
    """The pools, and for each the index of its block and the access it requires."""
    pools: list[SeatPool] = []
    owners: list[int] = []
    required: list[SeatAccess] = []

    def add(owner: int, limit: int, access: SeatAccess) -> None:
        pools.append(SeatPool(blocks[owner].start, blocks[owner].end, limit))
        owners.append(owner)
        required.append(access)

    for index, block in enumerate(blocks):
        if block.state is BlockState.HELD:
            add(index, block.limit, SeatAccess.SCHEDULE)
        elif block.state is BlockState.RELEASED:
            add(index, block.limit - block.reserved, SeatAccess.WIDGET)
            if block.reserved:
                add(index, block.reserved, SeatAccess.CONTACT_CENTRE)
    return pools, owners, required
