"""The aids that make time testable work in stage local, and nowhere else: the deployed code under another stage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from app import app, deliver_due, release_blocks
from chalicelib.domain.shared.times import utc_text
from infra import stages
from tests.builders.doubles.api_gateway import Reply, send
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch, address, codes, made
from tests.integration.conftest import forget_singletons


@pytest.fixture
def branch(opened: OpenBranch) -> Branch:
    """A branch whose block opens a day before."""
    return opened(release={"hours_before": 24})


@pytest.fixture
def guest(opened: OpenBranch) -> tuple[Branch, str]:
    """Somebody who will be reminded a day before an appointment, and where."""
    branch = opened()
    name = f"guest-{branch.location_id[-10:].lower()}"
    made(branch.book(name))
    return branch, address(name)


@pytest.fixture
def deployed(stack: Stack, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """This process on the stack's table, in another stage as far as it knows."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": stack.content["aws_endpoint_url"],
        "AWS_REGION": stack.content["region"],
        "AWS_DEFAULT_REGION": stack.content["region"],
        "TABLE_NAME": stack.table_name,
        "EVENTS_TOPIC_ARN": stack.content["events_topic_arn"],
        "DEAD_LETTER_QUEUE_URL": stack.content["dead_letter_queue_url"],
        "SENDER": stages.parameters(stages.LOCAL)["SenderIdentity"],
        "STAGE": request.param,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    forget_singletons()
    yield request.param
    forget_singletons()


every_stage = pytest.mark.parametrize("deployed", stages.STAGES, indirect=True)


def offers(branch: Branch, now: datetime) -> Reply:
    """This process's availability on the opening's day, told the time."""
    day = branch.opening.date().isoformat()
    place = f"service_id={branch.service_id}&location_id={branch.location_id}"
    url = f"/public/availability?{place}&timezone=UTC&from={day}&to={day}"
    return send(app, "GET", url, headers={"X-Now": utc_text(now)})


def test_the_deployed_stack_may_be_told_the_time(branch: Branch) -> None:
    due = branch.opening - timedelta(hours=24)
    branch.stack.invoke("release_blocks", {"now": utc_text(due)})
    assert branch.block()["state"] == "released"
    assert branch.offers(now=due)[branch.start()] == 1
    assert branch.offers(now=branch.opening + timedelta(hours=4)) == {}
    late = {"X-Now": utc_text(branch.opening)}
    assert codes([branch.book(headers=late)]) == ["past"]


@every_stage
def test_a_request_is_told_the_time_in_stage_local_only(branch: Branch, deployed: str) -> None:
    made(branch.admin.post(f"/quickstream/blocks/{branch.block_id}/release"), 200)
    for told in (branch.opening + timedelta(hours=4), branch.opening - timedelta(days=400)):
        offered = branch.start() in offers(branch, told).text
        assert offered == (deployed != stages.LOCAL)
    nonsense = send(app, "GET", "/health", headers={"X-Now": "nonsense"})
    assert nonsense.status == (422 if deployed == stages.LOCAL else 200)


@every_stage
def test_a_function_is_told_the_time_in_stage_local_only(
    branch: Branch, guest: tuple[Branch, str], deployed: str
) -> None:
    release_blocks({"now": utc_text(branch.opening - timedelta(hours=1))}, None)
    assert branch.block()["state"] == ("released" if deployed == stages.LOCAL else "held")
    there, mailbox = guest
    deliver_due({"now": utc_text(there.opening - timedelta(hours=1))}, None)
    assert ("Reminder" in there.subjects(mailbox)) == (deployed == stages.LOCAL)
