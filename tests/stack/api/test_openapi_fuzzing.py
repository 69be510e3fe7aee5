"""Requests that schemathesis makes from our own OpenAPI document: no failure, every answer as the document says."""

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
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import OpenBranch, made

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
# What is larger than any body may be is refused as such, before anybody looks whether it is valid.
_REFUSAL = SCHEMA.config.checks.negative_data_rejection
_REFUSAL.expected_statuses = [*_REFUSAL.expected_statuses, "413"]
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)


@pytest.fixture(scope="module")
def signed_in(stack: Stack) -> dict[str, str]:
    """The headers of somebody who may do everything."""
    return {"Authorization": f"Bearer {stack.token('admin')}"}


@pytest.fixture(scope="module")
def put_back(stack: Stack) -> Iterator[None]:
    """What other tests rely on is as it was: the settings, that no reason must be chosen, room for statuses."""
    with stack.staff("admin") as admin:
        before = made(admin.get("/settings"), 200)
        yield
        before.pop("version")
        made(admin.patch("/settings", json=before), 200)
        for reason in made(admin.get("/cancellation-reasons", params={"limit": 100}), 200)["items"]:
            admin.delete(f"/cancellation-reasons/{reason['id']}")
        for status in made(admin.get("/statuses", params={"limit": 100}), 200)["items"]:
            admin.delete(f"/statuses/{status['id']}")


def examine(stack: Stack, strategy: Any, examples: int, checks: list[Any]) -> None:
    """Sends so many generated requests and checks every answer."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def ask(case: Any) -> None:
        answer = case.call(base_url=stack.api_url)
        case.validate_response(answer, checks=checks)
        if answer.status_code >= 400:
            kind = answer.headers["content-type"][0]
            assert (kind, answer.json()["status"]) == (PROBLEM, answer.status_code), case.as_curl_command()

    ask()


def test_the_stack_serves_the_document_of_this_code(http: httpx.Client) -> None:
    served = made(http.get("/openapi.json"), 200)
    assert served["paths"] == DOCUMENT["paths"]
    assert len(OPERATIONS) == sum(len(methods) for methods in served["paths"].values())


@each_operation
def test_what_the_document_allows_is_answered_as_it_says(
    stack: Stack, signed_in: dict[str, str], put_back: None, operation: Any
) -> None:
    strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE, headers=signed_in)
    examine(stack, strategy, 6, CHECKS)


@each_operation
def test_what_it_allows_on_things_that_exist(
    stack: Stack, signed_in: dict[str, str], put_back: None, opened: OpenBranch, operation: Any
) -> None:
    known = opened(limit=2).ids()
    path = {p.name: known[p.name] for p in operation.path_parameters if p.name in known}
    query = {p.name: known[p.name] for p in operation.query if p.name in known}
    if path or query:
        strategy = operation.as_strategy(
            generation_mode=GenerationMode.POSITIVE, headers=signed_in, path_parameters=path, query=query
        )
        examine(stack, strategy, 6, CHECKS)


@each_operation
def test_what_the_document_forbids_is_refused(
    stack: Stack, signed_in: dict[str, str], put_back: None, operation: Any
) -> None:
    if not operation.body and not operation.query:
        return  # whatever is sent, there is nothing it could violate
    strategy = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE, headers=signed_in)
    examine(stack, strategy, 5, [*CHECKS, negative_data_rejection])
