"""Random staff days for hypothesis: hours, people and services around a clock change, and actions."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.builders.generators.block_day_plans import multiples_of_five

LANGUAGES = ("en", "fr", "de")


@dataclass(frozen=True)
class Span:
    """A span of local time, in minutes from the clock change; ``place`` is the index of a location, if any."""

    start: int
    minutes: int
    place: int | None = None


@dataclass(frozen=True)
class PlannedService:
    """A service: its length, grid and buffers in minutes."""

    minutes: int
    interval: int
    before: int
    after: int


@dataclass(frozen=True)
class PlannedPerson:
    """A staff member; ``services`` are indexes, ``travels`` is true if they work at both locations."""

    services: tuple[int, ...]
    travels: bool
    languages: tuple[str, ...]
    zone: str | None
    limit: int | None
    lines: tuple[Span, ...]
    away: tuple[Span, ...]


@dataclass(frozen=True)
class Act:
    """An action; ``who`` and ``choice`` pick among the people, starts or appointments at hand."""

    kind: str
    service: int
    place: int
    who: int
    choice: int


@dataclass(frozen=True)
class Plan:
    """A set-up and the actions that follow; ``now`` is in minutes from the clock change."""

    services: tuple[PlannedService, ...]
    lead: int | None
    horizon: int | None
    now: int
    hours: tuple[Span, ...]
    closures: tuple[Span, ...]
    people: tuple[PlannedPerson, ...]
    acts: tuple[Act, ...]
    seed: int


ACTS = (*["book"] * 3, "hold", "cancel", "move", *["claim"] * 2, *["desk"] * 2, "override", "assign", "away")


def _spans(low: int, high: int, places: bool = False) -> st.SearchStrategy[Span]:
    where = st.sampled_from([None, None, 0, 1]) if places else st.none()
    return st.builds(Span, multiples_of_five(low, high), multiples_of_five(60, 240), where)


def _people() -> st.SearchStrategy[PlannedPerson]:
    return st.builds(
        PlannedPerson,
        services=st.sampled_from([(0, 1), (0, 1), (0,), (1,)]),
        travels=st.booleans(),
        languages=st.sampled_from([("en",), ("en", "fr"), ("fr",)]),
        zone=st.sampled_from([None, None, "Asia/Kolkata", "America/St_Johns"]),
        limit=st.sampled_from([None, None, None, 1, 2]),
        lines=st.lists(_spans(-90, 30, places=True), min_size=1, max_size=2).map(tuple),
        away=st.lists(_spans(-60, 90), max_size=1).map(tuple),
    )


def plans() -> st.SearchStrategy[Plan]:
    """Two people, two locations and two services of staff time, with up to nine actions."""
    service = st.builds(
        PlannedService,
        minutes=st.sampled_from([15, 20, 30, 45]),
        interval=st.sampled_from([10, 15, 30]),
        before=st.sampled_from([0, 0, 5, 10]),
        after=st.sampled_from([0, 0, 5, 15]),
    )
    numbers = st.integers(0, 1)
    acts = st.builds(Act, st.sampled_from(ACTS), numbers, numbers, numbers, st.integers(0, 9))
    hours = st.builds(Span, multiples_of_five(-120, 0), multiples_of_five(120, 300))
    return st.builds(
        Plan,
        services=st.tuples(service, service),
        lead=st.sampled_from([None, 0]),
        horizon=st.sampled_from([None, None, None, None, None, 1]),
        now=st.sampled_from([-2880, -2880, -1500, -1500, -150, 15]),
        hours=st.tuples(hours, hours),
        closures=st.lists(_spans(-60, 120), max_size=1).map(tuple),
        people=st.tuples(_people(), _people()),
        acts=st.lists(acts, min_size=4, max_size=9).map(tuple),
        seed=st.integers(0, 10**6),
    )
