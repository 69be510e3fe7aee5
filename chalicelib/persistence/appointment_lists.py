"""The lists of appointments and what happened to them, each one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import Sheet
from chalicelib.domain.organisation.statuses import StatusPassed
from chalicelib.domain.shared.events import Entry
from chalicelib.persistence import cursors, keys, row_mapping
from chalicelib.persistence.list_partitions import Shelf, resumed, shelf
from chalicelib.persistence.table import Row
from chalicelib.services.unit_of_work import Choice, Page


class DynamoAgenda:
    """``services.ports.Agenda`` on the table."""

    def listed(self, choices: Sequence[Choice], limit: int, cursor: str | None) -> Page[Appointment]:
        """Part of a list; of several choices the next goes on where the one before it ends."""
        shelves = [shelf(choice) for choice in choices]
        begin, after = resumed(shelves, cursor)
        found: list[tuple[Shelf, Row]] = []
        for there in shelves[begin:]:
            # One more than is shown tells whether the list goes on.
            found += [(there, row) for row in there.rows(limit + 1 - len(found), after)]
            if len(found) > limit:
                last, row = found[limit - 1]
                return Page(_appointments(found[:limit]), cursors.encode(last.key_of(row)))
            after = None
        return Page(_appointments(found))

    def at_location(
        self, location_id: str, first: datetime, last: datetime, limit: int, cursor: str | None
    ) -> Page[Appointment]:
        """Appointments that start at this location in [first, last)."""
        return self.listed([Choice(first, last, location_ids=frozenset({location_id}))], limit, cursor)

    def sheets(self, location_id: str, first_day: str, last_day: str) -> list[Sheet]:
        """The written sheets of these UTC days, both included."""
        pk = keys.sheet(location_id, "").pk
        rows = Row.query(pk, Row.sk.between(first_day, last_day), consistent_read=True)
        return [row_mapping.from_row(row, Sheet) for row in rows]

    def journal(self, subject_id: str, limit: int, cursor: str | None) -> Page[Entry]:
        """What happened to one subject, newest first."""
        rows, next_cursor = _latest(keys.partition(subject_id), keys.JOURNAL, limit, cursor)
        return Page(tuple(row_mapping.from_json(row.body or "", Entry) for row in rows), next_cursor)

    def history(self, appointment_id: str, limit: int, cursor: str | None) -> Page[StatusPassed]:
        """The statuses an appointment has passed through, newest first."""
        rows, next_cursor = _latest(keys.appointment(appointment_id).pk, keys.PASSED, limit, cursor)
        return Page(tuple(row_mapping.from_row(row, StatusPassed) for row in rows), next_cursor)


def _latest(pk: str, beginning: str, limit: int, cursor: str | None) -> tuple[list[Row], str | None]:
    """The rows of a partition whose sort keys begin like this, from the last one back; and where they go on."""
    found = Row.query(
        pk,
        Row.sk.startswith(beginning),
        scan_index_forward=False,
        limit=limit,
        consistent_read=True,
        last_evaluated_key=cursors.decode(cursor, "pk", pk, beginning, beginning + "~"),
    )
    rows = list(found)
    return rows, cursors.encode(found.last_evaluated_key)


def _appointments(found: Sequence[tuple[Shelf, Row]]) -> tuple[Appointment, ...]:
    return tuple(row_mapping.from_row(row, Appointment) for _, row in found)
