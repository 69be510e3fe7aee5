"""Seating decides who fits on which bench with the least overload (D1, D3): one answer for listing and for booking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from chalicelib.domain.capacity.first_fit import SeatRequest, all_fit
from chalicelib.domain.capacity.load_profile import Span
from chalicelib.domain.capacity.solver import OverloadSolver


@dataclass(frozen=True, slots=True)
class SeatPool:
    """`limit` seats side by side during [start, end), in minutes since the epoch."""

    start: int
    end: int
    limit: int


@dataclass(frozen=True, slots=True)
class Demand:
    """One appointment or hold during [start, end), in minutes since the epoch; `choices` are indices of benches."""

    start: int
    end: int
    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Component:
    """Indices of benches and sitters that influence one another and nobody else."""

    pools: frozenset[int]
    demands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _BusyPeriod:
    """A stretch of time whose ends no sitter spans, with its parties."""

    start: int
    end: int
    components: tuple[_Component, ...]


class CapacityModel:
    """Benches with their sitters, prepared once for many questions; a party is solved when first needed."""

    def __init__(self, pools: Sequence[SeatPool], demands: Sequence[Demand]) -> None:
        self._pools = pools
        self._demands = demands
        self._spans = [_load_spans(pools, demand) for demand in demands]
        self._solvers: dict[_Component, OverloadSolver] = {}

    def admits(self, candidate: Demand) -> bool:
        """Whether one more such appointment is admissible (D1); not when neither is proven in time (`gave_up`)."""
        return self._fits_by_first_fit(candidate) or self.count_admissible(candidate, at_most=1) == 1

    def count_admissible(self, candidate: Demand, at_most: int | None = None) -> int:
        """How many more such appointments can be admitted one after the other (D1); counting stops at `at_most`."""
        covering = frozenset(_covering_pools(self._pools, candidate))
        if not covering:
            return 0
        placement = self._solved(self._component_around(candidate, covering))
        spans = dict.fromkeys(sorted(covering), (candidate.start, candidate.end))
        gave_up = placement.gave_up
        count = placement.count_admissible(spans, at_most)
        # Whatever ``admits`` sees at a glance must count here too, even where the search found no end.
        return int(self._fits_by_first_fit(candidate)) if not count and placement.gave_up > gave_up else count

    @property
    def gave_up(self) -> int:
        """How many questions so far were refused because neither a seat nor a proof was found in time."""
        return sum(placement.gave_up for placement in self._solvers.values())

    def overload(self) -> int:
        """The least overload, in seat-minutes (D1)."""
        return sum(self._solved(component).overload for run in self._busy_periods for component in run.components)

    def assign_pools(self) -> list[int | None]:
        """The bench of each sitter in a placement with the least overload; None for one that loads no bench (D1)."""
        seats: list[int | None] = [None] * len(self._spans)
        for component in (component for run in self._busy_periods for component in run.components):
            for demand, pool in zip(component.demands, self._solved(component).assigned_pools, strict=True):
                seats[demand] = pool
        return seats

    def first_come_first_served(self) -> list[bool]:
        """Which sitters find a seat when each is served in the given order, beside those seated before (D10, D13)."""
        seated = [False] * len(self._spans)
        for component in (component for run in self._busy_periods for component in run.components):
            placement = self._empty_solver(component)
            for demand in component.demands:
                seated[demand] = placement.admit(self._spans[demand])
        return seated

    @cached_property
    def _busy_periods(self) -> list[_BusyPeriod]:
        """Runs of time, their sitters parted where no bench connects them."""
        placeable = (index for index, spans in enumerate(self._spans) if spans)
        runs = _busy_periods((self._demands[index].start, self._demands[index].end, index) for index in placeable)
        return [_BusyPeriod(start, end, tuple(self._components(members))) for start, end, members in runs]

    def _components(self, members: Sequence[int]) -> list[_Component]:
        alike: dict[frozenset[int], list[int]] = {}
        for demand in members:
            alike.setdefault(frozenset(self._spans[demand]), []).append(demand)
        components: list[_Component] = []
        for pools, demands in alike.items():
            near = [component for component in components if component.pools & pools]
            apart = [component for component in components if not component.pools & pools]
            components = [*apart, _merge_components([*near, _Component(pools, tuple(demands))])]
        return components

    @cached_property
    def _seat_requests(self) -> list[tuple[SeatRequest, bool]]:
        """Who loads a bench, and whether for the whole time: who is not covered does so in part only."""
        pairs = ((demand, spans) for demand, spans in zip(self._demands, self._spans, strict=True) if spans)
        return [
            ((demand.start, demand.end, frozenset(spans)), all(s == (demand.start, demand.end) for s in spans.values()))
            for demand, spans in pairs
        ]

    def _fits_by_first_fit(self, candidate: Demand) -> bool:
        """Whether the candidate and everybody near in time sit by first fit: no overload, and no search needed."""
        covering = frozenset(_covering_pools(self._pools, candidate))
        start, end = dependency_span(self._demands, candidate.start, candidate.end)
        near = [(stay, whole) for stay, whole in self._seat_requests if stay[0] < end and start < stay[1]]
        if not covering or not all(whole for _, whole in near):
            return False
        limits = {index: pool.limit for index, pool in enumerate(self._pools)}
        return all_fit(limits, [*(stay for stay, _ in near), (candidate.start, candidate.end, covering)])

    def _component_around(self, candidate: Demand, covering: frozenset[int]) -> _Component:
        """Everybody who can influence whether the candidate fits."""
        near = [
            component
            for run in self._busy_periods
            if run.start < candidate.end and candidate.start < run.end
            for component in run.components
            if component.pools & covering
        ]
        return _merge_components([*near, _Component(covering, ())])

    def _empty_solver(self, component: _Component) -> OverloadSolver:
        """The party's benches, still empty."""
        instants = {
            instant for demand in component.demands for span in self._spans[demand].values() for instant in span
        }
        limits = {index: self._pools[index].limit for index in sorted(component.pools)}
        for index in component.pools:
            instants |= {self._pools[index].start, self._pools[index].end}
        return OverloadSolver(instants, limits)

    def _solved(self, component: _Component) -> OverloadSolver:
        placement = self._solvers.get(component)
        if placement is None:
            placement = self._solvers[component] = self._empty_solver(component)
            placement.place_all([self._spans[demand] for demand in component.demands])
        return placement


