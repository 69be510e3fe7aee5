"""A dashboard list read page by page has exactly the caller's appointments, in order of start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment, Cancellation
from chalicelib.domain.organisation.catalogue import Location, MeetingMethod, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import NotFound
from chalicelib.domain.shared.events import CLIENT_ACTOR
from chalicelib.domain.shared.ids import new_id
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.services.appointment_access import can_view
from chalicelib.services.appointments.dashboard import DashboardRequest, DashboardView
from chalicelib.services.context import Context
from tests.builders.in_process.table_records import committed, write

NOW = datetime.fromisoformat("2026-12-01T12:00:00+00:00")
# Each in a zone of its own, so that a day begins at another instant.
ZONES = {"loc_a": "America/Toronto", "loc_b": "Australia/Lord_Howe"}
PEOPLE = {
    "stf_a": (Role.STAFF, ("loc_a",), None),
    "stf_b": (Role.STAFF_PLUS, ("loc_b",), "Asia/Kathmandu"),
    "stf_ab": (Role.MANAGER, ("loc_a", "loc_b"), None),
    "stf_none": (Role.ADMIN, (), None),
}
LISTS = [DashboardView.UNCONFIRMED, DashboardView.UNASSIGNED, DashboardView.UPCOMING, DashboardView.DAY]


class Fact(NamedTuple):
    """The facts of an appointment that decide about lists; it starts in ``minutes``."""

    minutes: int
    location_id: str = "loc_a"
    staff_id: str | None = None
    confirmed: bool = True
    cancelled: bool = False


# Every kind of appointment, before and after now, on either side of somebody's midnight.
EVERY_KIND = [
    Fact(*kind, cancelled=number % 9 == 0)
    for number, kind in enumerate(product((-5000, -285, 30, 800, 5000), ZONES, (None, *PEOPLE), (True, False)))
]
DAYS = [date(2026, 12, 1) + timedelta(days=n) for n in (0, 1)]
LISTINGS = [
    DashboardRequest(view, location_id, staff_id, day, show_confirmed)
    for view, location_id, staff_id, day, show_confirmed in product(
        LISTS, (None, *ZONES), (None, *PEOPLE), (None, *DAYS), (False, True)
    )
    if (day or view is not DashboardView.DAY)
    and (location_id or (staff_id and view in (DashboardView.UPCOMING, DashboardView.DAY)))
    and (not show_confirmed or view is DashboardView.UNCONFIRMED)
]


def principal(staff_id: str) -> Principal:
    role, location_ids, _ = PEOPLE[staff_id]
    return Principal(staff_id, staff_id, f"{staff_id}@example.org", frozenset({role}), frozenset(location_ids))


@pytest.fixture
def people(table: None) -> None:
    with committed() as work:
        work.save(Settings(timezone="UTC"))
        for location_id, zone in ZONES.items():
            work.save(Location(location_id, location_id, zone))
        for staff_id, (role, location_ids, timezone) in PEOPLE.items():
            work.save(Staff(staff_id, staff_id, f"{staff_id}@example.org", role, location_ids, timezone=timezone))


@pytest.fixture
def everything(people: None) -> list[Appointment]:
    return booked(EVERY_KIND)


def booked(wanted: Sequence[Fact]) -> list[Appointment]:
    """These appointments, in the table."""
    saved = []
    for begin in range(0, len(wanted), 100):
        with committed() as work:
            saved += [work.save(appointment(n, wanted[n])) for n in range(begin, min(begin + 100, len(wanted)))]
    return saved


def appointment(number: int, fact: Fact) -> Appointment:
    start = NOW + timedelta(minutes=fact.minutes)
    made = Appointment(
        id=new_id("apt", NOW, number.to_bytes(10, "big")),
        service_id="svc_1",
        location_id=fact.location_id,
        method=MeetingMethod.PHONE,
        start=start,
        end=start + timedelta(minutes=30),
        timezone="UTC",
        local_start=start.isoformat(),
        attendees=(),
        booked_through=CLIENT_ACTOR,
        created_at=NOW,
        updated_at=NOW,
        confirmed=fact.confirmed,
        staff_id=fact.staff_id,
    )
    return made.cancelled(Cancellation("", "", NOW, False)) if fact.cancelled else made


def all_pages(
    who: Principal, listing: DashboardRequest, now: datetime = NOW, pace: timedelta = timedelta()
) -> list[Appointment]:
    """The whole list, page by page, each read so much later than the one before."""
    found: list[Appointment] = []
    while True:
        page = container.dashboard.list_page(Context(now, who), listing)
        found += [seated.appointment for seated in page.items]
        if page.next_cursor is None:
            return found
        assert len(page.items) == listing.limit, "a page that is not the last one is full"
        listing, now = replace(listing, cursor=page.next_cursor), now + pace


@dataclass(frozen=True)
class Oracle:
    """The list as the contract describes it, decided for each appointment alone."""

    who: Principal
    listing: DashboardRequest

    @property
    def refused(self) -> bool:
        """Outside the caller's locations there is no list, but for their own."""
        asked, role, here = self.listing, self.who.role, self.who.location_ids
        if role is Role.ADMIN:
            return False
        if asked.location_id and asked.location_id not in here:
            return True
        theirs = {asked.location_id} if asked.location_id else set(PEOPLE[asked.staff_id or self.who.staff_id][1])
        own = asked.staff_id in (None, self.who.staff_id)
        return not own and (role is Role.STAFF or not theirs & here)

    def shows(self, a: Appointment) -> bool:
        asked = self.listing
        about = asked.location_id in (None, a.location_id)
        about &= asked.view is DashboardView.UNASSIGNED or asked.staff_id in (None, a.staff_id)
        return a.occupies_capacity and about and self._of_view(a) and self._timely(a) and can_view(self.who, a)

    def _of_view(self, a: Appointment) -> bool:
        if self.listing.view is DashboardView.UNASSIGNED:
            return a.staff_id is None
        return self.listing.view is not DashboardView.UNCONFIRMED or self.listing.show_confirmed or not a.confirmed

    def _timely(self, a: Appointment) -> bool:
        if self.listing.date:
            return a.start.astimezone(self._zone).date() == self.listing.date
        return a.start >= NOW or (self.listing.view is DashboardView.UNCONFIRMED and not a.confirmed)

    @property
    def _zone(self) -> ZoneInfo:
        asked = self.listing
        return ZoneInfo(ZONES[asked.location_id] if asked.location_id else PEOPLE[asked.staff_id or ""][2] or "UTC")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(staff_id=st.sampled_from(sorted(PEOPLE)), listing=st.sampled_from(LISTINGS), limit=st.integers(1, 3))
