"""The current identity of clients: attendees keep the ids they were booked with, and are shown as one person (D21)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.appointments.appointment import Answer, Appointment, Attendee
from chalicelib.domain.clients.client import Client
from chalicelib.services.store_port import ReadResult, Ref, Store

DELETED_CLIENT_NAME = "Deleted client"


@dataclass(frozen=True, slots=True)
class ClientIdentities:
    """The surviving client record for each of some ids; an unknown id stands for itself."""

    by_id: Mapping[str, Client]

    def current_id(self, client_id: str) -> str:
        """The id of the surviving record."""
        known = self.by_id.get(client_id)
        return known.id if known else client_id

    def attendees_of(self, appointment: Appointment, client_id: str) -> tuple[Attendee, ...]:
        """All attendees of the appointment who are this client, in the order they were added."""
        current = self.current_id(client_id)
        return tuple(a for a in appointment.attendees if self.current_id(a.client_id) == current)

    def unite_attendees(self, appointment: Appointment) -> Appointment:
        """Each person once, under the current id, in the order of active attendance (D17); names as typed.

        Of two records of one person the earlier attendee stays, with the notes and answers of both.
        """
        groups: dict[str, list[tuple[int, Attendee]]] = {}
        for position, attendee in enumerate(appointment.attendees):
            groups.setdefault(self.current_id(attendee.client_id), []).append((position, attendee))
        persons = sorted((_unite(client_id, group) for client_id, group in groups.items()), key=lambda pair: pair[0])
        return replace(appointment, attendees=tuple(attendee for _, attendee in persons))

    def for_staff(self, appointment: Appointment) -> Appointment:
        """The appointment as staff see it: each person once, by the name on record."""
        united = self.unite_attendees(appointment)
        return replace(united, attendees=tuple(replace(a, name=self._name(a)) for a in united.attendees))

    def _name(self, attendee: Attendee) -> str:
        client = self.by_id.get(attendee.client_id)
        if client is None:
            return attendee.name
        return DELETED_CLIENT_NAME if client.deleted_at else client.name


def client_refs(appointments: Iterable[Appointment]) -> list[Ref[Any]]:
    """The clients that ``resolve_clients`` needs to have been read for these appointments."""
    ids = dict.fromkeys(a.client_id for appointment in appointments for a in appointment.attendees)
    return [Ref.to(Client, client_id) for client_id in ids]


def resolve_clients(store: Store, ids: Iterable[str], *reads: ReadResult) -> ClientIdentities:
    """The clients of these ids, from what has been read; one more read if survivors are missing."""
    wanted = list(dict.fromkeys(ids))
    records = {client_id: _client_in(client_id, reads) for client_id in wanted}
    survivors = {c.merged_into for c in records.values() if c and c.merged_into}
    missing = [client_id for client_id in sorted(survivors) if _client_in(client_id, reads) is None]
    if missing:
        reads = (*reads, store.read([Ref.to(Client, client_id) for client_id in missing]))
    known = {i: _client_in(c.merged_into, reads) if c and c.merged_into else c for i, c in records.items()}
    current = {client.id: client for client in known.values() if client}
    return ClientIdentities(current | {client_id: client for client_id, client in known.items() if client})


def resolve_client(store: Store, client_id: str, *reads: ReadResult) -> Client | None:
    """The surviving record of this client; ``None`` for an unknown id."""
    return resolve_clients(store, [client_id], *reads).by_id.get(client_id)


def appointments_for_staff(store: Store, appointments: Sequence[Appointment]) -> list[Appointment]:
    """These appointments as staff see them: one read, and a second one if clients have been merged."""
    refs = client_refs(appointments)
    if not refs:
        return list(appointments)
    identities = resolve_clients(store, [ref.key[0] for ref in refs], store.read(refs))
    return [identities.for_staff(appointment) for appointment in appointments]


def resolve_attendees(store: Store, appointment: Appointment, *client_ids: str) -> ClientIdentities:
    """The identities of an appointment's attendees and these clients; nothing is read for a single id."""
    ids = dict.fromkeys([*(a.client_id for a in appointment.attendees), *client_ids])
    if len(ids) == 1:
        return ClientIdentities({})
    return resolve_clients(store, ids, store.read([Ref.to(Client, client_id) for client_id in ids]))


def _client_in(client_id: str, reads: Sequence[ReadResult]) -> Client | None:
    return next((client for found in reads if (client := found.get(Client, client_id))), None)


def _unite(client_id: str, group: Sequence[tuple[int, Attendee]]) -> tuple[int, Attendee]:
    """One attendee for all records of a person, with the position in the appointment."""
    live = [pair for pair in group if not pair[1].cancelled] or list(group)
    position, first = live[0]
    if len(group) == 1:
        return position, replace(first, client_id=client_id)
    records = [attendee for _, attendee in live]
    everything = [attendee for _, attendee in group]
    notes = dict.fromkeys(a.notes for a in records if a.notes)
    answers: dict[str, Answer] = {}
    for answer in (answer for a in records for answer in a.answers):
        answers.setdefault(answer.question_id, answer)
    return position, replace(
        first,
        client_id=client_id,
        notes="\n\n".join(notes),
        answers=tuple(answers.values()),
        language=next((a.language for a in records if a.language), None),
        # With any of their codes, a person moves an appointment once (WG-4).
        moves=max(a.moves for a in everything),
        ahead=max(a.ahead for a in everything),
    )
