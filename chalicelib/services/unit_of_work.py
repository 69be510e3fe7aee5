"""The unit of work: every write of one use case, committed as one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.directory import DirectoryEntry, directory_entries
from chalicelib.domain.organisation.statuses import StatusPredicate
from chalicelib.domain.shared.events import JournalEntry

V = TypeVar("V", bound="Versioned")


class Versioned(Protocol):
    """A record of the store; version 0 has not been written yet."""

    @property
    def version(self) -> int: ...


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
