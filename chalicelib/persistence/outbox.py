"""The outbox: journal entries until they are delivered, claims to send, and reminders that are due.

A journal row on the due index is undelivered; its ``version`` counts failed attempts and its ``state`` is
``published`` once its events are. The ``state`` of a claim is ``claimed`` until it is settled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.messaging.outbox import ClaimResult, ClaimState, DueEntry, SendClaim
from chalicelib.domain.shared.events import JournalEntry
from chalicelib.domain.shared.times import utc_text
from chalicelib.persistence import keys, row_mapping
from chalicelib.persistence.table import Row

# Longer than a function that sends may run, so that the holder of a claim has ended by then.
CLAIM_LEASE = timedelta(minutes=2)
_CLAIMED = "claimed"
_PUBLISHED = "published"


class DynamoOutbox:
    """``messaging_ports.Outbox`` on the table.

    Leases run by ``clock``, the real one: a sweep at another time must not end the lease of a sender.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock

    def due_entries(self, now: datetime, limit: int) -> list[DueEntry]:
        """The entries that are due, longest waiting first: one query per shard."""
        return [_to_due(row) for row in _due_rows("journal", now, limit)]

    def finish(self, due: DueEntry) -> None:
        """Take the entry off the due index; it stays in the journal."""
        with _ignoring_failed_condition():
            _journal_row(due).update(_clear_due(), condition=Row.pk.exists())

    def postpone(self, due: DueEntry, at: datetime, attempts: int, *, published: bool) -> None:
        """Make the entry due again at this instant; of several processes only the first does."""
        later = keys.due_attributes("journal", due.entry_id, at)
        actions = [*_set_due(later), Row.version.set(attempts)]
        if published:
            actions.append(Row.state.set(_PUBLISHED))
        untouched = Row.version == due.attempts
        if due.attempts == 0:
            untouched |= Row.version.does_not_exist()
        with _ignoring_failed_condition():
            _journal_row(due).update(actions, condition=Row.duepk.exists() & untouched)

    def add(self, entry: JournalEntry) -> bool:
        """Write the entry's row; false if it exists."""
        with _ignoring_failed_condition() as written:
            row_mapping.journal_row(entry).save(condition=Row.pk.does_not_exist())
            written.append(True)
        return bool(written)

    def claim(self, send_claim: SendClaim) -> ClaimResult:
        """Write the claim's row if there is none; otherwise return the state of the existing one."""
        key = _claim_key(send_claim)
        now = self._clock()
        token, until = uuid4().hex, now + CLAIM_LEASE
        body = json.dumps({"token": token, "until": utc_text(until)})
        row = Row(key.pk, key.sk, kind="permission", state=_CLAIMED, body=body)
        while True:
            with _ignoring_failed_condition() as written:
                row.save(condition=Row.pk.does_not_exist())
                written.append(True)
            if written:
                return ClaimResult(send_claim, ClaimState.GRANTED, token, until)
            existing = next(iter(Row.query(key.pk, Row.sk == key.sk, consistent_read=True, limit=1)), None)
            if existing is not None:
                return _existing_claim(send_claim, existing, token, now)

    def release(self, claim: ClaimResult) -> None:
        """Delete the claim's row, if this process still holds it."""
        key = _claim_key(claim.claim)
        with _ignoring_failed_condition():
            Row(key.pk, key.sk).delete(condition=(Row.state == _CLAIMED) & _is_held_by(claim))

    def settle(self, claim: ClaimResult, outcome: str, now: datetime, detail: str = "") -> None:
        """Write the outcome; a holder whose lease has ended may still report ``sent``."""
        key = _claim_key(claim.claim)
        facts = {"token": claim.token, "at": utc_text(now), "detail": detail}
        unsettled = Row.state == _CLAIMED
        if outcome == "sent":
            unsettled |= Row.state == "uncertain"
        actions: list[Action] = [Row.state.set(outcome), Row.body.set(json.dumps(facts))]
        with _ignoring_failed_condition():
            Row(key.pk, key.sk).update(actions, condition=unsettled & _is_held_by(claim))

    def due_reminders(self, now: datetime, limit: int) -> list[str]:
        """Ids of appointments whose next reminder is due, longest waiting first: one query per shard."""
        return [keys.id_of_partition(row.pk) for row in _due_rows("reminder", now, limit)]

    def set_next_reminder(self, appointment: Appointment, reminder: datetime | None) -> None:
        """Move the appointment on the due index, if it still has the version that was read.

        After its last reminder it waits there to be commenced.
        """
        key = keys.appointment(appointment.id)
        due = row_mapping.appointment_due_attributes(appointment, reminder)
        actions = _set_due(due) if due else _clear_due()
        with _ignoring_failed_condition():
            Row(key.pk, key.sk).update(actions, condition=Row.version == appointment.version)

    @staticmethod
    def new_journal_entries(records: Iterable[Mapping[str, Any]]) -> list[JournalEntry]:
        """The new journal entries among a stream's records, as Lambda receives them; unreadable ones are left out."""
        images = (r["dynamodb"]["NewImage"] for r in records if r["eventName"] == "INSERT")
        bodies = (image["body"]["S"] for image in images if image["sk"]["S"].startswith(keys.JOURNAL_PREFIX))
        return [entry for entry in map(_read_entry, bodies) if entry is not None]


