"""A staff member's appointments by state, each list one query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.persistence import keys, row_mapping
from chalicelib.persistence.table import Row


class DynamoQuickViewLists:
    """``services.quickview.quickview.QuickViewLists`` on the table."""

    def assigned(self, staff_id: str, first: datetime, last: datetime, limit: int) -> tuple[Appointment, ...]:
        """Their appointments that start in [first, last), latest first, without cancelled ones."""
        starts = Row.gsi2sk.between(keys.start_sort_key(first), keys.start_sort_key(last))
        return _appointments(Row.queue.query(keys.partition(staff_id), starts, scan_index_forward=False, limit=limit))

    def in_progress(self, staff_id: str, limit: int) -> tuple[Appointment, ...]:
        """Their commenced and uncompleted appointments, latest start first."""
        partition = keys.in_progress_partition(staff_id)
        return _appointments(Row.review.query(partition, scan_index_forward=False, limit=limit))

    def cancelled(self, staff_id: str, first: datetime, limit: int) -> tuple[Appointment, ...]:
        """Their cancelled appointments from this start on, latest first."""
        starts = Row.gsi2sk >= keys.start_sort_key(first)
        partition = keys.partition(staff_id) + keys.CANCELLED_SUFFIX
        return _appointments(Row.queue.query(partition, starts, scan_index_forward=False, limit=limit))


def _appointments(rows: Iterable[Row]) -> tuple[Appointment, ...]:
    return tuple(row_mapping.from_row(row, Appointment) for row in rows)
