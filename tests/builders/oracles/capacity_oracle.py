"""A brute-force oracle for seating: tries every placement and counts every minute, as the rule says (D1)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from chalicelib.domain.capacity.capacity_model import Demand, SeatPool


def options(benches: Sequence[SeatPool], sitter: Demand) -> list[int | None]:
    """Benches the sitter may be placed on: covering ones, else overlapping ones, else none."""
    covering = [b for b in sitter.choices if covers(benches[b], sitter)]
    overlapping = [b for b in sitter.choices if sitter.start < benches[b].end and benches[b].start < sitter.end]
    return [*covering] or [*overlapping] or [None]


def covers(bench: SeatPool, sitter: Demand) -> bool:
    return bench.start <= sitter.start and sitter.end <= bench.end


def overload(benches: Sequence[SeatPool], sitters: Sequence[Demand], placement: Sequence[int | None]) -> int:
    """Seat-minutes above the limits, minute by minute within each bench's own time."""
    total = 0
    for index, bench in enumerate(benches):
        placed = [s for s, where in zip(sitters, placement, strict=True) if where == index]
        for minute in range(bench.start, bench.end):
            total += max(0, sum(s.start <= minute < s.end for s in placed) - bench.limit)
    return total


def least_overload(benches: Sequence[SeatPool], sitters: Sequence[Demand]) -> int:
    placements = product(*(options(benches, sitter) for sitter in sitters))
    return min(overload(benches, sitters, placement) for placement in placements)


def admits(benches: Sequence[SeatPool], sitters: Sequence[Demand], candidate: Demand) -> bool:
    if not any(covers(benches[b], candidate) for b in candidate.choices):
        return False
    return least_overload(benches, [*sitters, candidate]) == least_overload(benches, sitters)


def room(benches: Sequence[SeatPool], sitters: Sequence[Demand], candidate: Demand) -> int:
    found = 0
    while admits(benches, [*sitters, *[candidate] * found], candidate):
        found += 1
    return found


def first_come(benches: Sequence[SeatPool], sitters: Sequence[Demand]) -> list[bool]:
    seated: list[Demand] = []
    answer = []
    for sitter in sitters:
        fits = any(covers(benches[b], sitter) for b in sitter.choices)
        fits = fits and least_overload(benches, [*seated, sitter]) == 0
        seated += [sitter] if fits else []
        answer.append(fits)
    return answer
