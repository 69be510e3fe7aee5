"""Editing an appointment as staff: only the fields sent change, in one transaction (CC-11, D47)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.appointments.appointment import Answer, Appointment
from chalicelib.domain.messaging.notification_policy import ELSEWHERE_FACT, PREVIOUS_START_FACT
from chalicelib.domain.organisation.catalogue import MeetingMethod, Service
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.organisation.statuses import StatusPipeline
from chalicelib.domain.shared.errors import Forbidden
from chalicelib.domain.shared.events import Audience, Channel, FieldChange, JournalEntry, MessageKind, QueuedMessage
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.domain.shared.times import epoch_minute, resolve_start, utc_text
from chalicelib.services import client_identity
from chalicelib.services.appointment_access import require_access
from chalicelib.services.appointments.appointment_view import (
    AppointmentView,
    commit_and_view,
    read_views,
    views_in_calendar,
)
from chalicelib.services.appointments.editable_fields import (
    AppointmentEdit,
    apply_edit,
    require_editable,
    require_same_day,
    resolve_attendee_edits,
)
from chalicelib.services.appointments.journal_entries import (
    appointment_entry,
    attendee_messages,
    handover_messages,
    informed_organisation_messages,
)
from chalicelib.services.appointments.relocation import RelocateAppointment, RelocationRequest
from chalicelib.services.availability.booking_channels import channel_at, require_override, with_staff_channel
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.settings_reader import pipeline_in, settings_in
from chalicelib.services.store_port import Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork

_LOGGED_FIELDS = ("start", "timezone", "location_id", "staff_id", "notes", "notify_client", "over_capacity", "override")


class EditAppointment:
    """Edit as staff: read the appointment, then only what the edit depends on."""

    def __init__(self, store: Store, relocate_appointment: RelocateAppointment, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._relocate_appointment = relocate_appointment
        self._ids = ids
        self._pause = pause

    def edit(self, context: Context, appointment_id: str, edit: AppointmentEdit) -> AppointmentView:
        """Edit the appointment; nothing is written if nothing differs.

        404, 403 outside the caller's scope, ``feature_disabled``; 412; 409 ``wrong_state`` once it is over, except for
        its private notes; 409 as for bookings, ``staff_conflict``; 422 ``past``, ``date_fixed``,
        ``unknown_staff``, ``unknown_location``, ``method_not_offered``, ``platform_not_allowed``, ``invalid_answers``,
        ``unknown_client``, ``client_twice``.
        """
        start = resolve_start(edit.start, edit.timezone) if edit.start else None
        return retry_on_conflict(lambda: self._edit(context, appointment_id, edit, start), self._pause)

    def _edit(
        self, context: Context, appointment_id: str, edit: AppointmentEdit, start: datetime | None
    ) -> AppointmentView:
        found = self._store.read([Ref.to(Appointment, appointment_id), Ref.to(StatusPipeline)])
        before = found.require(Appointment, appointment_id)
        require_access(context.staff, Ability.APPOINTMENT_EDIT, before)
        check_version(before, context)
        service, default_platform = self._service_and_platform(before) if edit.needs_service(before) else (None, None)
        if edit.attendees:
            ids = (attendee.client_id for attendee in edit.attendees if attendee.client_id)
            identities = client_identity.resolve_attendees(self._store, before, *ids)
            edit = replace(edit, attendees=resolve_attendee_edits(before, edit.attendees, identities))
        after = apply_edit(before, edit, start, service, default_platform)
        if edit.override is not None:
            require_override(context.staff, after.location_id, after.staff_id)
        if after == before:
            return read_views(self._store, [before], context.now)[0]
        require_editable(before, after, context.now)
        require_same_day(before, after)
        _require_allowed(context.staff, before, after)
        context = with_staff_channel(self._store, context, before.location_id)
        return self._write(context, before, after, edit.override, pipeline_in(found))

    def _service_and_platform(self, appointment: Appointment) -> tuple[Service, str | None]:
        """The service, and the organisation's default video platform."""
        found = self._store.read([Ref.to(Service, appointment.service_id), Ref.to(Settings)])
        return found.require(Service, appointment.service_id), settings_in(found).teleconference

    def _write(
        self, context: Context, before: Appointment, after: Appointment, override: str | None, pipeline: StatusPipeline
    ) -> AppointmentView:
        staff_channel = channel_at(context.staff, after.location_id)
        if context.channel is not Channel.QUICK_VIEW:
            context = replace(context, channel=staff_channel.channel)
        work = UnitOfWork()
        request = RelocationRequest(before, after, staff_channel, override is not None)
        relocated = self._relocate_appointment.relocate(work, context, request)
        after = work.save_appointment(_finalised(before, relocated.appointment, override, context.now), before)
        for contact in after.contacts if after.end != before.end else ():
            work.count_booking(contact, after.id, epoch_minute(after.end))
        work.add_entry(self._entry(context, before, after))
        if relocated.calendar is None:
            return commit_and_view(self._store, work, context, after)
        (view,) = views_in_calendar(
            client_identity.appointments_for_staff(self._store, [after]), relocated.calendar, pipeline, context.now
        )
        self._store.commit(work, context.idempotency, view)
        return view

    def _entry(self, context: Context, before: Appointment, after: Appointment) -> JournalEntry:
        return appointment_entry(
            self._ids,
            context,
            after,
            "edited" if after.start == before.start else "rescheduled",
            changes=_changes(before, after),
            messages=_messages(context, before, after),
            events=_events(before, after),
        )


