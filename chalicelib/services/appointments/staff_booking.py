"""Booking as staff, for clients on record or new ones: contact centre and Schedule (CC-1 … CC-10, D5, D6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment, Attendee
from chalicelib.domain.appointments.new_appointment import new_appointment
from chalicelib.domain.appointments.status_transitions import initial_status
from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.staff_choice import StaffPreference
from chalicelib.domain.organisation.branch_roster import BranchRoster, TeamMember, offers_service, speakers_of
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.organisation.statuses import StatusPipeline
from chalicelib.domain.shared.errors import Forbidden, NoStaffForLanguage, invalid
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute, resolve_start
from chalicelib.services.appointments.appointment_view import AppointmentView, view_without_block, views_in_calendar
from chalicelib.services.appointments.attendee_registration import (
    AttendeeRegistration,
    AttendeeRequest,
    refs as attendee_refs,
)
from chalicelib.services.appointments.booking_records import booking_entry, save_new_appointment
from chalicelib.services.appointments.staff_allocation import allocate_for_staff
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.availability.availability_reader import (
    AvailabilityQuery,
    AvailabilityReader,
    AvailabilityWindow,
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
    """A staff member's booking request; the first attendee is the client it is made for.

    ``start`` is an instant or wall time in ``timezone``, by default the location's. ``staff_id`` or ``language``
    say who is wanted, neither means anyone. ``override`` is the reason for booking in spite of conflicts.
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
    """Book as staff: decided like a client's booking, written with every new client in one transaction (CC-4)."""

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
        """Book the appointment, all or nothing, new clients included.

        403 outside the caller's scope, ``feature_disabled``; 409 as for clients, ``staff_conflict``,
        ``no_staff_for_language``; 422. Through Schedule a full block is no obstacle: ``over_capacity`` says so (D5).
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
        booked = save_new_appointment(work, context, self._appointment(context, request, allocation, attendees), status)
        occupant = allocation.to_occupant(booked.id, request.staff_channel.access)
        ledger_io.write_occupant(work, allocation, occupant, context.now)
        if booked.staff_id and allocation.member is None:
            staff_ledger.assign(work, found, booked, context.now, force=request.override is not None)
        facts = {"over_capacity": booked.over_capacity, "override": request.override}
        work.add_entry(booking_entry(self._ids, context, booked, facts, notify_staff=request.notify_staff))
        shown = view_without_block(booked, pipeline, context.now)
        if allocation.member is None:
            shown = views_in_calendar([booked], allocation.calendar.with_occupant(occupant), pipeline, context.now)[0]
        self._store.commit(work, context.idempotency, shown)
        return shown

    def _appointment(
        self, context: Context, request: StaffBookingRequest, allocation: Allocation, attendees: tuple[Attendee, ...]
    ) -> Appointment:
        appointment = new_appointment(
            self._ids.new("apt", context.now, allocation.sequence),
            allocation.offer,
            request.method,
            from_epoch_minute(allocation.start),
            timezone=request.timezone,
            attendees=attendees,
            booked_through=context.actor,
            now=context.now,
        )
        return replace(
            appointment,
            staff_id=allocation.staff_id or request.staff_id,
            staff_requested=request.staff_id is not None,
            language=request.language,
            notes=request.notes,
            over_capacity=allocation.over_capacity,
            override=request.override,
            notify_client=request.notify_client,
        )


def _refs(request: StaffBookingRequest, start: int) -> list[Ref[Any]]:
    """The attendees; the roster entry and calendar of the staff member wanted; the roster if a language is wanted."""
    refs = [*attendee_refs(request.attendees), Ref.to(StatusPipeline)]
    if request.staff_id is not None:
        refs += staff_ledger.refs_at(request.location_id, request.staff_id, start)
    if request.language is not None:
        refs.append(Ref.to(BranchRoster, request.location_id))
    return refs


def _require_bookable_staff(context: Context, found: ReadResult, request: StaffBookingRequest) -> None:
    """422 ``unknown_staff`` unless the staff member wanted offers the service there; 403 outside the caller's scope.

    409 ``no_staff_for_language``.
    """
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
