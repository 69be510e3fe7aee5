"""Releasing and closing one block by hand, before its time (D12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.capacity.block_capacity import BlockCapacity
from chalicelib.domain.quickstream.blocks import Block
from chalicelib.domain.shared.permissions import Ability
from chalicelib.domain.shared.times import epoch_minute
from chalicelib.services.context import Context
from chalicelib.services.quickstream.block_reader import BlockOccurrence, BlockReader, occurrences
from chalicelib.services.quickstream.block_writer import BlockChange, BlockWriter, apply_changes
from chalicelib.services.retry import Pause, retry_on_conflict
from chalicelib.services.store_port import AppointmentLists, Ids, Store

BlockAction = Callable[[BlockCapacity, Block], Block]


class ReleaseBlock:
    """Early releases and closings; a repeated one changes nothing and gives the same answer."""

    def __init__(self, store: Store, appointment_lists: AppointmentLists, ids: Ids, pause: Pause) -> None:
        self._reader = BlockReader(store, appointment_lists)
        self._block_writer = BlockWriter(store, ids)
        self._pause = pause

    def release(self, context: Context, block_id: str) -> BlockOccurrence:
        """Opens a held block; 409 ``wrong_state`` once it is closed or over, 404."""
        present = epoch_minute(context.now)

        def release(_: BlockCapacity, block: Block) -> Block:
            released = block.advanced(present).released()
            return released if released == block else replace(released, version=block.version + 1)

        return retry_on_conflict(lambda: self._apply(context, block_id, release), self._pause)

    def close(self, context: Context, block_id: str) -> BlockOccurrence:
        """Takes no more bookings; the appointments in the block keep their seats. 404."""
        return retry_on_conflict(lambda: self._apply(context, block_id, BlockCapacity.closed), self._pause)

    def _apply(self, context: Context, block_id: str, action: BlockAction) -> BlockOccurrence:
        index_entry = self._reader.locate(context, Ability.BLOCK_RELEASE, block_id)
        timezone = self._reader.location(index_entry.location_id).timezone
        capacity, block = self._reader.find_settled(context, index_entry)
        after = action(capacity, block)
        block_changes = [] if after == block else [BlockChange(block, after)]
        calendar = apply_changes(capacity.calendar, block_changes)
        occurrence = occurrences(calendar, [after], context.now, timezone)[0]
        self._block_writer.write(context, capacity, block_changes, result=occurrence)
        return occurrence
