"""The promises of delivery; these tests run on memory and on DynamoDB (fixture ``harness``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.messaging.notifications import NotSent, Rejected
from chalicelib.domain.shared.events import DomainEvent, JournalEntry, MessageKind
from chalicelib.services.messaging.outbox_relay import MAX_ATTEMPTS
from tests.builders.doubles.memory_outbox import LEASE
from tests.builders.doubles.messaging_doubles import Harness, ProcessCrash
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import ANA, BEN, NOW, SAM, START

MINUTE = timedelta(minutes=1)
BOOKED = DomainEvent("appointment.booked", 1, {"id": "apt"}, "loc_king", "svc_mortgage")


def put_booking(harness: Harness) -> JournalEntry:
    """Write the journal entry of Ana's booking; it is not relayed yet."""
    return harness.journal(build.entry(build.message(), events=(BOOKED,)))


def test_a_booking_is_told_and_published_and_then_no_longer_due(harness: Harness) -> None:
    made = put_booking(harness)

    assert harness.relay(made) == 1

    assert harness.mail.kinds() == [("confirmation", ANA)]
    assert harness.texts.sent == []
    assert harness.topic.published == [(f"{made.id}-0", "appointment.booked")]
    assert harness.due_entries() == []
    assert harness.table.claim_states() == ["sent"]
    assert harness.observer.metrics == {"MessagesSent": 1}


def test_the_sweep_delivers_what_the_stream_missed(harness: Harness) -> None:
    put_booking(harness)

    assert harness.sweep(NOW + 5 * MINUTE) == 1
    assert harness.sweep(NOW + 6 * MINUTE) == 0
    assert harness.mail.kinds() == [("confirmation", ANA)]


def test_a_duplicated_stream_record_sends_nothing_twice(harness: Harness) -> None:
    made = put_booking(harness)

    harness.relay(made, made)
    harness.relay(made)
    harness.sweep(NOW + 5 * MINUTE)

    assert harness.mail.kinds() == [("confirmation", ANA)]
    assert {event_id for event_id, _ in harness.topic.published} == {f"{made.id}-0"}


@pytest.mark.parametrize("died", [False, True], ids=["answer lost", "process gone"])
def test_a_crash_between_sending_and_marking_never_sends_again_and_is_set_aside(harness: Harness, died: bool) -> None:
    made = put_booking(harness)
    harness.mail.after = [ProcessCrash() if died else TimeoutError()]
    if died:
        with pytest.raises(ProcessCrash):
            harness.relay(made)
    else:
        harness.relay(made)

    harness.sweep(NOW + MINUTE + 30 * timedelta(seconds=1))
    assert harness.dead.reasons() == []

    for minutes in range(4, 12):
        harness.sweep(NOW + minutes * MINUTE)

    assert harness.mail.kinds() == [("confirmation", ANA)]
    assert harness.dead.reasons() == ["uncertain"]
    assert harness.observer.metrics["MessagesUncertain"] == 1
    assert harness.table.claim_states() == ["uncertain"]
    assert harness.due_entries() == []


def test_a_crash_before_sending_is_uncertain_too_for_nobody_can_tell(harness: Harness) -> None:
    made = put_booking(harness)
    harness.mail.before = [ProcessCrash()]
    with pytest.raises(ProcessCrash):
        harness.relay(made)

    harness.sweep(NOW + LEASE + MINUTE)

    assert harness.mail.sent == []
    assert harness.dead.reasons() == ["uncertain"]


def test_who_was_slow_but_not_gone_may_still_say_that_it_was_sent(harness: Harness) -> None:
    made = put_booking(harness)
    harness.mail.after = [None]
    harness.relay(made)
    assert harness.table.claim_states() == ["sent"]

    harness.sweep(NOW + LEASE + MINUTE)

    assert harness.table.claim_states() == ["sent"]
    assert harness.dead.reasons() == []


@pytest.mark.parametrize("kind", [MessageKind.CONFIRMATION, MessageKind.RESCHEDULED, MessageKind.REQUEST_RECEIVED])
def test_what_a_later_entry_tells_better_is_left_out(harness: Harness, kind: MessageKind) -> None:
    confirmed = kind is not MessageKind.REQUEST_RECEIVED
    harness.put(build.appointment(sequence=1, version=2, confirmed=confirmed, start=START + timedelta(days=1)))

    harness.relay(
        build.entry(build.message(kind)), build.entry(build.message(MessageKind.RESCHEDULED), sequence=1, number=2)
    )

    assert harness.mail.kinds() == [("rescheduled", ANA)]


