"""Exact least overload: places sitters on benches so that as few seat-minutes as possible lie above the limits.

Time is cut into cells, within which nobody arrives or leaves. The search starts from a greedy placement and decides
only sitters met in a conflict; a dead end names the decisions that caused it, so that everything unrelated is skipped.
What is proven unavoidable becomes an allowance: first per cell (Hall's bound), then for the group of cells of one proof.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Span = tuple[int, int]
Cells = tuple[int, int, int]  # first cell, cell after the last, the same as a bit mask


@dataclass(frozen=True, slots=True)
class Proof:
    """Why no placement stays within the allowances: the decisions and groups it rests on, and the least shortfall."""

    sitters: int
    groups: frozenset[int]
    short: int


class Placement:
    """Sitters on benches, kept at the least overload; sitters are numbered as they come."""

    def __init__(self, instants: Iterable[int], limits: Mapping[int, int]) -> None:
        self._edges = sorted(set(instants))
        self._width = [later - sooner for sooner, later in zip(self._edges, self._edges[1:], strict=False)]
        cells = len(self._width)
        self._limits = limits
        self._loads = {bench: [0] * cells for bench in limits}
        self._full = {
            bench: 0 if limit else (1 << cells) - 1 for bench, limit in limits.items()
        }  # no free seat
        self._on = dict.fromkeys(limits, 0)  # sitters placed on each bench
        self._active = {
            bench: [0] * cells for bench in limits
        }  # sitters that load it in the cell if placed on it
        self._over = [0] * cells
        self._allowed = [0] * cells  # overload proven unavoidable in the cell itself
        self._hot = 0  # cells above what is allowed
        self._cared = -1  # cells whose allowance the search must keep
        self._group = list(range(cells))
        self._budget: dict[int, int] = {}  # excess proven unavoidable in a group of cells, in seat-minutes
        self._options: list[Mapping[int, Cells]] = []
        self.benches: list[int] = []
        self._kin: dict[tuple[tuple[int, Cells], ...], int] = {}
        self._twins: list[tuple[tuple[int, Cells], ...]] = []
        self._free = 0  # sitters the search has not decided
        self._pin: dict[int, int] = {}

    @property
    def overload(self) -> int:
        """Seat-minutes above the limits in this placement."""
        return sum(over * width for over, width in zip(self._over, self._width, strict=True))

    def sit(self, spans: Mapping[int, Span]) -> None:
        """Put one more sitter where it does least harm; `spans` says the time it would load each bench."""
        options = {bench: self._cells(span) for bench, span in spans.items()}
        sitter = len(self._options)
        kind = tuple(options.items())
        self._options.append(options)
        self._twins.append(kind)
        self._kin[kind] = self._kin.get(kind, 0) | 1 << sitter
        for bench, (first, last, _) in options.items():
            row = self._active[bench]
            for cell in range(first, last):
                row[cell] |= 1 << sitter
        self.benches.append(min(options, key=lambda bench: self._harm(sitter, bench)))
        self._load(sitter, self.benches[-1], 1)

    def rise(self) -> None:
        """Take the last sitter away again."""
        options, kind, bench = self._options[-1], self._twins.pop(), self.benches[-1]
        sitter = len(self._options) - 1
        self._load(sitter, bench, -1)
        for each, (first, last, _) in options.items():
            row = self._active[each]
            for cell in range(first, last):
                row[cell] &= ~(1 << sitter)
        self._kin[kind] &= ~(1 << sitter)
        self._options.pop()
        self.benches.pop()

    def admit(self, spans: Mapping[int, Span]) -> bool:
        """Whether one more sitter fits without raising the overload; it stays when it does."""
        self.sit(spans)
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
        while violated := self._violated():
            later = set(violated) - {min(violated)}
            self._cared = ~sum(1 << cell for cell, group in enumerate(self._group) if group in later)
            proof = self._reseat()
            self._cared = -1
            if proof is not None:
                self._allow(proof)

    def _allow(self, proof: Proof) -> None:
        heir = min(proof.groups)
        self._budget[heir] = sum(self._budget.pop(group, 0) for group in proof.groups) + proof.short
        self._group = [heir if group in proof.groups else group for group in self._group]

    def _cells(self, span: Span) -> Cells:
        first = bisect_right(self._edges, span[0]) - 1
        last = bisect_left(self._edges, span[1])
        return first, last, (1 << last) - (1 << first)

    def _harm(self, sitter: int, bench: int) -> int:
        return (self._full[bench] & self._cared & self._options[sitter][bench][2]).bit_count()

    def _load(self, sitter: int, bench: int, change: int) -> None:
        first, last, _ = self._options[sitter][bench]
        limit, loads, over, allowed = self._limits[bench], self._loads[bench], self._over, self._allowed
        self._on[bench] ^= 1 << sitter
        for cell in range(first, last):
            load = loads[cell] = loads[cell] + change
            if change > 0:
                if load > limit:
                    over[cell] += 1
                    if over[cell] > allowed[cell]:
                        self._hot |= 1 << cell
                elif load == limit:
                    self._full[bench] |= 1 << cell
            elif load >= limit:
                over[cell] -= 1
                if over[cell] <= allowed[cell]:
                    self._hot &= ~(1 << cell)
            elif load == limit - 1:
                self._full[bench] &= ~(1 << cell)

    def _move(self, sitter: int, bench: int) -> None:
        self._load(sitter, self.benches[sitter], -1)
        self._load(sitter, bench, 1)
        self.benches[sitter] = bench

    def _violated(self) -> dict[int, int]:
        """Groups above their budget, each with its hot cells."""
        excess: dict[int, int] = {}
        cells: dict[int, int] = {}
        for cell in bits(self._hot & self._cared):
            group = self._group[cell]
            excess[group] = (
                excess.get(group, 0) + (self._over[cell] - self._allowed[cell]) * self._width[cell]
            )
            cells[group] = cells.get(group, 0) | 1 << cell
        return {group: cells[group] for group, much in excess.items() if much > self._budget.get(group, 0)}

    def _reseat(self) -> Proof | None:
        self._free = (1 << len(self._options)) - 1
        self._pin.clear()
        return self._search()

    def _search(self) -> Proof | None:
        """Bring every cared-for group within its budget, or undo everything and prove that it cannot be done."""
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
        return min(
            (self._harm(sitter, bench) for bench in self._options[sitter] if bench != home), default=1 << 30
        )

    def _movable(self, cell: int) -> int:
        """Undecided sitters on the benches overloaded in the cell."""
        found = 0
        for bench, limit in self._limits.items():
            if self._loads[bench][cell] > limit:
                found |= self._on[bench] & self._active[bench][cell]
        return found & self._free

    def _closed(self, cell: int) -> set[int] | None:
        """The benches among which the overload of the cell can only be passed round; nothing when it can leave."""
        bit = 1 << cell
        reach = [bench for bench, limit in self._limits.items() if self._loads[bench][cell] > limit]
        seen = set(reach)
        for bench in reach:
            for sitter in bits(self._on[bench] & self._active[bench][cell] & self._free):
                for other, (_, _, mask) in self._options[sitter].items():
                    if other not in seen:
                        if not mask & bit or not self._full[other] & bit:
                            return None
                        seen.add(other)
                        reach.append(other)
        return seen

    def _blame(self, cell: int, closed: set[int]) -> int:
        """The decisions without which the overload of the cell could leave the closed benches."""
        blamed = 0
        for bench in closed:
            for sitter in bits(self._on[bench] & self._active[bench][cell] & ~self._free):
                if any(
                    other not in closed or not mask >> cell & 1
                    for other, (_, _, mask) in self._options[sitter].items()
                ):
                    blamed |= self._pin[sitter]
        return blamed

    def _avoidable(self, cell: int) -> int:
        """How much overload of the cell alone could be avoided if sitters could change benches at any time."""
        on = {bench: list(bits(members & self._active[bench][cell])) for bench, members in self._on.items()}
        gained = 0
        while path := self._way_out(cell, on):
            for sitter, bench, other in path:
                on[bench].remove(sitter)
                if self._options[sitter][other][2] >> cell & 1:
                    on[other].append(sitter)
            gained += 1
        return gained

    def _way_out(self, cell: int, on: Mapping[int, Sequence[int]]) -> list[tuple[int, int, int]]:
        reach = [bench for bench, limit in self._limits.items() if len(on[bench]) > limit]
        came: dict[int, tuple[int, int, int] | None] = dict.fromkeys(reach)
        for bench in reach:
            for sitter in on[bench]:
                for other, (_, _, mask) in self._options[sitter].items():
                    if not mask >> cell & 1 or (other not in came and len(on[other]) < self._limits[other]):
                        steps, step = [(sitter, bench, other)], came[bench]
                        while step is not None:
                            steps.append(step)
                            step = came[step[1]]
                        return steps
                    if other not in came:
                        came[other] = (sitter, bench, other)
                        reach.append(other)
        return []


def bits(mask: int) -> Iterator[int]:
    """Positions of the ones of a mask, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
