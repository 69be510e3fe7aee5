"""Narrowing the choices agrees with trying every possible booking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from hypothesis import given, strategies as st

from chalicelib.domain.availability.booking_options import (
    BookableBranch,
    BookingChoices,
    RemainingOptions,
    remaining_options,
)
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, MeetingMethod, Service
from chalicelib.domain.shared.permissions import Role

SERVICES, PLACES, PEOPLE = ("svc_1", "svc_2", "svc_3"), ("loc_1", "loc_2"), ("stf_1", "stf_2", "stf_3")
LANGUAGES = ("de", "en", "fr")
METHODS = (MeetingMethod.IN_PERSON, MeetingMethod.PHONE, MeetingMethod.VIDEO)
Catalogue = tuple[list[Service], list[BookableBranch]]


def some(values: Sequence[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=least, unique=True).map(tuple)


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    services = [
        Service(
            id=service_id,
            name=service_id,
            duration_minutes=30,
            meeting_methods=draw(st.lists(st.sampled_from(METHODS), min_size=1, unique=True).map(tuple)),
            location_ids=draw(some((*PLACES, "loc_out_of_reach"))),
            availability=draw(st.sampled_from(AvailabilitySource)),
        )
        for service_id in SERVICES
    ]
    skills = {person: (draw(some(SERVICES)), draw(some(LANGUAGES, least=1))) for person in PEOPLE}
    branches = []
    for place in PLACES:
        members = tuple(
            TeamMember(place, person, Role.STAFF, service_ids=skills[person][0], languages=skills[person][1])
            for person in draw(some(PEOPLE))
        )
        branches.append(BookableBranch(place, members, frozenset(draw(some(PEOPLE)))))
    return services, branches


CHOSEN = st.builds(
    BookingChoices,
    st.sampled_from((None, None, *SERVICES)),
    st.sampled_from((None, None, *PLACES)),
    st.sampled_from((None, None, *METHODS)),
    st.sampled_from((None, None, *PEOPLE)),
    st.sampled_from((None, None, *LANGUAGES)),
)


def every_booking(services: list[Service], branches: list[BookableBranch]) -> Iterator[BookingChoices]:
    """Every booking that staff can make, with or without a person and a language."""
    for service, branch, method in product(services, branches, METHODS):
        offered = branch.location_id in service.location_ids and method in service.meeting_methods
        if not offered or service.availability is AvailabilitySource.GROUP:
            continue
        for person, language in product((None, *PEOPLE), (None, *LANGUAGES)):
            if can_be_had(service, branch, person, language):
                yield BookingChoices(service.id, branch.location_id, method, person, language)


def can_be_had(service: Service, branch: BookableBranch, person: str | None, language: str | None) -> bool:
    offering = [member for member in branch.members if service.id in member.service_ids]
    able = [member for member in offering if language is None or language in member.languages]
    reached = [member.staff_id for member in able if member.staff_id in branch.bookable_staff_ids]
    if person is not None:
        return person in reached
    if service.availability is AvailabilitySource.QUICKSTREAM:
        return language is None or bool(able)
    return bool(reached)


def by_trying(services: list[Service], branches: list[BookableBranch], chosen: BookingChoices) -> RemainingOptions:
    names = ("service_id", "location_id", "method", "staff_id", "language")
    found: dict[str, set[str]] = {name: set() for name in names}
    for booking in every_booking(services, branches):
        for name in names:
            others = (other for other in names if other != name and getattr(chosen, other) is not None)
            value = getattr(booking, name)
            if value is not None and all(getattr(booking, other) == getattr(chosen, other) for other in others):
                found[name].add(value)
    return RemainingOptions(
        frozenset(found["service_id"]),
        frozenset(found["location_id"]),
        tuple(method for method in MeetingMethod if method in found["method"]),
        frozenset(found["staff_id"]),
        tuple(sorted(found["language"])),
    )


@given(catalogues(), CHOSEN)
def test_what_remains_of_each_answer_is_what_some_booking_with_the_others_has(
    catalogue: Catalogue, chosen: BookingChoices
) -> None:
    assert remaining_options(*catalogue, chosen) == by_trying(*catalogue, chosen)


@given(catalogues(), CHOSEN)
def test_whatever_is_offered_next_leaves_a_booking_to_be_made(catalogue: Catalogue, chosen: BookingChoices) -> None:
    services, branches = catalogue
    for service_id in remaining_options(services, branches, chosen).service_ids:
        next_chosen = BookingChoices(service_id, chosen.location_id, chosen.method, chosen.staff_id, chosen.language)
        assert service_id in remaining_options(services, branches, next_chosen).service_ids
        assert remaining_options(services, branches, next_chosen).location_ids
        assert remaining_options(services, branches, next_chosen).methods


def test_a_group_is_offered_to_nobody_and_a_staff_calendar_needs_its_staff() -> None:
    places = ("loc_1",)
    group = Service("svc_1", "Seminar", 60, location_ids=places, availability=AvailabilitySource.GROUP)
    advice = Service("svc_2", "Advice", 30, location_ids=places, availability=AvailabilitySource.STAFF)
    blocks = Service("svc_3", "Counter", 15, location_ids=places, availability=AvailabilitySource.QUICKSTREAM)
    alone = [BookableBranch("loc_1")]
    found = remaining_options([group, advice, blocks], alone, BookingChoices())
    assert found == RemainingOptions(
        frozenset({"svc_3"}), frozenset(places), (MeetingMethod.IN_PERSON,), frozenset(), ()
    )
