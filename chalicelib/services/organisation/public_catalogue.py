"""What the organisation shows to everybody: name and policies, services, branches, staff to choose."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.organisation.catalog import (
    Availability,
    Location,
    Method,
    Question,
    Reason,
    Service,
    Settings,
    Staff,
)
from chalicelib.services.crud import page
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.unit_of_work import Page, Ref, Store


@dataclass(frozen=True, slots=True)
class Policies:
    """The organisation as a client must know it, with its own reasons for cancelling."""

    settings: Settings
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ShownLocation:
    """A branch and every way to meet there."""

    id: str
    name: str
    address: str
    timezone: str
    meeting_methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class ShownService:
    """A service as a client chooses it; ``client_chooses_staff`` says whether to ask for somebody."""

    id: str
    name: str
    description: str
    duration_minutes: int
    meeting_methods: tuple[Method, ...]
    group: bool
    client_chooses_staff: bool
    questions: tuple[Question, ...]


class Showcase:
    """The public catalogue; each kind of record is one query."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def policies(self) -> Policies:
        """Settings and cancellation reasons."""
        settings = settings_in(self._store.read([Ref.to(Settings)]))
        return Policies(settings, self._store.catalogue(Reason))

    def services(self, location_id: str | None, limit: int, cursor: str | None) -> Page[ShownService]:
        """Public services that are offered somewhere, or at this location."""
        offered = (s for s in self._public() if s.location_ids)
        shown = [_service(s) for s in offered if location_id in (None, *s.location_ids)]
        return page(shown, limit, cursor)

    def locations(self, service_id: str | None, limit: int, cursor: str | None) -> Page[ShownLocation]:
        """All locations, or those that offer this public service, with the methods offered there."""
        services = [s for s in self._public() if service_id in (None, s.id)]
        shown = [_location(location, services) for location in self._store.catalogue(Location)]
        return page([s for s in shown if service_id is None or s.meeting_methods], limit, cursor)

    def staff(self, service_id: str | None, location_id: str | None, limit: int, cursor: str | None) -> Page[Staff]:
        """Active staff whom a client may choose, for this service or any, at this location or anywhere.

        Quickstream services are booked unassigned, so nobody is ever chosen for them (QS-4, D8).
        """
        services = {s.id for s in self._public() if service_id in (None, s.id) and _staff_can_be_chosen(s)}
        if not services:
            return Page(())
        chosen = [
            s
            for s in self._store.catalogue(Staff)
            if s.active and services & set(s.service_ids) and location_id in (None, *s.location_ids)
        ]
        return page(chosen, limit, cursor)

    def _public(self) -> list[Service]:
        return [service for service in self._store.catalogue(Service) if service.public]


def _staff_can_be_chosen(service: Service) -> bool:
    return service.client_chooses_staff and service.availability is not Availability.QUICKSTREAM


def _service(service: Service) -> ShownService:
    return ShownService(
        id=service.id,
        name=service.name,
        description=service.description,
        duration_minutes=service.duration_minutes,
        meeting_methods=service.meeting_methods,
        group=service.availability is Availability.GROUP,
        client_chooses_staff=_staff_can_be_chosen(service),
        questions=service.questions,
    )


def _location(location: Location, services: list[Service]) -> ShownLocation:
    here = {method for s in services if location.id in s.location_ids for method in s.meeting_methods}
    methods = tuple(method for method in Method if method in here)
    return ShownLocation(location.id, location.name, location.address, location.timezone, methods)
