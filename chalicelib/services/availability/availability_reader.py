"""Reading free times from blocks or staff calendars, through one interface for both (D7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.availability.block_slots import BlockSlots, Slot
from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.staff_choice import ANY_STAFF, StaffPreference, eligible_members
from chalicelib.domain.availability.staff_slots import MARGIN_MINUTES, StaffSlots
from chalicelib.domain.availability.unavailable_reasons import Unavailable, refusal_for
from chalicelib.domain.capacity.ledger import SeatAccess, sheet_days
from chalicelib.domain.organisation.branch_roster import BranchRoster, TeamMember, offers_service
from chalicelib.domain.organisation.catalogue import AvailabilitySource, MeetingMethod
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.shared.errors import NotFound, Refusal, invalid
from chalicelib.services.availability import ledger_io
from chalicelib.services.store_port import ReadResult, Ref, Store


class AvailableTimes(Protocol):
    """The free times of one service at one location for one requester (``BlockSlots``, ``StaffSlots``)."""

    offer: Offer

    def free_slots(self, first: int, last: int) -> Iterator[Slot]:
        """Every bookable start in [first, last), in order."""

    def unavailable_reason(self, start: int) -> Unavailable | None:
        """The reason why ``start`` cannot be booked; None if it can."""

    def allocate(self, start: int) -> Allocation:
        """The place for an appointment that begins then; raises the refusal if it cannot be booked."""

    def allocate_overriding(self, start: int) -> Allocation | None:
        """The place for it despite conflicts; None if that takes a staff member and none is named."""


@dataclass(frozen=True, slots=True)
class AvailabilityWindow:
    """A service, a location and the starts in [first, last) to look at (minutes since 1970 UTC)."""

    service_id: str
    location_id: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class AvailabilityQuery:
    """The requester, the offer and the preferred staff; ``is_allowed`` filters the roster.

    A preferred staff member who does not offer the service there is refused (422 ``unknown_staff``), or with
    ``lenient`` has no free times.
    """

    offer: Offer
    requester: Requester
    preference: StaffPreference = ANY_STAFF
    is_allowed: Callable[[TeamMember], bool] = lambda _: True
    lenient: bool = False


BuildQuery = Callable[[Offer, ReadResult], AvailabilityQuery]
"""Builds the query from the offer and the other records read; refuses what is not offered."""


class AvailabilityReader:
    """Reads free times.

    A Quickstream service takes one batch read. A staff service takes a query for the roster beside that batch, then
    the staff members' own sheets, in parallel.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        # Each service's source when last read: a guess at what to read with it, checked against the record.
        self._known_sources: dict[str, AvailabilitySource] = {}

    def read(
        self,
        window: AvailabilityWindow,
        build_query: BuildQuery,
        refs: Sequence[Ref[Any]] = (),
        *,
        consistent: bool = True,
        unknown: Callable[[str], Refusal] = lambda _: NotFound(),
    ) -> tuple[AvailableTimes, ReadResult]:
        """The free times and the records of ``refs``; ``unknown`` makes the refusal of a service or location."""

        def attempt(days: list[str]) -> tuple[AvailableTimes, ReadResult]:
            guess = self._known_sources.get(window.service_id, AvailabilitySource.QUICKSTREAM)
            basics = [*ledger_io.offer_refs(window.location_id, window.service_id), *refs]
            found = self._store.read([*basics, *_source_refs(guess, window, days)], consistent=consistent)
            offer = ledger_io.offer_in(found, window.location_id, window.service_id, unknown)
            query = build_query(offer, found)
            source = offer.service.availability
            source_records = found
            if source is not guess:
                self._known_sources[window.service_id] = source
                source_records = self._store.read(_source_refs(source, window, days), consistent=consistent)
            if source is AvailabilitySource.STAFF:
                return self._read_staff_slots(window, query, source_records, consistent), found
            return _slots_from_blocks(window, query, source_records, days), found

        return ledger_io.read_until_settled(window.first, window.last, attempt)

    def _read_staff_slots(
        self, window: AvailabilityWindow, query: AvailabilityQuery, found: ReadResult, consistent: bool
    ) -> StaffSlots:
        roster = found.require(BranchRoster, window.location_id)
        preference = query.preference
        staff_id = preference.staff_id
        if staff_id and not query.lenient and not offers_service(roster.member(staff_id), window.service_id):
            raise invalid("/staff_id", "They do not offer this service here.", "unknown_staff")
        roster = replace(roster, members=tuple(filter(query.is_allowed, roster.members)))
        length = query.offer.service.duration_minutes
        span = window.first - MARGIN_MINUTES, window.last + length + MARGIN_MINUTES
        members = eligible_members(roster, window.service_id, preference)
        sheets = {member.staff_id: sheet_days(member.staff_id, *span) for member in members}
        refs = [ref for id_, days in sheets.items() for ref in ledger_io.sheet_refs(id_, days)]
        found = self._store.read(refs, consistent=consistent) if refs else found
        calendars = {id_: ledger_io.calendar_in(found, id_, days) for id_, days in sheets.items()}
        return StaffSlots(query.offer, roster, calendars, query.requester, preference, window.first, window.last)


def _source_refs(source: AvailabilitySource, window: AvailabilityWindow, days: Iterable[str]) -> list[Ref[Any]]:
    """The records that free times from this source are computed from."""
    if source is AvailabilitySource.STAFF:
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
    """Refuses unless the service is booked by time here, public for clients, and by this method (D8, CC-8)."""
    service, is_client = offer.service, access is SeatAccess.WIDGET
    if is_client and not service.public:
        raise unknown("service_id")
    if service.availability is AvailabilitySource.GROUP:
        code = "group_not_bookable_here" if access is SeatAccess.CONTACT_CENTRE else "not_bookable_here"
        raise invalid("/service_id", "This service is not booked by time slot here.", code)
    may_choose = service.availability is AvailabilitySource.STAFF and service.client_chooses_staff
    if staff_id is not None and is_client and not may_choose:
        raise invalid("/staff_id", "Staff cannot be chosen for this service.", "staff_not_selectable")
    if method is not None and method not in service.meeting_methods:
        raise refusal_for(Unavailable.METHOD_NOT_OFFERED)


def unknown_reference(name: str) -> Refusal:
    """The refusal of a body that names an unknown service or location."""
    return invalid(f"/{name}", "This is not offered here.", f"unknown_{name.removesuffix('_id')}")
