"""Delivery on a table in memory, and the race that needs threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from chalicelib.domain.shared.events import MessageKind
from tests.builders.behaviours.meeting_link_behaviour import *  # noqa: F403  # shared tests
from tests.builders.behaviours.meeting_link_behaviour import LINK, sent_links, sent_to_both, video_appointment
from tests.builders.behaviours.merged_client_behaviour import *  # noqa: F403  # shared tests
from tests.builders.behaviours.outbox_relay_behaviour import *  # noqa: F403  # shared tests
from tests.builders.behaviours.reminder_behaviour import *  # noqa: F403  # shared tests
from tests.builders.doubles.memory_outbox import MemoryTable
from tests.builders.doubles.messaging_doubles import Harness
from tests.builders.records.appointment_builder import ANA, NOW, SAM, appointment, entry, message


@pytest.fixture
def harness() -> Harness:
    return Harness(MemoryTable())


def test_sweeps_and_relays_at_once_send_every_message_once(harness: Harness) -> None:
    entries = [harness.journal(entry(message(), number=number)) for number in range(30)]

    run_in_four_threads(lambda: (harness.relay(*entries), harness.sweep(NOW)))

    assert harness.mail.kinds() == [("confirmation", ANA)] * 30
    assert harness.table.claim_states() == ["sent"] * 30


def test_relays_at_once_keep_one_link_and_send_every_message_once() -> None:
    for _ in range(50):
        table = MemoryTable()
        harness = Harness(table)
        harness.put(video_appointment())
        made = harness.journal(entry(message(), message(MessageKind.STAFF_BOOKED, SAM)))
        together = threading.Barrier(4)
        harness.links.interrupt = [together.wait] * 4

        run_in_four_threads(partial(harness.relay, made))

        assert len(harness.links.asked) == 4
        assert [line.action for line in table.memory.journal] == ["meeting_link_made"]
        assert sent_links(harness) == sent_to_both(LINK)
        assert harness.due_entries() == []


def run_in_four_threads(work: Callable[[], object]) -> None:
    """Run this four times at once."""
    start = threading.Barrier(4)

    def run() -> None:
        start.wait()
        work()

    workers = [threading.Thread(target=run) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def test_two_reminder_sweeps_at_once_remind_once(harness: Harness) -> None:
    due = appointment().next_reminder_at()
    assert due is not None

    run_in_four_threads(partial(harness.remind, due))

    assert harness.mail.kinds() == [("reminder", ANA)]
