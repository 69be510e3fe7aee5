"""Client records, and the contacts by which the public booking finds a client again (D25b, D26b)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

# Sending a message is retried for as long.
REACHABLE_AFTER_DELETE = timedelta(hours=3)
# The fields that a message is made of.
_CONTACT_FIELDS = frozenset({"first_name", "last_name", "email", "mobile", "language", "receive_sms", "receive_email"})


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """The fields of a client that staff see and edit, by the contract's names; blank ones are empty or ``None``."""

    first_name: str
    last_name: str
    email: str | None = None
    mobile: str | None = None
    phone: str | None = None
    work_phone: str | None = None
    address: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str | None = None
    timezone: str | None = None
    language: str | None = None
    notes: str = ""
    external_id: str | None = None
    receive_sms: bool = False
    receive_email: bool = True

    @property
    def name(self) -> str:
        """First and last name as shown to people."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def name_key(self) -> str:
        """The name as it is compared."""
        return name_key(self.first_name, self.last_name)

    @property
    def phones(self) -> tuple[str, ...]:
        """The telephone numbers, the mobile number first."""
        return tuple(number for number in (self.mobile, self.phone, self.work_phone) if number)

    @property
    def sms_number(self) -> str | None:
        """The mobile number if there is consent to texts, else ``None`` (NT-1, D19)."""
        return self.mobile if self.receive_sms else None

    @property
    def contact_values(self) -> tuple[str, ...]:
        """The address and mobile number by which the public booking finds the client again (D26b)."""
        email = normalise_email(self.email) if self.email else None
        return tuple(value for value in (email, self.mobile) if value)


PROFILE_FIELDS = tuple(field.name for field in fields(ClientProfile))
PHONE_FIELDS = ("mobile", "phone", "work_phone")
# Said of a malformed id and of one whose holder the caller may not know of, so that nobody can tell which (TR-4).
UNUSABLE_EXTERNAL_ID = "This outside id cannot be used."


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(ClientProfile):
    """A person who has appointments.

    A merged record stays as a pointer: ``merged_into`` always names the last of a chain. The other record lists all
    it has ``absorbed`` and their outside ids as ``aliases`` (D21). ``prospect_of`` names the staff member who made a
    client that nobody has booked yet, and who alone knows them until then (D26).
    """

    id: str
    created_at: datetime
    updated_at: datetime
    created_by: str | None = None
    prospect_of: str | None = None
    merged_into: str | None = None
    merged_by: str | None = None
    absorbed: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    deleted_at: datetime | None = None
    version: int = 0

    @property
    def active(self) -> bool:
        """True while the client can be found and booked: neither merged away nor deleted."""
        return self.merged_into is None and self.deleted_at is None

    @property
    def record_ids(self) -> tuple[str, ...]:
        """The client's id and those of all records it has absorbed."""
        return (self.id, *self.absorbed)

    @property
    def external_ids(self) -> tuple[str, ...]:
        """The outside id and the aliases, each once."""
        return tuple(dict.fromkeys(value for value in (self.external_id, *self.aliases) if value))

    @property
    def erase_at(self) -> datetime | None:
        """The time at which the contact details of a deleted client go, if any were kept for a last message (D25)."""
        reachable = self.deleted_at is not None and (self.email or self.mobile)
        return self.deleted_at + REACHABLE_AFTER_DELETE if self.deleted_at and reachable else None

    def as_booked(self) -> Client:
        """The client once booked: the staff member who made the record no longer has an access of their own (D26)."""
        return self if self.prospect_of is None else replace(self, prospect_of=None)

    def erased(self, now: datetime, *, reachable: bool = False) -> Client:
        """The deleted client without personal data; ``reachable`` keeps the fields that a last message needs (D25)."""
        blank = Client(
            id=self.id,
            first_name="Deleted",
            last_name="client",
            created_at=self.created_at,
            updated_at=now,
            receive_email=False,
            merged_into=self.merged_into,
            absorbed=self.absorbed,
            deleted_at=now,
            version=self.version,
        )
        contact: dict[str, Any] = {name: getattr(self, name) for name in _CONTACT_FIELDS}
        return replace(blank, **contact) if reachable else blank

    def with_blanks_filled(self, mobile: str | None, receive_sms: bool, language: str | None, now: datetime) -> Client:
        """The client with blanks filled from a public booking; known values are not overwritten (D26b).

        Consent to texts is taken only along with a number that was not known before (D19).
        """
        changes: dict[str, str | bool] = {}
        if mobile and not self.mobile:
            changes |= {"mobile": mobile, "receive_sms": receive_sms}
        if language and not self.language:
            changes["language"] = language
        return replace(self, **changes, updated_at=now) if changes else self  # type: ignore[arg-type]  # by field


@dataclass(frozen=True, slots=True)
class ClientRelation:
    """The number of appointments (not cancelled) that a location or staff member has with a client (D26)."""

    scope_id: str
    client_id: str
    met: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class ExternalId:
    """An outside id and the client who has it; keeps the id unique, also as an alias (D21)."""

    value: str
    client_id: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """An e-mail address or phone number: the clients it reaches and their upcoming bookings.

    ``clients`` maps a client id to its name key; ``upcoming`` an appointment id to its end in epoch minutes.
    """

    value: str
    clients: tuple[tuple[str, str], ...] = ()
    upcoming: tuple[tuple[str, int], ...] = ()
    version: int = 0

    def client_with_name_key(self, key: str) -> str | None:
        """The id of the contact's first client with that name key (D26b)."""
        return next((client_id for client_id, name in self.clients if name == key), None)

    def upcoming_count(self, now: int) -> int:
        """The number of bookings that end after ``now`` (epoch minutes)."""
        return sum(1 for _, end in self.upcoming if end > now)

    def with_client(self, client_id: str, key: str) -> Contact:
        """The contact with one more client."""
        return replace(self, clients=(*self.clients, (client_id, key)))

    def with_client_name(self, client_id: str, key: str) -> Contact:
        """The contact with the client under this name only."""
        known = dict(self.clients).get(client_id) == key
        return self if known else self.without_clients(client_id).with_client(client_id, key)

    def without_clients(self, *client_ids: str) -> Contact:
        """The contact without these clients."""
        kept = tuple((i, k) for i, k in self.clients if i not in client_ids)
        return self if kept == self.clients else replace(self, clients=kept)

    def with_booking(self, appointment_id: str, end: int, now: int) -> Contact:
        """The contact with one more booking, those that are over left out."""
        kept = tuple((i, e) for i, e in self.upcoming if e > now and i != appointment_id)
        return replace(self, upcoming=(*kept, (appointment_id, end)))


def name_key(first_name: str, last_name: str) -> str:
    """The name folded for comparison: accents, case and spaces do not matter."""
    decomposed = unicodedata.normalize("NFKD", f"{first_name} {last_name}")
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def normalise_email(email: str) -> str:
    """The e-mail address trimmed and in lower case."""
    return email.strip().lower()
