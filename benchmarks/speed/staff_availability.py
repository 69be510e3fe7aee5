"""A month of free times for fifty staff: the parts of its processor time, with empty and with full calendars.

The whole call is from Lambda's event to the response, with the store's responses replayed under the driver. Beside it,
on the same month: reading alone (the driver with its signing and parsing), unpacking rows to sheets, deciding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from benchmarks.data import staffed_branches
from benchmarks.data.branches import DAYS, FIRST_DAY, NOW, TIMEZONE, catalogue
from benchmarks.harness import in_process_table
from benchmarks.harness.benchmark_client import HEADERS, BenchmarkClient, silenced_logs
from benchmarks.harness.report_table import Table, measure_in_rounds, median_ratio
from benchmarks.speed.request_time import processor_seconds, record_call, replayed_call, require_success
from chalicelib.container import container
from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.staff_choice import ANY_STAFF
from chalicelib.domain.availability.staff_slots import MARGIN_MINUTES, StaffSlots
from chalicelib.domain.capacity.ledger import Calendar, SeatAccess, sheet_days
from chalicelib.domain.organisation.branch_roster import BranchRoster
from chalicelib.domain.organisation.opening_hours import wall_minute
from chalicelib.domain.organisation.settings import Offer
from chalicelib.persistence import row_mapping
from chalicelib.services.availability import ledger_io
from chalicelib.services.store_port import ReadResult, Ref
from tests.builders.doubles.api_gateway import event

PARTS = CALL, READ, UNPACK, DECIDE = ("the whole call", "reading", "unpacking", "deciding")
_REQUESTER = Requester(SeatAccess.WIDGET, NOW)
STAFFED_BRANCHES = (staffed_branches.QUIET_BRANCH, staffed_branches.FULL_BRANCH)

# Seconds of each part, round by round: by how many appointments everybody has on every day.
Figures = dict[int, dict[str, list[float]]]


@dataclass(frozen=True)
class StaffMonth:
    """The input for the free times of one branch's month; ``refs`` are the records read for it."""

    branch: staffed_branches.StaffedBranch
    offer: Offer
    roster: BranchRoster
    first: int
    last: int
    refs: list[Ref[Any]]

    def calendars(self, found: ReadResult) -> dict[str, Calendar]:
        """The staff members' calendars, unpacked from the records read."""
        span = self.first - MARGIN_MINUTES, self.last + self.offer.service.duration_minutes + MARGIN_MINUTES
        people = self.branch.staff_ids
        return {id_: ledger_io.calendar_in(found, id_, sheet_days(id_, *span)) for id_ in people}

    def free_starts(self, calendars: dict[str, Calendar]) -> dict[int, int]:
        """Every free start with the number of free staff."""
        slots = StaffSlots(self.offer, self.roster, calendars, _REQUESTER, ANY_STAFF, self.first, self.last)
        return {slot.start: slot.available for slot in slots.free_slots(self.first, self.last)}


def measure(rounds: int = 7, days: int = DAYS) -> Figures:
    """Seconds of processor time of PARTS, measured in turn."""
    with in_process_table.benchmark_table() as store, silenced_logs():
        in_process_table.load_rows(map(row_mapping.to_row, _records()))
        measures = {
            f"{part} {branch.daily_appointments}": call
            for branch in STAFFED_BRANCHES
            for part, call in _measured_parts(store, branch, days)
        }
        found = measure_in_rounds(measures, rounds)
        return {
            branch.daily_appointments: {part: found[f"{part} {branch.daily_appointments}"] for part in PARTS}
            for branch in STAFFED_BRANCHES
        }


def table(figures: Figures) -> Table:
    """Milliseconds of this machine's processor, the share in the whole call, and how both grow with appointments."""
    few, many = figures.values()
    lines = [
        (
            part,
            *(f"{1000 * median(of[part]):.1f}" for of in (few, many)),
            f"{median_ratio(many[part], few[part]):.1f}",
            *(f"{100 * median_ratio(of[part], of[CALL]):.0f}%" for of in (few, many)),
        )
        for part in PARTS
    ]
    at = [f"at {taken}" for taken in figures]
    head = ("", *(f"ms {a}" for a in at), "ratio", *(f"of the call {a}" for a in at))
    note = "At 0 and at 20 appointments of each staff member on every day."
    return Table(f"{DAYS} days of free times for {staffed_branches.STAFF_COUNT} staff", head, lines, [note])


def _records() -> Iterator[Any]:
    yield from catalogue(0)
    yield from staffed_branches.catalogue()
    for branch in STAFFED_BRANCHES:
        yield from branch.sheets()


def _measured_parts(
    store: in_process_table.BenchmarkTable, branch: staffed_branches.StaffedBranch, days: int
) -> Iterator[tuple[str, Callable[[], float]]]:
    from app import app

    client = BenchmarkClient(branch.location_id, staffed_branches.STAFFED_SERVICE)
    request = event("GET", "/public/availability", query=urlencode(client.availability_query(days)), headers=HEADERS)

    def call() -> None:
        require_success(app(request, None))

    call()  # so that the source of the service is known
    month = _month(branch, days)

    def read() -> ReadResult:
        return container.store.read(month.refs, consistent=False)

    yield CALL, processor_seconds(replayed_call(store, record_call(store, call), call))
    yield READ, processor_seconds(replayed_call(store, record_call(store, read), read))
    found = read()
    yield UNPACK, processor_seconds(lambda: month.calendars(found))
    unpacked = month.calendars(found)
    assert month.free_starts(unpacked)
    yield DECIDE, processor_seconds(lambda: month.free_starts(unpacked))


def _month(branch: staffed_branches.StaffedBranch, days: int) -> StaffMonth:
    last_day = FIRST_DAY + timedelta(days=days)
    first, last = (wall_minute(day, 0, ZoneInfo(TIMEZONE)) for day in (FIRST_DAY, last_day))
    roster = Ref.to(BranchRoster, branch.location_id)
    found = container.store.read([*ledger_io.offer_refs(branch.location_id, staffed_branches.STAFFED_SERVICE), roster])
    offer = ledger_io.offer_in(found, branch.location_id, staffed_branches.STAFFED_SERVICE)
    span = first - MARGIN_MINUTES, last + offer.service.duration_minutes + MARGIN_MINUTES
    refs = [ref for id_ in branch.staff_ids for ref in ledger_io.sheet_refs(id_, sheet_days(id_, *span))]
    return StaffMonth(branch, offer, found.require(BranchRoster, branch.location_id), first, last, [roster, *refs])
