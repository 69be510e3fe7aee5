"""A staff member's appointments by how they stand, each list one query."""

from __future__ import annotations

from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.persistence import keys, row_mapping
from chalicelib.persistence.table import Row


class DynamoQuickViewLists:
    """``services.quickview.QuickLists`` on the table."""

    def assigned(self, staff_id: str, first: datetime, last: datetime, limit: int) -> tuple[Appointment, ...]:
        """What they have that starts in [first, last), latest first, cancelled ones left out."""
        starts = Row.gsi2sk.between(keys.start_sort_key(first), keys.start_sort_key(last))
        rows = Row.queue.query(keys.partition(staff_id), starts, scan_index_forward=False, limit=limit)
        return tuple(row_mapping.from_row(row, Appointment) for row in rows)

    def in_progress(self, staff_id: str, limit: int) -> tuple[Appointment, ...]:
        """What they have begun and not completed, latest start first."""
        rows = Row.review.query(keys.in_progress_partition(staff_id), scan_index_forward=False, limit=limit)
        return tuple(row_mapping.from_row(row, Appointment) for row in rows)

    def cancelled(self, staff_id: str, first: datetime, limit: int) -> tuple[Appointment, ...]:
        """What they had from this start on and was cancelled, latest first."""
        starts = Row.gsi2sk >= keys.start_sort_key(first)
        place = keys.partition(staff_id) + keys.CANCELLED_SUFFIX
        rows = Row.queue.query(place, starts, scan_index_forward=False, limit=limit)
        return tuple(row_mapping.from_row(row, Appointment) for row in rows)
