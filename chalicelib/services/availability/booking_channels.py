"""The two doors staff book through, the contact centre and Schedule: which seats each opens, and to whom (D5, D6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from chalicelib.domain.capacity.ledger import Right
from chalicelib.domain.organisation.catalog import Settings
from chalicelib.domain.organisation.roster import Post
from chalicelib.domain.shared.errors import FeatureDisabled, Forbidden
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.unit_of_work import Context, Ref, Store


class Door(StrEnum):
    """A channel as a request names it."""

    CONTACT_CENTRE = "contact_centre"
    SCHEDULE = "schedule"

    @property
    def right(self) -> Right:
        """The seats it opens: the contact centre keeps to the limit, Schedule to nothing (D5, D6)."""
        return Right.CONTACT_CENTRE if self is Door.CONTACT_CENTRE else Right.SCHEDULE

    @property
    def channel(self) -> Channel:
        """What the log and Booked Through say (CL-6)."""
        return Channel.CALL_CENTRE if self is Door.CONTACT_CENTRE else Channel.SCHEDULE


def require_open(principal: Principal, door: Door, location_id: str, settings: Settings) -> None:
    """403 unless the caller may book through this door at this location; ``feature_disabled`` when it is shut (CC-16).

    Through Schedule that is anybody whom ``schedules_at`` lets.
    """
    if door is Door.CONTACT_CENTRE:
        if not principal.may(Ability.BOOK_CONTACT_CENTRE):
            raise Forbidden()
        if not settings.contact_centre:
            raise FeatureDisabled("The contact centre is switched off.")
        return
    if not schedules_at(principal, location_id):
        raise Forbidden("You do not work at this location.")


def schedules_at(principal: Principal, location_id: str) -> bool:
    """Whether they may book through Schedule there: for others, or for themselves where they work."""
    for_others = principal.reaches(Ability.BOOK_FOR_OTHERS, location_id=location_id)
    return for_others or (principal.may(Ability.BOOK_FOR_SELF) and location_id in principal.location_ids)


def door_at(principal: Principal, location_id: str) -> Door:
    """The door somebody edits appointments through: Schedule, unless the contact centre is all they have there."""
    central = principal.may(Ability.BOOK_CONTACT_CENTRE) and not schedules_at(principal, location_id)
    return Door.CONTACT_CENTRE if central else Door.SCHEDULE


def entering(store: Store, context: Context, location_id: str) -> Context:
    """The call as the log names it: whoever has nothing but the contact centre there works through that (CL-6).

    403 ``feature_disabled`` when it is switched off (CC-16); nothing is read for anybody else.
    """
    if door_at(context.staff, location_id) is Door.SCHEDULE:
        return context
    settings = settings_in(store.read([Ref.to(Settings)]))
    require_open(context.staff, Door.CONTACT_CENTRE, location_id, settings)
    return replace(context, channel=Door.CONTACT_CENTRE.channel)


def may_have(principal: Principal, door: Door, location_id: str) -> Callable[[Post], bool]:
    """Whom the caller may book for: anybody through the contact centre (CC-1), else oneself and those in reach."""

    def reached(post: Post) -> bool:
        if door is Door.CONTACT_CENTRE:
            return True
        own = post.staff_id == principal.staff_id
        ability = Ability.BOOK_FOR_SELF if own else Ability.BOOK_FOR_OTHERS
        return principal.reaches(ability, location_id=location_id, own=own, whose=post.role)

    return reached


def require_override(principal: Principal, location_id: str, staff_id: str | None) -> None:
    """403 unless the caller may book in spite of schedules and other appointments there, or in their own time."""
    own = staff_id is not None and staff_id == principal.staff_id
    if not principal.reaches(Ability.REBOOK_OVERRIDE, location_id=location_id, own=own):
        raise Forbidden("Your role may not override schedules and conflicts.")