def test_nobody_hears_of_a_booking_that_was_cancelled_meanwhile(harness: Harness) -> None:
    harness.put(build.cancelled(build.appointment()))

    harness.relay(
        build.entry(build.message(), build.message(MessageKind.STAFF_BOOKED, "loc_king")),
        build.entry(
            build.message(MessageKind.CANCELLED),
            build.message(MessageKind.STAFF_CANCELLED, "loc_king"),
            sequence=1,
            number=2,
        ),
    )

    assert harness.mail.kinds() == [("cancelled", ANA), ("staff_cancelled", "loc_king")]


def move_appointment(harness: Harness) -> Callable[[], None]:
    """A change that moves Ana's appointment by a day."""
    return lambda: harness.put(build.appointment(sequence=1, version=2, start=START + timedelta(days=1)))


def test_moved_between_looking_and_sending_nothing_stale_goes_out(harness: Harness) -> None:
    made = put_booking(harness)
    harness.store.interrupt[3] = move_appointment(harness)  # two reads to prepare, the third just before sending

    harness.relay(made)

    assert harness.mail.sent == []
    assert harness.due_entries() == []
    harness.relay(build.entry(build.message(MessageKind.RESCHEDULED), sequence=1, number=2))
    assert [n.start for n in harness.mail.sent] == [START + timedelta(days=1)]


def test_a_change_that_makes_nothing_stale_is_told_as_it_is_now_and_once(harness: Harness) -> None:
    made = put_booking(harness)
    harness.store.interrupt[3] = lambda: harness.put(build.appointment(staff_id=SAM, version=2))

    harness.relay(made)

    assert [n.staff_name for n in harness.mail.sent] == ["Sam Lee"]


def test_an_appointment_that_never_rests_is_tried_again_later(harness: Harness) -> None:
    made = put_booking(harness)
    for read in range(3, 12, 3):
        version = read
        harness.store.interrupt[read] = lambda version=version: harness.put(build.appointment(version=version))  # type: ignore[misc]  # a default binds the loop's value

    harness.relay(made)
    assert harness.mail.sent == []

    harness.sweep(NOW + 10 * MINUTE)
    assert harness.mail.kinds() == [("confirmation", ANA)]


def test_an_opt_out_between_looking_and_sending_holds(harness: Harness) -> None:
    harness.put(build.ana(receive_sms=True))
    made = put_booking(harness)
    harness.store.interrupt[3] = lambda: harness.put(build.ana(receive_sms=False, receive_email=False, version=2))

    harness.relay(made)

    assert (harness.mail.sent, harness.texts.sent) == ([], [])
    assert harness.due_entries() == []


def test_what_was_surely_not_sent_is_tried_again_with_growing_pauses(harness: Harness) -> None:
    made = put_booking(harness)
    harness.mail.before = [NotSent("Throttling")] * 3

    harness.relay(made)
    attempts: list[int | str] = []
    for minutes in range(1, 20):
        before = harness.mail.before.copy()
        harness.sweep(NOW + minutes * MINUTE)
        if before != harness.mail.before or (harness.mail.sent and attempts[-1:] != ["sent"]):
            attempts.append("sent" if harness.mail.sent else minutes)

    assert attempts == [1, 3, "sent"]
    assert harness.mail.kinds() == [("confirmation", ANA)]
    assert harness.topic.published == [(f"{made.id}-0", "appointment.booked")]
    assert harness.dead.letters == []
    assert harness.due_entries() == []


def test_what_cannot_be_sent_ends_on_the_dead_letter_queue(harness: Harness) -> None:
    made = put_booking(harness)
    harness.mail.before = [NotSent("ServiceUnavailable")] * 100

    harness.relay(made)
    for minutes in range(1, 600, 10):
        harness.sweep(NOW + minutes * MINUTE)

    assert len(harness.mail.before) == 100 - MAX_ATTEMPTS
    assert harness.mail.sent == []
    assert harness.observer.metrics == {"MessagesFailed": 1}
    assert harness.due_entries() == []
    assert [dict(letter) for letter in harness.dead.letters] == [
        {
            "subject_id": made.subject_id,
            "cause": made.id,
            "kind": "confirmation",
            "recipient_id": ANA,
            "medium": "email",
            "reason": "failed",
            "error": "ServiceUnavailable",
            "at": harness.dead.letters[0]["at"],
        }
    ]


def test_a_rejected_message_is_set_aside_at_once_and_the_others_go_out(harness: Harness) -> None:
    harness.put(build.with_ben())
    made = harness.journal(build.entry(build.message(), build.message(recipient=BEN)))
    harness.mail.before = [Rejected("MessageRejected")]

    harness.relay(made)
    harness.sweep(NOW + 10 * MINUTE)

    assert harness.mail.kinds() == [("confirmation", BEN)]
    assert [(letter["recipient_id"], letter["reason"]) for letter in harness.dead.letters] == [(ANA, "rejected")]
    assert harness.observer.metrics == {"MessagesFailed": 1, "MessagesSent": 1}
    assert harness.table.claim_states() == ["rejected", "sent"]


