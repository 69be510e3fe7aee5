"""The capacity model: pools and demands, and the least overload of any placement (D1, D3), for listing and booking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress

from chalicelib.domain.capacity.first_fit import SeatRequest, all_fit
from chalicelib.domain.capacity.load_profile import Span
from chalicelib.domain.capacity.solver import OverloadSolver


@dataclass(frozen=True, slots=True)
class SeatPool:
    """`limit` equal seats during [start, end), in minutes since 1970 UTC."""

    start: int
    end: int
    limit: int


@dataclass(frozen=True, slots=True)
class Demand:
    """One appointment or hold during [start, end), in minutes since 1970 UTC; `choices` are indices of pools."""

    start: int
    end: int
    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Component:
    """Indices of pools and demands that influence one another and no others."""

    pools: frozenset[int]
    demands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _BusyPeriod:
    """A stretch of time whose ends no demand spans, with its components."""

    start: int
    end: int
    components: tuple[_Component, ...]


class CapacityModel:
    """Pools and demands, prepared once for many questions; a component is solved when first needed."""

    def __init__(self, pools: Sequence[SeatPool], demands: Sequence[Demand]) -> None:
        self._pools = pools
        self._demands = demands
        self._spans = [_load_spans(pools, demand) for demand in demands]
        self._solvers: dict[_Component, OverloadSolver] = {}

    def admits(self, candidate: Demand) -> bool:
        """True if one more such demand is admissible (D1); False also if nothing is proven in time (`gave_up`)."""
        return self._fits_by_first_fit(candidate) or self.count_admissible(candidate, at_most=1) == 1

    def count_admissible(self, candidate: Demand, at_most: int | None = None) -> int:
        """The number of such demands that can still be admitted (D1); counting stops at `at_most`."""
        covering = frozenset(_covering_pools(self._pools, candidate))
        if not covering:
            return 0
        solver = self._solver(self._component_around(candidate, covering))
        spans = dict.fromkeys(sorted(covering), (candidate.start, candidate.end))
        gave_up = solver.gave_up
        count = solver.count_admissible(spans, at_most)
        # A demand that ``admits`` accepts by first fit must count here too, even if the search gave up.
        return int(self._fits_by_first_fit(candidate)) if not count and solver.gave_up > gave_up else count

    @property
    def gave_up(self) -> int:
        """The number of refusals so far for which neither a seat nor a proof was found in time."""
        return sum(solver.gave_up for solver in self._solvers.values())

    def overload(self) -> int:
        """The least overload, in seat-minutes (D1)."""
        return sum(self._solver(component).overload for component in self._all_components)

    def assign_pools(self) -> list[int | None]:
        """The pool of each demand in a placement with the least overload; None for one that loads no pool (D1)."""
        pools: list[int | None] = [None] * len(self._spans)
        for component in self._all_components:
            for demand, pool in zip(component.demands, self._solver(component).assigned_pools, strict=True):
                pools[demand] = pool
        return pools

    def first_come_first_served(self) -> list[bool]:
        """For each demand, True if it is admitted beside those admitted before it in the given order (D10, D13)."""
        admitted = [False] * len(self._spans)
        for component in self._all_components:
            solver = self._empty_solver(component)
            for demand in component.demands:
                admitted[demand] = solver.admit(self._spans[demand])
        return admitted

    @property
    def _all_components(self) -> Iterator[_Component]:
        return (component for period in self._busy_periods for component in period.components)

    @cached_property
    def _busy_periods(self) -> list[_BusyPeriod]:
        """The busy periods, the demands of each divided into components."""
        placeable = (index for index, spans in enumerate(self._spans) if spans)
        periods = _busy_periods((self._demands[index].start, self._demands[index].end, index) for index in placeable)
        return [_BusyPeriod(start, end, tuple(self._components(members))) for start, end, members in periods]

    def _components(self, members: Sequence[int]) -> list[_Component]:
        by_pools: dict[frozenset[int], list[int]] = {}
        for demand in members:
            by_pools.setdefault(frozenset(self._spans[demand]), []).append(demand)
        components: list[_Component] = []
        for pools, demands in by_pools.items():
            connected = [component for component in components if component.pools & pools]
            separate = [component for component in components if not component.pools & pools]
            components = [*separate, _merge_components([*connected, _Component(pools, tuple(demands))])]
        return components

    @cached_property
    def _seat_requests(self) -> list[tuple[SeatRequest, bool]]:
        """The demands that load a pool, each with True if it does so for its whole time, as covered demands do."""
        pairs = ((demand, spans) for demand, spans in zip(self._demands, self._spans, strict=True) if spans)
        return [
            ((demand.start, demand.end, frozenset(spans)), all(s == (demand.start, demand.end) for s in spans.values()))
            for demand, spans in pairs
        ]

    def _fits_by_first_fit(self, candidate: Demand) -> bool:
        """True if first fit places the candidate and every demand near it: no overload, and no search needed."""
        covering = frozenset(_covering_pools(self._pools, candidate))
        start, end = dependency_span(self._demands, candidate.start, candidate.end)
        near = [(request, whole) for request, whole in self._seat_requests if request[0] < end and start < request[1]]
        if not covering or not all(whole for _, whole in near):
            return False
        limits = {index: pool.limit for index, pool in enumerate(self._pools)}
        return all_fit(limits, [*(request for request, _ in near), (candidate.start, candidate.end, covering)])

    def _component_around(self, candidate: Demand, covering: frozenset[int]) -> _Component:
        """The pools and demands that can influence a decision about the candidate."""
        near = [
            component
            for period in self._busy_periods
            if period.start < candidate.end and candidate.start < period.end
            for component in period.components
            if component.pools & covering
        ]
        return _merge_components([*near, _Component(covering, ())])

    def _empty_solver(self, component: _Component) -> OverloadSolver:
        """A solver for the component's pools, without demands."""
        instants = {
            instant for demand in component.demands for span in self._spans[demand].values() for instant in span
        }
        limits = {index: self._pools[index].limit for index in sorted(component.pools)}
        for index in component.pools:
            instants |= {self._pools[index].start, self._pools[index].end}
        return OverloadSolver(instants, limits)

    def _solver(self, component: _Component) -> OverloadSolver:
        solver = self._solvers.get(component)
        if solver is None:
            solver = self._solvers[component] = self._empty_solver(component)
            solver.place_all([self._spans[demand] for demand in component.demands])
        return solver


