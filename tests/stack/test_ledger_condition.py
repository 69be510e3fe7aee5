"""The negative control of the races: the same booking oversells once the ledger's condition is taken out (D15)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from chalicelib import background, container
from chalicelib.domain.catalog import Method
from chalicelib.domain.errors import Refusal
from chalicelib.persistence import items, transaction
from chalicelib.persistence.store import DynamoStore, FoundRows
from chalicelib.services.booking import Booked, Booking, BookingWish, Person
from chalicelib.services.ports import Change, Context, Ref
from tests.integration.conftest import forget_singletons
from tests.local_stack import Stack
from tests.stack.branch import ZONE, Branch, OpenBranch, address, at_once

RIVALS = 12
SEATS = 3


class Together(DynamoStore):
    """The real store, but nobody decides before everybody has read for the first time."""

    def __init__(self, readers: int) -> None:
        super().__init__(items.connect(container.settings().table_name, container.settings().region), time.time)
        self._all = threading.Barrier(readers)
        self._mine = threading.local()

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> FoundRows:
        """One batch read, the first of each thread at the same time as the others'."""
        found = super().read(refs, consistent=consistent)
        if not hasattr(self._mine, "has_read"):
            self._mine.has_read = True
            self._all.wait(timeout=60)
        return found


@pytest.fixture
def branch(stack: Stack, opened: OpenBranch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Branch]:
    """A branch on the stack, whose table this process uses too."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": stack.content["aws_endpoint_url"],
        "AWS_REGION": stack.content["region"],
        "AWS_DEFAULT_REGION": stack.content["region"],
        "TABLE_NAME": stack.table_name,
        "STAGE": "local",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    forget_singletons()
    yield opened(limit=SEATS)
    forget_singletons()


def race(branch: Branch) -> tuple[list[Booked], Counter[str]]:
    """Everybody books the same slot in this process, deciding on the same reading; the bookings and the refusals."""
    booking = Booking(Together(RIVALS), container.ids(), container.pause)

    def book(number: int) -> Booked | str:
        name = f"rival{number}-{branch.location_id[-8:].lower()}"
        person = Person("Rival", name, address(name))
        wish = BookingWish(branch.service_id, branch.location_id, Method.IN_PERSON, branch.opening, ZONE, person)
        try:
            return booking.book(Context(datetime.now(UTC)), wish)
        except Refusal as refusal:
            return refusal.code

    results = at_once([partial(book, number) for number in range(RIVALS)])
    return [r for r in results if isinstance(r, Booked)], Counter(r for r in results if isinstance(r, str))


def differences(branch: Branch) -> int:
    """How many places of this branch the integrity check finds wrong."""
    found = background.integrity().check(datetime.now(UTC)).differences
    return sum(d.place.calendar_id == branch.location_id for d in found)


def test_with_its_condition_the_ledger_sells_every_seat_once(branch: Branch) -> None:
    booked, refused = race(branch)
    assert len(booked) == SEATS
    assert refused == {"capacity_exhausted": RIVALS - SEATS}
    assert differences(branch) == 0


def test_without_its_condition_seats_are_sold_twice_and_the_check_finds_it(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as careless:
        careless.setattr(transaction, "_writes", partial(_without_ledger_conditions, transaction._writes))
        booked, _ = race(branch)
    try:
        assert len(booked) > SEATS
        assert differences(branch) > 0
    finally:
        for b in booked:
            cancelled = branch.cancel({"id": b.appointment.id, "code": b.attendee.code})
            assert cancelled.status_code == 200, cancelled.text
    assert differences(branch) == 0


def _without_ledger_conditions(writes_of: Any, change: Change) -> Any:
    """The parts of a transaction, every condition kept but those on sheets."""
    writes = writes_of(change)
    writes.puts = [(row, None if _is_sheet(row.pk) else condition) for row, condition in writes.puts]
    writes.checks = [(key, condition) for key, condition in writes.checks if not _is_sheet(key.pk)]
    return writes


def _is_sheet(partition: str) -> bool:
    return partition.startswith("CAL#")
