"""Logins: their staff member, role and permissions."""

from __future__ import annotations

import pytest

from chalicelib.container import container
from chalicelib.domain.organisation.catalogue import Login, Staff
from chalicelib.domain.shared.permissions import Role
from chalicelib.services.store_port import Ref
from tests.builders.doubles.api_gateway import claims
from tests.builders.in_process.set_up_requests import LOCATION_BODY, SERVICE_BODY, Api, create, staff_body


def test_first_admin_acts_until_there_is_one_on_record(api: Api) -> None:
    me = api("GET", "/me").json
    assert (me["id"], me["role"], me["name"]) == (None, "admin", "admin@example.org")
    assert "settings_edit" in me["abilities"]
    create(api, "/staff", staff_body("Other", "admin"))
    assert api("GET", "/me").status == 403


@pytest.mark.parametrize("groups", ["[manager]", "[staff]", "[]", "[unheard_of]"])
def test_nobody_else_without_a_record(api: Api, groups: str) -> None:
    assert api("GET", "/me", login=claims("admin@example.org", groups)).status == 403


def test_says_who_and_what_and_where(api: Api) -> None:
    place = create(api, "/locations", LOCATION_BODY)["id"]
    sam = create(api, "/staff", staff_body("Sam", "contact_centre", location_ids=[place]))
    me = api("GET", "/me", login=claims("sam@example.org", "[contact_centre]")).json
    assert me["id"] == sam["id"]
    assert (me["email"], me["role"], me["location_ids"]) == ("sam@example.org", "contact_centre", [place])
    assert "book_contact_centre" in me["abilities"]
    assert "dashboard_view" not in me["abilities"]


def test_several_groups_give_the_union(api: Api) -> None:
    create(api, "/staff", staff_body("Sam", "staff"))
    me = api("GET", "/me", login=claims("sam@example.org", "[contact_centre staff]")).json
    assert {"book_contact_centre", "dashboard_view"} <= set(me["abilities"])


@pytest.mark.parametrize(
    ("role", "view", "see_settings", "edit"),
    [
        ("admin", 200, 200, 201),
        ("manager", 200, 200, 403),
        ("staff_advanced", 200, 200, 403),
        ("staff_plus", 200, 200, 403),
        ("staff", 200, 200, 403),
        ("contact_centre", 200, 403, 403),
    ],
)
def test_only_administrators_set_up(api: Api, role: str, view: int, see_settings: int, edit: int) -> None:
    create(api, "/staff", staff_body("Sam", role))
    sam = {"login": claims("sam@example.org", f"[{role}]")}
    assert api("GET", "/locations", **sam).status == view
    assert api("GET", "/settings", **sam).status == see_settings
    for url, body in (
        ("/locations", LOCATION_BODY),
        ("/services", SERVICE_BODY),
        ("/cancellation-reasons", {"text": "x"}),
    ):
        assert api("POST", url, body, **sam).status == edit
    assert api("PATCH", "/settings", {"lobby": True}, **sam).status == (200 if edit == 201 else 403)


def test_nobody_without_a_login(api: Api) -> None:
    for url in ("/me", "/locations", "/services", "/staff", "/settings", "/cancellation-reasons"):
        assert api("GET", url, login=None).status == 401


def test_login_row_and_record_are_written_together(api: Api) -> None:
    sam = create(api, "/staff", staff_body("Sam", "staff"))
    found = container.store.read([Ref.to(Login, "sam@example.org"), Ref.to(Staff, sam["id"])])
    assert found.require(Login, "sam@example.org").staff_id == sam["id"]
    assert found.require(Staff, sam["id"]).role is Role.STAFF
