"""Exact least overload: places sitters on benches so that as few seat-minutes as possible lie above the limits.

Whether one more fits is asked in rising order of effort, and every answer is a proof: a search that decides only
sitters met in a conflict and skips back to the decisions a dead end rests on; haggling, which finds seats on nearly
full days; prices, which prove refusals; and at last a longer search. What is proven unavoidable becomes an allowance:
first per cell (Hall's bound), then for the group of cells of one proof.

Every effort is counted in steps. Where all of them end without a seat or a proof, the newcomer is refused, so that
nothing is ever oversold, and the question is counted in `gave_up`; nor is anybody admitted among sitters whose own
least overload could not be proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.capacity.dual_bound import DualPrices, count_kinds
from chalicelib.domain.capacity.load_profile import CellRange, Span, set_bits
from chalicelib.domain.capacity.local_search import LocalSearch


@dataclass(frozen=True, slots=True)
class Proof:
    """Why no placement stays within the allowances: the decisions and groups it rests on, and the least shortfall."""

    demands: int
    groups: frozenset[int]
    short: int


GIVEN_UP = Proof(0, frozenset(), 0)  # the search reached the end of its patience: nothing is proven
SEARCH_LIMIT = 40  # sitters decided before something else is tried
FINAL_SEARCH_LIMIT = 300  # sitters decided before the search gives up: with the efforts about half a second
# Moves haggled over; cells in which prices are then sought, rounds of it.
EFFORT_LEVELS = ((40, 4, 40), (80, 6, 80), (200, 5, 150), (400, 8, 150), (1000, 6, 300), (2500, 12, 300))
HOTSPOTS = 2  # stretches of time in which a proof is sought for those first seated


class OverloadSolver(LocalSearch):
    """An occupancy kept at the least overload; sitters are numbered as they come."""

    def __init__(self, instants: Iterable[int], limits: Mapping[int, int]) -> None:
        super().__init__(instants, limits)
        self._prices = DualPrices(limits, self._widths)
        self._least_overload = 0
        self._decided_by: dict[int, int] = {}
        self._steps_left = -1
        self._initial_pools: list[int] = []
        self._known_counts: dict[tuple[tuple[int, CellRange], ...], int] = {}
        self._is_proven = True  # nobody can be seated with less overload
        self.gave_up = 0  # questions left unanswered, taken for refusals

    def admit(self, spans: Mapping[int, Span]) -> bool:
        """Whether one more sitter fits without raising the overload; it stays when it does."""
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
        """Find the newcomer's seat by haggling, or else a proof that there is none."""
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
        """So many cells in a row where haggling most often came to an impasse."""
        last = max(0, len(self._widths) - cells)
        first = max(range(last + 1), key=lambda cell: sum(self._impasses[cell : cell + cells]))
        return first, min(first + cells, len(self._widths))

    def count_admissible(self, spans: Mapping[int, Span], at_most: int | None) -> int:
        """How many such newcomers fit one after the other; the sitters are left as they were.

        Starts within one cell ask the same question: the answer is kept.
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
        """Take away those who were admitted since everybody was seated, and put the others back where they were."""
        while len(self.assigned_pools) > len(self._initial_pools):
            self.remove_last()
        self._restore(self._initial_pools)

    def place_all(self, demands: Sequence[Mapping[int, Span]]) -> None:
        """Place the first sitters with the least overload, and remember what was proven unavoidable."""
        for spans in demands:
            self.add(spans)
        for cell, over in enumerate(self._excess):
            if over:
                avoidable, closed = self._avoidable_excess(cell)
                self._allowed[cell] = over - avoidable
                self._prices.charge(cell, closed)
        self._excess_cells = sum(1 << cell for cell, over in enumerate(self._excess) if over > self._allowed[cell])
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
        """Improve the placement, or else try to prove that what it costs is the least."""
        self._reset_local_search(remember=True)
        if self._improve(steps):
            return
        self._restore(self._best_pools)
        kinds, gained = count_kinds(self._options), False
        for _ in range(HOTSPOTS):
            first, last = self._hotspot(cells)
            while self._prices.raise_bound(kinds, first, last, rounds):
                gained = True
            self._impasses[first:last] = [0] * (last - first)
        if gained:
            priced = frozenset(self._group[cell] for cell in self._prices.priced_cells())
            due = sum(self._allowed[cell] * self._widths[cell] for cell in range(len(self._widths)))
            known = sum(self._budget.get(group, 0) for group in priced)
            short = self._prices.lower_bound(kinds) - due - known
            if short > 0:
                self._raise_budget(Proof(0, priced, short))

    def _raise_budget(self, proof: Proof) -> None:
        heir = min(proof.groups)
        self._budget[heir] = sum(self._budget.pop(group, 0) for group in proof.groups) + proof.short
        self._group = [heir if group in proof.groups else group for group in self._group]

    def _search_placement(self, limit: int = -1) -> Proof | None:
        self._steps_left = limit
        self._undecided = (1 << len(self._options)) - 1
        self._decided_by.clear()
        return self._search()

    def _search(self) -> Proof | None:
        """Bring every cared-for group within its budget, or undo everything and prove that it cannot be done."""
        if not self._steps_left:
            return GIVEN_UP
        self._steps_left -= 1
        found = self._next_decision()
        if found is None or isinstance(found, Proof):
            return found
        demand, bit, home = found, 1 << found, self.assigned_pools[found]
        blamed, groups, short = 0, frozenset[int](), 1 << 62
        ways = sorted(self._options[demand], key=lambda pool: (pool == home, self._added_excess(demand, pool)))
        self._undecided &= ~bit
        self._decided_by[demand] = bit
        for pool in ways:
            still = 0
            if pool == home:  # its twins here stay as well: one of them leaving instead was refuted just now
                still = self._same_kind[self._kinds[demand]] & self._placed_on[home] & self._undecided
                self._undecided &= ~still
                self._decided_by.update(dict.fromkeys(set_bits(still), bit))
            else:
                self._move(demand, pool)
            proof = self._search()
            if proof is None:
                return None
            self._undecided |= still
            if pool != home:
                self._move(demand, home)
            if not proof.demands & bit:
                self._undecided |= bit
                return proof
            blamed, groups, short = blamed | proof.demands, groups | proof.groups, min(short, proof.short)
        self._undecided |= bit
        return Proof(blamed & ~bit, groups, short)

    def _next_decision(self) -> int | Proof | None:
        """The sitter to decide next; nothing when all is well; a proof when some group cannot be brought to order."""
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
        """The decisions without which the overload of the cell could leave the closed benches."""
        blamed = 0
        for pool in closed:
            for demand in set_bits(self._placed_on[pool] & self._active[pool][cell] & ~self._undecided):
                if any(
                    other not in closed or not mask >> cell & 1 for other, (_, _, mask) in self._options[demand].items()
                ):
                    blamed |= self._decided_by[demand]
        return blamed
