"""Clients: who they are, how they are reached, and how the public booking finds them again (D25b, D26b)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.shared.errors import invalid

PHONE_FIELDS = ("mobile", "phone", "work_phone")
PROFILE_FIELDS = (
    *("first_name", "last_name", "email", *PHONE_FIELDS, "address", "city", "region", "postal_code", "country"),
    *("timezone", "language", "notes", "external_id", "receive_sms", "receive_email"),
)
"""What staff see and edit of a client, by the contract's names."""

# As long as a message may be tried again.
REACHABLE_AFTER_DELETE = timedelta(hours=3)
# What a message to them is made of.
_CONTACT_FIELDS = frozenset({"first_name", "last_name", "email", "mobile", "language", "receive_sms", "receive_email"})


@dataclass(frozen=True, slots=True)
class Client:
    """A person who has appointments; blank fields are empty strings or ``None``.

    One that was merged into another stays as a pointer to it (``merged_into`` always names the last of a chain);
    the other lists all it has ``absorbed`` and their outside ids as ``aliases`` (D21). ``prospect_of`` names the
    staff member who made a client that nobody has booked yet, and who alone knows them until then (D26).
    """

    id: str
    first_name: str
    last_name: str
    created_at: datetime
    updated_at: datetime
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
        """Whether this is somebody to be found and booked: neither merged away nor deleted."""
        return self.merged_into is None and self.deleted_at is None

    @property
    def record_ids(self) -> tuple[str, ...]:
        """This client's id and those of all it has absorbed: whatever stands under any of them is theirs."""
        return (self.id, *self.absorbed)

    @property
    def name(self) -> str:
        """First and last name as shown to people."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def erase_at(self) -> datetime | None:
        """When somebody deleted, who is still reachable for a last message, is not any more (D25)."""
        reachable = self.deleted_at is not None and (self.email or self.mobile)
        return self.deleted_at + REACHABLE_AFTER_DELETE if self.deleted_at and reachable else None

    @property
    def sms_number(self) -> str | None:
        """The number to which texts may go, if they may (NT-1, D19)."""
        return self.mobile if self.receive_sms else None

    def as_booked(self) -> Client:
        """As somebody who has been booked: whoever made them has no more to do with them than others (D26)."""
        return self if self.prospect_of is None else replace(self, prospect_of=None)

    def erased(self, now: datetime, *, reachable: bool = False) -> Client:
        """Deleted: a name that says so and nothing else; ``reachable`` keeps what a last message needs (D25)."""
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
        kept: dict[str, Any] = {name: getattr(self, name) for name in _CONTACT_FIELDS}
        return replace(blank, **kept) if reachable else blank

    def with_blanks_filled(self, mobile: str | None, receive_sms: bool, language: str | None, now: datetime) -> Client:
        """With blanks filled from a public booking; nothing that is known is overwritten (D26b).

        Consent to texts comes only along with a number that was not known before (D19).
        """
        changes: dict[str, str | bool] = {}
        if mobile and not self.mobile:
            changes |= {"mobile": mobile, "receive_sms": receive_sms}
        if language and not self.language:
            changes["language"] = language
        return replace(self, **changes, updated_at=now) if changes else self  # type: ignore[arg-type]  # by field


@dataclass(frozen=True, slots=True)
class ClientRelation:
    """How many appointments, none of them cancelled, a location or staff member has with a client (D26)."""

    scope_id: str
    client_id: str
    met: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class ExternalId:
    """An id of another system and the client it was given to; keeps it unique, as an alias too (D21)."""

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
        """The id of the first client behind this contact with that name key (D26b)."""
        return next((client_id for client_id, name in self.clients if name == key), None)

    def upcoming_count(self, now: int) -> int:
        """How many bookings end after ``now`` (epoch minutes)."""
        return sum(1 for _, end in self.upcoming if end > now)

    def with_client(self, client_id: str, key: str) -> Contact:
        """Also reaching this client."""
        return replace(self, clients=(*self.clients, (client_id, key)))

    def with_client_name(self, client_id: str, key: str) -> Contact:
        """Reaching this client under this name, and no other name of theirs."""
        known = dict(self.clients).get(client_id) == key
        return self if known else self.without_clients(client_id).with_client(client_id, key)

    def without_clients(self, *client_ids: str) -> Contact:
        """No longer reaching these clients."""
        kept = tuple((i, k) for i, k in self.clients if i not in client_ids)
        return self if kept == self.clients else replace(self, clients=kept)

    def with_booking(self, appointment_id: str, end: int, now: int) -> Contact:
        """Also counting this booking; those that are over are dropped."""
        kept = tuple((i, e) for i, e in self.upcoming if e > now and i != appointment_id)
        return replace(self, upcoming=(*kept, (appointment_id, end)))


def name_key(first_name: str, last_name: str) -> str:
    """A name folded for comparing: accents, case and spaces do not matter."""
    decomposed = unicodedata.normalize("NFKD", f"{first_name} {last_name}")
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def normalise_email(email: str) -> str:
    """An address folded for comparing: trimmed, lower case."""
    return email.strip().lower()


def normalise_phone(number: str, country: str | None, pointer: str) -> str:
    """A phone number as E.164; ``country`` (ISO 3166) reads national notation. 422 ``invalid_phone``.

    A local number without its area code has no such form, an extension has no place in it.
    """
    import phonenumbers  # its metadata is large: loaded where a number is read

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        parsed = None
    whole = parsed and phonenumbers.is_possible_number_with_reason(parsed) == phonenumbers.ValidationResult.IS_POSSIBLE
    if parsed is None or parsed.extension or not whole:
        raise invalid(pointer, "This is not a phone number with its area code, or has an extension.", "invalid_phone")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
