"""The DynamoDB usage of a piece of work, counted on the driver's client: calls, items, units."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.dynamodb.read_units import read_units

_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})
# An event's name ends in the operation.
_BEFORE, _AFTER = "before-parameter-build.dynamodb", "after-call.dynamodb"


@dataclass(frozen=True, order=True)
class DynamoCall:
    """One call: keys requested, items returned or written, and units consumed.

    ``write`` units are those of the table, ``index`` units those of its indexes for the same write.
    """

    operation: str
    items: int
    read: float = 0
    write: float = 0
    index: float = 0


@dataclass
class Usage:
    """All calls of one piece of work, sorted, because parallel ones end in any order."""

    calls: list[DynamoCall] = field(default_factory=list)

    @property
    def reads(self) -> int:
        """The number of reading calls."""
        return sum(call.operation in _READS for call in self.calls)

    @property
    def batches(self) -> int:
        """The number of batch gets."""
        return sum(call.operation == "BatchGetItem" for call in self.calls)

    @property
    def keys(self) -> int:
        """The number of keys in the reads."""
        return sum(call.items for call in self.calls if call.operation in _READS)

    @property
    def writes(self) -> int:
        """The number of writing calls."""
        return len(self.calls) - self.reads

    @property
    def written(self) -> int:
        """The number of items in the writes."""
        return sum(call.items for call in self.calls if call.operation not in _READS)

    @property
    def units(self) -> tuple[float, float, float]:
        """Read, write and index write units."""
        read, write, index = (sum(getattr(call, kind) for call in self.calls) for kind in ("read", "write", "index"))
        return read, write, index


class UsageMeter:
    """Counts the calls of one boto client, from all threads."""

    def __init__(self, client: Any) -> None:
        self._usage = Usage()
        self._local = threading.local()
        client.meta.events.register(_BEFORE, self._ask_for_capacity)
        client.meta.events.register(_AFTER, self._count)

    @contextmanager
    def counting(self) -> Iterator[Usage]:
        """Count the calls made inside the context, and none after it."""
        self._usage = usage = Usage()
        try:
            yield usage
        finally:
            self._usage = Usage()
            usage.calls.sort()

    def _ask_for_capacity(self, params: dict[str, Any], **_: object) -> None:
        params["ReturnConsumedCapacity"] = "INDEXES"
        self._local.request = params

    def _count(self, parsed: dict[str, Any], model: Any, **_: object) -> None:
        operation: str = model.name
        request: dict[str, Any] = self._local.request
        read = read_units(operation, request, parsed)
        write, index = (0.0, 0.0) if operation in _READS else _write_units(parsed)
        self._usage.calls.append(DynamoCall(operation, _item_count(operation, request), read, write, index))


def _item_count(operation: str, request: dict[str, Any]) -> int:
    if operation == "BatchGetItem":
        return sum(len(config["Keys"]) for config in request["RequestItems"].values())
    return len(request["TransactItems"]) if operation == "TransactWriteItems" else 1


def _write_units(answer: dict[str, Any]) -> tuple[float, float]:
    """The units of the table and of its indexes, as the response reports them."""
    reported = answer.get("ConsumedCapacity", [])
    table = index = 0.0
    for capacity in reported if isinstance(reported, list) else [reported]:
        of_indexes = sum(i["CapacityUnits"] for i in capacity.get("GlobalSecondaryIndexes", {}).values())
        table += capacity["CapacityUnits"] - of_indexes
        index += of_indexes
    return table, index
