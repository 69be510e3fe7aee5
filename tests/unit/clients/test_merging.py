"""Merging by rule and exact undo: direction, blanks, notes, consent, chains (MG-1 … MG-5, D16 … D24)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, strategies as st

from chalicelib.domain.clients.client import PROFILE_FIELDS, Client
from chalicelib.domain.clients.merging import (
    MAX_MERGED_RECORDS,
    MAX_NOTES_LENGTH,
    Merge,
    as_merged_pointer,
    fields_to_copy,
    merge_clients,
    rebase_later_merges,
    undo_merge,
)
from chalicelib.domain.shared.errors import Invalid, TooManyMerged
from chalicelib.domain.shared.events import SYSTEM_ACTOR

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ALL = fields_to_copy(None)


def client(number: int = 1, **fields: Any) -> Client:
    return replace(Client("Ana", "Ruiz", id=f"cli_{number}", created_at=NOW, updated_at=NOW, version=1), **fields)


def profile_values(known: Client) -> dict[str, Any]:
    return {name: getattr(known, name) for name in PROFILE_FIELDS}


def merge(duplicate: Client, primary: Client, fields: list[str] | None = None) -> Merge:
    return merge_clients("mrg_1", SYSTEM_ACTOR, duplicate, primary, fields_to_copy(fields), LATER)


def test_the_duplicates_values_win_and_its_blanks_erase_nothing() -> None:
    duplicate = client(1, email="x@example.org", phone=None)
    primary = client(2, email="y@example.org", phone="+14165550100")
    survivor = merge(duplicate, primary).survivor
    assert (survivor.id, survivor.email, survivor.phone) == ("cli_2", "x@example.org", "+14165550100")
    other = merge(primary, duplicate).survivor
    assert (other.id, other.email, other.phone) == ("cli_1", "y@example.org", "+14165550100")


def test_only_the_named_fields_are_copied() -> None:
    duplicate = client(1, email="x@example.org", city="Oshawa", notes="Two", external_id="d-1")
    primary = client(2, email="y@example.org", city="Toronto", notes="One")
    made = merge(duplicate, primary, ["city"])
    expected = profile_values(primary) | {"city": "Oshawa"}
    assert profile_values(made.survivor) == expected
    assert (made.archived_notes, made.survivor.aliases) == ("Two", ("d-1",))
    assert profile_values(merge(duplicate, primary, []).survivor) == profile_values(primary)


def test_a_field_nobody_has_is_pointed_at() -> None:
    with pytest.raises(Invalid) as caught:
        fields_to_copy(["email", "shoe_size"])
    assert (caught.value.code, caught.value.errors[0].pointer) == ("unknown_field", "/fields/1")


@pytest.mark.parametrize(
    ("duplicate", "primary", "mobile", "consent"),
    [
        (("+1", True), ("+1", True), "+1", True),
        (("+1", True), ("+1", False), "+1", False),
        (("+1", False), ("+1", True), "+1", False),
        (("+1", True), ("+2", False), "+1", True),
        (("+1", False), ("+2", True), "+1", False),
        ((None, False), ("+2", True), "+2", True),
        ((None, False), ("+2", False), "+2", False),
        (("+1", True), (None, False), "+1", True),
        ((None, False), (None, False), None, False),
    ],
)
def test_consent_belongs_to_the_number(duplicate: Any, primary: Any, mobile: str | None, consent: bool) -> None:
    one, other = (client(i, mobile=m, receive_sms=sms) for i, (m, sms) in enumerate((duplicate, primary)))
    survivor = merge(one, other).survivor
    assert (survivor.mobile, survivor.receive_sms) == (mobile, consent)


def test_consent_to_a_number_that_is_not_copied_does_not_come_along() -> None:
    duplicate, primary = client(1, mobile="+1", receive_sms=True), client(2, mobile="+2")
    survivor = merge(duplicate, primary, ["receive_sms"]).survivor
    assert (survivor.mobile, survivor.receive_sms) == ("+2", False)


@pytest.mark.parametrize("duplicate", [True, False])
@pytest.mark.parametrize("primary", [True, False])
def test_whoever_wants_no_mail_on_either_record_gets_none(duplicate: bool, primary: bool) -> None:
    made = merge(client(1, receive_email=duplicate), client(2, receive_email=primary))
    assert made.survivor.receive_email is (duplicate and primary)


def test_notes_are_joined_with_where_they_came_from_and_nothing_of_them_is_lost() -> None:
    made = merge(client(1, notes="b" * 3000), client(2, notes="a" * 3000))
    kept, archived = made.survivor.notes, made.archived_notes
    assert len(kept) == MAX_NOTES_LENGTH
    assert kept.startswith("a" * 3000 + "\n\n— Ana Ruiz, cli_1, 2026-12-02 —\nb")
    assert (kept + archived).endswith("\n" + "b" * 3000)


@pytest.mark.parametrize(("duplicate", "primary", "kept"), [("Two", "", "Two"), ("", "One", "One"), ("A", "A", "A")])
def test_notes_of_one_alone_stay_as_they_are(duplicate: str, primary: str, kept: str) -> None:
    made = merge(client(1, notes=duplicate), client(2, notes=primary))
    assert (made.survivor.notes, made.archived_notes) == (kept, "")


def test_the_outside_id_is_inherited_or_becomes_an_alias() -> None:
    duplicate = client(1, external_id="d-1", aliases=("old",))
    inherits = merge(duplicate, client(2)).survivor
    assert (inherits.external_id, inherits.aliases) == ("d-1", ("old",))
    keeps = merge(duplicate, client(2, external_id="p-1", aliases=("p-0",))).survivor
    assert (keeps.external_id, keeps.aliases) == ("p-1", ("p-0", "d-1", "old"))


def test_a_pointer_says_nothing_of_the_person_any_more() -> None:
    whole = client(1, email="x@example.org", notes="Two", external_id="d-1", receive_sms=True, absorbed=("cli_0",))
    left = as_merged_pointer(whole, "cli_2", "mrg_1", LATER)
    bare = Client(
        "", "", id="cli_1", created_at=NOW, updated_at=LATER, merged_into="cli_2", merged_by="mrg_1", version=1
    )
    assert left == bare
    assert not left.active


def test_a_primary_stands_for_so_many_and_no_more() -> None:
    family = tuple(f"cli_{n}" for n in range(10, 8 + MAX_MERGED_RECORDS))
    assert len(merge(client(1), client(2, absorbed=family)).survivor.record_ids) == MAX_MERGED_RECORDS
    with pytest.raises(TooManyMerged):
        merge(client(1, absorbed=("cli_9",)), client(2, absorbed=family))


def test_how_the_public_booking_finds_the_survivor_is_noted_only_where_it_is_new() -> None:
    duplicate, primary = client(1, email="X@Example.org"), client(2, first_name="Anna", email="y@example.org")
    assert merge(duplicate, primary).reached is None
    assert merge(duplicate, primary, ["email"]).reached == ("x@example.org", "anna ruiz")
    assert merge(replace(duplicate, email=None), primary).reached == ("y@example.org", "ana ruiz")


def test_what_was_edited_since_is_kept_and_named() -> None:
    made = merge(client(1, email="x@example.org", city="Oshawa"), client(2, email="y@example.org", city="Toronto"))
    edited = replace(made.survivor, email="z@example.org", region="ON")
    apart = undo_merge(made, client(1), edited, LATER)
    assert (apart.primary.email, apart.primary.city, apart.primary.region) == ("z@example.org", "Toronto", "ON")
    assert apart.kept_fields == ("email", "region")
    assert apart.duplicate.email == "x@example.org"


def test_what_was_set_back_by_hand_is_not_named() -> None:
    made = merge(client(1, city="Oshawa"), client(2, city="Toronto"))
    apart = undo_merge(made, client(1), replace(made.survivor, city="Toronto"), LATER)
    assert (apart.primary.city, apart.kept_fields) == ("Toronto", ())


def test_undoing_gives_no_consent_to_a_number_it_was_not_given_for() -> None:
    made = merge(client(1, mobile="+1"), client(2, mobile="+2", receive_sms=True))
    apart = undo_merge(made, client(1), replace(made.survivor, mobile="+3"), LATER)
    assert (apart.primary.mobile, apart.primary.receive_sms) == ("+3", False)
    assert set(apart.kept_fields) == {"mobile", "receive_sms"}


def test_an_opt_out_since_the_merge_holds_for_both() -> None:
    duplicate = client(1, mobile="+1", receive_sms=True, email="x@example.org")
    made = merge(duplicate, client(2, mobile="+2", email="y@example.org"))
    stopped = replace(made.survivor, receive_sms=False, receive_email=False)
    apart = undo_merge(made, duplicate, stopped, LATER)
    assert (apart.duplicate.receive_sms, apart.duplicate.receive_email) == (False, False)
    assert (apart.primary.mobile, apart.primary.receive_sms, apart.primary.receive_email) == ("+2", False, False)


WORDS = st.sampled_from(["", "Ana", "Bo", "Łukasz", "x"])
NAMES = st.sampled_from(["Ana", "Bo", "Łukasz"])
NUMBERS = st.sampled_from([None, "+1", "+2"])
NOTES = st.one_of(st.sampled_from(["", "One", "Two"]), st.integers(1, 5).map(lambda n: "é" * n * 1000))


def people(number: int) -> st.SearchStrategy[Client]:
    """Clients as requests can leave them: consent only with a number."""
    made = st.builds(
        Client,
        id=st.just(f"cli_{number}"),
        first_name=NAMES,
        last_name=NAMES,
        created_at=st.just(NOW),
        updated_at=st.just(NOW),
        email=st.sampled_from([None, "x@example.org", "y@example.org"]),
        **dict.fromkeys(("mobile", "phone", "work_phone"), NUMBERS),
        **dict.fromkeys(("address", "city", "region", "postal_code"), WORDS),
        country=st.sampled_from([None, "CA", "FR"]),
        timezone=st.sampled_from([None, "UTC", "Europe/Paris"]),
        language=st.sampled_from([None, "en", "fr"]),
        notes=NOTES,
        external_id=st.sampled_from([None, f"e-{number}"]),
        receive_sms=st.booleans(),
        receive_email=st.booleans(),
        created_by=st.sampled_from([None, "stf_1"]),
        prospect_of=st.sampled_from([None, "stf_1"]),
        version=st.integers(1, 9),
    )
    return made.map(lambda c: replace(c, receive_sms=c.receive_sms and c.mobile is not None))


FIELD_LISTS = st.one_of(st.none(), st.lists(st.sampled_from(PROFILE_FIELDS), unique=True))


class Records:
    """A table of clients, and the merges made among them."""

    def __init__(self, clients: list[Client]) -> None:
        self.clients = {c.id: c for c in clients}
        self.numbers = count()

    def merge(self, duplicate: str, primary: str, fields: list[str] | None) -> Merge:
        pair = self.clients[duplicate], self.clients[primary]
        made = merge_clients(f"mrg_{next(self.numbers)}", SYSTEM_ACTOR, *pair, fields_to_copy(fields), LATER)
        for member in pair[0].absorbed:
            self.clients[member] = replace(self.clients[member], merged_into=primary)
        self.clients[duplicate] = as_merged_pointer(pair[0], primary, made.id, LATER)
        self.clients[primary] = made.survivor
        return made

    def undo(self, made: Merge) -> tuple[str, ...]:
        apart = undo_merge(made, self.clients[made.duplicate.id], self.clients[made.primary.id], LATER)
        for member in made.duplicate.absorbed:
            self.clients[member] = replace(self.clients[member], merged_into=made.duplicate.id)
        self.clients[made.duplicate.id], self.clients[made.primary.id] = apart.duplicate, apart.primary
        return apart.kept_fields

    def seen(self) -> dict[str, Client]:
        """All clients without the time of the last write."""
        return {i: replace(c, updated_at=NOW) for i, c in self.clients.items()}


@given(people(1), people(2), FIELD_LISTS)
def test_undoing_a_merge_leaves_nothing_of_it(duplicate: Client, primary: Client, fields: list[str] | None) -> None:
    records = Records([duplicate, primary])
    before = records.seen()
    made = records.merge("cli_1", "cli_2", fields)
    assert records.undo(made) == ()
    assert records.seen() == before


@given(
    st.tuples(*(people(number) for number in range(5))),
    st.permutations(range(5)),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), FIELD_LISTS), max_size=8),
)
def test_any_chain_of_merges_is_undone_from_its_end(
    clients: tuple[Client, ...], order: list[int], attempts: list[tuple[int, int, list[str] | None]]
) -> None:
    records = Records([clients[number] for number in order])
    states, merges = [records.seen()], []
    for left, right, fields in attempts:
        duplicate, primary = f"cli_{left}", f"cli_{right}"
        if left != right and records.clients[duplicate].active and records.clients[primary].active:
            merges.append(records.merge(duplicate, primary, fields))
            states.append(records.seen())
    for c in records.clients.values():
        # Chains are compressed: a merged client points to an active one that lists it.
        assert c.active or c.id in records.clients[str(c.merged_into)].absorbed
    assert sum(len(c.record_ids) for c in records.clients.values() if c.active) == len(clients)
    for made, state in zip(reversed(merges), reversed(states[:-1]), strict=True):
        assert records.undo(made) == ()
        assert records.seen() == state


@given(people(0), st.tuples(*(people(number) for number in range(1, 4))), st.permutations(range(3)))
def test_merges_into_one_client_are_undone_in_any_order(
    primary: Client, others: tuple[Client, ...], order: list[int]
) -> None:
    records = Records([primary, *others])
    before = records.seen()
    merges = {number: records.merge(other.id, primary.id, None) for number, other in enumerate(others)}
    for number in order:
        made = merges.pop(number)
        records.undo(made)
        later = [n for n in merges if n > number]
        merges |= zip(later, rebase_later_merges(made, [merges[n] for n in later]), strict=True)
    for client_id, was in before.items():
        now = records.seen()[client_id]
        # Different consent for one number or address counts as an opt-out, and no undo takes that back.
        assert was.receive_sms or not now.receive_sms
        assert was.receive_email or not now.receive_email
        now = replace(now, receive_sms=was.receive_sms, receive_email=was.receive_email, prospect_of=was.prospect_of)
        assert now == was


def test_what_came_with_one_client_does_not_come_back_with_another() -> None:
    records = Records(
        [client(1, email="x@example.org"), client(2, email="y@example.org"), client(3, email="z@example.org")]
    )
    first = records.merge("cli_1", "cli_2", None)
    second = records.merge("cli_3", "cli_2", None)
    assert records.undo(first) == ("email",)
    (second,) = rebase_later_merges(first, [second])
    assert records.undo(second) == ()
    assert records.clients["cli_2"].email == "y@example.org"


@given(people(1), people(2))
def test_swapping_the_two_swaps_who_wins(one: Client, other: Client) -> None:
    for duplicate, primary in ((one, other), (other, one)):
        survivor = merge(duplicate, primary).survivor
        assert survivor.id == primary.id
        for name in ("first_name", "email", "mobile", "phone", "city", "country", "language"):
            assert getattr(survivor, name) == (getattr(duplicate, name) or getattr(primary, name))
        assert (survivor.external_id, survivor.aliases) == (
            primary.external_id or duplicate.external_id,
            (duplicate.external_id,) if primary.external_id and duplicate.external_id else (),
        )
