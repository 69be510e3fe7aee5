"""What can still be chosen of a booking, whichever of service, place, method and person was chosen first (CC-2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.organisation.catalog import AvailabilitySource, MeetingMethod, Service
from chalicelib.domain.organisation.roster import TeamMember, offers_service, speakers_of


@dataclass(frozen=True, slots=True)
class BookingChoices:
    """What has been decided; ``staff_id`` and ``language`` say who is wanted, without either anyone is."""

    service_id: str | None = None
    location_id: str | None = None
    method: MeetingMethod | None = None
    staff_id: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class BookableBranch:
    """A location where the caller may book: who works there, and which of them they may book for."""

    location_id: str
    members: tuple[TeamMember, ...] = ()
    bookable_staff_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RemainingOptions:
    """For each answer the values that go with all the others; methods in their own order, languages by letter."""

    service_ids: frozenset[str]
    location_ids: frozenset[str]
    methods: tuple[MeetingMethod, ...]
    staff_ids: frozenset[str]
    languages: tuple[str, ...]


def remaining_options(
    services: Iterable[Service], branches: Sequence[BookableBranch], choices: BookingChoices
) -> RemainingOptions:
    """What remains of each answer, given the other answers and not its own.

    A service goes with the locations and methods it is offered by. A person goes with what they offer where they
    work, as far as the caller may book for them; a language with whatever somebody who speaks it offers (CC-3). Anyone
    is enough for a Quickstream service, which is booked without staff; other services need somebody who offers them.
    """
    offered = tuple(_branch_services(services, branches))

    def without(answer: str) -> Iterator[_BranchService]:
        others = replace(choices, **{answer: None})
        return (offer for offer in offered if offer.matches(others))

    methods = {method for offer in without("method") for method in offer.service.meeting_methods}
    persons = (post for offer in without("staff_id") for post in speakers_of(offer.bookable_staff, choices.language))
    speakers = (post for offer in without("language") for post in offer.speakers(choices.staff_id))
    return RemainingOptions(
        service_ids=frozenset(offer.service.id for offer in without("service_id")),
        location_ids=frozenset(offer.branch.location_id for offer in without("location_id")),
        methods=tuple(method for method in MeetingMethod if method in methods),
        staff_ids=frozenset(post.staff_id for post in persons),
        languages=tuple(sorted({code for post in speakers for code in post.languages})),
    )


@dataclass(frozen=True, slots=True)
class _BranchService:
    """One service at one branch; ``posts`` are those who offer it there."""

    service: Service
    branch: BookableBranch
    members: tuple[TeamMember, ...]

    @property
    def bookable_staff(self) -> tuple[TeamMember, ...]:
        """Whom the caller may name."""
        return tuple(post for post in self.members if post.staff_id in self.branch.bookable_staff_ids)

    @property
    def books_without_staff(self) -> bool:
        """Whether it is booked without staff (QS-4)."""
        return self.service.availability is AvailabilitySource.QUICKSTREAM

    def speakers(self, staff_id: str | None) -> tuple[TeamMember, ...]:
        """Those of whom a language may be wanted: the person named, or whoever may come to have the appointment."""
        if staff_id is None:
            return self.members if self.books_without_staff else self.bookable_staff
        return tuple(post for post in self.bookable_staff if post.staff_id == staff_id)

    def matches(self, choices: BookingChoices) -> bool:
        """Whether it can be had like this."""
        if choices.service_id not in (None, self.service.id):
            return False
        if choices.location_id not in (None, self.branch.location_id):
            return False
        if choices.method is not None and choices.method not in self.service.meeting_methods:
            return False
        anybody = choices.staff_id is None and choices.language is None
        return (anybody and self.books_without_staff) or bool(
            speakers_of(self.speakers(choices.staff_id), choices.language)
        )


def _branch_services(services: Iterable[Service], branches: Sequence[BookableBranch]) -> Iterator[_BranchService]:
    by_id = {branch.location_id: branch for branch in branches}
    for service in services:
        # Nobody books a group by time slot: staff add attendees to it (CC-8).
        if service.availability is AvailabilitySource.GROUP:
            continue
        for branch in (by_id[i] for i in service.location_ids if i in by_id):
            yield _BranchService(
                service, branch, tuple(post for post in branch.members if offers_service(post, service.id))
            )
