"""The size of an item and the units of a read, by the documented rules of DynamoDB.

The embedded AWS reports the units of writes by these rules, but none for batch reads and a flat unit for
queries; real DynamoDB reports them all. So the units of reads are computed here, from each request and answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Mapping[str, Any]]

_READ_UNIT = 4096
_OVERHEAD = 3  # bytes of every list and map


def item_size(item: Item) -> int:
    """Bytes of an item: its attributes' names (UTF-8) and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def read_units(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """Read request units of one call; 0 for a write.

    A batch read rounds every item up to 4 KB and charges one unit for a missing one; a query rounds the sum. An
    eventually consistent read costs half.
    """
    if operation == "BatchGetItem":
        return sum(_batch_units(table, config, answer) for table, config in request["RequestItems"].items())
    if operation == "Query":
        return _units(sum(map(item_size, answer["Items"]))) * _share(request)
    if operation == "GetItem":
        return _units(item_size(answer.get("Item", {}))) * _share(request)
    return 0


def _batch_units(table: str, config: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    found = answer["Responses"].get(table, [])
    missing = len(config["Keys"]) - len(found)
    return (sum(_units(item_size(item)) for item in found) + missing) * _share(config)


def _units(size: int) -> int:
    return max(1, -(-size // _READ_UNIT))


def _share(request: Mapping[str, Any]) -> float:
    return 1 if request.get("ConsistentRead") else 0.5


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        # Two digits per byte and one more byte; zeros at either end are not kept.
        return -(-len(content.strip("-").replace(".", "").strip("0")) // 2) + 1
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "M":
        return _OVERHEAD + sum(1 + len(key.encode()) + _value_size(inner) for key, inner in content.items())
    if kind == "L":
        return _OVERHEAD + sum(1 + _value_size(inner) for inner in content)
    raise ValueError(f"no size is known for {kind}")
