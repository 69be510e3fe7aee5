"""The caller who looks for a time, and the window in which they may book (WG-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.domain.availability.unavailable_reasons import Unavailable
from chalicelib.domain.capacity.ledger import Occupant, SeatAccess
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.shared.times import day_bounds, epoch_minute

# Staff plan further ahead than clients may book.
_SCHEDULE_DAYS = 366


@dataclass(frozen=True, slots=True)
class Requester:
    """The caller who looks for a time: access, now, the hold they have, the id of the appointment they move."""

    access: SeatAccess
    now: datetime
    hold: Occupant | None = None
    moving: str | None = None

    @property
    def now_seconds(self) -> int:
        """Now as epoch seconds, the unit in which holds expire."""
        return int(self.now.timestamp())

    @property
    def own_occupants(self) -> frozenset[str]:
        """Ids of the occupants that do not stand in the requester's way: the appointment moved and their own hold."""
        return frozenset(i for i in (self.moving, self.hold.id if self.hold else None) if i)


def window_violation(offer: Offer, requester: Requester, start: int) -> Unavailable | None:
    """``PAST``, ``TOO_SOON`` or ``TOO_FAR`` for this requester (WG-2), else None."""
    earliest, latest = booking_window(offer, requester)
    if start <= epoch_minute(requester.now):
        return Unavailable.PAST
    if start < earliest:
        return Unavailable.TOO_SOON
    return Unavailable.TOO_FAR if start > latest else None


def booking_window(offer: Offer, requester: Requester) -> tuple[int, int]:
    """The first and the last start the requester may book; lead time is for clients only (WG-2)."""
    lead = offer.lead_minutes if requester.access is SeatAccess.WIDGET else 0
    # A start in the current minute is past: the first that counts is in the next one.
    earliest = max(epoch_minute(requester.now) + 1, -(-int(requester.now.timestamp() + 60 * lead) // 60))
    tz = ZoneInfo(offer.location.timezone)
    ahead = max(offer.horizon_days, _SCHEDULE_DAYS) if requester.access is SeatAccess.SCHEDULE else offer.horizon_days
    last_day = requester.now.astimezone(tz).date() + timedelta(days=ahead)
    return earliest, epoch_minute(day_bounds(last_day, tz)[1]) - 1
