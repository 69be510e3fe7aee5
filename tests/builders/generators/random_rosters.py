"""Random rosters with every odd case of staff time; the same number gives the same roster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar

from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.staff_choice import StaffPreference
from chalicelib.domain.availability.staff_slots import StaffSlots
from chalicelib.domain.capacity.ledger import Occupant, SeatAccess
from chalicelib.domain.organisation.opening_hours import DAY_MINUTES, BranchHours, Closure, WeeklyHours
from chalicelib.domain.organisation.rota import CalendarType, TimeOff, WorkSchedule
from chalicelib.domain.organisation.settings import HolidayCalendar, Offer
from chalicelib.domain.shared.times import from_epoch_minute
from tests.builders.oracles.staff_slots_oracle import StaffSlotsOracle
from tests.builders.records import roster_builder
from tests.builders.records.roster_builder import EVERY_DAY, RosterMember

T = TypeVar("T")

# Days on which clocks change, ordinary ones, public holidays of Ontario and the Monday a staff sheet begins with.
DAYS = {
    "America/Toronto": ("2026-03-08", "2026-11-01", "2026-07-01", "2026-12-07"),
    "America/St_Johns": ("2026-03-08", "2026-11-01"),
    "Europe/London": ("2026-03-29", "2026-10-25"),
    "Asia/Kolkata": ("2026-03-08", "2026-07-01", "2026-12-07"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "Pacific/Auckland": ("2026-04-05", "2026-09-27"),
    "America/Havana": ("2026-03-08", "2026-11-01"),
}
ZONES = tuple(DAYS)
HOURS = (*[(0, 1440)] * 16, (30, 270), (30, 270), (540, 1020), (480, 1440), (0, 720), (60, 90), (90, 150))
WEEKDAYS = (*[EVERY_DAY] * 16, (6, 7), (1, 3, 5, 7), (1,))


@dataclass(frozen=True)
class RandomRoster:
    """Everything that decides about free staff time."""

    offer: Offer
    hours: BranchHours
    members: tuple[RosterMember, ...]
    requester: Requester
    wanted: StaffPreference
    first: int
    last: int

    def slots(self) -> StaffSlots:
        """The answer of the domain."""
        asked = self.offer, self.hours, self.members, self.first, self.last
        return roster_builder.slots(*asked, requester=self.requester, wanted=self.wanted)

    def oracle(self) -> StaffSlotsOracle:
        """The answer of the oracle."""
        return StaffSlotsOracle(
            self.offer, self.hours, self.members, self.requester, self.wanted, self.first, self.last
        )


def random_roster(number: int) -> RandomRoster:
    """The roster of this number, for some hours of a special day."""
    chance = Random(number)
    zone = chance.choice(ZONES)
    day = date.fromisoformat(chance.choice(DAYS[zone]))
    first = roster_builder.at(f"{day} 00:00", zone) + chance.choice(
        (chance.randint(-1500, 1500), chance.randint(-60, 240))
    )
    now = from_epoch_minute(first) + timedelta(
        minutes=chance.choice((*[-600] * 6, -60, 120)), seconds=chance.choice((0, 30))
    )
    people = tuple(_member(chance, name, zone, day, first, now) for name in "abcd"[: chance.randint(1, 4)])
    staff_ids = [m.staff.id for m in people]
    wanted = StaffPreference(
        chance.choice(staff_ids) if chance.random() < 0.2 else None,
        chance.choice((*[None] * 12, "fr", "fr", "de")),
        chance.choice((None, *staff_ids)),
    )
    hours = roster_builder.opening(*_some(chance, 1, 3, lambda: _line(chance)),
                            closures=_some(chance, -2, 1, lambda: _closure(chance, day)))  # fmt: skip
    return RandomRoster(_offer(chance, zone), hours, people, _requester(chance, people, now), wanted,
                  first, first + chance.randint(30, 240))  # fmt: skip


def _some(chance: Random, least: int, most: int, one: Callable[[], T]) -> list[T]:
    return [one() for _ in range(chance.randint(least, most))]


def _line(chance: Random) -> WeeklyHours:
    odd = chance.randint(0, 700), chance.randint(701, 1440)
    return WeeklyHours(chance.choice(WEEKDAYS), *chance.choice((*HOURS, odd, odd)))


def _closure(chance: Random, day: date) -> Closure:
    start, end = chance.choice(((0, DAY_MINUTES), (chance.randint(0, 600), chance.randint(601, 1440)), (90, 150)))
    return Closure("clo_1", _near(chance, day), start=start, end=end)


def _near(chance: Random, day: date) -> date:
    return day + timedelta(days=chance.randint(-1, 1))


def _schedule(chance: Random, zone: str, day: date) -> WorkSchedule:
    return WorkSchedule(
        "sch_1",
        chance.choice([CalendarType.OPEN] * 8 + [CalendarType.AD_HOC]),
        chance.choice((*(zone,) * 4, *ZONES)),
        tuple(_some(chance, 1, 2, lambda: _line(chance))),
        _near(chance, day) if chance.random() < 0.2 else None,
        _near(chance, day) if chance.random() < 0.2 else None,
        chance.choice((None, None, None, roster_builder.BRANCH, roster_builder.BRANCH, "loc_2")),
    )


def _member(chance: Random, name: str, zone: str, day: date, first: int, now: datetime) -> RosterMember:
    def absence() -> TimeOff:
        start = first + chance.randint(-100, 300)
        end = from_epoch_minute(start + chance.choice((1, 13, 60, 2000))) + timedelta(
            seconds=chance.choice((0, 0, 1, 59))
        )
        return TimeOff("off_1", from_epoch_minute(start), end)

    return roster_builder.member(
        name,
        *_some(chance, 1, 2, lambda: _schedule(chance, zone, day)),
        away=_some(chance, -1, 1, absence),
        booked=[_occupant(chance, f"{name}{n}", first, now) for n in range(chance.choice((0, 2, 4, 6)))],
        languages=chance.choice((("en",), ("en", "fr"))),
        zone=chance.choice((None, None, *ZONES)),
        limit=chance.choice((*[None] * 4, 0, 1, 2, 3)),
        assigned_at=chance.choice((None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))),
        services=chance.choice(((roster_builder.ADVICE,),) * 6 + (("svc_other",),)),
    )


def _occupant(chance: Random, name: str, first: int, now: datetime) -> Occupant:
    start = first + chance.randint(-300, 500)
    buffers = chance.choice(((0, 0), (7, 0), (0, 7), (13, 17)))
    one = roster_builder.occupant(name, start, chance.choice((5, 17, 30, 90)), *buffers)
    if chance.random() < 0.7:
        return one
    return replace(one, id=f"hld_{name}", expires=int(now.timestamp()) + chance.choice((-1, 0, 1, 600)))


def _requester(chance: Random, people: Sequence[RosterMember], now: datetime) -> Requester:
    booked = [o for m in people for o in m.booked]
    hold = chance.choice([None, None, *(o for o in booked if o.is_hold)])
    moving = chance.choice([None, None, *(o.id for o in booked if not o.is_hold)])
    access = chance.choice((SeatAccess.WIDGET, SeatAccess.WIDGET, SeatAccess.CONTACT_CENTRE, SeatAccess.SCHEDULE))
    return Requester(access, now, hold, moving)


def _offer(chance: Random, zone: str) -> Offer:
    return roster_builder.offer(
        chance.choice((5, 30, 60, 95)),
        chance.choice((5, 15, 25, 30, 60)),
        zone=zone,
        buffers=chance.choice(((0, 0), (0, 0), (7, 7), (0, 15), (10, 0))),
        lead=chance.choice((0, 0, 0, 90)),
        horizon=chance.choice((0, 1, *[62] * 8)),
        holidays=chance.choice((None, None, HolidayCalendar("CA", "ON"))),
    )
