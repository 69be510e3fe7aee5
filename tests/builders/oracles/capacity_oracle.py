"""A brute-force oracle for capacity: tries every placement and counts every minute, as the rule says (D1)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from chalicelib.domain.capacity.capacity_model import Demand, SeatPool


def placements(pools: Sequence[SeatPool], demand: Demand) -> list[int | None]:
    """Pools for the demand: those that cover it, else those that overlap it, else ``None``."""
    covering = [b for b in demand.choices if covers(pools[b], demand)]
    overlapping = [b for b in demand.choices if demand.start < pools[b].end and pools[b].start < demand.end]
    return [*covering] or [*overlapping] or [None]


def covers(pool: SeatPool, demand: Demand) -> bool:
    return pool.start <= demand.start and demand.end <= pool.end


def overload(pools: Sequence[SeatPool], demands: Sequence[Demand], placement: Sequence[int | None]) -> int:
    """Seat-minutes above the limits, minute by minute within each pool's own time."""
    total = 0
    for index, pool in enumerate(pools):
        placed = [s for s, where in zip(demands, placement, strict=True) if where == index]
        for minute in range(pool.start, pool.end):
            total += max(0, sum(s.start <= minute < s.end for s in placed) - pool.limit)
    return total


def least_overload(pools: Sequence[SeatPool], demands: Sequence[Demand]) -> int:
    tried = product(*(placements(pools, demand) for demand in demands))
    return min(overload(pools, demands, placement) for placement in tried)


def admits(pools: Sequence[SeatPool], demands: Sequence[Demand], candidate: Demand) -> bool:
    if not any(covers(pools[b], candidate) for b in candidate.choices):
        return False
    return least_overload(pools, [*demands, candidate]) == least_overload(pools, demands)


def first_come_first_served(pools: Sequence[SeatPool], demands: Sequence[Demand]) -> list[bool]:
    seated: list[Demand] = []
    answers = []
    for demand in demands:
        fits = any(covers(pools[b], demand) for b in demand.choices)
        fits = fits and least_overload(pools, [*seated, demand]) == 0
        seated += [demand] if fits else []
        answers.append(fits)
    return answers
