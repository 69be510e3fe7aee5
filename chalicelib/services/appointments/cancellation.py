"""Cancelling an appointment or removing one attendee: one path for clients, staff and jobs (D32, D44, CC-12, WG-3)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.appointments.appointment import (
    ALREADY_OVER,
    FINISHED_STATES,
    Appointment,
    AppointmentState,
    Attendee,
    Cancellation,
)
from chalicelib.domain.appointments.lifecycle import require_not_over
from chalicelib.domain.appointments.reasons import auto_reject_reason, client_cancellation_reason, reason_by_mode
from chalicelib.domain.appointments.self_service_limits import require_deadline
from chalicelib.domain.appointments.session_outcome import is_late_cancel
from chalicelib.domain.appointments.status_transitions import (
    history_entry,
    status_changes,
)
from chalicelib.domain.messaging.notification_policy import language_for
from chalicelib.domain.organisation.catalogue import CancellationReason
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.organisation.statuses import Status, StatusPipeline, StatusPredicate
from chalicelib.domain.shared.errors import NotFound, StatusChanged, WrongState, invalid
from chalicelib.domain.shared.events import FieldChange, MessageKind
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services import client_identity
from chalicelib.services.appointment_access import require_access
from chalicelib.services.appointments.appointment_view import AppointmentView, view_without_block
from chalicelib.services.appointments.attendee_registration import ability_for_attendees
from chalicelib.services.appointments.journal_entries import (
    appointment_entry,
    attendee_messages,
    client_messages,
    informed_organisation_messages,
    reason_changes,
)
from chalicelib.services.availability import ledger_io
from chalicelib.services.availability.booking_channels import with_staff_channel
from chalicelib.services.clients import session_reservations
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version
from chalicelib.services.retry import JOB_ATTEMPTS, Pause, retry_on_conflict
from chalicelib.services.settings_reader import pipeline_in, settings_in
from chalicelib.services.store_port import Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class StaffCancellationRequest:
    """A cancellation by staff; without ``notify_client`` the appointment's own setting counts.

    ``within_24h`` is what the caller believes; it is checked unless it is None (D41).
    """

    reason_id: str | None = None
    reason: str = ""
    notify_client: bool | None = None
    within_24h: bool | None = None


class CancelAppointment:
    """Cancel: read the appointment, then free everything it holds in one transaction."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def cancel_by_client(self, context: Context, appointment_id: str, code: str, reason: str) -> AppointmentView:
        """Remove the attendee with this code; removing the last one cancels the appointment (D44).

        404 for a wrong code, 409 ``wrong_state``, ``deadline_passed``, or ``status_changed`` if somebody moves it to
        another status at the same time (case 22); 422 ``reason_required``.
        """
        seen: list[str | None] = []
        return retry_on_conflict(
            lambda: self._cancel_by_client(context, appointment_id, code, reason, seen), self._pause
        )

    def cancel_by_staff(
        self, context: Context, appointment_id: str, request: StaffCancellationRequest
    ) -> AppointmentView:
        """Cancel for everybody, after the deadline too (D47).

        403 ``feature_disabled``; 422 ``reason_required``, ``unknown_reason``, ``within_24h_mismatch`` if the caller's
        clock differs (D41).
        """
        return retry_on_conflict(lambda: self._cancel_by_staff(context, appointment_id, request), self._pause)

    def remove_attendee(
        self, context: Context, appointment_id: str, client_id: str, request: StaffCancellationRequest
    ) -> AppointmentView:
        """Remove one attendee; removing the last one cancels the appointment (D44). Errors as ``cancel_by_staff``."""
        return retry_on_conflict(
            lambda: self._remove_attendee(context, appointment_id, client_id, request), self._pause
        )

    def remove_erased_client(self, context: Context, appointment_id: str, client_id: str) -> None:
        """Remove a client who is being deleted, unless they have been removed already (D25).

        Access is checked for the client, not for each appointment; no reason is required.
        """
        retry_on_conflict(lambda: self._remove_erased_client(context, appointment_id, client_id), self._pause)

    def reject(
        self, context: Context, appointment: Appointment, final_status: Status, pipeline: StatusPipeline, reason: str
    ) -> AppointmentView:
        """Cancel for everybody by moving it into this status; 422 ``reason_required``. The caller retries conflicts.

        409 ``wrong_state`` once its time is over, except for requests: they may still be rejected then (D33).
        """
        require_not_over(appointment, context.now)
        if not reason:
            raise invalid("/reason", "Say why: the client is told.", "reason_required")
        cancellation = _cancellation(context, appointment, reason, None)
        return self._cancel(context, appointment, cancellation, appointment.notify_client, final_status, pipeline)

    def reject_overdue(self, context: Context, appointment_id: str, since: datetime) -> bool:
        """Reject a request that has waited since before ``since``; True if it was rejected.

        A request that has been decided on, or renewed after ``since``, is left alone.
        """
        return retry_on_conflict(
            lambda: self._reject_overdue(context, appointment_id, since), self._pause, attempts=JOB_ATTEMPTS
        )

    def _reject_overdue(self, context: Context, appointment_id: str, since: datetime) -> bool:
        appointment, pipeline, found = self._read(appointment_id, Ref.to(Settings))
        requested_at, final_status = appointment.requested_at, pipeline.first_with(StatusPredicate.CANCELLATION)
        waiting = appointment.state is AppointmentState.BOOKED and not appointment.confirmed
        if not waiting or requested_at is None or requested_at > since or final_status is None:
            return False
        languages = [attendee.language for attendee in appointment.live_attendees]
        reason = auto_reject_reason(language_for(languages, settings_in(found)))
        self.reject(context, appointment, final_status, pipeline, reason)
        return True

    def _read(self, appointment_id: str, *more: Ref[Any]) -> tuple[Appointment, StatusPipeline, ReadResult]:
        found = self._store.read([Ref.to(Appointment, appointment_id), Ref.to(StatusPipeline), *more])
        return found.require(Appointment, appointment_id), pipeline_in(found), found

    def _remove_erased_client(self, context: Context, appointment_id: str, client_id: str) -> None:
        appointment, pipeline, _ = self._read(appointment_id)
        if appointment.state in FINISHED_STATES or appointment.attendee(client_id).cancelled:
            return
        cancellation = _cancellation(context, appointment, "", None)
        notify = appointment.notify_client
        self._remove_or_cancel(context, appointment, [client_id], cancellation, notify, pipeline)

    def _cancel_by_client(
        self, context: Context, appointment_id: str, code: str, reason: str, seen_status_ids: list[str | None]
    ) -> AppointmentView:
        appointment, pipeline, found = self._read(appointment_id, Ref.to(Settings))
        settings = settings_in(found)
        leaving = self._active_attendees(appointment, appointment.attendee_by_code(code).client_id)
        if not leaving or appointment.state is not AppointmentState.BOOKED:
            raise WrongState(ALREADY_OVER)
        seen_status_ids.append(appointment.status_id)
        if appointment.status_id != seen_status_ids[0]:
            raise StatusChanged()
        require_deadline(appointment, settings.cancel_deadline_hours, context.now)
        reason = reason_by_mode(settings.cancel_reason, reason)
        if len(appointment.live_attendees) > len(leaving):
            return self._remove_attendees(context, appointment, [a.client_id for a in leaving], reason, True, pipeline)
        final_status = _final_status(appointment, pipeline)
        if final_status:
            language = language_for([appointment.attendee_by_code(code).language], settings)
            reason = client_cancellation_reason(language, reason)
        cancellation = _cancellation(context, appointment, reason, None)
        return self._cancel(context, appointment, cancellation, True, final_status, pipeline)

    def _cancel_by_staff(
        self, context: Context, appointment_id: str, request: StaffCancellationRequest
    ) -> AppointmentView:
        appointment, pipeline, _ = self._read(appointment_id)
        require_access(context.staff, Ability.APPOINTMENT_EDIT, appointment)
        context = with_staff_channel(self._store, context, appointment.location_id)
        cancellation, notify = self._staff_cancellation(context, appointment, request)
        return self._cancel(context, appointment, cancellation, notify, _final_status(appointment, pipeline), pipeline)

    def _remove_attendee(
        self, context: Context, appointment_id: str, client_id: str, request: StaffCancellationRequest
    ) -> AppointmentView:
        appointment, pipeline, _ = self._read(appointment_id)
        require_access(context.staff, ability_for_attendees(appointment), appointment)
        context = with_staff_channel(self._store, context, appointment.location_id)
        cancellation, notify = self._staff_cancellation(context, appointment, request)
        leaving = self._active_attendees(appointment, client_id)
        if not leaving:
            raise WrongState("This client no longer comes to this appointment.")
        client_ids = [a.client_id for a in leaving]
        return self._remove_or_cancel(context, appointment, client_ids, cancellation, notify, pipeline)

    def _remove_or_cancel(
        self,
        context: Context,
        appointment: Appointment,
        client_ids: Collection[str],
        cancellation: Cancellation,
        notify: bool,
        pipeline: StatusPipeline,
    ) -> AppointmentView:
        """Remove these attendees; cancel the appointment if nobody else attends (D44)."""
        if len(appointment.live_attendees) > len(client_ids):
            return self._remove_attendees(context, appointment, client_ids, cancellation.reason, notify, pipeline)
        return self._cancel(context, appointment, cancellation, notify, _final_status(appointment, pipeline), pipeline)

    def _active_attendees(self, appointment: Appointment, client_id: str) -> list[Attendee]:
        """The client's active attendee rows, ids of merged records included (D17); 404 if they have no row at all."""
        identities = client_identity.resolve_attendees(self._store, appointment, client_id)
        rows = identities.attendees_of(appointment, client_id)
        if not rows:
            raise NotFound()
        return [attendee for attendee in rows if not attendee.cancelled]

    def _staff_cancellation(
        self, context: Context, appointment: Appointment, request: StaffCancellationRequest
    ) -> tuple[Cancellation, bool]:
        """The cancellation record, and True if clients are notified (CC-12, NT-6)."""
        check_version(appointment, context)
        require_not_over(appointment, context.now)
        reasons = {r.id: r.text for r in self._store.catalogue(CancellationReason)}
        if reasons and not request.reason_id:
            raise invalid("/reason_id", "Choose one of the organisation's reasons.", "reason_required")
        if request.reason_id and request.reason_id not in reasons:
            raise invalid("/reason_id", "There is no such reason.", "unknown_reason")
        reason = request.reason or reasons.get(request.reason_id or "", "")
        notify = appointment.notify_client and request.notify_client is not False
        cancellation = _cancellation(context, appointment, reason, request.reason_id)
        if request.within_24h not in (None, cancellation.within_24h):
            raise invalid("/within_24h", "The clock says otherwise.", "within_24h_mismatch")
        return cancellation, notify

    def _cancel(
        self,
        context: Context,
        appointment: Appointment,
        cancellation: Cancellation,
        notify: bool,
        final_status: Status | None,
        pipeline: StatusPipeline,
    ) -> AppointmentView:
        """Cancel the appointment for everybody: the only way it ends early, whoever starts it (D32)."""
        facts = {"reason": cancellation.reason}
        work = UnitOfWork()
        # A cancelled appointment keeps no status but a cancellation.
        ended = replace(appointment.cancelled(cancellation), status_id=final_status.id if final_status else None)
        cancelled = work.save_appointment(
            session_reservations.settle(work, self._store, appointment, ended), appointment
        )
        if final_status:
            work.save(history_entry(cancelled, final_status, context.actor, context.now, cancellation.reason))
        ledger_io.remove_occupant(work, appointment.id, appointment.calendar_spans())
        for contact in appointment.contacts:
            work.count_booking(contact, appointment.id, None)
        work.add_entry(
            appointment_entry(
                self._ids,
                context,
                cancelled,
                "cancelled",
                changes=(
                    FieldChange("state", appointment.state.value, cancelled.state.value),
                    *status_changes(pipeline.get(appointment.status_id), final_status),
                    *reason_changes(cancellation.reason),
                    *session_reservations.settlement_changes(appointment, cancelled),
                ),
                messages=(
                    *attendee_messages(MessageKind.CANCELLED, appointment, facts, notify=notify),
                    *informed_organisation_messages(MessageKind.STAFF_CANCELLED, cancelled, facts),
                ),
                events=("appointment.cancelled", *(("appointment.status_changed",) if final_status else ())),
            )
        )
        shown = replace(view_without_block(cancelled, StatusPipeline(), context.now), status=final_status)
        self._store.commit(work, context.idempotency, shown)
        return shown

    def _remove_attendees(
        self,
        context: Context,
        appointment: Appointment,
        client_ids: Collection[str],
        reason: str,
        notify: bool,
        pipeline: StatusPipeline,
    ) -> AppointmentView:
        work = UnitOfWork()
        after = appointment
        for client_id in client_ids:
            after = after.without_attendee(client_id, context.now)
        after = work.save_appointment(session_reservations.settle(work, self._store, appointment, after), appointment)
        for contact in appointment.contacts - after.contacts:
            work.count_booking(contact, appointment.id, None)
        work.add_entry(
            appointment_entry(
                self._ids,
                context,
                after,
                "attendee_cancelled",
                changes=(*(FieldChange("attendee", i, None) for i in client_ids), *reason_changes(reason)),
                messages=client_messages(MessageKind.CANCELLED, client_ids if notify else [], {"reason": reason}),
            )
        )
        shown = view_without_block(after, pipeline, context.now)
        self._store.commit(work, context.idempotency, shown)
        return shown


def _final_status(appointment: Appointment, pipeline: StatusPipeline) -> Status | None:
    """The pipeline's first cancellation status if the appointment has a status, else None (D32)."""
    return pipeline.first_with(StatusPredicate.CANCELLATION) if appointment.status_id else None


def _cancellation(context: Context, appointment: Appointment, reason: str, reason_id: str | None) -> Cancellation:
    return Cancellation(reason, context.actor.label, context.now, is_late_cancel(appointment, context.now), reason_id)