def assign_pools(pools: Sequence[SeatPool], demands: Sequence[Demand]) -> list[int | None]:
    """A placement with the least overload: the index of each demand's pool, None for one that loads none (D1)."""
    return CapacityModel(pools, demands).assign_pools()


def first_come_first_served(pools: Sequence[SeatPool], demands: Sequence[Demand]) -> list[bool]:
    """For each demand, True if a pool covers it and it is admitted beside those admitted before it (D10, D13)."""
    covered = [bool(_covering_pools(pools, demand)) for demand in demands]
    model = CapacityModel(pools, list(compress(demands, covered)))
    admitted = iter(model.first_come_first_served())
    return [is_covered and next(admitted) for is_covered in covered]


def dependency_span(demands: Iterable[Demand], start: int, end: int) -> Span:
    """The smallest interval around [start, end) whose ends no demand spans: no decision depends on more."""
    for first, last, _ in _busy_periods((demand.start, demand.end, 0) for demand in demands):
        if first < end and start < last:
            start, end = min(start, first), max(end, last)
    return start, end


def _covering_pools(pools: Sequence[SeatPool], demand: Demand) -> list[int]:
    return [index for index in demand.choices if pools[index].start <= demand.start and demand.end <= pools[index].end]


def _load_spans(pools: Sequence[SeatPool], demand: Demand) -> dict[int, Span]:
    """The time for which the demand would load each pool it may take: those that cover it, else those it overlaps."""
    covering = _covering_pools(pools, demand)
    if covering:
        return dict.fromkeys(covering, (demand.start, demand.end))
    overlaps = {
        index: (max(demand.start, pools[index].start), min(demand.end, pools[index].end)) for index in demand.choices
    }
    return {index: span for index, span in overlaps.items() if span[0] < span[1]}


def _busy_periods(intervals: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, list[int]]]:
    """Intervals (start, end, index) that overlap, gathered into periods (start, end, indices), in order of time."""
    periods: list[tuple[int, int, list[int]]] = []
    for start, end, index in sorted(intervals):
        if periods and start < periods[-1][1]:
            first, last, members = periods[-1]
            members.append(index)
            periods[-1] = (first, max(last, end), members)
        else:
            periods.append((start, end, [index]))
    return periods


def _merge_components(components: Sequence[_Component]) -> _Component:
    pools = frozenset(pool for component in components for pool in component.pools)
    return _Component(pools, tuple(sorted(demand for component in components for demand in component.demands)))
