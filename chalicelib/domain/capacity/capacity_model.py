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

    benches: frozenset[int]
    sitters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _BusyPeriod:
    """A stretch of time whose ends no sitter spans, with its parties."""

    start: int
    end: int
    parties: tuple[_Component, ...]


class CapacityModel:
    """Benches with their sitters, prepared once for many questions; a party is solved when first needed."""

    def __init__(self, benches: Sequence[SeatPool], sitters: Sequence[Demand]) -> None:
        self._benches = benches
        self._sitters = sitters
        self._spans = [_load_spans(benches, sitter) for sitter in sitters]
        self._settled: dict[_Component, OverloadSolver] = {}

    def admits(self, candidate: Demand) -> bool:
        """Whether one more such appointment is admissible (D1); not when neither is proven in time (`gave_up`)."""
        return self._plainly_fits(candidate) or self.room(candidate, at_most=1) == 1

    def room(self, candidate: Demand, at_most: int | None = None) -> int:
        """How many more such appointments can be admitted one after the other (D1); counting stops at `at_most`."""
        covering = frozenset(_covering_pools(self._benches, candidate))
        if not covering:
            return 0
        placement = self._settle(self._around(candidate, covering))
        spans = dict.fromkeys(sorted(covering), (candidate.start, candidate.end))
        gave_up = placement.gave_up
        count = placement.room(spans, at_most)
        # Whatever ``admits`` sees at a glance must count here too, even where the search found no end.
        return int(self._plainly_fits(candidate)) if not count and placement.gave_up > gave_up else count

    @property
    def gave_up(self) -> int:
        """How many questions so far were refused because neither a seat nor a proof was found in time."""
        return sum(placement.gave_up for placement in self._settled.values())

    def overload(self) -> int:
        """The least overload, in seat-minutes (D1)."""
        return sum(self._settle(party).overload for run in self._runs for party in run.parties)

    def seats(self) -> list[int | None]:
        """The bench of each sitter in a placement with the least overload; None for one that loads no bench (D1)."""
        seats: list[int | None] = [None] * len(self._spans)
        for party in (party for run in self._runs for party in run.parties):
            for sitter, bench in zip(party.sitters, self._settle(party).benches, strict=True):
                seats[sitter] = bench
        return seats

    def first_come(self) -> list[bool]:
        """Which sitters find a seat when each is served in the given order, beside those seated before (D10, D13)."""
        seated = [False] * len(self._spans)
        for party in (party for run in self._runs for party in run.parties):
            placement = self._open(party)
            for sitter in party.sitters:
                seated[sitter] = placement.admit(self._spans[sitter])
        return seated

    @cached_property
    def _runs(self) -> list[_BusyPeriod]:
        """Runs of time, their sitters parted where no bench connects them."""
        placeable = (index for index, spans in enumerate(self._spans) if spans)
        runs = _busy_periods((self._sitters[index].start, self._sitters[index].end, index) for index in placeable)
        return [_BusyPeriod(start, end, tuple(self._parties(members))) for start, end, members in runs]

    def _parties(self, members: Sequence[int]) -> list[_Component]:
        alike: dict[frozenset[int], list[int]] = {}
        for sitter in members:
            alike.setdefault(frozenset(self._spans[sitter]), []).append(sitter)
        parties: list[_Component] = []
        for benches, sitters in alike.items():
            near = [party for party in parties if party.benches & benches]
            apart = [party for party in parties if not party.benches & benches]
            parties = [*apart, _merge_components([*near, _Component(benches, tuple(sitters))])]
        return parties

    @cached_property
    def _stays(self) -> list[tuple[SeatRequest, bool]]:
        """Who loads a bench, and whether for the whole time: who is not covered does so in part only."""
        pairs = ((sitter, spans) for sitter, spans in zip(self._sitters, self._spans, strict=True) if spans)
        return [
            ((sitter.start, sitter.end, frozenset(spans)), all(s == (sitter.start, sitter.end) for s in spans.values()))
            for sitter, spans in pairs
        ]

    def _plainly_fits(self, candidate: Demand) -> bool:
        """Whether the candidate and everybody near in time sit by first fit: no overload, and no search needed."""
        covering = frozenset(_covering_pools(self._benches, candidate))
        start, end = dependency_span(self._sitters, candidate.start, candidate.end)
        near = [(stay, whole) for stay, whole in self._stays if stay[0] < end and start < stay[1]]
        if not covering or not all(whole for _, whole in near):
            return False
        limits = {index: bench.limit for index, bench in enumerate(self._benches)}
        return all_fit(limits, [*(stay for stay, _ in near), (candidate.start, candidate.end, covering)])

    def _around(self, candidate: Demand, covering: frozenset[int]) -> _Component:
        """Everybody who can influence whether the candidate fits."""
        near = [
            party
            for run in self._runs
            if run.start < candidate.end and candidate.start < run.end
            for party in run.parties
            if party.benches & covering
        ]
        return _merge_components([*near, _Component(covering, ())])

    def _open(self, party: _Component) -> OverloadSolver:
        """The party's benches, still empty."""
        instants = {instant for sitter in party.sitters for span in self._spans[sitter].values() for instant in span}
        limits = {index: self._benches[index].limit for index in sorted(party.benches)}
        for index in party.benches:
            instants |= {self._benches[index].start, self._benches[index].end}
        return OverloadSolver(instants, limits)

    def _settle(self, party: _Component) -> OverloadSolver:
        placement = self._settled.get(party)
        if placement is None:
            placement = self._settled[party] = self._open(party)
            placement.seat([self._spans[sitter] for sitter in party.sitters])
        return placement


def assign_pools(benches: Sequence[SeatPool], sitters: Sequence[Demand]) -> list[int | None]:
    """A placement with the least overload: the index of each sitter's bench, None where it loads none (D1)."""
    return CapacityModel(benches, sitters).seats()


def first_come_first_served(benches: Sequence[SeatPool], sitters: Sequence[Demand]) -> list[bool]:
    """Which sitters are covered and find a seat beside those seated before them in the given order (D10, D13)."""
    covered = [bool(_covering_pools(benches, sitter)) for sitter in sitters]
    seated = iter(
        CapacityModel(benches, [sitter for sitter, has in zip(sitters, covered, strict=True) if has]).first_come()
    )
    return [has and next(seated) for has in covered]


def dependency_span(sitters: Iterable[Demand], start: int, end: int) -> Span:
    """The smallest interval around [start, end) whose ends no sitter spans: nothing outside it bears on a decision."""
    for first, last, _ in _busy_periods((sitter.start, sitter.end, 0) for sitter in sitters):
        if first < end and start < last:
            start, end = min(start, first), max(end, last)
    return start, end


def _covering_pools(benches: Sequence[SeatPool], sitter: Demand) -> list[int]:
    return [
        index for index in sitter.choices if benches[index].start <= sitter.start and sitter.end <= benches[index].end
    ]


def _load_spans(benches: Sequence[SeatPool], sitter: Demand) -> dict[int, Span]:
    """The time the sitter would load each bench it may be placed on: a covering one if any, else one it overlaps."""
    covering = _covering_pools(benches, sitter)
    if covering:
        return dict.fromkeys(covering, (sitter.start, sitter.end))
    shared = {
        index: (max(sitter.start, benches[index].start), min(sitter.end, benches[index].end))
        for index in sitter.choices
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


def _merge_components(parties: Sequence[_Component]) -> _Component:
    benches = frozenset(bench for party in parties for bench in party.benches)
    return _Component(benches, tuple(sorted(sitter for party in parties for sitter in party.sitters)))
