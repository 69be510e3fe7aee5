"""The load of each pool, cell by cell: free seats, and the excess over the limits."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

Span = tuple[int, int]
CellRange = tuple[int, int, int]  # first cell, cell after the last, the same as a bit mask


class LoadProfile:
    """Demands placed in pools; time is cut into cells within which no demand begins or ends."""

    def __init__(self, instants: Iterable[int], limits: Mapping[int, int]) -> None:
        self._edges = sorted(set(instants))
        self._widths = [end - start for start, end in zip(self._edges, self._edges[1:], strict=False)]
        cells = len(self._widths)
        self._limits = limits
        self._loads = {pool: [0] * cells for pool in limits}
        self._full = {pool: 0 if limit else (1 << cells) - 1 for pool, limit in limits.items()}  # no free seat
        self._placed_on = dict.fromkeys(limits, 0)  # demands placed in each pool
        self._active = {pool: [0] * cells for pool in limits}  # demands that load it in the cell if placed in it
        self._excess = [0] * cells
        self._allowed = [0] * cells  # overload proven unavoidable in the cell itself
        self._excess_cells = 0  # cells above what is allowed
        self._options: list[Mapping[int, CellRange]] = []
        self.assigned_pools: list[int] = []
        self._same_kind: dict[tuple[tuple[int, CellRange], ...], int] = {}
        self._kinds: list[tuple[tuple[int, CellRange], ...]] = []
        self._relevant_cells = -1  # cells whose allowance counts at present
        self._undecided = 0  # demands the search has not decided

    @property
    def overload(self) -> int:
        """Seat-minutes above the limits in this placement."""
        return sum(excess * width for excess, width in zip(self._excess, self._widths, strict=True))

    def add(self, spans: Mapping[int, Span]) -> None:
        """Place one more demand where it adds least excess; `spans` is the time for which it would load each pool."""
        options = {pool: self._cells(span) for pool, span in spans.items()}
        demand = len(self._options)
        kind = tuple(options.items())
        self._options.append(options)
        self._kinds.append(kind)
        self._same_kind[kind] = self._same_kind.get(kind, 0) | 1 << demand
        for pool, (first, last, _) in options.items():
            row = self._active[pool]
            for cell in range(first, last):
                row[cell] |= 1 << demand
        self.assigned_pools.append(min(options, key=lambda pool: self._added_excess(demand, pool)))
        self._load(demand, self.assigned_pools[-1], 1)

    def remove_last(self) -> None:
        """Remove the last demand."""
        options, kind, pool = self._options[-1], self._kinds.pop(), self.assigned_pools[-1]
        demand = len(self._options) - 1
        self._load(demand, pool, -1)
        for option, (first, last, _) in options.items():
            row = self._active[option]
            for cell in range(first, last):
                row[cell] &= ~(1 << demand)
        self._same_kind[kind] &= ~(1 << demand)
        self._options.pop()
        self.assigned_pools.pop()

    def _cells(self, span: Span) -> CellRange:
        first = bisect_right(self._edges, span[0]) - 1
        last = bisect_left(self._edges, span[1])
        return first, last, (1 << last) - (1 << first)

    def _added_excess(self, demand: int, pool: int) -> int:
        return (self._full[pool] & self._relevant_cells & self._options[demand][pool][2]).bit_count()

    def _load(self, demand: int, pool: int, change: int) -> None:
        first, last, _ = self._options[demand][pool]
        limit, loads, excess, allowed = self._limits[pool], self._loads[pool], self._excess, self._allowed
        self._placed_on[pool] ^= 1 << demand
        for cell in range(first, last):
            load = loads[cell] = loads[cell] + change
            if change > 0:
                if load > limit:
                    excess[cell] += 1
                    if excess[cell] > allowed[cell]:
                        self._excess_cells |= 1 << cell
                elif load == limit:
                    self._full[pool] |= 1 << cell
            elif load >= limit:
                excess[cell] -= 1
                if excess[cell] <= allowed[cell]:
                    self._excess_cells &= ~(1 << cell)
            elif load == limit - 1:
                self._full[pool] &= ~(1 << cell)

    def _move(self, demand: int, pool: int) -> None:
        self._load(demand, self.assigned_pools[demand], -1)
        self._load(demand, pool, 1)
        self.assigned_pools[demand] = pool

    def _movable_demands(self, cell: int) -> int:
        """Undecided demands in the pools overloaded in the cell, as a bit mask."""
        found = 0
        for pool, limit in self._limits.items():
            if self._loads[pool][cell] > limit:
                found |= self._placed_on[pool] & self._active[pool][cell]
        return found & self._undecided

    def _closed_pools(self, cell: int) -> set[int] | None:
        """The pools among which the overload of the cell can only be shifted; None if it can be moved out of them."""
        bit = 1 << cell
        reached = [pool for pool, limit in self._limits.items() if self._loads[pool][cell] > limit]
        seen = set(reached)
        for pool in reached:
            for demand in set_bits(self._placed_on[pool] & self._active[pool][cell] & self._undecided):
                for other, (_, _, mask) in self._options[demand].items():
                    if other not in seen:
                        if not mask & bit or not self._full[other] & bit:
                            return None
                        seen.add(other)
                        reached.append(other)
        return seen

    def _avoidable_excess(self, cell: int) -> tuple[int, set[int]]:
        """The excess of the cell alone that could be avoided if demands could change pools at any time.

        With it the pools that still have too few seats for the demands that fit nowhere else.
        """
        placed = {pool: list(set_bits(members & self._active[pool][cell])) for pool, members in self._placed_on.items()}
        gained = 0
        while True:
            path, closed = self._augmenting_path(cell, placed)
            if not path:
                return gained, closed
            for demand, pool, other in path:
                placed[pool].remove(demand)
                if self._options[demand][other][2] >> cell & 1:
                    placed[other].append(demand)
            gained += 1

    def _augmenting_path(
        self, cell: int, placed: Mapping[int, Sequence[int]]
    ) -> tuple[list[tuple[int, int, int]], set[int]]:
        """Moves (demand, from pool, to pool) that lower the excess by one; if there are none, the pools reached."""
        reached = [pool for pool, limit in self._limits.items() if len(placed[pool]) > limit]
        move_into: dict[int, tuple[int, int, int] | None] = dict.fromkeys(reached)
        for pool in reached:
            for demand in placed[pool]:
                for other, (_, _, mask) in self._options[demand].items():
                    if not mask >> cell & 1 or (other not in move_into and len(placed[other]) < self._limits[other]):
                        path, move = [(demand, pool, other)], move_into[pool]
                        while move is not None:
                            path.append(move)
                            move = move_into[move[1]]
                        return path, set()
                    if other not in move_into:
                        move_into[other] = (demand, pool, other)
                        reached.append(other)
        return [], set(reached)


def set_bits(mask: int) -> Iterator[int]:
    """Positions of the bits set in a mask, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
