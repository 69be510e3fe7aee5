"""Send reminders: a reminder that is due becomes a journal entry and is delivered like any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.messaging.outbox import DueEntry
from chalicelib.domain.shared.events import SYSTEM_ACTOR, Audience, JournalEntry, MessageKind, QueuedMessage
from chalicelib.domain.shared.ids import new_id
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.job_runner import JobRuns
from chalicelib.services.messaging.messaging_ports import Observer, Outbox
from chalicelib.services.messaging.outbox_relay import OutboxRelay
from chalicelib.services.store_port import Ref, Store


@dataclass(frozen=True, slots=True)
class ReminderJob:
    """Sends the reminders of appointments whose next reminder is due."""

    store: Store
    outbox: Outbox
    outbox_relay: OutboxRelay
    observer: Observer
    runs: JobRuns

    def remind(self, now: datetime, time_left: Callable[[], bool], limit: int = 200) -> int:
        """Send the reminders that are due while there is time; returns how many appointments had one.

        It can be interrupted and repeated: an entry's id follows from appointment, start and hours, so it exists
        once whatever was edited since (TR-61), and the appointment's next reminder is set only when the entry of this
        one is written.
        """
        runner = self.runs.start("remind", now, time_left)
        # What failed before stays due, and must not take the places of the others.
        due = self.outbox.due_reminders(now, limit + len(runner.known))
        return runner.run_each(due, lambda appointment_id: self._remind_or_note(appointment_id, now))

    def _remind_or_note(self, appointment_id: str, now: datetime) -> int:
        try:
            return self._remind(appointment_id, now)
        except Exception as error:
            self.observer.note("reminder_postponed", subject_id=appointment_id, error=type(error).__name__)
            raise

    def _remind(self, appointment_id: str, now: datetime) -> int:
        appointment = self.store.read([Ref.to(Appointment, appointment_id)]).get(Appointment, appointment_id)
        # An unconfirmed appointment is on the due index for another reason and must stay there.
        if appointment is None or not appointment.confirmed:
            return 0
        entry = reminder_entry(appointment, now)
        added = entry is not None and self.outbox.add(entry)
        self.outbox.set_next_reminder(appointment, appointment.next_reminder_at(after=now))
        if entry is None or not added:
            return 0
        self.outbox_relay.deliver(DueEntry(entry.subject_id, entry.id, entry), now)
        return 1


def reminder_entry(appointment: Appointment, now: datetime) -> JournalEntry | None:
    """The entry for the latest reminder that is due; earlier ones that were missed are not sent.

    One per appointment, start and hours before it: an edit of place or method makes no second one (TR-61).

    ``None`` if the appointment has begun, is unconfirmed or cancelled (D33, case 25).
    """
    due = [(hours, at) for hours, at in appointment.reminders() if at <= now < appointment.start]
    if not due:
        return None
    hours, at = due[-1]
    seed = f"{appointment.id} {utc_text(appointment.start)} {hours}"
    return JournalEntry(
        id=new_id("evt", at, sha256(seed.encode()).digest()),
        subject_id=appointment.id,
        at=now,
        action="reminded",
        actor=SYSTEM_ACTOR,
        messages=tuple(
            QueuedMessage(MessageKind.REMINDER, Audience.CLIENT, a.client_id) for a in appointment.live_attendees
        ),
        sequence=appointment.sequence,
    )
