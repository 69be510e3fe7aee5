"""The records every new booking writes: the appointment in its first status, and its journal entry (AS-4, AS-5)."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.status_transitions import as_request, history_entry
from chalicelib.domain.organisation.statuses import Status
from chalicelib.domain.shared.events import Audience, FieldChange, JournalEntry, MessageKind
from chalicelib.services.appointments.journal_entries import (
    appointment_entry,
    attendee_messages,
    booking_announcement,
    organisation_messages,
)
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ids
from chalicelib.services.unit_of_work import UnitOfWork


def save_new_appointment(
    work: UnitOfWork, context: Context, appointment: Appointment, status: Status | None
) -> Appointment:
    """Save a new appointment: a request under ``status``, confirmed without one. Returned as it will be stored."""
    saved = work.save_appointment(as_request(appointment, status, context.now))
    if status:
        work.save(history_entry(saved, status, context.actor, context.now))
    return saved


def booking_entry(
    ids: Ids,
    context: Context,
    booked: Appointment,
    facts: Mapping[str, object] | None = None,
    *,
    notify_staff: bool = True,
) -> JournalEntry:
    """The journal entry of a new appointment; it logs each of ``facts`` that has a value.

    A request is announced to its clients only (AS-5).
    """
    kind, event = booking_announcement(booked)
    copies = organisation_messages(MessageKind.STAFF_BOOKED, booked) if booked.confirmed else ()
    return appointment_entry(
        ids,
        context,
        booked,
        "booked",
        changes=(FieldChange(name, None, value) for name, value in (facts or {}).items() if value),
        messages=(
            *attendee_messages(kind, booked),
            *(m for m in copies if notify_staff or m.audience is not Audience.STAFF),
        ),
        events=(event,),
    )
