"""A unit of work as one DynamoDB transaction: every write with its condition, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from uuid import uuid4
from zlib import crc32

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.statuses import COUNT_SHARDS
from chalicelib.domain.shared.errors import AlreadyDone, Invalid, Stale
from chalicelib.persistence import idempotency_store, item_size, keys, row_mapping
from chalicelib.persistence.table import Row
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.store_port import MAX_TRANSACTION_ITEMS, StoredResponse
from chalicelib.services.unit_of_work import UnitOfWork

IDEMPOTENCY_SECONDS = 24 * 3600
# A new read and another decision can cure these; any other code is a fault and is raised unchanged.
_STALE_CODES = frozenset(
    {"ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)


@dataclass
class _TransactionWrites:
    """The parts of a transaction in the order PynamoDB sends them, by which cancellation reasons are numbered."""

    checks: list[tuple[keys.Key, Condition]] = field(default_factory=list)
    deletes: list[tuple[Row, Condition | None]] = field(default_factory=list)
    puts: list[tuple[Row, Condition | None]] = field(default_factory=list)
    updates: list[tuple[Row, list[Action], Condition | None]] = field(default_factory=list)
    # Updates that give back, each on the condition that the row is still there.
    returns: list[tuple[Row, list[Action], Condition]] = field(default_factory=list)

    def __len__(self) -> int:
        return self._first_return() + len(self.returns)

    def drop_returns_without_row(self, codes: Mapping[int, str]) -> bool:
        """Leave out what would be given back to rows that are gone (TR-60); true if nothing else failed.

        ``codes`` are the reasons for which the transaction was cancelled, by number of the write.
        """
        first = self._first_return()
        if not codes or min(codes) < first or set(codes.values()) != {"ConditionalCheckFailed"}:
            return False
        self.returns = [write for number, write in enumerate(self.returns, first) if number not in codes]
        return True

    def _first_return(self) -> int:
        return len(self.checks) + len(self.deletes) + len(self.puts) + len(self.updates)


def commit(
    connection: Connection, work: UnitOfWork, idempotency: IdempotencyKey | None, result: Any, now: Callable[[], float]
) -> None:
    """Write the unit of work and the response for its Idempotency-Key in one TransactWriteItems.

    Raises ``AlreadyDone`` if that key has a response already, else ``Stale`` if any condition failed; 422 for more
    than one transaction holds, such as a dozen new clients with all their numbers at one appointment; 409 ``day_full``
    or 422 for an item beyond DynamoDB's size (TR-65).
    """
    writes = _collect_writes(work)
    response_index = None
    if idempotency is not None:
        response_index = len(writes.checks) + len(writes.deletes) + len(writes.puts)
        writes.puts.append(_stored_response_row(idempotency, result, now()))
    if len(writes) > MAX_TRANSACTION_ITEMS:
        raise Invalid("This is more than can be written at once: do it in parts.")
    item_size.require_room([row for row, _ in writes.puts])
    while len(writes):
        try:
            _send(connection, writes)
            break
        except TransactWriteError as error:
            codes = {i: reason.code for i, reason in enumerate(error.cancellation_reasons) if reason is not None}
            if not writes.drop_returns_without_row(codes):
                _raise_meaning(error, codes, response_index)


def _raise_meaning(error: TransactWriteError, codes: Mapping[int, str], response_index: int | None) -> NoReturn:
    """``AlreadyDone``, ``Stale``, or the error itself if a new read cannot cure it."""
    if response_index is not None and codes.get(response_index) == "ConditionalCheckFailed":
        raise AlreadyDone from error
    if codes and _STALE_CODES.issuperset(codes.values()):
        raise Stale from error
    raise error


def _send(connection: Connection, writes: _TransactionWrites) -> None:
    # One token for all attempts: a lost response, or a transaction still in progress, must not make the next one fail
    # or book again (TR-63).
    with TransactWrite(connection=connection, client_request_token=uuid4().hex) as transaction:
        for key, condition in writes.checks:
            transaction.condition_check(Row, key.pk, key.sk, condition=condition)
        for row, optional in writes.deletes:
            transaction.delete(row, condition=optional)
        for row, optional in writes.puts:
            transaction.save(row, condition=optional)
        for row, actions, optional in (*writes.updates, *writes.returns):
            transaction.update(row, actions=actions, condition=optional)


def _collect_writes(work: UnitOfWork) -> _TransactionWrites:
    writes = _TransactionWrites()
    for record in work.unchanged:
        shape = row_mapping.SHAPES[type(record)]
        writes.checks.append((shape.key(*shape.ids(record)), is_at_version(record.version)))
    for record in work.deleted:
        writes.deletes.append((row_mapping.to_row(record), is_at_version(record.version)))
    for record, read_at in work.saved:
        writes.puts.append((row_mapping.to_row(record), is_at_version(read_at)))
        if isinstance(record, Appointment):
            writes.puts.extend((row, None) for row in row_mapping.attendee_rows(record))
    added = {keys.directory_entry(entry): entry for entry in work.directory_added}
    # Two long names may share a key, and a transaction writes an item only once.
    removed = (entry for entry in work.directory_removed if keys.directory_entry(entry) not in added)
    writes.deletes.extend((row_mapping.directory_row(entry), None) for entry in removed)
    writes.puts.extend((row_mapping.directory_row(entry), None) for entry in added.values())
    writes.puts.extend((row_mapping.journal_row(entry), Row.pk.does_not_exist()) for entry in work.entries)
    writes.updates.extend((*_relation_updates(work), *_status_count_updates(work)))
    writes.returns.extend(_returns(work))
    return writes


def _returns(work: UnitOfWork) -> Iterator[tuple[Row, list[Action], Condition]]:
    """The updates that give room or counts back, or blank a line: none fails because its row is gone (TR-60)."""
    for calendar_id, day, occupant_id in work.removed_occupants:
        yield _versioned_update(keys.sheet(calendar_id, day), Path(["occupants", occupant_id]).remove())
    for contact, appointment_id, end in work.counted_bookings:
        booking = Path(["upcoming", appointment_id])
        action = booking.remove() if end is None else booking.set(Value(str(end)))
        yield _versioned_update(keys.contact(contact), action)
    for entry in work.redacted_entries:
        key = keys.journal(entry.subject_id, entry.id)
        yield Row(key.pk, key.sk), [Row.body.set(row_mapping.to_json(entry))], Row.pk.exists()


def _relation_updates(work: UnitOfWork) -> Iterator[tuple[Row, list[Action], Condition | None]]:
    for (scope_id, client_id), more in work.relation_counts.items():
        if more:
            key = keys.client_relation(scope_id, client_id)
            yield Row(key.pk, key.sk), [Row.met.add(more), Row.kind.set("seen")], None


def _status_count_updates(work: UnitOfWork) -> Iterator[tuple[Row, list[Action], Condition | None]]:
    """Count appointments by status; each counts in the shard of its id, so that no count falls below zero."""
    shares: Counter[keys.Key] = Counter()
    for (status_id, predicate, appointment_id), more in work.status_counts.items():
        share = COUNT_SHARDS[crc32(appointment_id.encode()) % len(COUNT_SHARDS)]
        shares[keys.status_share(status_id, predicate, share)] += more
    for key, more in shares.items():
        if more:
            # No appointment may enter a status that was removed or changed; leaving it is always possible.
            condition = Row.state.does_not_exist() if more > 0 else None
            yield Row(key.pk, key.sk), [Row.met.add(more), Row.kind.set("share")], condition
    for status_id, predicate in work.closed_statuses:
        for share in COUNT_SHARDS:
            key = keys.status_share(status_id, predicate, share)
            close: list[Action] = [Row.state.set("shut"), Row.kind.set("share")]
            yield Row(key.pk, key.sk), close, Row.met.does_not_exist() | (Row.met == 0)
    for status_id, predicate in work.reopened_statuses:
        for share in COUNT_SHARDS:
            key = keys.status_share(status_id, predicate, share)
            yield Row(key.pk, key.sk), [Row.state.remove(), Row.kind.set("share")], None


def _versioned_update(key: keys.Key, action: Action) -> tuple[Row, list[Action], Condition]:
    # A higher version makes decisions based on the old row fail.
    return Row(key.pk, key.sk), [action, Row.version.set(Row.version + 1)], Row.pk.exists()


def _stored_response_row(idempotency: IdempotencyKey, result: Any, now: float) -> tuple[Row, Condition]:
    status, body = idempotency.present(result)
    key = keys.idempotency_key(idempotency.scope, idempotency.key)
    text = idempotency_store.encode_response(StoredResponse(idempotency.fingerprint, status, body))
    row = Row(key.pk, key.sk, kind="once", body=text, ttl=int(now) + IDEMPOTENCY_SECONDS)
    # DynamoDB removes expired rows late: one past its time counts as removed.
    return row, Row.pk.does_not_exist() | (Row.ttl <= int(now))


def is_at_version(version: int) -> Condition:
    """The condition that the row still has this version; version 0 means that it does not exist."""
    return Row.pk.does_not_exist() if version == 0 else Row.version == version
