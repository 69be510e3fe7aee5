"""Attendees named by staff: clients on record and new ones, written with the appointment (CC-4, CC-9, CC-10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.appointments.appointment import Answer, Appointment, Attendee
from chalicelib.domain.appointments.questions import check_answers
from chalicelib.domain.clients.client import Client, ClientProfile
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Location, Service
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
    """One attendee named by a request: the client with ``client_id``, or else the new ``client``.

    ``pointer`` is their place in the body (``/additional_attendees/0``, empty for the body itself), for errors.
    An ``additional`` attendee may leave the service's questions unanswered: they are asked once for each
    appointment, and the client it is made for answers them (CC-7).
    """

    client_id: str | None = None
    client: ClientProfile | None = None
    notes: str = ""
    answers: tuple[Answer, ...] = ()
    pointer: str = ""
    additional: bool = False


class AttendeeRegistration:
    """Turn attendee requests into attendees within the caller's own transaction, so that nothing is half written.

        requests = registration.normalise(requests, location_id)       # once, before deciding
        found = store.read([..., *refs(requests)])                     # with everything else
        attendees = registration.register(work, found, context, service, requests)

    The caller saves the appointment with these attendees.
    """

    def __init__(self, store: Store, ids: Ids, client_access: ClientAccess) -> None:
        self._store = store
        self._ids = ids
        self._client_access = client_access

    def normalise(self, requests: Sequence[AttendeeRequest], location_id: str) -> tuple[AttendeeRequest, ...]:
        """The requests with phone numbers as E.164, read as dialled in the client's own country, else at the location.

        422 ``contact_required`` for a new client with neither e-mail address nor mobile number (CC-9), 422
        ``invalid_phone``, ``unknown_timezone``, ``client_required`` unless each is one client, old or new.
        """
        for request in requests:
            _require_one_client(request)
        new = [request.client for request in requests if request.client]
        countries = self._countries(location_id) if any(map(registration.has_national_number, new)) else ()
        return tuple(_normalise(request, countries) for request in requests)

    def register(
        self,
        work: UnitOfWork,
        found: ReadResult,
        context: Context,
        service: Service,
        requests: Sequence[AttendeeRequest],
    ) -> tuple[Attendee, ...]:
        """An attendee for each request; new clients are saved and indexed, those on record must not change (D26b).

        Needs what ``refs`` lists. 422 ``unknown_client`` for a client who does not exist or is outside the caller's
        scope, ``client_twice``, ``invalid_answers``; 409 ``client_merged``, ``already_exists``.
        """
        _require_each_once(requests)
        answers = [validated_answers(service, request) for request in requests]
        known = self._existing_clients(work, found, context, requests)
        new = [ClientRegistration(r.client, f"{r.pointer}/client", booked=True) for r in requests if r.client]
        created = iter(registration.register(work, found, context, self._ids, self._client_access, new))
        clients = [next(created) if request.client else known[request.client_id or ""] for request in requests]
        return tuple(map(self._build_attendee, clients, requests, answers))

    def _existing_clients(
        self, work: UnitOfWork, found: ReadResult, context: Context, requests: Sequence[AttendeeRequest]
    ) -> dict[str, Client]:
        """The clients named by id, all visible to the caller (CL-2), marked as booked."""
        named = [request for request in requests if request.client is None]
        stored = (found.get(Client, request.client_id or "") for request in named)
        existing = [client for client in stored if client is not None and client.deleted_at is None]
        known = {client.id: client for client in self._client_access.visible(context.staff, existing)}
        for request in named:
            if request.client_id not in known:
                raise invalid(f"{request.pointer}/client_id", "There is no such client.", "unknown_client")
        for client in known.values():
            require_active(client)
        return {client.id: mark_booked(work, client) for client in known.values()}

    def _build_attendee(self, client: Client, request: AttendeeRequest, answers: tuple[Answer, ...]) -> Attendee:
        # No contact: only public bookings are limited per contact.
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
    """The ability needed to add and remove attendees; group sessions have their own (CC-8)."""
    group = appointment.availability is AvailabilitySource.GROUP
    return Ability.GROUP_ATTENDEE_ADD if group else Ability.APPOINTMENT_EDIT


def refs(requests: Iterable[AttendeeRequest]) -> list[Ref[Any]]:
    """The records ``AttendeeRegistration.register`` needs: clients on record, the contacts of new ones."""
    requests = tuple(requests)
    on_record: list[Ref[Any]] = [Ref.to(Client, r.client_id or "") for r in requests if r.client is None]
    return on_record + registration.refs(r.client for r in requests if r.client)


def validated_answers(service: Service, request: AttendeeRequest) -> tuple[Answer, ...]:
    """The attendee's answers, checked against the service's questions; 422 ``invalid_answers`` (CC-7)."""
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
    """The client marked as booked; the commit fails if they are merged or deleted meanwhile."""
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
