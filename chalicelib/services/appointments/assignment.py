"""Assigning an appointment to a staff member: claim, assign, unassign (QS-5, D14)."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import days_around
from chalicelib.domain.organisation.statuses import StatusPipeline
from chalicelib.domain.shared.errors import Forbidden, Refusal, invalid
from chalicelib.domain.shared.events import FieldChange
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services import client_identity
from chalicelib.services.appointment_access import require_access
from chalicelib.services.appointments.appointment_view import AppointmentView, views_in_calendar
from chalicelib.services.appointments.journal_entries import appointment_entry, handover_messages
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version, read_record
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import pipeline_in
from chalicelib.services.store_port import Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


class AssignAppointment:
    """Assign in one transaction: read the appointment, then its seat, the staff member's roster entry and ledger."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def claim(self, context: Context, appointment_id: str, force: bool = False) -> AppointmentView:
        """Assign an unassigned appointment to the caller; 409 ``already_assigned``, ``staff_conflict``."""

        def attempt() -> AppointmentView:
            appointment = self._require_access(context, Ability.APPOINTMENT_CLAIM, appointment_id)
            claimed = appointment.claimed(context.staff.staff_id, context.now)
            refusal = Forbidden("You are not assigned to this service at this location.")
            return self._hand_over(context, appointment, claimed, "claimed", refusal, force)

        return retry_on_conflict(attempt, self._pause)

    def assign(self, context: Context, appointment_id: str, staff_id: str, force: bool = False) -> AppointmentView:
        """Assign it to a staff member who offers the service there, also from another one; 409 ``staff_conflict``."""

        def attempt() -> AppointmentView:
            appointment = self._require_access(context, Ability.APPOINTMENT_ASSIGN, appointment_id)
            if appointment.staff_id == staff_id:
                return self._unchanged(context, appointment)
            assigned = appointment.assigned(staff_id, context.now)
            refusal = invalid("/staff_id", "They do not offer this service at this location.", "not_eligible")
            return self._hand_over(context, appointment, assigned, "assigned", refusal, force)

        return retry_on_conflict(attempt, self._pause)

    def unassign(self, context: Context, appointment_id: str) -> AppointmentView:
        """Unassign it; nothing changes if it is unassigned."""

        def attempt() -> AppointmentView:
            appointment = self._require_access(context, Ability.APPOINTMENT_ASSIGN, appointment_id)
            if appointment.staff_id is None:
                return self._unchanged(context, appointment)
            unassigned = appointment.assigned(None, context.now)
            return self._hand_over(context, appointment, unassigned, "unassigned")

        return retry_on_conflict(attempt, self._pause)

    def _require_access(self, context: Context, ability: Ability, appointment_id: str) -> Appointment:
        appointment = read_record(self._store, Appointment, appointment_id)
        require_access(context.staff, ability, appointment)
        check_version(appointment, context)
        return appointment

    def _unchanged(self, context: Context, appointment: Appointment) -> AppointmentView:
        shown = self._view(self._store.read(_seat_refs(appointment)), context, appointment)
        self._store.commit(UnitOfWork(), context.idempotency, shown)
        return shown

    def _hand_over(
        self,
        context: Context,
        before: Appointment,
        after: Appointment,
        action: str,
        ineligible: Refusal | None = None,
        force: bool = False,
    ) -> AppointmentView:
        work = UnitOfWork()
        found = self._store.read([*_seat_refs(after), *(staff_ledger.refs(after) if after.staff_id else [])])
        forced = force and after.staff_id is not None and not staff_ledger.is_free(found, after, context.now)
        if after.staff_id:
            if ineligible and not staff_ledger.is_eligible(found, after):
                raise ineligible
            staff_ledger.assign(work, found, after, context.now, force)
        if before.staff_id:
            ledger_io.remove_occupant(work, before.id, [(before.staff_id, before.busy_span)])
        saved = work.save_appointment(after, before)
        work.add_entry(
            appointment_entry(
                self._ids,
                context,
                saved,
                action,
                changes=(
                    FieldChange("staff_id", before.staff_id, saved.staff_id),
                    *((FieldChange("force", None, True),) if forced else ()),
                ),
                messages=handover_messages(context, before, saved),
                events=("appointment.assigned",),
            )
        )
        shown = self._view(found, context, saved)
        self._store.commit(work, context.idempotency, shown)
        return shown

    def _view(self, found: ReadResult, context: Context, appointment: Appointment) -> AppointmentView:
        """The appointment as staff see it, in its block: an assignment changes nobody's seat."""
        calendar = ledger_io.calendar_in(found, appointment.location_id, _days(appointment))
        identities = client_identity.resolve_clients(self._store, [a.client_id for a in appointment.attendees], found)
        return views_in_calendar([identities.for_staff(appointment)], calendar, pipeline_in(found), context.now)[0]


def _days(appointment: Appointment) -> list[str]:
    return days_around(epoch_minute(appointment.start), epoch_minute(appointment.end))


def _seat_refs(appointment: Appointment) -> list[Ref[Any]]:
    sheets = ledger_io.sheet_refs(appointment.location_id, _days(appointment))
    return [*sheets, *client_identity.client_refs([appointment]), Ref.to(StatusPipeline)]
