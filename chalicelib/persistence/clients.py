"""Finding clients: by word, address, number or outside id, everybody by name, or whom one has to do with."""

from __future__ import annotations

import json

from chalicelib.domain.clients import Acquaintance, Client
from chalicelib.domain.directory import DirectoryEntry, Shelf
from chalicelib.persistence import keys, mapping, pages
from chalicelib.persistence.items import Row
from chalicelib.services.ports import Attendance, Page


class DynamoDirectory:
    """``services.ports.Directory`` on the table; each method is one query."""

    def named(self, beginning: str, limit: int, cursor: str | None) -> Page[DirectoryEntry]:
        """Entries of names in which a word begins like this, in order of word and name."""
        pk = keys.directory(Shelf.NAME, beginning)
        found = Row.query(
            pk,
            Row.sk.startswith(beginning),
            limit=limit,
            consistent_read=True,
            last_evaluated_key=pages.decode(cursor, "pk", pk, beginning, beginning + "\U0010ffff"),
        )
        entries = tuple(mapping.from_json(row.body or "", DirectoryEntry) for row in found)
        return Page(entries, pages.encode(found.last_evaluated_key))

    def listed(self, shelf: Shelf, term: str, limit: int) -> tuple[str, ...]:
        """The ids of those reached at this address or number, or with this outside id."""
        rows = Row.query(keys.directory(shelf, term), limit=limit, consistent_read=True)
        return tuple(row.sk for row in rows)

    def everybody(self, limit: int, cursor: str | None) -> Page[Client]:
        """All clients, in order of name."""
        bounds = "", "\U0010ffff"
        found = Row.agenda.query(
            keys.CLIENTS, limit=limit, last_evaluated_key=pages.decode(cursor, "gsi1pk", keys.CLIENTS, *bounds)
        )
        return Page(tuple(mapping.from_row(row, Client) for row in found), pages.encode(found.last_evaluated_key))

    def seen(self, scope_id: str, limit: int, after: str | None) -> tuple[Acquaintance, ...]:
        """Whom a location or staff member has to do with, in order of client id, after this one."""
        beyond = None if after is None else Row.sk > after
        pk = keys.seen(scope_id, "").pk
        rows = Row.query(pk, beyond, Row.met > 0, limit=limit, consistent_read=True)
        return tuple(mapping.from_row(row, Acquaintance) for row in rows)

    def appointments(self, client_id: str, before: str | None, limit: int) -> tuple[Attendance, ...]:
        """One client's appointments, latest start first, from before this place in the list on."""
        earlier = None if before is None else Row.gsi1sk < before
        rows = Row.agenda.query(f"CLI#{client_id}", earlier, scan_index_forward=False, limit=limit)
        return tuple(
            Attendance(row.gsi1sk, row.pk.removeprefix("APT#"), json.loads(row.body or "{}").get("cancelled", False))
            for row in rows
        )
