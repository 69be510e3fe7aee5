"""The channels staff book through, contact centre and Schedule: who may use each, and its seats (D5, D6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from chalicelib.domain.capacity.ledger import SeatAccess
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.errors import FeatureDisabled, Forbidden
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.context import Context
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import Ref, Store


class StaffChannel(StrEnum):
    """A channel as a request names it."""

    CONTACT_CENTRE = "contact_centre"
    SCHEDULE = "schedule"

    @property
    def access(self) -> SeatAccess:
        """The seats it may take: the contact centre keeps to the limit, Schedule may exceed it (D5, D6)."""
        return SeatAccess.CONTACT_CENTRE if self is StaffChannel.CONTACT_CENTRE else SeatAccess.SCHEDULE

    @property
    def channel(self) -> Channel:
        """The channel shown in the log and as Booked Through (CL-6)."""
        return Channel.CALL_CENTRE if self is StaffChannel.CONTACT_CENTRE else Channel.SCHEDULE


def require_channel(principal: Principal, staff_channel: StaffChannel, location_id: str, settings: Settings) -> None:
    """403 unless the caller may use this channel at this location, ``feature_disabled`` if it is switched off (CC-16).

    ``can_schedule_at`` decides for Schedule.
    """
    if staff_channel is StaffChannel.CONTACT_CENTRE:
        if not principal.may(Ability.BOOK_CONTACT_CENTRE):
            raise Forbidden()
        if not settings.contact_centre:
            raise FeatureDisabled("The contact centre is switched off.")
        return
    if not can_schedule_at(principal, location_id):
        raise Forbidden("You do not work at this location.")


def can_schedule_at(principal: Principal, location_id: str) -> bool:
    """True if they may book through Schedule there: for others, or for themselves where they work."""
    for_others = principal.reaches(Ability.BOOK_FOR_OTHERS, location_id=location_id)
    return for_others or (principal.may(Ability.BOOK_FOR_SELF) and location_id in principal.location_ids)


def channel_at(principal: Principal, location_id: str) -> StaffChannel:
    """The channel a staff member uses there: Schedule, unless they may only use the contact centre."""
    only_central = principal.may(Ability.BOOK_CONTACT_CENTRE) and not can_schedule_at(principal, location_id)
    return StaffChannel.CONTACT_CENTRE if only_central else StaffChannel.SCHEDULE


def with_staff_channel(store: Store, context: Context, location_id: str) -> Context:
    """The call with the channel for the log: the contact centre if the caller may use only that there (CL-6).

    403 ``feature_disabled`` if it is switched off (CC-16); for other callers nothing is read.
    """
    if channel_at(context.staff, location_id) is StaffChannel.SCHEDULE:
        return context
    settings = settings_in(store.read([Ref.to(Settings)]))
    require_channel(context.staff, StaffChannel.CONTACT_CENTRE, location_id, settings)
    return replace(context, channel=StaffChannel.CONTACT_CENTRE.channel)


def can_book_for(principal: Principal, staff_channel: StaffChannel, location_id: str) -> Callable[[TeamMember], bool]:
    """A test for members the caller may book for: all in the contact centre (CC-1), else oneself and those in reach."""

    def is_allowed(member: TeamMember) -> bool:
        if staff_channel is StaffChannel.CONTACT_CENTRE:
            return True
        own = member.staff_id == principal.staff_id
        ability = Ability.BOOK_FOR_SELF if own else Ability.BOOK_FOR_OTHERS
        return principal.reaches(ability, location_id=location_id, own=own, owner_role=member.role)

    return is_allowed


def require_override(principal: Principal, location_id: str, staff_id: str | None) -> None:
    """403 unless the caller may override schedules and conflicts there, or in their own calendar."""
    own = staff_id is not None and staff_id == principal.staff_id
    if not principal.reaches(Ability.REBOOK_OVERRIDE, location_id=location_id, own=own):
        raise Forbidden("Your role may not override schedules and conflicts.")
