"""Reading the facts about free time, and writing who takes it: shared by everything that seats somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.capacity.ledger import Calendar, Occupant, Sheet, days_around, sheet_days
from chalicelib.domain.organisation.catalog import Location, Offer, Service, Settings
from chalicelib.domain.shared.errors import Busy, NotFound, Refusal
from chalicelib.domain.shared.interval_set import Interval
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import ReadResult, Ref
from chalicelib.services.unit_of_work import UnitOfWork

T = TypeVar("T")

# Two more than the 62 days a caller may ask for; wider than that nothing is read for one decision.
MAX_DAYS_READ = 80


class NotSettled(Busy):
    """The sheets read do not reach far enough for an exact decision."""


def sheet_refs(calendar_id: str, days: Iterable[str]) -> list[Ref[Any]]:
    """The sheets of these UTC days."""
    return [Ref.to(Sheet, calendar_id, day) for day in days]


def offer_refs(location_id: str, service_id: str) -> list[Ref[Any]]:
    """What one service at one location is offered under."""
    return [Ref.to(Settings), Ref.to(Location, location_id), Ref.to(Service, service_id)]


def calendar_in(found: ReadResult, calendar_id: str, days: Iterable[str]) -> Calendar:
    """The calendar of these days from what was read."""
    wanted = list(days)
    sheets = (found.get(Sheet, calendar_id, day) for day in wanted)
    return Calendar.from_sheets(calendar_id, wanted, (s for s in sheets if s is not None))


def offer_in(
    found: ReadResult,
    location_id: str,
    service_id: str,
    unknown: Callable[[str], Refusal] = lambda _: NotFound(),
) -> Offer:
    """The offer from what was read; ``unknown`` makes the refusal for a service or location not to be had."""
    service = found.get(Service, service_id)
    if service is None:
        raise unknown("service_id")
    location = found.get(Location, location_id)
    if location is None or location_id not in service.location_ids:
        raise unknown("location_id")
    return Offer(settings_in(found), location, service)


def read_until_settled(start: int, end: int, read: Callable[[list[str]], T]) -> T:
    """``read`` of the days around [start, end), and of more days as long as it raises ``NotSettled``.

    Appointments that overlap one another from one day into the next can bear on each other; a day more on
    both sides settles all but calendars that never rest.
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
    """Writes an occupant into the place that was decided on, and another one out of it.

    Where that takes somebody's time, their post becomes part of the decision: an appointment makes them the one
    who was assigned last (D46), a hold does not.
    """
    before = allocation.calendar
    after = (
        before.without_occupant(replaced_id).with_occupant(occupant) if replaced_id else before.with_occupant(occupant)
    )
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
    """Takes an occupant off the calendars it stood on, but for those sheets that were ``read`` and are rewritten."""
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
