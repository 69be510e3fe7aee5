"""A request or event may set the time in stage local only: the deployed code under each stage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from app import app, deliver_due, release_blocks
from chalicelib.domain.shared.times import utc_text
from infra import stages
from tests.builders.doubles.api_gateway import Reply, send
from tests.builders.on_stack.competing_writers import in_process_container
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_block_branch import OpenBranch, StackBlockBranch
from tests.builders.on_stack.stack_branch import email_address
from tests.builders.on_stack.stack_requests import body_of, created, problem_codes


@pytest.fixture
def branch(open_branch: OpenBranch) -> StackBlockBranch:
    """A branch whose block is released a day before."""
    return open_branch(release={"hours_before": 24})


@pytest.fixture
def guest(open_branch: OpenBranch) -> tuple[StackBlockBranch, str]:
    """A branch and the address of its client, whose reminder is due a day before the appointment."""
    branch = open_branch()
    name = f"guest-{branch.location_id[-10:].lower()}"
    created(branch.book(guest=name))
    return branch, email_address(name)


@pytest.fixture
def deployed(stack: LocalStack, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """This process on the stack's table in the stage of the parameter."""
    environment = {
        "EVENTS_TOPIC_ARN": stack.content["events_topic_arn"],
        "DEAD_LETTER_QUEUE_URL": stack.content["dead_letter_queue_url"],
        "SENDER": stages.parameters(stages.LOCAL)["SenderIdentity"],
        "STAGE": request.param,
    }
    with in_process_container(stack, monkeypatch, **environment):
        yield request.param


every_stage = pytest.mark.parametrize("deployed", stages.STAGES, indirect=True)


def availability(branch: StackBlockBranch, now: datetime) -> Reply:
    """The availability on the opening's day in this process at this time."""
    day = branch.opening.date().isoformat()
    place = f"service_id={branch.service_id}&location_id={branch.location_id}"
    url = f"/public/availability?{place}&timezone=UTC&from={day}&to={day}"
    return send(app, "GET", url, headers={"X-Now": utc_text(now)})


def test_the_deployed_stack_accepts_the_time(branch: StackBlockBranch) -> None:
    due = branch.opening - timedelta(hours=24)
    branch.stack.run_job("release_blocks", due)
    assert branch.block()["state"] == "released"
    assert branch.available_starts(now=due)[branch.start()] == 1
    assert branch.available_starts(now=branch.opening + timedelta(hours=4)) == {}
    late = {"X-Now": utc_text(branch.opening)}
    assert problem_codes([branch.book(headers=late)]) == ["past"]


@every_stage
def test_a_request_sets_the_time_in_stage_local_only(branch: StackBlockBranch, deployed: str) -> None:
    body_of(branch.admin.post(f"/quickstream/blocks/{branch.block_id}/release"))
    for now in (branch.opening + timedelta(hours=4), branch.opening - timedelta(days=400)):
        offered = branch.start() in availability(branch, now).text
        assert offered == (deployed != stages.LOCAL)
    nonsense = send(app, "GET", "/health", headers={"X-Now": "nonsense"})
    assert nonsense.status == (422 if deployed == stages.LOCAL else 200)


@every_stage
def test_an_event_sets_the_time_in_stage_local_only(
    branch: StackBlockBranch, guest: tuple[StackBlockBranch, str], deployed: str
) -> None:
    release_blocks({"now": utc_text(branch.opening - timedelta(hours=1))}, None)
    assert branch.block()["state"] == ("released" if deployed == stages.LOCAL else "held")
    other, address = guest
    deliver_due({"now": utc_text(other.opening - timedelta(hours=1))}, None)
    assert ("Reminder" in other.subjects(address)) == (deployed == stages.LOCAL)
