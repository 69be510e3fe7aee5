"""The free starts nearest to one that is taken."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.domain.availability.block_slots import Slot


def nearest_starts(slots: Iterable[Slot], start: int, limit: int = 3) -> list[int]:
    """Up to ``limit`` other starts among these slots, the closest to ``start`` first."""
    others = (slot.start for slot in slots if slot.start != start)
    return sorted(others, key=lambda s: (abs(s - start), s))[:limit]
