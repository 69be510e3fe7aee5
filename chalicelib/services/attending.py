"""Who comes to an appointment that staff make: clients on record and new ones, written with it (CC-4, CC-9, CC-10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.appointments import Answer, Appointment, Attendee
from chalicelib.domain.catalog import Availability, Location, Service
from chalicelib.domain.clients import Client, Contact, name_key, normal_email, normal_phone
from chalicelib.domain.errors import invalid
from chalicelib.domain.events import Event
from chalicelib.domain.permissions import Ability
from chalicelib.domain.questions import checked
from chalicelib.domain.times import zone
from chalicelib.services.acquaintance import require_active
from chalicelib.services.ports import Change, Context, Found, Ids, Ref, Store

_NUMBERS = ("mobile", "phone", "work_phone")


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
class Guest:
    """One person a request names: the client with ``client_id``, or else the new ``client``.

    ``pointer`` is where in the body they stand (``/additional_attendees/0``, empty for the body itself), for
    refusals. Whoever is ``additional`` may leave the service's questions unanswered: they are asked once for
    each appointment, and the one it is made for answers them (CC-7).
    """

    client_id: str | None = None
    client: NewClient | None = None
    notes: str = ""
    answers: tuple[Answer, ...] = ()
    pointer: str = ""
    additional: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """The attendees in the order of their guests, and the events that the caller's journal entry carries."""

    attendees: tuple[Attendee, ...]
    events: tuple[Event, ...] = ()


class Attending:
    """Turns guests into attendees within the caller's own transaction, so that nothing is half written.

        guests = attending.reachable(guests, location_id)              # once, before deciding
        found = store.read([..., *refs(guests)])                       # with everything else
        party = attending.attend(change, found, context, service, guests)

    The caller saves the appointment with ``party.attendees`` and records ``party.events``.
    """

    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    def reachable(self, guests: Sequence[Guest], location_id: str) -> tuple[Guest, ...]:
        """The guests with every number as E.164, read as it is dialled at the location.

        422 ``contact_required`` for a new client with neither e-mail address nor mobile number (CC-9), 422
        ``invalid_phone``, ``unknown_timezone``, ``client_required`` unless each is one client, old or new.
        """
        for guest in guests:
            _require_one_client(guest)
        country = self._country(location_id) if any(map(_national, guests)) else None
        return tuple(_normal(guest, country) for guest in guests)

    def attend(
        self, change: Change, found: Found, context: Context, service: Service, guests: Sequence[Guest]
    ) -> Party:
        """Their attendees; new clients and how they are found again are saved, those on record guarded (D26b).

        Needs what ``refs`` names. 422 ``unknown_client``, ``client_twice``, ``invalid_answers``.
        """
        _require_each_once(guests)
        answers = [answered(service, guest) for guest in guests]
        clients = [self._client(change, found, context, guest) for guest in guests]
        created = [client for client, guest in zip(clients, guests, strict=True) if guest.client]
        _make_findable(change, found, created)
        return Party(
            tuple(map(self._attendee, clients, guests, answers)),
            tuple(Event("client.created", client.version, {"id": client.id}) for client in created),
        )

    def _client(self, change: Change, found: Found, context: Context, guest: Guest) -> Client:
        if guest.client is not None:
            created = change.save(self._created(context, guest.client))
            change.file(created)
            return created
        client = found.get(Client, guest.client_id or "")
        if client is None:
            raise invalid(f"{guest.pointer}/client_id", "There is no such client.", "unknown_client")
        require_active(client)
        change.guard(client)
        return client

    def _created(self, context: Context, new: NewClient) -> Client:
        return Client(
            id=self._ids.new("cli", context.now),
            first_name=new.first_name,
            last_name=new.last_name,
            created_at=context.now,
            updated_at=context.now,
            email=new.email,
            mobile=new.mobile,
            phone=new.phone,
            work_phone=new.work_phone,
            address=new.address,
            city=new.city,
            region=new.region,
            postal_code=new.postal_code,
            country=new.country,
            timezone=new.timezone,
            language=new.language,
            notes=new.notes,
            external_id=new.external_id,
            # Consent is to texts to a number: without one there is nothing to consent to (CC-10).
            receive_sms=new.receive_sms and new.mobile is not None,
            receive_email=new.receive_email,
            created_by=context.staff.staff_id or None,
        )

    def _attendee(self, client: Client, guest: Guest, answers: tuple[Answer, ...]) -> Attendee:
        # No contact: how many bookings one address may have is a limit on the public only.
        return Attendee(
            client_id=client.id,
            name=client.name,
            code=self._ids.secret(),
            notes=guest.notes,
            answers=answers,
            language=client.language,
        )

    def _country(self, location_id: str) -> str | None:
        location = self._store.read([Ref.to(Location, location_id)], consistent=False).get(Location, location_id)
        return location.country if location else None


