"""Writers in this process on the stack's table that decide on the same reading, with or without conditions."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from chalicelib.container import container, pause
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.persistence import row_mapping, table, transaction
from chalicelib.persistence.store import DynamoReadResult, DynamoStore
from chalicelib.services.appointments.public_booking import (
    AttendeeDetails,
    BookAppointment,
    BookingRequest,
    BookingResult,
)
from chalicelib.services.availability.availability_reader import AvailabilityReader
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.in_process.moto_table import reset_container
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_branch import StackBranch, email_address
from tests.builders.on_stack.stack_requests import body_of, outcomes


class BarrierStore(DynamoStore):
    """The real store; each thread's first read of this ``partition`` waits for that of all ``readers``."""

    def __init__(self, readers: int, partition: str) -> None:
        super().__init__(table.connect_table(container.settings.table_name, container.settings.region), time.time)
        self._partition = partition
        self._barrier = threading.Barrier(readers)
        self._thread = threading.local()

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> DynamoReadResult:
        """Read, and wait at the barrier after the thread's first read of the partition."""
        found = super().read(refs, consistent=consistent)
        if not hasattr(self._thread, "has_read") and any(self._is_in_partition(ref) for ref in refs):
            self._thread.has_read = True
            self._barrier.wait(timeout=60)
        return found

    def _is_in_partition(self, ref: Ref[Any]) -> bool:
        is_mapped = ref.kind in row_mapping.SHAPES
        return is_mapped and row_mapping.key_of(ref.kind, ref.key).pk.startswith(self._partition)


@contextmanager
def in_process_container(stack: LocalStack, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Iterator[None]:
    """Let this process's container use the stack's table; keywords replace or add environment variables."""
    defaults = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": stack.content["aws_endpoint_url"],
        "AWS_REGION": stack.content["region"],
        "AWS_DEFAULT_REGION": stack.content["region"],
        "TABLE_NAME": stack.table_name,
        "STAGE": "local",
    }
    for name, value in (defaults | environment).items():
        monkeypatch.setenv(name, value)
    reset_container()
    yield
    reset_container()


@contextmanager
def without_conditions(monkeypatch: pytest.MonkeyPatch, *partitions: str) -> Iterator[None]:
    """Drop the transactions' conditions on keys that begin with one of these; all others stay."""

    def unconditional(writes_of: Callable[[UnitOfWork], Any], work: UnitOfWork) -> Any:
        writes = writes_of(work)
        writes.puts = [(row, None if row.pk.startswith(partitions) else condition) for row, condition in writes.puts]
        writes.checks = [(key, condition) for key, condition in writes.checks if not key.pk.startswith(partitions)]
        return writes

    with monkeypatch.context() as patched:
        patched.setattr(transaction, "_collect_writes", partial(unconditional, transaction._collect_writes))
        yield


def require_consistent(*location_ids: str, client_ids: Sequence[str] = ()) -> None:
    """Ledgers and appointments at these locations agree, and so do the records of these clients."""
    report = container.ledger_integrity.check(datetime.now(UTC), location_ids)
    assert (report.differences, report.stale_team_members) == ((), ())
    assert container.client_integrity.check(client_ids, location_ids) == ()


def compete_to_book(branch: StackBranch, competitors: int, partition: str) -> tuple[list[BookingResult], Counter[str]]:
    """Book one slot several times on the same reading of the partition: the bookings, and the refusals by code."""
    store = BarrierStore(competitors, partition)
    booking = BookAppointment(store, AvailabilityReader(store), container.ids, pause)
    where = branch.service_id, branch.location_id, MeetingMethod.IN_PERSON, branch.opening, branch.timezone
    people = [AttendeeDetails("Guest", f"Number {n}", email_address()) for n in range(competitors)]
    context = Context(datetime.now(UTC))
    return outcomes([partial(booking.book, context, BookingRequest(*where, person)) for person in people])


def cancel_all(branch: StackBranch, booked: Sequence[BookingResult]) -> None:
    """Cancel bookings as their clients."""
    for result in booked:
        body_of(branch.cancel({"id": result.appointment.id, "code": result.attendee.code}))
