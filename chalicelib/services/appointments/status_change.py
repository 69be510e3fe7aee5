"""Moving an appointment from status to status: confirming, rejecting, steps between (AS-8 … AS-12, D28, D29)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.status_transitions import (
    history_entry,
    require_transition,
    status_changes,
    with_status,
)
from chalicelib.domain.organisation.statuses import Status, StatusPipeline, StatusPredicate
from chalicelib.domain.shared.errors import StatusChanged, invalid
from chalicelib.domain.shared.events import FieldChange, MessageKind, QueuedMessage
from chalicelib.domain.shared.permissions import Ability, Role
from chalicelib.services.appointment_access import require_access
from chalicelib.services.appointments.appointment_view import AppointmentView, read_views
from chalicelib.services.appointments.cancellation import CancelAppointment
from chalicelib.services.appointments.journal_entries import (
    appointment_entry,
    client_messages,
    organisation_messages,
    reason_changes,
)
from chalicelib.services.availability.booking_channels import with_staff_channel
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import pipeline_in
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class StatusChangeRequest:
    """Into which status, why, and from which one the caller thinks it moves."""

    status_id: str
    reason: str = ""
    expected_status_id: str | None = None


class ChangeStatus:
    """Moves by staff: the appointment is read with all statuses; one transaction. A rejection is a cancellation."""

    def __init__(self, store: Store, cancel_appointment: CancelAppointment, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._cancel_appointment = cancel_appointment
        self._ids = ids
        self._pause = pause

    def move(self, context: Context, appointment_id: str, request: StatusChangeRequest) -> AppointmentView:
        """The appointment in that status; as it is, without a trace, when it is there already (D28).

        404, 403, ``feature_disabled``; 412; 409 ``status_changed`` when it is not in the expected status or was moved
        by somebody else at this very moment (case 22), ``wrong_state``; 422 ``reason_required`` into a cancellation,
        ``unknown_status``, ``status_archived``.
        """
        seen: list[str | None] = []
        return retry_on_conflict(lambda: self._move(context, appointment_id, request, seen), self._pause)

    def _move(
        self, context: Context, appointment_id: str, request: StatusChangeRequest, seen_status_ids: list[str | None]
    ) -> AppointmentView:
        refs: list[Ref[Any]] = [Ref.to(Appointment, appointment_id), Ref.to(StatusPipeline)]
        found = self._store.read(refs)
        before, pipeline = found.require(Appointment, appointment_id), pipeline_in(found)
        status = pipeline.get(request.status_id)
        rejects = status is None or status.predicate is StatusPredicate.CANCELLATION
        require_access(context.staff, Ability.STATUS_CANCEL if rejects else Ability.STATUS_UPDATE, before)
        context = with_staff_channel(self._store, context, before.location_id)
        check_version(before, context)
        if request.expected_status_id not in (None, before.status_id):
            raise StatusChanged()
        if status is None:
            raise invalid("/status_id", "There is no such status.", "unknown_status")
        if status.id == before.status_id:
            (shown,) = read_views(self._store, [before], context.now)
            self._store.commit(UnitOfWork(), context.idempotency, shown)
            return shown
        seen_status_ids.append(before.status_id)
        if before.status_id != seen_status_ids[0]:
            raise StatusChanged()
        require_transition(before, status, admin=Role.ADMIN in context.staff.roles)
        if rejects:
            return self._cancel_appointment.reject(context, before, status, pipeline, request.reason)
        return self._write(context, before, status, pipeline, request.reason)

    def _write(
        self, context: Context, before: Appointment, status: Status, pipeline: StatusPipeline, reason: str
    ) -> AppointmentView:
        work = UnitOfWork()
        saved = work.save_appointment(with_status(before, status, context.now), before)
        work.save(history_entry(saved, status, context.actor, context.now, reason))
        settles = saved.confirmed != before.confirmed
        confirms = saved.confirmed and not before.confirmed
        work.add_entry(
            appointment_entry(
                self._ids,
                context,
                saved,
                "confirmed" if confirms else "status_changed",
                changes=(
                    *status_changes(pipeline.get(before.status_id), status),
                    *((FieldChange("confirmed", before.confirmed, saved.confirmed),) if settles else ()),
                    *reason_changes(reason),
                ),
                messages=_confirmations(saved) if confirms else (),
                events=(*(("appointment.confirmed",) if confirms else ()), "appointment.status_changed"),
            )
        )
        (shown,) = read_views(self._store, [saved], context.now)
        self._store.commit(work, context.idempotency, shown)
        return shown


def _confirmations(saved: Appointment) -> tuple[QueuedMessage, ...]:
    """Everybody who comes, and the usual copies (AS-8)."""
    told = [a.client_id for a in saved.live_attendees] if saved.notify_client else []
    return (*client_messages(MessageKind.CONFIRMATION, told), *organisation_messages(MessageKind.STAFF_BOOKED, saved))
