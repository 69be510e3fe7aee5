"""Blocks are released on the stack by the scheduled job: on time, once, and also by a late run (D12, case 7)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from chalicelib.domain.shared.times import utc_text
from tests.builders.on_stack.local_stack import Eventually, LocalStack
from tests.builders.on_stack.stack_block_branch import OpenBranch, StackBlockBranch
from tests.builders.on_stack.stack_requests import body_of, problem_codes, run_together

SECOND = timedelta(seconds=1)


class EventListener:
    """A queue that is subscribed to the topic of domain events."""

    def __init__(self, stack: LocalStack) -> None:
        self._sqs, self._sns = stack.aws("sqs"), stack.aws("sns")
        self.url = self._sqs.create_queue(QueueName="frontdesk-listener")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sender = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**sender, "Resource": arn}]})
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        self._subscription = self._sns.subscribe(
            TopicArn=stack.content["events_topic_arn"],
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        self._received: list[dict[str, Any]] = []

    def event_types(self, block_id: str) -> list[str]:
        """The types of a block's events so far in order, each event id once."""
        while found := self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                self._received.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        about = {e["id"]: e["type"] for e in self._received if e["data"].get("id") == block_id}
        return list(about.values())

    def close(self) -> None:
        """Delete subscription and queue."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._sqs.delete_queue(QueueUrl=self.url)


@pytest.fixture(scope="module")
def events(stack: LocalStack) -> Iterator[EventListener]:
    listener = EventListener(stack)
    yield listener
    listener.close()


def release(branch: StackBlockBranch, now: datetime) -> None:
    """Run the scheduled release at this time."""
    branch.stack.run_job("release_blocks", now)


def book_at(branch: StackBlockBranch, now: datetime) -> httpx.Response:
    """Book at this time."""
    return branch.book(headers={"X-Now": utc_text(now)})


def test_a_block_opens_at_its_second_and_not_before(
    open_branch: OpenBranch, events: EventListener, eventually: Eventually
) -> None:
    branch = open_branch(limit=2, release={"hours_before": 24})
    due = branch.opening - timedelta(hours=24)
    assert branch.block()["release_at"] == utc_text(due)

    release(branch, due - SECOND)
    assert branch.block()["state"] == "held"
    assert branch.available_starts(now=due - SECOND) == {}
    assert problem_codes([book_at(branch, due - SECOND)]) == ["block_not_released"]

    release(branch, due)
    assert branch.block()["state"] == "released"
    assert branch.available_starts(now=due)[branch.start()] == 2
    assert problem_codes([book_at(branch, due)]) == ["201"]
    assert eventually(lambda: events.event_types(branch.block_id)) == ["block.released"]


def test_two_runs_at_once_release_once(open_branch: OpenBranch, events: EventListener, eventually: Eventually) -> None:
    branch = open_branch(release={"hours_before": 24})
    due = branch.opening - timedelta(hours=24)
    before = branch.block()["version"]
    run_together([partial(release, branch, due)] * 4)
    block = branch.block()
    assert (block["state"], block["version"]) == ("released", before + 1)
    assert eventually(lambda: events.event_types(branch.block_id) == ["block.released"])
    # A later delivery repeats the same event id.
    branch.stack.deliver_messages(now=due)
    assert events.event_types(branch.block_id) == ["block.released"]


def test_a_late_run_catches_up_and_closes_what_is_over(
    open_branch: OpenBranch, events: EventListener, eventually: Eventually
) -> None:
    branch = open_branch(release={"hours_before": 6})
    over = branch.create_block(length=60, release={"hours_before": 6})
    deleted = branch.create_block(length=60, release={"hours_before": 6})
    assert branch.admin.delete(f"/quickstream/blocks/{deleted['id']}").status_code == 204
    waiting = branch.create_block(minutes=24 * 60, release={"hours_before": 6})

    release(branch, branch.opening + timedelta(hours=1))

    states = [branch.block(block_id)["state"] for block_id in (branch.block_id, over["id"], waiting["id"])]
    assert states == ["released", "closed", "held"]
    assert branch.admin.get(f"/quickstream/blocks/{deleted['id']}").status_code == 404
    assert eventually(lambda: events.event_types(over["id"]) == ["block.closed"])


def test_a_reserve_opens_to_clients_in_its_time(open_branch: OpenBranch) -> None:
    branch = open_branch(limit=2, reserved=1, reserve_release={"hours_before": 24})
    due = branch.opening - timedelta(hours=24)
    assert branch.available_starts()[branch.start()] == 1
    release(branch, due - SECOND)
    assert branch.available_starts()[branch.start()] == 1
    release(branch, due)
    assert branch.available_starts()[branch.start()] == 2


def test_a_series_is_extended_as_time_goes_by(open_branch: OpenBranch) -> None:
    branch = open_branch(recurrence={"rrule": "FREQ=WEEKLY"})

    def last_start(first: datetime) -> datetime:
        dates = {"from": first.date().isoformat(), "to": (first + timedelta(days=90)).date().isoformat()}
        query = {"location_id": branch.location_id, "limit": "100", **dates}
        items = body_of(branch.admin.get("/quickstream/blocks", params=query))["items"]
        return datetime.fromisoformat(items[-1]["start"])

    last = last_start(branch.opening)
    assert last > branch.opening + timedelta(days=28)
    release(branch, last)
    assert last_start(last) > last + timedelta(days=28)
