"""The lists of appointments, their log and status history, each one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import Sheet
from chalicelib.domain.organisation.statuses import StatusHistoryEntry
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.persistence import cursors, keys, row_mapping
from chalicelib.persistence.list_partitions import ListPartition, list_partition, resume_position
from chalicelib.persistence.table import Row
from chalicelib.services.store_port import AppointmentFilter, Page


class DynamoAppointmentLists:
    """``services.store_port.AppointmentLists`` on the table."""

    def find(self, filters: Sequence[AppointmentFilter], limit: int, cursor: str | None) -> Page[Appointment]:
        """Part of a list; with several filters their lists follow one another."""
        partitions = [list_partition(choice) for choice in filters]
        begin, after = resume_position(partitions, cursor)
        found: list[tuple[ListPartition, Row]] = []
        for partition in partitions[begin:]:
            # One row more than the page shows if the list continues.
            found += [(partition, row) for row in partition.rows(limit + 1 - len(found), after)]
            if len(found) > limit:
                last, row = found[limit - 1]
                return Page(_appointments(found[:limit]), cursors.encode(last.last_key(row)))
            after = None
        return Page(_appointments(found))

    def at_location(
        self, location_id: str, first: datetime, last: datetime, limit: int, cursor: str | None
    ) -> Page[Appointment]:
        """Appointments that start at this location in [first, last)."""
        return self.find([AppointmentFilter(first, last, location_ids=frozenset({location_id}))], limit, cursor)

    def sheets(self, location_id: str, first_day: str, last_day: str) -> list[Sheet]:
        """The written sheets of these UTC days, both included."""
        pk = keys.sheet(location_id, "").pk
        rows = Row.query(pk, Row.sk.between(first_day, last_day), consistent_read=True)
        return [row_mapping.from_row(row, Sheet) for row in rows]

    def journal(self, subject_id: str, limit: int, cursor: str | None) -> Page[JournalEntry]:
        """The journal of one subject, newest first."""
        rows, next_cursor = _newest_first(keys.partition(subject_id), keys.JOURNAL_PREFIX, limit, cursor)
        return Page(tuple(row_mapping.from_json(row.body or "", JournalEntry) for row in rows), next_cursor)

    def status_history(self, appointment_id: str, limit: int, cursor: str | None) -> Page[StatusHistoryEntry]:
        """The statuses an appointment has passed through, newest first."""
        rows, next_cursor = _newest_first(
            keys.appointment(appointment_id).pk, keys.STATUS_HISTORY_PREFIX, limit, cursor
        )
        return Page(tuple(row_mapping.from_row(row, StatusHistoryEntry) for row in rows), next_cursor)


def _newest_first(pk: str, prefix: str, limit: int, cursor: str | None) -> tuple[list[Row], str | None]:
    """The rows of a partition with this sort-key prefix, last one first, and the cursor of the next page."""
    found = Row.query(
        pk,
        Row.sk.startswith(prefix),
        scan_index_forward=False,
        limit=limit,
        consistent_read=True,
        last_evaluated_key=cursors.decode(cursor, "pk", pk, prefix, prefix + "~"),
    )
    rows = list(found)  # read before the key below is known
    return rows, cursors.encode(found.last_evaluated_key)


def _appointments(found: Sequence[tuple[ListPartition, Row]]) -> tuple[Appointment, ...]:
    return tuple(row_mapping.from_row(row, Appointment) for _, row in found)
