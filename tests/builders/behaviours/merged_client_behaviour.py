"""What merging means for messages, told once: these tests run on memory and on DynamoDB (fixture ``desk``, D20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chalicelib.domain.clients.merging import as_merged_pointer
from chalicelib.domain.messaging.notifications import NotSent
from chalicelib.domain.shared.events import JournalEntry, MessageKind
from tests.builders.doubles.messaging_doubles import Desk
from tests.builders.records.appointment_builder import (
    ANA,
    BEN,
    NOW,
    START,
    ana,
    appointment,
    ben,
    entry,
    message,
    with_ben,
)

MINUTE = timedelta(minutes=1)
DAY_BEFORE = START - timedelta(hours=24)


def merge(desk: Desk) -> None:
    """Ana turns out to be Ben."""
    desk.put(replace(as_merged_pointer(ana(), BEN, "mrg_1", NOW), version=2))
    desk.put(ben(absorbed=(ANA,), version=2))


def part(desk: Desk) -> None:
    """She is not, after all."""
    desk.put(ana(version=3))
    desk.put(ben(version=3))


def journalled(desk: Desk, *recipients: str, kind: MessageKind = MessageKind.CONFIRMATION) -> JournalEntry:
    """A message to each of these, not yet relayed."""
    made = entry(*(message(kind, recipient) for recipient in recipients))
    desk.table.journal(made)
    return made


def test_a_message_goes_to_whoever_the_client_is_by_now(desk: Desk) -> None:
    made = journalled(desk, ANA)
    merge(desk)

    desk.relay(made)

    assert desk.mail.kinds() == [("confirmation", BEN)]
    assert desk.mail.sent[0].address == "ben@example.org"
    assert desk.mail.sent[0].code == "code-of-ana"
    assert desk.waiting() == []


def test_two_records_of_one_person_are_reminded_once(desk: Desk) -> None:
    desk.put(with_ben())
    merge(desk)

    desk.remind(DAY_BEFORE)
    desk.remind(DAY_BEFORE + MINUTE)

    assert desk.mail.kinds() == [("reminder", BEN)]
    assert desk.waiting() == []


def test_who_was_told_before_the_merge_is_not_told_again_after_it(desk: Desk) -> None:
    desk.put(with_ben())
    made = journalled(desk, ANA, BEN)
    desk.mail.before = [NotSent("throttled")]

    desk.relay(made)
    assert desk.mail.kinds() == [("confirmation", BEN)]
    merge(desk)
    desk.sweep(NOW + 10 * MINUTE)

    assert desk.mail.kinds() == [("confirmation", BEN)]
    assert desk.waiting() == []
    assert desk.dead.letters == []


def test_the_message_of_the_merged_record_alone_is_not_repeated_either(desk: Desk) -> None:
    made = journalled(desk, ANA, "loc_king")
    desk.mail.before = [None, NotSent("throttled")]

    desk.relay(made)
    merge(desk)
    desk.sweep(NOW + 10 * MINUTE)

    told = [(notice.audience.value, notice.address) for notice in desk.mail.sent]
    assert told == [("client", "ana@example.org"), ("location", "king@example.org")]


def test_undoing_the_merge_repeats_nothing(desk: Desk) -> None:
    made = journalled(desk, ANA, "loc_king")
    merge(desk)
    desk.mail.before = [None, NotSent("throttled")]

    desk.relay(made)
    part(desk)
    desk.sweep(NOW + 10 * MINUTE)

    told = [(notice.audience.value, notice.address) for notice in desk.mail.sent]
    assert told == [("client", "ben@example.org"), ("location", "king@example.org")]
    assert "redirected" in desk.table.states()


def test_what_the_person_does_not_want_is_not_sent_to_the_record_that_did(desk: Desk) -> None:
    made = journalled(desk, ANA)
    merge(desk)
    desk.put(ben(absorbed=(ANA,), receive_email=False, version=3))

    desk.relay(made)

    assert desk.mail.sent == []
    assert desk.waiting() == []


def test_a_merge_just_before_the_sending_is_noticed(desk: Desk) -> None:
    made = journalled(desk, ANA)
    # The first two reads look up what is to be said, the third looks once more.
    desk.store.meddle[3] = lambda: merge(desk)

    desk.relay(made)

    assert [(notice.recipient_id, notice.address) for notice in desk.mail.sent] == [(BEN, "ben@example.org")]


def test_one_record_leaving_is_no_farewell_while_the_person_still_comes(desk: Desk) -> None:
    left = with_ben()
    left = replace(left, attendees=(replace(left.attendees[0], cancelled=True), *left.attendees[1:]))
    desk.put(replace(left, version=2))
    made = journalled(desk, ANA, kind=MessageKind.CANCELLED)
    merge(desk)

    desk.relay(made)

    assert desk.mail.sent == []


def test_staff_read_of_one_person(desk: Desk) -> None:
    desk.put(with_ben())
    made = journalled(desk, "loc_king", kind=MessageKind.STAFF_BOOKED)
    merge(desk)

    desk.relay(made)

    (guest,) = desk.mail.sent[0].attendees
    assert (guest.name, guest.email) == (appointment().attendees[0].name, "ben@example.org")
