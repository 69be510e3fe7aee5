"""Booking as staff, for clients on record or new ones: contact centre and Schedule (CC-1 … CC-10, D5, D6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment, Attendee
from chalicelib.domain.appointments.status_transitions import as_request, history_entry, initial_status
from chalicelib.domain.appointments.video_meetings import default_call
from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.availability.block_slots import Requester
from chalicelib.domain.availability.staff_slots import StaffPreference
from chalicelib.domain.capacity.ledger import SeatAccess
from chalicelib.domain.organisation.catalog import AvailabilitySource, MeetingMethod, Offer
from chalicelib.domain.organisation.roster import BranchRoster, TeamMember, offers_service, speakers_of
from chalicelib.domain.organisation.statuses import StatusPipeline
from chalicelib.domain.shared.errors import Forbidden, NoStaffForLanguage, invalid
from chalicelib.domain.shared.events import Audience, FieldChange, JournalEntry, MessageKind
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute, known_zone, resolve_start, wall_text
from chalicelib.services.appointments.appointment_view import AppointmentView, view_without_block, views_in_calendar
from chalicelib.services.appointments.attendees import AttendeeRegistration, AttendeeRequest, refs as attendee_refs
from chalicelib.services.appointments.journal_entries import (
    appointment_entry,
    booking_announcement,
    client_messages,
    organisation_messages,
)
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.availability.availability_reader import (
    AvailabilityQuery,
    AvailabilityReader,
    AvailabilityWindow,
    AvailableTimes,
    require_offered,
    unknown_reference,
)
from chalicelib.services.availability.booking_channels import (
    StaffChannel,
    can_book_for,
    require_channel,
    require_override,
)
from chalicelib.services.context import Context
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import pipeline_in
from chalicelib.services.store_port import Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class StaffBookingRequest:
    """What a staff member asks for; the first guest is the one it is made for.

    ``start`` is an instant or wall time in ``timezone``, by default the location's. ``staff_id`` or ``language``
    say who is wanted, neither means anyone. ``override`` is the reason for booking in spite of what stands against it.
    """

    staff_channel: StaffChannel
    attendees: tuple[AttendeeRequest, ...]
    service_id: str
    location_id: str
    method: MeetingMethod
    start: datetime
    timezone: str | None = None
    staff_id: str | None = None
    language: str | None = None
    notes: str = ""
    notify_client: bool = True
    notify_staff: bool = True
    override: str | None = None


class BookAppointmentAsStaff:
    """Bookings by staff: decided as a client's are, written with every new client in one transaction (CC-4)."""

    def __init__(
        self,
        store: Store,
        availability_reader: AvailabilityReader,
        attendee_registration: AttendeeRegistration,
        ids: Ids,
        pause: Pause,
    ) -> None:
        self._store = store
        self._availability_reader = availability_reader
        self._attendee_registration = attendee_registration
        self._ids = ids
        self._pause = pause

    def book(self, context: Context, request: StaffBookingRequest) -> AppointmentView:
        """The appointment; all or nothing, new clients included.

        403 beyond the caller's reach, ``feature_disabled``; 409 as for clients, ``staff_conflict``,
        ``no_staff_for_language``; 422. Through Schedule a full block is no obstacle: ``over_capacity`` tells (D5).
        """
        start = epoch_minute(resolve_start(request.start, request.timezone))
        request = replace(
            request, attendees=self._attendee_registration.normalise(request.attendees, request.location_id)
        )
        return retry_on_conflict(lambda: self._book(context, request, start), self._pause)

    def _book(self, context: Context, request: StaffBookingRequest, start: int) -> AppointmentView:
        principal = context.staff

        def build_query(offer: Offer, found: ReadResult) -> AvailabilityQuery:
            require_channel(principal, request.staff_channel, request.location_id, offer.settings)
            require_offered(offer, request.method, request.staff_id, request.staff_channel.access, unknown_reference)
            _require_bookable_staff(context, found, request)
            requester = Requester(request.staff_channel.access, context.now)
            wanted = StaffPreference(request.staff_id, request.language)
            return AvailabilityQuery(
                offer, requester, wanted, can_book_for(principal, request.staff_channel, request.location_id)
            )

        window = AvailabilityWindow(request.service_id, request.location_id, start, start + 1)
        times, found = self._availability_reader.read(
            window, build_query, _refs(request, start), unknown=unknown_reference
        )
        allocation = allocate_for_staff(
            times, start, request.staff_channel.access, principal, request.override is not None
        )
        work = UnitOfWork()
        attendees = self._attendee_registration.register(work, found, context, times.offer.service, request.attendees)
        pipeline = pipeline_in(found)
        status = initial_status(times.offer, pipeline)
        booked = work.save_appointment(
            as_request(self._appointment(context, request, allocation, attendees), status, context.now)
        )
        if status:
            work.save(history_entry(booked, status, context.actor, context.now))
        occupant = allocation.to_occupant(booked.id, request.staff_channel.access)
        ledger_io.write_occupant(work, allocation, occupant, context.now)
        if booked.staff_id and allocation.member is None:
            staff_ledger.assign(work, found, booked, context.now, force=request.override is not None)
        work.add_entry(self._entry(context, request, booked))
        shown = view_without_block(booked, pipeline, context.now)
        if allocation.member is None:
            shown = views_in_calendar([booked], allocation.calendar.with_occupant(occupant), pipeline, context.now)[0]
        self._store.commit(work, context.idempotency, shown)
        return shown

    def _appointment(
        self, context: Context, request: StaffBookingRequest, allocation: Allocation, attendees: tuple[Attendee, ...]
    ) -> Appointment:
        service, at = allocation.offer.service, from_epoch_minute(allocation.start)
        timezone = request.timezone or allocation.offer.location.timezone
        return Appointment(
            id=self._ids.new("apt", context.now, allocation.sequence),
            service_id=request.service_id,
            location_id=request.location_id,
            method=request.method,
            start=at,
            end=from_epoch_minute(allocation.end),
            timezone=timezone,
            local_start=wall_text(at, known_zone(timezone)),
            attendees=attendees,
            booked_through=context.actor,
            created_at=context.now,
            updated_at=context.now,
            availability=service.availability,
            staff_id=allocation.staff_id or request.staff_id,
            staff_requested=request.staff_id is not None,
            buffer_before=service.buffer_before,
            buffer_after=service.buffer_after,
            language=request.language,
            notes=request.notes,
            over_capacity=allocation.over_capacity,
            override=request.override,
            notify_client=request.notify_client,
            teleconference=default_call(request.method, allocation.offer.settings.teleconference),
            reminder_hours=allocation.offer.settings.reminder_hours,
        )

    def _entry(self, context: Context, request: StaffBookingRequest, booked: Appointment) -> JournalEntry:
        copies = organisation_messages(MessageKind.STAFF_BOOKED, booked) if booked.confirmed else ()
        told, event = booking_announcement(booked)
        facts = [("over_capacity", booked.over_capacity), ("override", request.override)]
        return appointment_entry(
            self._ids,
            context,
            booked,
            "booked",
            changes=(FieldChange(name, None, value) for name, value in facts if value),
            messages=(
                *client_messages(told, [a.client_id for a in booked.attendees]),
                *(m for m in copies if request.notify_staff or m.audience is not Audience.STAFF),
            ),
            events=(event,),
        )


