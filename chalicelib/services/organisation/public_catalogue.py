"""The public catalogue: the organisation's name and policies, services, branches, staff to choose."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.organisation.catalogue import (
    AvailabilitySource,
    CancellationReason,
    Location,
    MeetingMethod,
    Question,
    Service,
    Staff,
)
from chalicelib.domain.organisation.settings import Settings
from chalicelib.services.crud import paginate
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Page, Ref, Store


@dataclass(frozen=True, slots=True)
class PublicPolicies:
    """The settings a client must know, and the organisation's own cancellation reasons."""

    settings: Settings
    reasons: tuple[CancellationReason, ...]


@dataclass(frozen=True, slots=True)
class PublicLocation:
    """A branch and every way to meet there."""

    id: str
    name: str
    address: str
    timezone: str
    meeting_methods: tuple[MeetingMethod, ...]


@dataclass(frozen=True, slots=True)
class PublicService:
    """A service as clients see it; ``client_chooses_staff`` is True if they may choose a staff member."""

    id: str
    name: str
    description: str
    duration_minutes: int
    meeting_methods: tuple[MeetingMethod, ...]
    group: bool
    client_chooses_staff: bool
    questions: tuple[Question, ...]


class PublicCatalogue:
    """The public catalogue; each kind of record is one query."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def policies(self) -> PublicPolicies:
        """Settings and cancellation reasons."""
        settings = settings_in(self._store.read([Ref.to(Settings)]))
        return PublicPolicies(settings, self._store.catalogue(CancellationReason))

    def services(self, location_id: str | None, limit: int, cursor: str | None) -> Page[PublicService]:
        """The public services offered at this location, or at any if it is None."""
        offered = (s for s in self._public_services() if s.location_ids)
        shown = [_public_service(s) for s in offered if location_id in (None, *s.location_ids)]
        return paginate(shown, limit, cursor)

    def locations(self, service_id: str | None, limit: int, cursor: str | None) -> Page[PublicLocation]:
        """All locations, or those that offer this public service, with the meeting methods offered there."""
        services = [s for s in self._public_services() if service_id in (None, s.id)]
        shown = [_public_location(location, services) for location in self._store.catalogue(Location)]
        return paginate([s for s in shown if service_id is None or s.meeting_methods], limit, cursor)

    def staff(self, service_id: str | None, location_id: str | None, limit: int, cursor: str | None) -> Page[Staff]:
        """Active staff that clients may choose, for this service or any, at this location or any.

        Quickstream services are booked without staff, so nobody can be chosen for them (QS-4, D8).
        """
        services = {s.id for s in self._public_services() if service_id in (None, s.id) and _staff_can_be_chosen(s)}
        if not services:
            return Page(())
        chosen = [
            s
            for s in self._store.catalogue(Staff)
            if s.active and services & set(s.service_ids) and location_id in (None, *s.location_ids)
        ]
        return paginate(chosen, limit, cursor)

    def _public_services(self) -> list[Service]:
        return [service for service in self._store.catalogue(Service) if service.public]


def _staff_can_be_chosen(service: Service) -> bool:
    return service.client_chooses_staff and service.availability is not AvailabilitySource.QUICKSTREAM


def _public_service(service: Service) -> PublicService:
    return PublicService(
        id=service.id,
        name=service.name,
        description=service.description,
        duration_minutes=service.duration_minutes,
        meeting_methods=service.meeting_methods,
        group=service.availability is AvailabilitySource.GROUP,
        client_chooses_staff=_staff_can_be_chosen(service),
        questions=service.questions,
    )


def _public_location(location: Location, services: list[Service]) -> PublicLocation:
    here = {method for s in services if location.id in s.location_ids for method in s.meeting_methods}
    methods = tuple(method for method in MeetingMethod if method in here)
    return PublicLocation(location.id, location.name, location.address, location.timezone, methods)
