"""Authorisation on the stack: the gateway checks the token, the role decides, records out of scope are hidden."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from botocore.exceptions import ClientError

from infra import stages
from tests.builders.on_stack.access_tokens import INVALID_TOKENS, VALID_TOKENS, sign_token
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_block_branch import OpenBranch, StackBlockBranch
from tests.builders.on_stack.stack_requests import body_of, created, problem_of

ELSEWHERE = "https://elsewhere.example"


@pytest.fixture(scope="module")
def branch(open_branch: OpenBranch) -> StackBlockBranch:
    return open_branch(limit=3)


@pytest.fixture(scope="module")
def staff(stack: LocalStack) -> Iterator[dict[str, httpx.Client]]:
    """A client for each role; none of these users works at the branch."""
    clients = {role: stack.staff(role) for role in stages.ROLES}
    yield clients
    for client in clients.values():
        client.close()


def require_problem(response: httpx.Response, status: int, code: str) -> None:
    """The response is this problem in the media type for problems."""
    assert problem_of(response) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", INVALID_TOKENS)
def test_an_invalid_token_is_refused(stack: LocalStack, http: httpx.Client, kind: str) -> None:
    """The response does not say why."""
    sent = INVALID_TOKENS[kind](stack)
    headers = {"Origin": ELSEWHERE} | ({"Authorization": f"Bearer {sent}"} if sent else {})
    for method, path in (("GET", "/me"), ("GET", "/appointments"), ("POST", "/locations"), ("PATCH", "/settings")):
        response = http.request(method, path, headers=headers, json={} if method != "GET" else None)
        require_problem(response, 401, "unauthenticated")
        assert response.json() == http.get("/me").json()
        # Tokens signed by the pool reach the app, which allows no other origin on staff routes.
        allowed = None if kind in VALID_TOKENS else "*"
        assert response.headers.get("access-control-allow-origin") == allowed


def test_a_token_signed_by_the_same_helper_is_accepted(stack: LocalStack, http: httpx.Client) -> None:
    """Control: the invalid tokens differ from this one in their fault alone."""
    headers = {"Authorization": f"Bearer {sign_token(stack, 'admin')}"}
    assert body_of(http.get("/me", headers=headers))["role"] == "admin"


def test_each_role_gets_its_identity(staff: dict[str, httpx.Client]) -> None:
    abilities = {}
    for role, client in staff.items():
        me = body_of(client.get("/me"))
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
    """Roles with the ability are told that the body or query is not valid."""
    for role, client in staff.items():
        response = client.request(method, path, json=body)
        if role in allowed:
            require_problem(response, 422, "invalid")
        else:
            require_problem(response, 403, "forbidden")


def test_records_outside_the_scope_are_hidden(branch: StackBlockBranch, staff: dict[str, httpx.Client]) -> None:
    """The contact centre sees every appointment but has no dashboard."""
    booked = created(branch.book())
    url = f"/appointments/{booked['id']}"
    seen = {role: client.get(url).status_code for role, client in staff.items()}
    hidden = dict.fromkeys(("manager", "staff_advanced", "staff_plus", "staff"), 404)
    assert seen == {"admin": 200, "contact_centre": 200, **hidden}
    block = {role: client.get(f"/quickstream/blocks/{branch.block_id}").status_code for role, client in staff.items()}
    assert block == {"admin": 200, "contact_centre": 200, **hidden}
    require_problem(staff["manager"].post(f"{url}/assign", json={"staff_id": "stf_1"}), 404, "not_found")
    require_problem(staff["manager"].post(f"/quickstream/blocks/{branch.block_id}/close"), 404, "not_found")
    require_problem(staff["staff"].post(f"{url}/claim"), 404, "not_found")
    require_problem(staff["contact_centre"].post(f"{url}/claim"), 403, "forbidden")
    require_problem(staff["staff"].post(f"/quickstream/blocks/{branch.block_id}/close"), 403, "forbidden")


def test_within_the_scope_the_ability_decides(branch: StackBlockBranch) -> None:
    booked = created(branch.book(minutes=30))
    with branch.hire().http as client:
        assert client.get(f"/appointments/{booked['id']}").status_code == 200
        assert client.get(f"/quickstream/blocks/{branch.block_id}").status_code == 200
        require_problem(client.patch(f"/quickstream/blocks/{branch.block_id}", json={"limit": 9}), 403, "forbidden")
        require_problem(
            client.post(f"/appointments/{booked['id']}/assign", json={"staff_id": "stf_1"}), 403, "forbidden"
        )
        body_of(client.post(f"/appointments/{booked['id']}/claim"))


def test_inactive_staff_are_refused_at_once_until_they_are_active_again(branch: StackBlockBranch) -> None:
    """The token is valid for an hour more; the staff record decides."""
    member = branch.hire("manager")
    url = f"/staff/{member.id}"
    with member.http as client:
        body_of(client.get("/me"))
        body_of(branch.admin.patch(url, json={"active": False}))
        for path in ("/me", "/settings", f"/appointments?view=upcoming&location_id={branch.location_id}"):
            require_problem(client.get(path), 403, "forbidden")
    with pytest.raises(ClientError, match="disabled"):
        branch.sign_in(member.id, member.email)
    body_of(branch.admin.patch(url, json={"active": True}))
    with branch.sign_in(member.id, member.email).http as back:
        assert body_of(back.get("/me"))["role"] == "manager"


@pytest.mark.parametrize(("before", "after"), [("manager", "staff"), ("staff", "manager")])
def test_the_role_of_an_old_token_is_refused(branch: StackBlockBranch, before: str, after: str) -> None:
    """It neither keeps rights that were taken nor gives new ones without a new sign-in."""
    member = branch.hire(before)
    with member.http as old:
        body_of(branch.admin.patch(f"/staff/{member.id}", json={"role": after}))
        for path in ("/me", f"/quickstream/blocks/{branch.block_id}"):
            require_problem(old.get(path), 403, "forbidden")
        require_problem(old.patch(f"/quickstream/blocks/{branch.block_id}", json={}), 403, "forbidden")
    with branch.sign_in(member.id, member.email).http as new:
        assert body_of(new.get("/me"))["role"] == after
        allowed = new.patch(f"/quickstream/blocks/{branch.block_id}", json={})
        assert allowed.status_code == (200 if after == "manager" else 403)


def test_a_deleted_login_opens_nothing(branch: StackBlockBranch) -> None:
    member = branch.hire()
    with member.http as client:
        body_of(client.get("/me"))
        assert branch.admin.delete(f"/staff/{member.id}").status_code == 204
        require_problem(client.get("/me"), 403, "forbidden")
    with pytest.raises(ClientError, match=r"NotAuthorized|UserNotFound"):
        branch.sign_in(member.id, member.email)


def test_only_the_code_opens_an_appointment(branch: StackBlockBranch) -> None:
    first, second = created(branch.book()), created(branch.book(minutes=60))
    for code in ("", "wrong", first["code"][:-1], second["code"]):
        url = f"/public/appointments/{first['id']}"
        shown = branch.http.get(url, params={"code": code})
        file = branch.http.get(f"{url}/calendar.ics", params={"code": code})
        cancelled = branch.cancel({**first, "code": code})
        moved = branch.move({**first, "code": code}, 90)
        expected = [422] * 4 if code == "" else [404] * 4
        assert [a.status_code for a in (shown, file, cancelled, moved)] == expected
    assert branch.client_view(first)["state"] == "booked"
