"""Likely duplicates: which records are compared, how alike they are, and the reasons given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.directory import DirectoryIndex, directory_entries
from chalicelib.domain.clients.duplicates import (
    MATCH_THRESHOLD,
    MAX_RELATIVES_SCORE,
    MatchReason,
    match_score,
    name_similarity,
)

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ADDRESS: dict[str, Any] = {"address": "21 Carumbi Place", "city": "Toronto", "region": "ON", "postal_code": "M5V 2T6"}


def person(first: str = "Catherine", last: str = "Nguyen", **more: Any) -> Client:
    """A client with nothing but a name by default."""
    return Client(first, last, id="cli_1", created_at=NOW, updated_at=NOW, **more)


def keys(client: Client) -> set[str]:
    """The sound keys of a client."""
    return {entry.term for entry in directory_entries(client) if entry.shelf is DirectoryIndex.SOUND}


def share_key(one: Client, other: Client) -> bool:
    """True if two clients share a sound key."""
    return not keys(one).isdisjoint(keys(other))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Catherine", "Nguyen"),
        ("CATHERINE", "NGUYÊN"),
        ("Kathryn", "Nguyen"),
        ("Catherine", "Nugyen"),
        ("Catherine", "Nguyn"),
        ("Cathy", "Nguyen"),
        ("C.", "Nguyen"),
        ("Nguyen", "Catherine"),
        ("Catherine Anne", "Nguyen"),
        ("Katherine", "Nguyen-Ruiz"),
        ("Catherine", "Naismith"),
    ],
)
def test_records_meet_in_spite_of_the_usual_errors(first: str, last: str) -> None:
    assert share_key(person(), person(first, last))


@pytest.mark.parametrize(("first", "last"), [("Catherine", "Ruiz"), ("Minh", "Tran"), ("Dominic", "Naismith")])
def test_strangers_do_not_meet(first: str, last: str) -> None:
    assert not share_key(person(), person(first, last))


def test_errors_in_both_names_are_found_by_the_address() -> None:
    one, other = person("Kathryn", "Nguyen"), person("Xathrin", "Nuyen")
    same_address = replace(other, address="21 Carumby Pl., unit 4", postal_code="m5v2t6")

    assert not share_key(one, other)
    assert not share_key(replace(one, **ADDRESS), replace(other, address="99 King St", postal_code="K1A 0B1"))
    assert share_key(replace(one, **ADDRESS), same_address)


@pytest.mark.parametrize(("first", "last"), [("王", "小明"), ("Анна", "Иванова"), ("محمد", "علي"), ("Ana", "小明")])
def test_names_in_every_script_are_filed(first: str, last: str) -> None:
    assert len(keys(person(first, last))) == 2
    assert share_key(person(first, last), person(last, first))


def test_who_has_one_name_or_none_is_filed_by_what_there_is() -> None:
    assert keys(person("", "Nguyen")) == keys(person("Nguyen", ""))
    assert keys(person("-", "-")) == set()
    assert keys(person("-", "-", **ADDRESS)) != set()


def test_who_is_merged_away_or_deleted_is_filed_nowhere() -> None:
    assert keys(person(merged_into="cli_2")) == keys(person(deleted_at=NOW)) == set()


FULL = person(email="cat@example.org", mobile="+14165550100", **ADDRESS)


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, [MatchReason.SAME_NAME, MatchReason.SAME_PHONE, MatchReason.SAME_EMAIL, MatchReason.SAME_ADDRESS]),
        ({"first_name": "Nguyen", "last_name": "Catherine", "address": ""}, None),
        (
            {"first_name": "Kathryn", "email": "kat@example.net", "address": "21 Carumbi Pl"},
            [MatchReason.SIMILAR_NAME, MatchReason.SAME_PHONE, MatchReason.SIMILAR_ADDRESS],
        ),
        (
            {"email": "cta@example.org", "mobile": None, "address": ""},
            [MatchReason.SAME_NAME, MatchReason.SIMILAR_EMAIL],
        ),
        ({"last_name": "Ruiz", "address": ""}, [MatchReason.SAME_PHONE, MatchReason.SAME_EMAIL]),
        ({"mobile": None, "work_phone": "+14165550100", "email": None, "address": ""}, None),
        ({"email": None, "mobile": None, "address": ""}, [MatchReason.SAME_NAME]),
    ],
)
def test_one_person_is_recognised_and_it_is_said_by_what(
    changes: dict[str, Any], reasons: list[MatchReason] | None
) -> None:
    found = match_score(FULL, replace(FULL, **changes))

    assert found.score >= MATCH_THRESHOLD
    assert found.reasons
    if reasons is not None:
        assert list(found.reasons) == reasons


def test_swapped_names_are_named_as_such() -> None:
    found = match_score(FULL, replace(FULL, first_name="Nguyen", last_name="Catherine"))

    assert found.reasons[0] is MatchReason.NAMES_SWAPPED
    assert found.reasons[0].text == "Same name, first and last name swapped"


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": "Minh"},
        {"first_name": "Minh", "last_name": "Tran"},
        {"last_name": "Ruiz", "email": "cat@else.example", "mobile": "+14165550199", "address": "9 King St"},
        {"email": "nguyen.c@else.example", "mobile": "+14165550199", "address": "", "city": ""},
        {"email": "nguyen.c@else.example", "mobile": None, "address": "9 King Street", "postal_code": "K1A 0B1"},
    ],
)
def test_relatives_and_namesakes_are_kept_apart(changes: dict[str, Any]) -> None:
    assert match_score(FULL, replace(FULL, **changes)).score < MATCH_THRESHOLD


def test_whoever_shares_everything_but_the_first_name_is_a_relative() -> None:
    assert match_score(FULL, replace(FULL, first_name="Minh")).score == MAX_RELATIVES_SCORE


def test_a_name_alone_is_a_likelihood_and_no_more() -> None:
    alone = match_score(person(), person())

    assert MATCH_THRESHOLD <= alone.score < 0.9
    assert alone.score < match_score(FULL, FULL).score


def test_one_error_costs_less_than_two() -> None:
    name = [match_score(FULL, replace(FULL, last_name=last)).score for last in ("Nguyen", "Nguyn", "Ngyn", "Ruiz")]

    assert name == sorted(name, reverse=True)


def test_whole_names_are_compared_in_any_order_of_words() -> None:
    assert name_similarity("ana maria ruiz", "ruiz ana maria") == 1
    assert name_similarity("ana ruiz", "bo chen") < 0.5


NAMES = st.text("abcdeé 王-'", min_size=1, max_size=12).filter(lambda text: any(c.isalpha() for c in text))
PHONES = st.none() | st.sampled_from(["+14165550100", "+14165550101", "+14165550102"])
CLIENTS = st.builds(
    person,
    first=NAMES,
    last=NAMES,
    email=st.none() | st.sampled_from(["ana@example.org", "anna@example.org", "bo@example.net"]),
    mobile=PHONES,
    phone=PHONES,
    address=st.sampled_from(["", "21 Carumbi Place", "21 Carumby Pl", "9 King St"]),
    city=st.sampled_from(["", "Toronto"]),
    postal_code=st.sampled_from(["", "M5V 2T6", "m5v2t6", "K1A 0B1"]),
)
BLANKS: list[dict[str, Any]] = [
    {"email": None},
    {"mobile": None, "phone": None},
    {"address": ""},
    {"city": ""},
    {"postal_code": ""},
]


@given(CLIENTS, CLIENTS)
def test_likeness_is_the_same_either_way_and_within_bounds(one: Client, other: Client) -> None:
    found = match_score(one, other)

    assert found == match_score(other, one)
    assert 0 <= found.score <= 1


@given(CLIENTS)
def test_equal_records_are_certain_as_soon_as_somebody_is_reached_there(client: Client) -> None:
    reached = replace(client, email="ana@example.org")

    assert match_score(reached, reached).score == 1
    assert match_score(client, client).score >= MATCH_THRESHOLD
    assert keys(client) == keys(replace(client, id="cli_2"))


@given(CLIENTS, CLIENTS, st.sampled_from(BLANKS))
def test_a_blank_says_nothing_whatever_the_other_has_there(one: Client, other: Client, blank: dict[str, Any]) -> None:
    left_out = replace(one, **blank)

    assert match_score(left_out, other) == match_score(left_out, replace(other, **blank))


@given(CLIENTS, CLIENTS)
def test_whatever_is_shown_has_a_reason(one: Client, other: Client) -> None:
    found = match_score(one, other)

    assert found.reasons or found.score < MATCH_THRESHOLD
