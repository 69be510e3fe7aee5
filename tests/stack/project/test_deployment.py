"""The deployed system: responses of the gateway itself, logins, policies, and state after a restart."""

from __future__ import annotations

import json
import uuid

import httpx
import pytest

from infra import local_stack, stages
from tests.builders.on_stack.local_stack import Eventually, LocalStack

SCHEDULED = ["release_blocks", "deliver_due", "commence_overdue", "reject_overdue", "check_integrity"]


def test_stack_json_has_what_tests_need(stack: LocalStack) -> None:
    written = json.loads((stack.place / "stack.json").read_text())

    assert {
        "api_url", "aws_endpoint_url", "region", "table_name", "user_pool_id", "user_pool_client_id",
        "events_topic_arn", "functions", "demo",
    } <= written.keys()  # fmt: skip
    assert {*SCHEDULED, "relay_stream"} <= written["functions"].keys()
    assert written["demo"]["users"].keys() == set(stages.ROLES)


def test_the_api_responses(stack: LocalStack) -> None:
    with stack.client() as http:
        assert http.get("/health").json()["status"] == "ok"


@pytest.mark.parametrize("role", stages.ROLES)
def test_every_role_has_a_login_that_works(stack: LocalStack, role: str) -> None:
    with stack.staff(role) as http:
        me = http.get("/me").raise_for_status().json()

    assert (me["email"], me["role"]) == (f"{role}@example.org", role)


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/me", {}, 401, "unauthenticated"),
        ("/me", {"Authorization": "Bearer not.a.token"}, 401, "unauthenticated"),
        ("/no/such/route", {}, 404, "not_found"),
    ],
)
def test_the_gateway_refuses_with_problems_a_browser_may_read(
    stack: LocalStack, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    with stack.client() as http:
        response = http.get(path, headers=headers | {"Origin": "https://elsewhere.example"})

    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    assert {"type", "title", "detail", "errors"} <= problem.keys()


def test_a_forged_token_opens_nothing(stack: LocalStack) -> None:
    header, claims, signature = stack.token("admin").split(".")
    forged = f"{header}.{claims}.{signature[::-1]}"

    with stack.client() as http:
        response = http.get("/me", headers={"Authorization": f"Bearer {forged}"})

    assert response.status_code == 401


@pytest.mark.parametrize("function", SCHEDULED)
def test_scheduled_functions_accept_the_time(stack: LocalStack, function: str) -> None:
    assert stack.invoke(function, {"now": "2026-12-01T12:00:00Z"}) is not None


def test_functions_run_under_their_own_policies(stack: LocalStack) -> None:
    """The embedded AWS checks identities; otherwise the policies of the stack would prove nothing."""
    nobody = httpx.post(
        stack.content["aws_endpoint_url"],
        headers={
            "X-Amz-Target": "DynamoDB_20120810.ListTables",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": "AWS4-HMAC-SHA256 Credential=AKIANOBODY/20261201/us-east-1/dynamodb/aws4_request,"
            " SignedHeaders=host, Signature=0",
        },
        content="{}",
    )

    assert nobody.status_code in (400, 403)
    assert "TableNames" not in nobody.text


def test_a_new_journal_row_wakes_the_relay(stack: LocalStack, eventually: Eventually) -> None:
    relay = stack.content["functions"]["relay_stream"]
    mapping = stack.aws("lambda").list_event_source_mappings(FunctionName=relay)["EventSourceMappings"][0]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]

    def runs() -> int:
        logs = stack.aws("logs").get_paginator("filter_log_events")
        pages = logs.paginate(logGroupName="/frontdesk/frontdesk-local/relay_stream")
        return sum("REPORT RequestId" in event["message"] for page in pages for event in page["events"])

    before = runs()
    # No message is due for this row; it is enough that the function runs.
    stack.aws("dynamodb").put_item(
        TableName=stack.table_name, Item={"pk": {"S": f"TEST#{uuid.uuid4()}"}, "sk": {"S": "LOG#0"}}
    )

    assert eventually(lambda: runs() > before)


def test_state_survives_down_and_up(stack: LocalStack) -> None:
    kept = {"pk": {"S": f"TEST#{uuid.uuid4()}"}, "sk": {"S": "META"}}
    stack.aws("dynamodb").put_item(TableName=stack.table_name, Item=kept)

    local_stack.down(stack.place)
    again = local_stack.up(stack.place, "empty")

    assert again == stack.content
    assert stack.aws("dynamodb").get_item(TableName=stack.table_name, Key=kept)["Item"] == kept
    with stack.staff("admin") as http:
        assert http.get("/me").status_code == 200
