"""Searching and listing clients over HTTP: what is found, what it costs, and how it goes on (CL-1, feature 36)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings, strategies as st

from benchmarks.dynamodb.usage_meter import UsageMeter
from chalicelib.container import container
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.directory import fold_words
from chalicelib.domain.organisation.catalogue import Location
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.persistence.table import Row
from chalicelib.services.clients import client_search
from chalicelib.services.clients.client_lists import ClientListRequest
from chalicelib.services.context import Context
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.in_process.planned_block_branch import undone
from tests.builders.in_process.sample_organisation import NOW, TORONTO, World
from tests.builders.in_process.staff_bookings import as_role, hire, write

JOSE = {
    "first_name": "José",
    "last_name": "Nuñez-O'Brien",
    "email": "jose@example.org",
    "mobile": "+1 (416) 555-0100",
    "external_id": "CRM-77a",
}
EVERYBODY = Context(NOW, Principal("stf_boss", "Boss", "boss@example.org", frozenset({Role.ADMIN})))


def create(world: World, **fields: Any) -> str:
    """The id of a new client."""
    reply = as_role(world, "POST", "/clients", {"first_name": "Ana", "last_name": "Ruiz", "email": "a@x.org"} | fields)
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def page(world: World, who: str = "alex@example.org", /, **query: Any) -> Any:
    """One page of a list."""
    reply = as_role(world, "GET", "/clients?" + urlencode(query), who=who)
    assert reply.status == 200, reply.text
    return reply.json


def found(world: World, q: str, **query: Any) -> list[str]:
    """The ids on the first page of a search, which is all of it."""
    answer = page(world, q=q, **query)
    assert answer["next_cursor"] is None
    return [client["id"] for client in answer["items"]]


def walked(world: World, who: str = "alex@example.org", /, **query: Any) -> list[str]:
    """The ids of a whole list, page by page."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(200):
        answer = page(world, who, **query, **cursor)
        ids += [client["id"] for client in answer["items"]]
        assert len(answer["items"]) <= query.get("limit", 50)
        if answer["next_cursor"] is None:
            return ids
        cursor = {"cursor": answer["next_cursor"]}
    raise AssertionError("the list has no end")


def file(*clients: Client, met: tuple[str, ...] = ()) -> None:
    """Clients on record whom these locations and people have had to do with."""
    for client in clients:
        work = UnitOfWork()
        work.index_client(work.save(client))
        work.relation_counts.update((scope, client.id) for scope in met)
        container.store.commit(work)


def somebody(number: int, first: str = "Ana", last: str = "Ruiz", **fields: Any) -> Client:
    """A client of this name."""
    return Client(first, last, id=f"cli_{number:026}", created_at=NOW, updated_at=NOW, **fields)


@pytest.mark.parametrize(
    "q",
    [
        *("jose", "nunez", "obrien", "nunez jose", "O'BRIEN josé", "jos nu ob", "o"),
        *("+1 (416) 555-0100", "4165550100", "416-555-0100", "1 416 555 0100"),
        *("JOSE@Example.org", "crm-77A", "CRM-77a"),
    ],
)
def test_somebody_is_found_as_people_type(world: World, q: str) -> None:
    jose = create(world, **JOSE)
    create(world)
    assert found(world, q) == [jose]


def test_where_no_country_is_said_time_zones_tell_how_people_dial(world: World) -> None:
    write(replace(world.read(Location, TORONTO), country=None, timezone="Europe/Paris"))
    jose = create(world, **JOSE)
    zoe = create(world, first_name="Zoé", mobile="01 42 68 53 00")
    assert found(world, "0142685300") == found(world, "+33 1 42 68 53 00") == [zoe]
    assert world.read(Settings).timezone == "America/Toronto"
    assert found(world, "4165550100") == [jose]


@pytest.mark.parametrize(
    "q", ["%", "*", "_", "?", "nun%z", "\U0001f642", "\ud83d", "'", "#", "z" * 300, "()", "\u202eo x"]
)
def test_whatever_else_is_typed_finds_nobody_and_harms_nothing(world: World, q: str) -> None:
    create(world, **JOSE)
    url = "/clients?" + urlencode({"q": q}, errors="surrogatepass")
    reply = as_role(world, "GET", url)
    assert (reply.status, reply.json) == (200, {"items": [], "next_cursor": None})


def test_control_characters_separate_words_and_nul_is_refused(world: World) -> None:
    jose = create(world, **JOSE)
    assert found(world, "jose\x1b\r\nnunez\t") == [jose]
    assert as_role(world, "GET", "/clients?q=jo%00se").status == 422


