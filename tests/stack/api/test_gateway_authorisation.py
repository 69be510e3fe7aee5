"""Who gets in on the real stack: the gateway checks the token, the role decides, scope hides."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from botocore.exceptions import ClientError

from infra import stages
from tests.builders.on_stack.access_tokens import GENUINE, HOSTILE, signed
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch, made

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


@pytest.mark.parametrize("kind", HOSTILE)
def test_without_a_true_token_nobody_gets_in(stack: Stack, http: httpx.Client, kind: str) -> None:
    """And nobody learns what was wrong with theirs."""
    sent = HOSTILE[kind](stack)
    headers = {"Origin": ELSEWHERE} | ({"Authorization": f"Bearer {sent}"} if sent else {})
    for method, path in (("GET", "/me"), ("GET", "/appointments"), ("POST", "/locations"), ("PATCH", "/settings")):
        answer = http.request(method, path, headers=headers, json={} if method != "GET" else None)
        problem(answer, 401, "unauthenticated")
        assert answer.json() == http.get("/me").json()
        # What the pool did sign comes as far as the app, which lets no other origin call for staff.
        allowed = None if kind in GENUINE else "*"
        assert answer.headers.get("access-control-allow-origin") == allowed


def test_what_makes_a_token_hostile_is_what_was_done_to_it(stack: Stack, http: httpx.Client) -> None:
    """The same token made in the same way, with nothing wrong about it, opens the door."""
    headers = {"Authorization": f"Bearer {signed(stack, 'admin')}"}
    assert made(http.get("/me", headers=headers), 200)["role"] == "admin"


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


def test_whoever_left_is_refused_at_once_until_they_are_back(branch: Branch) -> None:
    """The token is still good for an hour; the staff record decides."""
    person, client = branch.employ("manager")
    url = f"/staff/{person['id']}"
    with client:
        made(client.get("/me"), 200)
        made(branch.admin.patch(url, json={"active": False}), 200)
        for path in ("/me", "/settings", f"/appointments?view=upcoming&location_id={branch.location_id}"):
            problem(client.get(path), 403, "forbidden")
    with pytest.raises(ClientError, match="disabled"):
        branch.sign_in(person)
    made(branch.admin.patch(url, json={"active": True}), 200)
    with branch.sign_in(person) as back:
        assert made(back.get("/me"), 200)["role"] == "manager"


@pytest.mark.parametrize(("before", "after"), [("manager", "staff"), ("staff", "manager")])
def test_an_old_tokens_role_counts_no_longer(branch: Branch, before: str, after: str) -> None:
    """Neither to keep rights that were taken nor to get those that were given without signing in."""
    person, old = branch.employ(before)
    with old:
        made(branch.admin.patch(f"/staff/{person['id']}", json={"role": after}), 200)
        for path in ("/me", f"/quickstream/blocks/{branch.block_id}"):
            problem(old.get(path), 403, "forbidden")
        problem(old.patch(f"/quickstream/blocks/{branch.block_id}", json={}), 403, "forbidden")
    with branch.sign_in(person) as new:
        assert made(new.get("/me"), 200)["role"] == after
        allowed = new.patch(f"/quickstream/blocks/{branch.block_id}", json={})
        assert allowed.status_code == (200 if after == "manager" else 403)


def test_a_deleted_login_opens_nothing(branch: Branch) -> None:
    person, client = branch.employ("staff")
    with client:
        made(client.get("/me"), 200)
        assert branch.admin.delete(f"/staff/{person['id']}").status_code == 204
        problem(client.get("/me"), 403, "forbidden")
    with pytest.raises(ClientError, match=r"NotAuthorized|UserNotFound"):
        branch.sign_in(person)


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
