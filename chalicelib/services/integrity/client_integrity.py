"""Whether clients and all that is kept about them elsewhere say the same: pointers, the directory, who knows whom."""

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
from chalicelib.services import paging
from chalicelib.services.store_port import ClientDirectory, ReadResult, Ref, Store


class ClientFlaw(StrEnum):
    """What may be wrong with a client."""

    MISSING = "missing"
    POINTER = "pointer"
    NOT_FOUND = "not_found_by_entry"
    STILL_FOUND = "still_found_by_entry"
    ACQUAINTANCE = "acquaintance"


@dataclass(frozen=True, slots=True)
class ClientDifference:
    """A client who is not as other records have it; ids only."""

    client_id: str
    flaw: ClientFlaw


class ClientIntegrity:
    """The comparison; writes nothing."""

    def __init__(self, store: Store, directory: ClientDirectory) -> None:
        self._store = store
        self._directory = directory

    def check(self, client_ids: Iterable[str], scope_ids: Sequence[str] = ()) -> tuple[ClientDifference, ...]:
        """Compares these clients, those they have been merged into and those merged into them.

        Who knows them is counted for wherever and with whom they have appointments, and for ``scope_ids``.
        People go on working meanwhile: whoever seems to differ is looked at once more.
        """
        doubtful = {d.client_id for d in self._differences(client_ids, scope_ids)}
        return tuple(self._differences(sorted(doubtful), scope_ids)) if doubtful else ()

    def _differences(self, client_ids: Iterable[str], scope_ids: Sequence[str]) -> Iterator[ClientDifference]:
        asked = self._clients(client_ids)
        persons = self._clients(c.merged_into or c.id for c in asked.values() if c)
        members = self._clients(m for c in persons.values() if c for m in c.absorbed)
        for client_id, client in (asked | members).items():
            if client is None:
                yield ClientDifference(client_id, ClientFlaw.MISSING)
            elif client.merged_into and not _lists_pointer(persons.get(client.merged_into), client_id):
                yield ClientDifference(client_id, ClientFlaw.POINTER)
        standing = [person for person in persons.values() if person]
        for person in standing:
            pointers = [member for member in person.absorbed if not _points_to(members[member], person.id)]
            yield from (ClientDifference(member, ClientFlaw.POINTER) for member in pointers)
        yield from self._check_directory(standing, [m for m in members.values() if m])
        for person in standing:
            for member in person.record_ids:
                yield from self._check_relations(member, scope_ids)

    def _clients(self, client_ids: Iterable[str]) -> dict[str, Client | None]:
        ids = list(dict.fromkeys(client_ids))
        found = self._store.read([Ref.to(Client, client_id) for client_id in ids])
        return {client_id: found.get(Client, client_id) for client_id in ids}

    def _check_directory(self, persons: Sequence[Client], pointers: Sequence[Client]) -> Iterator[ClientDifference]:
        """Everybody is found by what they are called and reached by, nobody by what is another's now."""
        merges = [pointer.merged_by for pointer in pointers if pointer.merged_by]
        read = self._store.read([Ref.to(Merge, merge_id) for merge_id in merges])
        known = (read.get(Merge, merge_id) for merge_id in merges)
        gone = {entry for merge in known if merge for entry in directory_entries(merge.duplicate)}
        here = {entry for person in persons for entry in directory_entries(person)}
        found = self._store.read([_entry_ref(entry) for entry in sorted(here | gone, key=repr)])
        yield from (ClientDifference(e.client_id, ClientFlaw.NOT_FOUND) for e in here if not _is_stored(found, e))
        yield from (ClientDifference(e.client_id, ClientFlaw.STILL_FOUND) for e in gone if _is_stored(found, e))

    def _check_relations(self, client_id: str, scope_ids: Sequence[str]) -> Iterator[ClientDifference]:
        """Who may know a client is counted from the appointments that stand under this id (D26)."""
        expected: Counter[str] = Counter(dict.fromkeys(scope_ids, 0))
        for appointment in self._appointments(client_id):
            expected.update(scope for scope, whom in appointment.client_relations() if whom == client_id)
        found = self._store.read([Ref.to(ClientRelation, scope, client_id) for scope in expected])
        rows = {scope: found.get(ClientRelation, scope, client_id) for scope in expected}
        if any((row.met if row else 0) != expected[scope] for scope, row in rows.items()):
            yield ClientDifference(client_id, ClientFlaw.ACQUAINTANCE)

    def _appointments(self, client_id: str) -> Iterator[Appointment]:
        read = partial(self._directory.appointments, client_id)
        for page in paging.read_all_by_position(read, lambda attendance: attendance.position):
            ids = [attendance.appointment_id for attendance in page]
            found = self._store.read([Ref.to(Appointment, appointment_id) for appointment_id in ids])
            yield from (a for a in (found.get(Appointment, appointment_id) for appointment_id in ids) if a)


def _lists_pointer(person: Client | None, member: str) -> bool:
    """Whether this is somebody that a pointer may name: the last of a chain, who lists it."""
    return person is not None and person.merged_into is None and member in person.absorbed


def _points_to(member: Client | None, client_id: str) -> bool:
    return member is not None and member.merged_into == client_id


def _entry_ref(entry: DirectoryEntry) -> Ref[Any]:
    return Ref.to(DirectoryEntry, entry.shelf, entry.term, entry.client_id, entry.name)


def _is_stored(found: ReadResult, entry: DirectoryEntry) -> bool:
    return found.get(DirectoryEntry, entry.shelf, entry.term, entry.client_id, entry.name) is not None
