"""Holding a slot for somebody who is still typing (D13, WG-7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.domain.catalog import Method
from chalicelib.domain.errors import (
    BlockNotReleased,
    CapacityExhausted,
    NotFound,
    OutsideBlock,
    SlotTaken,
    Stale,
)
from chalicelib.domain.holds import Hold, digest
from chalicelib.domain.ledger import Occupant, Right
from chalicelib.domain.slots import Seeker
from chalicelib.domain.times import minute, resolve, utc_days
from chalicelib.services import calendars
from chalicelib.services.booking import require_bookable, unknown_reference
from chalicelib.services.deciding import Pause, decide
from chalicelib.services.ports import Change, Context, Ids, Ref, Store


@dataclass(frozen=True, slots=True)
class HoldWish:
    """The slot to hold; ``start`` is an instant or wall time in ``timezone``."""

    service_id: str
    location_id: str
    method: Method
    start: datetime
    timezone: str
    staff_id: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A hold as its holder gets it: the token is shown this once."""

    id: str
    token: str
    expires_at: datetime


class Holding:
    """Holds: one batch read and one transaction."""

    def __init__(self, store: Store, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._ids = ids
        self._pause = pause

    def hold(self, context: Context, wish: HoldWish) -> Held:
        """Keeps the slot for the organisation's hold time; 409 ``slot_taken`` when it is not to be had."""
        start = minute(resolve(wish.start, wish.timezone))
        return decide(
            lambda: calendars.widening(start, start + 1, lambda days: self._hold(context, wish, start, days)),
            self._pause,
        )

    def release(self, context: Context, hold_id: str, token: str) -> None:
        """Gives the slot back early; 404 for a hold or token nobody was given."""
        hold = self._store.read([Ref.to(Hold, hold_id)]).require(Hold, hold_id)
        hold.require(token)
        change = Change()
        change.delete(hold)
        change.vacate(hold.location_id, utc_days(hold.start, hold.end), hold.id)
        try:
            self._store.commit(change)
        except Stale:
            raise NotFound() from None

    def _hold(self, context: Context, wish: HoldWish, start: int, days: list[str]) -> Held:
        refs = calendars.offer_refs(wish.location_id, wish.service_id)
        found = self._store.read([*refs, *calendars.sheet_refs(wish.location_id, days)])
        offer = calendars.offer_in(found, wish.location_id, wish.service_id, unknown_reference)
        require_bookable(offer, wish.method, wish.staff_id, Right.WIDGET)
        seeker = Seeker(Right.WIDGET, context.now)
        slots, calendar = calendars.slots_in(found, offer, days, seeker, start, start + 1)
        try:
            slots.require(start)
        except (CapacityExhausted, OutsideBlock, BlockNotReleased) as refusal:
            raise SlotTaken(refusal.detail) from None
        expires = seeker.seconds + 60 * offer.settings.hold_minutes
        hold_id = self._ids.new("hld", context.now, calendar.turn(start))
        token = f"{hold_id}.{self._ids.secret()}"
        end = start + offer.service.duration_minutes
        hold = Hold(hold_id, digest(token), wish.location_id, wish.service_id, start, end, expires)
        occupant = Occupant(hold_id, start, end, wish.service_id, Right.WIDGET, expires=expires)
        change = Change()
        change.save(hold)
        calendars.write_sheets(change, calendar, calendar.placed(occupant), slots.hull(start), seeker.seconds)
        held = Held(hold_id, token, datetime.fromtimestamp(expires, UTC))
        self._store.commit(change, context.once, held)
        return held
