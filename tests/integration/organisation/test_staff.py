"""Staff records and their logins."""

from __future__ import annotations

import pytest

from chalicelib.container import container
from chalicelib.domain.shared.errors import Busy
from chalicelib.domain.shared.permissions import Role
from tests.builders.doubles.api_gateway import claims
from tests.builders.in_process.set_up_requests import LOCATION_BODY, Api, UserPool, create, staff_body


def test_creating_makes_the_login_in_its_group(api: Api, user_pool: UserPool) -> None:
    create(api, "/staff", staff_body("Sam", "staff_plus") | {"email": "Sam.Lee@Example.org"})
    assert api("GET", "/staff").json["items"][0]["email"] == "sam.lee@example.org"
    assert user_pool.groups("sam.lee@example.org") == ["staff_plus"]
    assert api("GET", "/me", login=claims("SAM.LEE@example.org", "[staff_plus]")).json["name"] == "Sam"


def test_role_change_moves_the_login_and_old_tokens_are_refused(api: Api, user_pool: UserPool) -> None:
    sam = create(api, "/staff", staff_body("Sam", "manager"))
    assert api("PATCH", f"/staff/{sam['id']}", {"role": "staff"}).status == 200
    assert user_pool.groups("sam@example.org") == ["staff"]
    assert api("GET", "/me", login=claims("sam@example.org", "[manager]")).status == 403
    assert api("GET", "/me", login=claims("sam@example.org", "[staff]")).json["role"] == "staff"


def test_deactivated_is_shut_out_at_once(api: Api, user_pool: UserPool) -> None:
    sam = create(api, "/staff", staff_body("Sam", "staff"))
    token = claims("sam@example.org", "[staff]")
    assert api("GET", "/me", login=token).status == 200
    assert api("PATCH", f"/staff/{sam['id']}", {"active": False}).status == 200
    assert user_pool.is_enabled("sam@example.org") is False
    assert api("GET", "/me", login=token).status == 403
    assert api("PATCH", f"/staff/{sam['id']}", {"active": True}).status == 200
    assert user_pool.is_enabled("sam@example.org") is True
    assert api("GET", "/me", login=token).status == 200


def test_an_address_belongs_to_one(api: Api, user_pool: UserPool) -> None:
    create(api, "/staff", staff_body("Sam", "staff"))
    reply = api("POST", "/staff", staff_body("Other", "manager") | {"email": "SAM@example.org"})
    assert reply.refusal == (409, "already_exists")
    assert user_pool.groups("sam@example.org") == ["staff"]
    assert len(api("GET", "/staff").json["items"]) == 1


def test_new_address_is_a_new_login(api: Api, user_pool: UserPool) -> None:
    sam = create(api, "/staff", staff_body("Sam", "staff"))
    create(api, "/staff", staff_body("Kim", "staff"))
    at = f"/staff/{sam['id']}"
    assert api("PATCH", at, {"email": "kim@example.org"}).json["code"] == "already_exists"
    assert api("PATCH", at, {"email": "lee@example.org"}).status == 200
    assert user_pool.groups("lee@example.org") == ["staff"]
    assert user_pool.is_enabled("sam@example.org") is None
    assert api("GET", "/me", login=claims("sam@example.org", "[staff]")).status == 403
    create(api, "/staff", staff_body("Sam", "staff"))


def test_deleting_takes_the_login_along(api: Api, user_pool: UserPool) -> None:
    sam = create(api, "/staff", staff_body("Sam", "staff"))
    assert api("DELETE", f"/staff/{sam['id']}").status == 204
    assert user_pool.is_enabled("sam@example.org") is None
    assert api("GET", "/me", login=claims("sam@example.org", "[staff]")).status == 403
    create(api, "/staff", staff_body("Sam", "manager"))
    assert user_pool.groups("sam@example.org") == ["manager"]


def test_pool_failing_before_the_write_leaves_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(email: str) -> None:
        raise Busy()

    with monkeypatch.context() as patched:
        patched.setattr(container.user_pool, "create", refuse)
        reply = api("POST", "/staff", staff_body("Sam", "staff"))
    assert reply.refusal == (503, "busy")
    assert api("GET", "/staff").json["items"] == []
    create(api, "/staff", staff_body("Sam", "staff"))


@pytest.mark.parametrize(("failure", "status"), [(Busy, 503), (ConnectionAbortedError, 500)])
def test_login_left_behind_is_made_good_by_the_same_request(
    api: Api,
    user_pool: UserPool,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[Exception],
    status: int,
) -> None:
    def crash(email: str, role: Role) -> None:
        raise failure

    key = {"idempotency-key": "k1"}
    with monkeypatch.context() as patched:
        patched.setattr(container.user_pool, "enable", crash)
        assert api("POST", "/staff", staff_body("Sam", "staff"), headers=key).status == status
    assert user_pool.groups("sam@example.org") == []
    again = api("POST", "/staff", staff_body("Sam", "staff"), headers=key)
    assert (again.status, again.json["name"]) == (201, "Sam")
    assert user_pool.groups("sam@example.org") == ["staff"]


def test_somebody_is_left_to_administer(api: Api) -> None:
    first = create(api, "/staff", staff_body("Admin", "admin"))
    at = f"/staff/{first['id']}"
    for reply in (
        api("DELETE", at),
        api("PATCH", at, {"active": False}),
        api("PATCH", at, {"role": "manager"}),
    ):
        assert reply.refusal == (409, "last_admin")
    second = create(api, "/staff", staff_body("Second", "admin"))
    assert api("DELETE", at, login=claims("second@example.org", "[admin]")).status == 204
    assert api("DELETE", f"/staff/{second['id']}").status == 403


def test_manager_stays_within_his_locations_and_role(api: Api) -> None:
    here = create(api, "/locations", LOCATION_BODY)["id"]
    there = create(api, "/locations", LOCATION_BODY | {"name": "Ottawa"})["id"]
    create(api, "/staff", staff_body("Mia", "manager", location_ids=[here]))
    boss = create(api, "/staff", staff_body("Admin", "admin", location_ids=[here]))["id"]
    far = create(api, "/staff", staff_body("Far", "staff", location_ids=[there]))["id"]
    mia = {"login": claims("mia@example.org", "[manager]")}

    near = create(api, "/staff", staff_body("Near", "staff", location_ids=[here]), **mia)["id"]
    create(api, "/staff", staff_body("Peer", "manager", location_ids=[here]), **mia)
    assert api("POST", "/staff", staff_body("X", "staff", location_ids=[there]), **mia).status == 403
    assert api("POST", "/staff", staff_body("X", "staff"), **mia).status == 403
    assert api("POST", "/staff", staff_body("X", "admin", location_ids=[here]), **mia).status == 403
    assert api("PATCH", f"/staff/{near}", {"name": "Nearer"}, **mia).status == 200
    assert api("PATCH", f"/staff/{near}", {"role": "admin"}, **mia).status == 403
    assert api("PATCH", f"/staff/{near}", {"location_ids": [here, there]}, **mia).status == 403
    assert api("PATCH", f"/staff/{boss}", {"name": "Mine"}, **mia).status == 403
    assert api("PATCH", f"/staff/{far}", {"name": "Mine"}, **mia).status == 404
    assert api("DELETE", f"/staff/{far}", **mia).status == 404
    assert api("DELETE", f"/staff/{near}", **mia).status == 204
