"""Where the appointments of a list stand in order of start: one partition of one index, and what is passed over."""

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

# DynamoDB takes no more values in one IN.
_MAX_IN_VALUES = 100
# Where rows are passed over, so many are looked at in one go.
_FILTERED_PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class ListPartition:
    """One partition of an index; ``attribute`` names its partition key, ``bounds`` the starts."""

    index: Any
    attribute: str
    partition: str
    bounds: tuple[str, str]
    condition: Condition | None = None

    def rows(self, limit: int, after: LastKey | None) -> Iterable[Row]:
        """The first so many rows, or those that come after a key of this shelf."""
        low, high = self.bounds
        if after:
            # A list that begins now has moved on since its last page; it goes on from where that ended.
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
        """Where the list goes on behind this row."""
        return {name: {STRING: getattr(row, name)} for name in ("pk", "sk", self.attribute, self._sort_attribute)}

    def key_from_cursor(self, cursor: str | None) -> LastKey | None:
        """The key a cursor stands for; 422 ``invalid_cursor`` unless it belongs to this shelf."""
        return cursors.decode(cursor, self.attribute, self.partition, "", self.bounds[1])

    @property
    def _sort_attribute(self) -> str:
        return self.attribute.replace("pk", "sk")


def list_partition(appointment_filter: AppointmentFilter) -> ListPartition:
    """The narrowest partition that holds the choice; the conditions it does not meet by itself are its sieve."""
    bounds = keys.start_sort_key(appointment_filter.first), keys.start_sort_key(appointment_filter.last)
    here = sorted(appointment_filter.location_ids or ())
    places = [keys.partition(location_id) for location_id in here]
    queues = [
        keys.partition(who) if who else keys.unassigned_partition(here[0]) for who in appointment_filter.staff_ids or ()
    ]
    if appointment_filter.unconfirmed:
        return ListPartition(Row.review, "gsi3pk", places[0], bounds, _is_one_of(Row.gsi2pk, queues))
    if len(queues) != 1:
        return ListPartition(Row.agenda, "gsi1pk", places[0], bounds, _is_one_of(Row.gsi2pk, queues))
    sieve = None if appointment_filter.staff_ids == frozenset({None}) else _is_one_of(Row.gsi1pk, places)
    return ListPartition(Row.queue, "gsi2pk", queues[0], bounds, sieve)


def resume_position(partitions: Sequence[ListPartition], cursor: str | None) -> tuple[int, LastKey | None]:
    """On which shelf a list goes on, and behind which key; 422 ``invalid_cursor`` when it is on none."""
    *others, last = range(len(partitions))
    for number in others:
        try:
            return number, partitions[number].key_from_cursor(cursor)
        except Refusal:
            continue
    return last, partitions[last].key_from_cursor(cursor)


def _is_one_of(attribute: UnicodeAttribute, values: Sequence[str]) -> Condition | None:
    if not values:
        return None
    chunks = (values[i : i + _MAX_IN_VALUES] for i in range(0, len(values), _MAX_IN_VALUES))
    return reduce(or_, (attribute.is_in(*chunk) for chunk in chunks))
