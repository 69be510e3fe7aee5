"""The lists of appointments and what happened to them, each one query."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.domain.appointments import Appointment
from chalicelib.domain.events import Entry
from chalicelib.domain.ledger import Sheet
from chalicelib.persistence import keys, mapping, pages
from chalicelib.persistence.items import Row
from chalicelib.services.ports import Page


class DynamoAgenda:
    """``services.ports.Agenda`` on the table."""

    def at_location(
        self, location_id: str, first: datetime, last: datetime, limit: int, cursor: str | None
    ) -> Page[Appointment]:
        """Appointments that start at this location in [first, last)."""
        return _appointments(Row.agenda, "gsi1pk", f"LOC#{location_id}", first, last, limit, cursor)

    def of_staff(
        self, staff_id: str, first: datetime, last: datetime, limit: int, cursor: str | None
    ) -> Page[Appointment]:
        """Appointments of this staff member that start in [first, last)."""
        return _appointments(Row.queue, "gsi2pk", f"STF#{staff_id}", first, last, limit, cursor)

    def unassigned(
        self, location_id: str, first: datetime, last: datetime, limit: int, cursor: str | None
    ) -> Page[Appointment]:
        """Appointments at this location that nobody has (QS-5)."""
        return _appointments(Row.queue, "gsi2pk", f"OPEN#{location_id}", first, last, limit, cursor)

    def sheets(self, location_id: str, first_day: str, last_day: str) -> list[Sheet]:
        """The written sheets of these UTC days, both included."""
        pk = keys.sheet(location_id, "").pk
        rows = Row.query(pk, Row.sk.between(first_day, last_day), consistent_read=True)
        return [mapping.from_row(row, Sheet) for row in rows]

    def journal(self, subject_id: str, limit: int, cursor: str | None) -> Page[Entry]:
        """What happened to one subject, newest first."""
        pk = keys.partition(subject_id)
        found = Row.query(
            pk,
            Row.sk.startswith(keys.JOURNAL),
            scan_index_forward=False,
            limit=limit,
            consistent_read=True,
            last_evaluated_key=pages.decode(cursor, "pk", pk, keys.JOURNAL, keys.JOURNAL + "~"),
        )
        entries = tuple(mapping.from_json(row.body or "", Entry) for row in found)
        return Page(entries, pages.encode(found.last_evaluated_key))


def _appointments(
    index: Any,
    attribute: str,
    partition: str,
    first: datetime,
    last: datetime,
    limit: int,
    cursor: str | None,
) -> Page[Appointment]:
    start = getattr(Row, attribute.replace("pk", "sk"))
    bounds = keys.by_start(first), keys.by_start(last)
    found = index.query(
        partition,
        start.between(*bounds),
        limit=limit,
        last_evaluated_key=pages.decode(cursor, attribute, partition, *bounds),
    )
    appointments = tuple(mapping.from_row(row, Appointment) for row in found)
    return Page(appointments, pages.encode(found.last_evaluated_key))
