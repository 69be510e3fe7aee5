"""The promises about reminders; these tests run on memory and on DynamoDB (fixture ``harness``)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.messaging.notifications import NotSent
from tests.builders.doubles.messaging_doubles import Harness, ProcessCrash
from tests.builders.records.appointment_builder import ANA, BEN, SAM, START, appointment, cancelled, with_ben

MINUTE = timedelta(minutes=1)
DAY_BEFORE = START - timedelta(hours=24)


def test_a_reminder_goes_out_once_and_only_when_it_is_due(harness: Harness) -> None:
    assert harness.remind(DAY_BEFORE - MINUTE) == 0

    assert harness.remind(DAY_BEFORE) == 1
    assert harness.remind(DAY_BEFORE + MINUTE) == 0

    assert harness.mail.kinds() == [("reminder", ANA)]
    assert harness.due_entries() == []


def test_every_reminder_hour_has_its_own_and_missed_ones_are_not_made_up_for(harness: Harness) -> None:
    harness.put(appointment(reminder_hours=(72, 24, 2)))

    harness.remind(START - timedelta(hours=20))
    assert len(harness.mail.sent) == 1
    harness.remind(START - timedelta(hours=2))
    assert len(harness.mail.sent) == 2


def test_a_write_after_the_reminder_arms_nothing_again(harness: Harness) -> None:
    harness.remind(DAY_BEFORE)
    harness.put(appointment(staff_id=SAM, version=2))

    harness.remind(DAY_BEFORE + MINUTE)
    harness.remind(DAY_BEFORE + 2 * MINUTE)

    assert harness.mail.kinds() == [("reminder", ANA)]


def test_an_edit_that_the_invitation_counts_sends_no_second_reminder(harness: Harness) -> None:
    """TR-61: another place or method raises the sequence, and the reminder for this start has gone out."""
    harness.remind(DAY_BEFORE)
    harness.put(replace(appointment(version=2), sequence=7))

    harness.remind(DAY_BEFORE + MINUTE)

    assert harness.mail.kinds() == [("reminder", ANA)]


def test_there_and_back_again_is_the_same_start(harness: Harness) -> None:
    """TR-61: once per appointment, start and hours before it."""
    harness.remind(DAY_BEFORE)
    for number, days in enumerate((7, 0), start=2):
        moved = appointment().moved(START + timedelta(days=days), "America/Toronto", "2026-12-08T10:00:00", DAY_BEFORE)
        harness.put(replace(moved, version=number, sequence=number, created_at=appointment().created_at))

    harness.remind(DAY_BEFORE + MINUTE)

    assert harness.mail.kinds() == [("reminder", ANA)]


def test_after_a_move_the_reminder_belongs_to_the_new_time(harness: Harness) -> None:
    harness.remind(DAY_BEFORE)
    before = appointment()
    new = before.moved(START + timedelta(days=7), "America/Toronto", "2026-12-08T10:00:00", DAY_BEFORE)
    harness.put(replace(new, version=2))

    assert harness.remind(DAY_BEFORE + timedelta(days=1)) == 0
    assert harness.remind(DAY_BEFORE + timedelta(days=7)) == 1
    assert [n.start for n in harness.mail.sent] == [START, START + timedelta(days=7)]


@pytest.mark.parametrize(
    "fields",
    [
        {"confirmed": False},
        {"notify_client": False},
        {"created_at": START - timedelta(hours=1), "updated_at": START - timedelta(hours=1)},
    ],
    ids=["unconfirmed", "client not notified", "booked an hour before"],
)
def test_no_reminder_for(harness: Harness, fields: dict[str, object]) -> None:
    harness.put(appointment(**fields))

    for hours in range(30, 0, -1):
        harness.remind(START - timedelta(hours=hours))

    assert harness.mail.sent == []


def test_no_reminder_once_it_is_cancelled_or_has_begun(harness: Harness) -> None:
    harness.remind(START + MINUTE)
    assert harness.mail.sent == []

    harness.put(cancelled(appointment()))
    harness.remind(DAY_BEFORE)
    assert harness.mail.sent == []


@pytest.mark.parametrize("read", [1, 2, 4])
def test_cancelled_while_the_reminder_is_on_its_way(harness: Harness, read: int) -> None:
    harness.store.interrupt[read] = lambda: harness.put(cancelled(appointment()))

    harness.remind(DAY_BEFORE)
    harness.remind(DAY_BEFORE + MINUTE)

    assert harness.mail.sent == []
    assert harness.due_entries() == []


def test_a_sweep_that_died_over_a_reminder_is_continued_without_a_second_one(harness: Harness) -> None:
    harness.put(with_ben())
    harness.mail.after = [None, ProcessCrash()]
    with pytest.raises(ProcessCrash):
        harness.remind(DAY_BEFORE)

    for minutes in range(1, 10):
        harness.remind(DAY_BEFORE + minutes * MINUTE)
        harness.sweep(DAY_BEFORE + minutes * MINUTE)

    assert harness.mail.kinds() == [("reminder", ANA), ("reminder", BEN)]
    assert harness.dead.reasons() == ["uncertain"]


def test_a_reminder_that_fails_is_repeated_like_every_message(harness: Harness) -> None:
    harness.mail.before = [NotSent("Throttling")]
    harness.remind(DAY_BEFORE)
    assert harness.mail.sent == []

    harness.sweep(DAY_BEFORE + 5 * MINUTE)

    assert harness.mail.kinds() == [("reminder", ANA)]
