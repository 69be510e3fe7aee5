"""Requests that schemathesis generates from the OpenAPI document: no server error, every response conforms to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app import DECLARED
from chalicelib.api.http import openapi
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.path_ids import path_ids
from tests.builders.on_stack.stack_block_branch import OpenBranch
from tests.builders.on_stack.stack_requests import body_of

pytestmark = pytest.mark.usefixtures("restore")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PROBLEM = "application/problem+json"


DOCUMENT = openapi.document([route for routes in DECLARED for route in routes.declared], "")
SCHEMA: Any = schemathesis.openapi.from_dict(DOCUMENT)
# A body that is too large is refused before it is validated.
_REFUSAL = SCHEMA.config.checks.negative_data_rejection
_REFUSAL.expected_statuses = [*_REFUSAL.expected_statuses, "413"]
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)


@pytest.fixture(scope="module")
def signed_in(stack: LocalStack) -> dict[str, str]:
    """The headers of an administrator."""
    return {"Authorization": f"Bearer {stack.token('admin')}"}


@pytest.fixture(scope="module")
def restore(admin: httpx.Client) -> Iterator[None]:
    """Restore the settings and delete all cancellation reasons and unused statuses."""
    before = body_of(admin.get("/settings"))
    yield
    before.pop("version")
    body_of(admin.patch("/settings", json=before))
    for path in ("/cancellation-reasons", "/statuses"):
        for item in body_of(admin.get(path, params={"limit": 100}))["items"]:
            admin.delete(f"{path}/{item['id']}")


def examine(stack: LocalStack, strategy: Any, examples: int, checks: list[Any]) -> None:
    """Send so many generated requests and check every response."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def ask(case: Any) -> None:
        response = case.call(base_url=stack.api_url)
        case.validate_response(response, checks=checks)
        if response.status_code >= 400:
            media_type = response.headers["content-type"][0]
            assert (media_type, response.json()["status"]) == (PROBLEM, response.status_code), case.as_curl_command()

    ask()


def test_the_stack_serves_the_document_of_this_code(http: httpx.Client) -> None:
    served = body_of(http.get("/openapi.json"))
    assert served["paths"] == DOCUMENT["paths"]
    assert len(OPERATIONS) == sum(len(methods) for methods in served["paths"].values())


@each_operation
def test_valid_requests_are_answered_as_the_document_says(
    stack: LocalStack, signed_in: dict[str, str], operation: Any
) -> None:
    strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE, headers=signed_in)
    examine(stack, strategy, 6, CHECKS)


@each_operation
def test_valid_requests_about_existing_records(
    stack: LocalStack, signed_in: dict[str, str], open_branch: OpenBranch, operation: Any
) -> None:
    known = path_ids(open_branch(limit=2))
    path = {p.name: known[p.name] for p in operation.path_parameters if p.name in known}
    query = {p.name: known[p.name] for p in operation.query if p.name in known}
    if path or query:
        strategy = operation.as_strategy(
            generation_mode=GenerationMode.POSITIVE, headers=signed_in, path_parameters=path, query=query
        )
        examine(stack, strategy, 6, CHECKS)


@each_operation
def test_invalid_requests_are_refused(stack: LocalStack, signed_in: dict[str, str], operation: Any) -> None:
    if not operation.body and not operation.query:
        return  # there is nothing a request could violate
    strategy = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE, headers=signed_in)
    examine(stack, strategy, 5, [*CHECKS, negative_data_rejection])
