"""Validation of new and edited blocks: location, services, dates, blocks per day, release policy (QS-9, D11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.domain.capacity.ledger import Calendar
from chalicelib.domain.organisation.catalogue import Location, Service
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.quickstream.blocks import Block, Release, Series
from chalicelib.domain.quickstream.recurrence import MAX_SERIES_DAYS
from chalicelib.domain.shared.errors import FieldError, Invalid, NotFound, invalid
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.domain.shared.times import resolve_start, utc_days
from chalicelib.services.store_port import ReadResult

# Blocks beyond the last bookable day, so that a delay of the scheduled job goes unnoticed.
MIN_HORIZON_DAYS = 62
HORIZON_MARGIN_DAYS = 30
MAX_BLOCKS_PER_DAY = 200
MAX_PAST_DAYS = 366


def require_location(found: ReadResult, principal: Principal, location_id: str) -> Location:
    """The location; 404 outside the caller's reach, 422 ``unknown_location`` if it does not exist."""
    # A caller with limited reach does not learn which locations exist outside it.
    if not principal.reaches(Ability.BLOCK_EDIT, location_id=location_id):
        raise NotFound()
    location = found.get(Location, location_id)
    if location is None:
        raise invalid("/location_id", "There is no such location.", "unknown_location")
    return location


def require_services_offered(found: ReadResult, location_id: str, services: Sequence[str]) -> list[Service]:
    """The services; 422 ``unknown_service`` naming each that does not exist or is not offered there (QS-9)."""
    records = [found.get(Service, service_id) for service_id in services]
    offered = [s for s in records if s is not None and location_id in s.location_ids]
    known = {s.id for s in offered}
    unknown = [
        FieldError(f"/services/{place}", "This is not offered here.")
        for place, service_id in enumerate(services)
        if service_id not in known
    ]
    if unknown:
        raise Invalid(code="unknown_service", errors=unknown)
    return offered


def require_near_start(start: datetime, now: datetime) -> None:
    """422 ``invalid_interval`` for a start so far away that it must be a mistake."""
    if not -MAX_PAST_DAYS <= (start - now).days <= MAX_SERIES_DAYS:
        raise invalid("/start", "A block begins between a year ago and ten years ahead.", "invalid_interval")


def require_sheet_space(calendar: Calendar, blocks: Iterable[Block]) -> None:
    """422 ``too_many_blocks`` if a day would hold more blocks than fit on its sheet."""
    counts = {day: len(sheet.blocks) for day, sheet in calendar.sheets.items()}
    for block in blocks:
        for day in utc_days(block.start, block.end):
            counts[day] += 1
    if max(counts.values(), default=0) > MAX_BLOCKS_PER_DAY:
        raise invalid("/start", f"A day has at most {MAX_BLOCKS_PER_DAY} blocks at a location.", "too_many_blocks")


def horizon(series: Series, settings: Settings, services: Iterable[Service], now: datetime) -> datetime:
    """The wall time up to which blocks of an open rule are created: at least a month beyond the last bookable day."""
    longest = max((settings.horizon_for(s) for s in services), default=0)
    days = max(longest, settings.horizon_days, MIN_HORIZON_DAYS) + HORIZON_MARGIN_DAYS
    today = now.astimezone(ZoneInfo(series.timezone)).replace(tzinfo=None)
    return max(today, series.wall_start) + timedelta(days=days)


def resolve_release(release: Release | None, timezone: str, pointer: str) -> Release | None:
    """The policy with its instant, if it has one, in UTC; 422 if the wall time does not exist or is ambiguous."""
    if release is None or release.at is None:
        return release
    return replace(release, at=resolve_start(release.at, timezone, pointer))
