"""What the use cases need from the outside: a store read in one go and written in one Change, ids, a context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import Sheet
from chalicelib.domain.clients.client import Client, ClientRelation
from chalicelib.domain.clients.directory import DirectoryEntry, DirectoryIndex, directory_entries
from chalicelib.domain.clients.merging import AppointmentSpan, Merge
from chalicelib.domain.organisation.statuses import StatusHistoryEntry, StatusPredicate
from chalicelib.domain.shared.errors import Unauthenticated
from chalicelib.domain.shared.events import CLIENT_ACTOR, Actor, Channel, JournalEntry
from chalicelib.domain.shared.permissions import Principal

T = TypeVar("T")
V = TypeVar("V", bound="Versioned")


class Versioned(Protocol):
    """A record of the store; version 0 has not been written yet."""

    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Ref(Generic[T]):
    """Where one record is: its kind and the ids that find it, such as ``Ref(Sheet, loc_id, "2026-12-01")``."""

    kind: type[T]
    key: tuple[str, ...]

    @classmethod
    def to(cls, kind: type[T], *key: str) -> Ref[T]:
        """The reference to the record of this type with these ids."""
        return cls(kind, key)


class ReadResult(Protocol):
    """What one read brought."""

    def get(self, kind: type[T], *key: str) -> T | None:
        """The record, or none when there is no such one."""

    def require(self, kind: type[T], *key: str) -> T:
        """The record; 404 when there is no such one."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list in order, and where it goes on; no cursor at the end."""

    items: tuple[T, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """An Idempotency-Key: the answer is stored under it in the very transaction it answers for (D45).

    ``present`` turns a result into the HTTP status and JSON text to repeat.
    """

    scope: str
    key: str
    fingerprint: str
    present: Callable[[Any], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The stored answer to an Idempotency-Key."""

    fingerprint: str
    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Context:
    """One call: when, by whom, through which door, and the conditions the caller set."""

    now: datetime
    principal: Principal | None = None
    channel: Channel = Channel.MODERN_CLIENT_VIEW
    idempotency: IdempotencyKey | None = None
    expected_version: int | None = None

    @property
    def actor(self) -> Actor:
        """The signed-in staff member acting through this channel, else the client or the system (CL-6)."""
        if self.principal is None:
            return CLIENT_ACTOR if self.channel is Channel.MODERN_CLIENT_VIEW else Actor(self.channel)
        return Actor(self.channel, self.principal.name, self.principal.staff_id)

    @property
    def staff(self) -> Principal:
        """The signed-in person of a staff call."""
        if self.principal is None:
            raise Unauthenticated()
        return self.principal


@dataclass(slots=True)
class UnitOfWork:
    """Every write of one use case, committed as one transaction.

    A saved record is written only where the stored one still has the version it was read at; a guarded one
    must merely still have it. Whatever was decided on is thereby checked again by the database.
    """

    saved: list[tuple[Any, int]] = field(default_factory=list)
    deleted: list[Any] = field(default_factory=list)
    unchanged: list[Any] = field(default_factory=list)
    removed_occupants: list[tuple[str, str, str]] = field(default_factory=list)
    counted_bookings: list[tuple[str, str, int | None]] = field(default_factory=list)
    relation_counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    status_counts: Counter[tuple[str, StatusPredicate, str]] = field(default_factory=Counter)
    closed_statuses: list[tuple[str, StatusPredicate]] = field(default_factory=list)
    reopened_statuses: list[tuple[str, StatusPredicate]] = field(default_factory=list)
    directory_added: list[DirectoryEntry] = field(default_factory=list)
    directory_removed: list[DirectoryEntry] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)
    redacted_entries: list[JournalEntry] = field(default_factory=list)

    def save(self, record: V) -> V:
        """Writes the record at its next version; returns it as it will be stored."""
        written: V = replace(record, version=record.version + 1)  # type: ignore[type-var]  # every record is a dataclass
        self.saved.append((written, record.version))
        return written

    def save_appointment(self, after: Appointment, before: Appointment | None = None) -> Appointment:
        """Saves an appointment, counting who may know whom for its sake, and no longer does (D26).

        Its status is counted as held, the one it held before no longer (D30). 409 ``wrong_state`` when its record has
        been signed off: whatever the use case, it stays as it is (RB-21).
        """
        if before:
            before.require_unsigned()
        self.relation_counts.update(after.client_relations())
        self.relation_counts.subtract(before.client_relations() if before else ())
        for appointment, by in ((after, 1), (before, -1)):
            if appointment is not None and appointment.counted_status is not None:
                self.status_counts[(*appointment.counted_status, appointment.id)] += by
        return self.save(after)

    def index_client(self, after: Client | None, before: Client | None = None) -> None:
        """Finds a client by what they are called and reached by now, and no longer by what they were."""
        now, then = directory_entries(after), directory_entries(before)
        self.directory_added += sorted(now - then, key=repr)
        self.directory_removed += sorted(then - now, key=repr)

    def close_status(self, status_id: str, predicate: StatusPredicate) -> None:
        """No appointment comes into this status with this predicate any more; only goes through while none holds it."""
        self.closed_statuses.append((status_id, predicate))

    def reopen_status(self, status_id: str, predicate: StatusPredicate) -> None:
        """Appointments may come into this status with this predicate again."""
        self.reopened_statuses.append((status_id, predicate))

    def delete(self, record: Versioned) -> None:
        """Removes the record, if it still has the version it was read at."""
        self.deleted.append(record)

    def require_unchanged(self, record: Versioned) -> None:
        """Only goes through while the record still has the version it was read at."""
        self.unchanged.append(record)

    def remove_occupant(self, calendar_id: str, days: Iterable[str], occupant_id: str) -> None:
        """Takes an occupant off sheets that were not read: giving room back needs no decision."""
        self.removed_occupants.extend((calendar_id, day, occupant_id) for day in days)

    def count_booking(self, contact: str, appointment_id: str, end: int | None) -> None:
        """Counts a booking among a contact's upcoming ones until ``end`` (epoch minutes), or no longer."""
        self.counted_bookings.append((contact, appointment_id, end))

    def add_entry(self, entry: JournalEntry) -> None:
        """Adds what happened: the log line, its messages and events (NT-9)."""
        self.entries.append(entry)

    def redact_entry(self, entry: JournalEntry) -> None:
        """Replaces what a log line that is there says; what it has to deliver is delivered as it was."""
        self.redacted_entries.append(entry)


@dataclass(frozen=True, slots=True)
class AppointmentFilter:
    """Which appointments a list shows: those that start in [first, last) and meet every condition that is given.

    ``location_ids`` says where, ``holders`` who has it (None stands for nobody); ``unconfirmed`` takes only
    those that still await confirmation, at one location. Cancelled ones are on no list.
    """

    first: datetime
    last: datetime
    location_ids: frozenset[str] | None = None
    staff_ids: frozenset[str | None] | None = None
    unconfirmed: bool = False


class Store(Protocol):
    """The table, as the use cases see it."""

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> ReadResult:
        """All these records, in one batch read for every hundred; a ``Team`` is one query beside them."""

    def commit(self, work: UnitOfWork, idempotency: IdempotencyKey | None = None, result: Any = None) -> None:
        """Writes everything or nothing.

        Raises ``Stale`` when something read has changed since, ``AlreadyDone`` when ``once`` was used before.
        """

    def stored_response(self, scope: str, key: str) -> StoredResponse | None:
        """The answer stored under an Idempotency-Key, if there is one."""

    def catalogue(self, kind: type[T]) -> tuple[T, ...]:
        """Every location, service, staff member or reason of the organisation, in order of id."""


class AppointmentLists(Protocol):
    """The lists of appointments, each one query, oldest start first, cancelled ones left out."""

    def find(self, filters: Sequence[AppointmentFilter], limit: int, cursor: str | None) -> Page[Appointment]:
        """Part of a list; of several choices the next goes on where the one before it ends.

        Each choice names one location or one holder. A page that is not the last one is full.
        """

    def at_location(
        self, location_id: str, first: datetime, last: datetime, limit: int, cursor: str | None
    ) -> Page[Appointment]:
        """Appointments that start at this location in [first, last)."""

    def sheets(self, location_id: str, first_day: str, last_day: str) -> list[Sheet]:
        """The written sheets of these UTC days, both included."""

    def journal(self, subject_id: str, limit: int, cursor: str | None) -> Page[JournalEntry]:
        """What happened to one subject, newest first."""

    def status_history(self, appointment_id: str, limit: int, cursor: str | None) -> Page[StatusHistoryEntry]:
        """The statuses an appointment has passed through, newest first."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """One appointment of a client; ``place`` is where it stands in their list."""

    position: str
    appointment_id: str
    cancelled: bool


class ClientDirectory(Protocol):
    """The lists of clients, each one query."""

    def find_by_name(self, prefix: str, limit: int, after: str | None) -> tuple[DirectoryEntry, ...]:
        """Entries of names in which a word begins like this, in order of their places, after this one."""

    def find_by_term(self, index: DirectoryIndex, term: str, limit: int, after: str | None = None) -> tuple[str, ...]:
        """The ids of those who stand on another shelf under this term, in order, after this one."""

    def all_clients(self, limit: int, cursor: str | None) -> Page[Client]:
        """All clients, in order of name."""

    def relations_of(self, scope_id: str, limit: int, after: str | None) -> tuple[ClientRelation, ...]:
        """Whom a location or staff member has to do with, in order of client id, after this one."""

    def log(self, client_id: str, before: str | None, limit: int) -> tuple[JournalEntry, ...]:
        """What was done to one record, newest first, from before this entry on."""

    def appointments(self, client_id: str, before: str | None, limit: int) -> tuple[Attendance, ...]:
        """One client's appointments, latest start first, from before this place in the list on."""

    def upcoming(self, client_id: str, since: datetime, limit: int) -> tuple[AppointmentSpan, ...]:
        """What one client comes to that starts from this instant on, soonest first."""

    def merges(self, client_id: str, limit: int) -> tuple[Merge, ...]:
        """The merges into one client, latest first."""


class Ids(Protocol):
    """Fresh ids and secrets."""

    def new(self, prefix: str, at: datetime, order: int = 0) -> str:
        """A new id of this type, such as ``apt_01J…``; of one millisecond's, the greater ``order`` sorts later."""

    def secret(self) -> str:
        """At least 128 random bits, safe in a URL (D48)."""