def test_a_search_has_at_most_300_characters(world: World) -> None:
    reply = as_role(world, "GET", "/clients?" + urlencode({"q": "z" * 301}))
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/q")


def test_blank_is_no_search_but_everybody(world: World) -> None:
    jose = create(world, **JOSE)
    for q in ("", "  "):
        assert found(world, q) == [jose]


def test_the_widgets_clients_are_found_at_once(world: World) -> None:
    world.lay()
    assert world.book().status == 201
    for q in ("ruiz", "ana@example.org"):
        assert [client["last_name"] for client in page(world, q=q)["items"]] == ["Ruiz"]


def test_an_edit_is_found_under_what_is_true_now(world: World) -> None:
    jose = create(world, **JOSE)
    change = {"last_name": "Vega", "email": "vega@example.org", "mobile": "+14165550111", "external_id": None}
    assert as_role(world, "PATCH", f"/clients/{jose}", change).status == 200
    assert [found(world, q) for q in ("nunez", "jose@example.org", "4165550100", "CRM-77a")] == [[]] * 4
    assert [found(world, q) for q in ("jose vega", "vega@example.org", "4165550111")] == [[jose]] * 3


def test_somebody_who_is_meant_in_several_ways_is_listed_once(world: World) -> None:
    both = create(world, first_name="Ana7", external_id="ana7")
    named = create(world, first_name="Ana7")
    assert walked(world, q="ana7", limit=1) == found(world, "ana7") == [both, named]


def test_many_share_a_number_and_are_paged(world: World) -> None:
    ids = [create(world, first_name=f"Ana {n}", mobile="+14165550100") for n in range(5)]
    assert walked(world, q="416 555 0100", limit=2) == sorted(ids)


def test_names_come_in_order_page_by_page(world: World) -> None:
    hire("stf_boss", "boss@example.org")
    names = [("Ana", "Zola"), ("ana", "Álvarez"), ("Anabel", "Ito"), ("Ánna", "Ito"), ("Bo", "Ananda"), ("Bo", "Lind")]
    file(*(somebody(number, *name) for number, name in enumerate(names)))
    expected = [somebody(number).id for number in (1, 0, 2, 4, 3)]
    for limit in (1, 2, 3, 5, 100):
        assert walked(world, "boss@example.org", q="an", limit=limit) == expected
    assert walked(world, "boss@example.org", limit=4) == [somebody(n).id for n in (1, 0, 2, 3, 4, 5)]


def test_a_page_for_somebody_who_may_see_few_is_short_and_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_search, "BATCH_SIZE", 4)
    many = 4 * client_search.MAX_BATCHES + 3
    file(*(somebody(number) for number in range(many - 1)))
    file(somebody(many - 1), met=(TORONTO,))
    first = page(world, q="ana")
    assert (first["items"], first["next_cursor"] is None) == ([], False)
    assert walked(world, q="ana") == [somebody(many - 1).id]


def test_a_search_by_name_is_two_queries_however_many_there_are(world: World) -> None:
    hire("stf_boss", "boss@example.org")
    meter = UsageMeter(Row._get_connection().connection.client)
    costs = []
    for number in range(3):
        file(*(somebody(20 * number + n) for n in range(20)))
        page(world, "boss@example.org", q="ana", limit=5)
        with meter.counting() as usage:
            assert len(page(world, "boss@example.org", q="ana", limit=5)["items"]) == 5
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
def test_a_cursor_of_another_list_is_refused(world: World, query: dict[str, str], cursor: str) -> None:
    create(world)
    reply = as_role(world, "GET", "/clients?" + urlencode(query | {"cursor": cursor}))
    assert (reply.status, reply.json["code"]) in ((422, "invalid_cursor"), (422, "invalid"))


def test_an_unknown_filter_is_refused(world: World) -> None:
    assert as_role(world, "GET", "/clients?filter=others").status == 422


NAMES = st.lists(
    st.tuples(*(st.text(st.sampled_from("aAáäbBcøé'- 1"), min_size=1, max_size=6),) * 2), min_size=1, max_size=8
)


@settings(max_examples=25, deadline=None)
@given(names=NAMES, typed=st.text(st.sampled_from("aáÁbcøo 1-"), min_size=1, max_size=5), limit=st.integers(1, 4))
def test_a_search_finds_whom_a_plain_comparison_of_words_does(
    names: list[tuple[str, str]], typed: str, limit: int
) -> None:
    with undone():
        clients = [somebody(number, *name) for number, name in enumerate(names)]
        file(*clients)
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
def _table(world: World) -> None:
    """The property above has no fixture of its own."""
