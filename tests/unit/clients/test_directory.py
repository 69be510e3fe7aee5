"""Client search: words, numbers and ids as people type them, against a plain reading of names (CL-1)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.directory import (
    DirectoryEntry,
    DirectoryIndex,
    SearchTerms,
    directory_entries,
    fold_external_id,
    fold_words,
    parse_search,
)

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
NAMES = st.text(st.characters(codec="utf-8"), max_size=40)
QUERIES = st.text(st.characters(), max_size=300)


def client(first: str = "José", last: str = "Nuñez-O'Brien", **fields: Any) -> Client:
    """Somebody of this name."""
    return Client(first, last, id="cli_1", created_at=NOW, updated_at=NOW, **fields)


def found(who: Client, query: str, *countries: str) -> bool:
    """True if this query finds the client, as the directory indexes would answer."""
    wanted, entries = parse_search(query, countries), directory_entries(who)
    exact = [(DirectoryIndex.EMAIL, wanted.email), (DirectoryIndex.EXTERNAL, wanted.external_id)]
    exact += [(DirectoryIndex.PHONE, number) for number in wanted.phones]
    by_value = any(entry.shelf is shelf and entry.term == term for shelf, term in exact for entry in entries)
    return by_value or named(wanted, entries)


def named(wanted: SearchTerms, entries: frozenset[DirectoryEntry]) -> bool:
    """True if an entry with the leading word matches the rest; never more than one does."""
    names = [entry for entry in entries if entry.shelf is DirectoryIndex.NAME]
    leading = [entry for entry in names if wanted.lead_word and entry.term.startswith(wanted.lead_word)]
    matching = [entry for entry in leading if wanted.matches(entry)]
    assert len(matching) <= 1
    return bool(matching)


@pytest.mark.parametrize(
    "query",
    [
        *("jose", "JOSÉ", "nunez", "nuñez", "obrien", "O'Brien", "o’brien", "nunez jose", "j n o", "nunez-obrien"),
        "  jose  ",
    ],
)
def test_a_name_is_found_by_the_beginnings_of_its_words_in_any_order(query: str) -> None:
    assert found(client(), query)


@pytest.mark.parametrize("query", ["ose", "jose maria", "brien", "", " ", "%", "*", "_", "?", "josé@", "🙂"])
def test_by_nothing_else(query: str) -> None:
    assert not found(client(), query)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Łukasz Đặng", "lukasz dang"),
        ("Søren Ærø", "soren aero"),
        ("Straße", "strasse"),
        ("ﬁnn", "finn"),
        ("İpek", "ipek"),
        ("ℌans", "hans"),
        ("नमस्ते गुरु", "गुरु"),
        ("王小明", "王"),
        ("Мария", "МАР"),
        ("Ana\u200dMaria", "anamaria"),
        ("Jose\u0301", "josé"),
    ],
)
def test_accents_case_and_ways_to_write_a_letter_do_not_matter(name: str, query: str) -> None:
    assert found(client(name, ""), query)


@pytest.mark.parametrize(
    "typed",
    [
        *("+1 (416) 555-0100", "+14165550100", "4165550100", "416-555-0100", "416.555.0100", "(416) 555 0100"),
        *("1 416 555 0100", "14165550100", "tel:+1-416-555-0100", "416–555–0100", "4165550100", "416/555-0100"),
        *("001 416 555 0100", "0014165550100"),
    ],
)
def test_a_number_is_found_in_every_way_to_write_it(typed: str) -> None:
    assert found(client(mobile="+14165550100"), typed, "GB", "CA")
    assert found(client(work_phone="+14165550100"), typed, "CA")


def test_a_national_number_is_read_only_where_it_is_dialled() -> None:
    london = client(phone="+442079460018")
    assert found(london, "020 7946 0018", "CA", "GB")
    assert not found(london, "020 7946 0018", "CA")


def test_countries_are_asked_for_only_where_a_number_has_none() -> None:
    def never() -> Iterator[str]:
        yield from (pytest.fail("asked") for _ in "1")

    assert parse_search("+1 416 555 0100", never()).phones == ("+14165550100",)
    assert parse_search("jose", never()).words == ("jose",)


def test_what_reads_as_a_number_is_no_name_but_may_be_an_outside_id() -> None:
    assert parse_search("4165550100", ["CA"]).words == ()
    assert found(client(external_id="4165550100"), "4165550100", "CA")
    assert parse_search("12", ["CA"]).words == ("12",)


def test_an_address_and_an_outside_id_are_found_in_any_case_and_aliases_too() -> None:
    who = client(email="Jose@Example.org", external_id="CRM-77a", aliases=("old-1",))
    assert [found(who, q) for q in ("JOSE@example.ORG", "crm-77A", "OLD-1", "crm-77")] == [True, True, True, False]


def test_merged_deleted_and_prospective_clients_are_filed_as_such() -> None:
    assert directory_entries(client(merged_into="cli_2")) == directory_entries(client(deleted_at=NOW)) == frozenset()
    mine = directory_entries(client(prospect_of="stf_1")) - directory_entries(client())
    assert {(entry.shelf, entry.term) for entry in mine} == {(DirectoryIndex.PROSPECT, "stf_1")}


@given(NAMES)
def test_words_are_folded_once_and_for_all(name: str) -> None:
    once = fold_words(name)
    assert once == fold_words(" ".join(once))
    assert all(word and len(word) <= 40 for word in once)
    assert len(once) <= 8


@given(NAMES, NAMES)
def test_everybody_is_found_by_each_word_of_the_name_and_each_beginning_of_it(first: str, last: str) -> None:
    who = client(first, last)
    name = who.name
    for word in fold_words(name):
        typed = word[: max(1, len(word) // 2)]
        assert (
            named(parse_search(f"{typed} ", ()), directory_entries(who))
            or typed.isdecimal()
            or fold_words(typed) != (typed,)
        )
    assert named(SearchTerms(words=fold_words(name)), directory_entries(who)) is bool(fold_words(name))


@given(NAMES, st.lists(NAMES, min_size=1, max_size=4))
def test_the_index_of_names_answers_as_a_plain_comparison_does(name: str, parts: list[str]) -> None:
    who = client(name, "")
    typed = fold_words(" ".join(part[:3] for part in parts))
    plainly = bool(typed) and all(any(w.startswith(t) for w in fold_words(name)) for t in typed)
    assert named(SearchTerms(words=typed), directory_entries(who)) is plainly


@given(QUERIES)
def test_whatever_is_typed_is_a_search(query: str) -> None:
    wanted = parse_search(query, ["CA", "DE"])
    kept = [*wanted.words, *wanted.phones, wanted.email or "", wanted.external_id or ""]
    assert all(unicodedata.category(c) not in ("Cc", "Cs") for text in kept for c in text)
    assert fold_external_id(fold_external_id(query)) == fold_external_id(query)


def test_nothing_is_looked_for_under_a_key_longer_than_there_are() -> None:
    for letter in ("\U0001d160", "\u0390", "\ufb2c"):
        wanted = parse_search(letter * 300, ())
        assert len((wanted.external_id or "").encode()) <= 2000
        assert len((parse_search(letter * 299 + "@", ()).email or "").encode()) <= 2000
