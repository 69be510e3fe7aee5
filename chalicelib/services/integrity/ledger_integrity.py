"""Checking the ledger against appointments, and team members against the staff records they derive from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import Occupant, Sheet, sheet_days
from chalicelib.domain.organisation.branch_roster import BranchRoster
from chalicelib.domain.organisation.catalogue import Location, Staff
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services import paging
from chalicelib.services.organisation import roster_sync
from chalicelib.services.store_port import AppointmentLists, Ref, Store

MAX_AHEAD = timedelta(days=800)


class OccupantKey(NamedTuple):
    """One appointment on one sheet; ``calendar_id`` is a location's or a staff member's."""

    calendar_id: str
    day: str
    appointment_id: str


class OccupantRecord(NamedTuple):
    """The occupant: start and end in epoch minutes (a staff member's with buffers), and the service."""

    start: int
    end: int
    service_id: str


@dataclass(frozen=True, slots=True)
class LedgerDifference:
    """An occupant on which appointment and ledger differ; ``None`` if it is missing on that side."""

    key: OccupantKey
    appointment: OccupantRecord | None
    ledger: OccupantRecord | None


@dataclass(frozen=True, slots=True)
class IntegrityReport:
    """The numbers of records compared, and the differences.

    ``stale_team_members`` are pairs of location and staff id; ``client_ids`` are the attendees', in order.
    """

    appointments: int
    occupants: int
    differences: tuple[LedgerDifference, ...]
    client_ids: tuple[str, ...] = ()
    stale_team_members: tuple[tuple[str, str], ...] = ()


class LedgerIntegrity:
    """Compare page by page; nothing is written."""

    def __init__(self, store: Store, appointment_lists: AppointmentLists) -> None:
        self._store = store
        self._appointment_lists = appointment_lists

    def check(self, now: datetime, location_ids: Collection[str] | None = None) -> IntegrityReport:
        """Compare everything from today (UTC) on, or only these locations and the staff who work there.

        Bookings continue during the check, so each difference is confirmed by reading it again on its own.
        """
        midnight = epoch_minute(datetime(now.year, now.month, now.day, tzinfo=UTC))
        locations = [i.id for i in self._store.catalogue(Location) if location_ids is None or i.id in location_ids]
        staff = [s for s in self._store.catalogue(Staff) if location_ids is None or {*s.location_ids} & {*locations}]
        appointments = list(self._appointments(locations, now))
        expected = {p: s for a in appointments for p, s in expected_occupants(a).items() if s.end > midnight}
        actual = {
            p: s for p, s in self._read_occupants([*locations, *(s.id for s in staff)], midnight) if s.end > midnight
        }
        suspects = {p for p in expected.keys() | actual.keys() if expected.get(p) != actual.get(p)}
        confirmed = (self._difference(key) for key in sorted(suspects))
        differences = tuple(difference for difference in confirmed if difference)
        # An edit between two reads is no difference, so this is read again, too.
        stale = self._stale_team_members(locations)
        if stale:
            stale &= self._stale_team_members(locations)
        clients = sorted({attendee.client_id for a in appointments for attendee in a.attendees})
        return IntegrityReport(len(appointments), len(actual), differences, tuple(clients), tuple(sorted(stale)))

    def _appointments(self, location_ids: Sequence[str], now: datetime) -> Iterator[Appointment]:
        # One that began the day before may reach into today.
        first = now - timedelta(days=2)
        find, last = self._appointment_lists.at_location, now + MAX_AHEAD
        for location_id in location_ids:
            for page in paging.read_all_pages(partial(find, location_id, first, last, paging.PAGE_SIZE)):
                yield from page

    def _read_occupants(self, calendar_ids: Sequence[str], since: int) -> Iterator[tuple[OccupantKey, OccupantRecord]]:
        until = since + MAX_AHEAD // timedelta(minutes=1)
        for calendar_id in calendar_ids:
            days = sheet_days(calendar_id, since, until)
            for sheet in self._appointment_lists.sheets(calendar_id, days[0], days[-1]):
                yield from _sheet_occupants(sheet)

    def _stale_team_members(self, location_ids: Sequence[str]) -> set[tuple[str, str]]:
        """Team members that differ from staff record and rota, are missing, or have no staff record."""
        staff = {record.id: record for record in self._store.catalogue(Staff)}
        rosters = self._store.read([Ref.to(BranchRoster, i) for i in location_ids])
        members = {
            (p.location_id, p.staff_id): p for i in location_ids for p in rosters.require(BranchRoster, i).members
        }
        wanted = {(i, s.id) for s in staff.values() if s.active for i in s.location_ids if i in location_ids}
        found = self._store.read([Ref.to(Rota, i) for i in sorted({i for _, i in wanted | members.keys()})])

        def is_current(place: tuple[str, str]) -> bool:
            location_id, staff_id = place
            member, record = members.get(place), staff.get(staff_id)
            rota = roster_sync.rota_in(found, staff_id)
            return record is not None and roster_sync.derive_member(member, location_id, record, rota) == member

        return {place for place in wanted | members.keys() if not is_current(place)}

    def _difference(self, key: OccupantKey) -> LedgerDifference | None:
        refs: list[Ref[Any]] = [
            Ref.to(Appointment, key.appointment_id),
            Ref.to(Sheet, key.calendar_id, key.day),
        ]
        found = self._store.read(refs)
        appointment = found.get(Appointment, key.appointment_id)
        sheet = found.get(Sheet, key.calendar_id, key.day)
        wanted = expected_occupants(appointment).get(key) if appointment else None
        actual = dict(_sheet_occupants(sheet)).get(key) if sheet else None
        return None if wanted == actual else LedgerDifference(key, wanted, actual)


def expected_occupants(appointment: Appointment) -> dict[OccupantKey, OccupantRecord]:
    """The occupants a live appointment must have: one on each sheet of its calendars that it touches."""
    if not appointment.occupies_capacity:
        return {}
    return {
        OccupantKey(calendar_id, day, appointment.id): OccupantRecord(*interval, appointment.service_id)
        for calendar_id, interval in appointment.calendar_spans()
        for day in sheet_days(calendar_id, *interval)
    }


def _sheet_occupants(sheet: Sheet) -> Iterator[tuple[OccupantKey, OccupantRecord]]:
    for occupant in sheet.occupants.values():
        if not occupant.is_hold:
            yield OccupantKey(sheet.calendar_id, sheet.day, occupant.id), _occupant_record(occupant)


def _occupant_record(occupant: Occupant) -> OccupantRecord:
    return OccupantRecord(*occupant.busy_span, occupant.service_id)
