"""Reading one appointment, as its attendee or as staff, with its log and status history (D48, CL-6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment, Attendee
from chalicelib.domain.appointments.self_service_limits import client_deadlines
from chalicelib.domain.organisation.catalogue import Location, Service, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.organisation.statuses import Status, StatusHistoryEntry, StatusPipeline
from chalicelib.domain.shared.errors import NotFound
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services import client_identity
from chalicelib.services.appointment_access import can_view, require_access
from chalicelib.services.appointments.appointment_view import AppointmentView, read_views
from chalicelib.services.context import Context
from chalicelib.services.crud import read_record
from chalicelib.services.settings_reader import pipeline_in, settings_in
from chalicelib.services.store_port import AppointmentLists, Page, Ref, Store


@dataclass(frozen=True, slots=True)
class PublicAppointment:
    """An appointment as its attendee may see it; a deadline is None once the change is no longer possible."""

    appointment: Appointment
    attendee: Attendee
    location: Location
    service: Service
    settings: Settings
    staff_name: str | None
    can_cancel_until: datetime | None
    can_rebook_until: datetime | None
    status: Status | None = None


class AppointmentQueries:
    """Read appointments; writes nothing."""

    def __init__(self, store: Store, appointment_lists: AppointmentLists) -> None:
        self._store = store
        self._appointment_lists = appointment_lists

    def show_to_attendee(self, context: Context, appointment_id: str, code: str) -> PublicAppointment:
        """The appointment behind a link in a mail; 404 for a wrong code (D48)."""
        appointment = read_record(self._store, Appointment, appointment_id)
        attendee = self._united_attendee(appointment, appointment.attendee_by_code(code))
        refs: list[Ref[Any]] = [
            Ref.to(Settings),
            Ref.to(Location, appointment.location_id),
            Ref.to(Service, appointment.service_id),
            Ref.to(StatusPipeline),
        ]
        refs += [Ref.to(Staff, appointment.staff_id)] if appointment.staff_id else []
        found = self._store.read(refs)
        settings = settings_in(found)
        staff = found.get(Staff, appointment.staff_id) if appointment.staff_id else None
        cancel, rebook = client_deadlines(appointment, attendee, settings, context.now)
        return PublicAppointment(
            appointment,
            attendee,
            found.require(Location, appointment.location_id),
            found.require(Service, appointment.service_id),
            settings,
            staff.name if staff else None,
            cancel,
            rebook,
            pipeline_in(found).get(appointment.status_id),
        )

    def _united_attendee(self, appointment: Appointment, attendee: Attendee) -> Attendee:
        """The attendee together with the other records of a merged client; code and name stay (case 18)."""
        if len(appointment.attendees) == 1:
            return attendee
        identities = client_identity.resolve_attendees(self._store, appointment)
        person = identities.unite_attendees(appointment).attendee(identities.current_id(attendee.client_id))
        return replace(person, code=attendee.code, name=attendee.name)

    def show(self, context: Context, appointment_id: str) -> AppointmentView:
        """One appointment for staff; 404 outside their scope."""
        appointment = read_record(self._store, Appointment, appointment_id)
        if not can_view(context.staff, appointment):
            raise NotFound()
        return read_views(self._store, [appointment], context.now)[0]

    def status_history(
        self, context: Context, appointment_id: str, limit: int, cursor: str | None
    ) -> Page[StatusHistoryEntry]:
        """The statuses an appointment has passed through, newest first; empty without the status function (AS-12)."""
        appointment = read_record(self._store, Appointment, appointment_id)
        require_access(context.staff, Ability.STATUS_HISTORY_VIEW, appointment)
        return self._appointment_lists.status_history(appointment_id, limit, cursor)

    def log(self, context: Context, appointment_id: str, limit: int, cursor: str | None) -> Page[JournalEntry]:
        """Every action on an appointment, newest first (CL-6)."""
        appointment = read_record(self._store, Appointment, appointment_id)
        require_access(context.staff, Ability.LOG_VIEW, appointment)
        return self._appointment_lists.journal(appointment_id, limit, cursor)
