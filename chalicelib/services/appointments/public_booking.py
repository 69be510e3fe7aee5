"""Booking as a client: free times are read and one is taken in one transaction (QS-4, D1, D13, D15, D46)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.appointments.appointment import Answer, Appointment, Attendee
from chalicelib.domain.appointments.new_appointment import new_appointment
from chalicelib.domain.appointments.questions import check_answers
from chalicelib.domain.appointments.status_transitions import initial_status
from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.holds import Hold, hold_id_from_token
from chalicelib.domain.availability.staff_choice import StaffPreference
from chalicelib.domain.capacity.ledger import SeatAccess
from chalicelib.domain.clients.client import Client, ClientProfile, Contact
from chalicelib.domain.clients.phone_numbers import normalise_phone
from chalicelib.domain.organisation.catalogue import Location, MeetingMethod
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.organisation.statuses import Status, StatusPipeline
from chalicelib.domain.shared.errors import TooManyBookings
from chalicelib.domain.shared.times import epoch_minute, from_epoch_minute, resolve_start
from chalicelib.services import client_identity
from chalicelib.services.appointments.booking_records import booking_entry, save_new_appointment
from chalicelib.services.availability import ledger_io
from chalicelib.services.availability.availability import live_hold_occupant
from chalicelib.services.availability.availability_reader import (
    AvailabilityQuery,
    AvailabilityReader,
    AvailabilityWindow,
    require_offered,
    unknown_reference,
)
from chalicelib.services.clients import contact_index, registration
from chalicelib.services.clients.audit_log import record_update
from chalicelib.services.context import Context
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import pipeline_in
from chalicelib.services.store_port import Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class AttendeeDetails:
    """The attendee as typed into the form, with at least an e-mail address or a mobile number."""

    first_name: str
    last_name: str
    email: str | None = None
    mobile: str | None = None
    receive_sms: bool = False
    language: str | None = None
    notes: str = ""
    answers: tuple[Answer, ...] = ()

    @property
    def name(self) -> str:
        """First and last name as they were typed."""
        return f"{self.first_name} {self.last_name}"

    @property
    def profile(self) -> ClientProfile:
        """The profile of a new client; the notes are the appointment's."""
        return ClientProfile(
            self.first_name,
            self.last_name,
            email=self.email,
            mobile=self.mobile,
            language=self.language,
            receive_sms=self.receive_sms,
        )


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A client's booking request; ``start`` is an instant or wall time in ``timezone``, by default the location's."""

    service_id: str
    location_id: str
    method: MeetingMethod
    start: datetime
    timezone: str | None
    attendee: AttendeeDetails
    staff_id: str | None = None
    language: str | None = None
    hold_token: str | None = None
    utm: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BookingResult:
    """The appointment, the attendee whose code opens it, the staff member's name if there is one, and its status."""

    appointment: Appointment
    attendee: Attendee
    staff_name: str | None = None
    status: Status | None = None


