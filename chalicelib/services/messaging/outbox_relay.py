"""Deliver journal entries: domain events to the topic, messages to people, each message once (NT-9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.messaging.notification_policy import route
from chalicelib.domain.messaging.notifications import Medium, MessageContext, Notification
from chalicelib.domain.messaging.outbox import DueEntry, SendClaim, dead_letter
from chalicelib.domain.organisation.catalogue import Location, Service, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import Busy
from chalicelib.domain.shared.events import Audience, JournalEntry, QueuedMessage, QueuedNotice
from chalicelib.services import client_identity
from chalicelib.services.client_identity import ClientIdentities
from chalicelib.services.job_runner import JobRuns
from chalicelib.services.messaging.meeting_links import CreateMeetingLinks, LinkAttempt, LinkOutcome
from chalicelib.services.messaging.message_sender import ExpectedVersion, MessageSender, SendOutcome, SendResult
from chalicelib.services.messaging.messaging_ports import EventTopic, Observer, Outbox
from chalicelib.services.messaging.notice_delivery import send_notices
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import ReadResult, Ref, Store

MAX_ATTEMPTS = 8
FIRST_RETRY = timedelta(minutes=1)
# How often one delivery starts over because the appointment changes meanwhile.
_MAX_READS = 3
_RECIPIENT_RECORDS: dict[Audience, type[Any]] = {Audience.CLIENT: Client, Audience.STAFF: Staff}


@dataclass
class _DeliveryProgress:
    """The state of one delivery: its failures by message, and the end of the leases that others hold.

    ``attempts`` counts the failed deliveries before it; the next one is not to be made before ``not_before``.
    """

    failures: list[tuple[QueuedMessage | QueuedNotice | None, Medium | None, str]] = field(default_factory=list)
    held_until: datetime | None = None
    not_before: datetime | None = None
    attempts: int = 0
    published: bool = False

    def add(self, message: QueuedMessage | QueuedNotice, medium: Medium, result: SendResult) -> None:
        if result.outcome is SendOutcome.FAILED:
            self.failures.append((message, medium, result.error))
        if result.until is not None:
            self.held_until = max(result.until, self.held_until or result.until)


@dataclass(frozen=True, slots=True)
class OutboxRelay:
    """Delivers journal entries; ``jitter`` gives a number in [0, 1) that spreads retries."""

    store: Store
    outbox: Outbox
    topic: EventTopic
    message_sender: MessageSender
    create_meeting_links: CreateMeetingLinks
    observer: Observer
    jitter: Callable[[], float]
    runs: JobRuns

    def relay(self, entries: Iterable[JournalEntry], now: datetime) -> int:
        """Deliver entries that have just been written; returns how many had something to deliver.

        Raises nothing: entries that cannot be delivered stay due for the sweep.
        """
        due = [DueEntry(e.subject_id, e.id, e, e.attempts) for e in entries if e.is_deliverable]
        for item in due:
            self.deliver(item, now)
        return len(due)

    def sweep(self, now: datetime, time_left: Callable[[], bool], limit: int = 200) -> int:
        """Deliver the entries that are due while there is time; returns how many were tried."""
        runner = self.runs.start("deliver", now, time_left)
        # What failed before stays due, and must not take the places of the others.
        entries = self.outbox.due_entries(now, limit + len(runner.known))
        return runner.run_each(entries, lambda due: self._deliver_due(due, now), lambda due: due.entry_id)

    def _deliver_due(self, due: DueEntry, now: datetime) -> int:
        if not self.deliver(due, now):
            # It is still due, as it was: the next run tries it after all others.
            raise Busy
        return 1

    def deliver(self, due: DueEntry, now: datetime) -> bool:
        """Publish the events and send the messages of an entry, and record what is left; raises nothing.

        False if that could not be recorded: the entry stays due as it was.
        """
        progress = _DeliveryProgress(attempts=due.attempts, published=due.published)
        try:
            entry = _entry_of(due)
            self._publish(entry, progress)
            self._send(entry, progress, now)
            for notice, result in send_notices(self.store, self.message_sender, entry, now):
                progress.add(notice, Medium.EMAIL, result)
        except Exception as error:  # noqa: BLE001  # one entry must not stop the others
            progress.failures.append((None, None, type(error).__name__))
        try:
            self._record_outcome(due, progress, now)
        except Exception as error:  # noqa: BLE001  # the entry stays due for the next sweep
            self.observer.note("delivery_not_recorded", entry_id=due.entry_id, error=type(error).__name__)
            return False
        return True

    def _publish(self, entry: JournalEntry, progress: _DeliveryProgress) -> None:
        if progress.published:
            return
        try:
            for number, event in enumerate(entry.events):
                self.topic.publish(f"{entry.id}-{number}", entry.at, event)
            progress.published = True
        except Exception as error:  # noqa: BLE001  # messages are sent even if the topic fails
            progress.failures.append((None, None, f"event: {type(error).__name__}"))

    def _send(self, entry: JournalEntry, progress: _DeliveryProgress, now: datetime) -> None:
        left: Sequence[QueuedMessage] = entry.messages
        for _ in range(_MAX_READS):
            if not left:
                return
            found = read_message_context(self.store, entry.subject_id, left)
            if found is None:
                self.observer.note("message_unsaid", entry_id=entry.id, reason="appointment_gone")
                return
            message_context, identities = found
            attempt = LinkAttempt(progress.attempts, now, FIRST_RETRY * 2**progress.attempts)
            link = self.create_meeting_links.settle(message_context, left, attempt)
            if link.outcome is LinkOutcome.WAITING:
                progress.failures.append((None, None, link.reason))
                progress.not_before = link.not_before
                return
            if link.outcome is LinkOutcome.SETTLED:
                left = [m for m in left if not self._send_message(m, entry, message_context, identities, progress, now)]
        for message in left:
            progress.failures.append((message, None, "changing"))

    def _send_message(
        self,
        original: QueuedMessage,
        entry: JournalEntry,
        message_context: MessageContext,
        identities: ClientIdentities,
        progress: _DeliveryProgress,
        now: datetime,
    ) -> bool:
        """True once the message needs no further attempt; false if its records have changed meanwhile."""
        message = _with_current_recipient(original, identities)
        routed = route(message, entry, message_context, now)
        if routed.suppressed:
            ids = {"entry_id": entry.id, "kind": message.kind, "recipient_id": message.recipient_id}
            self.observer.note("message_unsaid", **ids, reason=routed.suppressed)
        for notification in routed.notifications:
            result = self._send_notification(notification, entry.id, message_context, original.recipient_id, now)
            if result.outcome is SendOutcome.CHANGED:
                return False
            progress.add(message, notification.medium, result)
        return True

    def _send_notification(
        self,
        notification: Notification,
        cause: str,
        message_context: MessageContext,
        original_recipient_id: str,
        now: datetime,
    ) -> SendResult:
        versions = _expected_versions(notification, message_context)
        try:
            if original_recipient_id != notification.recipient_id and notification.audience is Audience.CLIENT:
                return self.message_sender.redirect(notification, cause, original_recipient_id, versions, now)
            return self.message_sender.send(notification, cause, versions, now)
        except Exception as error:  # noqa: BLE001  # one message must not stop the others of its entry
            return SendResult(SendOutcome.FAILED, error=type(error).__name__)

    def _record_outcome(self, due: DueEntry, progress: _DeliveryProgress, now: datetime) -> None:
        attempts = due.attempts + (1 if progress.failures else 0)
        if progress.failures and attempts < MAX_ATTEMPTS:
            wait = FIRST_RETRY * 2 ** (attempts - 1) * (0.5 + self.jitter() / 2)
            at = max(now + wait, progress.not_before or now)
            self.outbox.postpone(due, at, attempts, published=progress.published)
            self.observer.note("delivery_postponed", entry_id=due.entry_id, error=progress.failures[0][2])
            return
        for message, medium, error in list(progress.failures):
            if message is not None and medium is not None:
                progress.add(message, medium, self._give_up(due, message, medium, error, now))
            else:
                self._dead_letter_entry(due, error, now)
        if progress.held_until is not None:
            self.outbox.postpone(due, progress.held_until, attempts, published=True)
        else:
            self.outbox.finish(due)

    def _give_up(
        self, due: DueEntry, message: QueuedMessage | QueuedNotice, medium: Medium, error: str, now: datetime
    ) -> SendResult:
        send_claim = SendClaim(due.subject_id, due.entry_id, message.kind, message.recipient_id, medium)
        return self.message_sender.give_up(send_claim, error, now)

    def _dead_letter_entry(self, due: DueEntry, error: str, now: datetime) -> None:
        ids = {"subject_id": due.subject_id, "cause": due.entry_id}
        self.message_sender.dead_letters.put(dead_letter(ids, "failed", error, now))
        self.observer.count("MessagesFailed", kind="entry", medium="none")
        self.observer.note("entry_set_aside", **ids, reason="failed", error=error)


def _entry_of(due: DueEntry) -> JournalEntry:
    if due.entry is None:
        raise ValueError("Another version of the program wrote this entry.")
    return due.entry


def read_message_context(
    store: Store, appointment_id: str, messages: Sequence[QueuedMessage]
) -> tuple[MessageContext, ClientIdentities] | None:
    """The appointment with all records that these messages may name, in two batch reads; ``None`` if it is gone.

    A third read where clients have been merged: each person appears once, as the surviving record (D20).
    """
    recipients = [
        Ref.to(_RECIPIENT_RECORDS[m.audience], m.recipient_id) for m in messages if m.audience in _RECIPIENT_RECORDS
    ]
    first = store.read([Ref.to(Settings), Ref.to(Appointment, appointment_id), *recipients])
    appointment = first.get(Appointment, appointment_id)
    if appointment is None:
        return None
    assigned = [Ref.to(Staff, appointment.staff_id)] if appointment.staff_id else []
    attendees = client_identity.client_refs([appointment])
    place: list[Ref[Any]] = [Ref.to(Location, appointment.location_id), Ref.to(Service, appointment.service_id)]
    second = store.read([*place, *assigned, *attendees])
    client_ids = [ref.key[0] for ref in (*recipients, *attendees) if ref.kind is Client]
    identities = client_identity.resolve_clients(store, client_ids, first, second)
    staff = [(first, ref) for ref in recipients] + [(second, ref) for ref in assigned]
    message_context = MessageContext(
        settings=settings_in(first),
        appointment=identities.unite_attendees(appointment),
        location=second.require(Location, appointment.location_id),
        service=second.require(Service, appointment.service_id),
        clients=identities.by_id,
        staff=_staff_by_id(staff),
    )
    return message_context, identities


def _with_current_recipient(message: QueuedMessage, identities: ClientIdentities) -> QueuedMessage:
    if message.audience is not Audience.CLIENT:
        return message
    return replace(message, recipient_id=identities.current_id(message.recipient_id))


def _staff_by_id(refs: Sequence[tuple[ReadResult, Ref[Any]]]) -> dict[str, Staff]:
    records = (found.get(Staff, *ref.key) for found, ref in refs if ref.kind is Staff)
    return {record.id: record for record in records if record is not None}


def _expected_versions(notification: Notification, message_context: MessageContext) -> list[ExpectedVersion]:
    recipient_id = notification.recipient_id
    records = (
        message_context.appointment,
        message_context.clients.get(recipient_id),
        message_context.staff.get(recipient_id),
    )
    return [(Ref.to(type(record), record.id), record.version) for record in records if record is not None]
