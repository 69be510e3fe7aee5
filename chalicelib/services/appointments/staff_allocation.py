"""Deciding where staff may put an appointment: a booking or a move, over capacity or with an override (D5)."""

from __future__ import annotations

from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.capacity.ledger import SeatAccess
from chalicelib.domain.organisation.catalogue import AvailabilitySource
from chalicelib.domain.shared.permissions import Ability, Principal
from chalicelib.services.availability.availability_reader import AvailableTimes


def allocate_for_staff(
    times: AvailableTimes, start: int, access: SeatAccess, principal: Principal, override: bool
) -> Allocation:
    """The seat at ``start`` (minutes since 1970 UTC); 409 and 422 as for clients, ``past`` with an override too.

    Through Schedule a full block is no obstacle, with an override nothing is (D5).
    """
    blocks = times.offer.service.availability is AvailabilitySource.QUICKSTREAM
    over_capacity = blocks and access is SeatAccess.SCHEDULE and principal.may(Ability.BOOK_OVER_CAPACITY)
    forced = times.allocate_overriding(start) if override or over_capacity else None
    return forced or times.allocate(start)
