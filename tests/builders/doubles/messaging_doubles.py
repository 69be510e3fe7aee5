"""Delivery over any store and outbox, with senders that record instead of sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.video_meetings import Meeting, MeetingLink
from chalicelib.domain.clients.client import Client
from chalicelib.domain.messaging.address_notices import AddressNotice, Message
from chalicelib.domain.messaging.notifications import Medium, Notification
from chalicelib.domain.messaging.outbox import DueEntry
from chalicelib.domain.organisation.catalogue import Location, Service, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.events import DomainEvent, JournalEntry
from chalicelib.domain.shared.ids import new_id
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.messaging.meeting_links import CreateMeetingLinks
from chalicelib.services.messaging.message_sender import MessageSender
from chalicelib.services.messaging.messaging_ports import Outbox
from chalicelib.services.messaging.outbox_relay import OutboxRelay
from chalicelib.services.messaging.reminder_job import ReminderJob
from chalicelib.services.store_port import Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.job_failures import job_runs
from tests.builders.doubles.memory_outbox import MemoryStore
from tests.builders.records import appointment_builder as build


class ProcessCrash(BaseException):
    """The process dies: nothing may catch this."""


class FakeSender:
    """Records notifications; raises the errors in ``before`` and ``after``, one per call, around the sending."""

    def __init__(self) -> None:
        self.sent: list[Notification] = []
        self.notices: list[AddressNotice] = []
        self.before: list[BaseException | None] = []
        self.after: list[BaseException | None] = []

    def prepare(self, message: Message, /) -> Callable[[], str]:
        def send() -> str:
            self._raise(self.before)
            if isinstance(message, Notification):
                self.sent.append(message)
            else:
                self.notices.append(message)
            self._raise(self.after)
            return f"provider-{len(self.sent) + len(self.notices)}"

        return send

    @staticmethod
    def _raise(planned: list[BaseException | None]) -> None:
        error = planned.pop(0) if planned else None
        if error is not None:
            raise error

    def kinds(self) -> list[tuple[str, str]]:
        return sorted((n.kind.value, n.recipient_id) for n in self.sent)


class FakeTopic:
    """Records the ids and types of events; raises the planned errors."""

    def __init__(self) -> None:
        self.published: list[tuple[str, str]] = []
        self.errors: list[Exception] = []

    def publish(self, event_id: str, at: datetime, event: DomainEvent) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.published.append((event_id, event.type))


class FakeLinkProvider:
    """Give each key its one link, good for sixty days after the meeting.

    ``faults`` are raised, one per call; ``interrupt`` runs during the request.
    """

    def __init__(self) -> None:
        self.asked: list[Meeting] = []
        self.faults: list[Exception] = []
        self.interrupt: list[Callable[[], object]] = []

    def create_link(self, meeting: Meeting) -> MeetingLink:
        self.asked.append(meeting)
        if self.interrupt:
            self.interrupt.pop(0)()
        if self.faults:
            raise self.faults.pop(0)
        return MeetingLink(f"https://teams.example/{meeting.key}", meeting.end + timedelta(days=60))


class SequentialIds:
    """Ids in ascending order."""

    def __init__(self) -> None:
        self.number = 0

    def new(self, prefix: str, at: datetime, order: int = 0) -> str:
        self.number += 1
        return new_id(prefix, at, self.number.to_bytes(10, "big"))

    def secret(self) -> str:
        raise AssertionError("delivery needs no secrets")


class FakeDeadLetterQueue:
    """Records dead letters."""

    def __init__(self) -> None:
        self.letters: list[Mapping[str, str]] = []

    def put(self, letter: Mapping[str, str]) -> None:
        self.letters.append(letter)

    def reasons(self) -> list[str]:
        return [letter["reason"] for letter in self.letters]


class FakeObserver:
    """Counts metrics and records log lines."""

    def __init__(self) -> None:
        self.metrics: dict[str, int] = {}
        self.lines: list[tuple[str, dict[str, str]]] = []

    def count(self, name: str, by: int = 1, **dimensions: str) -> None:
        self.metrics[name] = self.metrics.get(name, 0) + by

    def note(self, event: str, **fields: str) -> None:
        self.lines.append((event, fields))

    alarm = note


class InterruptedReadStore(MemoryStore):
    """Another store; ``interrupt[n]`` runs just before its n-th read."""

    def __init__(self, inner: Store) -> None:
        super().__init__()
        self.inner = inner
        self.reads = 0
        self.interrupt: dict[int, Callable[[], None]] = {}

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> Any:
        self.reads += 1
        self.interrupt.pop(self.reads, lambda: None)()
        return self.inner.read(refs, consistent=consistent)

    def commit(self, work: UnitOfWork, idempotency: IdempotencyKey | None = None, result: Any = None) -> None:
        self.inner.commit(work, idempotency, result)


class MessagingTable(Protocol):
    """The storage under a harness; the tests run on memory and on DynamoDB."""

    now: datetime
    store: Store
    outbox: Outbox

    def put(self, record: Any) -> None:
        """Write a record as it is, over any older version."""

    def journal(self, entry: JournalEntry) -> None:
        """Write an entry that has not been relayed; it is due at once."""

    def put_unreadable(self, entry_id: str) -> None:
        """Write a journal row that cannot be read; it is due at once."""

    def claim_states(self) -> list[str]:
        """The states of all send claims."""


@dataclass
class Harness:
    """Everything a delivery test touches; it starts with one appointment of Ana's."""

    table: MessagingTable
    mail: FakeSender = field(default_factory=FakeSender)
    texts: FakeSender = field(default_factory=FakeSender)
    topic: FakeTopic = field(default_factory=FakeTopic)
    links: FakeLinkProvider = field(default_factory=FakeLinkProvider)
    dead: FakeDeadLetterQueue = field(default_factory=FakeDeadLetterQueue)
    observer: FakeObserver = field(default_factory=FakeObserver)

    def __post_init__(self) -> None:
        self.store = InterruptedReadStore(self.table.store)
        senders = {Medium.EMAIL: self.mail, Medium.TEXT: self.texts}
        message_sender = MessageSender(self.store, self.table.outbox, senders, self.dead, self.observer)
        create_meeting_links = CreateMeetingLinks(self.store, self.links, SequentialIds(), self.dead, self.observer)
        self.runs = job_runs(self.observer)
        self.outbox_relay = OutboxRelay(
            self.store,
            self.table.outbox,
            self.topic,
            message_sender,
            create_meeting_links,
            self.observer,
            jitter=lambda: 1.0,
            runs=self.runs,
        )
        self.reminder_job = ReminderJob(self.store, self.table.outbox, self.outbox_relay, self.observer, self.runs)
        catalogue = (build.SETTINGS, build.LOCATION, build.SERVICE, build.SAM_LEE)
        for record in (*catalogue, build.ana(), build.ben(), build.appointment()):
            self.table.put(record)

    def put(self, record: Appointment | Client | Location | Service | Staff | Settings) -> None:
        self.table.put(record)

    def journal(self, entry: JournalEntry) -> JournalEntry:
        self.table.journal(entry)
        return entry

    def relay(self, *entries: JournalEntry, now: datetime = build.NOW) -> int:
        self.table.now = now
        return self.outbox_relay.relay(entries, now)

    def sweep(self, now: datetime) -> int:
        self.table.now = now
        return self.outbox_relay.sweep(now, lambda: True)

    def remind(self, now: datetime) -> int:
        self.table.now = now
        return self.reminder_job.remind(now, lambda: True)

    def due_entries(self, now: datetime = build.NOW + timedelta(days=30)) -> list[DueEntry]:
        return self.table.outbox.due_entries(now, 100)
