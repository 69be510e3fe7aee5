"""Taking new clients on record: numbers read, found again from the first moment, outside ids theirs alone (CC-9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from chalicelib.domain.clients.client import (
    PHONE_FIELDS,
    Client,
    Contact,
    ExternalId,
    name_key,
    normalise_email,
    normalise_phone,
)
from chalicelib.domain.shared.errors import Duplicate, FieldError, Invalid, invalid
from chalicelib.domain.shared.times import known_zone
from chalicelib.services.clients.audit_log import record_creation
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ids, ReadResult, Ref
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client as staff type them in; the fields are the contract's, blank ones empty strings or ``None``."""

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


@dataclass(frozen=True, slots=True)
class ClientRegistration:
    """A new client of a request; ``pointer`` is where in the body they stand.

    ``booked`` says that the same transaction books them: whoever made them then knows them no better than others.
    """

    client: NewClient
    pointer: str = ""
    booked: bool = False


def require_contact(client: NewClient | Client, pointer: str = "") -> None:
    """422 ``contact_required`` for somebody with neither e-mail address nor mobile number (CC-9)."""
    if not client.email and not client.mobile:
        message = "An e-mail address or a mobile number is needed."
        raise invalid(f"{pointer}/email", message, "contact_required")


def has_national_number(client: NewClient) -> bool:
    """Whether a number of theirs can only be read by knowing where it was typed."""
    numbers = (getattr(client, name) for name in PHONE_FIELDS)
    return client.country is None and any(number and not number.startswith("+") for number in numbers)


def normalise(client: NewClient, countries: Iterable[str], pointer: str = "") -> NewClient:
    """With a small-letter address and every number as E.164, read as dialled in the client's own country, else in
    one of ``countries``.

    422 ``invalid_phone``, ``unknown_timezone``.
    """
    if client.timezone:
        known_zone(client.timezone, f"{pointer}/timezone")
    places = (client.country,) if client.country else tuple(countries)
    given = ((name, getattr(client, name)) for name in PHONE_FIELDS)
    numbers: dict[str, Any] = {name: parse_phone(n, places, f"{pointer}/{name}") for name, n in given if n}
    return replace(client, email=normalise_email(client.email) if client.email else None, **numbers)


def parse_phone(number: str, countries: Sequence[str], pointer: str) -> str:
    """A number as E.164, in the first of the countries in which there is such a one; 422 ``invalid_phone``."""
    for country in countries[:-1]:
        try:
            return normalise_phone(number, country, pointer)
        except Invalid:
            continue
    return normalise_phone(number, countries[-1] if countries else None, pointer)


def refs(clients: Iterable[NewClient | Client]) -> list[Ref[Any]]:
    """What ``take_in`` needs to have been read: who is reached at the same addresses, whose the outside ids are."""
    found: list[Ref[Any]] = []
    for client in clients:
        found += [Ref.to(Contact, value) for value in contact_values(client)]
        found += [Ref.to(ExternalId, client.external_id)] if client.external_id else []
    return found


def register(
    work: UnitOfWork, found: ReadResult, context: Context, ids: Ids, registrations: Iterable[ClientRegistration]
) -> list[Client]:
    """The new clients as they will be stored, with everything they are found by and the log of it.

    Needs what ``refs`` names. 409 ``already_exists`` for an outside id that is taken.
    """
    created = []
    for registration in registrations:
        client = work.save(_build_client(context, ids, registration))
        work.index_client(client)
        claim_external_id(work, found, client, registration.pointer)
        record_creation(work, context, ids, client)
        created.append(client)
    _index_contacts(work, found, created)
    return created


def claim_external_id(work: UnitOfWork, found: ReadResult, client: Client, pointer: str = "") -> None:
    """Makes the client's outside id theirs alone; 409 ``already_exists`` when it is somebody's (D21)."""
    value = client.external_id
    if not value:
        return
    holder = found.get(ExternalId, value)
    taken = any(isinstance(record, ExternalId) and record.value == value for record, _ in work.saved)
    if taken or (holder is not None and holder.client_id not in client.record_ids):
        message = "There is a client with this outside id."
        raise Duplicate(message, errors=[FieldError(f"{pointer}/external_id", message)])
    if holder is None:
        work.save(ExternalId(value, client.id))


def _build_client(context: Context, ids: Ids, registration: ClientRegistration) -> Client:
    new, author = registration.client, context.staff.staff_id or None
    return Client(
        id=ids.new("cli", context.now),
        created_at=context.now,
        updated_at=context.now,
        created_by=author,
        prospect_of=None if registration.booked else author,
        # Consent is to texts to a number: without one there is nothing to consent to (CC-10).
        **asdict(new) | {"receive_sms": new.receive_sms and new.mobile is not None},
    )


def _index_contacts(work: UnitOfWork, found: ReadResult, created: Iterable[Client]) -> None:
    """The public booking finds them by address and name (D26b); several may share one address or number."""
    contacts: dict[str, Contact] = {}
    for client in created:
        for value in contact_values(client):
            contact = contacts.get(value) or found.get(Contact, value) or Contact(value)
            contacts[value] = contact.with_client(client.id, name_key(client.first_name, client.last_name))
    for contact in contacts.values():
        work.save(contact)


def contact_values(client: NewClient | Client) -> tuple[str, ...]:
    """The address and number by which the public booking finds them again (D26b)."""
    email = normalise_email(client.email) if client.email else None
    return tuple(value for value in (email, client.mobile) if value)
