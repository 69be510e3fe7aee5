"""Booking as staff, for clients on record or new ones: contact centre and Schedule (CC-1 … CC-10, D5, D6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment, Attendee
from chalicelib.domain.appointments.status_transitions import initial_status, passed, requested
from chalicelib.domain.appointments.video_meetings import usual_call
from chalicelib.domain.availability.allocation import Place
from chalicelib.domain.availability.block_slots import Seeker
from chalicelib.domain.availability.staff_slots import Preference
from chalicelib.domain.capacity.ledger import Right
from chalicelib.domain.organisation.catalog import Availability, Method, Offer
from chalicelib.domain.organisation.roster import Post, Team, offers, speaking
from chalicelib.domain.organisation.statuses import Pipeline
from chalicelib.domain.shared.errors import Forbidden, NoStaffForLanguage, invalid
from chalicelib.domain.shared.events import Audience, Entry, FieldChange, Kind
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.domain.shared.times import instant, minute, resolve, wall_text, zone
from chalicelib.services.appointments.appointment_view import Seated, seated, unseated
from chalicelib.services.appointments.attendees import Attending, Guest, refs as attendee_refs
from chalicelib.services.appointments.journal_entries import (
    appointment_entry,
    booking_announced,
    client_messages,
    organisation_messages,
)
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.availability.availability_reader import (
    FreeTimes,
    Question,
    Times,
    Where,
    require_offered,
    unknown_reference,
)
from chalicelib.services.availability.booking_channels import Door, may_have, require_open, require_override
from chalicelib.services.retry import Pause, decide
from chalicelib.services.settings_reader import pipeline_in
from chalicelib.services.unit_of_work import Change, Context, Found, Ids, Ref, Store


@dataclass(frozen=True, slots=True)
class StaffWish:
    """What a staff member asks for; the first guest is the one it is made for.

    ``start`` is an instant or wall time in ``timezone``, by default the location's. ``staff_id`` or ``language``
    say who is wanted, neither means anyone. ``override`` is the reason for booking in spite of what stands against it.
    """

    door: Door
    guests: tuple[Guest, ...]
    service_id: str
    location_id: str
    method: Method
    start: datetime
    timezone: str | None = None
    staff_id: str | None = None
    language: str | None = None
    notes: str = ""
    notify_client: bool = True
    notify_staff: bool = True
    override: str | None = None


class StaffBooking:
    """Bookings by staff: decided as a client's are, written with every new client in one transaction (CC-4)."""

    def __init__(self, store: Store, times: FreeTimes, attending: Attending, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._times = times
        self._attending = attending
        self._ids = ids
        self._pause = pause

    def book(self, context: Context, wish: StaffWish) -> Seated:
        """The appointment; all or nothing, new clients included.

        403 beyond the caller's reach, ``feature_disabled``; 409 as for clients, ``staff_conflict``,
        ``no_staff_for_language``; 422. Through Schedule a full block is no obstacle: ``over_capacity`` tells (D5).
        """
        start = minute(resolve(wish.start, wish.timezone))
        wish = replace(wish, guests=self._attending.reachable(wish.guests, wish.location_id))
        return decide(lambda: self._book(context, wish, start), self._pause)

    def _book(self, context: Context, wish: StaffWish, start: int) -> Seated:
        principal = context.staff

        def pose(offer: Offer, found: Found) -> Question:
            require_open(principal, wish.door, wish.location_id, offer.settings)
            require_offered(offer, wish.method, wish.staff_id, wish.door.right, unknown_reference)
            _require_wanted(context, found, wish)
            seeker = Seeker(wish.door.right, context.now)
            wanted = Preference(wish.staff_id, wish.language)
            return Question(offer, seeker, wanted, may_have(principal, wish.door, wish.location_id))

        where = Where(wish.service_id, wish.location_id, start, start + 1)
        times, found = self._times.read(where, pose, _refs(wish, start), unknown=unknown_reference)
        place = found_place(times, start, wish.door.right, principal, wish.override is not None)
        change = Change()
        attendees = self._attending.attend(change, found, context, times.offer.service, wish.guests)
        pipeline = pipeline_in(found)
        status = initial_status(times.offer, pipeline)
        booked = change.book(requested(self._appointment(context, wish, place, attendees), status, context.now))
        if status:
            change.save(passed(booked, status, context.actor, context.now))
        occupant = place.occupant(booked.id, wish.door.right)
        ledger_io.take(change, place, occupant, context.now)
        if booked.staff_id and place.post is None:
            staff_ledger.assign(change, found, booked, context.now, force=wish.override is not None)
        change.record(self._entry(context, wish, booked))
        shown = unseated(booked, pipeline, context.now)
        if place.post is None:
            shown = seated([booked], place.calendar.placed(occupant), pipeline, context.now)[0]
        self._store.commit(change, context.once, shown)
        return shown

    def _appointment(
        self, context: Context, wish: StaffWish, place: Place, attendees: tuple[Attendee, ...]
    ) -> Appointment:
        service, at = place.offer.service, instant(place.start)
        timezone = wish.timezone or place.offer.location.timezone
        return Appointment(
            id=self._ids.new("apt", context.now, place.turn),
            service_id=wish.service_id,
            location_id=wish.location_id,
            method=wish.method,
            start=at,
            end=instant(place.end),
            timezone=timezone,
            local_start=wall_text(at, zone(timezone)),
            attendees=attendees,
            booked_through=context.actor,
            created_at=context.now,
            updated_at=context.now,
            availability=service.availability,
            staff_id=place.staff_id or wish.staff_id,
            staff_requested=wish.staff_id is not None,
            buffer_before=service.buffer_before,
            buffer_after=service.buffer_after,
            language=wish.language,
            notes=wish.notes,
            over_capacity=place.over_capacity,
            override=wish.override,
            notify_client=wish.notify_client,
            teleconference=usual_call(wish.method, place.offer.settings.teleconference),
            reminder_hours=place.offer.settings.reminder_hours,
        )

    def _entry(self, context: Context, wish: StaffWish, booked: Appointment) -> Entry:
        copies = organisation_messages(Kind.STAFF_BOOKED, booked) if booked.confirmed else ()
        told, event = booking_announced(booked)
        facts = [("over_capacity", booked.over_capacity), ("override", wish.override)]
        return appointment_entry(
            self._ids,
            context,
            booked,
            "booked",
            changes=(FieldChange(name, None, value) for name, value in facts if value),
            messages=(
                *client_messages(told, [a.client_id for a in booked.attendees]),
                *(m for m in copies if wish.notify_staff or m.audience is not Audience.STAFF),
            ),
            events=(event,),
        )


def found_place(times: Times, start: int, right: Right, principal: Principal, override: bool) -> Place:
    """Where staff put an appointment: through Schedule a full block is no obstacle, with an override nothing is (D5).

    409 and 422 as for clients; nobody books into the past.
    """
    blocks = times.offer.service.availability is Availability.QUICKSTREAM
    over = blocks and right is Right.SCHEDULE and principal.may(Ability.BOOK_OVER_CAPACITY)
    freely = override or over
    forced = times.forced(start) if freely else None
    return forced or times.place(start)


def _refs(wish: StaffWish, start: int) -> list[Ref[Any]]:
    """The guests; of somebody wanted, their post and time; where a language is wanted, those who may speak it."""
    refs = [*attendee_refs(wish.guests), Ref.to(Pipeline)]
    if wish.staff_id is not None:
        refs += staff_ledger.refs_at(wish.location_id, wish.staff_id, start)
    if wish.language is not None:
        refs.append(Ref.to(Team, wish.location_id))
    return refs


def _require_wanted(context: Context, found: Found, wish: StaffWish) -> None:
    """Whoever is wanted must offer the service there and be within the caller's reach."""
    if wish.override is not None:
        require_override(context.staff, wish.location_id, wish.staff_id)
    if wish.staff_id is not None:
        post = found.get(Post, wish.location_id, wish.staff_id)
        if post is None or not offers(post, wish.service_id):
            raise invalid("/staff/id", "They do not offer this service here.", "unknown_staff")
        if not may_have(context.staff, wish.door, wish.location_id)(post):
            raise Forbidden("Your role may not book for them.")
    if wish.language is not None:
        offering = found.require(Team, wish.location_id).offering(wish.service_id)
        if not speaking(offering, wish.language):
            raise NoStaffForLanguage()
