"""Every route against requests that are wrong in one way: a problem of the right kind, and nothing written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app import DECLARED
from chalicelib.api.http.routing import Route
from chalicelib.api.schemas.shared.fields import NoBody
from chalicelib.domain.shared.permissions import Ability, Role, grants
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch

ROUTES = [route for routes in DECLARED for route in routes.declared]
WITH_BODY = [route for route in ROUTES if route.method in ("POST", "PUT", "PATCH")]
ANSWERING = [route for route in ROUTES if route.tag != "Pages"]
JSON = {"Content-Type": "application/json"}


def name_of(route: Route) -> str:
    """Its name in a test's id."""
    return f"{route.method} {route.path}"


def takes_a_code(route: Route) -> bool:
    """Whether an appointment's code opens it."""
    fields = route.query.model_fields if route.method == "GET" else route.body.model_fields
    return "appointment_id" in route.path and "code" in fields


every_route = pytest.mark.parametrize("route", ANSWERING, ids=name_of)
every_body = pytest.mark.parametrize("route", WITH_BODY, ids=name_of)


@pytest.fixture(scope="module")
def branch(opened: OpenBranch) -> Branch:
    return opened(limit=3)


@pytest.fixture(scope="module")
def ids(branch: Branch) -> dict[str, str]:
    return {**branch.ids(), "reason_id": "rsn_1", "part": "start.js"}


@pytest.fixture(scope="module", autouse=True)
def untouched(stack: Stack, ids: dict[str, str]) -> Iterator[None]:
    """The table holds afterwards what it held before."""
    before = fingerprint(stack)
    yield
    assert fingerprint(stack) == before


def fingerprint(stack: Stack) -> dict[str, Any]:
    """Every row, but for what delivering earlier messages goes on to change: outbox marks and permissions."""
    rows: dict[str, Any] = {}
    for page in stack.aws("dynamodb").get_paginator("scan").paginate(TableName=stack.table_name, ConsistentRead=True):
        for item in page["Items"]:
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            if not sk.startswith("SENT#"):
                rows[f"{pk} {sk}"] = item.get("body") if sk.startswith("LOG#") else item
    return rows


class Sender:
    """Sends requests that are right but for one thing."""

    def __init__(self, branch: Branch, ids: dict[str, str]) -> None:
        self._branch = branch
        self._ids = ids

    def __call__(self, route: Route, **request: Any) -> httpx.Response:
        """The answer to this request at an existing thing, signed in as an administrator where that is needed."""
        client = self._branch.http if route.public else self._branch.admin
        path = route.path.format(**self._ids)
        return client.request(route.method, path, **request)


@pytest.fixture(scope="module")
def send(branch: Branch, ids: dict[str, str]) -> Sender:
    return Sender(branch, ids)


def refused(answer: httpx.Response, *allowed: int) -> dict[str, Any]:
    """The problem in the answer, which has one of these statuses and gives nothing away."""
    assert answer.status_code in allowed, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert {"type", "title", "detail", "code", "errors"} <= problem.keys()
    for word in ("Traceback", "pynamodb", "dynamodb", "chalice", "frontdesk-local"):
        assert word not in json.dumps({**problem, "type": ""})
    return problem


@every_body
def test_what_is_not_json(send: Sender, route: Route) -> None:
    for body in (b'{"a":', b"\xff\xfe", b"{'a': 1}", b"nonsense", b'{"a": 01}', b"[" * 9000):
        assert refused(send(route, content=body, headers=JSON), 400)["code"] in ("not_json", "bad_request"), body
    # Not JSON by the letter, but the reader knows what is meant and takes it for no number.
    refused(send(route, content=b'{"limit": NaN}', headers=JSON), 400, 422)


@every_body
def test_json_that_is_no_object(send: Sender, route: Route) -> None:
    bodies: tuple[object, ...] = ([], [{}], "text", 7, None, True)
    for body in bodies:
        assert refused(send(route, content=json.dumps(body), headers=JSON), 422)["code"] == "invalid", body


@every_body
def test_a_body_that_is_too_large(send: Sender, route: Route) -> None:
    refused(send(route, json={"notes": "x" * 70_000}), 413)


@every_body
def test_a_body_of_another_type(send: Sender, route: Route) -> None:
    refused(send(route, content="a=1", headers={"Content-Type": "application/x-www-form-urlencoded"}), 415)


