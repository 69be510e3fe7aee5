"""What is free, and why a time is not: the same question for the widget and for staff (QS-1, WG-2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.domain.appointments import Appointment
from chalicelib.domain.catalog import Availability, Method, Offer
from chalicelib.domain.errors import NotFound, invalid
from chalicelib.domain.holds import Hold, hold_id_of, unknown_hold
from chalicelib.domain.ledger import Occupant, Right
from chalicelib.domain.slots import DETAILS, Seeker, Slot, Slots, Why
from chalicelib.domain.times import day_bounds, days, instant, minute, resolve, zone
from chalicelib.services import calendars
from chalicelib.services.ports import Context, Found, Ref, Store

LONGEST_DAYS = 62
NEAREST_BEFORE = timedelta(days=7)
NEAREST_AFTER = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Search:
    """Which free times are asked for; ``hold`` is a token, ``moving`` an appointment id with its ``code``."""

    service_id: str
    location_id: str
    timezone: str
    method: Method | None = None
    right: Right = Right.WIDGET
    staff_id: str | None = None
    hold: str | None = None
    moving: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class DaySlots:
    """One local day's free times, possibly none."""

    date: date
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether one time can be booked; if not, why and what is near it (UTC instants)."""

    bookable: bool
    reasons: tuple[Why, ...]
    nearest: tuple[datetime, ...]


class Availabilities:
    """Free times; one batch read per question."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self, context: Context, search: Search, first: date, last: date) -> list[DaySlots]:
        """The free times of the local days from ``first`` to ``last`` in ``search.timezone``, at most 62."""
        tz = zone(search.timezone, "/timezone")
        if not 0 <= (last - first).days < LONGEST_DAYS:
            raise invalid("/to", f"Ask for 1 to {LONGEST_DAYS} days.", "invalid_range")
        start, end = minute(day_bounds(first, tz)[0]), minute(day_bounds(last, tz)[1])
        slots, _ = self._read(context, search, start, end)
        by_day: dict[date, list[Slot]] = {day: [] for day in days(first, last)}
        for slot in slots.listed(start, end):
            by_day[instant(slot.start).astimezone(tz).date()].append(slot)
        return [DaySlots(day, tuple(found)) for day, found in by_day.items()]

    def explain(self, context: Context, search: Search, wall: datetime) -> Explanation:
        """Whether ``wall`` (in ``search.timezone``) can be booked, why not, and the nearest times that can."""
        at = resolve(wall, search.timezone)
        first, last = minute(at - NEAREST_BEFORE), minute(at + NEAREST_AFTER)
        slots, offer = self._read(context, replace(search, method=None), first, last)
        reasons = [why for why in (slots.why_not(minute(at)),) if why]
        if search.method and search.method not in offer.service.meeting_methods:
            reasons.insert(0, Why.METHOD_NOT_OFFERED)
        nearest = tuple(instant(s) for s in slots.nearest(minute(at), first, last))
        return Explanation(not reasons, tuple(reasons), nearest)

    def _read(self, context: Context, search: Search, start: int, end: int) -> tuple[Slots, Offer]:
        hold_id = hold_id_of(search.hold, "/hold") if search.hold else None
        refs = calendars.offer_refs(search.location_id, search.service_id)
        refs += [Ref.to(Hold, hold_id)] if hold_id else []
        refs += [Ref.to(Appointment, search.moving)] if search.moving else []

        def read(days: list[str]) -> tuple[Slots, Offer]:
            sheets = calendars.sheet_refs(search.location_id, days)
            found = self._store.read([*refs, *sheets], consistent=False)
            offer = calendars.offer_in(found, search.location_id, search.service_id)
            _require_offered(offer, search)
            seeker = Seeker(
                search.right,
                context.now,
                held(found, search.hold, search.location_id, context.now, "/hold"),
                _moved(found, search),
            )
            return calendars.slots_in(found, offer, days, seeker, start, end)[0], offer

        return calendars.widening(start, end, read)


def held(found: Found, token: str | None, location_id: str, now: datetime, pointer: str) -> Occupant | None:
    """The live hold behind a token as an occupant; none once expired, 422 ``unknown_hold`` if never given."""
    if token is None:
        return None
    hold = found.get(Hold, hold_id_of(token, pointer))
    if hold is None:
        raise unknown_hold(pointer)
    try:
        hold.require(token)
    except NotFound:
        raise unknown_hold(pointer) from None
    if not hold.live(now) or hold.location_id != location_id:
        return None
    return Occupant(hold.id, hold.start, hold.end, hold.service_id, Right.WIDGET, expires=hold.expires)


def _moved(found: Found, search: Search) -> str | None:
    """The appointment to leave out; only its own code may look past it (case 3)."""
    if search.moving is None:
        return None
    appointment = found.require(Appointment, search.moving)
    if search.right is Right.WIDGET:
        appointment.attendee_by_code(search.code or "")
    return appointment.id


def _require_offered(offer: Offer, search: Search) -> None:
    if search.right is Right.WIDGET and not offer.service.public:
        raise NotFound()
    if offer.service.availability is not Availability.QUICKSTREAM:
        raise invalid("/service_id", "This service is not booked by time slot here.", "not_bookable_here")
    if search.staff_id and search.right is Right.WIDGET:
        raise invalid("/staff_id", "Staff cannot be chosen for this service.", "staff_not_selectable")
    if search.method and search.method not in offer.service.meeting_methods:
        raise invalid("/meeting_method", DETAILS[Why.METHOD_NOT_OFFERED], Why.METHOD_NOT_OFFERED.value)
