"""Holding a slot for somebody who is still typing (D13, WG-7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.domain.availability.allocation import Place
from chalicelib.domain.availability.block_slots import Seeker
from chalicelib.domain.availability.holds import Hold, digest
from chalicelib.domain.availability.staff_slots import Preference
from chalicelib.domain.capacity.ledger import Right
from chalicelib.domain.organisation.catalog import Method, Offer
from chalicelib.domain.shared.errors import (
    BlockNotReleased,
    CapacityExhausted,
    NoStaffForLanguage,
    NotFound,
    OutsideBlock,
    SlotTaken,
    Stale,
)
from chalicelib.domain.shared.times import minute, resolve
from chalicelib.services.availability import ledger_io
from chalicelib.services.availability.availability_reader import (
    FreeTimes,
    Question,
    Where,
    require_offered,
    unknown_reference,
)
from chalicelib.services.retry import Pause, decide
from chalicelib.services.unit_of_work import Change, Context, Found, Ids, Ref, Store


@dataclass(frozen=True, slots=True)
class HoldWish:
    """The slot to hold; ``start`` is an instant or wall time in ``timezone``."""

    service_id: str
    location_id: str
    method: Method
    start: datetime
    timezone: str | None
    staff_id: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A hold as its holder gets it: the token is shown this once."""

    id: str
    token: str
    expires_at: datetime


class Holding:
    """Holds: read, decided and written as a booking is."""

    def __init__(self, store: Store, times: FreeTimes, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._times = times
        self._ids = ids
        self._pause = pause

    def hold(self, context: Context, wish: HoldWish) -> Held:
        """Keeps the slot for the organisation's hold time; 409 ``slot_taken`` when it is not to be had."""
        start = minute(resolve(wish.start, wish.timezone))
        return decide(lambda: self._hold(context, wish, start), self._pause)

    def release(self, context: Context, hold_id: str, token: str) -> None:
        """Gives the slot back early; 404 for a hold or token nobody was given."""
        hold = self._store.read([Ref.to(Hold, hold_id)]).require(Hold, hold_id)
        hold.require(token)
        change = Change()
        change.delete(hold)
        ledger_io.leave(change, hold.id, hold.stands())
        try:
            self._store.commit(change)
        except Stale:
            raise NotFound() from None

    def _hold(self, context: Context, wish: HoldWish, start: int) -> Held:
        seeker = Seeker(Right.WIDGET, context.now)

        def pose(offer: Offer, _: Found) -> Question:
            require_offered(offer, wish.method, wish.staff_id, Right.WIDGET, unknown_reference)
            return Question(offer, seeker, Preference(wish.staff_id, wish.language))

        where = Where(wish.service_id, wish.location_id, start, start + 1)
        times, _ = self._times.read(where, pose, unknown=unknown_reference)
        try:
            place = times.place(start)
        except (CapacityExhausted, OutsideBlock, BlockNotReleased, NoStaffForLanguage) as refusal:
            raise SlotTaken(refusal.detail) from None
        expires = seeker.seconds + 60 * times.offer.settings.hold_minutes
        hold_id = self._ids.new("hld", context.now, place.turn)
        token = f"{hold_id}.{self._ids.secret()}"
        change = Change()
        change.save(_kept(place, hold_id, token, expires))
        ledger_io.take(change, place, place.occupant(hold_id, Right.WIDGET, expires), context.now)
        held = Held(hold_id, token, datetime.fromtimestamp(expires, UTC))
        self._store.commit(change, context.once, held)
        return held


def _kept(place: Place, hold_id: str, token: str, expires: int) -> Hold:
    service = place.offer.service
    return Hold(
        id=hold_id,
        digest=digest(token),
        location_id=place.offer.location.id,
        service_id=service.id,
        start=place.start,
        end=place.end,
        expires=expires,
        staff_id=place.staff_id,
        buffer_before=service.buffer_before if place.post else 0,
        buffer_after=service.buffer_after if place.post else 0,
    )
