"""Clients searched and listed over HTTP: matches, costs and pages (CL-1, feature 36)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings, strategies as st

from benchmarks.dynamodb.usage_meter import UsageMeter
from chalicelib.container import container
from chalicelib.domain.clients.directory import fold_words
from chalicelib.domain.organisation.catalogue import Location
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.persistence.table import Row
from chalicelib.services.clients import client_search
from chalicelib.services.clients.client_lists import ClientListRequest
from chalicelib.services.context import Context
from tests.builders.in_process.client_requests import make_client, save_clients
from tests.builders.in_process.moto_table import rolled_back
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX_EMAIL, BOSS, NOW, TORONTO, hire
from tests.builders.in_process.table_records import write

pytestmark = pytest.mark.organisation(user=ALEX_EMAIL)

JOSE = {
    "first_name": "José",
    "last_name": "Nuñez-O'Brien",
    "email": "jose@example.org",
    "mobile": "+1 (416) 555-0100",
    "external_id": "CRM-77a",
}
EVERYBODY = Context(NOW, Principal("stf_boss", "Boss", BOSS, frozenset({Role.ADMIN})))


def create(org: Organisation, **fields: Any) -> str:
    """The id of a new client."""
    return str(org.clients.try_create(**fields).body(201)["id"])


def page(org: Organisation, who: str = ALEX_EMAIL, /, **query: Any) -> Any:
    """One page of a list."""
    return org.as_staff("GET", "/clients?" + urlencode(query), who=who).body()


def found(org: Organisation, q: str, **query: Any) -> list[str]:
    """The ids on the first page of a search, which is all of it."""
    answer = page(org, q=q, **query)
    assert answer["next_cursor"] is None
    return [client["id"] for client in answer["items"]]


@pytest.mark.parametrize(
    "q",
    [
        *("jose", "nunez", "obrien", "nunez jose", "O'BRIEN josé", "jos nu ob", "o"),
        *("+1 (416) 555-0100", "4165550100", "416-555-0100", "1 416 555 0100"),
        *("JOSE@Example.org", "crm-77A", "CRM-77a"),
    ],
)
def test_somebody_is_found_as_people_type(org: Organisation, q: str) -> None:
    jose = create(org, **JOSE)
    create(org)
    assert found(org, q) == [jose]


def test_where_no_country_is_said_time_zones_tell_how_people_dial(org: Organisation) -> None:
    write(replace(org.read(Location, TORONTO), country=None, timezone="Europe/Paris"))
    jose = create(org, **JOSE)
    zoe = create(org, first_name="Zoé", mobile="01 42 68 53 00")
    assert found(org, "0142685300") == found(org, "+33 1 42 68 53 00") == [zoe]
    assert org.read(Settings).timezone == "America/Toronto"
    assert found(org, "4165550100") == [jose]


@pytest.mark.parametrize(
    "q", ["%", "*", "_", "?", "nun%z", "\U0001f642", "\ud83d", "'", "#", "z" * 300, "()", "\u202eo x"]
)
def test_whatever_else_is_typed_finds_nobody_and_harms_nothing(org: Organisation, q: str) -> None:
    create(org, **JOSE)
    url = "/clients?" + urlencode({"q": q}, errors="surrogatepass")
    reply = org.as_staff("GET", url)
    assert (reply.status, reply.json) == (200, {"items": [], "next_cursor": None})


def test_control_characters_separate_words_and_nul_is_refused(org: Organisation) -> None:
    jose = create(org, **JOSE)
    assert found(org, "jose\x1b\r\nnunez\t") == [jose]
    assert org.as_staff("GET", "/clients?q=jo%00se").status == 422


def test_a_search_has_at_most_300_characters(org: Organisation) -> None:
    reply = org.as_staff("GET", "/clients?" + urlencode({"q": "z" * 301}))
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/q")


def test_blank_is_no_search_but_everybody(org: Organisation) -> None:
    jose = create(org, **JOSE)
    for q in ("", "  "):
        assert found(org, q) == [jose]


def test_the_widgets_clients_are_found_at_once(org: Organisation) -> None:
    org.create_block()
    assert org.try_book().status == 201
    for q in ("ruiz", "ana@example.org"):
        assert [client["last_name"] for client in page(org, q=q)["items"]] == ["Ruiz"]


def test_an_edit_is_found_under_what_is_true_now(org: Organisation) -> None:
    jose = create(org, **JOSE)
    change = {"last_name": "Vega", "email": "vega@example.org", "mobile": "+14165550111", "external_id": None}
    assert org.as_staff("PATCH", f"/clients/{jose}", change).status == 200
    assert [found(org, q) for q in ("nunez", "jose@example.org", "4165550100", "CRM-77a")] == [[]] * 4
    assert [found(org, q) for q in ("jose vega", "vega@example.org", "4165550111")] == [[jose]] * 3


def test_somebody_who_is_meant_in_several_ways_is_listed_once(org: Organisation) -> None:
    both = create(org, first_name="Ana7", external_id="ana7")
    named = create(org, first_name="Ana7")
    assert org.clients.all_ids(q="ana7", limit=1) == found(org, "ana7") == [both, named]


def test_many_share_a_number_and_are_paged(org: Organisation) -> None:
    ids = [create(org, first_name=f"Ana {n}", mobile="+14165550100") for n in range(5)]
    assert org.clients.all_ids(q="416 555 0100", limit=2) == sorted(ids)


def test_names_come_in_order_page_by_page(org: Organisation) -> None:
    hire("stf_boss", BOSS)
    names = [("Ana", "Zola"), ("ana", "Álvarez"), ("Anabel", "Ito"), ("Ánna", "Ito"), ("Bo", "Ananda"), ("Bo", "Lind")]
    save_clients(*(make_client(number, *name) for number, name in enumerate(names)))
    expected = [make_client(number).id for number in (1, 0, 2, 4, 3)]
    for limit in (1, 2, 3, 5, 100):
        assert org.clients.all_ids(BOSS, q="an", limit=limit) == expected
    assert org.clients.all_ids(BOSS, limit=4) == [make_client(n).id for n in (1, 0, 2, 3, 4, 5)]


def test_a_page_for_somebody_who_may_see_few_is_short_and_goes_on(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_search, "BATCH_SIZE", 4)
    many = 4 * client_search.MAX_BATCHES + 3
    save_clients(*(make_client(number) for number in range(many - 1)))
    save_clients(make_client(many - 1), known_to=(TORONTO,))
    first = page(org, q="ana")
    assert (first["items"], first["next_cursor"] is None) == ([], False)
    assert org.clients.all_ids(q="ana") == [make_client(many - 1).id]


def test_a_search_by_name_is_two_queries_however_many_there_are(org: Organisation) -> None:
    hire("stf_boss", BOSS)
    meter = UsageMeter(Row._get_connection().connection.client)
    costs = []
    for number in range(3):
        save_clients(*(make_client(20 * number + n) for n in range(20)))
        page(org, BOSS, q="ana", limit=5)
        with meter.counting() as usage:
            assert len(page(org, BOSS, q="ana", limit=5)["items"]) == 5
        costs.append(Counter(call.operation for call in usage.calls))
    assert costs == [costs[0]] * 3
    assert costs[0]["Query"] == 2


@pytest.mark.parametrize(
    ("query", "cursor"),
    [
        *(({"q": "ana"}, cursor) for cursor in ("x", "!", "W10", "WzAsIngiXQ", "WzksIiJd", "Wy0xLCIiXQ", "bnVsbA")),
        *(({"filter": "mine"}, cursor) for cursor in ("x", "WzAsIngiXQ", "WzEsImNsaV8xIl0", "WzAsMV0")),
        ({"q": "ana"}, "WzEsIuKEov" + "4oSi" * 300),
    ],
)
def test_a_cursor_of_another_list_is_refused(org: Organisation, query: dict[str, str], cursor: str) -> None:
    create(org)
    reply = org.as_staff("GET", "/clients?" + urlencode(query | {"cursor": cursor}))
    assert reply.refusal in ((422, "invalid_cursor"), (422, "invalid"))


def test_an_unknown_filter_is_refused(org: Organisation) -> None:
    assert org.as_staff("GET", "/clients?filter=others").status == 422


NAMES = st.lists(
    st.tuples(*(st.text(st.sampled_from("aAáäbBcøé'- 1"), min_size=1, max_size=6),) * 2), min_size=1, max_size=8
)


@settings(max_examples=25, deadline=None)
@given(names=NAMES, typed=st.text(st.sampled_from("aáÁbcøo 1-"), min_size=1, max_size=5), limit=st.integers(1, 4))
def test_a_search_finds_whom_a_plain_comparison_of_words_does(
    names: list[tuple[str, str]], typed: str, limit: int
) -> None:
    with rolled_back():
        clients = [make_client(number, *name) for number, name in enumerate(names)]
        save_clients(*clients)
        wanted = fold_words(typed)
        plainly = {
            c.id for c in clients if wanted and all(any(w.startswith(t) for w in fold_words(c.name)) for t in wanted)
        }
        found: list[str] = []
        cursor = None
        while True:
            shown = container.client_lists.list_page(EVERYBODY, ClientListRequest(typed, limit=limit, cursor=cursor))
            found += [client.id for client in shown.items]
            cursor = shown.next_cursor
            if cursor is None:
                break
        expected = plainly if wanted or typed.strip() else {c.id for c in clients}
        assert (sorted(found), len(found)) == (sorted(expected), len(set(found)))


@pytest.fixture(autouse=True)
def _table(org: Organisation) -> None:
    """The property above has no fixture of its own."""
