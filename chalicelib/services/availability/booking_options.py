"""The options left while staff book, in any order of choosing (CC-1, CC-2, CC-3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.domain.availability.booking_options import BookableBranch, BookingChoices, remaining_options
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import Location, MeetingMethod, Service, Staff
from chalicelib.domain.organisation.rota import Rota
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import Forbidden, NotFound
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.availability.booking_channels import (
    StaffChannel,
    can_book_for,
    can_schedule_at,
    require_channel,
)
from chalicelib.services.context import Context
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ref, Store


@dataclass(frozen=True, slots=True)
class BookingOptions:
    """The records of the remaining options, each kind in order of id."""

    services: tuple[Service, ...]
    locations: tuple[Location, ...]
    meeting_methods: tuple[MeetingMethod, ...]
    staff: tuple[Staff, ...]
    languages: tuple[str, ...]


class FindBookingOptions:
    """Finds valid combinations; reads the settings and three lists of the catalogue."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, context: Context, staff_channel: StaffChannel, chosen: BookingChoices) -> BookingOptions:
        """The options that go with the other choices and that the caller may book through this channel.

        404 for a chosen record that does not exist; 403 if the caller may not book, ``feature_disabled`` (CC-16).
        """
        settings = settings_in(self._store.read([Ref.to(Settings)], consistent=False))
        _require_channel(context.staff, staff_channel, chosen.location_id, settings)
        services, locations = self._store.catalogue(Service), self._store.catalogue(Location)
        people = [person for person in self._store.catalogue(Staff) if person.active]
        _require_known(chosen.service_id, services)
        _require_known(chosen.location_id, locations)
        _require_known(chosen.staff_id, people)
        branches = [_branch(context.staff, staff_channel, location.id, people) for location in locations]
        left = remaining_options(services, [branch for branch in branches if branch is not None], chosen)
        return BookingOptions(
            services=tuple(service for service in services if service.id in left.service_ids),
            locations=tuple(location for location in locations if location.id in left.location_ids),
            meeting_methods=left.methods,
            staff=tuple(person for person in people if person.id in left.staff_ids),
            languages=left.languages,
        )


def _require_channel(
    principal: Principal, staff_channel: StaffChannel, location_id: str | None, settings: Settings
) -> None:
    if staff_channel is StaffChannel.CONTACT_CENTRE or location_id is not None:
        require_channel(principal, staff_channel, location_id or "", settings)
    elif not (principal.may(Ability.BOOK_FOR_SELF) or principal.may(Ability.BOOK_FOR_OTHERS)):
        raise Forbidden()


def _require_known(wanted: str | None, known: Iterable[Service | Location | Staff]) -> None:
    if wanted is not None and all(record.id != wanted for record in known):
        raise NotFound()


def _branch(
    principal: Principal, staff_channel: StaffChannel, location_id: str, people: Iterable[Staff]
) -> BookableBranch | None:
    """The location with its staff; None if the caller may not book there."""
    if staff_channel is StaffChannel.SCHEDULE and not can_schedule_at(principal, location_id):
        return None
    # Only services and languages matter here, so the rota need not be read.
    members = tuple(
        TeamMember(location_id, person.id, person.role).updated_from(person, Rota(person.id))
        for person in people
        if location_id in person.location_ids
    )
    bookable = filter(can_book_for(principal, staff_channel, location_id), members)
    return BookableBranch(location_id, members, frozenset(member.staff_id for member in bookable))
