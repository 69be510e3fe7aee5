"""The store: batch reads of any records, commits, and the organisation's catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pynamodb.connection import Connection

from chalicelib.domain.errors import NotFound
from chalicelib.persistence import answers, keys, mapping, transaction
from chalicelib.persistence.items import Row
from chalicelib.services.ports import Change, Once, Ref, Replay

T = TypeVar("T")


class FoundRows:
    """The rows one batch read brought, given out as records."""

    def __init__(self, rows: dict[keys.Key, Row]) -> None:
        self._rows = rows

    def get(self, kind: type[T], *key: str) -> T | None:
        """The record, or none when there is no such one."""
        row = self._rows.get(mapping.key_of(kind, key))
        return None if row is None else mapping.from_row(row, kind)

    def require(self, kind: type[T], *key: str) -> T:
        """The record; 404 when there is no such one."""
        record = self.get(kind, *key)
        if record is None:
            raise NotFound()
        return record


class DynamoStore:
    """``services.ports.Store`` on the table that ``items.connect`` named.

    ``now`` gives epoch seconds; ``committed`` hears of every change that has been written.
    """

    def __init__(
        self,
        connection: Connection,
        now: Callable[[], float],
        committed: Callable[[Change], object] = lambda _: None,
    ) -> None:
        self._connection = connection
        self._now = now
        self._committed = committed

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> FoundRows:
        """All these records in one BatchGetItem (at most 100)."""
        wanted = {mapping.key_of(ref.kind, ref.key) for ref in refs}
        rows = Row.batch_get(list(wanted), consistent_read=consistent)
        return FoundRows({keys.Key(row.pk, row.sk): row for row in rows})

    def commit(self, change: Change, once: Once | None = None, result: Any = None) -> None:
        """Writes everything or nothing; ``Stale`` or ``AlreadyDone`` when it wrote nothing."""
        transaction.commit(self._connection, change, once, result, self._now)
        self._committed(change)

    def replay(self, scope: str, key: str) -> Replay | None:
        """The answer stored under an Idempotency-Key, for a day."""
        pk, sk = keys.once(scope, key)
        row = next(iter(Row.query(pk, Row.sk == sk, consistent_read=True, limit=1)), None)
        if row is None or (row.ttl or 0) <= self._now():
            return None
        return answers.from_body(row.body or "{}")

    def catalogue(self, kind: type[T]) -> tuple[T, ...]:
        """Every record of this kind, in order of id: one query."""
        prefix = mapping.key_of(kind, ("",)).sk
        rows = Row.query(keys.CATALOGUE, Row.sk.startswith(prefix), consistent_read=True)
        return tuple(mapping.from_row(row, kind) for row in rows)
