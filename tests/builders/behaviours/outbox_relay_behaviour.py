"""What delivery promises, told once: these tests run on memory and on DynamoDB (fixture ``desk``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.messaging.notifications import NotSent, Rejected
from chalicelib.domain.shared.events import DomainEvent, JournalEntry, MessageKind
from chalicelib.services.messaging.outbox_relay import MAX_ATTEMPTS
from tests.builders.doubles.messaging_doubles import LEASE, Desk, Died
from tests.builders.records.appointment_builder import (
    ANA,
    BEN,
    NOW,
    SAM,
    START,
    ana,
    appointment,
    cancelled,
    entry,
    message,
    with_ben,
)

MINUTE = timedelta(minutes=1)
BOOKED = DomainEvent("appointment.booked", 1, {"id": "apt"}, "loc_king", "svc_mortgage")


def booked(desk: Desk) -> JournalEntry:
    """Ana's booking, journalled but not yet relayed."""
    made = entry(message(), events=(BOOKED,))
    desk.table.journal(made)
    return made


def test_a_booking_is_told_and_published_and_then_no_longer_due(desk: Desk) -> None:
    made = booked(desk)

    assert desk.relay(made) == 1

    assert desk.mail.kinds() == [("confirmation", ANA)]
    assert desk.texts.sent == []
    assert desk.topic.published == [(f"{made.id}-0", "appointment.booked")]
    assert desk.waiting() == []
    assert desk.table.states() == ["sent"]
    assert desk.observer.metrics == {"MessagesSent": 1}


def test_the_sweep_delivers_what_the_stream_missed(desk: Desk) -> None:
    booked(desk)

    assert desk.sweep(NOW + 5 * MINUTE) == 1
    assert desk.sweep(NOW + 6 * MINUTE) == 0
    assert desk.mail.kinds() == [("confirmation", ANA)]


def test_a_duplicated_stream_record_sends_nothing_twice(desk: Desk) -> None:
    made = booked(desk)

    desk.relay(made, made)
    desk.relay(made)
    desk.sweep(NOW + 5 * MINUTE)

    assert desk.mail.kinds() == [("confirmation", ANA)]
    assert {event_id for event_id, _ in desk.topic.published} == {f"{made.id}-0"}


@pytest.mark.parametrize("died", [False, True], ids=["answer lost", "process gone"])
def test_a_crash_between_sending_and_marking_never_sends_again_and_is_set_aside(desk: Desk, died: bool) -> None:
    made = booked(desk)
    desk.mail.after = [Died() if died else TimeoutError()]
    if died:
        with pytest.raises(Died):
            desk.relay(made)
    else:
        desk.relay(made)

    desk.sweep(NOW + MINUTE + 30 * timedelta(seconds=1))
    assert desk.dead.reasons() == []

    for minutes in range(4, 12):
        desk.sweep(NOW + minutes * MINUTE)

    assert desk.mail.kinds() == [("confirmation", ANA)]
    assert desk.dead.reasons() == ["uncertain"]
    assert desk.observer.metrics["MessagesUncertain"] == 1
    assert desk.table.states() == ["uncertain"]
    assert desk.waiting() == []


def test_a_crash_before_sending_is_uncertain_too_for_nobody_can_tell(desk: Desk) -> None:
    made = booked(desk)
    desk.mail.before = [Died()]
    with pytest.raises(Died):
        desk.relay(made)

    desk.sweep(NOW + LEASE + MINUTE)

    assert desk.mail.sent == []
    assert desk.dead.reasons() == ["uncertain"]


def test_who_was_slow_but_not_gone_may_still_say_that_it_was_sent(desk: Desk) -> None:
    made = booked(desk)
    desk.mail.after = [None]
    desk.relay(made)
    assert desk.table.states() == ["sent"]

    desk.sweep(NOW + LEASE + MINUTE)

    assert desk.table.states() == ["sent"]
    assert desk.dead.reasons() == []


@pytest.mark.parametrize("kind", [MessageKind.CONFIRMATION, MessageKind.RESCHEDULED, MessageKind.REQUEST_RECEIVED])
def test_what_a_later_entry_tells_better_is_left_out(desk: Desk, kind: MessageKind) -> None:
    confirmed = kind is not MessageKind.REQUEST_RECEIVED
    desk.put(appointment(sequence=1, version=2, confirmed=confirmed, start=START + timedelta(days=1)))

    desk.relay(entry(message(kind)), entry(message(MessageKind.RESCHEDULED), sequence=1, number=2))

    assert desk.mail.kinds() == [("rescheduled", ANA)]


def test_nobody_hears_of_a_booking_that_was_cancelled_meanwhile(desk: Desk) -> None:
    desk.put(cancelled(appointment()))

    desk.relay(
        entry(message(), message(MessageKind.STAFF_BOOKED, "loc_king")),
        entry(message(MessageKind.CANCELLED), message(MessageKind.STAFF_CANCELLED, "loc_king"), sequence=1, number=2),
    )

    assert desk.mail.kinds() == [("cancelled", ANA), ("staff_cancelled", "loc_king")]


