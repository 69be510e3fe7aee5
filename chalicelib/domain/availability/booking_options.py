"""Which services, locations, methods, staff and languages can still be chosen, in any order (CC-2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.organisation.branch_roster import TeamMember, offers_service, speakers_of
from chalicelib.domain.organisation.catalogue import AvailabilitySource, MeetingMethod, Service


@dataclass(frozen=True, slots=True)
class BookingChoices:
    """The choices made so far; without ``staff_id`` and ``language`` any staff member will do."""

    service_id: str | None = None
    location_id: str | None = None
    method: MeetingMethod | None = None
    staff_id: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class BookableBranch:
    """A location where the caller may book: its staff, and those of them the caller may book for."""

    location_id: str
    members: tuple[TeamMember, ...] = ()
    bookable_staff_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RemainingOptions:
    """For each choice the values that go with all the others; methods in enum order, languages by code."""

    service_ids: frozenset[str]
    location_ids: frozenset[str]
    methods: tuple[MeetingMethod, ...]
    staff_ids: frozenset[str]
    languages: tuple[str, ...]


def remaining_options(
    services: Iterable[Service], branches: Sequence[BookableBranch], choices: BookingChoices
) -> RemainingOptions:
    """The values left for each choice, given the other choices and not its own.

    A service goes with the locations and methods it is offered by. A staff member goes with the services they offer
    where they work, if the caller may book for them; a language with the services offered by its speakers (CC-3). A
    Quickstream service is booked without staff; other services need somebody who offers them.
    """
    offered = tuple(_branch_services(services, branches))

    def without(choice: str) -> Iterator[_BranchService]:
        others = replace(choices, **{choice: None})
        return (offer for offer in offered if offer.matches(others))

    methods = {method for offer in without("method") for method in offer.service.meeting_methods}
    staff = (member for offer in without("staff_id") for member in speakers_of(offer.bookable_staff, choices.language))
    speakers = (member for offer in without("language") for member in offer.speakers(choices.staff_id))
    return RemainingOptions(
        service_ids=frozenset(offer.service.id for offer in without("service_id")),
        location_ids=frozenset(offer.branch.location_id for offer in without("location_id")),
        methods=tuple(method for method in MeetingMethod if method in methods),
        staff_ids=frozenset(member.staff_id for member in staff),
        languages=tuple(sorted({code for member in speakers for code in member.languages})),
    )


@dataclass(frozen=True, slots=True)
class _BranchService:
    """One service at one branch, with the staff who offer it there."""

    service: Service
    branch: BookableBranch
    members: tuple[TeamMember, ...]

    @property
    def bookable_staff(self) -> tuple[TeamMember, ...]:
        """The staff the caller may book for."""
        return tuple(member for member in self.members if member.staff_id in self.branch.bookable_staff_ids)

    @property
    def books_without_staff(self) -> bool:
        """True if it is booked without staff (QS-4)."""
        return self.service.availability is AvailabilitySource.QUICKSTREAM

    def speakers(self, staff_id: str | None) -> tuple[TeamMember, ...]:
        """The staff whose languages count: the one named, or all who may get the appointment."""
        if staff_id is None:
            return self.members if self.books_without_staff else self.bookable_staff
        return tuple(member for member in self.bookable_staff if member.staff_id == staff_id)

    def matches(self, choices: BookingChoices) -> bool:
        """True if it can be booked with these choices."""
        if choices.service_id not in (None, self.service.id):
            return False
        if choices.location_id not in (None, self.branch.location_id):
            return False
        if choices.method is not None and choices.method not in self.service.meeting_methods:
            return False
        any_staff = choices.staff_id is None and choices.language is None
        return (any_staff and self.books_without_staff) or bool(
            speakers_of(self.speakers(choices.staff_id), choices.language)
        )


def _branch_services(services: Iterable[Service], branches: Sequence[BookableBranch]) -> Iterator[_BranchService]:
    by_id = {branch.location_id: branch for branch in branches}
    for service in services:
        # Groups are not booked by time slot: staff add attendees to them (CC-8).
        if service.availability is AvailabilitySource.GROUP:
            continue
        for branch in (by_id[i] for i in service.location_ids if i in by_id):
            members = tuple(member for member in branch.members if offers_service(member, service.id))
            yield _BranchService(service, branch, members)
