"""Free times, and why a time is not free, for clients and for staff (QS-1, WG-2, D46)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.availability.block_slots import Slot
from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.holds import Hold, hold_id_from_token, unknown_hold
from chalicelib.domain.availability.nearest_starts import nearest_starts
from chalicelib.domain.availability.staff_choice import StaffPreference
from chalicelib.domain.availability.unavailable_reasons import Unavailable
from chalicelib.domain.capacity.ledger import Occupant, SeatAccess
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.shared.errors import NotFound, invalid
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import (
    date_range,
    day_bounds,
    epoch_minute,
    from_epoch_minute,
    known_zone,
    resolve_start,
)
from chalicelib.services.appointment_access import require_access
from chalicelib.services.availability.availability_reader import (
    AvailabilityQuery,
    AvailabilityReader,
    AvailabilityWindow,
    AvailableTimes,
    require_offered,
)
from chalicelib.services.availability.booking_channels import StaffChannel, can_book_for, require_channel
from chalicelib.services.context import Context
from chalicelib.services.store_port import ReadResult, Ref

MAX_DAYS = 62
NEAREST_BEFORE = timedelta(days=7)
NEAREST_AFTER = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class SlotSearch:
    """A search for free times, by staff through a ``staff_channel`` or by a client.

    ``hold`` is a token, ``moving`` the id of an appointment to move, which a client sends with its ``code``.
    """

    service_id: str
    location_id: str
    timezone: str
    method: MeetingMethod | None = None
    staff_channel: StaffChannel | None = None
    staff_id: str | None = None
    language: str | None = None
    hold: str | None = None
    moving: str | None = None
    code: str | None = None

    @property
    def access(self) -> SeatAccess:
        """The seats that the caller may take."""
        return self.staff_channel.access if self.staff_channel else SeatAccess.WIDGET


@dataclass(frozen=True, slots=True)
class DaySlots:
    """One local day's free times, possibly none."""

    date: date
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class SlotExplanation:
    """One time: bookable or not, the reasons why not, and the nearest bookable starts (UTC)."""

    bookable: bool
    reasons: tuple[Unavailable, ...]
    nearest: tuple[datetime, ...]


class FreeSlots:
    """Lists and explains free times: one batch read, for staff services also the roster and then its calendars."""

    def __init__(self, availability_reader: AvailabilityReader) -> None:
        self._availability_reader = availability_reader

    def list(self, context: Context, search: SlotSearch, first: date, last: date) -> list[DaySlots]:
        """The free times of the local days from ``first`` to ``last`` in ``search.timezone``, at most 62."""
        tz = known_zone(search.timezone, "/timezone")
        if not 0 <= (last - first).days < MAX_DAYS:
            raise invalid("/to", f"Ask for 1 to {MAX_DAYS} days.", "invalid_range")
        start, end = epoch_minute(day_bounds(first, tz)[0]), epoch_minute(day_bounds(last, tz)[1])
        times = self._read(context, search, start, end)
        by_day: dict[date, list[Slot]] = {day: [] for day in date_range(first, last)}
        for slot in times.free_slots(start, end):
            by_day[from_epoch_minute(slot.start).astimezone(tz).date()].append(slot)
        return [DaySlots(day, tuple(found)) for day, found in by_day.items()]

    def explain(self, context: Context, search: SlotSearch, wall: datetime) -> SlotExplanation:
        """Tells if ``wall`` (in ``search.timezone``) can be booked, why not, and the nearest times that can."""
        at = resolve_start(wall, search.timezone)
        first, last = epoch_minute(at - NEAREST_BEFORE), epoch_minute(at + NEAREST_AFTER)
        times = self._read(context, replace(search, method=None), first, last)
        reason = times.unavailable_reason(epoch_minute(at))
        reasons = [reason] if reason else []
        if search.method and search.method not in times.offer.service.meeting_methods:
            reasons.insert(0, Unavailable.METHOD_NOT_OFFERED)
        nearest = tuple(map(from_epoch_minute, nearest_starts(times.free_slots(first, last), epoch_minute(at))))
        return SlotExplanation(not reasons, tuple(reasons), nearest)

    def _read(self, context: Context, search: SlotSearch, start: int, end: int) -> AvailableTimes:
        hold_id = hold_id_from_token(search.hold, "/hold") if search.hold else None
        refs: list[Ref[object]] = [Ref.to(Hold, hold_id)] if hold_id else []
        refs += [Ref.to(Appointment, search.moving)] if search.moving else []

        def build_query(offer: Offer, found: ReadResult) -> AvailabilityQuery:
            if search.staff_channel:
                require_channel(context.staff, search.staff_channel, search.location_id, offer.settings)
            require_offered(offer, search.method, search.staff_id, search.access)
            hold = live_hold_occupant(found, search.hold, search.location_id, context.now, "/hold")
            moved = _moved_appointment(context, found, search)
            requester = Requester(search.access, context.now, hold, moved.id if moved else None)
            preference = StaffPreference(search.staff_id, search.language)
            query = (
                query_for_move(offer, requester, moved) if moved else AvailabilityQuery(offer, requester, preference)
            )
            if search.staff_channel is None:
                return query
            is_allowed = can_book_for(context.staff, search.staff_channel, search.location_id)
            if moved:
                return _query_for_staff_move(query, preference, moved, is_allowed)
            return replace(query, is_allowed=is_allowed)

        window = AvailabilityWindow(search.service_id, search.location_id, start, end)
        return self._availability_reader.read(window, build_query, refs, consistent=False)[0]


