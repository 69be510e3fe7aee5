"""Where two records of one person meet: everybody filed under the sound of a name or street."""

from __future__ import annotations

from chalicelib.domain.clients.directory import DirectoryEntry, DirectoryIndex
from chalicelib.persistence import keys, row_mapping
from chalicelib.persistence.table import Row


class DynamoPhoneticIndex:
    """``services.duplicates.Soundings`` on the table."""

    def find_by_key(self, key: str, limit: int) -> tuple[DirectoryEntry, ...]:
        """The first so many who are filed under this key, in order of name: one query."""
        rows = Row.query(keys.directory_partition(DirectoryIndex.SOUND, key), limit=limit)
        return tuple(row_mapping.from_json(row.body or "", DirectoryEntry) for row in rows)
