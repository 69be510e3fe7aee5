"""Moving an appointment as its client: same service, once, in time; old seat and new in one transaction (WG-4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.appointments import Appointment, Attendee, State
from chalicelib.domain.catalog import Offer, Settings
from chalicelib.domain.errors import AlreadyRebooked, WrongState
from chalicelib.domain.events import Audience, Entry, FieldChange, Kind, Message
from chalicelib.domain.ledger import Occupant, Right, Sheet
from chalicelib.domain.slots import Seeker
from chalicelib.domain.times import instant, minute, resolve, utc_days, utc_text, wall_text, zone
from chalicelib.services import calendars, staff_calendars
from chalicelib.services.announcing import appointment_event, client_messages, organisation_messages
from chalicelib.services.booking import Booked, unknown_reference
from chalicelib.services.cancelling import reason_by_mode, require_deadline
from chalicelib.services.deciding import Pause, decide
from chalicelib.services.ports import Change, Context, Found, Ids, Ref, Store


@dataclass(frozen=True, slots=True)
class Move:
    """Where a client wants to move an appointment; ``start`` is an instant or wall time in ``timezone``."""

    code: str
    start: datetime
    timezone: str
    reason: str = ""


class Rescheduling:
    """Moves by clients: the appointment is read, then the calendar; one transaction."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def by_client(self, context: Context, appointment_id: str, move: Move) -> Booked:
        """The appointment at its new time, under the same id; if that is not to be had, all stays as it was.

        404 for a wrong code; 409 ``wrong_state``, ``deadline_passed``, ``already_rebooked`` or a booking's.
        """
        start = minute(resolve(move.start, move.timezone))
        return decide(lambda: self._by_client(context, appointment_id, move, start), self._pause)

    def _by_client(self, context: Context, appointment_id: str, move: Move, start: int) -> Booked:
        found = self._store.read([Ref.to(Appointment, appointment_id), Ref.to(Settings)])
        appointment = found.require(Appointment, appointment_id)
        settings = found.get(Settings) or Settings()
        attendee = appointment.attendee_by_code(move.code)
        if attendee.cancelled or appointment.state is not State.BOOKED:
            raise WrongState("This appointment is already over or cancelled.")
        require_deadline(appointment, settings.rebook_deadline_hours, context.now)
        if attendee.moves:
            raise AlreadyRebooked()
        reason = reason_by_mode(settings.rebook_reason, move.reason)

        at = instant(start)
        moved = appointment.moved(at, move.timezone, wall_text(at, zone(move.timezone)), context.now)
        attendee = replace(attendee, moves=attendee.moves + 1)
        others = (attendee if a.client_id == attendee.client_id else a for a in moved.attendees)
        moved = replace(moved, attendees=tuple(others))

        def settle(days: list[str]) -> Booked:
            return self._settle(context, appointment, moved, attendee, reason, days)

        return calendars.widening(start, start + 1, settle)

    def _settle(
        self,
        context: Context,
        before: Appointment,
        moved: Appointment,
        attendee: Attendee,
        reason: str,
        days: list[str],
    ) -> Booked:
        found = self._store.read(_refs(moved, days))
        offer = calendars.offer_in(found, moved.location_id, moved.service_id, unknown_reference)
        change = Change()
        self._reseat(context, change, found, offer, before, moved, days)
        keeps_staff = moved.staff_id is None or staff_calendars.is_free(found, moved.staff_id, moved)
        kept = moved if keeps_staff else replace(moved, staff_id=None)
        after = change.save(kept)
        _move_staff_time(change, found, before, after)
        for contact in {a.contact for a in after.live_attendees if a.contact}:
            change.tally(contact, after.id, minute(after.end))
        change.record(self._entry(context, before, after, reason))
        booked = Booked(after, attendee)
        self._store.commit(change, context.once, booked)
        return booked

    def _reseat(
        self,
        context: Context,
        change: Change,
        found: Found,
        offer: Offer,
        before: Appointment,
        moved: Appointment,
        days: list[str],
    ) -> None:
        start, end, now = minute(moved.start), minute(moved.end), int(context.now.timestamp())
        offer, seeker = _as_long_as(offer, moved), Seeker(Right.WIDGET, context.now, moving=moved.id)
        slots, calendar = calendars.slots_in(found, offer, days, seeker, start, start + 1)
        slots.require(start)
        occupant = Occupant(moved.id, start, end, moved.service_id, Right.WIDGET)
        calendars.write_sheets(change, calendar, calendar.placed(occupant), slots.hull(start), now)
        old = utc_days(minute(before.start), minute(before.end))
        change.vacate(moved.location_id, (day for day in old if day not in calendar.sheets), moved.id)

    def _entry(self, context: Context, before: Appointment, after: Appointment, reason: str) -> Entry:
        facts = {"previous_start": utc_text(before.start), "reason": reason}
        told = [a.client_id for a in after.live_attendees] if after.notify_client else []
        dropped = before.staff_id if after.staff_id != before.staff_id else None
        messages = (
            *client_messages(Kind.RESCHEDULED, told, facts),
            *organisation_messages(Kind.STAFF_RESCHEDULED, after, facts),
        )
        if dropped:
            messages += (Message(Kind.STAFF_UNASSIGNED, Audience.STAFF, dropped, facts),)
        return Entry(
            id=self._ids.new("evt", context.now, after.version),
            subject_id=after.id,
            at=context.now,
            action="rescheduled",
            actor=context.actor,
            changes=(
                FieldChange("start", utc_text(before.start), utc_text(after.start)),
                *((FieldChange("staff_id", dropped, None),) if dropped else ()),
            ),
            messages=messages,
            events=(appointment_event("appointment.rescheduled", after),),
            sequence=after.sequence,
        )


def _refs(moved: Appointment, days: list[str]) -> list[Ref[Any]]:
    refs = calendars.offer_refs(moved.location_id, moved.service_id)
    refs += calendars.sheet_refs(moved.location_id, days)
    return refs + (staff_calendars.refs(moved.staff_id, moved) if moved.staff_id else [])


def _as_long_as(offer: Offer, appointment: Appointment) -> Offer:
    """The offer with the appointment's own length, should the service have been changed since."""
    minutes = minute(appointment.end) - minute(appointment.start)
    return replace(offer, service=replace(offer.service, duration_minutes=minutes))


def _move_staff_time(change: Change, found: Found, before: Appointment, after: Appointment) -> None:
    """Their ledger follows; whoever is busy at the new time gives the appointment back."""
    if before.staff_id is None:
        return
    if after.staff_id is not None:
        staff_calendars.take(change, found, after.staff_id, after)
    sheets = (s for s, _ in change.saved if isinstance(s, Sheet))
    rewritten = {s.day for s in sheets if s.calendar_id == before.staff_id}
    old = utc_days(minute(before.start), minute(before.end))
    change.vacate(before.staff_id, (day for day in old if day not in rewritten), before.id)
