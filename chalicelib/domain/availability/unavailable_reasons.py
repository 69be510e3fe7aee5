"""The reasons why a time cannot be booked, their texts, and the refusals that follow from them."""

from __future__ import annotations

from enum import StrEnum

from chalicelib.domain.shared.errors import (
    BlockNotReleased,
    CapacityExhausted,
    NoStaffForLanguage,
    OutsideBlock,
    Refusal,
    SlotTaken,
    invalid,
)


class Unavailable(StrEnum):
    """Why a time cannot be booked: the codes of ``explain``."""

    NO_BLOCK = "no_block"
    BLOCK_HELD = "block_held"
    BLOCK_CLOSED = "block_closed"
    FULL = "full"
    RESERVED_FOR_STAFF = "reserved_for_staff"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    PAST = "past"
    OFF_GRID = "off_grid"
    METHOD_NOT_OFFERED = "method_not_offered"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    STAFF_NOT_WORKING = "staff_not_working"
    STAFF_BUSY = "staff_busy"
    DAILY_LIMIT = "daily_limit"
    LANGUAGE_UNAVAILABLE = "language_unavailable"


UNAVAILABLE_TEXTS: dict[Unavailable, str] = {
    Unavailable.NO_BLOCK: "No appointments of this service are planned at this time.",
    Unavailable.BLOCK_HELD: "Appointments at this time cannot be booked yet.",
    Unavailable.BLOCK_CLOSED: "Booking for this time has been closed.",
    Unavailable.FULL: "All appointments at this time are taken.",
    Unavailable.RESERVED_FOR_STAFF: "The appointments left at this time are given out by staff.",
    Unavailable.TOO_SOON: "This time is too near to be booked online.",
    Unavailable.TOO_FAR: "This time is too far ahead to be booked.",
    Unavailable.PAST: "This time lies in the past.",
    Unavailable.OFF_GRID: "Appointments do not start at this minute.",
    Unavailable.METHOD_NOT_OFFERED: "The service is not offered this way.",
    Unavailable.CLOSED: "The location is closed at this time.",
    Unavailable.HOLIDAY: "The location is closed on this public holiday.",
    Unavailable.STAFF_NOT_WORKING: "Nobody who offers this works at this time.",
    Unavailable.STAFF_BUSY: "Everybody who offers this is busy at this time.",
    Unavailable.DAILY_LIMIT: "No more appointments are taken on this day.",
    Unavailable.LANGUAGE_UNAVAILABLE: "Nobody who offers this speaks the language.",
}


_NOBODY_FREE = frozenset(
    {
        Unavailable.CLOSED,
        Unavailable.HOLIDAY,
        Unavailable.STAFF_NOT_WORKING,
        Unavailable.STAFF_BUSY,
        Unavailable.DAILY_LIMIT,
    }
)


def refusal_for(reason: Unavailable) -> Refusal:
    """The refusal of a booking for this reason."""
    detail = UNAVAILABLE_TEXTS[reason]
    if reason in (Unavailable.FULL, Unavailable.RESERVED_FOR_STAFF):
        return CapacityExhausted(detail)
    if reason is Unavailable.BLOCK_HELD:
        return BlockNotReleased(detail)
    if reason in (Unavailable.NO_BLOCK, Unavailable.BLOCK_CLOSED):
        return OutsideBlock(detail)
    if reason in _NOBODY_FREE:
        return SlotTaken(detail)
    if reason is Unavailable.LANGUAGE_UNAVAILABLE:
        return NoStaffForLanguage(detail)
    pointer = "/meeting_method" if reason is Unavailable.METHOD_NOT_OFFERED else "/start"
    return invalid(pointer, detail, reason.value)


def check_override(reason: Unavailable | None) -> bool:
    """True if a booking despite this reason is over capacity.

    Refuses starts that nobody may book: in the past, or further ahead than staff plan.
    """
    if reason in (Unavailable.PAST, Unavailable.TOO_FAR):
        raise refusal_for(reason)
    return reason is not None
