"""Deciding a booking and listing a month on the hardest days: 200 occupants and 12 blocks each."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from statistics import median
from typing import TypeVar

from benchmarks.data.branches import (
    ACCOUNT,
    ADVICE,
    BUSY_DAY,
    CARD,
    DAYS,
    FIRST_DAY,
    MEASURED_BRANCH,
    NOW,
    catalogue,
    opening_instant,
    sheet,
)
from benchmarks.harness.report_table import Table, percentile
from chalicelib.domain.availability.block_slots import BlockSlots
from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.capacity.ledger import Calendar, Occupant, SeatAccess, Sheet, days_around
from chalicelib.domain.organisation.catalogue import Location, Service
from chalicelib.domain.organisation.settings import Offer, Settings
from chalicelib.domain.quickstream.blocks import Block
from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.times import epoch_minute

OCCUPANTS = 200
# Seats of the blocks, in turn by two.
DAYS_MEASURED = {"a third full": (4, 4), "nearly full": (1, 2)}
_MAX_ATTEMPTS = 4000
# Seconds of processor time after which a decision is given up; it counts as this long.
TIME_LIMIT_SECONDS = 2.0


Movable = TypeVar("Movable", Block, Occupant)


class TimeLimitExceeded(Exception):
    """A decision took longer than the limit."""


def measure(days: int = 4, decisions: int = 100, occupants: int = OCCUPANTS) -> dict[str, list[float]]:
    """Seconds of each decision, by kind of day; ``decisions`` on each of ``days`` days."""
    return {
        kind: [
            seconds
            for day in _days(days)
            for seconds in _time_decisions(
                _filled_day(day, seats, occupants), day, decisions, random.Random(day.toordinal())
            )
        ]
        for kind, seats in DAYS_MEASURED.items()
    }


def measure_listings(
    days: int = DAYS, patterns: int = 4, occupants: int = OCCUPANTS, repeat: int = 3
) -> dict[str, list[float]]:
    """Seconds to list the free times of ``days`` days that repeat the first few of ``measure``."""
    months = {kind: _month(days, seats, patterns, occupants) for kind, seats in DAYS_MEASURED.items()}
    return {kind: [_time_listing(month, days) for _ in range(repeat)] for kind, month in months.items()}


def table(decided: dict[str, list[float]], listed: dict[str, list[float]]) -> Table:
    """Milliseconds of this machine's processor."""
    head = ("day", "decisions", "p50 ms", "p99 ms", "worst ms", "given up", "31 days listed, ms")
    lines = []
    for kind, found in decided.items():
        given_up = sum(seconds >= TIME_LIMIT_SECONDS for seconds in found)
        shown = [f"{1000 * percentile(found, share):.1f}" for share in (0.5, 0.99, 1)]
        lines.append((kind, str(len(found)), *shown, str(given_up), f"{1000 * median(listed[kind]):.0f}"))
    note = f"A decision is given up after {TIME_LIMIT_SECONDS:g} s."
    return Table(f"Deciding on full days, {BUSY_DAY.blocks} blocks each", head, lines, [note])


def _days(count: int) -> Iterable[date]:
    return (FIRST_DAY + timedelta(days=n) for n in range(count))


def _offer(service_id: str) -> Offer:
    records = list(catalogue(1))
    settings = next(r for r in records if isinstance(r, Settings))
    location = next(r for r in records if isinstance(r, Location))
    return Offer(settings, location, next(r for r in records if isinstance(r, Service) and r.id == service_id))


_OFFERS = {service: _offer(service) for service in (ADVICE, ACCOUNT, CARD)}


def _book(calendar: Calendar, service: str, start: int, name: str) -> Calendar:
    """The calendar after a booking, decided as the use case decides; raises its refusal."""
    slots = BlockSlots(_OFFERS[service], calendar, Requester(SeatAccess.WIDGET, NOW))
    assert slots.covers_dependencies(start, start + 1)
    return calendar.with_occupant(slots.allocate(start).to_occupant(name, SeatAccess.WIDGET))