def _due_rows(work: str, now: datetime, limit: int) -> list[Row]:
    until = Row.due_at <= utc_text(now)
    found = [row for shard in keys.due_partitions(work) for row in Row.due.query(shard, until, limit=limit)]
    return sorted(found, key=lambda row: row.due_at or "")[:limit]


def _set_due(due: Mapping[str, str]) -> list[Action]:
    return [Row.duepk.set(due["duepk"]), Row.due_at.set(due["due_at"])]


def _clear_due() -> list[Action]:
    return [Path("duepk").remove(), Path("due_at").remove()]


def _to_due(row: Row) -> DueEntry:
    return DueEntry(
        subject_id=keys.id_of_partition(row.pk),
        entry_id=row.sk.partition("#")[2],
        entry=_read_entry(row.body or ""),
        attempts=int(row.version or 0),
        published=row.state == _PUBLISHED,
    )


def _read_entry(body: str) -> JournalEntry | None:
    """The entry; ``None`` if another version of the program wrote it and it cannot be read."""
    try:
        return row_mapping.from_json(body, JournalEntry)
    except Exception:  # noqa: BLE001  # the converter raises groups of any exceptions; the caller reports the row
        return None


def _journal_row(due: DueEntry) -> Row:
    return Row(*keys.journal(due.subject_id, due.entry_id))


def _claim_key(claim: SendClaim) -> keys.Key:
    return keys.send_claim(claim.subject_id, claim.cause, claim.kind, claim.recipient_id, claim.medium)


def _is_held_by(claim: ClaimResult) -> Condition:
    return Row.body.contains(claim.token)


def _existing_claim(send_claim: SendClaim, row: Row, token: str, now: datetime) -> ClaimResult:
    facts = json.loads(row.body or "{}")
    if row.state != _CLAIMED:
        return ClaimResult(send_claim, ClaimState.SETTLED, facts["token"], now)
    until = datetime.fromisoformat(facts["until"])
    if facts["token"] == token:
        # Our own write: the response to the driver's first attempt was lost.
        return ClaimResult(send_claim, ClaimState.GRANTED, token, until)
    state = ClaimState.HELD if now < until else ClaimState.EXPIRED
    return ClaimResult(send_claim, state, facts["token"], until)


@contextmanager
def _ignoring_failed_condition() -> Iterator[list[bool]]:
    """Ignore a failed condition: another process was first, and what it wrote is right."""
    written: list[bool] = []
    try:
        yield written
    except PynamoDBException as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
