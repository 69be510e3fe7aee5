"""Delivery on a table in memory, and the race that needs threads."""

from __future__ import annotations

import threading

import pytest

from tests.unit.delivery_behaviour import *  # noqa: F403  # the tests of both tables stand there
from tests.unit.delivery_desk import Desk
from tests.unit.delivery_memory import MemoryTable
from tests.unit.link_behaviour import *  # noqa: F403  # the same for video calls
from tests.unit.merged_behaviour import *  # noqa: F403  # the same once clients are merged
from tests.unit.notice_builders import ANA, NOW, appointment, entry, message
from tests.unit.reminder_behaviour import *  # noqa: F403  # the same for reminders


@pytest.fixture
def desk() -> Desk:
    return Desk(MemoryTable())


def test_sweeps_and_relays_at_once_send_every_message_once(desk: Desk) -> None:
    entries = [entry(message(), number=number) for number in range(30)]
    for made in entries:
        desk.table.journal(made)
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        desk.relay(*entries)
        desk.sweep(NOW)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert desk.mail.kinds() == [("confirmation", ANA)] * 30
    assert desk.table.states() == ["sent"] * 30


def test_two_reminder_sweeps_at_once_remind_once(desk: Desk) -> None:
    due = appointment().due_reminder()
    assert due is not None
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        desk.remind(due)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert desk.mail.kinds() == [("reminder", ANA)]