def moved(desk: Desk) -> Callable[[], None]:
    """Ana moves just now."""
    return lambda: desk.put(appointment(sequence=1, version=2, start=START + timedelta(days=1)))


def test_moved_between_looking_and_sending_nothing_stale_goes_out(desk: Desk) -> None:
    made = booked(desk)
    desk.store.meddle[3] = moved(desk)  # two reads to look, the third just before sending

    desk.relay(made)

    assert desk.mail.sent == []
    assert desk.waiting() == []
    desk.relay(entry(message(MessageKind.RESCHEDULED), sequence=1, number=2))
    assert [n.start for n in desk.mail.sent] == [START + timedelta(days=1)]


def test_a_change_that_makes_nothing_stale_is_told_as_it_is_now_and_once(desk: Desk) -> None:
    made = booked(desk)
    desk.store.meddle[3] = lambda: desk.put(appointment(staff_id=SAM, version=2))

    desk.relay(made)

    assert [n.staff_name for n in desk.mail.sent] == ["Sam Lee"]


def test_an_appointment_that_never_rests_is_tried_again_later(desk: Desk) -> None:
    made = booked(desk)
    for read in range(3, 12, 3):
        version = read
        desk.store.meddle[read] = lambda version=version: desk.put(appointment(version=version))  # type: ignore[misc]  # a default binds the loop's value

    desk.relay(made)
    assert desk.mail.sent == []

    desk.sweep(NOW + 10 * MINUTE)
    assert desk.mail.kinds() == [("confirmation", ANA)]


def test_an_opt_out_between_looking_and_sending_holds(desk: Desk) -> None:
    desk.put(ana(receive_sms=True))
    made = booked(desk)
    desk.store.meddle[3] = lambda: desk.put(ana(receive_sms=False, receive_email=False, version=2))

    desk.relay(made)

    assert (desk.mail.sent, desk.texts.sent) == ([], [])
    assert desk.waiting() == []


def test_what_was_surely_not_sent_is_tried_again_with_growing_pauses(desk: Desk) -> None:
    made = booked(desk)
    desk.mail.before = [NotSent("Throttling")] * 3

    desk.relay(made)
    attempts: list[int | str] = []
    for minutes in range(1, 20):
        before = desk.mail.before.copy()
        desk.sweep(NOW + minutes * MINUTE)
        if before != desk.mail.before or (desk.mail.sent and attempts[-1:] != ["sent"]):
            attempts.append("sent" if desk.mail.sent else minutes)

    assert attempts == [1, 3, "sent"]
    assert desk.mail.kinds() == [("confirmation", ANA)]
    assert desk.topic.published == [(f"{made.id}-0", "appointment.booked")]
    assert desk.dead.letters == []
    assert desk.waiting() == []


def test_what_cannot_be_sent_ends_on_the_dead_letter_queue(desk: Desk) -> None:
    made = booked(desk)
    desk.mail.before = [NotSent("ServiceUnavailable")] * 100

    desk.relay(made)
    for minutes in range(1, 600, 10):
        desk.sweep(NOW + minutes * MINUTE)

    assert len(desk.mail.before) == 100 - MAX_ATTEMPTS
    assert desk.mail.sent == []
    assert desk.observer.metrics == {"MessagesFailed": 1}
    assert desk.waiting() == []
    assert [dict(letter) for letter in desk.dead.letters] == [
        {
            "subject_id": made.subject_id,
            "cause": made.id,
            "kind": "confirmation",
            "recipient_id": ANA,
            "medium": "email",
            "reason": "failed",
            "error": "ServiceUnavailable",
            "at": desk.dead.letters[0]["at"],
        }
    ]


def test_a_rejected_message_is_set_aside_at_once_and_the_others_go_out(desk: Desk) -> None:
    desk.put(with_ben())
    made = entry(message(), message(recipient=BEN))
    desk.table.journal(made)
    desk.mail.before = [Rejected("MessageRejected")]

    desk.relay(made)
    desk.sweep(NOW + 10 * MINUTE)

    assert desk.mail.kinds() == [("confirmation", BEN)]
    assert [(letter["recipient_id"], letter["reason"]) for letter in desk.dead.letters] == [(ANA, "rejected")]
    assert desk.observer.metrics == {"MessagesFailed": 1, "MessagesSent": 1}
    assert desk.table.states() == ["rejected", "sent"]


