"""A Change as one DynamoDB transaction: every write with its condition, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
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
from chalicelib.persistence import idempotency_store, keys, row_mapping
from chalicelib.persistence.table import Row
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.store_port import MAX_TRANSACTION_ITEMS, StoredResponse
from chalicelib.services.unit_of_work import UnitOfWork

IDEMPOTENCY_SECONDS = 24 * 3600
# What a fresh read and another decision can cure; anything else is a fault of ours and is raised as it is.
_STALE_CODES = frozenset({"ConditionalCheckFailed", "TransactionConflict", "ThrottlingError"})


@dataclass
class _TransactionWrites:
    """The parts of a transaction in the order PynamoDB sends them, so that its reasons can be read."""

    checks: list[tuple[keys.Key, Condition]] = field(default_factory=list)
    deletes: list[tuple[Row, Condition | None]] = field(default_factory=list)
    puts: list[tuple[Row, Condition | None]] = field(default_factory=list)
    updates: list[tuple[Row, list[Action], Condition | None]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.checks) + len(self.deletes) + len(self.puts) + len(self.updates)


def commit(
    connection: Connection, work: UnitOfWork, idempotency: IdempotencyKey | None, result: Any, now: Callable[[], float]
) -> None:
    """Writes the change and the answer for its Idempotency-Key in one TransactWriteItems.

    Raises ``AlreadyDone`` when that key has an answer already, else ``Stale`` when any condition failed; 422 for more
    than one transaction holds, such as a dozen new clients with all their numbers at one appointment.
    """
    writes = _collect_writes(work)
    answer_at = None
    if idempotency is not None:
        answer_at = len(writes.checks) + len(writes.deletes) + len(writes.puts)
        writes.puts.append(_stored_response_row(idempotency, result, now()))
    if not len(writes):
        return
    if len(writes) > MAX_TRANSACTION_ITEMS:
        raise Invalid("This is more than can be written at once: do it in parts.")
    try:
        _send(connection, writes)
    except TransactWriteError as error:
        codes = {i: reason.code for i, reason in enumerate(error.cancellation_reasons) if reason is not None}
        if answer_at is not None and codes.get(answer_at) == "ConditionalCheckFailed":
            raise AlreadyDone from error
        conflict = error.cause_response_code == "TransactionInProgressException"
        if conflict or (codes and _STALE_CODES.issuperset(codes.values())):
            raise Stale from error
        raise


def _send(connection: Connection, writes: _TransactionWrites) -> None:
    # One token for all of PynamoDB's own attempts: a lost answer must not make the second attempt fail.
    with TransactWrite(connection=connection, client_request_token=uuid4().hex) as transaction:
        for key, condition in writes.checks:
            transaction.condition_check(Row, key.pk, key.sk, condition=condition)
        for row, optional in writes.deletes:
            transaction.delete(row, condition=optional)
        for row, optional in writes.puts:
            transaction.save(row, condition=optional)
        for row, actions, optional in writes.updates:
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
    filed = {keys.directory_entry(entry): entry for entry in work.directory_added}
    # Names may differ beyond what a key holds of them: one transaction writes an item once.
    struck = (entry for entry in work.directory_removed if keys.directory_entry(entry) not in filed)
    writes.deletes.extend((row_mapping.directory_row(entry), None) for entry in struck)
    writes.puts.extend((row_mapping.directory_row(entry), None) for entry in filed.values())
    writes.puts.extend((row_mapping.journal_row(entry), Row.pk.does_not_exist()) for entry in work.entries)
    writes.updates.extend((*_row_updates(work), *_status_count_updates(work)))
    return writes


def _row_updates(work: UnitOfWork) -> Iterator[tuple[Row, list[Action], Condition | None]]:
    for calendar_id, day, occupant_id in work.removed_occupants:
        yield _versioned_update(keys.sheet(calendar_id, day), Path(["occupants", occupant_id]).remove())
    for contact, appointment_id, end in work.counted_bookings:
        entry = Path(["upcoming", appointment_id])
        action = entry.remove() if end is None else entry.set(Value(str(end)))
        yield _versioned_update(keys.contact(contact), action)
    for line in work.redacted_entries:
        place = keys.journal(line.subject_id, line.id)
        yield Row(place.pk, place.sk), [Row.body.set(row_mapping.to_json(line))], Row.pk.exists()
    for (scope_id, client_id), more in work.relation_counts.items():
        if more:
            key = keys.client_relation(scope_id, client_id)
            yield Row(key.pk, key.sk), [Row.met.add(more), Row.kind.set("seen")], None


def _status_count_updates(work: UnitOfWork) -> Iterator[tuple[Row, list[Action], Condition | None]]:
    """Who holds a status is counted in the share their id falls into, so that none of them ever goes below zero."""
    shares: Counter[keys.Key] = Counter()
    for (status_id, predicate, appointment_id), more in work.status_counts.items():
        share = COUNT_SHARDS[crc32(appointment_id.encode()) % len(COUNT_SHARDS)]
        shares[keys.status_share(status_id, predicate, share)] += more
    for key, more in shares.items():
        if more:
            # A status that has been removed or means something else by now takes nobody in; whoever leaves may.
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
    # Whoever decided on the row as it was must notice: the version moves on.
    return Row(key.pk, key.sk), [action, Row.version.set(Row.version + 1)], Row.pk.exists()


def _stored_response_row(idempotency: IdempotencyKey, result: Any, now: float) -> tuple[Row, Condition]:
    status, body = idempotency.present(result)
    key = keys.idempotency_key(idempotency.scope, idempotency.key)
    text = idempotency_store.encode_response(StoredResponse(idempotency.fingerprint, status, body))
    row = Row(key.pk, key.sk, kind="once", body=text, ttl=int(now) + IDEMPOTENCY_SECONDS)
    # The table removes old rows in its own time: one past its day counts as gone.
    return row, Row.pk.does_not_exist() | (Row.ttl <= int(now))


def is_at_version(version: int) -> Condition:
    """The row is as it was read: at this version, or not there for version 0."""
    return Row.pk.does_not_exist() if version == 0 else Row.version == version
