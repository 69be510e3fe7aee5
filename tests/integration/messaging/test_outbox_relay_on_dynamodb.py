"""The outbox relay on a real table, and its mail, texts, events and dead letters in AWS (moto)."""

from __future__ import annotations

import email
import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.messaging.notifications import Medium
from chalicelib.domain.messaging.outbox import ClaimState, SendClaim
from chalicelib.domain.shared.events import DomainEvent, JournalEntry, MessageKind
from chalicelib.notifications.dead_letter_queue import SqsDeadLetterQueue
from chalicelib.notifications.ses import SesEmailSender
from chalicelib.notifications.sns import SnsEventTopic, SnsTextSender
from chalicelib.persistence import keys, row_mapping
from chalicelib.persistence.outbox import CLAIM_LEASE, DynamoOutbox
from chalicelib.persistence.store import DynamoStore
from chalicelib.persistence.table import Row, connect_table
from chalicelib.services.messaging.messaging_ports import Outbox
from chalicelib.services.store_port import Store
from tests.builders.behaviours.meeting_link_behaviour import *  # noqa: F403  # the same for video calls
from tests.builders.behaviours.merged_client_behaviour import *  # noqa: F403  # the same once clients are merged
from tests.builders.behaviours.outbox_relay_behaviour import *  # noqa: F403  # the tests of both tables stand there
from tests.builders.behaviours.reminder_behaviour import *  # noqa: F403  # the same for reminders
from tests.builders.doubles.messaging_doubles import Harness
from tests.builders.in_process.moto_table import REGION, TABLE
from tests.builders.records import appointment_builder as build
from tests.builders.records.appointment_builder import ANA, APPOINTMENT, NOW, PUBLIC_URL, STAFF_NOTES

SENDER = "Frontdesk <bookings@example.org>"


class DynamoTable:
    """The relay's records in DynamoDB."""

    def __init__(self) -> None:
        self.store: Store = DynamoStore(connect_table(TABLE, REGION), NOW.timestamp)
        self.now = NOW
        self.outbox: Outbox = DynamoOutbox(lambda: self.now)

    def put(self, record: Any) -> None:
        row_mapping.to_row(record).save()

    def journal(self, made: JournalEntry) -> None:
        row = row_mapping.journal_row(made)
        due = keys.due_attributes("journal", made.id, made.at)
        row.due_at = due["due_at"]
        row.save()

    def put_unreadable(self, entry_id: str) -> None:
        row = Row(*keys.journal(APPOINTMENT, entry_id), kind="entry", body='{"id": 1}')
        due = keys.due_attributes("journal", entry_id, NOW)
        row.duepk, row.due_at = due["duepk"], due["due_at"]
        row.save()

    def claim_states(self) -> list[str]:
        rows = Row.query(f"APT#{APPOINTMENT}", Row.sk.startswith("SENT#"))
        return sorted(row.state or "" for row in rows)


@pytest.fixture
def rows(table: None) -> DynamoTable:
    return DynamoTable()


@pytest.fixture
def harness(rows: DynamoTable) -> Harness:
    return Harness(rows)


PERMISSION = SendClaim(APPOINTMENT, "evt_1", "confirmation", ANA, Medium.EMAIL)


def test_a_permission_is_given_once_and_again_only_after_it_was_released(rows: DynamoTable) -> None:
    outbox = rows.outbox
    first = outbox.claim(PERMISSION)
    second = outbox.claim(PERMISSION)

    assert (first.state, second.state) == (ClaimState.GRANTED, ClaimState.HELD)
    assert second.until == NOW + CLAIM_LEASE

    outbox.release(first)
    assert outbox.claim(PERMISSION).state is ClaimState.GRANTED


