"""Requests that cannot be dealt with, beside a good one (TR-60)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import container as composition
from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.clients.client import Contact
from chalicelib.persistence import keys
from chalicelib.persistence.table import Row
from chalicelib.services.retry import JOB_ATTEMPTS
from chalicelib.services.store_port import Failure
from tests.builders.doubles.faulty_aws import FaultyAws, cancelled_for
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.status_requests import ADMIN

Requests = list[dict[str, Any]]


@pytest.fixture
def asked(org: Organisation) -> Requests:
    """Nine requests that have waited too long: the ninth is good."""
    org.create_block(limit=9)
    org.statuses.create()
    org.as_staff("PATCH", "/settings", {"auto_reject_after_hours": 12}, who=ADMIN)
    booked = []
    for number in range(9):
        org.now += timedelta(minutes=1)
        booked.append(org.try_book(attendee={"email": f"guest{number}@example.org"}).json)
    assert not any(b["confirmed"] for b in booked)
    org.now += timedelta(hours=12)
    return booked


def lose_contacts(requests: Requests) -> None:
    """Delete the rows of the first guests' addresses."""
    for number, _ in enumerate(requests):
        Row(*keys.contact(f"guest{number}@example.org")).delete()


def reject(org: Organisation, time_left: Callable[[], bool] = lambda: True) -> dict[str, int]:
    return container.auto_reject_job.reject_overdue(org.now, time_left)


def states(org: Organisation, requests: Requests) -> list[AppointmentState]:
    return [org.read(Appointment, r["id"]).state for r in requests]


def test_requests_whose_contact_row_is_gone_are_rejected_like_others(org: Organisation, asked: Requests) -> None:
    lose_contacts(asked[:8])

    assert reject(org) == {"rejected": 9, "postponed": 0}
    assert set(states(org, asked)) == {AppointmentState.CANCELLED}
    assert org.read(Contact, "guest8@example.org").upcoming == ()
    assert org.read(Contact, "guest1@example.org") is None


def test_client_and_staff_can_cancel_when_the_contact_row_is_gone(org: Organisation, asked: Requests) -> None:
    lose_contacts(asked[:2])
    by_client, by_staff = asked[0], asked[1]

    url = f"/public/appointments/{by_client['id']}/cancel"
    replies = [
        org.call("POST", url, {"code": by_client["code"]}),
        org.as_staff("POST", f"/appointments/{by_staff['id']}/cancel", {}, who=ADMIN),
    ]

    assert [reply.status for reply in replies] == [200, 200], [reply.text for reply in replies]


def test_a_sheet_that_is_gone_keeps_nobody_from_cancelling(org: Organisation, asked: Requests) -> None:
    for row in list(Row.scan(Row.kind == "sheet")):
        row.delete()

    reply = org.as_staff("POST", f"/appointments/{asked[0]['id']}/cancel", {}, who=ADMIN)

    assert reply.status == 200, reply.text


def test_eight_that_never_succeed_do_not_keep_the_ninth_waiting(
    org: Organisation, asked: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run has time for six: the next one begins with those that have had no turn."""
    named: list[str] = []
    monkeypatch.setattr(composition, "pause", lambda _: None)
    monkeypatch.setattr(composition, "report_set_aside", lambda job, item, error: named.append(item))
    vars(container).clear()
    bad = {request["id"] for request in asked[:8]}
    aws = FaultyAws(monkeypatch)
    aws.fail_if("TransactWriteItems", cancelled_for("ConditionalCheckFailed"), lambda p: any(i in str(p) for i in bad))

    first = reject(org, time_for(6, aws))
    second = reject(org, time_for(6, aws))

    assert (first, second["rejected"]) == ({"rejected": 0, "postponed": 6}, 1)
    assert states(org, asked)[8] is AppointmentState.CANCELLED
    for _ in range(6):
        reject(org)
    assert sorted(named) == sorted(bad)
    assert reject(org) == {"rejected": 0, "postponed": 0}


def time_for(items: int, aws: FaultyAws) -> Callable[[], bool]:
    """Time for so many items that fail, each as often as a job tries at once."""
    until = aws.count("TransactWriteItems") + items * JOB_ATTEMPTS
    return lambda: aws.count("TransactWriteItems") < until


def test_failures_are_forgotten_after_a_day(org: Organisation) -> None:
    failures = container.job_runs.failures
    failures.record("job", "item", Failure(5, org.now))

    assert failures.of_job("job", org.now) == {"item": Failure(5, org.now)}
    assert failures.of_job("job", org.now + timedelta(days=1)) == {}
    failures.record("job", "item", Failure(0, org.now))
    assert failures.of_job("job", org.now) == {}