@every_body
def test_a_field_nobody_knows(send: Sender, route: Route) -> None:
    values: tuple[object, ...] = ("\x00", {"a": {"b": []}}, "x" * 9000, 10**400)
    for value in values:
        assert refused(send(route, json={"shoe_size": value}), 422)["code"] == "invalid", value
    problem = refused(send(route, json={"shoe_size": 1}), 422)
    assert "/shoe_size" in [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize("route", [route for route in WITH_BODY if route.body is not NoBody], ids=name_of)
def test_a_field_of_the_wrong_type(send: Sender, route: Route) -> None:
    for name, field in route.body.model_fields.items():
        named = field.alias or name
        problem = refused(send(route, json={named: {"not": "this"}}), 422)
        pointers = [error["pointer"] for error in problem["errors"]]
        assert any(pointer.startswith(f"/{named}") for pointer in pointers), pointers


@every_route
def test_a_query_nobody_knows(send: Sender, route: Route) -> None:
    refused(send(route, params={"shoe_size": "43"}), 422)


@every_route
def test_the_same_question_twice(send: Sender, route: Route) -> None:
    names = [field.alias or name for name, field in route.query.model_fields.items()]
    for name in names:
        problem = refused(send(route, params=[(name, "a"), (name, "b")]), 422)
        assert f"/{name}" in [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize("route", [route for route in ROUTES if "{" in route.path], ids=name_of)
def test_a_name_of_nothing(branch: Branch, route: Route) -> None:
    client = branch.http if route.public else branch.admin
    for name in ("x" * 129, "%00", "%0a", "%F0%9F%92%A9", "%2e%2e%2f", "' or 1=1 --"):
        path = route.path.partition("{")[0] + name + route.path.partition("}")[2]
        # Some want a valid body or query before they look.
        refused(client.request(route.method, path, json={} if route in WITH_BODY else None), 404, 422)


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.public], ids=name_of)
def test_nobody_and_the_wrong_role(
    stack: Stack, branch: Branch, ids: dict[str, str], route: Route, others: dict[Role, httpx.Client]
) -> None:
    path = route.path.format(**ids)
    assert refused(branch.http.request(route.method, path, json={}), 401)["code"] == "unauthenticated"
    for role, client in others.items():
        if not may(role, route):
            answer = client.request(route.method, path, json={"limit": 1} if route in WITH_BODY else None)
            assert refused(answer, 403)["code"] == "forbidden", role


@pytest.fixture(scope="module")
def others(stack: Stack) -> Iterator[dict[Role, httpx.Client]]:
    clients: dict[Role, httpx.Client] = {role: stack.staff(role.value) for role in Role if role is not Role.ADMIN}
    yield clients
    for client in clients.values():
        client.close()


def may(role: Role, route: Route) -> bool:
    """Whether the matrix gives the role one of the abilities the route asks for."""
    if isinstance(route.access, Ability):
        return bool(grants(frozenset({role}), route.access))
    if isinstance(route.access, tuple):
        return any(grants(frozenset({role}), ability) for ability in route.access)
    return True


@pytest.mark.parametrize("route", [route for route in ROUTES if takes_a_code(route)], ids=name_of)
def test_the_wrong_code(send: Sender, branch: Branch, route: Route) -> None:
    for code in ("wrong", "é", "x" * 32):
        if route.method == "GET":
            answer = send(route, params={"code": code})
        else:
            move = {"start": branch.start(30), "timezone": "UTC"} if route.path.endswith("reschedule") else {}
            answer = send(route, json={"code": code, **move})
        assert refused(answer, 404)["code"] == "not_found"


@pytest.mark.parametrize("route", [route for route in ROUTES if route.idempotent], ids=name_of)
def test_a_key_that_is_none(send: Sender, route: Route) -> None:
    for key in ("x" * 256, ""):
        refused(send(route, json={"shoe_size": 1}, headers={"Idempotency-Key": key}), 422)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.versioned], ids=name_of)
def test_a_version_that_is_none_or_old(send: Sender, route: Route) -> None:
    for version in ("nonsense", '"-1"', '"99999999999999999"'):
        refused(send(route, json={} if route in WITH_BODY else None, headers={"If-Match": version}), 422)


def test_paths_and_methods_that_do_not_exist(branch: Branch) -> None:
    for method, path in (("GET", "/nothing"), ("PUT", "/me"), ("DELETE", "/settings"), ("TRACE", "/health")):
        answer = branch.admin.request(method, path)
        assert answer.status_code in (403, 404, 405), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
