"""The ports of the use cases to the table: records, lists, due work, commits; and to new ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import Sheet
from chalicelib.domain.clients.client import Client, ClientRelation
from chalicelib.domain.clients.directory import DirectoryEntry, DirectoryIndex
from chalicelib.domain.clients.merging import AppointmentSpan, Merge
from chalicelib.domain.organisation.statuses import StatusHistoryEntry
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.unit_of_work import UnitOfWork

T = TypeVar("T")

# DynamoDB's limits: what one TransactWriteItems writes and one BatchGetItem reads.
MAX_TRANSACTION_ITEMS = 100
MAX_BATCH_ITEMS = 100


@dataclass(frozen=True, slots=True)
class Ref(Generic[T]):
    """A reference to one record by its kind and ids, such as ``Ref.to(Sheet, loc_id, "2026-12-01")``."""

    kind: type[T]
    key: tuple[str, ...]

    @classmethod
    def to(cls, kind: type[T], *key: str) -> Ref[T]:
        """The reference to the record of this type with these ids."""
        return cls(kind, key)


class ReadResult(Protocol):
    """The records of one read."""

    def get(self, kind: type[T], *key: str) -> T | None:
        """The record, or ``None``."""

    def require(self, kind: type[T], *key: str) -> T:
        """The record; 404 if there is none."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list in order, and the cursor of the next page; ``None`` at the end."""

    items: tuple[T, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The stored response to an Idempotency-Key."""

    fingerprint: str
    status: int
    body: str


@dataclass(frozen=True, slots=True)
class AppointmentFilter:
    """The appointments of a list: those that start in [first, last) and meet every condition that is given.

    In ``staff_ids`` ``None`` stands for unassigned; ``unconfirmed`` takes only those that await confirmation, at one
    location. No list contains cancelled ones.
    """

    first: datetime
    last: datetime
    location_ids: frozenset[str] | None = None
    staff_ids: frozenset[str | None] | None = None
    unconfirmed: bool = False


class Store(Protocol):
    """The table for the use cases."""

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> ReadResult:
        """Read these records, a batch for every hundred; a ``BranchRoster`` takes a query of its own."""

    def commit(self, work: UnitOfWork, idempotency: IdempotencyKey | None = None, result: Any = None) -> None:
        """Write everything or nothing.

        Raises ``Stale`` if a record has changed since it was read, ``AlreadyDone`` if ``idempotency`` was used before.
        """

    def stored_response(self, scope: str, key: str) -> StoredResponse | None:
        """The response stored under an Idempotency-Key, if there is one."""

    def catalogue(self, kind: type[T]) -> tuple[T, ...]:
        """Every location, service, staff member or reason of the organisation, in order of id."""


class AppointmentLists(Protocol):
    """The lists of appointments, each one query, oldest start first, cancelled ones left out."""

    def find(self, filters: Sequence[AppointmentFilter], limit: int, cursor: str | None) -> Page[Appointment]:
        """A page of a list; the appointments of each filter follow those of the one before.

        Each filter names one location or one staff member. Every page but the last one is full.
        """

    def at_location(
        self, location_id: str, first: datetime, last: datetime, limit: int, cursor: str | None
    ) -> Page[Appointment]:
        """A page of the appointments that start at this location in [first, last)."""

    def sheets(self, location_id: str, first_day: str, last_day: str) -> list[Sheet]:
        """The written sheets of these UTC days, both included."""

    def journal(self, subject_id: str, limit: int, cursor: str | None) -> Page[JournalEntry]:
        """A page of one subject's journal, newest first."""

    def status_history(self, appointment_id: str, limit: int, cursor: str | None) -> Page[StatusHistoryEntry]:
        """A page of an appointment's past statuses, newest first."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """One appointment of a client; ``position`` is its place in their list."""

    position: str
    appointment_id: str
    cancelled: bool


class ClientDirectory(Protocol):
    """The lists of clients, each one query."""

    def find_by_name(self, prefix: str, limit: int, after: str | None) -> tuple[DirectoryEntry, ...]:
        """Entries of names with a word that begins like this, in order of position, after this one."""

    def find_by_term(self, index: DirectoryIndex, term: str, limit: int, after: str | None = None) -> tuple[str, ...]:
        """The ids of the clients under this term of another index, in order, after this one."""

    def all_clients(self, limit: int, cursor: str | None) -> Page[Client]:
        """All clients, in order of name."""

    def relations_of(self, scope_id: str, limit: int, after: str | None) -> tuple[ClientRelation, ...]:
        """The clients related to a location or staff member, in order of client id, after this one."""

    def log(self, client_id: str, before: str | None, limit: int) -> tuple[JournalEntry, ...]:
        """The journal of one record, newest first, entries before this one."""

    def appointments(self, client_id: str, before: str | None, limit: int) -> tuple[Attendance, ...]:
        """One client's appointments, latest start first, those before this position."""

    def upcoming(self, client_id: str, since: datetime, limit: int) -> tuple[AppointmentSpan, ...]:
        """One client's appointments that start at this instant or later, soonest first."""

    def merges(self, client_id: str, limit: int) -> tuple[Merge, ...]:
        """The merges into one client, latest first."""


class Ids(Protocol):
    """New ids and secrets."""

    def new(self, prefix: str, at: datetime, order: int = 0) -> str:
        """A new id of this type, such as ``apt_01J…``; within a millisecond a greater ``order`` sorts later."""

    def secret(self) -> str:
        """At least 128 random bits, safe in a URL (D48)."""


class DueWork(Protocol):
    """Work that waits for its time; every list begins with what has waited longest."""

    def due_sheets(self, until: datetime) -> Iterable[tuple[str, str]]:
        """The location and UTC day of every sheet with a block due by then."""

    def due_series(self, until: datetime) -> Iterable[str]:
        """The id of every block series that is to be extended by then."""

    def pending_requests(self, until: datetime) -> Iterable[str]:
        """The id of every request made by then that is still undecided."""

    def due_auto_starts(self, until: datetime) -> Iterable[str]:
        """The id of every appointment that should have been commenced by then."""

    def due_erasures(self, until: datetime) -> Iterable[str]:
        """The id of every deleted client who is to be erased by then."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The failures of one item of a job: how often it failed lately, and when it last did."""

    tries: int
    last: datetime


class JobFailures(Protocol):
    """The items that scheduled jobs could not deal with."""

    def of_job(self, job: str, now: datetime) -> Mapping[str, Failure]:
        """The failures of a job by item; those of a day ago are forgotten."""

    def record(self, job: str, item: str, failure: Failure) -> None:
        """Replace what is known of an item; ``tries`` 0 forgets it."""
