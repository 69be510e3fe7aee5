"""Releasing and closing one block by hand, before its time (D12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.capacity.block_capacity import Placement
from chalicelib.domain.quickstream.blocks import Block
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import minute
from chalicelib.services.crud import check_version
from chalicelib.services.quickstream.block_queries import Occurrence, find, occurrences, settled, zone_of
from chalicelib.services.quickstream.block_writer import Redrawing, Swap, applied
from chalicelib.services.retry import Pause, decide
from chalicelib.services.unit_of_work import Agenda, Context, Ids, Store

Act = Callable[[Placement, Block], Block]


class Opening:
    """Early releases and closings; repeated ones change nothing and give the same answer."""

    def __init__(self, store: Store, agenda: Agenda, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._agenda = agenda
        self._redrawing = Redrawing(store, ids)
        self._pause = pause

    def release(self, context: Context, block_id: str) -> Occurrence:
        """Opens a held block; 409 ``wrong_state`` once it is closed or over, 404."""
        present = minute(context.now)

        def act(_: Placement, block: Block) -> Block:
            opened = block.advanced(present).released()
            return opened if opened == block else replace(opened, version=block.version + 1)

        return decide(lambda: self._do(context, block_id, act), self._pause)

    def close(self, context: Context, block_id: str) -> Occurrence:
        """Takes no more bookings; the appointments that sit here keep their seats. 404."""
        return decide(lambda: self._do(context, block_id, kept), self._pause)

    def _do(self, context: Context, block_id: str, act: Act) -> Occurrence:
        place = find(self._store, context.staff, Ability.BLOCK_RELEASE, block_id)
        timezone = zone_of(self._store, place.location_id)
        placement, block = settled(self._agenda, place, context.now)
        check_version(block, context)
        after = act(placement, block)
        swaps = [] if after == block else [Swap(block, after)]
        calendar = applied(placement.calendar, swaps)
        occurrence = occurrences(calendar, [after], context.now, timezone)[0]
        self._redrawing.write(context, placement, swaps, result=occurrence)
        return occurrence


def kept(placement: Placement, block: Block) -> Block:
    """The block closed over those who sit in it."""
    return block.closed(tuple(o.id for o in placement.sitting.get(block.id, ())))
