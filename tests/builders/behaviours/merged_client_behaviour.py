"""The effect of merges on messages; these tests run on memory and on DynamoDB (fixture ``harness``, D20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chalicelib.domain.clients.merging import as_merged_pointer
from chalicelib.domain.messaging.notifications import NotSent
from chalicelib.domain.shared.events import JournalEntry, MessageKind
from tests.builders.doubles.messaging_doubles import Harness
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import ANA, BEN, NOW, START

MINUTE = timedelta(minutes=1)
DAY_BEFORE = START - timedelta(hours=24)


def merge_ana_into_ben(harness: Harness) -> None:
    harness.put(replace(as_merged_pointer(build.ana(), BEN, "mrg_1", NOW), version=2))
    harness.put(build.ben(absorbed=(ANA,), version=2))


def undo_merge(harness: Harness) -> None:
    harness.put(build.ana(version=3))
    harness.put(build.ben(version=3))


def put_messages(harness: Harness, *recipients: str, kind: MessageKind = MessageKind.CONFIRMATION) -> JournalEntry:
    """Write a journal entry with a message to each recipient; it is not relayed yet."""
    return harness.journal(build.entry(*(build.message(kind, recipient) for recipient in recipients)))


def test_a_message_goes_to_whoever_the_client_is_by_now(harness: Harness) -> None:
    made = put_messages(harness, ANA)
    merge_ana_into_ben(harness)

    harness.relay(made)

    assert harness.mail.kinds() == [("confirmation", BEN)]
    assert harness.mail.sent[0].address == "ben@example.org"
    assert harness.mail.sent[0].code == "code-of-ana"
    assert harness.due_entries() == []


def test_two_records_of_one_person_are_reminded_once(harness: Harness) -> None:
    harness.put(build.with_ben())
    merge_ana_into_ben(harness)

    harness.remind(DAY_BEFORE)
    harness.remind(DAY_BEFORE + MINUTE)

    assert harness.mail.kinds() == [("reminder", BEN)]
    assert harness.due_entries() == []


def test_who_was_told_before_the_merge_is_not_told_again_after_it(harness: Harness) -> None:
    harness.put(build.with_ben())
    made = put_messages(harness, ANA, BEN)
    harness.mail.before = [NotSent("throttled")]

    harness.relay(made)
    assert harness.mail.kinds() == [("confirmation", BEN)]
    merge_ana_into_ben(harness)
    harness.sweep(NOW + 10 * MINUTE)

    assert harness.mail.kinds() == [("confirmation", BEN)]
    assert harness.due_entries() == []
    assert harness.dead.letters == []


def test_the_message_of_the_merged_record_alone_is_not_repeated_either(harness: Harness) -> None:
    made = put_messages(harness, ANA, "loc_king")
    harness.mail.before = [None, NotSent("throttled")]

    harness.relay(made)
    merge_ana_into_ben(harness)
    harness.sweep(NOW + 10 * MINUTE)

    sent = [(n.audience.value, n.address) for n in harness.mail.sent]
    assert sent == [("client", "ana@example.org"), ("location", "king@example.org")]


def test_undoing_the_merge_repeats_nothing(harness: Harness) -> None:
    made = put_messages(harness, ANA, "loc_king")
    merge_ana_into_ben(harness)
    harness.mail.before = [None, NotSent("throttled")]

    harness.relay(made)
    undo_merge(harness)
    harness.sweep(NOW + 10 * MINUTE)

    sent = [(n.audience.value, n.address) for n in harness.mail.sent]
    assert sent == [("client", "ben@example.org"), ("location", "king@example.org")]
    assert "redirected" in harness.table.claim_states()


def test_what_the_person_does_not_want_is_not_sent_to_the_record_that_did(harness: Harness) -> None:
    made = put_messages(harness, ANA)
    merge_ana_into_ben(harness)
    harness.put(build.ben(absorbed=(ANA,), receive_email=False, version=3))

    harness.relay(made)

    assert harness.mail.sent == []
    assert harness.due_entries() == []


def test_a_merge_just_before_the_sending_is_noticed(harness: Harness) -> None:
    made = put_messages(harness, ANA)
    # The first two reads build the notification, the third checks it again before sending.
    harness.store.interrupt[3] = lambda: merge_ana_into_ben(harness)

    harness.relay(made)

    assert [(n.recipient_id, n.address) for n in harness.mail.sent] == [(BEN, "ben@example.org")]


def test_one_record_leaving_sends_nothing_while_the_person_still_attends(harness: Harness) -> None:
    left = build.with_ben()
    left = replace(left, attendees=(replace(left.attendees[0], cancelled=True), *left.attendees[1:]))
    harness.put(replace(left, version=2))
    made = put_messages(harness, ANA, kind=MessageKind.CANCELLED)
    merge_ana_into_ben(harness)

    harness.relay(made)

    assert harness.mail.sent == []


def test_staff_read_of_one_person(harness: Harness) -> None:
    harness.put(build.with_ben())
    made = put_messages(harness, "loc_king", kind=MessageKind.STAFF_BOOKED)
    merge_ana_into_ben(harness)

    harness.relay(made)

    (guest,) = harness.mail.sent[0].attendees
    assert (guest.name, guest.email) == (build.appointment().attendees[0].name, "ben@example.org")
