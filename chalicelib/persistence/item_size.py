"""The size of an item as DynamoDB counts it, so that one that is too large is refused in words (TR-65)."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.domain.shared.errors import DayFull, Invalid
from chalicelib.persistence.table import Row

# DynamoDB takes 400 kB with the names of the attributes; the rest is for what later updates add.
MAX_ITEM_BYTES = 400_000
_NUMBER_BYTES = 21
_MAP_BYTES, _ENTRY_BYTES = 3, 1


def require_room(rows: Iterable[Row]) -> None:
    """Refuse a row that would pass the size of an item: 409 ``day_full`` for a sheet, 422 for others."""
    for row in rows:
        if item_bytes(row) > MAX_ITEM_BYTES:
            if row.kind == "sheet":
                raise DayFull
            raise Invalid("This is more than one record can hold: shorten it, or do it in parts.")


def item_bytes(row: Row) -> int:
    """The bytes of a row: names and texts in UTF-8, numbers at their longest, maps entry by entry."""
    return sum(_bytes(name) + _value_bytes(value) for name, value in row.attribute_values.items())


def _value_bytes(value: object) -> int:
    if isinstance(value, dict):
        entries = (_bytes(key) + _bytes(text) + _ENTRY_BYTES for key, text in value.items())
        return _MAP_BYTES + sum(entries)
    return _bytes(value) if isinstance(value, str) else _NUMBER_BYTES


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
