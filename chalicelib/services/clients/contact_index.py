"""The contact index: the clients behind each e-mail address and mobile number, found by name (D26b).

Every function but ``refs`` needs the contacts to have been read that ``refs`` names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client, ClientProfile, Contact
from chalicelib.domain.clients.merging import Merge
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services.store_port import ReadResult, Ref
from chalicelib.services.unit_of_work import UnitOfWork


def refs(*clients: ClientProfile) -> list[Ref[Any]]:
    """The contacts at which these clients are reached."""
    return [Ref.to(Contact, value) for value in _values(clients)]


def contact_in(found: ReadResult, value: str) -> Contact:
    """The contact as it was read, a new one if there is none."""
    return found.get(Contact, value) or Contact(value)


def add_clients(work: UnitOfWork, found: ReadResult, clients: Iterable[Client]) -> None:
    """Make new clients findable; several of them may share one address or number."""
    contacts: dict[str, Contact] = {}
    for client in clients:
        for value in client.contact_values:
            contact = contacts.get(value) or contact_in(found, value)
            contacts[value] = contact.with_client(client.id, client.name_key)
    for contact in contacts.values():
        work.save(contact)


def add_booking(work: UnitOfWork, contact: Contact, key: str, appointment: Appointment, now: datetime) -> None:
    """Count a booking from the widget, and make its client findable under the name that was typed."""
    if contact.client_with_name_key(key) is None:
        contact = contact.with_client(appointment.attendees[0].client_id, key)
    work.save(contact.with_booking(appointment.id, epoch_minute(appointment.end), epoch_minute(now)))


def update_client(work: UnitOfWork, found: ReadResult, after: Client, before: Client, now: datetime) -> None:
    """Make an edited client findable by the present name, address and number, and by no former ones.

    Under a name and value that stay, the names of merged records are kept: undoing a merge must find them again.
    """
    renamed = after.name_key != before.name_key
    for value in after.contact_values:
        if renamed or value not in before.contact_values:
            contact = contact_in(found, value)
            _save_if_changed(work, contact, contact.with_client_name(after.id, after.name_key))
    given_up = [value for value in before.contact_values if value not in after.contact_values]
    _remove(work, found, given_up, (after.id,), now)


def remove_clients(
    work: UnitOfWork, found: ReadResult, clients: Iterable[Client], client_ids: tuple[str, ...], now: datetime
) -> None:
    """Make the records with these ids unfindable at every contact of these clients."""
    _remove(work, found, _values(clients), client_ids, now)


def add_merged_name(work: UnitOfWork, found: ReadResult, merge: Merge) -> tuple[str, str] | None:
    """Make a merge's survivor findable by its own address and name; what was added, ``None`` if nothing was.

    Under the contacts of either record before the merge it is found through the pointer.
    """
    if merge.reached is None:
        return None
    value, key = merge.reached
    contact = contact_in(found, value)
    if contact.client_with_name_key(key) is not None:
        return None
    work.save(contact.with_client(merge.primary.id, key))
    return merge.reached


def undo_merged_name(
    work: UnitOfWork, found: ReadResult, merge: Merge, duplicate: Client, primary: Client, before: Client
) -> None:
    """Make the primary of an undone merge findable as before it; ``before`` is the primary as it was merged.

    If nothing else has changed the primary since, only the name that the merge added goes: names from earlier merges
    stay. The pointer was never indexed anew, so the duplicate is found as before.
    """
    edited = not _is_indexed_as_merged(merge, before)
    for value in _values((duplicate, primary, before)):
        stored = contact_in(found, value)
        contact = _without_merged_name(stored, merge)
        if edited and value in primary.contact_values:
            contact = _with_family_name(contact, primary)
        elif edited:
            contact = contact.without_clients(primary.id)
        _save_if_changed(work, stored, contact)


def _values(clients: Iterable[ClientProfile]) -> list[str]:
    return sorted({value for client in clients for value in client.contact_values})


def _save_if_changed(work: UnitOfWork, stored: Contact, contact: Contact) -> None:
    if contact != stored:
        work.save(contact)


def _remove(
    work: UnitOfWork, found: ReadResult, values: Iterable[str], client_ids: tuple[str, ...], now: datetime
) -> None:
    """A contact that is left without clients and without upcoming bookings is deleted."""
    for value in values:
        stored = found.get(Contact, value)
        if stored is None:
            continue
        contact = stored.without_clients(*client_ids)
        if contact.clients or contact.upcoming_count(epoch_minute(now)):
            _save_if_changed(work, stored, contact)
        else:
            work.delete(stored)


def _is_indexed_as_merged(merge: Merge, primary: Client) -> bool:
    """True while the primary is indexed as the merge left it: neither edited nor parted from another record."""
    names = ("first_name", "last_name", "email", "mobile")
    same = all(getattr(primary, name) == getattr(merge.survivor, name) for name in names)
    # Undoing an earlier merge rewrites the later ones.
    return same and merge.version == 1


def _with_family_name(contact: Contact, client: Client) -> Contact:
    """The contact with the client's name, unless a record merged into the client has that name there."""
    known = any(i in client.record_ids and name == client.name_key for i, name in contact.clients)
    return contact if known else contact.with_client_name(client.id, client.name_key)


def _without_merged_name(contact: Contact, merge: Merge) -> Contact:
    if merge.reached is None or merge.reached[0] != contact.value:
        return contact
    added = (merge.primary.id, merge.reached[1])
    return replace(contact, clients=tuple(pair for pair in contact.clients if pair != added))
