"""The index partition that holds a list of appointments in order of start, and the filter on its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.constants import STRING
from pynamodb.expressions.condition import Condition

from chalicelib.domain.shared.errors import Refusal
from chalicelib.persistence import cursors, keys
from chalicelib.persistence.table import Row
from chalicelib.services.store_port import AppointmentFilter

LastKey = dict[str, dict[str, Any]]

# DynamoDB's limit of values in one IN.
_MAX_IN_VALUES = 100
# With a filter, this many rows are evaluated per request.
_FILTERED_PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class ListPartition:
    """One partition of an index; ``attribute`` is its partition key, ``bounds`` are the first and last start."""

    index: Any
    attribute: str
    partition: str
    bounds: tuple[str, str]
    condition: Condition | None = None

    def rows(self, limit: int, after: LastKey | None) -> Iterable[Row]:
        """The first ``limit`` rows, or those after a key of this partition."""
        low, high = self.bounds
        if after:
            # The lower bound of a list from now on has moved past the last page's end, where this page begins.
            low = min(low, after[self._sort_attribute][STRING])
        found: Iterable[Row] = self.index.query(
            self.partition,
            getattr(Row, self._sort_attribute).between(low, high),
            self.condition,
            limit=limit,
            page_size=limit if self.condition is None else max(limit, _FILTERED_PAGE_SIZE),
            last_evaluated_key=after,
        )
        return found

    def last_key(self, row: Row) -> LastKey:
        """The key after which the list continues behind this row."""
        return {name: {STRING: getattr(row, name)} for name in ("pk", "sk", self.attribute, self._sort_attribute)}

    def key_from_cursor(self, cursor: str | None) -> LastKey | None:
        """The key of a cursor; 422 ``invalid_cursor`` unless it belongs to this partition."""
        return cursors.decode(cursor, self.attribute, self.partition, "", self.bounds[1])

    @property
    def _sort_attribute(self) -> str:
        return self.attribute.replace("pk", "sk")


def list_partition(appointment_filter: AppointmentFilter) -> ListPartition:
    """The narrowest partition that holds the filter's appointments, with a condition for the rest of the filter."""
    bounds = keys.start_sort_key(appointment_filter.first), keys.start_sort_key(appointment_filter.last)
    location_ids = sorted(appointment_filter.location_ids or ())
    locations = [keys.partition(location_id) for location_id in location_ids]
    queues = [
        keys.partition(staff_id) if staff_id else keys.unassigned_partition(location_ids[0])
        for staff_id in appointment_filter.staff_ids or ()
    ]
    if appointment_filter.unconfirmed:
        return ListPartition(Row.review, "gsi3pk", locations[0], bounds, _is_one_of(Row.gsi2pk, queues))
    if len(queues) != 1:
        return ListPartition(Row.agenda, "gsi1pk", locations[0], bounds, _is_one_of(Row.gsi2pk, queues))
    unassigned = appointment_filter.staff_ids == frozenset({None})
    condition = None if unassigned else _is_one_of(Row.gsi1pk, locations)
    return ListPartition(Row.queue, "gsi2pk", queues[0], bounds, condition)


def resume_position(partitions: Sequence[ListPartition], cursor: str | None) -> tuple[int, LastKey | None]:
    """The index of the partition in which a list continues, and the key; 422 ``invalid_cursor`` if it fits none."""
    *others, last = range(len(partitions))
    for index in others:
        try:
            return index, partitions[index].key_from_cursor(cursor)
        except Refusal:
            continue
    return last, partitions[last].key_from_cursor(cursor)


def _is_one_of(attribute: UnicodeAttribute, values: Sequence[str]) -> Condition | None:
    if not values:
        return None
    chunks = (values[i : i + _MAX_IN_VALUES] for i in range(0, len(values), _MAX_IN_VALUES))
    return reduce(or_, (attribute.is_in(*chunk) for chunk in chunks))
