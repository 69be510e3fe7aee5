"""Who gets in on the real stack: the gateway checks the token, the role decides, scope hides (section 13)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra import stages
from tests.local_stack import Stack
from tests.stack.branch import Branch, OpenBranch, made

ELSEWHERE = "https://elsewhere.example"


@pytest.fixture(scope="module")
def branch(opened: OpenBranch) -> Branch:
    return opened(limit=3)


@pytest.fixture(scope="module")
def staff(stack: Stack) -> Iterator[dict[str, httpx.Client]]:
    """The API as each role calls it; none of them works at the branch."""
    clients = {role: stack.staff(role) for role in stages.ROLES}
    yield clients
    for client in clients.values():
        client.close()


def problem(answer: httpx.Response, status: int, code: str) -> None:
    """The answer is this problem, and a browser may read it."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def tampered(token: str, **claims: Any) -> str:
    """The token with other claims under the old signature."""
    head, body, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps({**said, **claims}).encode()).rstrip(b"=").decode()
    return f"{head}.{forged}.{signature}"


def unsigned(token: str) -> str:
    """The token's claims under no signature at all."""
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


@pytest.mark.parametrize("kind", ["none", "nonsense", "forged", "unsigned", "cut"])
def test_without_a_true_token_nobody_gets_in(stack: Stack, http: httpx.Client, kind: str) -> None:
    token = stack.token("staff")
    sent = {
        "none": None,
        "nonsense": "nonsense",
        "forged": tampered(token, **{"cognito:groups": ["admin"]}),
        "unsigned": unsigned(token),
        "cut": token[:-8],
    }[kind]
    headers = {"Origin": ELSEWHERE} | ({"Authorization": f"Bearer {sent}"} if sent else {})
    for method, path in (("GET", "/me"), ("GET", "/appointments"), ("POST", "/locations"), ("PATCH", "/settings")):
        answer = http.request(method, path, headers=headers, json={} if method != "GET" else None)
        problem(answer, 401, "unauthenticated")
        assert answer.headers["access-control-allow-origin"] == "*"


def test_each_role_is_told_who_it_is(staff: dict[str, httpx.Client]) -> None:
    abilities = {}
    for role, client in staff.items():
        me = made(client.get("/me"), 200)
        assert (me["role"], me["email"]) == (role, f"{role}@example.org")
        abilities[role] = set(me["abilities"])
    assert abilities["admin"] > abilities["manager"] > abilities["staff"]
    assert "dashboard_view" not in abilities["contact_centre"]


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("POST", "/locations", {}, {"admin"}),
        ("POST", "/services", {}, {"admin"}),
        ("PATCH", "/settings", {"nothing": 1}, {"admin"}),
        ("POST", "/staff", {}, {"admin", "manager"}),
        ("POST", "/quickstream/blocks", {}, {"admin", "manager"}),
        ("GET", "/appointments", None, {"admin", "manager", "staff_advanced", "staff_plus", "staff"}),
    ],
)
def test_a_role_without_the_ability_is_refused(
    staff: dict[str, httpx.Client], method: str, path: str, body: object, allowed: set[str]
) -> None:
    """Whoever has it gets further: to be told that the body or query is not valid."""
    for role, client in staff.items():
        answer = client.request(method, path, json=body)
        if role in allowed:
            problem(answer, 422, "invalid")
        else:
            problem(answer, 403, "forbidden")


def test_what_lies_outside_ones_scope_does_not_exist(branch: Branch, staff: dict[str, httpx.Client]) -> None:
    """Nobody of these works at the branch; the contact centre sees every appointment but has no dashboard."""
    booked = made(branch.book())
    url = f"/appointments/{booked['id']}"
    seen = {role: client.get(url).status_code for role, client in staff.items()}
    hidden = dict.fromkeys(("manager", "staff_advanced", "staff_plus", "staff"), 404)
    assert seen == {"admin": 200, "contact_centre": 200, **hidden}
    block = {role: client.get(f"/quickstream/blocks/{branch.block_id}").status_code for role, client in staff.items()}
    assert block == {"admin": 200, "contact_centre": 200, **hidden}
    problem(staff["manager"].post(f"{url}/assign", json={"staff_id": "stf_1"}), 404, "not_found")
    problem(staff["manager"].post(f"/quickstream/blocks/{branch.block_id}/close"), 404, "not_found")
    problem(staff["staff"].post(f"{url}/claim"), 404, "not_found")
    problem(staff["contact_centre"].post(f"{url}/claim"), 403, "forbidden")
    problem(staff["staff"].post(f"/quickstream/blocks/{branch.block_id}/close"), 403, "forbidden")


def test_within_ones_scope_the_ability_decides(branch: Branch) -> None:
    booked = made(branch.book(minutes=30))
    _, client = branch.employ("staff")
    with client:
        assert client.get(f"/appointments/{booked['id']}").status_code == 200
        assert client.get(f"/quickstream/blocks/{branch.block_id}").status_code == 200
        problem(client.patch(f"/quickstream/blocks/{branch.block_id}", json={"limit": 9}), 403, "forbidden")
        problem(client.post(f"/appointments/{booked['id']}/assign", json={"staff_id": "stf_1"}), 403, "forbidden")
        made(client.post(f"/appointments/{booked['id']}/claim"), 200)


def test_whoever_left_is_refused_at_once(branch: Branch) -> None:
    """The token is still good for an hour; the staff record decides."""
    person, client = branch.employ("manager")
    with client:
        made(client.get("/me"), 200)
        made(branch.admin.patch(f"/staff/{person['id']}", json={"active": False}), 200)
        problem(client.get("/me"), 403, "forbidden")


def test_only_the_code_opens_an_appointment(branch: Branch) -> None:
    first, second = made(branch.book()), made(branch.book(minutes=60))
    for code in ("", "wrong", first["code"][:-1], second["code"]):
        url = f"/public/appointments/{first['id']}"
        shown = branch.http.get(url, params={"code": code})
        file = branch.http.get(f"{url}/calendar.ics", params={"code": code})
        cancelled = branch.cancel({**first, "code": code})
        moved = branch.move({**first, "code": code}, 90)
        expected = [422] * 4 if code == "" else [404] * 4
        assert [a.status_code for a in (shown, file, cancelled, moved)] == expected
    assert branch.shown(first)["state"] == "booked"