def _time_decisions(calendar: Calendar, day: date, count: int, chance: random.Random) -> list[float]:
    found = []
    for service, start in (_random_start(day, chance) for _ in range(count)):
        started = time.thread_time()  # the process clock only ticks while an alarm is set on it
        _book_if_free(calendar, service, start, "apt_new")
        found.append(time.thread_time() - started)
    return found


def _book_if_free(calendar: Calendar, service: str, start: int, name: str) -> Calendar:
    """The calendar with the booking if there is a seat, else unchanged."""
    try:
        with _time_limit(TIME_LIMIT_SECONDS):
            return _book(calendar, service, start, name)
    except (Refusal, TimeLimitExceeded):
        return calendar


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise ``TimeLimitExceeded`` when the context takes longer."""

    def give_up(*_: object) -> None:
        raise TimeLimitExceeded

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _random_start(day: date, chance: random.Random) -> tuple[str, int]:
    return chance.choice(list(_OFFERS)), epoch_minute(opening_instant(day)) + 15 * chance.randrange(32)


@cache
def _filled_day(day: date, seats: tuple[int, ...], occupants: int) -> Calendar:
    """A day filled by admitted bookings until it has as many occupants."""
    chance = random.Random(str((day, seats)))
    calendar = _empty_day(day, seats)
    for number in range(_MAX_ATTEMPTS):
        if len(calendar.sheets[str(day)].occupants) == occupants:
            return calendar
        service, start = _random_start(day, chance)
        calendar = _book_if_free(calendar, service, start, f"apt_{number:026d}")
    raise AssertionError("the day has too few seats")


def _empty_day(day: date, seats: tuple[int, ...]) -> Calendar:
    filled = sheet(MEASURED_BRANCH, day, BUSY_DAY, {})
    blocks = {
        block.id: replace(block, limit=seats[n // 2 % len(seats)]) for n, block in enumerate(filled.blocks.values())
    }
    around = days_around(epoch_minute(opening_instant(day)), epoch_minute(opening_instant(day)) + 1)
    return Calendar.from_sheets(MEASURED_BRANCH, around, [replace(filled, blocks=blocks)])


def _month(days: int, seats: tuple[int, ...], patterns: int, occupants: int) -> Calendar:
    """A calendar of ``days`` days, each a copy of one of the filled ones."""
    wanted = [FIRST_DAY + timedelta(days=n) for n in range(-1, days + 1)]
    return Calendar.from_sheets(
        MEASURED_BRANCH, map(str, wanted), (_copied_sheet(n % patterns, n, seats, occupants) for n in range(days))
    )


def _copied_sheet(pattern: int, number: int, seats: tuple[int, ...], occupants: int) -> Sheet:
    """A filled day's sheet copied to a later day; ids stay unique."""
    day, copy = (FIRST_DAY + timedelta(days=n) for n in (pattern, number))
    filled = _filled_day(day, seats, occupants).sheets[str(day)]
    later = 1440 * (number - pattern)

    def moved(record: Movable) -> Movable:
        return replace(record, id=f"{record.id}{number}", start=record.start + later, end=record.end + later)

    blocks = {b.id: b for b in map(moved, filled.blocks.values())}
    return Sheet(MEASURED_BRANCH, str(copy), blocks, {o.id: o for o in map(moved, filled.occupants.values())})


def _time_listing(calendar: Calendar, days: int) -> float:
    first = epoch_minute(opening_instant(FIRST_DAY))
    started = time.thread_time()
    slots = BlockSlots(_OFFERS[ACCOUNT], calendar, Requester(SeatAccess.WIDGET, NOW))
    assert slots.covers_dependencies(first, first + (days - 1) * 1440)
    assert list(slots.free_slots(first, first + (days - 1) * 1440 + 600))
    return time.thread_time() - started
