"""Likely duplicates over HTTP: who is found and by what, who may see whom, the worklist and the hint."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.shared.permissions import Role
from chalicelib.services.clients import duplicates
from tests.builders.in_process.client_requests import items, merge, taken_in, visit
from tests.builders.in_process.sample_organisation import ALEX, SAM, TORONTO, World, at
from tests.builders.in_process.staff_bookings import CENTRAL, as_role, hire, setting, staffed

SAM_MAIL = "sam@example.org"
ALEX_MAIL = "alex@example.org"
WORKLIST = "/clients/duplicates"


@pytest.fixture
def world(world: World) -> World:
    """A branch with people of every role, and room for whoever comes."""
    staffed(world).lay(limit=50)
    return world


def likely(world: World, client: dict[str, Any], who: str = CENTRAL) -> list[str]:
    """The ids of somebody's likely duplicates, in order."""
    return [found["client"]["id"] for found in items(world, f"/clients/{client['id']}/duplicates", who)]


def pairs(world: World, who: str = CENTRAL, query: str = "") -> list[list[str]]:
    """The worklist, as pairs of ids."""
    return [[client["id"] for client in pair["clients"]] for pair in items(world, WORKLIST + query, who)]


@pytest.mark.parametrize(
    ("name", "fields", "reasons"),
    [
        ("Ana Ruiz", {"email": "else@example.net"}, ["same_name"]),
        (
            "Anna Ruis",
            {"email": None, "work_phone": "+14165550100", "mobile": "+14165550155"},
            ["similar_name", "same_phone"],
        ),
        ("Ruiz Ana", {"email": None, "mobile": "416 555 0100", "country": "CA"}, ["names_swapped", "same_phone"]),
        ("ANA RUÍZ", {"email": "ana.rui@example.org"}, ["same_name", "similar_email"]),
        ("Ana Ruiz-Gomez", {"email": "Ana.Ruiz@Example.org"}, ["similar_name", "same_email"]),
        ("Ana Gomez", {"email": None, "mobile": "+14165550100"}, ["same_phone"]),
        (
            "Anna Ruiz",
            {"address": "1 King Street W", "city": "Toronto", "postal_code": "M5H 1A1"},
            ["similar_name", "similar_email", "similar_address"],
        ),
    ],
)
def test_one_person_with_two_records_is_found_with_reasons(
    world: World, name: str, fields: dict[str, Any], reasons: list[str]
) -> None:
    place = {"address": "1 King St W", "city": "Toronto", "postal_code": "m5h1a1"}
    first = taken_in(world, mobile="+14165550100", **place)
    second = taken_in(world, name, **fields)

    (found,) = items(world, f"/clients/{first['id']}/duplicates")
    assert found["client"]["id"] == second["id"]
    assert 0.72 <= found["score"] <= 1
    assert [reason["code"] for reason in found["reasons"]] == reasons
    assert all(reason["text"] for reason in found["reasons"])
    assert likely(world, second) == [first["id"]]


def test_relatives_and_strangers_are_not_shown(world: World) -> None:
    shared = {"mobile": "+14165550100", "address": "1 King St W", "postal_code": "M5H 1A1"}
    ana = taken_in(world, **shared)
    taken_in(world, "Juan Ruiz", **shared)
    taken_in(world, "Bo Lind")

    assert likely(world, ana) == []
    assert pairs(world) == []


def test_the_likeliest_comes_first(world: World) -> None:
    ana = taken_in(world, mobile="+14165550100")
    name_only = taken_in(world, "Anna Ruiz", email=None, mobile="+14165550199")
    all_same = taken_in(world, email="ana.ruiz@example.org", mobile="+14165550100")
    alike = taken_in(world, "Anna Ruiz", mobile="+14165550100")

    assert likely(world, ana) == [all_same["id"], alike["id"], name_only["id"]]


def test_neither_oneself_nor_whoever_was_absorbed_or_forgotten_is_a_duplicate(world: World) -> None:
    ana, anna, third = taken_in(world), taken_in(world, "Anna Ruiz"), taken_in(world, "Ana Ruis")
    merge(world, anna["id"], ana["id"])
    assert likely(world, ana) == likely(world, anna) == [third["id"]]
    assert pairs(world) == [[ana["id"], third["id"]]]

    assert as_role(world, "DELETE", f"/clients/{third['id']}", who=CENTRAL).status == 204
    assert likely(world, ana) == []
    assert pairs(world) == []
    assert as_role(world, "GET", f"/clients/{third['id']}/duplicates", who=CENTRAL).status == 404


def test_an_edit_brings_records_together_and_parts_them(world: World) -> None:
    ana, bo = taken_in(world), taken_in(world, "Bo Lind")
    assert likely(world, ana) == []

    at_bo = f"/clients/{bo['id']}"
    assert as_role(world, "PATCH", at_bo, {"first_name": "Anna", "last_name": "Ruiz"}, CENTRAL).status == 200
    assert likely(world, ana) == [bo["id"]]
    assert as_role(world, "PATCH", at_bo, {"first_name": "Bo", "last_name": "Lind"}, CENTRAL).status == 200
    assert likely(world, ana) == []


def test_whoever_books_online_under_another_address_is_found(world: World) -> None:
    ana = taken_in(world)
    assert world.book(attendee={"email": "aruiz@example.net"}).status == 201

    assert len(likely(world, ana)) == 1


