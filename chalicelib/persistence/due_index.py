"""What the due index says is to be done by now: blocks, requests, forgotten appointments and deleted clients."""

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
    """``releasing.DueWork``, ``lapsing.Waiting``, ``commencing.Unstarted`` and ``forgetting.Leaving`` on the table."""

    def due_sheets(self, until: datetime) -> Iterator[tuple[str, str]]:
        """The location and UTC day of every sheet with a block due by then, longest waiting first."""
        for row in _due_rows("sheet", until):
            yield keys.id_of_partition(row.pk), row.sk

    def due_series(self, until: datetime) -> Iterator[str]:
        """The id of every series of which more is to be laid out by then, longest waiting first."""
        for row in _due_rows("series", until):
            yield keys.id_of_partition(row.pk)

    def pending_requests(self, until: datetime) -> Iterator[str]:
        """The id of every request that was made by then and not decided on, longest waiting first."""
        for row in _due_rows("request", until):
            yield keys.id_of_partition(row.pk)

    def due_erasures(self, until: datetime) -> Iterator[str]:
        """The id of every deleted client who is to be forgotten by then, longest waiting first."""
        for row in _due_rows("farewell", until):
            yield keys.id_of_partition(row.pk)

    def due_auto_starts(self, until: datetime) -> Iterator[str]:
        """The id of every appointment that should have been commenced by then, longest waiting first.

        Last come those of which a reminder still waits that was due so long ago: nobody has been reminding.
        """
        for row in chain(_due_rows("overdue", until), _due_rows("reminder", until - OVERDUE_AFTER)):
            yield keys.id_of_partition(row.pk)


def _due_rows(work: str, until: datetime) -> Iterator[Row]:
    """The keys of what is due, all shards in one order; pages are read as they are needed."""
    condition = Row.due_at <= utc_text(until)
    shards = (
        Row.due.query(partition, condition, page_size=_PAGE_SIZE, attributes_to_get=["pk", "sk", "due_at"])
        for partition in keys.due_partitions(work)
    )
    return merge(*shards, key=lambda row: row.due_at or "")
