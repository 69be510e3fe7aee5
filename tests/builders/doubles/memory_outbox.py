"""Store and outbox in dictionaries, as far as delivery needs them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.messaging.outbox import ClaimResult, ClaimState, DueEntry, SendClaim
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import NotFound, Stale
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.messaging.messaging_ports import Outbox
from chalicelib.services.store_port import Ref, Store, StoredResponse
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.records import appointment_builder as build

LEASE = timedelta(minutes=2)


class MemoryReadResult:
    """The records found by one read."""

    def __init__(self, records: Mapping[tuple[type[Any], tuple[str, ...]], Any]) -> None:
        self._records = records

    def get(self, kind: type[Any], *key: str) -> Any:
        return self._records.get((kind, key))

    def require(self, kind: type[Any], *key: str) -> Any:
        record = self.get(kind, *key)
        if record is None:
            raise NotFound
        return record


class MemoryStore:
    """Records in a dictionary."""

    def __init__(self) -> None:
        self.records: dict[tuple[type[Any], tuple[str, ...]], Any] = {}
        self.journal: list[JournalEntry] = []
        self._lock = threading.Lock()

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> MemoryReadResult:
        wanted = {(ref.kind, ref.key) for ref in refs}
        return MemoryReadResult({key: self.records[key] for key in wanted if key in self.records})

    def commit(self, work: UnitOfWork, idempotency: IdempotencyKey | None = None, result: Any = None) -> None:
        """Save if every record still has the version it was read at; journal entries are only kept."""
        keyed = [(record, (type(record), (record.id,)), read_at) for record, read_at in work.saved]
        with self._lock:
            if any(getattr(self.records.get(key), "version", 0) != read_at for _, key, read_at in keyed):
                raise Stale
            self.records |= {key: record for record, key, _ in keyed}
            self.journal += work.entries

    def stored_response(self, scope: str, key: str) -> StoredResponse | None:
        raise AssertionError("delivery replays nothing")

    def catalogue(self, kind: type[Any]) -> tuple[Any, ...]:
        raise AssertionError("delivery lists nothing")


@dataclass
class _Waiting:
    due: DueEntry
    at: datetime


class MemoryOutbox:
    """The outbox in dictionaries, each step under one lock like the table's conditional writes."""

    def __init__(self, store: MemoryStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self.waiting: dict[str, _Waiting] = {}
        self.known_ids: set[str] = set()
        self.reminders: dict[str, datetime] = {}
        self.claims: dict[SendClaim, tuple[str, ClaimResult]] = {}

    def insert(self, entry: JournalEntry | None, at: datetime, entry_id: str) -> None:
        self.waiting[entry_id] = _Waiting(DueEntry(build.APPOINTMENT, entry_id, entry), at)
        self.known_ids.add(entry_id)

    def due_entries(self, now: datetime, limit: int) -> list[DueEntry]:
        with self._lock:
            due = sorted((w for w in self.waiting.values() if w.at <= now), key=lambda w: w.at)
            return [w.due for w in due][:limit]

    def finish(self, due: DueEntry) -> None:
        with self._lock:
            self.waiting.pop(due.entry_id, None)

    def postpone(self, due: DueEntry, at: datetime, attempts: int, *, published: bool) -> None:
        with self._lock:
            waiting = self.waiting.get(due.entry_id)
            if waiting is not None and waiting.due.attempts == due.attempts:
                published = published or waiting.due.published
                self.waiting[due.entry_id] = _Waiting(replace(due, attempts=attempts, published=published), at)

    def add(self, entry: JournalEntry) -> bool:
        with self._lock:
            if entry.id in self.known_ids:
                return False
            self.insert(entry, entry.at, entry.id)
            return True

    def claim(self, send_claim: SendClaim) -> ClaimResult:
        with self._lock:
            now = self._clock()
            if send_claim not in self.claims:
                claim = ClaimResult(send_claim, ClaimState.GRANTED, str(len(self.claims)), now + LEASE)
                self.claims[send_claim] = ("claimed", claim)
                return claim
            state, existing = self.claims[send_claim]
            if state != "claimed":
                return replace(existing, state=ClaimState.SETTLED)
            return replace(existing, state=ClaimState.HELD if now < existing.until else ClaimState.EXPIRED)

    def release(self, claim: ClaimResult) -> None:
        with self._lock:
            del self.claims[claim.claim]

    def settle(self, claim: ClaimResult, outcome: str, now: datetime, detail: str = "") -> None:
        with self._lock:
            self.claims[claim.claim] = (outcome, claim)

    def due_reminders(self, now: datetime, limit: int) -> list[str]:
        with self._lock:
            return [i for i, at in self.reminders.items() if at <= now][:limit]

    def set_next_reminder(self, appointment: Appointment, reminder: datetime | None) -> None:
        with self._lock:
            if self._store.records[Appointment, (appointment.id,)].version != appointment.version:
                return
            self.reminders.pop(appointment.id, None)
            if reminder is not None:
                self.reminders[appointment.id] = reminder


class MemoryTable:
    """A messaging table in memory."""

    def __init__(self) -> None:
        self.now = build.NOW
        self.memory = MemoryStore()
        self.store: Store = self.memory
        self.pending = MemoryOutbox(self.memory, lambda: self.now)
        self.outbox: Outbox = self.pending

    def put(self, record: Any) -> None:
        key = () if isinstance(record, Settings) else (record.id,)
        self.memory.records[type(record), key] = record
        if isinstance(record, Appointment):
            self.pending.reminders.pop(record.id, None)
            reminder = record.next_reminder_at()
            if reminder is not None:
                self.pending.reminders[record.id] = reminder

    def journal(self, entry: JournalEntry) -> None:
        self.pending.insert(entry, entry.at, entry.id)

    def put_unreadable(self, entry_id: str) -> None:
        self.pending.insert(None, build.NOW, entry_id)

    def claim_states(self) -> list[str]:
        return sorted(state for state, _ in self.pending.claims.values())
