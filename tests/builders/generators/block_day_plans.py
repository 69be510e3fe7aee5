"""Random block days for hypothesis: a day with its clock changes, blocks on it, and actions of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from chalicelib.domain.quickstream.blocks import BlockState
from tests.builders.in_process.sample_records import ACCOUNT, MORTGAGE

STEP = timedelta(minutes=5)
SERVICES = (MORTGAGE, ACCOUNT)


@dataclass(frozen=True)
class Day:
    """A local day somewhere."""

    zone: str
    date: date

    def __str__(self) -> str:
        return f"{self.zone.rpartition('/')[2]}-{self.date}"

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def local_text(self, at: datetime) -> str:
        """The local time at this instant, as ISO text."""
        return at.astimezone(self.tz).strftime("%Y-%m-%dT%H:%M:%S")

    @property
    def instants(self) -> list[datetime]:
        """Every five minutes of the day, found by looking at the clock and not by a rule."""
        noon = datetime(self.date.year, self.date.month, self.date.day, 12, tzinfo=UTC)
        around = (noon + STEP * n for n in range(-360, 361))
        return [at for at in around if at.astimezone(self.tz).date() == self.date]

    @property
    def clock_change(self) -> datetime:
        """The instant at which the clocks change, or ten in the morning."""
        found = self.instants
        for before, at in pairwise(found):
            if before.astimezone(self.tz).utcoffset() != at.astimezone(self.tz).utcoffset():
                return at
        return next(at for at in found if self.local_text(at).endswith("T10:00:00"))

    @property
    def instants_by_local_time(self) -> dict[str, list[datetime]]:
        """Every local time of the five-minute grid with the instants that show it: zero, one or two."""
        midnight = datetime(self.date.year, self.date.month, self.date.day)  # noqa: DTZ001  # wall time
        shown: dict[str, list[datetime]] = {(midnight + STEP * n).isoformat(): [] for n in range(288)}
        for at in self.instants:
            shown[self.local_text(at)].append(at)
        return shown


DAYS = (
    Day("America/Toronto", date(2026, 12, 3)),
    Day("America/Toronto", date(2026, 3, 8)),
    Day("America/Toronto", date(2026, 11, 1)),
    Day("Australia/Lord_Howe", date(2026, 4, 5)),
    Day("Australia/Lord_Howe", date(2026, 10, 4)),
)


@dataclass(frozen=True)
class PlannedBlock:
    """A block; times are minutes from the clock change."""

    start: int
    minutes: int
    limit: int
    reserved: int
    services: tuple[str, ...]
    state: BlockState


@dataclass(frozen=True)
class Act:
    """An action; ``choice`` picks among the starts, blocks or appointments at hand."""

    kind: str
    service: str
    choice: int


@dataclass(frozen=True)
class Plan:
    """A day's set-up and the actions that follow; ``now`` is in minutes from the clock change."""

    minutes: tuple[int, int]
    intervals: tuple[int, int]
    lead: int | None
    horizon: int | None
    now: int
    blocks: tuple[PlannedBlock, ...]
    acts: tuple[Act, ...]
    seed: int


def multiples_of_five(low: int, high: int) -> st.SearchStrategy[int]:
    """Multiples of five from ``low`` to ``high``."""
    return st.integers(low // 5, high // 5).map(lambda n: 5 * n)


@st.composite
def _blocks(draw: st.DrawFn) -> PlannedBlock:
    limit = draw(st.integers(1, 3))
    return PlannedBlock(
        start=draw(multiples_of_five(-90, 60)),
        minutes=draw(multiples_of_five(30, 120)),
        limit=limit,
        reserved=draw(st.sampled_from([0, 0, 0, 1])),
        services=draw(st.sampled_from([SERVICES, SERVICES, SERVICES[:1], SERVICES[1:]])),
        state=draw(st.sampled_from([BlockState.RELEASED] * 5 + [BlockState.HELD, BlockState.CLOSED])),
    )


ACTS = ("book", "book", "book", "hold", "hold", "cancel", "move", "staff", "cut", "wait")


def plans() -> st.SearchStrategy[Plan]:
    """A set-up with up to three blocks that mostly overlap, and up to eight actions."""
    acts = st.builds(Act, st.sampled_from(ACTS), st.sampled_from(SERVICES), st.integers(0, 9))
    return st.builds(
        Plan,
        minutes=st.tuples(*[st.sampled_from([15, 20, 30, 45])] * 2),
        intervals=st.tuples(*[st.sampled_from([10, 15, 30])] * 2),
        lead=st.sampled_from([None, 0]),
        horizon=st.sampled_from([None, None, None, 0, 1]),
        now=st.sampled_from([-2880, -2880, -1500, -150, -60, 15]),
        blocks=st.lists(_blocks(), min_size=1, max_size=3).map(tuple),
        acts=st.lists(acts, min_size=2, max_size=8).map(tuple),
        seed=st.integers(0, 10**6),
    )


EXPIRED = Plan(
    minutes=(30, 30),
    intervals=(30, 30),
    lead=None,
    horizon=None,
    now=-2880,
    blocks=(PlannedBlock(0, 60, 1, 0, SERVICES, BlockState.RELEASED),),
    acts=(Act("hold", MORTGAGE, 0), Act("hold", ACCOUNT, 0), Act("wait", MORTGAGE, 1)),
    seed=0,
)
"""Both seats are on hold until this very second."""
