"""Adding one more client to a booked appointment (CC-4, CC-5)."""

from __future__ import annotations

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.organisation.catalogue import Service
from chalicelib.domain.shared.events import FieldChange, JournalEntry
from chalicelib.services.appointment_access import require_access
from chalicelib.services.appointments.appointment_view import AppointmentView, commit_and_view
from chalicelib.services.appointments.attendee_registration import (
    AttendeeRegistration,
    AttendeeRequest,
    ability_for_attendees,
    refs,
)
from chalicelib.services.appointments.journal_entries import appointment_entry, booking_announcement, client_messages
from chalicelib.services.availability.booking_channels import with_staff_channel
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version, read_record
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


class AddAttendee:
    """Add an attendee: read the appointment, then the client; one transaction writes both."""

    def __init__(self, store: Store, attendee_registration: AttendeeRegistration, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._attendee_registration = attendee_registration
        self._ids = ids
        self._pause = pause

    def add(
        self, context: Context, appointment_id: str, request: AttendeeRequest, notify: bool | None = None
    ) -> AppointmentView:
        """Add the client with a code of their own; only they are notified, unless ``notify`` is false.

        403 ``feature_disabled``; 409 ``wrong_state``, ``already_attending``; 422 ``too_many_attendees``,
        ``unknown_client``, ``contact_required``, ``invalid_answers``.
        """
        return retry_on_conflict(lambda: self._add(context, appointment_id, request, notify), self._pause)

    def _add(
        self, context: Context, appointment_id: str, request: AttendeeRequest, notify: bool | None
    ) -> AppointmentView:
        before = read_record(self._store, Appointment, appointment_id)
        require_access(context.staff, ability_for_attendees(before), before)
        context = with_staff_channel(self._store, context, before.location_id)
        check_version(before, context)
        requests = self._attendee_registration.normalise([request], before.location_id)
        found = self._store.read([Ref.to(Service, before.service_id), *refs(requests)])
        work = UnitOfWork()
        service = found.require(Service, before.service_id)
        (attendee,) = self._attendee_registration.register(work, found, context, service, requests)
        known = found.get(Client, request.client_id) if request.client_id else None
        after = before.with_attendee(attendee, context.now, known.record_ids if known else ())
        after = work.save_appointment(after, before)
        work.add_entry(self._entry(context, after, attendee.client_id, notify is not False))
        return commit_and_view(self._store, work, context, after)

    def _entry(self, context: Context, after: Appointment, client_id: str, notify: bool) -> JournalEntry:
        notified = [client_id] if notify and after.notify_client else []
        return appointment_entry(
            self._ids,
            context,
            after,
            "attendee_added",
            changes=(FieldChange("attendee", None, client_id),),
            messages=client_messages(booking_announcement(after)[0], notified),
        )
