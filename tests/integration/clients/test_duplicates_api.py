"""Likely duplicates over HTTP: matches and reasons, access, the worklist and the hint."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.shared.permissions import Role
from chalicelib.services.clients import duplicates
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX, ALEX_EMAIL, CENTRAL, SAM, SAM_EMAIL, TORONTO, at, hire

WORKLIST = "/clients/duplicates"

pytestmark = pytest.mark.organisation(seats=50, staff=True)


def likely(org: Organisation, client: dict[str, Any], who: str = CENTRAL) -> list[str]:
    """The ids of somebody's likely duplicates, in order."""
    return [found["client"]["id"] for found in org.all_pages(f"/clients/{client['id']}/duplicates", who)]


def pairs(org: Organisation, who: str = CENTRAL, query: str = "") -> list[list[str]]:
    """The worklist, as pairs of ids."""
    return [[client["id"] for client in pair["clients"]] for pair in org.all_pages(WORKLIST + query, who)]


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
    org: Organisation, name: str, fields: dict[str, Any], reasons: list[str]
) -> None:
    place = {"address": "1 King St W", "city": "Toronto", "postal_code": "m5h1a1"}
    first = org.clients.create(mobile="+14165550100", **place)
    second = org.clients.create(name, **fields)

    (found,) = org.all_pages(f"/clients/{first['id']}/duplicates")
    assert found["client"]["id"] == second["id"]
    assert 0.72 <= found["score"] <= 1
    assert [reason["code"] for reason in found["reasons"]] == reasons
    assert all(reason["text"] for reason in found["reasons"])
    assert likely(org, second) == [first["id"]]


def test_relatives_and_strangers_are_not_shown(org: Organisation) -> None:
    shared = {"mobile": "+14165550100", "address": "1 King St W", "postal_code": "M5H 1A1"}
    ana = org.clients.create(**shared)
    org.clients.create("Juan Ruiz", **shared)
    org.clients.create("Bo Lind")

    assert likely(org, ana) == []
    assert pairs(org) == []


def test_the_likeliest_comes_first(org: Organisation) -> None:
    ana = org.clients.create(mobile="+14165550100")
    name_only = org.clients.create("Anna Ruiz", email=None, mobile="+14165550199")
    all_same = org.clients.create(email="ana.ruiz@example.org", mobile="+14165550100")
    alike = org.clients.create("Anna Ruiz", mobile="+14165550100")

    assert likely(org, ana) == [all_same["id"], alike["id"], name_only["id"]]


def test_neither_oneself_nor_whoever_was_absorbed_or_forgotten_is_a_duplicate(org: Organisation) -> None:
    ana, anna, third = org.clients.create(), org.clients.create("Anna Ruiz"), org.clients.create("Ana Ruis")
    org.clients.merge(anna["id"], ana["id"])["merge_id"]
    assert likely(org, ana) == likely(org, anna) == [third["id"]]
    assert pairs(org) == [[ana["id"], third["id"]]]

    assert org.as_staff("DELETE", f"/clients/{third['id']}", who=CENTRAL).status == 204
    assert likely(org, ana) == []
    assert pairs(org) == []
    assert org.as_staff("GET", f"/clients/{third['id']}/duplicates", who=CENTRAL).status == 404


def test_an_edit_brings_records_together_and_parts_them(org: Organisation) -> None:
    ana, bo = org.clients.create(), org.clients.create("Bo Lind")
    assert likely(org, ana) == []

    at_bo = f"/clients/{bo['id']}"
    assert org.as_staff("PATCH", at_bo, {"first_name": "Anna", "last_name": "Ruiz"}, CENTRAL).status == 200
    assert likely(org, ana) == [bo["id"]]
    assert org.as_staff("PATCH", at_bo, {"first_name": "Bo", "last_name": "Lind"}, CENTRAL).status == 200
    assert likely(org, ana) == []


def test_whoever_books_online_under_another_address_is_found(org: Organisation) -> None:
    ana = org.clients.create()
    assert org.try_book(attendee={"email": "aruiz@example.net"}).status == 201

    assert len(likely(org, ana)) == 1


def test_only_clients_within_scope_are_shown(org: Organisation) -> None:
    mine, other = org.clients.create(), org.clients.create("Anna Ruiz")
    org.clients.book(mine["id"], staff={"id": SAM})
    assert likely(org, mine, SAM_EMAIL) == []
    assert org.as_staff("GET", f"/clients/{other['id']}/duplicates", who=SAM_EMAIL).status == 404

    org.update_settings(all_staff_view_all_clients=True)
    assert likely(org, mine, SAM_EMAIL) == [other["id"]]
    # Seeing is not merging.
    assert pairs(org, SAM_EMAIL) == []

    org.update_settings(all_staff_view_all_clients=False)
    org.clients.book(other["id"], at(30), staff={"id": ALEX})
    assert likely(org, mine, SAM_EMAIL) == []
    assert likely(org, mine, ALEX_EMAIL) == [other["id"]]


