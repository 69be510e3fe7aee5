"""The permission matrix, row by row as docs/rules.md prints it."""

from __future__ import annotations

import pytest

from app import DECLARED
from chalicelib.api.http.decoded_call import Access, AccessLevel
from chalicelib.domain.shared.permissions import PERMISSION_MATRIX, Ability, Principal, Role, Scope, grants
from tests.builders.oracles.permission_matrix import ROLES, ROWS
from tests.builders.oracles.permission_requests import PERMISSION_REQUESTS, SHARED_VIEW_REQUESTS, UNROUTED_ABILITIES

CELLS = [
    (ability, role, letter)
    for ability, letters in ROWS.items()
    for role, letter in zip(ROLES, letters.split(), strict=True)
]


def person(*roles: str, locations: frozenset[str] = frozenset({"loc_1"})) -> Principal:
    return Principal("stf_1", "Sam Lee", "sam@example.org", frozenset(map(Role, roles)), locations)


def test_every_ability_has_its_row() -> None:
    assert set(ROWS) == {ability.value for ability in Ability} == {row.value for row in PERMISSION_MATRIX}


def test_every_ability_a_route_asks_for_is_asked_over_http() -> None:
    """A new route needs its row in tests/builders/oracles/permission_requests.py."""
    routes = [route for resource in DECLARED for route in resource.declared]
    needed = {
        ability.value
        for route in routes
        if not isinstance(route.access, AccessLevel)
        for ability in abilities(route.access)
    }
    assert needed - {ability for ask in PERMISSION_REQUESTS for ability in ask.needs} == set(UNROUTED_ABILITIES)
    assert not [route.path for route in routes if route.path.startswith(tuple(UNROUTED_ABILITIES.values()))]


def test_every_row_is_asked_over_http() -> None:
    asked = {ability for ask in (*PERMISSION_REQUESTS, *SHARED_VIEW_REQUESTS) for ability in ask.needs}
    assert set(ROWS) - asked == set(UNROUTED_ABILITIES)


def abilities(who: Access) -> tuple[Ability, ...]:
    assert not isinstance(who, AccessLevel)
    return (who,) if isinstance(who, Ability) else who


@pytest.mark.parametrize(("ability", "role", "letter"), CELLS)
def test_cell(ability: str, role: str, letter: str) -> None:
    found = grants(frozenset({Role(role)}), Ability(ability))

    if letter == "-":
        assert found == frozenset()
        return
    (grant,) = found
    scopes = {"A": Scope.ALL, "O": Scope.OWN}
    assert grant.scope is scopes.get(letter, Scope.LOCATIONS)
    highest = {"E": Role(role), "M": Role.MANAGER}
    assert grant.up_to is highest.get(letter, Role.ADMIN)


def test_codes_rank_the_roles() -> None:
    known = {"contact_centre": 5, "staff": 10, "staff_plus": 13, "staff_advanced": 15}

    assert {name: Role(name).code for name in known} == known
    assert Role.STAFF_ADVANCED.code < Role.MANAGER.code < Role.ADMIN.code


def test_several_roles_unite_what_each_may() -> None:
    both = person("contact_centre", "staff")

    assert both.scopes(Ability.CLIENT_VIEW) == {Scope.ALL}
    assert both.may(Ability.BOOK_CONTACT_CENTRE)
    assert both.may(Ability.BOOK_FOR_SELF)
    assert not both.may(Ability.BLOCK_EDIT)
    assert both.role is Role.STAFF
    mixed = person("staff", "manager")
    assert mixed.scopes(Ability.APPOINTMENT_EDIT) == {Scope.OWN, Scope.LOCATIONS}


def test_locations_bound_what_is_reached() -> None:
    manager = person("manager")

    assert manager.reaches(Ability.BLOCK_EDIT, location_id="loc_1")
    assert not manager.reaches(Ability.BLOCK_EDIT, location_id="loc_2")
    assert not manager.reaches(Ability.BLOCK_EDIT)
    assert person("admin").reaches(Ability.BLOCK_EDIT, location_id="loc_2")
    assert not person("staff").reaches(Ability.BLOCK_EDIT, location_id="loc_1")


def test_own_is_what_is_assigned_to_him() -> None:
    staff = person("staff")

    assert staff.reaches(Ability.APPOINTMENT_EDIT, location_id="loc_2", own=True)
    assert not staff.reaches(Ability.APPOINTMENT_EDIT, location_id="loc_1")


def test_rights_at_locations_include_those_to_ones_own() -> None:
    """A higher role never has less: a manager keeps their own appointments after leaving the location."""
    for role in ("staff", "staff_plus", "staff_advanced", "manager"):
        assert person(role).reaches(Ability.APPOINTMENT_VIEW, location_id="loc_2", own=True)
    assert not person("manager").reaches(Ability.BOOK_CONTACT_CENTRE, location_id="loc_1", own=True)


@pytest.mark.parametrize(
    ("role", "whose", "allowed"),
    [
        ("staff", "staff", True),
        ("staff", "staff_plus", False),
        ("staff_plus", "staff_plus", True),
        ("staff_plus", "staff_advanced", False),
        ("staff_advanced", "manager", True),
        ("staff_advanced", "admin", False),
        ("manager", "admin", True),
    ],
)
def test_booking_for_others_stops_at_a_role(role: str, whose: str, allowed: bool) -> None:
    found = person(role).reaches(Ability.BOOK_FOR_OTHERS, location_id="loc_1", owner_role=Role(whose))

    assert found is allowed


def test_abilities_are_listed_for_the_console() -> None:
    assert person("contact_centre").abilities == tuple(
        Ability(ability) for ability in (*PERMISSION_MATRIX,) if ROWS[ability.value].split()[5] != "-"
    )
