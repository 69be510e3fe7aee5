"""What reminders promise, told once: these tests run on memory and on DynamoDB (fixture ``desk``)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.messaging.notifications import NotSent
from tests.builders.doubles.messaging_doubles import Desk, Died
from tests.builders.records.appointment_builder import ANA, BEN, SAM, START, appointment, cancelled, with_ben

MINUTE = timedelta(minutes=1)
DAY_BEFORE = START - timedelta(hours=24)


def test_a_reminder_goes_out_once_and_only_when_it_is_due(desk: Desk) -> None:
    assert desk.remind(DAY_BEFORE - MINUTE) == 0

    assert desk.remind(DAY_BEFORE) == 1
    assert desk.remind(DAY_BEFORE + MINUTE) == 0

    assert desk.mail.kinds() == [("reminder", ANA)]
    assert desk.waiting() == []


def test_every_reminder_hour_has_its_own_and_missed_ones_are_not_made_up_for(desk: Desk) -> None:
    desk.put(appointment(reminder_hours=(72, 24, 2)))

    desk.remind(START - timedelta(hours=20))
    assert len(desk.mail.sent) == 1
    desk.remind(START - timedelta(hours=2))
    assert len(desk.mail.sent) == 2


def test_a_write_after_the_reminder_arms_nothing_again(desk: Desk) -> None:
    desk.remind(DAY_BEFORE)
    desk.put(appointment(staff_id=SAM, version=2))

    desk.remind(DAY_BEFORE + MINUTE)
    desk.remind(DAY_BEFORE + 2 * MINUTE)

    assert desk.mail.kinds() == [("reminder", ANA)]


def test_after_a_move_the_reminder_belongs_to_the_new_time(desk: Desk) -> None:
    desk.remind(DAY_BEFORE)
    before = appointment()
    new = before.moved(START + timedelta(days=7), "America/Toronto", "2026-12-08T10:00:00", DAY_BEFORE)
    desk.put(replace(new, version=2))

    assert desk.remind(DAY_BEFORE + timedelta(days=1)) == 0
    assert desk.remind(DAY_BEFORE + timedelta(days=7)) == 1
    assert [n.start for n in desk.mail.sent] == [START, START + timedelta(days=7)]


@pytest.mark.parametrize(
    "fields",
    [
        {"confirmed": False},
        {"notify_client": False},
        {"created_at": START - timedelta(hours=1), "updated_at": START - timedelta(hours=1)},
    ],
    ids=["unconfirmed", "nobody to be told", "booked an hour before"],
)
def test_no_reminder_for(desk: Desk, fields: dict[str, object]) -> None:
    desk.put(appointment(**fields))

    for hours in range(30, 0, -1):
        desk.remind(START - timedelta(hours=hours))

    assert desk.mail.sent == []


def test_no_reminder_once_it_is_cancelled_or_has_begun(desk: Desk) -> None:
    desk.remind(START + MINUTE)
    assert desk.mail.sent == []

    desk.put(cancelled(appointment()))
    desk.remind(DAY_BEFORE)
    assert desk.mail.sent == []


@pytest.mark.parametrize("read", [1, 2, 4])
def test_cancelled_while_the_reminder_is_on_its_way(desk: Desk, read: int) -> None:
    desk.store.meddle[read] = lambda: desk.put(cancelled(appointment()))

    desk.remind(DAY_BEFORE)
    desk.remind(DAY_BEFORE + MINUTE)

    assert desk.mail.sent == []
    assert desk.waiting() == []


def test_a_sweep_that_died_over_a_reminder_is_continued_without_a_second_one(desk: Desk) -> None:
    desk.put(with_ben())
    desk.mail.after = [None, Died()]
    with pytest.raises(Died):
        desk.remind(DAY_BEFORE)

    for minutes in range(1, 10):
        desk.remind(DAY_BEFORE + minutes * MINUTE)
        desk.sweep(DAY_BEFORE + minutes * MINUTE)

    assert desk.mail.kinds() == [("reminder", ANA), ("reminder", BEN)]
    assert desk.dead.reasons() == ["uncertain"]


def test_a_reminder_that_fails_is_repeated_like_every_message(desk: Desk) -> None:
    desk.mail.before = [NotSent("Throttling")]
    desk.remind(DAY_BEFORE)
    assert desk.mail.sent == []

    desk.sweep(DAY_BEFORE + 5 * MINUTE)

    assert desk.mail.kinds() == [("reminder", ANA)]