def test_a_lease_that_ran_out_is_not_taken_over(rows: DynamoTable) -> None:
    outbox = rows.outbox
    first = outbox.claim(PERMISSION)
    rows.now = NOW + CLAIM_LEASE
    later = outbox.claim(PERMISSION)
    assert (later.state, later.token) == (ClaimState.EXPIRED, first.token)

    outbox.settle(later, "uncertain", NOW + CLAIM_LEASE)
    assert outbox.claim(PERMISSION).state is ClaimState.SETTLED
    outbox.release(first)
    assert rows.claim_states() == ["uncertain"]

    outbox.settle(first, "sent", NOW + CLAIM_LEASE, "provider-1")
    assert rows.claim_states() == ["sent"]


def test_only_the_holder_can_settle_or_release(rows: DynamoTable) -> None:
    outbox = rows.outbox
    stale = outbox.claim(PERMISSION)
    outbox.release(stale)
    held = outbox.claim(PERMISSION)

    outbox.release(stale)
    outbox.settle(stale, "sent", NOW)

    assert rows.claim_states() == ["claimed"]
    outbox.settle(held, "sent", NOW)
    assert rows.claim_states() == ["sent"]


def test_of_two_who_postpone_the_same_attempt_one_does(rows: DynamoTable) -> None:
    made = build.entry(build.message())
    rows.journal(made)
    (due,) = rows.outbox.due_entries(NOW, 10)

    rows.outbox.postpone(due, NOW + timedelta(minutes=1), 1, published=True)
    rows.outbox.postpone(due, NOW + timedelta(hours=1), 1, published=False)

    (again,) = rows.outbox.due_entries(NOW + timedelta(minutes=1), 10)
    assert (again.attempts, again.published, again.entry) == (1, True, made)


def test_due_entries_of_all_shards_come_longest_waiting_first(rows: DynamoTable) -> None:
    made = [build.entry(build.message(), number=number) for number in range(12)]
    for age, waits in enumerate(made):
        row = row_mapping.journal_row(waits)
        row.due_at = keys.due_attributes("journal", waits.id, NOW - timedelta(hours=age))["due_at"]
        row.save()

    found = rows.outbox.due_entries(NOW, 5)

    assert [due.entry_id for due in found] == [waits.id for waits in reversed(made)][:5]


def test_advancing_a_reminder_changes_no_version_and_yields_to_a_newer_one(rows: DynamoTable) -> None:
    first = build.appointment(reminder_hours=(48, 24))
    rows.put(first)
    due = first.next_reminder_at()
    assert due is not None
    assert rows.outbox.due_reminders(due, 10) == [APPOINTMENT]

    rows.outbox.set_next_reminder(first, first.next_reminder_at(after=due))
    assert rows.outbox.due_reminders(due, 10) == []
    row = Row.get(*keys.appointment(APPOINTMENT))
    assert row.version == 1
    assert row_mapping.from_row(row, Appointment) == first

    rows.put(build.appointment(version=2))
    rows.outbox.set_next_reminder(first, None)
    assert Row.get(*keys.appointment(APPOINTMENT)).due_at is not None


def test_the_stream_s_new_journal_rows_are_read_and_everything_else_passed_over() -> None:
    made = build.entry(build.message(), number=7)
    image = row_mapping.journal_row(made).to_dynamodb_dict()
    other = row_mapping.to_row(build.ana()).to_dynamodb_dict()
    broken = {**image, "body": {"S": "{}"}}
    records: list[Any] = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": image}},
        {"eventName": "MODIFY", "dynamodb": {"NewImage": image}},
        {"eventName": "REMOVE", "dynamodb": {"OldImage": image}},
        {"eventName": "INSERT", "dynamodb": {"NewImage": other}},
        {"eventName": "INSERT", "dynamodb": {"NewImage": broken}},
    ]

    assert DynamoOutbox().new_journal_entries(records) == [made]


def sent_mail() -> list[EmailMessage]:
    """The mails that SES accepted."""
    raw = [m.raw_data for m in ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages]
    return [email.message_from_string(text, policy=default) for text in raw]


