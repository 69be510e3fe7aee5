"""What the use cases need from the table: records, lists, and a commit; and where ids come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
class StoredResponse:
    """The stored answer to an Idempotency-Key."""

    fingerprint: str
    status: int
    body: str


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


class DueWork(Protocol):
    """Work that waits for its time; ``DynamoDueWork`` is the one implementation. Longest waiting first."""

    def due_sheets(self, until: datetime) -> Iterable[tuple[str, str]]:
        """The location and UTC day of every sheet with a block due by then."""

    def due_series(self, until: datetime) -> Iterable[str]:
        """The id of every block series of which more is to be laid out by then."""

    def pending_requests(self, until: datetime) -> Iterable[str]:
        """The id of every request made by then that nobody has decided on."""

    def due_auto_starts(self, until: datetime) -> Iterable[str]:
        """The id of every appointment that should have been started by then."""

    def due_erasures(self, until: datetime) -> Iterable[str]:
        """The id of every deleted client who is to be erased by then."""
