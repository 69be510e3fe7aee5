"""The exact least overload of one component: search with backjumping, helped by local search and dual bounds.

The package's docstring explains the model and the steps. The search decides only demands in overloaded cells and
jumps back from a dead end to the decisions it depends on. Overload that is proven unavoidable becomes an allowance:
first per cell (Hall's theorem), then a budget for the group of cells of one proof.

Effort is counted in steps. If all of it ends without a seat or a proof, the demand is refused, so that nothing is
oversold, and `gave_up` counts it. Nothing is admitted beside demands whose own least overload could not be proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.capacity.dual_bound import DualPrices, count_kinds
from chalicelib.domain.capacity.load_profile import CellRange, Span, set_bits
from chalicelib.domain.capacity.local_search import LocalSearch


@dataclass(frozen=True, slots=True)
class Proof:
    """Why no placement stays within the allowances: the decisions and groups it depends on, and the least shortfall."""

    demands: int
    groups: frozenset[int]
    short: int


GIVEN_UP = Proof(0, frozenset(), 0)  # the search reached its limit: nothing is proven
SEARCH_LIMIT = 40  # demands decided before something else is tried
FINAL_SEARCH_LIMIT = 300  # demands decided before giving up; with the efforts about half a second
# Moves of local search; then cells in which dual prices are sought, and rounds of that.
EFFORT_LEVELS = ((40, 4, 40), (80, 6, 80), (200, 5, 150), (400, 8, 150), (1000, 6, 300), (2500, 12, 300))
HOTSPOTS = 2  # windows of time in which a proof is sought for the first demands


class OverloadSolver(LocalSearch):
    """A placement kept at the least overload; demands are numbered in order of admission."""

    def __init__(self, instants: Iterable[int], limits: Mapping[int, int]) -> None:
        super().__init__(instants, limits)
        self._prices = DualPrices(limits, self._widths)
        self._least_overload = 0
        self._decided_by: dict[int, int] = {}
        self._steps_left = -1
        self._initial_pools: list[int] = []
        self._known_counts: dict[tuple[tuple[int, CellRange], ...], int] = {}
        self._is_proven = True  # no placement of the first demands has less overload
        self.gave_up = 0  # refusals without a proof

    def admit(self, spans: Mapping[int, Span]) -> bool:
        """True if one more demand fits without raising the overload; then it is kept."""
        if not self._is_proven:
            self.gave_up += 1
            return False
        self.add(spans)
        proof = self._search_placement(SEARCH_LIMIT)
        if proof is not GIVEN_UP:
            if proof is not None:
                self.remove_last()
            return proof is None
        before = self.assigned_pools.copy()
        if self._find_seat_or_proof():
            return True
        self._restore(before)
        self.remove_last()
        return False

    def _find_seat_or_proof(self) -> bool:
        """Find a seat for the new demand, or prove that there is none; True if there is one."""
        kinds = count_kinds(self._options)
        if self._prices.is_known_to_exceed(self._least_overload, kinds):
            return False
        self._reset_local_search()
        for steps, cells, rounds in EFFORT_LEVELS:
            if self._improve(steps):
                return True
            first, last = self._hotspot(cells)
            if self._prices.prove_exceeds(self._least_overload, kinds, first, last, rounds):
                return False
        proof = self._search_placement(FINAL_SEARCH_LIMIT)
        self.gave_up += proof is GIVEN_UP
        return proof is None

    def _hotspot(self, cells: int) -> tuple[int, int]:
        """The `cells` consecutive cells in which local search most often got stuck, as first and end."""
        last = max(0, len(self._widths) - cells)
        first = max(range(last + 1), key=lambda cell: sum(self._impasses[cell : cell + cells]))
        return first, min(first + cells, len(self._widths))

    def count_admissible(self, spans: Mapping[int, Span], at_most: int | None) -> int:
        """The number of such demands that fit one after the other; the placement stays as it was.

        Spans in the same cells have the same answer, which is kept.
        """
        kind = tuple((pool, self._cells(span)) for pool, span in spans.items())
        if kind not in self._known_counts:
            found = 0
            while (at_most is None or found < at_most) and self.admit(spans):
                found += 1
            self._restore_initial()
            if found == at_most:
                return found
            self._known_counts[kind] = found
        found = self._known_counts[kind]
        return found if at_most is None else min(found, at_most)

    def _restore_initial(self) -> None:
        """Remove the demands admitted since `place_all` and put the others back into their pools."""
        while len(self.assigned_pools) > len(self._initial_pools):
            self.remove_last()
        self._restore(self._initial_pools)

    def place_all(self, demands: Sequence[Mapping[int, Span]]) -> None:
        """Place the first demands with the least overload and remember what was proven unavoidable."""
        for spans in demands:
            self.add(spans)
        for cell, excess in enumerate(self._excess):
            if excess:
                avoidable, closed = self._avoidable_excess(cell)
                self._allowed[cell] = excess - avoidable
                self._prices.charge(cell, closed)
        self._excess_cells = sum(1 << cell for cell, excess in enumerate(self._excess) if excess > self._allowed[cell])
        efforts = list(EFFORT_LEVELS)
        while violated := self._violated_groups():
            later = set(violated) - {min(violated)}
            self._relevant_cells = ~sum(1 << cell for cell, group in enumerate(self._group) if group in later)
            proof = self._search_placement(SEARCH_LIMIT if efforts else FINAL_SEARCH_LIMIT)
            self._relevant_cells = -1
            if proof is GIVEN_UP and not efforts:
                self._is_proven = False
                break
            if proof is GIVEN_UP:
                self._improve_or_prove(*efforts.pop(0))
            elif proof is not None:
                self._raise_budget(proof)
        self._least_overload = self.overload
        self._initial_pools = self.assigned_pools.copy()

    def _improve_or_prove(self, steps: int, cells: int, rounds: int) -> None:
        """Improve the placement, or else try to prove that its overload is the least."""
        self._reset_local_search(remember=True)
        if self._improve(steps):
            return
        self._restore(self._best_pools)
        kinds, raised = count_kinds(self._options), False
        for _ in range(HOTSPOTS):
            first, last = self._hotspot(cells)
            while self._prices.raise_bound(kinds, first, last, rounds):
                raised = True
            self._impasses[first:last] = [0] * (last - first)
        if raised:
            priced = frozenset(self._group[cell] for cell in self._prices.priced_cells())
            allowed = sum(self._allowed[cell] * self._widths[cell] for cell in range(len(self._widths)))
            budgeted = sum(self._budget.get(group, 0) for group in priced)
            short = self._prices.lower_bound(kinds) - allowed - budgeted
            if short > 0:
                self._raise_budget(Proof(0, priced, short))

    def _raise_budget(self, proof: Proof) -> None:
        merged = min(proof.groups)
        self._budget[merged] = sum(self._budget.pop(group, 0) for group in proof.groups) + proof.short
        self._group = [merged if group in proof.groups else group for group in self._group]

    def _search_placement(self, limit: int = -1) -> Proof | None:
        self._steps_left = limit
        self._undecided = (1 << len(self._options)) - 1
        self._decided_by.clear()
        return self._search()

    def _search(self) -> Proof | None:
        """Bring every relevant group within its budget (None), or undo everything and return the proof against it."""
        if not self._steps_left:
            return GIVEN_UP
        self._steps_left -= 1
        found = self._next_decision()
        if found is None or isinstance(found, Proof):
            return found
        demand, bit, home = found, 1 << found, self.assigned_pools[found]
        blamed, groups, short = 0, frozenset[int](), 1 << 62
        pools = sorted(self._options[demand], key=lambda pool: (pool == home, self._added_excess(demand, pool)))
        self._undecided &= ~bit
        self._decided_by[demand] = bit
        for pool in pools:
            twins = 0
            if pool == home:  # equal demands in this pool stay too: moving one of them instead is refuted already
                twins = self._same_kind[self._kinds[demand]] & self._placed_on[home] & self._undecided
                self._undecided &= ~twins
                self._decided_by.update(dict.fromkeys(set_bits(twins), bit))
            else:
                self._move(demand, pool)
            proof = self._search()
            if proof is None:
                return None
            self._undecided |= twins
            if pool != home:
                self._move(demand, home)
            if not proof.demands & bit:
                self._undecided |= bit
                return proof
            blamed, groups, short = blamed | proof.demands, groups | proof.groups, min(short, proof.short)
        self._undecided |= bit
        return Proof(blamed & ~bit, groups, short)

    def _next_decision(self) -> int | Proof | None:
        """The demand to decide next; None if every group keeps its budget; a proof if some group cannot."""
        best, fewest = None, 1 << 62
        for group, cells in self._violated_groups().items():
            blamed, proven = 0, 0
            for cell in set_bits(cells):
                closed = self._closed_pools(cell)
                if closed is not None:
                    blamed |= self._responsible_decisions(cell, closed)
                    proven += (self._excess[cell] - self._allowed[cell]) * self._widths[cell]
                    continue
                movable = self._movable_demands(cell)
                if movable.bit_count() < fewest:
                    best, fewest = movable, movable.bit_count()
            if proven > self._budget.get(group, 0):
                return Proof(blamed, frozenset((group,)), proven - self._budget.get(group, 0))
        if best is None:
            return None
        return min(set_bits(best), key=self._least_added_excess)

    def _least_added_excess(self, demand: int) -> int:
        home = self.assigned_pools[demand]
        return min(
            (self._added_excess(demand, pool) for pool in self._options[demand] if pool != home), default=1 << 30
        )

    def _responsible_decisions(self, cell: int, closed: set[int]) -> int:
        """The decisions that keep the overload of the cell within the closed pools, as a bit mask."""
        blamed = 0
        for pool in closed:
            for demand in set_bits(self._placed_on[pool] & self._active[pool][cell] & ~self._undecided):
                if any(
                    other not in closed or not mask >> cell & 1 for other, (_, _, mask) in self._options[demand].items()
                ):
                    blamed |= self._decided_by[demand]
        return blamed