class BookAppointment:
    """Book an appointment from the widget."""

    def __init__(self, store: Store, availability_reader: AvailabilityReader, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._availability_reader = availability_reader
        self._ids = ids
        self._pause = pause

    def book(self, context: Context, request: BookingRequest) -> BookingResult:
        """Take the slot; nothing is written when the booking is refused.

        A Quickstream booking is assigned to nobody (QS-4); a staff service's goes to the chosen or next person (D46).
        409 ``outside_block``, ``block_not_released``, ``capacity_exhausted``, ``slot_taken``,
        ``no_staff_for_language``, ``too_many_bookings``; 422.
        """
        start = epoch_minute(resolve_start(request.start, request.timezone))
        request = replace(request, attendee=self._normalised_attendee(request))
        return retry_on_conflict(lambda: self._book(context, request, start), self._pause)

    def _normalised_attendee(self, request: BookingRequest) -> AttendeeDetails:
        person = request.attendee
        registration.require_contact(person.profile, "/attendee")
        if not person.mobile:
            return person
        countries = () if person.mobile.startswith("+") else self._countries(request.location_id)
        return replace(person, mobile=normalise_phone(person.mobile, countries, "/attendee/mobile"))

    def _countries(self, location_id: str) -> tuple[str, ...]:
        # Only a number in national notation depends on the country it was typed in.
        location = self._store.read([Ref.to(Location, location_id)], consistent=False).get(Location, location_id)
        return (location.phone_country,) if location and location.phone_country else ()

    def _book(self, context: Context, request: BookingRequest, start: int) -> BookingResult:
        person, now = request.attendee, context.now
        reached_at = person.profile.contact_values[0]

        def build_query(offer: Offer, found: ReadResult) -> AvailabilityQuery:
            require_offered(offer, request.method, request.staff_id, SeatAccess.WIDGET, unknown_reference)
            occupant = live_hold_occupant(found, request.hold_token, request.location_id, now, "/hold_token")
            hold = found.require(Hold, occupant.id) if occupant else None
            wanted = StaffPreference(request.staff_id, request.language, keep=hold.staff_id if hold else None)
            return AvailabilityQuery(offer, Requester(SeatAccess.WIDGET, now, occupant), wanted)

        window = AvailabilityWindow(request.service_id, request.location_id, start, start + 1)
        times, found = self._availability_reader.read(
            window, build_query, _refs(request, reached_at), unknown=unknown_reference
        )
        answers = check_answers(times.offer.service, person.answers, "/attendee/answers")
        allocation = times.allocate(start)
        contact = contact_index.contact_in(found, reached_at)
        if contact.upcoming_count(epoch_minute(now)) >= times.offer.settings.bookings_per_contact:
            raise TooManyBookings()

        work = UnitOfWork()
        client = self._client(context, work, person, contact)
        attendee = self._attendee(client, person, answers, reached_at)
        status = initial_status(times.offer, pipeline_in(found))
        appointment = save_new_appointment(
            work, context, self._appointment(context, request, allocation, attendee), status
        )
        contact_index.add_booking(work, contact, person.profile.name_key, appointment, now)
        occupant = allocation.to_occupant(appointment.id, SeatAccess.WIDGET)
        ledger_io.write_occupant(
            work, allocation, occupant, now, replaced_id=_remove_hold(work, found, request, allocation, now)
        )
        work.add_entry(booking_entry(self._ids, context, appointment))
        booked = BookingResult(appointment, attendee, allocation.member.name if allocation.member else None, status)
        self._store.commit(work, context.idempotency, booked)
        return booked

    def _client(self, context: Context, work: UnitOfWork, details: AttendeeDetails, contact: Contact) -> Client:
        """The client this is: the one of that e-mail address and name, else a new one (D26b)."""
        known = contact.client_with_name_key(details.profile.name_key) if details.email else None
        client = self._known_client(known) if known else None
        if client is None:
            return registration.add_client(work, context, self._ids, details.profile)
        booked = client.as_booked()
        filled = booked.with_blanks_filled(details.mobile, details.receive_sms, details.language, context.now)
        if filled is client:
            work.require_unchanged(client)
            return client
        work.index_client(filled, client)
        written = work.save(filled)
        if filled is not booked:
            record_update(work, context, self._ids, written, client)
        return written

    def _known_client(self, client_id: str) -> Client | None:
        """The client on record; the one it has been merged into, none once it is deleted."""
        client = client_identity.resolve_client(self._store, client_id, self._store.read([Ref.to(Client, client_id)]))
        return client if client is not None and client.active else None

    def _attendee(
        self, client: Client, details: AttendeeDetails, answers: tuple[Answer, ...], contact: str
    ) -> Attendee:
        # Name and language as typed: those on record would tell the booker that there is one (D26b).
        return Attendee(
            client_id=client.id,
            name=details.name,
            code=self._ids.secret(),
            contact=contact,
            notes=details.notes,
            answers=answers,
            language=details.language,
        )

    def _appointment(
        self, context: Context, request: BookingRequest, allocation: Allocation, attendee: Attendee
    ) -> Appointment:
        appointment = new_appointment(
            self._ids.new("apt", context.now, allocation.sequence),
            allocation.offer,
            request.method,
            from_epoch_minute(allocation.start),
            timezone=request.timezone,
            attendees=(attendee,),
            booked_through=context.actor,
            now=context.now,
        )
        return replace(
            appointment,
            staff_id=allocation.staff_id,
            staff_requested=request.staff_id is not None,
            language=request.language,
            utm=request.utm,
        )


def _refs(request: BookingRequest, contact: str) -> list[Ref[object]]:
    refs: list[Ref[object]] = [Ref.to(Contact, contact), Ref.to(StatusPipeline)]
    if request.hold_token:
        refs.append(Ref.to(Hold, hold_id_from_token(request.hold_token)))
    return refs


def _remove_hold(
    work: UnitOfWork, found: ReadResult, request: BookingRequest, allocation: Allocation, now: datetime
) -> str:
    """Remove the hold that the booking replaces from its calendars; return its id, or "" without a hold."""
    occupant = live_hold_occupant(found, request.hold_token, request.location_id, now, "/hold_token")
    if occupant is None:
        return ""
    hold = found.require(Hold, occupant.id)
    work.delete(hold)
    ledger_io.remove_occupant(work, hold.id, hold.calendar_spans(), [allocation.calendar])
    return hold.id
