"""Releasing and closing one block by hand, before its time (D12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.quickstream.blocks import Block
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services.context import Context
from chalicelib.services.crud import check_version
from chalicelib.services.quickstream.block_queries import (
    BlockOccurrence,
    locate_block,
    location_timezone,
    occurrences,
    read_settled,
)
from chalicelib.services.quickstream.block_writer import BlockChange, BlockWriter, apply_changes
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import AppointmentLists, Ids, Store

BlockAction = Callable[[BlockCapacity, Block], Block]


class ReleaseBlock:
    """Early releases and closings; repeated ones change nothing and give the same answer."""

    def __init__(self, store: Store, appointment_lists: AppointmentLists, ids: Ids, pause: Pause) -> None:
        self._store = store
        self._appointment_lists = appointment_lists
        self._block_writer = BlockWriter(store, ids)
        self._pause = pause

    def release(self, context: Context, block_id: str) -> BlockOccurrence:
        """Opens a held block; 409 ``wrong_state`` once it is closed or over, 404."""
        present = epoch_minute(context.now)

        def act(_: BlockCapacity, block: Block) -> Block:
            opened = block.advanced(present).released()
            return opened if opened == block else replace(opened, version=block.version + 1)

        return retry_on_conflict(lambda: self._apply(context, block_id, act), self._pause)

    def close(self, context: Context, block_id: str) -> BlockOccurrence:
        """Takes no more bookings; the appointments that sit here keep their seats. 404."""
        return retry_on_conflict(lambda: self._apply(context, block_id, close_block), self._pause)

    def _apply(self, context: Context, block_id: str, action: BlockAction) -> BlockOccurrence:
        place = locate_block(self._store, context.staff, Ability.BLOCK_RELEASE, block_id)
        timezone = location_timezone(self._store, place.location_id)
        placement, block = read_settled(self._appointment_lists, place, context.now)
        check_version(block, context)
        after = action(placement, block)
        block_changes = [] if after == block else [BlockChange(block, after)]
        calendar = apply_changes(placement.calendar, block_changes)
        occurrence = occurrences(calendar, [after], context.now, timezone)[0]
        self._block_writer.write(context, placement, block_changes, result=occurrence)
        return occurrence


def close_block(placement: BlockCapacity, block: Block) -> Block:
    """The block closed over those who sit in it."""
    return block.closed(tuple(o.id for o in placement.seated_by_block.get(block.id, ())))
