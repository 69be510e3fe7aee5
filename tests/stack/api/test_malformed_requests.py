"""Requests with one fault to every route: each gets the right problem, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from app import DECLARED
from chalicelib.api.http.routing import Route
from chalicelib.api.schemas.shared.fields import NoBody
from chalicelib.domain.shared.permissions import Ability, Role, grants
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.path_ids import path_ids
from tests.builders.on_stack.stack_block_branch import OpenBranch, StackBlockBranch

ROUTES = [route for routes in DECLARED for route in routes.declared]
WITH_BODY = [route for route in ROUTES if route.method in ("POST", "PUT", "PATCH")]
ANSWERING = [route for route in ROUTES if route.tag != "Pages"]
SendRequest = Callable[..., httpx.Response]
JSON = {"Content-Type": "application/json"}


def name_of(route: Route) -> str:
    """The name of a route in a test id."""
    return f"{route.method} {route.path}"


def takes_a_code(route: Route) -> bool:
    """True if the route needs an appointment's code."""
    fields = route.query.model_fields if route.method == "GET" else route.body.model_fields
    return "appointment_id" in route.path and "code" in fields


every_route = pytest.mark.parametrize("route", ANSWERING, ids=name_of)
every_body = pytest.mark.parametrize("route", WITH_BODY, ids=name_of)


@pytest.fixture(scope="module")
def branch(open_branch: OpenBranch) -> StackBlockBranch:
    return open_branch(limit=3)


@pytest.fixture(scope="module")
def ids(branch: StackBlockBranch) -> dict[str, str]:
    return {**path_ids(branch), "reason_id": "rsn_1", "part": "start.js"}


@pytest.fixture(scope="module", autouse=True)
def untouched(stack: LocalStack, ids: dict[str, str]) -> Iterator[None]:
    """The table is unchanged at the end."""
    before = fingerprint(stack)
    yield
    assert fingerprint(stack) == before


def fingerprint(stack: LocalStack) -> dict[str, Any]:
    """Every row, without the outbox marks and claims that the delivery of earlier messages changes."""
    rows: dict[str, Any] = {}
    for page in stack.aws("dynamodb").get_paginator("scan").paginate(TableName=stack.table_name, ConsistentRead=True):
        for item in page["Items"]:
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            if not sk.startswith("SENT#"):
                rows[f"{pk} {sk}"] = item.get("body") if sk.startswith("LOG#") else item
    return rows


@pytest.fixture(scope="module")
def send(branch: StackBlockBranch, ids: dict[str, str]) -> SendRequest:
    """Sends a request to a route for existing records, as an administrator if the route needs a login."""

    def send(route: Route, **request: Any) -> httpx.Response:
        client = branch.http if route.public else branch.admin
        return client.request(route.method, route.path.format(**ids), **request)

    return send


def require_refusal(response: httpx.Response, *allowed: int) -> dict[str, Any]:
    """The problem of a response with one of these statuses, without internal details."""
    assert response.status_code in allowed, (response.status_code, response.text)
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == response.status_code
    assert {"type", "title", "detail", "code", "errors"} <= problem.keys()
    for word in ("Traceback", "pynamodb", "dynamodb", "chalice", "frontdesk-local"):
        assert word not in json.dumps({**problem, "type": ""})
    return problem


@every_body
def test_a_body_that_is_not_json(send: SendRequest, route: Route) -> None:
    for body in (b'{"a":', b"\xff\xfe", b"{'a': 1}", b"nonsense", b'{"a": 01}', b"[" * 9000):
        assert require_refusal(send(route, content=body, headers=JSON), 400)["code"] in ("not_json", "bad_request"), (
            body
        )
    # Python's reader accepts NaN, which is not JSON; the model refuses it as a number.
    require_refusal(send(route, content=b'{"limit": NaN}', headers=JSON), 400, 422)


@every_body
def test_json_that_is_not_an_object(send: SendRequest, route: Route) -> None:
    bodies: tuple[object, ...] = ([], [{}], "text", 7, None, True)
    for body in bodies:
        assert require_refusal(send(route, content=json.dumps(body), headers=JSON), 422)["code"] == "invalid", body


@every_body
def test_a_body_that_is_too_large(send: SendRequest, route: Route) -> None:
    require_refusal(send(route, json={"notes": "x" * 70_000}), 413)


@every_body
def test_a_body_of_another_type(send: SendRequest, route: Route) -> None:
    require_refusal(send(route, content="a=1", headers={"Content-Type": "application/x-www-form-urlencoded"}), 415)