def test_a_walk_shows_the_whole_list_and_nothing_else(
    staff_id: str, listing: DashboardRequest, limit: int, everything: list[Appointment]
) -> None:
    who, listing = principal(staff_id), replace(listing, limit=limit)
    oracle = Oracle(who, listing)
    if oracle.refused:
        with pytest.raises(NotFound):
            all_pages(who, listing)
        return
    shown = [(a.start, a.id) for a in all_pages(who, listing)]
    assert shown == sorted((a.start, a.id) for a in everything if oracle.shows(a))


@pytest.mark.parametrize("show_confirmed", [True, False])
def test_requests_that_begin_while_one_reads_are_not_lost(people: None, show_confirmed: bool) -> None:
    """Every page is read ten minutes after the one before; what begins meanwhile stays where it was."""
    listing = DashboardRequest(DashboardView.UNCONFIRMED, "loc_a", show_confirmed=show_confirmed, limit=1)
    appointments = booked([Fact(minutes, confirmed=False) for minutes in range(-20, 25, 5)])
    shown = all_pages(principal("stf_none"), listing, pace=timedelta(minutes=10))
    assert [a.id for a in shown] == [a.id for a in appointments]


def test_a_rare_find_needs_no_empty_pages(people: None) -> None:
    """Somebody who has two of three hundred appointments gets both on their first page."""
    booked([Fact(n, staff_id="stf_a" if n in (0, 299) else "stf_ab") for n in range(300)])
    page = container.dashboard.list_page(
        Context(NOW, principal("stf_a")), DashboardRequest(DashboardView.UPCOMING, "loc_a", limit=2)
    )
    assert [seated.appointment.start for seated in page.items] == [NOW, NOW + timedelta(minutes=299)]
    assert page.next_cursor is None


def test_many_locations_are_one_list(people: None) -> None:
    """A colleague's list where the caller works at more places than one condition can name."""
    places = frozenset({"loc_a", *(f"loc_{n}" for n in range(199))})
    who = replace(principal("stf_ab"), location_ids=places)
    write(Staff("stf_c", "", "", Role.STAFF, ("loc_a",)))
    first, _, last = booked([Fact(n, place, "stf_c") for n, place in enumerate(("loc_a", "loc_b", "loc_198"))])
    shown = all_pages(who, DashboardRequest(DashboardView.UPCOMING, staff_id="stf_c", limit=2))
    assert [a.id for a in shown] == [first.id, last.id]
