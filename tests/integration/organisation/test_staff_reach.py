"""Hiring, editing and dismissing colleagues, cell by cell (TR-1, TR-2)."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from chalicelib.domain.shared.permissions import Role
from tests.builders.doubles.api_gateway import claims
from tests.builders.in_process.set_up_requests import LOCATION_BODY, Api, UserPool, create, staff_body
from tests.builders.oracles.permission_matrix import ROLES, ROWS

# Read off the rule by hand: the contact centre reaches everybody, so managers, who do not, cannot hire for it.
HIRES = {
    "admin": set(ROLES),
    "manager": {"manager", "staff_advanced", "staff_plus", "staff"},
    "staff_advanced": set(),
    "staff_plus": set(),
    "staff": set(),
    "contact_centre": set(),
}
ACTIONS = ("create", "promote", "demote", "e-mail", "edit", "deactivate", "delete")
WIDTHS = "-OEMLA"


def signed_in(api: Api, role: str, *location_ids: str) -> dict[str, Any]:
    """The login of a new colleague of this role, who works at these locations."""
    create(api, "/staff", staff_body(f"Caller-{role}", role, location_ids=location_ids))
    return {"login": claims(f"caller-{role}@example.org", f"[{role}]")}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("caller", ROLES)
def test_a_role_is_handled_only_by_those_whose_scopes_contain_it(api: Api, caller: str, role: str) -> None:
    here = create(api, "/locations", LOCATION_BODY)["id"]
    create(api, "/staff", staff_body("Admin", "admin"))
    login = signed_in(api, caller, here)

    for number, action in enumerate(ACTIONS):
        name = f"Subject{number}"
        allowed = role in HIRES[caller] and (action != "e-mail" or caller == "admin")
        body = staff_body(name, role, location_ids=[here])
        if action == "create":
            assert api("POST", "/staff", body, **login).status == (201 if allowed else 403)
            continue
        subject = create(api, "/staff", body | ({"role": "staff"} if action == "promote" else {}))
        at = f"/staff/{subject['id']}"
        if action == "delete":
            assert api("DELETE", at, **login).status == (204 if allowed else 403)
            assert api("GET", at).status == (404 if allowed else 200)
            continue
        change = {
            "promote": {"role": role},
            "demote": {"role": "staff"},
            "e-mail": {"email": "mine@example.org"},
            "edit": {"name": "Renamed"},
            "deactivate": {"active": False},
        }[action]
        reply = api("PATCH", at, change, **login)
        assert reply.status == (200 if allowed else 403), (action, reply.text)
        if not allowed:
            assert api("GET", at).json == subject


def test_the_table_above_is_what_the_letters_of_the_matrix_say() -> None:
    """Wide enough in every row; staff_edit itself is what the caller needs to begin with."""

    def contains(caller: int, role: int) -> bool:
        pairs = ((row.split()[caller], row.split()[role]) for row in ROWS.values())
        return all(WIDTHS.index(theirs) <= WIDTHS.index(mine) for mine, theirs in pairs)

    for number, caller in enumerate(ROLES):
        may = ROWS["staff_edit"].split()[number] != "-"
        assert {role for other, role in enumerate(ROLES) if may and contains(number, other)} == HIRES[caller]


def test_no_manager_reaches_clients_through_a_contact_centre_login(api: Api, user_pool: UserPool) -> None:
    here = create(api, "/locations", LOCATION_BODY)["id"]
    manager = signed_in(api, "manager", here)
    for location_ids in ([here], []):
        body = staff_body("Agent", "contact_centre", location_ids=location_ids)
        assert api("POST", "/staff", body, **manager).status == 403
    assert user_pool.is_enabled("agent@example.org") is None
    agent = create(api, "/staff", staff_body("Agent", "contact_centre"))
    assert api("DELETE", f"/staff/{agent['id']}", **manager).status == 403
    assert api("PATCH", f"/staff/{agent['id']}", {"role": "staff", "location_ids": [here]}, **manager).status == 403


@pytest.mark.parametrize("role", ["manager", "staff_advanced", "staff_plus", "staff"])
def test_a_colleague_is_edited_with_reach_over_all_their_locations(api: Api, role: str) -> None:
    places = {name: create(api, "/locations", LOCATION_BODY | {"name": name})["id"] for name in ("A", "B", "C")}
    mine = frozenset("AB")
    login = signed_in(api, "manager", *(places[name] for name in sorted(mine)))

    subsets = [frozenset(names) for count in range(4) for names in combinations("ABC", count)]
    for number, names in enumerate(subsets):
        ids = [places[name] for name in sorted(names)]
        at = f"/staff/{create(api, '/staff', staff_body(f'S{number}', role, location_ids=ids))['id']}"
        refused = 404 if names and not names & mine else 403
        allowed = bool(names) and names <= mine
        for method, change, status in (
            ("PATCH", {"name": "Renamed"}, 200),
            ("PATCH", {"active": False}, 200),
            ("DELETE", None, 204),
        ):
            assert api(method, at, change, **login).status == (status if allowed else refused), (names, method)


def test_nobody_is_moved_to_or_from_a_location_out_of_reach(api: Api) -> None:
    here, there = (create(api, "/locations", LOCATION_BODY | {"name": name})["id"] for name in ("A", "B"))
    login = signed_in(api, "manager", here)
    near = f"/staff/{create(api, '/staff', staff_body('Near', 'staff', location_ids=[here]))['id']}"
    both = f"/staff/{create(api, '/staff', staff_body('Both', 'staff', location_ids=[here, there]))['id']}"
    assert api("PATCH", near, {"location_ids": [here, there]}, **login).status == 403
    assert api("PATCH", near, {"location_ids": []}, **login).status == 403
    assert api("PATCH", both, {"location_ids": [here]}, **login).status == 403


def test_a_manager_cannot_take_over_a_login_by_its_address(api: Api, user_pool: UserPool) -> None:
    here = create(api, "/locations", LOCATION_BODY)["id"]
    login = signed_in(api, "manager", here)
    sam = create(api, "/staff", staff_body("Sam", "staff", location_ids=[here]))
    reply = api("PATCH", f"/staff/{sam['id']}", {"email": "mine@example.org"}, **login)
    assert (reply.status, reply.json["code"]) == (403, "forbidden")
    assert (user_pool.is_enabled("sam@example.org"), user_pool.is_enabled("mine@example.org")) == (True, None)
    # The address as it is, in capitals too, is no change.
    assert api("PATCH", f"/staff/{sam['id']}", {"email": "SAM@example.org", "name": "S"}, **login).status == 200


def test_every_role_is_in_the_matrix_above() -> None:
    assert set(HIRES) == set(ROLES) == {role.value for role in Role}
