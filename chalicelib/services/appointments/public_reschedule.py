"""Moving an appointment as its client: once, before the deadline, old and new seat in one transaction (WG-4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.appointments.appointment import ALREADY_OVER, Appointment, AppointmentState, Attendee
from chalicelib.domain.appointments.reasons import reason_by_mode
from chalicelib.domain.appointments.self_service_limits import require_deadline, require_first_move
from chalicelib.domain.appointments.status_transitions import (
    as_renewed_request,
    history_entry,
    initial_status,
    status_changes,
)
from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.capacity.ledger import SeatAccess
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.organisation.statuses import StatusPipeline
from chalicelib.domain.shared.errors import WrongState
from chalicelib.domain.shared.events import Audience, FieldChange, JournalEntry, MessageKind, QueuedMessage
from chalicelib.domain.shared.times import (
    epoch_minute,
    from_epoch_minute,
    known_zone,
    resolve_start,
    utc_text,
    wall_text,
)
from chalicelib.services import client_identity
from chalicelib.services.appointments.journal_entries import (
    appointment_entry,
    attendee_messages,
    informed_organisation_messages,
    reason_changes,
)
from chalicelib.services.appointments.public_booking import BookingResult
from chalicelib.services.availability import ledger_io, staff_ledger
from chalicelib.services.availability.availability import query_for_move
from chalicelib.services.availability.availability_reader import (
    AvailabilityReader,
    AvailabilityWindow,
    unknown_reference,
)
from chalicelib.services.context import Context
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import pipeline_in, settings_in
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class RescheduleRequest:
    """A client's move; ``start`` is an instant or wall time in ``timezone``.

    Without ``timezone`` the agreed zone stays.
    """

    code: str
    start: datetime
    timezone: str | None
    reason: str = ""


class RescheduleAppointment:
    """Reschedule in one transaction: read the appointment, then the calendar."""

    def __init__(self, store: Store, availability_reader: AvailabilityReader, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._availability_reader = availability_reader
        self._ids = ids
        self._pause = pause

    def reschedule(self, context: Context, appointment_id: str, request: RescheduleRequest) -> BookingResult:
        """Move the appointment to the new time under the same id; if that is refused, nothing changes.

        404 for a wrong code; 409 ``wrong_state``, ``deadline_passed``, ``already_rebooked`` and as for bookings.
        """
        start = epoch_minute(resolve_start(request.start, request.timezone))
        return retry_on_conflict(lambda: self._reschedule(context, appointment_id, request, start), self._pause)

    def _reschedule(
        self, context: Context, appointment_id: str, request: RescheduleRequest, start: int
    ) -> BookingResult:
        found = self._store.read([Ref.to(Appointment, appointment_id), Ref.to(Settings)])
        appointment = found.require(Appointment, appointment_id)
        settings = settings_in(found)
        attendee = appointment.attendee_by_code(request.code)
        # A client merged since then attends under each of their ids (D17).
        records = client_identity.resolve_attendees(self._store, appointment).attendees_of(
            appointment, attendee.client_id
        )
        if all(a.cancelled for a in records) or appointment.state is not AppointmentState.BOOKED:
            raise WrongState(ALREADY_OVER)
        require_deadline(appointment, settings.rebook_deadline_hours, context.now)
        require_first_move(records)
        reason = reason_by_mode(settings.rebook_reason, request.reason)

        at, timezone = from_epoch_minute(start), request.timezone or appointment.timezone
        moved = appointment.moved(at, timezone, wall_text(at, known_zone(timezone)), context.now)
        attendee = replace(attendee, moves=attendee.moves + 1)
        others = (attendee if a.client_id == attendee.client_id else a for a in moved.attendees)
        moved = replace(moved, attendees=tuple(others))
        return self._relocate(context, appointment, moved, attendee, reason)

    def _relocate(
        self, context: Context, before: Appointment, moved: Appointment, attendee: Attendee, reason: str
    ) -> BookingResult:
        start, requester = epoch_minute(moved.start), Requester(SeatAccess.WIDGET, context.now, moving=moved.id)
        window = AvailabilityWindow(moved.service_id, moved.location_id, start, start + 1)
        staff_refs = staff_ledger.refs_at(moved.location_id, moved.staff_id, start) if moved.staff_id else []
        times, found = self._availability_reader.read(
            window,
            lambda offer, _: query_for_move(offer, requester, before),
            [*staff_refs, Ref.to(StatusPipeline)],
            unknown=unknown_reference,
        )
        allocation = times.allocate(start)
        work = UnitOfWork()
        ledger_io.write_occupant(work, allocation, allocation.to_occupant(moved.id, SeatAccess.WIDGET), context.now)
        moved, rewritten = allocation.apply_to(moved), [allocation.calendar]
        if moved.staff_id and allocation.member is None:
            # A staff member who is busy at the new time loses the appointment.
            staff_calendar = staff_ledger.add_if_free(work, found, moved, context.now)
            moved = moved if staff_calendar else replace(moved, staff_id=None)
            rewritten += [staff_calendar] if staff_calendar else []
        ledger_io.remove_occupant(work, before.id, before.calendar_spans(), rewritten)
        if moved.staff_id != before.staff_id:
            moved = replace(moved, handed_over=False)
        pipeline = pipeline_in(found)
        after = work.save_appointment(
            as_renewed_request(moved, initial_status(times.offer, pipeline), context.now), before
        )
        status = pipeline.get(after.status_id)
        if status and after.status_id != before.status_id:
            work.save(history_entry(after, status, context.actor, context.now, reason))
        for contact in after.contacts:
            work.count_booking(contact, after.id, epoch_minute(after.end))
        work.add_entry(self._entry(context, before, after, pipeline, reason))
        booked = BookingResult(after, attendee, allocation.member.name if allocation.member else None, status)
        self._store.commit(work, context.idempotency, booked)
        return booked

    def _entry(
        self, context: Context, before: Appointment, after: Appointment, pipeline: StatusPipeline, reason: str
    ) -> JournalEntry:
        facts = {"previous_start": utc_text(before.start), "reason": reason}
        handed_over = after.staff_id != before.staff_id
        renewed = status_changes(pipeline.get(before.status_id), pipeline.get(after.status_id))
        # A moved request is a new request (D34), so its clients get the message of a request.
        kind = MessageKind.RESCHEDULED if after.confirmed else MessageKind.REQUEST_RECEIVED
        messages = (
            *attendee_messages(kind, after, facts, notify=after.notify_client),
            *informed_organisation_messages(MessageKind.STAFF_RESCHEDULED, after, facts),
        )
        if handed_over and before.staff_id and (before.announced or before.handed_over):
            messages += (QueuedMessage(MessageKind.STAFF_UNASSIGNED, Audience.STAFF, before.staff_id, facts),)
        return appointment_entry(
            self._ids,
            context,
            after,
            "rescheduled",
            changes=(
                FieldChange("start", utc_text(before.start), utc_text(after.start)),
                *((FieldChange("staff_id", before.staff_id, after.staff_id),) if handed_over else ()),
                *renewed,
                *reason_changes(reason),
            ),
            messages=messages,
            events=("appointment.rescheduled", *(("appointment.status_changed",) if renewed else ())),
        )