def ability_for_attendees(appointment: Appointment) -> Ability:
    """What somebody needs to bring clients to it or take them off: group sessions have a row of their own (CC-8)."""
    group = appointment.availability is Availability.GROUP
    return Ability.GROUP_ATTENDEE_ADD if group else Ability.APPOINTMENT_EDIT


def refs(guests: Iterable[Guest]) -> list[Ref[Any]]:
    """What ``Attending.attend`` needs to have been read: clients on record, the contacts of new ones."""
    found: list[Ref[Any]] = []
    for guest in guests:
        if guest.client is None:
            found.append(Ref.to(Client, guest.client_id or ""))
        else:
            found += [Ref.to(Contact, value) for value in _reached_at(guest.client)]
    return found


def answered(service: Service, guest: Guest) -> tuple[Answer, ...]:
    """Their answers, once they are as the service asks for them; 422 ``invalid_answers`` (CC-7)."""
    if guest.additional:
        service = replace(service, questions=tuple(replace(q, required=False) for q in service.questions))
    return checked(service, guest.answers, f"{guest.pointer}/answers")


def _require_one_client(guest: Guest) -> None:
    if (guest.client is None) is (guest.client_id is None):
        message = "Say either which client this is or who the new one is."
        raise invalid(f"{guest.pointer}/client_id", message, "client_required")
    if guest.client and not guest.client.email and not guest.client.mobile:
        message = "An e-mail address or a mobile number is needed."
        raise invalid(f"{guest.pointer}/client/email", message, "contact_required")


def _national(guest: Guest) -> bool:
    """Whether a number of theirs can only be read by knowing where it was typed."""
    numbers = (getattr(guest.client, name) for name in _NUMBERS) if guest.client else ()
    return any(number and not number.startswith("+") for number in numbers)


def _normal(guest: Guest, country: str | None) -> Guest:
    if guest.client is None:
        return guest
    pointer = f"{guest.pointer}/client"
    if guest.client.timezone:
        zone(guest.client.timezone, f"{pointer}/timezone")
    given = ((name, getattr(guest.client, name)) for name in _NUMBERS)
    numbers: dict[str, Any] = {name: normal_phone(n, country, f"{pointer}/{name}") for name, n in given if n}
    return replace(guest, client=replace(guest.client, **numbers))


def _require_each_once(guests: Iterable[Guest]) -> None:
    seen: set[str] = set()
    for guest in guests:
        if guest.client_id in seen:
            raise invalid(f"{guest.pointer}/client_id", "This client is named twice.", "client_twice")
        seen |= {guest.client_id} if guest.client_id else set()


def _make_findable(change: Change, found: Found, created: Iterable[Client]) -> None:
    """The public booking finds them by address and name (D26b); several may share one address or number."""
    contacts: dict[str, Contact] = {}
    for client in created:
        for value in _reached_at(client):
            contact = contacts.get(value) or found.get(Contact, value) or Contact(value)
            contacts[value] = contact.with_client(client.id, name_key(client.first_name, client.last_name))
    for contact in contacts.values():
        change.save(contact)


def _reached_at(client: NewClient | Client) -> list[str]:
    email = normal_email(client.email) if client.email else None
    return [value for value in (email, client.mobile) if value]
