"""A brute-force oracle for seating: tries every placement and counts every minute, as the rule says (D1)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from chalicelib.domain.capacity.capacity_model import Bench, Sitter


def options(benches: Sequence[Bench], sitter: Sitter) -> list[int | None]:
    """Benches the sitter may be placed on: covering ones, else overlapping ones, else none."""
    covering = [b for b in sitter.choices if covers(benches[b], sitter)]
    overlapping = [b for b in sitter.choices if sitter.start < benches[b].end and benches[b].start < sitter.end]
    return [*covering] or [*overlapping] or [None]


def covers(bench: Bench, sitter: Sitter) -> bool:
    return bench.start <= sitter.start and sitter.end <= bench.end


def overload(benches: Sequence[Bench], sitters: Sequence[Sitter], placement: Sequence[int | None]) -> int:
    """Seat-minutes above the limits, minute by minute within each bench's own time."""
    total = 0
    for index, bench in enumerate(benches):
        placed = [s for s, where in zip(sitters, placement, strict=True) if where == index]
        for minute in range(bench.start, bench.end):
            total += max(0, sum(s.start <= minute < s.end for s in placed) - bench.limit)
    return total


def least_overload(benches: Sequence[Bench], sitters: Sequence[Sitter]) -> int:
    placements = product(*(options(benches, sitter) for sitter in sitters))
    return min(overload(benches, sitters, placement) for placement in placements)


def admits(benches: Sequence[Bench], sitters: Sequence[Sitter], candidate: Sitter) -> bool:
    if not any(covers(benches[b], candidate) for b in candidate.choices):
        return False
    return least_overload(benches, [*sitters, candidate]) == least_overload(benches, sitters)


def room(benches: Sequence[Bench], sitters: Sequence[Sitter], candidate: Sitter) -> int:
    found = 0
    while admits(benches, [*sitters, *[candidate] * found], candidate):
        found += 1
    return found


def first_come(benches: Sequence[Bench], sitters: Sequence[Sitter]) -> list[bool]:
    seated: list[Sitter] = []
    answer = []
    for sitter in sitters:
        fits = any(covers(benches[b], sitter) for b in sitter.choices)
        fits = fits and least_overload(benches, [*seated, sitter]) == 0
        seated += [sitter] if fits else []
        answer.append(fits)
    return answer
