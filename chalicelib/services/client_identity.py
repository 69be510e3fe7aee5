"""Who somebody is by now: attendees stand under the ids they were booked with, and are shown as one person (D21)."""

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
    """The clients behind some ids, each as the record that stands for them now; unknown ids stand for themselves."""

    by_id: Mapping[str, Client]

    def current_id(self, client_id: str) -> str:
        """The id of whoever this is by now."""
        known = self.by_id.get(client_id)
        return known.id if known else client_id

    def attendees_of(self, appointment: Appointment, client_id: str) -> tuple[Attendee, ...]:
        """All attendees of the appointment who are this client, in the order they were added."""
        whom = self.current_id(client_id)
        return tuple(a for a in appointment.attendees if self.current_id(a.client_id) == whom)

    def unite_attendees(self, appointment: Appointment) -> Appointment:
        """Each person once, under their present id, in the order of who still comes (D17); names as they were typed.

        Of two records of one person the earlier-added stays; notes and answers of both are theirs.
        """
        groups: dict[str, list[tuple[int, Attendee]]] = {}
        for place, attendee in enumerate(appointment.attendees):
            groups.setdefault(self.current_id(attendee.client_id), []).append((place, attendee))
        persons = sorted((_unite(whom, group) for whom, group in groups.items()), key=lambda placed: placed[0])
        return replace(appointment, attendees=tuple(attendee for _, attendee in persons))

    def for_staff(self, appointment: Appointment) -> Appointment:
        """As staff see it: each person once, by the name on their record."""
        united = self.unite_attendees(appointment)
        return replace(united, attendees=tuple(replace(a, name=self._name(a)) for a in united.attendees))

    def _name(self, attendee: Attendee) -> str:
        client = self.by_id.get(attendee.client_id)
        if client is None:
            return attendee.name
        return DELETED_CLIENT_NAME if client.deleted_at else client.name


def client_refs(appointments: Iterable[Appointment]) -> list[Ref[Any]]:
    """What ``people`` needs to have been read of these appointments."""
    ids = dict.fromkeys(a.client_id for appointment in appointments for a in appointment.attendees)
    return [Ref.to(Client, client_id) for client_id in ids]


def resolve_clients(store: Store, ids: Iterable[str], *reads: ReadResult) -> ClientIdentities:
    """The clients of these ids, from what has been read; one read more when some have been merged into others."""
    wanted = list(dict.fromkeys(ids))
    records = {client_id: _client_in(client_id, reads) for client_id in wanted}
    led = {c.merged_into for c in records.values() if c and c.merged_into}
    missing = [client_id for client_id in sorted(led) if _client_in(client_id, reads) is None]
    if missing:
        reads = (*reads, store.read([Ref.to(Client, client_id) for client_id in missing]))
    known = {i: _client_in(c.merged_into, reads) if c and c.merged_into else c for i, c in records.items()}
    standing = {client.id: client for client in known.values() if client}
    return ClientIdentities(standing | {client_id: client for client_id, client in known.items() if client})


def resolve_client(store: Store, client_id: str, *reads: ReadResult) -> Client | None:
    """The record that stands for this client now, as ``people`` finds it; None for an unknown id."""
    return resolve_clients(store, [client_id], *reads).by_id.get(client_id)


def appointments_for_staff(store: Store, appointments: Sequence[Appointment]) -> list[Appointment]:
    """These appointments with everybody as they are known now: one read, a second one where some have been merged."""
    refs = client_refs(appointments)
    if not refs:
        return list(appointments)
    identities = resolve_clients(store, [ref.key[0] for ref in refs], store.read(refs))
    return [identities.for_staff(appointment) for appointment in appointments]


def resolve_attendees(store: Store, appointment: Appointment, *client_ids: str) -> ClientIdentities:
    """Who comes to an appointment and who these clients are; nothing is read where only they can be meant."""
    ids = dict.fromkeys([*(a.client_id for a in appointment.attendees), *client_ids])
    if len(ids) == 1:
        return ClientIdentities({})
    return resolve_clients(store, ids, store.read([Ref.to(Client, client_id) for client_id in ids]))


def _client_in(client_id: str, reads: Sequence[ReadResult]) -> Client | None:
    return next((client for found in reads if (client := found.get(Client, client_id))), None)


def _unite(client_id: str, group: Sequence[tuple[int, Attendee]]) -> tuple[int, Attendee]:
    """One person of all their records at an appointment, and their place in it."""
    live = [placed for placed in group if not placed[1].cancelled] or list(group)
    place, first = live[0]
    if len(group) == 1:
        return place, replace(first, client_id=client_id)
    records = [attendee for _, attendee in live]
    everything = [attendee for _, attendee in group]
    notes = dict.fromkeys(a.notes for a in records if a.notes)
    answers: dict[str, Answer] = {}
    for answer in (answer for a in records for answer in a.answers):
        answers.setdefault(answer.question_id, answer)
    return place, replace(
        first,
        client_id=client_id,
        notes="\n\n".join(notes),
        answers=tuple(answers.values()),
        language=next((a.language for a in records if a.language), None),
        # Whichever of their codes they used: a person moves an appointment once (WG-4).
        moves=max(a.moves for a in everything),
        ahead=max(a.ahead for a in everything),
    )
