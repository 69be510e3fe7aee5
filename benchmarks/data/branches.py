"""The measured organisation: its branches, services and staff, and the load of a branch's day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.domain.capacity.ledger import Occupant, Sheet
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, Login, MeetingMethod, Service, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import epoch_minute

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
FIRST_DAY = date(2026, 12, 3)
DAYS = 31
# With one more day on either side: a decision about the first or last day may depend on it.
MONTH_DAYS = tuple(FIRST_DAY + timedelta(days=n) for n in range(-1, DAYS + 1))
TIMEZONE = "America/Toronto"
SERVICES = tuple(f"svc_{n:026d}" for n in range(3))
ADVICE, ACCOUNT, CARD = SERVICES
_MINUTES = {ADVICE: 60, ACCOUNT: 30, CARD: 15}
ADVISER = "stf_" + "0" * 26
ADVISER_EMAIL = "adviser@example.org"
# In UTC: 09:00 to 17:00 in Toronto in winter.
_OPENS, _HOURS = 14, 8


@dataclass(frozen=True)
class DayLoad:
    """The load of a branch's day: the number of blocks, of seats in each, and of appointments."""

    blocks: int
    seats: int
    appointments: int


USUAL_DAY = DayLoad(blocks=2, seats=4, appointments=3)
BUSY_DAY = DayLoad(blocks=12, seats=10, appointments=200)


def branch_id(number: int) -> str:
    """The id of a branch: 0 is the measured one, 1 the busy one."""
    return f"loc_{number:026d}"


MEASURED_BRANCH, BUSY_BRANCH = branch_id(0), branch_id(1)


def catalogue(branches: int) -> Iterator[Any]:
    """Settings, locations, services and the adviser with a login, as records that were saved once."""
    locations = tuple(branch_id(n) for n in range(branches))
    yield Settings(organisation_name="Benchmark Union", timezone=TIMEZONE, version=1)
    for n, location in enumerate(locations):
        yield Location(location, f"Branch {n}", TIMEZONE, f"{n} King St", f"branch{n}@example.org", "CA", version=1)
    for service in SERVICES:
        yield Service(
            id=service,
            name=f"Service {service[-1]}",
            duration_minutes=_MINUTES[service],
            meeting_methods=(MeetingMethod.IN_PERSON, MeetingMethod.PHONE),
            location_ids=locations,
            availability=AvailabilitySource.QUICKSTREAM,
            version=1,
        )
    yield Staff(ADVISER, "Adviser", ADVISER_EMAIL, Role.STAFF, locations, SERVICES, version=1)
    for location in locations:
        yield TeamMember(location, ADVISER, Role.STAFF, "Adviser", SERVICES, version=1)
    yield Login(ADVISER_EMAIL, ADVISER, version=1)


def opening_instant(day: date) -> datetime:
    """The instant a branch opens on a day."""
    return datetime(day.year, day.month, day.day, _OPENS, tzinfo=UTC)


def sheet(location_id: str, day: date, load: DayLoad, occupants: dict[str, Occupant]) -> Sheet:
    """The sheet of a branch's day: overlapping blocks with different services, and their occupants."""
    blocks = {b.id: b for b in (_block(location_id, day, n, load) for n in range(load.blocks))}
    return Sheet(location_id, day.isoformat(), blocks, occupants, version=1)


def occupant(appointment_id: str, day: date, number: int) -> Occupant:
    """The ``number``-th appointment of a day, on the grid of a block that serves it."""
    service = SERVICES[number % len(SERVICES)]
    minutes = 60 * _HOURS - 60
    start = epoch_minute(opening_instant(day)) + 15 * (number * 7 % (minutes // 15))
    return Occupant(appointment_id, start, start + _MINUTES[service], service)


def _block(location_id: str, day: date, number: int, load: DayLoad) -> Block:
    """Every second block begins an hour later; each leaves one service out, in turn, when there are many."""
    begin = epoch_minute(opening_instant(day)) + 60 * (number % 2)
    left_out = SERVICES[number % len(SERVICES)] if load.blocks > 2 else ""
    name = f"{location_id[-6:]}{day:%Y%m%d}{number:02d}"
    return Block(
        id=f"blk_{name:0>26}",
        series_id=f"ser_{location_id[-6:]:0>24}{number:02d}",
        location_id=location_id,
        start=begin,
        end=begin + 60 * (_HOURS - number % 2),
        limit=load.seats,
        services=tuple(s for s in SERVICES if s != left_out),
        state=BlockState.RELEASED if opening_instant(day) > NOW else BlockState.CLOSED,
    )