def test_when_one_message_fails_only_that_one_is_repeated(harness: Harness) -> None:
    harness.put(build.with_ben())
    made = harness.journal(build.entry(build.message(), build.message(recipient=BEN)))
    harness.mail.before = [NotSent("Throttling")]

    harness.relay(made)
    assert harness.mail.kinds() == [("confirmation", BEN)]

    harness.sweep(NOW + 2 * MINUTE)
    assert harness.mail.kinds() == [("confirmation", ANA), ("confirmation", BEN)]


def test_people_are_told_while_the_topic_is_out_of_order_and_the_event_follows(harness: Harness) -> None:
    made = put_booking(harness)
    harness.topic.errors = [ConnectionError(), ConnectionError()]

    harness.relay(made)
    assert harness.mail.kinds() == [("confirmation", ANA)]
    assert harness.topic.published == []

    for minutes in range(1, 10):
        harness.sweep(NOW + minutes * MINUTE)
    assert harness.topic.published == [(f"{made.id}-0", "appointment.booked")]
    assert harness.mail.kinds() == [("confirmation", ANA)]
    assert harness.due_entries() == []


def test_an_event_that_cannot_be_published_is_set_aside_in_the_end(harness: Harness) -> None:
    put_booking(harness)
    harness.topic.errors = [ConnectionError()] * 100

    for minutes in range(1, 600, 10):
        harness.sweep(NOW + minutes * MINUTE)

    assert len(harness.topic.errors) == 100 - MAX_ATTEMPTS
    assert [letter["error"] for letter in harness.dead.letters] == ["event: ConnectionError"]
    assert harness.due_entries() == []


def test_a_journal_row_nobody_can_read_does_not_stop_the_others_and_is_set_aside(harness: Harness) -> None:
    harness.table.put_unreadable("evt_0")
    put_booking(harness)

    for minutes in range(1, 600, 10):
        harness.sweep(NOW + minutes * MINUTE)

    assert harness.mail.kinds() == [("confirmation", ANA)]
    assert [letter["cause"] for letter in harness.dead.letters] == ["evt_0"]
    assert harness.due_entries() == []


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
def test_consent_and_address_decide_the_medium(
    harness: Harness, fields: dict[str, object], mails: int, texts: int
) -> None:
    harness.put(build.ana(**fields))

    harness.relay(put_booking(harness))

    assert (len(harness.mail.sent), len(harness.texts.sent)) == (mails, texts)
    assert harness.due_entries() == []


def test_when_the_client_is_not_to_be_notified_the_organisation_still_is(harness: Harness) -> None:
    harness.put(build.appointment(notify_client=False))

    harness.relay(build.entry(build.message(), build.message(MessageKind.STAFF_BOOKED, "loc_king")))

    assert harness.mail.kinds() == [("staff_booked", "loc_king")]
    assert [fields["reason"] for line, fields in harness.observer.lines if line == "message_unsaid"] == ["suppressed"]


def test_who_left_hears_of_it_although_the_others_moved_meanwhile(harness: Harness) -> None:
    was = build.with_ben()
    left = was.without_attendee(ANA, NOW)
    harness.put(replace(left, sequence=1, version=3))

    harness.relay(build.entry(build.message(MessageKind.CANCELLED)))

    assert [(n.recipient_id, n.sequence) for n in harness.mail.sent] == [(ANA, 2)]


def test_the_sweep_stops_when_its_time_is_up_and_the_next_one_goes_on(harness: Harness) -> None:
    for number in range(5):
        harness.journal(build.entry(build.message(), number=number))
    time = iter([True, True, False])

    assert harness.outbox_relay.sweep(NOW + 5 * MINUTE, lambda: next(time)) == 2
    assert harness.sweep(NOW + 6 * MINUTE) == 3
    assert len(harness.mail.sent) == 5


def test_no_log_line_and_no_dead_letter_names_a_person(harness: Harness) -> None:
    harness.put(build.ana(receive_sms=True))
    harness.texts.before = [Rejected("OptedOut")]
    harness.mail.before = [NotSent("Throttling")]

    harness.relay(put_booking(harness))
    harness.sweep(NOW + 5 * MINUTE)

    sent = f"{harness.observer.lines} {harness.dead.letters}"
    assert harness.observer.lines
    assert harness.dead.letters
    assert not any(secret in sent for secret in ("Ana", "Ruiz", "ana@example.org", "+1416", "code-of", "Wheel"))


def test_a_sweep_told_of_another_time_does_not_think_a_sender_lost(harness: Harness) -> None:
    made = put_booking(harness)
    harness.mail.after = [TimeoutError()]
    harness.relay(made)

    harness.outbox_relay.sweep(NOW + timedelta(days=1), lambda: True)

    assert harness.dead.letters == []
    assert harness.table.claim_states() == ["claimed"]
