"""Lists of clients in the table: by word, address, number or outside id, all by name, or by relation."""

from __future__ import annotations

import json
from datetime import datetime

from chalicelib.domain.clients.client import Client, ClientRelation
from chalicelib.domain.clients.directory import DirectoryEntry, DirectoryIndex
from chalicelib.domain.clients.merging import AppointmentSpan, Merge
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.persistence import cursors, keys, row_mapping
from chalicelib.persistence.table import Row
from chalicelib.services.store_port import Attendance, Page

# Sorts after every text.
_AFTER_ANY_TEXT = "\U0010ffff"


class DynamoClientDirectory:
    """``services.store_port.ClientDirectory`` on the table; each method is one query."""

    def find_by_name(self, prefix: str, limit: int, after: str | None) -> tuple[DirectoryEntry, ...]:
        """Entries of names with a word that begins like this, by position, after this one."""
        # DynamoDB takes one condition on the sort key: a range from the position to the end of the prefix.
        within = Row.sk.startswith(prefix) if after is None else Row.sk.between(after, prefix + _AFTER_ANY_TEXT)
        rows = Row.query(
            keys.directory_partition(DirectoryIndex.NAME, prefix),
            within,
            limit=limit + (after is not None),
            consistent_read=True,
        )
        entries = (row_mapping.from_json(row.body or "", DirectoryEntry) for row in rows if row.sk != after)
        return tuple(entries)[:limit]

    def find_by_term(self, index: DirectoryIndex, term: str, limit: int, after: str | None = None) -> tuple[str, ...]:
        """The ids of the clients under this term of an index other than names, in order, after this one."""
        beyond = None if after is None else Row.sk > after
        rows = Row.query(keys.directory_partition(index, term), beyond, limit=limit, consistent_read=True)
        return tuple(row.sk for row in rows)

    def all_clients(self, limit: int, cursor: str | None) -> Page[Client]:
        """All clients, in order of name."""
        bounds = "", _AFTER_ANY_TEXT
        found = Row.agenda.query(
            keys.CLIENTS_PARTITION,
            limit=limit,
            last_evaluated_key=cursors.decode(cursor, "gsi1pk", keys.CLIENTS_PARTITION, *bounds),
        )
        return Page(tuple(row_mapping.from_row(row, Client) for row in found), cursors.encode(found.last_evaluated_key))

    def relations_of(self, scope_id: str, limit: int, after: str | None) -> tuple[ClientRelation, ...]:
        """The clients of a location or staff member, in order of client id, after this one."""
        beyond = None if after is None else Row.sk > after
        pk = keys.client_relation(scope_id, "").pk
        rows = Row.query(pk, beyond, Row.met > 0, limit=limit, consistent_read=True)
        return tuple(row_mapping.from_row(row, ClientRelation) for row in rows)

    def log(self, client_id: str, before: str | None, limit: int) -> tuple[JournalEntry, ...]:
        """The log of one record, newest first, before this entry."""
        pk, newest = keys.journal(client_id, before or _AFTER_ANY_TEXT)
        # DynamoDB takes one condition on the sort key, so the entry itself is read first.
        rows = Row.query(
            pk,
            Row.sk.between(keys.JOURNAL_PREFIX, newest),
            scan_index_forward=False,
            limit=limit + (before is not None),
            consistent_read=True,
        )
        entries = (row_mapping.from_json(row.body or "", JournalEntry) for row in rows if row.sk != newest)
        return tuple(entries)[:limit]

    def appointments(self, client_id: str, before: str | None, limit: int) -> tuple[Attendance, ...]:
        """One client's appointments, latest start first, before this position."""
        earlier = None if before is None else Row.gsi1sk < before
        rows = Row.agenda.query(keys.partition(client_id), earlier, scan_index_forward=False, limit=limit)
        return tuple(
            Attendance(row.gsi1sk, keys.id_of_partition(row.pk), json.loads(row.body or "{}").get("cancelled", False))
            for row in rows
        )

    def upcoming(self, client_id: str, since: datetime, limit: int) -> tuple[AppointmentSpan, ...]:
        """One client's appointments that start from this instant on, soonest first."""
        rows = Row.agenda.query(keys.partition(client_id), Row.gsi1sk >= keys.start_sort_key(since), limit=limit)
        bodies = ((row, json.loads(row.body or "{}")) for row in rows)
        return tuple(
            AppointmentSpan(
                keys.id_of_partition(row.pk),
                datetime.fromisoformat(row.gsi1sk.partition("#")[0]),
                datetime.fromisoformat(body["end"]),
            )
            for row, body in bodies
            if not body["cancelled"]
        )

    def merges(self, client_id: str, limit: int) -> tuple[Merge, ...]:
        """The merges into one client, latest first."""
        rows = Row.agenda.query(keys.merges_partition(client_id), scan_index_forward=False, limit=limit)
        return tuple(row_mapping.from_row(row, Merge) for row in rows)