def _require_allowed(principal: Principal, before: Appointment, after: Appointment) -> None:
    """403 for moving it to a location outside the caller's scope, or for assigning it to somebody else (D14, CC-1)."""
    own = before.staff_id == principal.staff_id
    if after.location_id != before.location_id:
        own = own and after.location_id in principal.location_ids
        if not principal.reaches(Ability.APPOINTMENT_EDIT, location_id=after.location_id, own=own):
            raise Forbidden("You do not work at that location.")
    if after.staff_id != before.staff_id:
        central = principal.may(Ability.BOOK_CONTACT_CENTRE)
        if not central and not principal.reaches(Ability.APPOINTMENT_ASSIGN, location_id=after.location_id, own=own):
            raise Forbidden("Your role may not give appointments to others.")


def _has_other_place(before: Appointment, after: Appointment) -> bool:
    return _place_of(before) != _place_of(after)


def _place_of(appointment: Appointment) -> tuple[str, MeetingMethod, str | None, int]:
    """Where and how it takes place; two video calls on one platform differ, each with its own link."""
    call = appointment.teleconference
    return appointment.location_id, appointment.method, _platform(appointment), call.revision if call else 0


def _platform(appointment: Appointment) -> str | None:
    return appointment.teleconference.platform.value if appointment.teleconference else None


def _finalised(before: Appointment, after: Appointment, override: str | None, now: datetime) -> Appointment:
    """The appointment as stored: SEQUENCE+1 for another time, place or method, new reminders at a new time."""
    moved = before.start != after.start
    relocated = moved or (before.location_id, before.staff_id) != (after.location_id, after.staff_id)
    return replace(
        after,
        override=override if relocated else before.override,
        sequence=before.sequence + (1 if moved or _has_other_place(before, after) else 0),
        reminders_from=now if moved else before.reminders_from,
        updated_at=now,
    )


def _changes(before: Appointment, after: Appointment) -> Iterator[FieldChange]:
    """The fields that changed; those of attendees by client id."""
    if before.method is not after.method:
        yield FieldChange("meeting_method", before.method.value, after.method.value)
    if _platform(before) != _platform(after):
        yield FieldChange("platform", _platform(before), _platform(after))
    for name in _LOGGED_FIELDS:
        old, new = (_logged_value(getattr(appointment, name)) for appointment in (before, after))
        if old != new:
            yield FieldChange(name, old, new)
    pairs = [(a, b) for a, b in zip(before.attendees, after.attendees, strict=True) if a != b]
    notes = [(a.client_id, a.notes, b.notes) for a, b in pairs if a.notes != b.notes]
    if notes:
        yield FieldChange("attendee_notes", {i: old for i, old, _ in notes}, {i: new for i, _, new in notes})
    answers = [(a.client_id, a.answers, b.answers) for a, b in pairs if a.answers != b.answers]
    if answers:
        yield FieldChange(
            "answers",
            {i: _answers_by_question(old) for i, old, _ in answers},
            {i: _answers_by_question(new) for i, _, new in answers},
        )


def _logged_value(value: Any) -> Any:
    return utc_text(value) if isinstance(value, datetime) else value


def _answers_by_question(answers: tuple[Answer, ...]) -> dict[str, Any]:
    return {answer.question_id: answer.value for answer in answers}


def _messages(context: Context, before: Appointment, after: Appointment) -> Iterator[QueuedMessage]:
    """Everybody is notified of another time, place or method; of another staff member only those two (NT-6, D42)."""
    facts = {}
    if before.start != after.start:
        facts[PREVIOUS_START_FACT] = utc_text(before.start)
    if _has_other_place(before, after):
        facts[ELSEWHERE_FACT] = "yes"
    handed_over = before.staff_id != after.staff_id
    if facts:
        yield from attendee_messages(MessageKind.RESCHEDULED, after, facts, notify=after.notify_client)
        copies = informed_organisation_messages(MessageKind.STAFF_RESCHEDULED, after, facts)
        yield from (m for m in copies if not handed_over or m.audience is not Audience.STAFF)
    if handed_over:
        yield from handover_messages(context, before, after, facts)


def _events(before: Appointment, after: Appointment) -> Iterator[str]:
    if before.start != after.start or _has_other_place(before, after):
        yield "appointment.rescheduled"
    if before.staff_id != after.staff_id:
        yield "appointment.assigned"
