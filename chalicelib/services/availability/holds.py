"""Holding a slot while a client fills in the form (D13, WG-7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.domain.availability.allocation import Allocation
from chalicelib.domain.availability.booking_window import Requester
from chalicelib.domain.availability.holds import Hold, token_digest
from chalicelib.domain.availability.staff_choice import StaffPreference
from chalicelib.domain.capacity.ledger import SeatAccess
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.organisation.settings import Offer
from chalicelib.domain.shared.errors import (
    BlockNotReleased,
    CapacityExhausted,
    NoStaffForLanguage,
    NotFound,
    OutsideBlock,
    SlotTaken,
    Stale,
)
from chalicelib.domain.shared.times import epoch_minute, resolve_start
from chalicelib.services.availability import ledger_io
from chalicelib.services.availability.availability_reader import (
    AvailabilityQuery,
    AvailabilityReader,
    AvailabilityWindow,
    require_offered,
    unknown_reference,
)
from chalicelib.services.context import Context
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import Ids, ReadResult, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """The slot to hold; ``start`` is an instant or wall time in ``timezone``."""

    service_id: str
    location_id: str
    method: MeetingMethod
    start: datetime
    timezone: str | None
    staff_id: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedHold:
    """A hold as the client gets it: the token is shown only once."""

    id: str
    token: str
    expires_at: datetime


class HoldSlot:
    """Makes and releases holds; read, decided and written like bookings."""

    def __init__(self, store: Store, availability_reader: AvailabilityReader, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._availability_reader = availability_reader
        self._ids = ids
        self._pause = pause

    def hold(self, context: Context, request: HoldRequest) -> IssuedHold:
        """Keeps the slot for the organisation's hold time; 409 ``slot_taken`` if it is not free."""
        start = epoch_minute(resolve_start(request.start, request.timezone))
        return retry_on_conflict(lambda: self._hold(context, request, start), self._pause)

    def release(self, context: Context, hold_id: str, token: str) -> None:
        """Gives the slot back early; 404 for an unknown hold or token."""
        hold = self._store.read([Ref.to(Hold, hold_id)]).require(Hold, hold_id)
        hold.require_token(token)
        work = UnitOfWork()
        work.delete(hold)
        ledger_io.remove_occupant(work, hold.id, hold.calendar_spans())
        try:
            self._store.commit(work)
        except Stale:
            raise NotFound() from None

    def _hold(self, context: Context, request: HoldRequest, start: int) -> IssuedHold:
        requester = Requester(SeatAccess.WIDGET, context.now)

        def build_query(offer: Offer, _: ReadResult) -> AvailabilityQuery:
            require_offered(offer, request.method, request.staff_id, SeatAccess.WIDGET, unknown_reference)
            return AvailabilityQuery(offer, requester, StaffPreference(request.staff_id, request.language))

        window = AvailabilityWindow(request.service_id, request.location_id, start, start + 1)
        times, _ = self._availability_reader.read(window, build_query, unknown=unknown_reference)
        try:
            allocation = times.allocate(start)
        except (CapacityExhausted, OutsideBlock, BlockNotReleased, NoStaffForLanguage) as refusal:
            raise SlotTaken(refusal.detail) from None
        expires = requester.now_seconds + 60 * times.offer.settings.hold_minutes
        hold_id = self._ids.new("hld", context.now, allocation.sequence)
        token = f"{hold_id}.{self._ids.secret()}"
        work = UnitOfWork()
        work.save(_build_hold(allocation, hold_id, token, expires))
        occupant = allocation.to_occupant(hold_id, SeatAccess.WIDGET, expires)
        ledger_io.write_occupant(work, allocation, occupant, context.now)
        issued = IssuedHold(hold_id, token, datetime.fromtimestamp(expires, UTC))
        self._store.commit(work, context.idempotency, issued)
        return issued


def _build_hold(allocation: Allocation, hold_id: str, token: str, expires: int) -> Hold:
    service = allocation.offer.service
    return Hold(
        id=hold_id,
        digest=token_digest(token),
        location_id=allocation.offer.location.id,
        service_id=service.id,
        start=allocation.start,
        end=allocation.end,
        expires=expires,
        staff_id=allocation.staff_id,
        buffer_before=service.buffer_before if allocation.member else 0,
        buffer_after=service.buffer_after if allocation.member else 0,
    )
