"""Who comes to an appointment that staff make: clients on record and new ones, written with it (CC-4, CC-9, CC-10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.appointments.appointment import Answer, Appointment, Attendee
from chalicelib.domain.appointments.questions import check_answers
from chalicelib.domain.clients.client import Client, ClientProfile
from chalicelib.domain.organisation.catalog import AvailabilitySource, Location, Service
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.permissions import Ability
from chalicelib.services.client_access import ClientAccess, require_active
from chalicelib.services.clients import registration
from chalicelib.services.clients.registration import ClientRegistration
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class AttendeeRequest:
    """One person a request names: the client with ``client_id``, or else the new ``client``.

    ``pointer`` is where in the body they stand (``/additional_attendees/0``, empty for the body itself), for
    refusals. Whoever is ``additional`` may leave the service's questions unanswered: they are asked once for
    each appointment, and the one it is made for answers them (CC-7).
    """

    client_id: str | None = None
    client: ClientProfile | None = None
    notes: str = ""
    answers: tuple[Answer, ...] = ()
    pointer: str = ""
    additional: bool = False


class AttendeeRegistration:
    """Turns guests into attendees within the caller's own transaction, so that nothing is half written.

        guests = attending.reachable(guests, location_id)              # once, before deciding
        found = store.read([..., *refs(guests)])                       # with everything else
        attendees = attending.attend(change, found, context, service, guests)

    The caller saves the appointment with these.
    """

    def __init__(self, store: Store, ids: Ids, client_access: ClientAccess) -> None:
        self._store = store
        self._ids = ids
        self._client_access = client_access

    def normalise(self, requests: Sequence[AttendeeRequest], location_id: str) -> tuple[AttendeeRequest, ...]:
        """The guests with every number as E.164, read as dialled in the client's own country, else at the location.

        422 ``contact_required`` for a new client with neither e-mail address nor mobile number (CC-9), 422
        ``invalid_phone``, ``unknown_timezone``, ``client_required`` unless each is one client, old or new.
        """
        for request in requests:
            _require_one_client(request)
        new = [guest.client for guest in requests if guest.client]
        countries = self._countries(location_id) if any(map(registration.has_national_number, new)) else ()
        return tuple(_normalise(guest, countries) for guest in requests)

    def register(
        self,
        work: UnitOfWork,
        found: ReadResult,
        context: Context,
        service: Service,
        requests: Sequence[AttendeeRequest],
    ) -> tuple[Attendee, ...]:
        """An attendee each; new clients and how they are found again are saved, those on record guarded (D26b).

        Needs what ``refs`` names. 422 ``unknown_client`` for one who does not exist or whom the caller may not
        know, ``client_twice``, ``invalid_answers``; 409 ``client_merged``, ``already_exists``.
        """
        _require_each_once(requests)
        answers = [validated_answers(service, guest) for guest in requests]
        known = self._existing_clients(work, found, context, requests)
        new = [ClientRegistration(g.client, f"{g.pointer}/client", booked=True) for g in requests if g.client]
        created = iter(registration.register(work, found, context, self._ids, new))
        clients = [next(created) if guest.client else known[guest.client_id or ""] for guest in requests]
        return tuple(map(self._build_attendee, clients, requests, answers))

    def _existing_clients(
        self, work: UnitOfWork, found: ReadResult, context: Context, requests: Sequence[AttendeeRequest]
    ) -> dict[str, Client]:
        """The clients named by id, all of them known to the caller (CL-2); booked for the first time, they change."""
        named = [guest for guest in requests if guest.client is None]
        stored = (found.get(Client, guest.client_id or "") for guest in named)
        there = [client for client in stored if client is not None and client.deleted_at is None]
        known = {client.id: client for client in self._client_access.visible(context.staff, there)}
        for request in named:
            if request.client_id not in known:
                raise invalid(f"{request.pointer}/client_id", "There is no such client.", "unknown_client")
        for client in known.values():
            require_active(client)
        return {client.id: mark_booked(work, client) for client in known.values()}

    def _build_attendee(self, client: Client, request: AttendeeRequest, answers: tuple[Answer, ...]) -> Attendee:
        # No contact: how many bookings one address may have is a limit on the public only.
        return Attendee(
            client_id=client.id,
            name=client.name,
            code=self._ids.secret(),
            notes=request.notes,
            answers=answers,
            language=client.language,
        )

    def _countries(self, location_id: str) -> tuple[str, ...]:
        location = self._store.read([Ref.to(Location, location_id)], consistent=False).get(Location, location_id)
        return (location.phone_country,) if location and location.phone_country else ()


def ability_for_attendees(appointment: Appointment) -> Ability:
    """What somebody needs to bring clients to it or take them off: group sessions have a row of their own (CC-8)."""
    group = appointment.availability is AvailabilitySource.GROUP
    return Ability.GROUP_ATTENDEE_ADD if group else Ability.APPOINTMENT_EDIT


def refs(requests: Iterable[AttendeeRequest]) -> list[Ref[Any]]:
    """What ``Attending.attend`` needs to have been read: clients on record, the contacts of new ones."""
    requests = tuple(requests)
    on_record: list[Ref[Any]] = [Ref.to(Client, guest.client_id or "") for guest in requests if guest.client is None]
    return on_record + registration.refs(guest.client for guest in requests if guest.client)


def validated_answers(service: Service, request: AttendeeRequest) -> tuple[Answer, ...]:
    """Their answers, once they are as the service asks for them; 422 ``invalid_answers`` (CC-7)."""
    if request.additional:
        service = replace(service, questions=tuple(replace(q, required=False) for q in service.questions))
    return check_answers(service, request.answers, f"{request.pointer}/answers")


def _require_one_client(request: AttendeeRequest) -> None:
    if (request.client is None) is (request.client_id is None):
        message = "Say either which client this is or who the new one is."
        raise invalid(f"{request.pointer}/client_id", message, "client_required")
    if request.client:
        registration.require_contact(request.client, f"{request.pointer}/client")


def _normalise(request: AttendeeRequest, countries: Iterable[str]) -> AttendeeRequest:
    if request.client is None:
        return request
    return replace(request, client=registration.normalise(request.client, countries, f"{request.pointer}/client"))


def mark_booked(work: UnitOfWork, client: Client) -> Client:
    """The client as somebody who is booked; nobody merges or deletes them meanwhile."""
    booked = client.as_booked()
    if booked is client:
        work.require_unchanged(client)
        return client
    work.index_client(booked, client)
    return work.save(booked)


def _require_each_once(requests: Iterable[AttendeeRequest]) -> None:
    seen: set[str] = set()
    for request in requests:
        if request.client_id in seen:
            raise invalid(f"{request.pointer}/client_id", "This client is named twice.", "client_twice")
        seen |= {request.client_id} if request.client_id else set()
