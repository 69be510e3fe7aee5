"""Reading and writing the ledger, shared by all use cases that book, hold, move or release time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.capacity.ledger import Calendar, Occupant, Sheet, days_around, sheet_days
from chalicelib.domain.organisation.catalogue import Location, Service
from chalicelib.domain.organisation.settings import Offer, Settings
from chalicelib.domain.shared.errors import Busy, NotFound, Refusal
from chalicelib.domain.shared.interval_set import Interval
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import ReadResult, Ref
from chalicelib.services.unit_of_work import UnitOfWork

T = TypeVar("T")

# The 62 days a caller may ask for and some margin; no decision reads more.
MAX_DAYS_READ = 80


class NotSettled(Busy):
    """The sheets read do not reach far enough for an exact decision (503 if more would not help)."""


def sheet_refs(calendar_id: str, days: Iterable[str]) -> list[Ref[Any]]:
    """References to the sheets of these UTC days."""
    return [Ref.to(Sheet, calendar_id, day) for day in days]


def offer_refs(location_id: str, service_id: str) -> list[Ref[Any]]:
    """References to the records of an offer: settings, location, service."""
    return [Ref.to(Settings), Ref.to(Location, location_id), Ref.to(Service, service_id)]


def calendar_in(found: ReadResult, calendar_id: str, days: Iterable[str]) -> Calendar:
    """The calendar of these days, from the records read."""
    wanted = list(days)
    sheets = (found.get(Sheet, calendar_id, day) for day in wanted)
    return Calendar.from_sheets(calendar_id, wanted, (s for s in sheets if s is not None))


def offer_in(
    found: ReadResult,
    location_id: str,
    service_id: str,
    unknown: Callable[[str], Refusal] = lambda _: NotFound(),
) -> Offer:
    """The offer, from the records read; ``unknown`` makes the refusal of a service or location."""
    service = found.get(Service, service_id)
    if service is None:
        raise unknown("service_id")
    location = found.get(Location, location_id)
    if location is None or location_id not in service.location_ids:
        raise unknown("location_id")
    return Offer(settings_in(found), location, service)


def read_until_settled(start: int, end: int, read: Callable[[list[str]], T]) -> T:
    """The result of ``read`` for the days around [start, end), and for more days while it raises ``NotSettled``.

    Appointments that overlap from one day into the next affect each other; one more day on either side is enough
    unless a calendar is booked day and night.
    """
    margin = 1
    while True:
        days = days_around(start, end, margin)
        try:
            return read(days)
        except NotSettled:
            if len(days) > MAX_DAYS_READ:
                raise
            margin += 2


def write_occupant(
    work: UnitOfWork, allocation: Allocation, occupant: Occupant, now: datetime, replaced_id: str = ""
) -> None:
    """Writes an occupant into its allocation and removes the one it replaces.

    On a staff member's calendar their roster entry is part of the decision: an appointment makes them the one
    assigned last (D46), a hold only requires the entry to be unchanged.
    """
    before = allocation.calendar
    after = before.without_occupant(replaced_id).with_occupant(occupant)
    write_sheets(work, before, after, allocation.dependency_span, now)
    if allocation.member and occupant.is_hold:
        work.require_unchanged(allocation.member)
    elif allocation.member:
        work.save(replace(allocation.member, assigned_at=now))


def remove_occupant(
    work: UnitOfWork,
    occupant_id: str,
    intervals: Iterable[tuple[str, Interval]],
    rewritten_calendars: Iterable[Calendar] = (),
) -> None:
    """Removes an occupant from its calendars, except from sheets of ``rewritten_calendars``, which are saved anyway."""
    rewritten = {(calendar.calendar_id, day) for calendar in rewritten_calendars for day in calendar.sheets}
    for calendar_id, interval in intervals:
        days = (day for day in sheet_days(calendar_id, *interval) if (calendar_id, day) not in rewritten)
        work.remove_occupant(calendar_id, days, occupant_id)


def write_sheets(work: UnitOfWork, before: Calendar, after: Calendar, dependency_span: Interval, now: datetime) -> None:
    """Saves the sheets that changed; the others the decision depends on must be unchanged."""
    changed = {sheet.day for sheet in save_changed_sheets(work, before, after, now)}
    for sheet in before.sheets_touching(*dependency_span):
        if sheet.day not in changed:
            work.require_unchanged(sheet)


def save_changed_sheets(work: UnitOfWork, before: Calendar, after: Calendar, now: datetime) -> list[Sheet]:
    """Saves the sheets that changed, without expired holds; returns them as they will be stored."""
    seconds = int(now.timestamp())
    return [work.save(sheet.without_expired(seconds)) for sheet in after.changed_since(before)]
