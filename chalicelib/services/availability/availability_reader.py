"""Finding free times, wherever a service takes them from: what must be read, and the one thing asked of it (D7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.availability.block_slots import UNAVAILABLE_TEXTS, BlockSlots, Requester, Slot, Unavailable
from chalicelib.domain.availability.staff_slots import (
    ANY_STAFF,
    MARGIN_MINUTES,
    StaffPreference,
    StaffSlots,
    eligible_members,
)
from chalicelib.domain.capacity.ledger import SeatAccess, sheet_days
from chalicelib.domain.organisation.catalog import AvailabilitySource, MeetingMethod, Offer
from chalicelib.domain.organisation.roster import BranchRoster, TeamMember, offers_service
from chalicelib.domain.shared.errors import NotFound, Refusal, invalid
from chalicelib.services.availability import ledger_io
from chalicelib.services.store_port import ReadResult, Ref, Store


class AvailableTimes(Protocol):
    """The free times of one service at one location as one seeker sees them (``Slots``, ``StaffSlots``)."""

    offer: Offer

    def free_slots(self, first: int, last: int) -> Iterator[Slot]:
        """Every bookable start in [first, last), in order."""

    def unavailable_reason(self, start: int) -> Unavailable | None:
        """The fact that keeps ``start`` from being booked, or none when it can be."""

    def allocate(self, start: int) -> Allocation:
        """Where an appointment that begins then goes; the refusal of a start that cannot be booked."""

    def allocate_overriding(self, start: int) -> Allocation | None:
        """Where it goes in spite of everything; none where that takes a staff member and none is wanted."""


@dataclass(frozen=True, slots=True)
class AvailabilityWindow:
    """Which free times: of a service at a location, for starts in [first, last) (minutes since 1970 UTC)."""

    service_id: str
    location_id: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class AvailabilityQuery:
    """Who asks, under which offer, and for whom; ``may`` says whom of the team they may have.

    Somebody wanted who does not offer the service there is refused, unless ``lenient``: then nothing is free.
    """

    offer: Offer
    requester: Requester
    preference: StaffPreference = ANY_STAFF
    is_allowed: Callable[[TeamMember], bool] = lambda _: True
    lenient: bool = False


BuildQuery = Callable[[Offer, ReadResult], AvailabilityQuery]
"""Makes the question once the offer and what else was asked for have been read; refuses what is not offered."""


class AvailabilityReader:
    """The reader of free times.

    A Quickstream question is one batch read. A staff question is a query for the team beside that batch, then the
    staff members' own sheets, side by side.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        # What a service was when it was last seen: it decides what is read along, never what is true.
        self._known_kinds: dict[str, AvailabilitySource] = {}

    def read(
        self,
        window: AvailabilityWindow,
        build_query: BuildQuery,
        refs: Sequence[Ref[Any]] = (),
        *,
        consistent: bool = True,
        unknown: Callable[[str], Refusal] = lambda _: NotFound(),
    ) -> tuple[AvailableTimes, ReadResult]:
        """The free times and, with them, what ``refs`` name; ``unknown`` refuses a service or place not to be had."""

        def attempt(days: list[str]) -> tuple[AvailableTimes, ReadResult]:
            guess = self._known_kinds.get(window.service_id, AvailabilitySource.QUICKSTREAM)
            basics = [*ledger_io.offer_refs(window.location_id, window.service_id), *refs]
            found = self._store.read([*basics, *_source_refs(guess, window, days)], consistent=consistent)
            offer = ledger_io.offer_in(found, window.location_id, window.service_id, unknown)
            question = build_query(offer, found)
            kind = offer.service.availability
            source = found
            if kind is not guess:
                self._known_kinds[window.service_id] = kind
                source = self._store.read(_source_refs(kind, window, days), consistent=consistent)
            if kind is AvailabilitySource.STAFF:
                return self._read_staff_slots(window, question, source, consistent), found
            return _slots_from_blocks(window, question, source, days), found

        return ledger_io.read_until_settled(window.first, window.last, attempt)

    def _read_staff_slots(
        self, window: AvailabilityWindow, query: AvailabilityQuery, found: ReadResult, consistent: bool
    ) -> StaffSlots:
        roster = found.require(BranchRoster, window.location_id)
        wanted = query.preference
        if (
            wanted.staff_id
            and not query.lenient
            and not offers_service(roster.member(wanted.staff_id), window.service_id)
        ):
            raise invalid("/staff_id", "They do not offer this service here.", "unknown_staff")
        roster = replace(roster, members=tuple(filter(query.is_allowed, roster.members)))
        length = query.offer.service.duration_minutes
        span = window.first - MARGIN_MINUTES, window.last + length + MARGIN_MINUTES
        people = eligible_members(roster, window.service_id, wanted)
        sheets = {post.staff_id: sheet_days(post.staff_id, *span) for post in people}
        refs = [ref for staff_id, days in sheets.items() for ref in ledger_io.sheet_refs(staff_id, days)]
        theirs = self._store.read(refs, consistent=consistent) if refs else found
        read = {staff_id: ledger_io.calendar_in(theirs, staff_id, days) for staff_id, days in sheets.items()}
        return StaffSlots(query.offer, roster, read, query.requester, wanted, window.first, window.last)


def _source_refs(kind: AvailabilitySource, window: AvailabilityWindow, days: Iterable[str]) -> list[Ref[Any]]:
    """What a service of this kind takes its times from."""
    if kind is AvailabilitySource.STAFF:
        return [Ref.to(BranchRoster, window.location_id)]
    return ledger_io.sheet_refs(window.location_id, days)


def _slots_from_blocks(
    window: AvailabilityWindow, query: AvailabilityQuery, found: ReadResult, days: Iterable[str]
) -> BlockSlots:
    calendar = ledger_io.calendar_in(found, window.location_id, days)
    slots = BlockSlots(query.offer, calendar, query.requester)
    if not slots.covers_dependencies(window.first, window.last):
        raise ledger_io.NotSettled
    return slots


def require_offered(
    offer: Offer,
    method: MeetingMethod | None,
    staff_id: str | None,
    access: SeatAccess,
    unknown: Callable[[str], Refusal] = lambda _: NotFound(),
) -> None:
    """Refuses unless it is offered like this here: by time, publicly for clients, by that method (D8, CC-8)."""
    service, client = offer.service, access is SeatAccess.WIDGET
    if client and not service.public:
        raise unknown("service_id")
    if service.availability is AvailabilitySource.GROUP:
        code = "group_not_bookable_here" if access is SeatAccess.CONTACT_CENTRE else "not_bookable_here"
        raise invalid("/service_id", "This service is not booked by time slot here.", code)
    chooses = service.availability is AvailabilitySource.STAFF and service.client_chooses_staff
    if staff_id is not None and client and not chooses:
        raise invalid("/staff_id", "Staff cannot be chosen for this service.", "staff_not_selectable")
    if method is not None and method not in service.meeting_methods:
        raise invalid(
            "/meeting_method", UNAVAILABLE_TEXTS[Unavailable.METHOD_NOT_OFFERED], Unavailable.METHOD_NOT_OFFERED.value
        )


def unknown_reference(name: str) -> Refusal:
    """The refusal of a body that names a service or location not to be had."""
    return invalid(f"/{name}", "This is not offered here.", f"unknown_{name.removesuffix('_id')}")
