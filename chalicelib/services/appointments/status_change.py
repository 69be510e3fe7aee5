"""Moving an appointment to another status: confirm, reject, or a step between (AS-8 … AS-12, D28, D29)."""

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
from chalicelib.services.appointments.appointment_view import AppointmentView, commit_and_view
from chalicelib.services.appointments.cancellation import CancelAppointment
from chalicelib.services.appointments.journal_entries import (
    appointment_entry,
    attendee_messages,
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
    """The new status, the reason, and the current status as the caller knows it."""

    status_id: str
    reason: str = ""
    expected_status_id: str | None = None


class ChangeStatus:
    """Change the status in one transaction; a rejection is a cancellation."""

    def __init__(self, store: Store, cancel_appointment: CancelAppointment, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._cancel_appointment = cancel_appointment
        self._ids = ids
        self._pause = pause

    def move(self, context: Context, appointment_id: str, request: StatusChangeRequest) -> AppointmentView:
        """Move the appointment to that status; nothing is written if it is there already (D28).

        404, 403, ``feature_disabled``; 412; 409 ``status_changed`` if it is not in the expected status or somebody
        else is moving it at the same time (case 22), ``wrong_state``; 422 ``reason_required`` into a cancellation,
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
            return commit_and_view(self._store, UnitOfWork(), context, before)
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
        toggles = saved.confirmed != before.confirmed
        confirms = saved.confirmed and not before.confirmed
        work.add_entry(
            appointment_entry(
                self._ids,
                context,
                saved,
                "confirmed" if confirms else "status_changed",
                changes=(
                    *status_changes(pipeline.get(before.status_id), status),
                    *((FieldChange("confirmed", before.confirmed, saved.confirmed),) if toggles else ()),
                    *reason_changes(reason),
                ),
                messages=_confirmations(saved) if confirms else (),
                events=(*(("appointment.confirmed",) if confirms else ()), "appointment.status_changed"),
            )
        )
        return commit_and_view(self._store, work, context, saved)


def _confirmations(saved: Appointment) -> tuple[QueuedMessage, ...]:
    """The messages of a confirmation: to the clients and the organisation (AS-8)."""
    return (
        *attendee_messages(MessageKind.CONFIRMATION, saved, notify=saved.notify_client),
        *organisation_messages(MessageKind.STAFF_BOOKED, saved),
    )
