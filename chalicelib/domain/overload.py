"""Exact least overload: places sitters on benches so that as few seat-minutes as possible lie above the limits.

Whether one more fits is asked in rising order of effort, and every answer is a proof: a search that decides only
sitters met in a conflict and skips back to the decisions a dead end rests on; haggling, which finds seats on nearly
full days; prices, which prove refusals; and at last the search without a limit. What is proven unavoidable becomes an
allowance: first per cell (Hall's bound), then for the group of cells of one proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.occupancy import Occupancy, Span, bits
from chalicelib.domain.prices import Prices


@dataclass(frozen=True, slots=True)
class Proof:
    """Why no placement stays within the allowances: the decisions and groups it rests on, and the least shortfall."""

    sitters: int
    groups: frozenset[int]
    short: int


GIVEN_UP = Proof(0, frozenset(), 0)  # the search reached the end of its patience: nothing is proven
PATIENCE = 40  # sitters decided before something else is tried
EFFORTS = ((30, 10), (100, 40), (300, 150), (1000, 400))  # moves haggled over, rounds of prices


class Placement(Occupancy):
    """An occupancy kept at the least overload; sitters are numbered as they come."""

    def __init__(self, instants: Iterable[int], limits: Mapping[int, int]) -> None:
        super().__init__(instants, limits)
        self._prices = Prices(limits, self._width)
        self._least = 0
        self._group = list(range(len(self._width)))
        self._budget: dict[int, int] = {}  # excess proven unavoidable in a group of cells, in seat-minutes
        self._pin: dict[int, int] = {}
        self._patience = -1

    def admit(self, spans: Mapping[int, Span]) -> bool:
        """Whether one more sitter fits without raising the overload; it stays when it does."""
        self.sit(spans)
        proof = self._reseat(PATIENCE)
        if proof is not GIVEN_UP:
            if proof is not None:
                self.rise()
            return proof is None
        for steps, rounds in EFFORTS:
            if self._haggle(steps):
                return True
            if self._prices.exceed(self._least, self._options, rounds):
                self.rise()
                return False
        if self._reseat() is None:
            return True
        self.rise()
        return False

    def seat(self, arrivals: Sequence[Mapping[int, Span]]) -> None:
        """Place the first sitters with the least overload, and remember what was proven unavoidable."""
        for spans in arrivals:
            self.sit(spans)
        for cell, over in enumerate(self._over):
            if over:
                self._allowed[cell] = over - self._avoidable(cell)
        self._hot = sum(1 << cell for cell, over in enumerate(self._over) if over > self._allowed[cell])
        efforts = list(EFFORTS)
        while violated := self._violated():
            later = set(violated) - {min(violated)}
            self._cared = ~sum(1 << cell for cell, group in enumerate(self._group) if group in later)
            proof = self._reseat(PATIENCE if efforts else -1)
            self._cared = -1
            if proof is GIVEN_UP:
                self._strive(*efforts.pop(0))
            elif proof is not None:
                self._allow(proof)
        self._least = self.overload

    def _strive(self, steps: int, rounds: int) -> None:
        """Improve the placement, or else try to prove that what it costs is the least."""
        if not self._haggle(steps, keep=True) and self._prices.exceed(self.overload - 1, self._options, rounds):
            floor = sum(over * width for over, width in zip(self._allowed, self._width, strict=True))
            self._allow(Proof(0, frozenset(self._group), self.overload - floor - sum(self._budget.values())))

    def _allow(self, proof: Proof) -> None:
        heir = min(proof.groups)
        self._budget[heir] = sum(self._budget.pop(group, 0) for group in proof.groups) + proof.short
        self._group = [heir if group in proof.groups else group for group in self._group]

    def _violated(self) -> dict[int, int]:
        """Groups above their budget, each with its hot cells."""
        excess: dict[int, int] = {}
        cells: dict[int, int] = {}
        for cell in bits(self._hot & self._cared):
            group = self._group[cell]
            excess[group] = excess.get(group, 0) + (self._over[cell] - self._allowed[cell]) * self._width[cell]
            cells[group] = cells.get(group, 0) | 1 << cell
        return {group: cells[group] for group, much in excess.items() if much > self._budget.get(group, 0)}

    def _reseat(self, patience: int = -1) -> Proof | None:
        self._patience = patience
        self._free = (1 << len(self._options)) - 1
        self._pin.clear()
        return self._search()

    def _haggle(self, steps: int, *, keep: bool = False) -> bool:
        """Try to bring every group within its budget by single moves, crowded seats growing dearer at each impasse.

        Failing that, everybody returns to where they were, or with `keep` to the best placement met.
        """
        best, least = self.benches.copy(), self.overload
        self._free = (1 << len(self._options)) - 1
        dearness = {bench: [1] * len(self._width) for bench in self._limits}
        moved: dict[int, int] = {}
        for step in range(steps):
            violated = self._violated()
            if not violated:
                return True
            if keep and (reached := self.overload) < least:
                best, least = self.benches.copy(), reached
            places = [cell for cells in violated.values() for cell in bits(cells)]
            offer = min(self._offers(places[step % len(places)], dearness, moved), default=None)
            if offer is not None and offer[0] < 0:
                moved[offer[2]] = step
                self._move(offer[2], offer[3])
            else:
                self._raise(dearness, places)
        for sitter, bench in enumerate(best):
            if self.benches[sitter] != bench:
                self._move(sitter, bench)
        return False

    def _offers(
        self, cell: int, dearness: Mapping[int, Sequence[int]], moved: Mapping[int, int]
    ) -> Iterator[tuple[int, int, int, int]]:
        """Moves away from the benches crowded in the cell: added dearness, step of the last move, sitter, bench."""
        for sitter in bits(self._movable(cell)):
            options, home = self._options[sitter], self.benches[sitter]
            gain = self._dear(sitter, home, self._limits[home] + 1, dearness[home])
            for bench, (_, _, mask) in options.items():
                if bench != home:
                    blocked = self._full[bench] & mask
                    loss = self._dear(sitter, bench, self._limits[bench], dearness[bench]) if blocked else 0
                    yield loss - gain, moved.get(sitter, -1), sitter, bench

    def _dear(self, sitter: int, bench: int, least: int, dearness: Sequence[int]) -> int:
        """What the sitter's cells on the bench cost where at least so many sit there already."""
        first, last, _ = self._options[sitter][bench]
        loads = self._loads[bench]
        return sum(dearness[cell] for cell in range(first, last) if loads[cell] >= least)

    def _raise(self, dearness: Mapping[int, list[int]], places: Sequence[int]) -> None:
        for bench, limit in self._limits.items():
            for cell in places:
                if self._loads[bench][cell] > limit:
                    dearness[bench][cell] += 1

    def _search(self) -> Proof | None:
        """Bring every cared-for group within its budget, or undo everything and prove that it cannot be done."""
        if not self._patience:
            return GIVEN_UP
        self._patience -= 1
        found = self._branch()
        if found is None or isinstance(found, Proof):
            return found
        sitter, bit, home = found, 1 << found, self.benches[found]
        blamed, groups, short = 0, frozenset[int](), 1 << 62
        ways = sorted(self._options[sitter], key=lambda bench: (bench == home, self._harm(sitter, bench)))
        self._free &= ~bit
        self._pin[sitter] = bit
        for bench in ways:
            still = 0
            if bench == home:  # its twins here stay as well: one of them leaving instead was refuted just now
                still = self._kin[self._twins[sitter]] & self._on[home] & self._free
                self._free &= ~still
                self._pin.update(dict.fromkeys(bits(still), bit))
            else:
                self._move(sitter, bench)
            proof = self._search()
            if proof is None:
                return None
            self._free |= still
            if bench != home:
                self._move(sitter, home)
            if not proof.sitters & bit:
                self._free |= bit
                return proof
            blamed, groups, short = blamed | proof.sitters, groups | proof.groups, min(short, proof.short)
        self._free |= bit
        return Proof(blamed & ~bit, groups, short)

    def _branch(self) -> int | Proof | None:
        """The sitter to decide next; nothing when all is well; a proof when some group cannot be brought to order."""
        best, fewest = None, 1 << 62
        for group, cells in self._violated().items():
            blamed, proven = 0, 0
            for cell in bits(cells):
                closed = self._closed(cell)
                if closed is not None:
                    blamed |= self._blame(cell, closed)
                    proven += (self._over[cell] - self._allowed[cell]) * self._width[cell]
                    continue
                movable = self._movable(cell)
                if movable.bit_count() < fewest:
                    best, fewest = movable, movable.bit_count()
            if proven > self._budget.get(group, 0):
                return Proof(blamed, frozenset((group,)), proven - self._budget.get(group, 0))
        if best is None:
            return None
        return min(bits(best), key=self._least_harm)

    def _least_harm(self, sitter: int) -> int:
        home = self.benches[sitter]
        return min((self._harm(sitter, bench) for bench in self._options[sitter] if bench != home), default=1 << 30)

    def _blame(self, cell: int, closed: set[int]) -> int:
        """The decisions without which the overload of the cell could leave the closed benches."""
        blamed = 0
        for bench in closed:
            for sitter in bits(self._on[bench] & self._active[bench][cell] & ~self._free):
                if any(
                    other not in closed or not mask >> cell & 1 for other, (_, _, mask) in self._options[sitter].items()
                ):
                    blamed |= self._pin[sitter]
        return blamed
