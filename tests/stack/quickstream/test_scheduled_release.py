"""Blocks open at their instant on the real stack: by the clock, once, however late it runs (D12, case 7)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from chalicelib.domain.shared.times import utc_text
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch, at_once, codes, made

SECOND = timedelta(seconds=1)


class Ear:
    """A queue that hears the topic of domain events."""

    def __init__(self, stack: Stack) -> None:
        self._sqs, self._sns = stack.aws("sqs"), stack.aws("sns")
        self.url = self._sqs.create_queue(QueueName="frontdesk-ear")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        speaker = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**speaker, "Resource": arn}]})
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        self._subscription = self._sns.subscribe(
            TopicArn=stack.content["events_topic_arn"],
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        self._heard: list[dict[str, Any]] = []

    def heard(self, block_id: str) -> list[str]:
        """The types of all events about a block so far, each event once by its id, in order."""
        while found := self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                self._heard.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        about = {e["id"]: e["type"] for e in self._heard if e["data"].get("id") == block_id}
        return list(about.values())

    def close(self) -> None:
        """Takes the queue away."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._sqs.delete_queue(QueueUrl=self.url)


@pytest.fixture(scope="module")
def ear(stack: Stack) -> Iterator[Ear]:
    found = Ear(stack)
    yield found
    found.close()


def release(branch: Branch, now: datetime) -> dict[str, int]:
    """The scheduled function, told the time."""
    counts: dict[str, int] = branch.stack.invoke("release_blocks", {"now": utc_text(now)})
    return counts


def at(branch: Branch, now: datetime) -> httpx.Response:
    """Somebody books at that time."""
    return branch.book(headers={"X-Now": utc_text(now)})


def test_a_block_opens_at_its_second_and_not_before(
    opened: OpenBranch, ear: Ear, eventually: Callable[[Callable[[], list[str]]], list[str]]
) -> None:
    branch = opened(limit=2, release={"hours_before": 24})
    due = branch.opening - timedelta(hours=24)
    assert branch.block()["release_at"] == utc_text(due)

    release(branch, due - SECOND)
    assert branch.block()["state"] == "held"
    assert branch.offers(now=due - SECOND) == {}
    assert codes([at(branch, due - SECOND)]) == ["block_not_released"]

    release(branch, due)
    assert branch.block()["state"] == "released"
    assert branch.offers(now=due)[branch.start()] == 2
    assert codes([at(branch, due)]) == ["201"]
    assert eventually(lambda: ear.heard(branch.block_id)) == ["block.released"]


def test_two_runs_at_once_release_once(
    opened: OpenBranch, ear: Ear, eventually: Callable[[Callable[[], bool]], bool]
) -> None:
    branch = opened(release={"hours_before": 24})
    due = branch.opening - timedelta(hours=24)
    before = branch.block()["version"]
    at_once([partial(release, branch, due)] * 4)
    block = branch.block()
    assert (block["state"], block["version"]) == ("released", before + 1)
    assert eventually(lambda: ear.heard(branch.block_id) == ["block.released"])
    # The last word: what a later sweep delivers again is the same event by its id.
    branch.stack.invoke("deliver_due", {"now": utc_text(due)})
    assert ear.heard(branch.block_id) == ["block.released"]


def test_a_late_run_catches_up_and_closes_what_is_over(
    opened: OpenBranch, ear: Ear, eventually: Callable[[Callable[[], bool]], bool]
) -> None:
    branch = opened(release={"hours_before": 6})
    over = branch.lay(length=60, release={"hours_before": 6})
    gone = branch.lay(length=60, release={"hours_before": 6})
    assert branch.admin.delete(f"/quickstream/blocks/{gone['id']}").status_code == 204
    waiting = branch.lay(minutes=24 * 60, release={"hours_before": 6})

    release(branch, branch.opening + timedelta(hours=1))

    states = [branch.block(block_id)["state"] for block_id in (branch.block_id, over["id"], waiting["id"])]
    assert states == ["released", "closed", "held"]
    assert branch.admin.get(f"/quickstream/blocks/{gone['id']}").status_code == 404
    assert eventually(lambda: ear.heard(over["id"]) == ["block.closed"])


def test_a_reserve_opens_to_clients_in_its_time(opened: OpenBranch) -> None:
    branch = opened(limit=2, reserved=1, reserve_release={"hours_before": 24})
    due = branch.opening - timedelta(hours=24)
    assert branch.offers()[branch.start()] == 1
    release(branch, due - SECOND)
    assert branch.offers()[branch.start()] == 1
    release(branch, due)
    assert branch.offers()[branch.start()] == 2


def test_a_series_is_laid_out_further_as_time_goes_by(opened: OpenBranch) -> None:
    branch = opened(recurrence={"rrule": "FREQ=WEEKLY"})

    def last(first: datetime) -> datetime:
        dates = {"from": first.date().isoformat(), "to": (first + timedelta(days=90)).date().isoformat()}
        query = {"location_id": branch.location_id, "limit": "100", **dates}
        items = made(branch.admin.get("/quickstream/blocks", params=query), 200)["items"]
        return datetime.fromisoformat(items[-1]["start"])

    laid_to = last(branch.opening)
    assert laid_to > branch.opening + timedelta(days=28)
    release(branch, laid_to)
    assert last(laid_to) > laid_to + timedelta(days=28)
