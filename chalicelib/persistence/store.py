"""The store: batch reads of any records, commits, and the organisation's catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar, cast

from pynamodb.connection import Connection

from chalicelib.domain.organisation.branch_roster import BranchRoster
from chalicelib.domain.shared.errors import NotFound
from chalicelib.persistence import idempotency_store, keys, row_mapping, transaction
from chalicelib.persistence.table import Row
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.store_port import MAX_BATCH_ITEMS, Ref, StoredResponse
from chalicelib.services.unit_of_work import UnitOfWork

T = TypeVar("T")

# A month of a branch of fifty takes four requests; more than eight at once gain nothing.
MAX_PARALLEL_READS = 8


class DynamoReadResult:
    """The rows of one read, available as records."""

    def __init__(self, rows: dict[keys.Key, Row], teams: dict[str, BranchRoster]) -> None:
        self._rows = rows
        self._teams = teams

    def get(self, kind: type[T], *key: str) -> T | None:
        """The record, or ``None``."""
        if kind is BranchRoster:
            return cast("T", self._teams[key[0]])
        row = self._rows.get(row_mapping.key_of(kind, key))
        return None if row is None else row_mapping.from_row(row, kind)

    def require(self, kind: type[T], *key: str) -> T:
        """The record; 404 if there is none."""
        record = self.get(kind, *key)
        if record is None:
            raise NotFound()
        return record


class DynamoStore:
    """``store_port.Store`` on the table that ``connect_table`` named.

    ``now`` gives epoch seconds; ``on_commit`` is called with every unit of work that has been written.
    """

    def __init__(
        self,
        connection: Connection,
        now: Callable[[], float],
        on_commit: Callable[[UnitOfWork], object] = lambda _: None,
    ) -> None:
        self._connection = connection
        self._now = now
        self._on_commit = on_commit

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> DynamoReadResult:
        """Read these records in parallel: a BatchGetItem for every hundred and a query per roster."""
        teams = sorted({ref.key[0] for ref in refs if ref.kind is BranchRoster})
        wanted = sorted({row_mapping.key_of(ref.kind, ref.key) for ref in refs if ref.kind is not BranchRoster})
        reads: list[Callable[[], list[Row]]] = [
            partial(_read_batch, wanted[at : at + MAX_BATCH_ITEMS], consistent)
            for at in range(0, len(wanted), MAX_BATCH_ITEMS)
        ]
        reads += [partial(_read_roster, location_id, consistent) for location_id in teams]
        found = _in_parallel(reads)
        gathered = found[len(reads) - len(teams) :]
        rows = (row for batch in found[: len(reads) - len(teams)] for row in batch)
        return DynamoReadResult(
            {keys.Key(row.pk, row.sk): row for row in rows},
            {id_: row_mapping.roster_of(id_, rows) for id_, rows in zip(teams, gathered, strict=True)},
        )

    def commit(self, work: UnitOfWork, idempotency: IdempotencyKey | None = None, result: Any = None) -> None:
        """Write everything or nothing; ``Stale`` or ``AlreadyDone`` if nothing was written."""
        transaction.commit(self._connection, work, idempotency, result, self._now)
        self._on_commit(work)

    def stored_response(self, scope: str, key: str) -> StoredResponse | None:
        """The response stored under an Idempotency-Key, for a day."""
        pk, sk = keys.idempotency_key(scope, key)
        row = next(iter(Row.query(pk, Row.sk == sk, consistent_read=True, limit=1)), None)
        if row is None or (row.ttl or 0) <= self._now():
            return None
        return idempotency_store.decode_response(row.body or "{}")

    def catalogue(self, kind: type[T]) -> tuple[T, ...]:
        """Every record of this kind, in order of id: one query."""
        prefix = row_mapping.key_of(kind, ("",)).sk
        rows = Row.query(keys.CATALOGUE_PARTITION, Row.sk.startswith(prefix), consistent_read=True)
        return tuple(row_mapping.from_row(row, kind) for row in rows)


def _read_batch(wanted: list[keys.Key], consistent: bool) -> list[Row]:
    return list(Row.batch_get(wanted, consistent_read=consistent))


def _read_roster(location_id: str, consistent: bool) -> list[Row]:
    return list(Row.query(keys.roster_partition(location_id), consistent_read=consistent))


def _in_parallel(reads: Sequence[Callable[[], T]]) -> list[T]:
    """The results in order; a single read, the usual case, needs no thread."""
    if len(reads) == 1:
        return [reads[0]()]
    with ThreadPoolExecutor(max_workers=MAX_PARALLEL_READS) as threads:
        return [future.result() for future in [threads.submit(read) for read in reads]]
