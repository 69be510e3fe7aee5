"""Small ledgers for tests: blocks and occupants by minutes after nine on a Thursday in Toronto."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from chalicelib.domain.capacity.ledger import Calendar, Occupant, SeatAccess, days_around
from chalicelib.domain.quickstream.blocks import Block, BlockState
from chalicelib.domain.shared.times import epoch_minute

NINE = epoch_minute(datetime(2026, 12, 3, 14, tzinfo=UTC))
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
MORTGAGE, ACCOUNT = "svc_mortgage", "svc_account"


def block(
    name: str = "a",
    limit: int = 1,
    *,
    start: int = 0,
    end: int = 180,
    services: tuple[str, ...] = (MORTGAGE, ACCOUNT),
    state: BlockState = BlockState.RELEASED,
    reserved: int = 0,
    keeps: tuple[str, ...] = (),
) -> Block:
    return Block(
        id=f"blk_{name}",
        series_id="ser_1",
        location_id="loc_1",
        start=NINE + start,
        end=NINE + end,
        limit=limit,
        services=services,
        state=state,
        reserved=reserved,
        keeps=keeps,
    )


def booked(
    name: str,
    start: int,
    end: int,
    service: str = MORTGAGE,
    access: SeatAccess = SeatAccess.WIDGET,
    *,
    over: bool = False,
) -> Occupant:
    """An appointment; names sort by creation."""
    return Occupant(f"apt_{name}", NINE + start, NINE + end, service, access, over)


def held(name: str, start: int, end: int, *, expires: int = 600, service: str = MORTGAGE) -> Occupant:
    """A hold that ends so many seconds after now."""
    return Occupant(f"hld_{name}", NINE + start, NINE + end, service, expires=SECONDS + expires)


def calendar(blocks: Iterable[Block] = (), occupants: Iterable[Occupant] = ()) -> Calendar:
    """A calendar of the days around, with these blocks and occupants."""
    found = Calendar.from_sheets("loc_1", days_around(NINE, NINE + 180), [])
    for one in blocks:
        found = found.with_block(one)
    for occupant in occupants:
        found = found.with_occupant(occupant)
    return found
