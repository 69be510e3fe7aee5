"""Haggling finds seats: single moves out of crowded cells, which grow dearer at each impasse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from chalicelib.domain.capacity.load_profile import LoadProfile, set_bits


class LocalSearch(LoadProfile):
    """An occupancy whose sitters can be made to change benches until every group of cells keeps its budget."""

    def __init__(self, instants: Iterable[int], limits: Mapping[int, int]) -> None:
        super().__init__(instants, limits)
        self._group = list(range(len(self._widths)))
        self._budget: dict[int, int] = {}  # excess proven unavoidable in a group of cells, in seat-minutes
        self._reset_local_search()

    def _violated_groups(self) -> dict[int, int]:
        """Groups above their budget, each with its hot cells."""
        excess: dict[int, int] = {}
        cells: dict[int, int] = {}
        for cell in set_bits(self._excess_cells & self._relevant_cells):
            group = self._group[cell]
            excess[group] = excess.get(group, 0) + (self._excess[cell] - self._allowed[cell]) * self._widths[cell]
            cells[group] = cells.get(group, 0) | 1 << cell
        return {group: cells[group] for group, much in excess.items() if much > self._budget.get(group, 0)}

    def _reset_local_search(self, *, remember: bool = False) -> None:
        """Forget what was learnt; with `remember`, from now on the best placement met is kept in mind."""
        self._undecided = (1 << len(self._options)) - 1
        self._cell_weights = {pool: [1] * len(self._widths) for pool in self._limits}
        self._last_moved: dict[int, int] = {}
        self._impasses = [0] * len(self._widths)
        self._step = 0
        self._keeps_best = remember
        self._best_pools, self._best_overload = self.assigned_pools.copy(), self.overload  # the best placement met

    def _improve(self, steps: int) -> bool:
        """Try to bring every group within its budget by so many single moves more."""
        for _ in range(steps):
            violated = self._violated_groups()
            if not violated:
                return True
            if self._keeps_best and (reached := self.overload) < self._best_overload:
                self._best_overload, self._best_pools = reached, self.assigned_pools.copy()
            places = [cell for cells in violated.values() for cell in set_bits(cells)]
            offer = self._best_move(places[self._step % len(places)])
            if offer is None or offer[0] >= 0:
                self._raise_weights(places)
            if offer is not None:
                self._last_moved[offer[2]] = self._step
                self._move(offer[2], offer[3])
            self._step += 1
        return False

    def _best_move(self, cell: int) -> tuple[int, int, int, int] | None:
        # Whoever moved just now stays a while, and longer the longer it takes: otherwise two only change places.
        lately = self._step - 5 - self._step // 300
        return min((o for o in self._candidate_moves(cell) if o[1] < 0 or o[1] < lately), default=None)

    def _candidate_moves(self, cell: int) -> Iterator[tuple[int, int, int, int]]:
        """Moves away from the benches crowded in the cell: added dearness, step of the last move, sitter, bench."""
        for demand in set_bits(self._movable_demands(cell)):
            options, home = self._options[demand], self.assigned_pools[demand]
            gain = self._move_cost(demand, home, self._limits[home] + 1)
            for pool, (_, _, mask) in options.items():
                if pool != home:
                    loss = self._move_cost(demand, pool, self._limits[pool]) if self._full[pool] & mask else 0
                    yield loss - gain, self._last_moved.get(demand, -1), demand, pool

    def _move_cost(self, demand: int, pool: int, least: int) -> int:
        """What the sitter's cells on the bench cost where at least so many sit there already."""
        first, last, _ = self._options[demand][pool]
        loads, dearness = self._loads[pool], self._cell_weights[pool]
        return sum([dearness[cell] for cell in range(first, last) if loads[cell] >= least])

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