def test_only_clients_within_scope_are_shown(world: World) -> None:
    mine, other = taken_in(world), taken_in(world, "Anna Ruiz")
    visit(world, mine["id"], staff={"id": SAM})
    assert likely(world, mine, SAM_MAIL) == []
    assert as_role(world, "GET", f"/clients/{other['id']}/duplicates", who=SAM_MAIL).status == 404

    setting(world, all_staff_view_all_clients=True)
    assert likely(world, mine, SAM_MAIL) == [other["id"]]
    # Seeing is not merging.
    assert pairs(world, SAM_MAIL) == []

    setting(world, all_staff_view_all_clients=False)
    visit(world, other["id"], at(30), staff={"id": ALEX})
    assert likely(world, mine, SAM_MAIL) == []
    assert likely(world, mine, ALEX_MAIL) == [other["id"]]


@pytest.mark.parametrize("role", ["admin", "manager", "staff_advanced", "staff_plus", "staff", "contact_centre"])
def test_the_worklist_is_of_those_one_may_merge(world: World, role: str) -> None:
    who = f"{role}@example.org"
    hire(f"stf_{role}", who, *([] if role == "contact_centre" else [TORONTO]), role=Role(role))
    near, far = (
        [taken_in(world), taken_in(world, "Anna Ruiz")],
        [taken_in(world, "Bo Lind"), taken_in(world, "Bo Lint")],
    )
    for number, client in enumerate(near):
        visit(world, client["id"], at(30 * number), staff={"id": SAM})

    everybody, here = sorted(c["id"] for c in near + far), [c["id"] for c in near]
    seen = {"admin": everybody, "contact_centre": everybody, "manager": here, "staff_advanced": here}
    assert sorted(i for pair in pairs(world, who) for i in pair) == seen.get(role, [])
    assert pairs(world, SAM_MAIL) == [here]


def test_a_client_one_made_is_on_ones_worklist_until_somebody_books_them(world: World) -> None:
    known, made = taken_in(world), taken_in(world, "Anna Ruiz", SAM_MAIL)
    visit(world, known["id"], staff={"id": SAM})
    assert pairs(world, SAM_MAIL) == [[known["id"], made["id"]]]

    visit(world, made["id"], at(60), staff={"id": ALEX})
    assert pairs(world, SAM_MAIL) == []


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_the_worklist_has_each_pair_once_older_client_first(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(duplicates, "BATCH_SIZE", 3)
    names = ("Ana Ruiz", "Bo Lind", "Anna Ruiz", "Cy Oz", "Ana Ruis", "Bo Lint", "Di Ek", "Flo Gu")
    people = [taken_in(world, name, email=f"{n}@example.org")["id"] for n, name in enumerate(names)]

    expected = [[people[a], people[b]] for a, b in ((0, 2), (0, 4), (2, 4), (1, 5))]
    assert sorted(pairs(world, query=f"?limit={limit}")) == sorted(expected)


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "WzAsICJ4Il0", "WzQwMCwgIiJd"])
def test_a_cursor_of_no_list_is_refused(world: World, cursor: str) -> None:
    taken_in(world)
    for who in (CENTRAL, SAM_MAIL):
        reply = as_role(world, "GET", f"{WORKLIST}?cursor={cursor}", who=who)
        assert (reply.status, reply.json["code"]) == (422, "invalid_cursor"), who


def test_bad_requests_are_refused(world: World) -> None:
    for url in (WORKLIST + "?limit=0", WORKLIST + "?limit=101", WORKLIST + "?sort=name"):
        assert as_role(world, "GET", url, who=CENTRAL).status == 422, url
    for client_id in ("cli_nobody", "duplicates%00", "x" * 100, "é"):
        assert as_role(world, "GET", f"/clients/{client_id}/duplicates", who=CENTRAL).status in (404, 422), client_id


def test_whoever_takes_somebody_in_hears_whom_they_may_know_already(world: World) -> None:
    ids = [taken_in(world, email=f"{number}@example.org")["id"] for number in range(4)]
    made = taken_in(world, "Anna Ruiz", email="3@example.org")

    assert len(made["hint"]) == 3
    assert made["hint"][0]["client"]["id"] == ids[3]
    assert made["hint"][0]["reasons"]
    # Nobody hears of clients they may not know of.
    assert taken_in(world, "Ana Ruiz", SAM_MAIL, email="other@example.org")["hint"] == []


def test_the_hint_is_part_of_the_answer_that_is_repeated(world: World) -> None:
    taken_in(world)
    body, key = {"first_name": "Anna", "last_name": "Ruiz", "email": "a@example.org"}, {"idempotency-key": "k1"}
    first, again = (as_role(world, "POST", "/clients", body, CENTRAL, headers=key) for _ in range(2))

    assert first.json == again.json
    assert len(first.json["hint"]) == 1


def test_a_frequent_name_does_not_hide_whoever_is_most_alike(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_MAX_COMPARED", 2)
    for number, first in enumerate(("Andrea", "Axel", "Anton", "Alma")):
        taken_in(world, f"{first} Ruiz", email=f"{number}@example.org")
    ana, anna = taken_in(world), taken_in(world, "Anna Ruiz")

    assert anna["id"] in likely(world, ana)


@pytest.mark.parametrize(
    "letters", ["абвгдежзийклмнопрстуфхцчшщъыьэюяабвгдежз", "中文字符国人大小上下左右前后东西南北天地" * 2]
)
def test_the_longest_names_of_any_script_stop_no_list(world: World, letters: str) -> None:
    first, last = (" ".join((letters[n:40], letters[n + 1 : 40], letters[n + 2 : 25]))[:100] for n in (0, 3))
    ids = [taken_in(world, first_name=first, last_name=last, email=f"{n}@example.org")["id"] for n in range(3)]

    assert sorted(client["id"] for client in items(world, "/clients?limit=1")) == ids
    assert len(pairs(world, query="?limit=1")) == 3
