"""The due index: blocks, series, requests, overdue appointments and deleted clients that wait for their time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from itertools import chain

from chalicelib.domain.appointments.lifecycle import OVERDUE_AFTER
from chalicelib.domain.shared.times import utc_text
from chalicelib.persistence import keys
from chalicelib.persistence.table import Row

_PAGE_SIZE = 100


class DynamoDueWork:
    """``store_port.DueWork`` on the table; every list begins with what has waited longest."""

    def due_sheets(self, until: datetime) -> Iterator[tuple[str, str]]:
        """The location and UTC day of every sheet with a block due by then."""
        for row in _due_rows("sheet", until):
            yield keys.id_of_partition(row.pk), row.sk

    def due_series(self, until: datetime) -> Iterator[str]:
        """The id of every block series that is to be extended by then."""
        for row in _due_rows("series", until):
            yield keys.id_of_partition(row.pk)

    def pending_requests(self, until: datetime) -> Iterator[str]:
        """The id of every request made by then that is still undecided."""
        for row in _due_rows("request", until):
            yield keys.id_of_partition(row.pk)

    def due_erasures(self, until: datetime) -> Iterator[str]:
        """The id of every deleted client who is to be erased by then."""
        for row in _due_rows("farewell", until):
            yield keys.id_of_partition(row.pk)

    def due_auto_starts(self, until: datetime) -> Iterator[str]:
        """The id of every appointment that should have been commenced by then.

        Last come those that still wait for a reminder from before that: the reminder job has not been running.
        """
        for row in chain(_due_rows("overdue", until), _due_rows("reminder", until - OVERDUE_AFTER)):
            yield keys.id_of_partition(row.pk)


def _due_rows(work: str, until: datetime) -> Iterator[Row]:
    """The keys of the due rows of all shards in one order; pages are read as they are needed."""
    condition = Row.due_at <= utc_text(until)
    shards = (
        Row.due.query(partition, condition, page_size=_PAGE_SIZE, attributes_to_get=["pk", "sk", "due_at"])
        for partition in keys.due_partitions(work)
    )
    return merge(*shards, key=lambda row: row.due_at or "")