def allocate_for_staff(
    times: AvailableTimes, start: int, access: SeatAccess, principal: Principal, override: bool
) -> Allocation:
    """Where staff put an appointment: through Schedule a full block is no obstacle, with an override nothing is (D5).

    409 and 422 as for clients; nobody books into the past.
    """
    blocks = times.offer.service.availability is AvailabilitySource.QUICKSTREAM
    over = blocks and access is SeatAccess.SCHEDULE and principal.may(Ability.BOOK_OVER_CAPACITY)
    freely = override or over
    forced = times.allocate_overriding(start) if freely else None
    return forced or times.allocate(start)


def _refs(request: StaffBookingRequest, start: int) -> list[Ref[Any]]:
    """The guests; of somebody wanted, their post and time; where a language is wanted, those who may speak it."""
    refs = [*attendee_refs(request.attendees), Ref.to(StatusPipeline)]
    if request.staff_id is not None:
        refs += staff_ledger.refs_at(request.location_id, request.staff_id, start)
    if request.language is not None:
        refs.append(Ref.to(BranchRoster, request.location_id))
    return refs


def _require_bookable_staff(context: Context, found: ReadResult, request: StaffBookingRequest) -> None:
    """Whoever is wanted must offer the service there and be within the caller's reach."""
    if request.override is not None:
        require_override(context.staff, request.location_id, request.staff_id)
    if request.staff_id is not None:
        member = found.get(TeamMember, request.location_id, request.staff_id)
        if member is None or not offers_service(member, request.service_id):
            raise invalid("/staff/id", "They do not offer this service here.", "unknown_staff")
        if not can_book_for(context.staff, request.staff_channel, request.location_id)(member):
            raise Forbidden("Your role may not book for them.")
    if request.language is not None:
        offering = found.require(BranchRoster, request.location_id).members_offering(request.service_id)
        if not speakers_of(offering, request.language):
            raise NoStaffForLanguage()
