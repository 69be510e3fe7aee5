"""The index of clients by the sound of their names and streets."""

from __future__ import annotations

from chalicelib.domain.clients.directory import DirectoryEntry, DirectoryIndex
from chalicelib.persistence import keys, row_mapping
from chalicelib.persistence.table import Row


class DynamoPhoneticIndex:
    """``services.clients.duplicates.PhoneticIndex`` on the table."""

    def find_by_key(self, key: str, limit: int) -> tuple[DirectoryEntry, ...]:
        """The first entries under this key, in order of name: one query."""
        rows = Row.query(keys.directory_partition(DirectoryIndex.SOUND, key), limit=limit)
        return tuple(row_mapping.from_json(row.body or "", DirectoryEntry) for row in rows)
