"""Bookings while DynamoDB throttles, loses answers or is not done yet (TR-63, TR-65)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.persistence.patient_connection import PatientConnection
from chalicelib.persistence.table import Row
from tests.builders.doubles.faulty_aws import Fault, FaultyAws, answer_lost, cancelled_for, done_but_refused, refused
from tests.builders.in_process.sample_organisation import Organisation

THROTTLED = [
    refused("ProvisionedThroughputExceededException"),
    refused("ThrottlingException"),
    refused("RequestLimitExceeded"),
    refused("InternalServerError", 500),
    refused("ServiceUnavailable", 503),
]
WRITE, READ = "TransactWriteItems", "BatchGetItem"


@pytest.fixture
def aws(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> FaultyAws:
    """The organisation with one block, on a transport that can fail; nobody waits in fact."""
    org.create_block(limit=4)
    seconds = [0.0]
    monkeypatch.setattr(PatientConnection, "clock", lambda _: seconds[0])
    monkeypatch.setattr(PatientConnection, "sleep", lambda _, pause: seconds.__setitem__(0, seconds[0] + pause))
    return FaultyAws(monkeypatch)


def appointments() -> int:
    return sum(row.kind == "appointment" for row in Row.scan())


@pytest.mark.parametrize(
    "fault",
    [
        refused("TransactionInProgressException"),
        done_but_refused("TransactionInProgressException", 400),
        done_but_refused("InternalServerError", 500),
        answer_lost,
    ],
    ids=["in progress, not done", "in progress, done", "server fault, done", "answer lost"],
)
def test_one_request_books_once(org: Organisation, aws: FaultyAws, fault: Fault) -> None:
    """TR-63: without an Idempotency-Key, too."""
    aws.fail(WRITE, fault, 1, 2, 3)

    reply = org.try_book()

    assert reply.status == 201, reply.text
    assert appointments() == 1
    assert len(aws.tokens()) == 4
    assert len(set(aws.tokens())) == 1


@pytest.mark.parametrize("fault", THROTTLED)
@pytest.mark.parametrize("operation", [WRITE, READ, "Query"])
def test_a_moment_of_throttling_is_not_noticed(org: Organisation, aws: FaultyAws, operation: str, fault: Fault) -> None:
    aws.fail(operation, fault, 1, 2, 3)

    assert org.try_book().status == 201
    assert appointments() == 1


@pytest.mark.parametrize("fault", THROTTLED)
@pytest.mark.parametrize("operation", [WRITE, READ])
def test_throttling_that_lasts_is_a_503(org: Organisation, aws: FaultyAws, operation: str, fault: Fault) -> None:
    """TR-65: with ``Retry-After``, after pauses, and nothing is written."""
    aws.fail(operation, fault)

    reply = org.try_book()

    assert (reply.status, reply.json["code"]) == (503, "busy")
    assert int(reply.headers["Retry-After"]) > 0
    assert 5 < aws.count(operation) < 40
    assert appointments() == 0


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"])
def test_a_transaction_that_throttling_cancels_is_tried_again(org: Organisation, aws: FaultyAws, code: str) -> None:
    aws.fail(WRITE, cancelled_for(code), 1, 2)

    assert org.try_book().status == 201
    assert appointments() == 1


def test_keys_that_a_batch_left_out_are_asked_for_again(org: Organisation, aws: FaultyAws) -> None:
    left_out: list[int] = []

    def in_part(call: Any) -> Any:
        answer = call()
        ((table, items),) = answer["Responses"].items()
        keys = [{name: item[name] for name in ("pk", "sk")} for item in items[1:]]
        left_out.append(len(keys))
        unprocessed = {table: {"Keys": keys, "ConsistentRead": True}} if keys else {}
        return {"Responses": {table: items[:1]}, "UnprocessedKeys": unprocessed}

    aws.fail(READ, in_part, 1, 2)

    assert org.try_book().status == 201
    assert left_out[0] > 1
    assert left_out[1] == left_out[0] - 1


def test_keys_that_stay_unprocessed_are_a_503(org: Organisation, aws: FaultyAws) -> None:
    def never(call: Any) -> Any:
        _, parameters = aws.calls[-1]
        return {"Responses": {}, "UnprocessedKeys": parameters["RequestItems"]}

    aws.fail(READ, never)

    reply = org.try_book()

    assert (reply.status, "Retry-After" in reply.headers) == (503, True)