def test_when_one_message_fails_only_that_one_is_repeated(desk: Desk) -> None:
    desk.put(with_ben())
    made = entry(message(), message(recipient=BEN))
    desk.table.journal(made)
    desk.mail.before = [NotSent("Throttling")]

    desk.relay(made)
    assert desk.mail.kinds() == [("confirmation", BEN)]

    desk.sweep(NOW + 2 * MINUTE)
    assert desk.mail.kinds() == [("confirmation", ANA), ("confirmation", BEN)]


def test_people_are_told_while_the_topic_is_out_of_order_and_the_event_follows(desk: Desk) -> None:
    made = booked(desk)
    desk.topic.errors = [ConnectionError(), ConnectionError()]

    desk.relay(made)
    assert desk.mail.kinds() == [("confirmation", ANA)]
    assert desk.topic.published == []

    for minutes in range(1, 10):
        desk.sweep(NOW + minutes * MINUTE)
    assert desk.topic.published == [(f"{made.id}-0", "appointment.booked")]
    assert desk.mail.kinds() == [("confirmation", ANA)]
    assert desk.waiting() == []


def test_an_event_that_cannot_be_published_is_set_aside_in_the_end(desk: Desk) -> None:
    booked(desk)
    desk.topic.errors = [ConnectionError()] * 100

    for minutes in range(1, 600, 10):
        desk.sweep(NOW + minutes * MINUTE)

    assert len(desk.topic.errors) == 100 - MAX_ATTEMPTS
    assert [letter["error"] for letter in desk.dead.letters] == ["event: ConnectionError"]
    assert desk.waiting() == []


def test_a_journal_row_nobody_can_read_does_not_stop_the_others_and_is_set_aside(desk: Desk) -> None:
    desk.table.unreadable("evt_0")
    booked(desk)

    for minutes in range(1, 600, 10):
        desk.sweep(NOW + minutes * MINUTE)

    assert desk.mail.kinds() == [("confirmation", ANA)]
    assert [letter["cause"] for letter in desk.dead.letters] == ["evt_0"]
    assert desk.waiting() == []


@pytest.mark.parametrize(
    ("fields", "mails", "texts"),
    [
        ({}, 1, 0),
        ({"receive_sms": True}, 1, 1),
        ({"receive_sms": True, "mobile": None, "phone": "+14165550101"}, 1, 0),
        ({"receive_sms": True, "email": None}, 0, 1),
        ({"receive_email": False}, 0, 0),
    ],
)
def test_consent_and_address_decide_the_medium(desk: Desk, fields: dict[str, object], mails: int, texts: int) -> None:
    desk.put(ana(**fields))

    desk.relay(booked(desk))

    assert (len(desk.mail.sent), len(desk.texts.sent)) == (mails, texts)
    assert desk.waiting() == []


def test_when_the_client_is_not_to_be_notified_the_organisation_still_is(desk: Desk) -> None:
    desk.put(appointment(notify_client=False))

    desk.relay(entry(message(), message(MessageKind.STAFF_BOOKED, "loc_king")))

    assert desk.mail.kinds() == [("staff_booked", "loc_king")]
    assert [fields["reason"] for line, fields in desk.observer.lines if line == "message_unsaid"] == ["suppressed"]


def test_who_left_hears_of_it_although_the_others_moved_meanwhile(desk: Desk) -> None:
    was = with_ben()
    left = was.without_attendee(ANA, NOW)
    desk.put(replace(left, sequence=1, version=3))

    desk.relay(entry(message(MessageKind.CANCELLED)))

    assert [(n.recipient_id, n.sequence) for n in desk.mail.sent] == [(ANA, 2)]


def test_the_sweep_stops_when_its_time_is_up_and_the_next_one_goes_on(desk: Desk) -> None:
    for number in range(5):
        desk.table.journal(entry(message(), number=number))
    time = iter([True, True, False])

    assert desk.delivery.sweep(NOW + 5 * MINUTE, lambda: next(time)) == 2
    assert desk.sweep(NOW + 6 * MINUTE) == 3
    assert len(desk.mail.sent) == 5


def test_no_log_line_and_no_dead_letter_names_a_person(desk: Desk) -> None:
    desk.put(ana(receive_sms=True))
    desk.texts.before = [Rejected("OptedOut")]
    desk.mail.before = [NotSent("Throttling")]

    desk.relay(booked(desk))
    desk.sweep(NOW + 5 * MINUTE)

    told = f"{desk.observer.lines} {desk.dead.letters}"
    assert desk.observer.lines
    assert desk.dead.letters
    assert not any(secret in told for secret in ("Ana", "Ruiz", "ana@example.org", "+1416", "code-of", "Wheel"))


def test_a_sweep_told_of_another_time_does_not_think_a_sender_lost(desk: Desk) -> None:
    made = booked(desk)
    desk.mail.after = [TimeoutError()]
    desk.relay(made)

    desk.delivery.sweep(NOW + timedelta(days=1), lambda: True)

    assert desk.dead.letters == []
    assert desk.table.states() == ["claimed"]
