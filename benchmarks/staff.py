"""A month of free times for fifty staff: what of its processor time goes where, with empty and with full calendars.

The whole call is Lambda's event in and the answer out, the store's answers replayed under the driver. Beside it, on
the same month: reading alone (the driver with its signing and parsing), unpacking rows to sheets, deciding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from benchmarks import engine, staff_baseline, teams
from benchmarks.branches import DAYS, FIRST_DAY, NOW, ZONE, catalogue
from benchmarks.desk import HEADERS, Desk, silence
from benchmarks.processor import recorded, replayed, succeed, timed
from benchmarks.report import Table, interleaved, ratio
from chalicelib import container
from chalicelib.domain.availability.block_slots import Seeker
from chalicelib.domain.availability.staff_slots import ANYONE, MARGIN, StaffSlots
from chalicelib.domain.capacity.ledger import Calendar, Right, sheet_days
from chalicelib.domain.organisation.catalog import Location, Offer, Service, Settings
from chalicelib.domain.organisation.opening_hours import wall_minute
from chalicelib.domain.organisation.roster import Team
from chalicelib.persistence import row_mapping
from chalicelib.services.availability import ledger_io
from chalicelib.services.unit_of_work import Found, Ref
from tests.builders.doubles.api_gateway import event

CALL, READ, UNPACK, DECIDE, LOOP = "the whole call", "reading", "unpacking", "deciding", "a plain loop over intervals"
PARTS = (CALL, READ, UNPACK, DECIDE, LOOP)
_CLIENT = Seeker(Right.WIDGET, NOW)
CREWS = (teams.QUIET, teams.FULL)

# Seconds of each part, round by round: by how many appointments everybody has on every day.
Figures = dict[int, dict[str, list[float]]]


@dataclass(frozen=True)
class Month:
    """What the free times of one branch's month are worked out from; ``refs`` name what is read for it."""

    crew: teams.Crew
    offer: Offer
    team: Team
    first: int
    last: int
    refs: list[Ref[Any]]

    def calendars(self, found: Found) -> dict[str, Calendar]:
        """Everybody's, unpacked from what was read."""
        span = self.first - MARGIN, self.last + self.offer.service.duration_minutes + MARGIN
        people = self.crew.people
        return {id_: ledger_io.calendar_in(found, id_, sheet_days(id_, *span)) for id_ in people}

    def decided(self, read: dict[str, Calendar]) -> dict[int, int]:
        """Every free start with how many are free, as Frontdesk works it out."""
        slots = StaffSlots(self.offer, self.team, read, _CLIENT, ANYONE, self.first, self.last)
        return {slot.start: slot.available for slot in slots.listed(self.first, self.last)}

    def looped(self, read: dict[str, Calendar]) -> dict[int, int]:
        """The same by a loop over every start, person and interval."""
        return staff_baseline.listed(self.offer, self.team, read, _CLIENT, ANYONE, self.first, self.last)


def measure(rounds: int = 7, days: int = DAYS) -> Figures:
    """Seconds of processor time of PARTS, in turn; that both ways of working it out agree is made sure of."""
    with engine.table() as store, silence():
        engine.load(map(row_mapping.to_row, _records()))
        measures = {f"{part} {crew.taken}": call for crew in CREWS for part, call in _parts(store, crew, days)}
        found = interleaved(measures, rounds)
        return {crew.taken: {part: found[f"{part} {crew.taken}"] for part in PARTS} for crew in CREWS}


def table(figures: Figures) -> Table:
    """Milliseconds of this machine's processor, the share in the whole call, and how both grow with appointments."""
    few, many = figures.values()
    lines = [
        (
            part,
            *(f"{1000 * median(of[part]):.1f}" for of in (few, many)),
            f"{ratio(many[part], few[part]):.1f}",
            *(f"{100 * ratio(of[part], of[CALL]):.0f}%" for of in (few, many)),
            *(f"{ratio(of[part], of[DECIDE]):.1f}" for of in (few, many)),
        )
        for part in PARTS
    ]
    at = [f"at {taken}" for taken in figures]
    head = ("", *(f"ms {a}" for a in at), "ratio", *(f"of the call {a}" for a in at), *(f"× deciding {a}" for a in at))
    note = "At so many appointments of each person on every day."
    return Table(f"{DAYS} days of free times for {teams.PEOPLE} staff", head, lines, [note])


def _records() -> Iterator[Any]:
    yield from catalogue(0)
    yield from teams.catalogue()
    for crew in CREWS:
        yield from crew.sheets()


def _parts(store: engine.Store, crew: teams.Crew, days: int) -> Iterator[tuple[str, Callable[[], float]]]:
    from app import app

    desk = Desk(crew.location_id, teams.STAFFED)
    asked = event("GET", "/public/availability", query=urlencode(desk.search(days)), headers=HEADERS)

    def call() -> None:
        succeed(app(asked, None))

    call()  # so that what kind of service it is is known
    month = _month(crew, days)

    def read() -> Found:
        return container.store().read(month.refs, consistent=False)

    yield CALL, timed(replayed(store, recorded(store, call), call))
    yield READ, timed(replayed(store, recorded(store, read), read))
    found = read()
    yield UNPACK, timed(lambda: month.calendars(found))
    unpacked = month.calendars(found)
    assert month.decided(unpacked) == month.looped(unpacked) != {}
    yield DECIDE, timed(lambda: month.decided(unpacked))
    yield LOOP, timed(lambda: month.looped(unpacked))


def _month(crew: teams.Crew, days: int) -> Month:
    last_day = FIRST_DAY + timedelta(days=days)
    first, last = (wall_minute(day, 0, ZoneInfo(ZONE)) for day in (FIRST_DAY, last_day))
    basics: list[Ref[Any]] = [Ref.to(Settings), Ref.to(Location, crew.location_id), Ref.to(Service, teams.STAFFED)]
    found = container.store().read([*basics, Ref.to(Team, crew.location_id)])
    offer = ledger_io.offer_in(found, crew.location_id, teams.STAFFED)
    span = first - MARGIN, last + offer.service.duration_minutes + MARGIN
    refs = [ref for id_ in crew.people for ref in ledger_io.sheet_refs(id_, sheet_days(id_, *span))]
    team = Ref.to(Team, crew.location_id)
    return Month(crew, offer, found.require(Team, crew.location_id), first, last, [team, *refs])
