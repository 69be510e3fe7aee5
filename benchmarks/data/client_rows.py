"""Client records: any number of unrelated ones, and a few with many appointments, which are to be merged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from benchmarks.data import appointment_rows
from benchmarks.data.branches import FIRST_DAY, MEASURED_BRANCH, NOW, branch_id, occupant
from chalicelib.domain.clients.client import Client, Contact, name_key
from chalicelib.domain.clients.directory import directory_entries
from chalicelib.domain.organisation.catalogue import Login, Staff
from chalicelib.domain.shared.permissions import Role
from chalicelib.persistence import keys, row_mapping
from chalicelib.persistence.table import Row

CONTACT_CENTRE_LOGIN, MANAGER_LOGIN = ("central@example.org", "[contact_centre]"), ("branch@example.org", "[manager]")
# A last name that all clients share, and a first name that one of them has.
SHARED_NAME, UNIQUE_NAME = "Ruiz", "Ana000007"


@dataclass(frozen=True)
class MergePair:
    """Two records of one person; the duplicate has ``appointments``, of which ``upcoming`` are ahead."""

    number: int
    appointments: int
    upcoming: int = 2

    @property
    def duplicate(self) -> Client:
        """The record that is merged into the primary; its values win."""
        return self._client(2 * self.number, mobile=f"+1647{5_550_100 + self.number}", city="Toronto")

    @property
    def primary(self) -> Client:
        """The record that stays."""
        return self._client(2 * self.number + 1, postal_code="M5H 1A1")

    @property
    def merge_body(self) -> dict[str, str]:
        """The body of the merge."""
        return {"duplicate_id": self.duplicate.id, "primary_id": self.primary.id}

    def rows(self) -> Iterator[Row]:
        """Both records with all their rows."""
        for client, count in ((self.duplicate, self.appointments), (self.primary, 1)):
            yield from _client_rows(client)
            yield from map(row_mapping.to_row, _contact_records(client))
            yield _relation_row(client, count)
        for seat in range(self.appointments):
            yield from self._appointment_rows(self.duplicate, seat)
        yield from self._appointment_rows(self.primary, 0)

    def _appointment_rows(self, client: Client, seat: int) -> Iterator[Row]:
        """One appointment with its row in the client's list: upcoming ones first, then one on each earlier day."""
        day = FIRST_DAY + timedelta(days=seat if seat < self.upcoming else self.upcoming - seat - 10)
        name = f"apt_{client.id[-6:]:0>20}{seat:06d}"
        appointment = appointment_rows.appointment(MEASURED_BRANCH, occupant(name, day, 0), seat, client)
        yield row_mapping.to_row(appointment)
        yield from row_mapping.attendee_rows(appointment)

    def _client(self, number: int, **fields: Any) -> Client:
        first, last = "Twin", f"Zwilling{number % 2}"
        email = f"twin{number:04d}@example.org"
        return replace(_client(900_000 + number), first_name=first, last_name=last, **{"email": email} | fields)


FEW_VISITS, MANY_VISITS = MergePair(1, appointments=10), MergePair(2, appointments=2_000)
ALL_AHEAD = MergePair(3, appointments=2_000, upcoming=2_000)
"""More upcoming appointments than any client has: a merge must read a bounded number of them."""


def rows(clients: int) -> Iterator[Row]:
    """A branch's month without appointments, the records to merge, and ``clients`` others with two visits each."""
    yield from appointment_rows.table_rows(0)
    places = tuple(branch_id(n) for n in range(appointment_rows.BRANCH_COUNT))
    yield from map(row_mapping.to_row, _staff_records("stf_central", CONTACT_CENTRE_LOGIN[0], Role.CONTACT_CENTRE, ()))
    yield from map(row_mapping.to_row, _staff_records("stf_branch", MANAGER_LOGIN[0], Role.MANAGER, places[:1]))
    for twins in (FEW_VISITS, MANY_VISITS, ALL_AHEAD):
        yield from twins.rows()
    for number in range(clients):
        client = _client(number)
        yield from _client_rows(client)
        yield _relation_row(client, 2)
    yield from map(row_mapping.to_row, _contact_records(_client(0)))


def known_client() -> Client:
    """One of the other clients, who has a contact."""
    return _client(0)


def _client(number: int) -> Client:
    first, last = f"Ana{number:06d}", SHARED_NAME
    return Client(
        id=f"cli_{number:026d}",
        first_name=first,
        last_name=last,
        created_at=NOW,
        updated_at=NOW,
        email=f"{first.lower()}@example.org",
        mobile=f"+1416{2_000_000 + number}",
        version=1,
    )


def _client_rows(client: Client) -> Iterator[Row]:
    """The record with its directory entries."""
    yield row_mapping.to_row(client)
    yield from map(row_mapping.directory_row, sorted(directory_entries(client), key=repr))


def _contact_records(client: Client) -> Iterator[Contact]:
    names = ((client.id, name_key(client.first_name, client.last_name)),)
    for value in (client.email, client.mobile):
        if value:
            yield Contact(value, names, version=1)


def _relation_row(client: Client, count: int) -> Row:
    """The measured branch has ``count`` appointments with the client."""
    key = keys.client_relation(MEASURED_BRANCH, client.id)
    return Row(key.pk, key.sk, kind="seen", met=count)


def _staff_records(staff_id: str, email: str, role: Role, places: tuple[str, ...]) -> Iterator[Any]:
    yield Staff(staff_id, staff_id, email, role, places, version=1)
    yield Login(email, staff_id, version=1)
