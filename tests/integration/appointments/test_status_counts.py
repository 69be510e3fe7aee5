"""Counts of a status under every race: a deleted status takes no appointments, a used one is not deleted."""

from __future__ import annotations

import pytest

from chalicelib.domain.organisation.statuses import COUNT_SHARDS, StatusCountShard, StatusPredicate
from chalicelib.domain.shared.errors import Stale
from tests.builders.in_process.table_records import committed, read

STATUS = "sts_1"
APPOINTMENTS = [f"apt_{number}" for number in range(24)]


def take(appointment_id: str, by: int = 1, predicate: StatusPredicate = StatusPredicate.START) -> None:
    """The counts of a booking or a move, decided on an earlier reading of the statuses."""
    with committed() as work:
        work.status_counts[STATUS, predicate, appointment_id] = by


def edit(*, shut: StatusPredicate | None = None, reopened: StatusPredicate | None = None) -> None:
    """A deletion or another predicate, decided on an earlier count."""
    with committed() as work:
        if shut:
            work.close_status(STATUS, shut)
        if reopened:
            work.reopen_status(STATUS, reopened)


def held(predicate: StatusPredicate = StatusPredicate.START) -> list[int]:
    """The counts."""
    found = (read(StatusCountShard, STATUS, predicate, share) for share in COUNT_SHARDS)
    return [share.held if share else 0 for share in found]


def test_whoever_is_second_is_overtaken(table: None) -> None:
    for appointment_id in APPOINTMENTS:
        take(appointment_id)
    assert sum(held()) == len(APPOINTMENTS)
    assert sum(count > 0 for count in held()) > 1
    for number, appointment_id in enumerate(APPOINTMENTS):
        # Somebody who counted before the others came removes the status while the rest still hold it.
        with pytest.raises(Stale):
            edit(shut=StatusPredicate.START)
        assert sum(held()) == len(APPOINTMENTS) - number
        take(appointment_id, by=-1)
    edit(shut=StatusPredicate.START)
    with pytest.raises(Stale):
        take(APPOINTMENTS[0])
    assert held() == [0] * len(COUNT_SHARDS)
    # Under what it means by now it takes others in, and under what it meant once that is so again.
    take(APPOINTMENTS[0], predicate=StatusPredicate.CANCELLATION)
    edit(reopened=StatusPredicate.START)
    take(APPOINTMENTS[0])
    assert sum(held()) == sum(held(StatusPredicate.CANCELLATION)) == 1