@pytest.mark.parametrize("role", ["admin", "manager", "staff_advanced", "staff_plus", "staff", "contact_centre"])
def test_the_worklist_is_of_those_one_may_merge(org: Organisation, role: str) -> None:
    who = f"{role}@example.org"
    hire(f"stf_{role}", who, *([] if role == "contact_centre" else [TORONTO]), role=Role(role))
    near, far = (
        [org.clients.create(), org.clients.create("Anna Ruiz")],
        [org.clients.create("Bo Lind"), org.clients.create("Bo Lint")],
    )
    for number, client in enumerate(near):
        org.clients.book(client["id"], at(30 * number), staff={"id": SAM})

    everybody, here = sorted(c["id"] for c in near + far), [c["id"] for c in near]
    seen = {"admin": everybody, "contact_centre": everybody, "manager": here, "staff_advanced": here}
    assert sorted(i for pair in pairs(org, who) for i in pair) == seen.get(role, [])
    assert pairs(org, SAM_EMAIL) == [here]


def test_a_client_one_made_is_on_ones_worklist_until_somebody_books_them(org: Organisation) -> None:
    known, made = org.clients.create(), org.clients.create("Anna Ruiz", SAM_EMAIL)
    org.clients.book(known["id"], staff={"id": SAM})
    assert pairs(org, SAM_EMAIL) == [[known["id"], made["id"]]]

    org.clients.book(made["id"], at(60), staff={"id": ALEX})
    assert pairs(org, SAM_EMAIL) == []


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_the_worklist_has_each_pair_once_older_client_first(
    org: Organisation, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(duplicates, "BATCH_SIZE", 3)
    names = ("Ana Ruiz", "Bo Lind", "Anna Ruiz", "Cy Oz", "Ana Ruis", "Bo Lint", "Di Ek", "Flo Gu")
    people = [org.clients.create(name, email=f"{n}@example.org")["id"] for n, name in enumerate(names)]

    expected = [[people[a], people[b]] for a, b in ((0, 2), (0, 4), (2, 4), (1, 5))]
    assert sorted(pairs(org, query=f"?limit={limit}")) == sorted(expected)


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "WzAsICJ4Il0", "WzQwMCwgIiJd"])
def test_a_cursor_of_no_list_is_refused(org: Organisation, cursor: str) -> None:
    org.clients.create()
    for who in (CENTRAL, SAM_EMAIL):
        assert org.as_staff("GET", f"{WORKLIST}?cursor={cursor}", who=who).refusal == (422, "invalid_cursor"), who


def test_bad_requests_are_refused(org: Organisation) -> None:
    for url in (WORKLIST + "?limit=0", WORKLIST + "?limit=101", WORKLIST + "?sort=name"):
        assert org.as_staff("GET", url, who=CENTRAL).status == 422, url
    for client_id in ("cli_nobody", "duplicates%00", "x" * 100, "é"):
        assert org.as_staff("GET", f"/clients/{client_id}/duplicates", who=CENTRAL).status in (404, 422), client_id


def test_whoever_takes_somebody_in_hears_whom_they_may_know_already(org: Organisation) -> None:
    ids = [org.clients.create(email=f"{number}@example.org")["id"] for number in range(4)]
    made = org.clients.create("Anna Ruiz", email="3@example.org")

    assert len(made["hint"]) == 3
    assert made["hint"][0]["client"]["id"] == ids[3]
    assert made["hint"][0]["reasons"]
    # Nobody hears of clients they may not know of.
    assert org.clients.create("Ana Ruiz", SAM_EMAIL, email="other@example.org")["hint"] == []


def test_the_hint_is_part_of_the_answer_that_is_repeated(org: Organisation) -> None:
    org.clients.create()
    body, key = {"first_name": "Anna", "last_name": "Ruiz", "email": "a@example.org"}, {"idempotency-key": "k1"}
    first, again = (org.as_staff("POST", "/clients", body, CENTRAL, headers=key) for _ in range(2))

    assert first.json == again.json
    assert len(first.json["hint"]) == 1


def test_a_frequent_name_does_not_hide_whoever_is_most_alike(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "_MAX_COMPARED", 2)
    for number, first in enumerate(("Andrea", "Axel", "Anton", "Alma")):
        org.clients.create(f"{first} Ruiz", email=f"{number}@example.org")
    ana, anna = org.clients.create(), org.clients.create("Anna Ruiz")

    assert anna["id"] in likely(org, ana)


@pytest.mark.parametrize(
    "letters", ["абвгдежзийклмнопрстуфхцчшщъыьэюяабвгдежз", "中文字符国人大小上下左右前后东西南北天地" * 2]
)
def test_the_longest_names_of_any_script_stop_no_list(org: Organisation, letters: str) -> None:
    first, last = (" ".join((letters[n:40], letters[n + 1 : 40], letters[n + 2 : 25]))[:100] for n in (0, 3))
    ids = [org.clients.create(first_name=first, last_name=last, email=f"{n}@example.org")["id"] for n in range(3)]

    assert sorted(client["id"] for client in org.all_pages("/clients?limit=1")) == ids
    assert len(pairs(org, query="?limit=1")) == 3
