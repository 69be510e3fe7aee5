"""Local search: moves single demands out of overloaded cells, whose weight rises whenever no move helps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from chalicelib.domain.capacity.load_profile import LoadProfile, set_bits


class LocalSearch(LoadProfile):
    """A load profile whose demands change pools until every group of cells keeps its budget."""

    def __init__(self, instants: Iterable[int], limits: Mapping[int, int]) -> None:
        super().__init__(instants, limits)
        self._group = list(range(len(self._widths)))
        self._budget: dict[int, int] = {}  # excess proven unavoidable in a group of cells, in seat-minutes
        self._reset_local_search()

    def _violated_groups(self) -> dict[int, int]:
        """Groups above their budget, each with its overloaded cells as a bit mask."""
        excess: dict[int, int] = {}
        cells: dict[int, int] = {}
        for cell in set_bits(self._excess_cells & self._relevant_cells):
            group = self._group[cell]
            excess[group] = excess.get(group, 0) + (self._excess[cell] - self._allowed[cell]) * self._widths[cell]
            cells[group] = cells.get(group, 0) | 1 << cell
        return {group: cells[group] for group, over in excess.items() if over > self._budget.get(group, 0)}

    def _reset_local_search(self, *, remember: bool = False) -> None:
        """Forget weights and moves; with `remember`, the best placement found from now on is kept."""
        self._undecided = (1 << len(self._options)) - 1
        self._cell_weights = {pool: [1] * len(self._widths) for pool in self._limits}
        self._last_moved: dict[int, int] = {}
        self._impasses = [0] * len(self._widths)
        self._step = 0
        self._keeps_best = remember
        self._best_pools, self._best_overload = self.assigned_pools.copy(), self.overload

    def _improve(self, steps: int) -> bool:
        """Try to bring every group within its budget by up to `steps` single moves; True if that succeeds."""
        for _ in range(steps):
            violated = self._violated_groups()
            if not violated:
                return True
            if self._keeps_best and (overload := self.overload) < self._best_overload:
                self._best_overload, self._best_pools = overload, self.assigned_pools.copy()
            overloaded = [cell for cells in violated.values() for cell in set_bits(cells)]
            move = self._best_move(overloaded[self._step % len(overloaded)])
            if move is None or move[0] >= 0:
                self._raise_weights(overloaded)
            if move is not None:
                self._last_moved[move[2]] = self._step
                self._move(move[2], move[3])
            self._step += 1
        return False

    def _best_move(self, cell: int) -> tuple[int, int, int, int] | None:
        # A demand that has just moved stays for a while (tabu): otherwise two demands swap pools for ever.
        tabu_since = self._step - 5 - self._step // 300
        return min((m for m in self._candidate_moves(cell) if m[1] < 0 or m[1] < tabu_since), default=None)

    def _candidate_moves(self, cell: int) -> Iterator[tuple[int, int, int, int]]:
        """Moves out of the pools overloaded in the cell: added cost, step of the last move, demand, pool."""
        for demand in set_bits(self._movable_demands(cell)):
            options, home = self._options[demand], self.assigned_pools[demand]
            gain = self._move_cost(demand, home, self._limits[home] + 1)
            for pool, (_, _, mask) in options.items():
                if pool != home:
                    loss = self._move_cost(demand, pool, self._limits[pool]) if self._full[pool] & mask else 0
                    yield loss - gain, self._last_moved.get(demand, -1), demand, pool

    def _move_cost(self, demand: int, pool: int, least: int) -> int:
        """The summed weight of the demand's cells in the pool that hold at least so many demands already."""
        first, last, _ = self._options[demand][pool]
        loads, weights = self._loads[pool], self._cell_weights[pool]
        return sum([weights[cell] for cell in range(first, last) if loads[cell] >= least])

    def _raise_weights(self, cells: Sequence[int]) -> None:
        for cell in cells:
            self._impasses[cell] += 1
            for pool, limit in self._limits.items():
                if self._loads[pool][cell] > limit:
                    self._cell_weights[pool][cell] += 1

    def _restore(self, assigned_pools: Sequence[int]) -> None:
        for demand, pool in enumerate(assigned_pools):
            if self.assigned_pools[demand] != pool:
                self._move(demand, pool)