def query_for_move(offer: Offer, requester: Requester, appointment: Appointment) -> AvailabilityQuery:
    """The query of a client who moves an appointment: same length, with the staff member they chose or who has it."""
    start, end = appointment.span
    offer = replace(offer, service=replace(offer.service, duration_minutes=end - start))
    chosen = appointment.staff_id if appointment.staff_requested else None
    preference = StaffPreference(chosen, appointment.language, keep=appointment.staff_id)
    return AvailabilityQuery(offer, requester, preference, lenient=True)


def _query_for_staff_move(
    query: AvailabilityQuery, preference: StaffPreference, moved: Appointment, is_allowed: Callable[[TeamMember], bool]
) -> AvailabilityQuery:
    """The query of staff who move an appointment: its staff member keeps it unless they name another."""
    holder = moved.staff_id
    return replace(
        query,
        preference=replace(preference, staff_id=preference.staff_id or holder),
        is_allowed=lambda member: member.staff_id == holder or is_allowed(member),
        lenient=preference.staff_id is None,
    )


def live_hold_occupant(
    found: ReadResult, token: str | None, location_id: str, now: datetime, pointer: str
) -> Occupant | None:
    """The live hold of a token as an occupant; None once expired, 422 ``unknown_hold`` if never issued."""
    if token is None:
        return None
    hold = found.get(Hold, hold_id_from_token(token, pointer))
    if hold is None:
        raise unknown_hold(pointer)
    try:
        hold.require_token(token)
    except NotFound:
        raise unknown_hold(pointer) from None
    if not hold.is_live(now) or hold.location_id != location_id:
        return None
    return Occupant(hold.id, hold.start, hold.end, hold.service_id, SeatAccess.WIDGET, expires=hold.expires)


def _moved_appointment(context: Context, found: ReadResult, search: SlotSearch) -> Appointment | None:
    """The appointment to leave out: only for its own code, or for staff who may edit it (case 3)."""
    if search.moving is None:
        return None
    appointment = found.require(Appointment, search.moving)
    if search.staff_channel is None:
        appointment.attendee_by_code(search.code or "")
    else:
        require_access(context.staff, Ability.APPOINTMENT_EDIT, appointment)
    return appointment