def test_mail_reaches_ses_as_text_html_and_invitation(table: None) -> None:
    boto3.client("sesv2").create_email_identity(EmailIdentity="bookings@example.org")
    carrier = SesEmailSender(SENDER, "", PUBLIC_URL, REGION)

    assert carrier.prepare(build.notification(at=build.context(build.appointment(sequence=3))))()

    (mail,) = sent_mail()
    assert mail["To"] == "ana@example.org"
    assert mail["From"] == "Maple Bank <bookings@example.org>"
    plain, html, calendar = mail.iter_parts()
    assert [p.get_content_type() for p in (plain, html, calendar)] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    assert "SEQUENCE:3" in calendar.get_content()
    assert "code=code-of-ana" in plain.get_content()
    assert STAFF_NOTES not in mail.as_string() + html.get_content() + plain.get_content()


def test_texts_reach_sns_by_number(table: None) -> None:
    _, text = build.notifications(at=build.context(build.appointment(), build.ana(receive_sms=True)))

    assert SnsTextSender(PUBLIC_URL, REGION).prepare(text)()

    ((number, body),) = sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages.values()
    assert number == "+14165550100"
    assert body.startswith("Maple Bank: confirmed, Mortgage advice, Tue, Dec 1, 10:00 AM")


def test_an_event_reaches_the_topic_in_its_envelope_with_attributes_to_filter_by(table: None) -> None:
    topic = boto3.client("sns").create_topic(Name="events")["TopicArn"]
    queues = boto3.client("sqs")
    url = queues.create_queue(QueueName="listener")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    event = DomainEvent("appointment.booked", 4, {"id": APPOINTMENT}, "loc_king", "svc_mortgage")
    SnsEventTopic(topic, REGION).publish("evt_1-0", datetime(2026, 12, 1, 15, tzinfo=UTC), event)

    (received,) = queues.receive_message(QueueUrl=url)["Messages"]
    body = json.loads(received["Body"])
    assert json.loads(body["Message"]) == {
        "id": "evt_1-0",
        "type": "appointment.booked",
        "at": "2026-12-01T15:00:00Z",
        "version": 4,
        "data": {"id": APPOINTMENT},
    }
    assert {name: a["Value"] for name, a in body["MessageAttributes"].items()} == {
        "event_type": "appointment.booked",
        "location_id": "loc_king",
        "service_id": "svc_mortgage",
    }


def test_an_event_about_no_place_carries_no_empty_attributes(table: None) -> None:
    topic = boto3.client("sns").create_topic(Name="events")["TopicArn"]

    SnsEventTopic(topic, REGION).publish("evt_2-0", NOW, DomainEvent("client.created", 1, {}))

    ((_, _, _, attributes, *_),) = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[topic].sent_notifications
    assert list(attributes or ()) == ["event_type"]


def test_a_dead_letter_reaches_its_queue(table: None) -> None:
    queues = boto3.client("sqs")
    url = queues.create_queue(QueueName="dead")["QueueUrl"]

    SqsDeadLetterQueue(url, REGION).put({"reason": "uncertain", "cause": "evt_1"})

    (received,) = queues.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(received["Body"]) == {"reason": "uncertain", "cause": "evt_1"}


def test_from_journal_row_to_mailbox(rows: DynamoTable, harness: Harness) -> None:
    boto3.client("sesv2").create_email_identity(EmailIdentity="bookings@example.org")
    senders = {Medium.EMAIL: SesEmailSender(SENDER, "", PUBLIC_URL, REGION), Medium.TEXT: harness.texts}
    object.__setattr__(harness.outbox_relay.message_sender, "senders", senders)
    rows.put(build.ana(language="fr"))
    made = build.entry(build.message(), build.message(MessageKind.STAFF_BOOKED, "loc_king"))
    rows.journal(made)

    harness.sweep(NOW)

    assert [(m["To"], m["Subject"][:9]) for m in sent_mail()] == [
        ("ana@example.org", "Confirmé "),
        ("king@example.org", "Booked: M"),
    ]
    assert rows.claim_states() == ["sent", "sent"]
