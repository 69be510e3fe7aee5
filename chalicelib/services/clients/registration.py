"""Registering new clients: numbers as E.164, findable at once, outside ids unique (CC-9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from chalicelib.domain.clients.client import PHONE_FIELDS, Client, ClientProfile, normalise_email
from chalicelib.domain.clients.phone_numbers import normalise_phone
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.times import known_zone
from chalicelib.services.client_access import ClientAccess
from chalicelib.services.clients import contact_index, external_ids
from chalicelib.services.clients.audit_log import record_creation
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ids, ReadResult, Ref
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ClientRegistration:
    """A new client of a request, at ``pointer`` in its body.

    ``booked`` is True if the same transaction books the client: the author then has no access of their own (D26).
    """

    client: ClientProfile
    pointer: str = ""
    booked: bool = False


def require_contact(client: ClientProfile, pointer: str = "") -> None:
    """422 ``contact_required`` for a client with neither e-mail address nor mobile number (CC-9)."""
    if not client.email and not client.mobile:
        message = "An e-mail address or a mobile number is needed."
        raise invalid(f"{pointer}/email", message, "contact_required")


def has_national_number(client: ClientProfile) -> bool:
    """True if a telephone number can only be read with the country it was typed in."""
    return client.country is None and any(not number.startswith("+") for number in client.phones)


def normalise(client: ClientProfile, countries: Iterable[str], pointer: str = "") -> ClientProfile:
    """The profile with its e-mail address in lower case and every number as E.164.

    National numbers are read as dialled in the client's own country, else in one of ``countries``.
    422 ``invalid_phone``, ``unknown_timezone``.
    """
    if client.timezone:
        known_zone(client.timezone, f"{pointer}/timezone")
    typed = {name: number for name in PHONE_FIELDS if (number := getattr(client, name))}
    numbers = normalise_phones(typed, (client.country,) if client.country else countries, pointer)
    return replace(client, email=normalise_email(client.email) if client.email else None, **numbers)


def normalise_phones(numbers: dict[str, str], countries: Iterable[str], pointer: str = "") -> dict[str, Any]:
    """The numbers of these fields as E.164; 422 ``invalid_phone``."""
    countries = tuple(countries)
    return {name: normalise_phone(number, countries, f"{pointer}/{name}") for name, number in numbers.items()}


def refs(clients: Iterable[ClientProfile]) -> list[Ref[Any]]:
    """The records ``register`` needs to have been read: contacts and outside ids."""
    clients = tuple(clients)
    return contact_index.refs(*clients) + external_ids.refs(*clients)


def register(
    work: UnitOfWork,
    found: ReadResult,
    context: Context,
    ids: Ids,
    client_access: ClientAccess,
    registrations: Iterable[ClientRegistration],
) -> list[Client]:
    """Save new clients with everything they are found by and the log; the clients as they will be stored.

    Needs what ``refs`` names. 409 ``already_exists`` for an outside id that is taken, 422 by somebody out of scope.
    """
    author = context.staff.staff_id or None
    sees = partial(client_access.sees, context.staff)
    created = []
    for registration in registrations:
        prospect_of = None if registration.booked else author
        client = add_client(work, context, ids, registration.client, created_by=author, prospect_of=prospect_of)
        external_ids.claim(work, found, client, sees, registration.pointer)
        created.append(client)
    contact_index.add_clients(work, found, created)
    return created


def add_client(
    work: UnitOfWork,
    context: Context,
    ids: Ids,
    profile: ClientProfile,
    *,
    created_by: str | None = None,
    prospect_of: str | None = None,
) -> Client:
    """Save a new client, indexed by name and logged; contacts and outside ids are the caller's part.

    Consent to texts needs a mobile number (CC-10).
    """
    profile = replace(profile, receive_sms=profile.sms_number is not None)
    client = work.save(
        Client(
            id=ids.new("cli", context.now),
            created_at=context.now,
            updated_at=context.now,
            created_by=created_by,
            prospect_of=prospect_of,
            **asdict(profile),
        )
    )
    work.index_client(client)
    record_creation(work, context, ids, client)
    return client
