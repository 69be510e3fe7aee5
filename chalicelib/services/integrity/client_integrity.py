"""Checking clients against what is stored about them elsewhere: pointers, directory entries, relations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client, ClientRelation
from chalicelib.domain.clients.directory import DirectoryEntry, directory_entries
from chalicelib.domain.clients.merging import Merge
from chalicelib.services.crud import read_existing
from chalicelib.services.paging import read_all_by_position
from chalicelib.services.store_port import ClientDirectory, ReadResult, Ref, Store


class ClientFlaw(StrEnum):
    """The kinds of difference."""

    MISSING = "missing"
    POINTER = "pointer"
    NOT_FOUND = "not_found_by_entry"
    STILL_FOUND = "still_found_by_entry"
    ACQUAINTANCE = "acquaintance"


@dataclass(frozen=True, slots=True)
class ClientDifference:
    """A client that differs from other records; ids only."""

    client_id: str
    flaw: ClientFlaw


class ClientIntegrity:
    """Compare clients with other records; nothing is written."""

    def __init__(self, store: Store, directory: ClientDirectory) -> None:
        self._store = store
        self._directory = directory

    def check(self, client_ids: Iterable[str], scope_ids: Sequence[str] = ()) -> tuple[ClientDifference, ...]:
        """The differences of these clients, of their survivors and of the records merged into them.

        Relations are counted for every location and staff member of their appointments, and for ``scope_ids``.
        Records change during the check, so a difference is confirmed by a second look.
        """
        suspects = {d.client_id for d in self._differences(client_ids, scope_ids)}
        return tuple(self._differences(sorted(suspects), scope_ids)) if suspects else ()

    def _differences(self, client_ids: Iterable[str], scope_ids: Sequence[str]) -> Iterator[ClientDifference]:
        requested = self._clients(client_ids)
        persons = self._clients(c.merged_into or c.id for c in requested.values() if c)
        members = self._clients(m for c in persons.values() if c for m in c.absorbed)
        for client_id, client in (requested | members).items():
            if client is None:
                yield ClientDifference(client_id, ClientFlaw.MISSING)
            elif client.merged_into and not _lists_pointer(persons.get(client.merged_into), client_id):
                yield ClientDifference(client_id, ClientFlaw.POINTER)
        survivors = [person for person in persons.values() if person]
        for person in survivors:
            pointers = [member for member in person.absorbed if not _points_to(members[member], person.id)]
            yield from (ClientDifference(member, ClientFlaw.POINTER) for member in pointers)
        yield from self._check_directory(survivors, [m for m in members.values() if m])
        for person in survivors:
            for member in person.record_ids:
                yield from self._check_relations(member, scope_ids)

    def _clients(self, client_ids: Iterable[str]) -> dict[str, Client | None]:
        ids = list(dict.fromkeys(client_ids))
        existing = {client.id: client for client in read_existing(self._store, Client, ids)}
        return {client_id: existing.get(client_id) for client_id in ids}

    def _check_directory(self, persons: Sequence[Client], pointers: Sequence[Client]) -> Iterator[ClientDifference]:
        """Check that every client is found by its own entries, and no merged record by its former ones."""
        merges = read_existing(self._store, Merge, [pointer.merged_by for pointer in pointers if pointer.merged_by])
        former = {entry for merge in merges for entry in directory_entries(merge.duplicate)}
        current = {entry for person in persons for entry in directory_entries(person)}
        found = self._store.read([_entry_ref(entry) for entry in sorted(current | former, key=repr)])
        yield from (ClientDifference(e.client_id, ClientFlaw.NOT_FOUND) for e in current if not _is_stored(found, e))
        yield from (ClientDifference(e.client_id, ClientFlaw.STILL_FOUND) for e in former if _is_stored(found, e))

    def _check_relations(self, client_id: str, scope_ids: Sequence[str]) -> Iterator[ClientDifference]:
        """Check the relation counts against the appointments under this id (D26)."""
        expected: Counter[str] = Counter(dict.fromkeys(scope_ids, 0))
        for appointment in self._appointments(client_id):
            expected.update(scope for scope, related_id in appointment.client_relations() if related_id == client_id)
        found = self._store.read([Ref.to(ClientRelation, scope, client_id) for scope in expected])
        rows = {scope: found.get(ClientRelation, scope, client_id) for scope in expected}
        if any((row.met if row else 0) != expected[scope] for scope, row in rows.items()):
            yield ClientDifference(client_id, ClientFlaw.ACQUAINTANCE)

    def _appointments(self, client_id: str) -> Iterator[Appointment]:
        for page in read_all_by_position(partial(self._directory.appointments, client_id), lambda each: each.position):
            yield from read_existing(self._store, Appointment, [attendance.appointment_id for attendance in page])


def _lists_pointer(person: Client | None, member: str) -> bool:
    """True if the record is the last of a chain and lists the pointer."""
    return person is not None and person.merged_into is None and member in person.absorbed


def _points_to(member: Client | None, client_id: str) -> bool:
    return member is not None and member.merged_into == client_id


def _entry_ref(entry: DirectoryEntry) -> Ref[Any]:
    return Ref.to(DirectoryEntry, entry.shelf, entry.term, entry.client_id, entry.name)


def _is_stored(found: ReadResult, entry: DirectoryEntry) -> bool:
    return found.get(DirectoryEntry, entry.shelf, entry.term, entry.client_id, entry.name) is not None
