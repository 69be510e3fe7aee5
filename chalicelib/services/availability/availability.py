"""What is free, and why a time is not: the same question for the widget and for staff (QS-1, WG-2, D46)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.availability.block_slots import Seeker, Slot, Why, nearest
from chalicelib.domain.availability.holds import Hold, hold_id_of, unknown_hold
from chalicelib.domain.availability.staff_slots import Preference
from chalicelib.domain.capacity.ledger import Occupant, Right
from chalicelib.domain.organisation.catalog import Method, Offer
from chalicelib.domain.organisation.roster import Post
from chalicelib.domain.shared.errors import NotFound, invalid
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import day_bounds, days, instant, minute, resolve, zone
from chalicelib.services.appointment_access import require_reach
from chalicelib.services.availability.availability_reader import FreeTimes, Question, Times, Where, require_offered
from chalicelib.services.availability.booking_channels import Door, may_have, require_open
from chalicelib.services.unit_of_work import Context, Found, Ref

LONGEST_DAYS = 62
NEAREST_BEFORE = timedelta(days=7)
NEAREST_AFTER = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Search:
    """Which free times, asked by staff through a ``door`` or by a client.

    ``hold`` is a token, ``moving`` an appointment id, which a client gives with its ``code``.
    """

    service_id: str
    location_id: str
    timezone: str
    method: Method | None = None
    door: Door | None = None
    staff_id: str | None = None
    language: str | None = None
    hold: str | None = None
    moving: str | None = None
    code: str | None = None

    @property
    def right(self) -> Right:
        """The seats that are open to whoever asks."""
        return self.door.right if self.door else Right.WIDGET


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
    """Free times: one batch read per question, for staff services their team and then its calendars besides."""

    def __init__(self, times: FreeTimes) -> None:
        self._times = times

    def list(self, context: Context, search: Search, first: date, last: date) -> list[DaySlots]:
        """The free times of the local days from ``first`` to ``last`` in ``search.timezone``, at most 62."""
        tz = zone(search.timezone, "/timezone")
        if not 0 <= (last - first).days < LONGEST_DAYS:
            raise invalid("/to", f"Ask for 1 to {LONGEST_DAYS} days.", "invalid_range")
        start, end = minute(day_bounds(first, tz)[0]), minute(day_bounds(last, tz)[1])
        times = self._read(context, search, start, end)
        by_day: dict[date, list[Slot]] = {day: [] for day in days(first, last)}
        for slot in times.listed(start, end):
            by_day[instant(slot.start).astimezone(tz).date()].append(slot)
        return [DaySlots(day, tuple(found)) for day, found in by_day.items()]

    def explain(self, context: Context, search: Search, wall: datetime) -> Explanation:
        """Whether ``wall`` (in ``search.timezone``) can be booked, why not, and the nearest times that can."""
        at = resolve(wall, search.timezone)
        first, last = minute(at - NEAREST_BEFORE), minute(at + NEAREST_AFTER)
        times = self._read(context, replace(search, method=None), first, last)
        reasons = [why for why in (times.why_not(minute(at)),) if why]
        if search.method and search.method not in times.offer.service.meeting_methods:
            reasons.insert(0, Why.METHOD_NOT_OFFERED)
        near = tuple(map(instant, nearest(times.listed(first, last), minute(at))))
        return Explanation(not reasons, tuple(reasons), near)

    def _read(self, context: Context, search: Search, start: int, end: int) -> Times:
        hold_id = hold_id_of(search.hold, "/hold") if search.hold else None
        refs: list[Ref[object]] = [Ref.to(Hold, hold_id)] if hold_id else []
        refs += [Ref.to(Appointment, search.moving)] if search.moving else []

        def pose(offer: Offer, found: Found) -> Question:
            if search.door:
                require_open(context.staff, search.door, search.location_id, offer.settings)
            require_offered(offer, search.method, search.staff_id, search.right)
            hold = held(found, search.hold, search.location_id, context.now, "/hold")
            moved = _moved(context, found, search)
            seeker = Seeker(search.right, context.now, hold, moved.id if moved else None)
            wanted = Preference(search.staff_id, search.language)
            question = as_before(offer, seeker, moved) if moved else Question(offer, seeker, wanted)
            if search.door is None:
                return question
            may = may_have(context.staff, search.door, search.location_id)
            return _of_holder(question, wanted, moved, may) if moved else replace(question, may=may)

        where = Where(search.service_id, search.location_id, start, end)
        return self._times.read(where, pose, refs, consistent=False)[0]


def as_before(offer: Offer, seeker: Seeker, appointment: Appointment) -> Question:
    """The question of a client who moves an appointment: as long as it is, with whom they chose or who has it."""
    start, end = appointment.span
    offer = replace(offer, service=replace(offer.service, duration_minutes=end - start))
    chosen = appointment.staff_id if appointment.staff_requested else None
    wanted = Preference(chosen, appointment.language, keep=appointment.staff_id)
    return Question(offer, seeker, wanted, lenient=True)


def _of_holder(question: Question, wanted: Preference, moved: Appointment, may: Callable[[Post], bool]) -> Question:
    """The question of staff who move an appointment: unless they name somebody, whoever has it keeps it."""
    holder = moved.staff_id
    return replace(
        question,
        wanted=replace(wanted, staff_id=wanted.staff_id or holder),
        may=lambda post: post.staff_id == holder or may(post),
        lenient=wanted.staff_id is None,
    )


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


def _moved(context: Context, found: Found, search: Search) -> Appointment | None:
    """The appointment to leave out; only its own code, or staff who may edit it, may look past it (case 3)."""
    if search.moving is None:
        return None
    appointment = found.require(Appointment, search.moving)
    if search.door is None:
        appointment.attendee_by_code(search.code or "")
    else:
        require_reach(context.staff, Ability.APPOINTMENT_EDIT, appointment)
    return appointment
