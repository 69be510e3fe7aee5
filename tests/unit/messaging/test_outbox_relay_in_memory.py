"""Delivery on a table in memory, and the race that needs threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from chalicelib.domain.shared.events import MessageKind
from tests.builders.behaviours.meeting_link_behaviour import *  # noqa: F403  # the same for video calls
from tests.builders.behaviours.meeting_link_behaviour import LINK, both, told, video
from tests.builders.behaviours.merged_client_behaviour import *  # noqa: F403  # the same once clients are merged
from tests.builders.behaviours.outbox_relay_behaviour import *  # noqa: F403  # the tests of both tables stand there
from tests.builders.behaviours.reminder_behaviour import *  # noqa: F403  # the same for reminders
from tests.builders.doubles.memory_outbox import MemoryTable
from tests.builders.doubles.messaging_doubles import Desk
from tests.builders.records.appointment_builder import ANA, NOW, SAM, appointment, entry, message


@pytest.fixture
def desk() -> Desk:
    return Desk(MemoryTable())


def test_sweeps_and_relays_at_once_send_every_message_once(desk: Desk) -> None:
    entries = [entry(message(), number=number) for number in range(30)]
    for made in entries:
        desk.table.journal(made)

    by_four(lambda: (desk.relay(*entries), desk.sweep(NOW)))

    assert desk.mail.kinds() == [("confirmation", ANA)] * 30
    assert desk.table.states() == ["sent"] * 30


def test_relays_at_once_keep_one_link_and_send_every_message_once() -> None:
    for _ in range(50):
        table = MemoryTable()
        desk = Desk(table)
        desk.put(video())
        made = entry(message(), message(MessageKind.STAFF_BOOKED, SAM))
        desk.table.journal(made)
        together = threading.Barrier(4)
        desk.links.meddle = [together.wait] * 4

        by_four(partial(desk.relay, made))

        assert len(desk.links.asked) == 4
        assert [line.action for line in table.memory.journal] == ["meeting_link_made"]
        assert told(desk) == both(LINK)
        assert desk.waiting() == []


def by_four(work: Callable[[], object]) -> None:
    """Four do it at once."""
    start = threading.Barrier(4)

    def run() -> None:
        start.wait()
        work()

    workers = [threading.Thread(target=run) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def test_two_reminder_sweeps_at_once_remind_once(desk: Desk) -> None:
    due = appointment().next_reminder_at()
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