@every_body
def test_an_unknown_field(send: SendRequest, route: Route) -> None:
    values: tuple[object, ...] = ("\x00", {"a": {"b": []}}, "x" * 9000, 10**400)
    for value in values:
        assert require_refusal(send(route, json={"shoe_size": value}), 422)["code"] == "invalid", value
    problem = require_refusal(send(route, json={"shoe_size": 1}), 422)
    assert "/shoe_size" in [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize("route", [route for route in WITH_BODY if route.body is not NoBody], ids=name_of)
def test_a_field_of_the_wrong_type(send: SendRequest, route: Route) -> None:
    for name, field in route.body.model_fields.items():
        named = field.alias or name
        problem = require_refusal(send(route, json={named: {"not": "this"}}), 422)
        pointers = [error["pointer"] for error in problem["errors"]]
        assert any(pointer.startswith(f"/{named}") for pointer in pointers), pointers


@every_route
def test_an_unknown_query_parameter(send: SendRequest, route: Route) -> None:
    require_refusal(send(route, params={"shoe_size": "43"}), 422)


@every_route
def test_a_repeated_query_parameter(send: SendRequest, route: Route) -> None:
    names = [field.alias or name for name, field in route.query.model_fields.items()]
    for name in names:
        problem = require_refusal(send(route, params=[(name, "a"), (name, "b")]), 422)
        assert f"/{name}" in [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize("route", [route for route in ROUTES if "{" in route.path], ids=name_of)
def test_an_unknown_id(branch: StackBlockBranch, route: Route) -> None:
    client = branch.http if route.public else branch.admin
    for name in ("x" * 129, "%00", "%0a", "%F0%9F%92%A9", "%2e%2e%2f", "' or 1=1 --"):
        path = route.path.partition("{")[0] + name + route.path.partition("}")[2]
        # Some routes check the body or query first.
        require_refusal(client.request(route.method, path, json={} if route in WITH_BODY else None), 404, 422)


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.public], ids=name_of)
def test_no_login_and_the_wrong_role(
    stack: LocalStack, branch: StackBlockBranch, ids: dict[str, str], route: Route, others: dict[Role, httpx.Client]
) -> None:
    path = route.path.format(**ids)
    assert require_refusal(branch.http.request(route.method, path, json={}), 401)["code"] == "unauthenticated"
    for role, client in others.items():
        if not is_allowed(role, route):
            response = client.request(route.method, path, json={"limit": 1} if route in WITH_BODY else None)
            assert require_refusal(response, 403)["code"] == "forbidden", role


@pytest.fixture(scope="module")
def others(stack: LocalStack) -> Iterator[dict[Role, httpx.Client]]:
    clients: dict[Role, httpx.Client] = {role: stack.staff(role.value) for role in Role if role is not Role.ADMIN}
    yield clients
    for client in clients.values():
        client.close()


def is_allowed(role: Role, route: Route) -> bool:
    """True if the role has one of the abilities the route needs."""
    if isinstance(route.access, Ability):
        return bool(grants(frozenset({role}), route.access))
    if isinstance(route.access, tuple):
        return any(grants(frozenset({role}), ability) for ability in route.access)
    return True


@pytest.mark.parametrize("route", [route for route in ROUTES if takes_a_code(route)], ids=name_of)
def test_the_wrong_code(send: SendRequest, branch: StackBlockBranch, route: Route) -> None:
    for code in ("wrong", "é", "x" * 32):
        if route.method == "GET":
            response = send(route, params={"code": code})
        else:
            move = {"start": branch.start(30), "timezone": "UTC"} if route.path.endswith("reschedule") else {}
            response = send(route, json={"code": code, **move})
        assert require_refusal(response, 404)["code"] == "not_found"


@pytest.mark.parametrize("route", [route for route in ROUTES if route.idempotent], ids=name_of)
def test_an_invalid_idempotency_key(send: SendRequest, route: Route) -> None:
    for key in ("x" * 256, ""):
        require_refusal(send(route, json={"shoe_size": 1}, headers={"Idempotency-Key": key}), 422)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.versioned], ids=name_of)
def test_an_invalid_or_old_version(send: SendRequest, route: Route) -> None:
    for version in ("nonsense", '"-1"', '"99999999999999999"'):
        require_refusal(send(route, json={} if route in WITH_BODY else None, headers={"If-Match": version}), 422)


def test_paths_and_methods_that_do_not_exist(branch: StackBlockBranch) -> None:
    for method, path in (("GET", "/nothing"), ("PUT", "/me"), ("DELETE", "/settings"), ("TRACE", "/health")):
        response = branch.admin.request(method, path)
        assert response.status_code in (403, 404, 405), response.text
        assert response.headers["content-type"] == "application/problem+json"