def assign_pools(pools: Sequence[SeatPool], demands: Sequence[Demand]) -> list[int | None]:
    """A placement with the least overload: the index of each sitter's bench, None where it loads none (D1)."""
    return CapacityModel(pools, demands).assign_pools()


def first_come_first_served(pools: Sequence[SeatPool], demands: Sequence[Demand]) -> list[bool]:
    """Which sitters are covered and find a seat beside those seated before them in the given order (D10, D13)."""
    covered = [bool(_covering_pools(pools, demand)) for demand in demands]
    seated = iter(
        CapacityModel(
            pools, [demand for demand, has in zip(demands, covered, strict=True) if has]
        ).first_come_first_served()
    )
    return [has and next(seated) for has in covered]


def dependency_span(demands: Iterable[Demand], start: int, end: int) -> Span:
    """The smallest interval around [start, end) whose ends no sitter spans: nothing outside it bears on a decision."""
    for first, last, _ in _busy_periods((demand.start, demand.end, 0) for demand in demands):
        if first < end and start < last:
            start, end = min(start, first), max(end, last)
    return start, end


def _covering_pools(pools: Sequence[SeatPool], demand: Demand) -> list[int]:
    return [index for index in demand.choices if pools[index].start <= demand.start and demand.end <= pools[index].end]


def _load_spans(pools: Sequence[SeatPool], demand: Demand) -> dict[int, Span]:
    """The time the sitter would load each bench it may be placed on: a covering one if any, else one it overlaps."""
    covering = _covering_pools(pools, demand)
    if covering:
        return dict.fromkeys(covering, (demand.start, demand.end))
    shared = {
        index: (max(demand.start, pools[index].start), min(demand.end, pools[index].end)) for index in demand.choices
    }
    return {index: span for index, span in shared.items() if span[0] < span[1]}


def _busy_periods(stays: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, list[int]]]:
    """Overlapping stays (start, end, index) gathered into runs (start, end, indices), in order of time."""
    runs: list[tuple[int, int, list[int]]] = []
    for start, end, index in sorted(stays):
        if runs and start < runs[-1][1]:
            first, last, members = runs[-1]
            members.append(index)
            runs[-1] = (first, max(last, end), members)
        else:
            runs.append((start, end, [index]))
    return runs


def _merge_components(components: Sequence[_Component]) -> _Component:
    pools = frozenset(pool for component in components for pool in component.pools)
    return _Component(pools, tuple(sorted(demand for component in components for demand in component.demands)))
