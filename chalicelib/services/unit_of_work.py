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
    """A record of the store; version 0 means that it has not been written yet."""

    @property
    def version(self) -> int: ...


@dataclass(slots=True)
class UnitOfWork:
    """Every write of one use case, committed as one transaction.

    Saved and deleted records, and those in ``unchanged``, must still have the version that was read: the database
    checks again everything a decision was based on.
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
        """Write the record at its next version; returns it as it will be stored."""
        written: V = replace(record, version=record.version + 1)  # type: ignore[type-var]  # every record is a dataclass
        self.saved.append((written, record.version))
        return written

    def save_appointment(self, after: Appointment, before: Appointment | None = None) -> Appointment:
        """Save an appointment and update the counts of client relations (D26) and statuses (D30).

        409 ``wrong_state`` if its session record has been signed off (RB-21).
        """
        if before:
            before.require_unsigned()
        self.relation_counts.update(after.client_relations())
        self.relation_counts.subtract(before.client_relations() if before else ())
        for appointment, change in ((after, 1), (before, -1)):
            if appointment is not None and appointment.counted_status is not None:
                self.status_counts[(*appointment.counted_status, appointment.id)] += change
        return self.save(after)

    def index_client(self, after: Client | None, before: Client | None = None) -> None:
        """Update the client's directory entries: names, addresses, numbers and outside ids."""
        new, old = directory_entries(after), directory_entries(before)
        self.directory_added += sorted(new - old, key=repr)
        self.directory_removed += sorted(old - new, key=repr)

    def close_status(self, status_id: str, predicate: StatusPredicate) -> None:
        """Close the status with this predicate to appointments; the commit fails while one still has it."""
        self.closed_statuses.append((status_id, predicate))

    def reopen_status(self, status_id: str, predicate: StatusPredicate) -> None:
        """Open the status with this predicate to appointments again."""
        self.reopened_statuses.append((status_id, predicate))

    def delete(self, record: Versioned) -> None:
        """Remove the record; the commit fails unless it still has this version."""
        self.deleted.append(record)

    def require_unchanged(self, record: Versioned) -> None:
        """Make the commit fail unless the record still has this version."""
        self.unchanged.append(record)

    def remove_occupant(self, calendar_id: str, days: Iterable[str], occupant_id: str) -> None:
        """Remove an occupant from sheets that were not read: freeing capacity needs no decision."""
        self.removed_occupants.extend((calendar_id, day, occupant_id) for day in days)

    def count_booking(self, contact: str, appointment_id: str, end: int | None) -> None:
        """Count a booking among a contact's upcoming ones until ``end`` (epoch minutes); ``None`` removes it."""
        self.counted_bookings.append((contact, appointment_id, end))

    def add_entry(self, entry: JournalEntry) -> None:
        """Add a journal entry with its messages and events (NT-9)."""
        self.entries.append(entry)

    def redact_entry(self, entry: JournalEntry) -> None:
        """Replace the content of an existing journal entry; its delivery is not affected."""
        self.redacted_entries.append(entry)
