"""Realistic days of a busy location: blocks with different services and hours, and the demands for their seats.

Nothing here asks the product: each demand gets an actual seat, so a day that is not over-full is known to have a
placement without overload.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from chalicelib.domain.capacity.capacity_model import Demand, SeatPool

KINDS = ("quiet", "busy", "near full", "full", "over full", "cut", "mixed near full", "mixed full", "mixed over full")
OPENS, CLOSES = 0, 480
SHIFTS = ((0, 480), (0, 480), (0, 240), (240, 480), (0, 180), (120, 360), (180, 480), (60, 420))
LENGTHS = (15, 30, 45, 60)
GRID = 15
BLOCKS = 12
DEMANDS = 200


@dataclass(frozen=True)
class DemandDay:
    """Pools, demands that have a seat (oldest first), and candidates that ask for one."""

    pools: list[SeatPool]
    demands: list[Demand]
    candidates: list[Demand]


class DemandGenerator:
    """A location's blocks: four teams with different skills, in shifts, some with a seat reserved for staff."""

    def __init__(self, random: Random, blocks: int, *, mixed: bool) -> None:
        services = random.randint(3, 6)
        teams = [set(random.sample(range(services), random.randint(1, services - 1))) for _ in range(4)]
        teams[0] = set(range(services))
        self._random = random
        self._mixed = mixed
        self._lengths = [random.choice(LENGTHS) for _ in range(services)]
        self._skills: list[set[int]] = []
        self._reserve: list[bool] = []
        self.pools: list[SeatPool] = []
        for _ in range(blocks):
            shift, skills, limit = random.choice(SHIFTS), random.choice(teams), random.choice((1, 2, 2, 3))
            reserved = limit > 1 and random.random() < 0.25
            self._add(SeatPool(*shift, limit - reserved), skills, reserve=False)
            if reserved:
                self._add(SeatPool(*shift, 1), skills, reserve=True)
        self._offered = sorted(set().union(*self._skills))

    def _add(self, pool: SeatPool, skills: set[int], *, reserve: bool) -> None:
        self.pools.append(pool)
        self._skills.append(skills)
        self._reserve.append(reserve)

    def candidate(self) -> Demand:
        """A demand for a random service at a time within the opening hours."""
        service = self._random.choice(self._offered)
        length = self.length(service)
        start = self._random.randrange(OPENS, CLOSES - length + 1, GRID)
        return self.demand(start, start + length, service)

    def demand(self, start: int, end: int, service: int) -> Demand:
        """A demand for the service; one in four came through staff and may use reserved seats."""
        staff = self._random.random() < 0.25
        choices = [i for i, skills in enumerate(self._skills) if service in skills and (staff or not self._reserve[i])]
        return Demand(start, end, tuple(choices))

    def length(self, service: int) -> int:
        """Minutes: the service's own, or any when lengths are mixed."""
        return self._random.choice(LENGTHS) if self._mixed else self._lengths[service]

    def tiled(self, gaps: float) -> list[Demand]:
        """Demands that fill every seat from end to end but for some gaps, in random order."""
        found = []
        for index, pool in enumerate(self.pools):
            for _ in range(pool.limit):
                found += self._row(index, gaps)
        self._random.shuffle(found)
        return found

    def _row(self, index: int, gaps: float) -> list[Demand]:
        pool, row = self.pools[index], []
        start = pool.start
        while start < pool.end:
            service = self._random.choice(sorted(self._skills[index]))
            end = start + self.length(service)
            if end > pool.end or self._random.random() < gaps:
                start += GRID
                continue
            demand = self.demand(start, end, service)
            row.append(demand if index in demand.choices else Demand(start, end, (*demand.choices, index)))
            start = end
        return row


def demand_day(kind: str, seed: int, blocks: int = BLOCKS, most: int = DEMANDS) -> DemandDay:
    """A day of one of KINDS, the same for the same seed."""
    random = Random(f"{kind} {seed}")
    generator = DemandGenerator(random, blocks, mixed=kind.startswith("mixed"))
    pools = generator.pools
    if kind in ("full", "mixed full"):
        demands = generator.tiled(gaps=0.05)
    else:
        share = {"quiet": 0.4, "busy": 0.75}.get(kind, 1.0)
        demands = _seated(generator, random, int(most * share))
    if kind.endswith("over full"):
        demands += [generator.candidate() for _ in range(8)]
    if kind == "cut":
        index = random.randrange(len(pools))
        pools[index] = SeatPool(pools[index].start, pools[index].end, 0)
    return DemandDay(pools, demands, [generator.candidate() for _ in range(12)])


def _seated(generator: DemandGenerator, random: Random, most: int) -> list[Demand]:
    """The demands that found a seat, of many that asked one after the other."""
    loads = [[0] * (CLOSES // GRID) for _ in generator.pools]
    found: list[Demand] = []
    for _ in range(5 * DEMANDS):
        if len(found) == most:
            break
        candidate = generator.candidate()
        cells = range(candidate.start // GRID, candidate.end // GRID)
        seats = [i for i in candidate.choices if _free(generator.pools[i], candidate, loads[i], cells)]
        if seats:
            pool = random.choice(seats)
            found.append(candidate)
            for cell in cells:
                loads[pool][cell] += 1
    return found


def _free(pool: SeatPool, candidate: Demand, loads: Sequence[int], cells: range) -> bool:
    inside = pool.start <= candidate.start and candidate.end <= pool.end
    return inside and all(loads[cell] < pool.limit for cell in cells)
