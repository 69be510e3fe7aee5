"""Merges of clients race other requests on the stack: each round ends in a consistent state (edge cases 16, 17)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from tests.builders.on_stack import competing_writers
from tests.builders.on_stack.stack_block_branch import StackBlockBranch
from tests.builders.on_stack.stack_requests import body_of, problem_codes, race_rounds, run_together

ROUNDS = race_rounds(50)


Json = dict[str, Any]


@dataclass(frozen=True)
class MergeRace:
    """Clients of one branch and the requests about them."""

    admin: httpx.Client
    branch: StackBlockBranch

    def create(self) -> Json:
        """A new client."""
        return dict(self.branch.create_client())

    def merge(self, duplicate: Json, primary: Json, headers: dict[str, str] | None = None) -> httpx.Response:
        """Merge the duplicate into the primary."""
        ids = {"duplicate_id": duplicate["id"], "primary_id": primary["id"]}
        return self.admin.post("/clients/merge", json=ids, headers=headers)

    def undo(self, merge_id: str) -> httpx.Response:
        """Undo a merge."""
        return self.admin.post(f"/clients/merges/{merge_id}/undo")

    def edit(self, client: Json, **fields: str) -> httpx.Response:
        """Edit a profile."""
        return self.admin.patch(f"/clients/{client['id']}", json=fields)

    def show(self, client: Json) -> Json:
        """The client with this id, or the survivor of its merge."""
        return dict(body_of(self.admin.get(f"/clients/{client['id']}")))

    def book_by_staff(self, client: Json, minutes: int = 0) -> httpx.Response:
        """Book for a client by id."""
        return self.branch.book_by_staff(minutes, client_id=client["id"], staff="anyone")

    def book_as_client(self, client: Json, minutes: int = 0) -> httpx.Response:
        """Book in public with the client's name and address."""
        person = {name: client[name] for name in ("first_name", "last_name", "email")}
        return self.branch.book(minutes, attendee=person)

    def client_id(self, booked: httpx.Response) -> str:
        """The client of a booked appointment."""
        (attendee,) = self.branch.appointment(booked.json()["id"])["attendees"]
        return str(attendee["client_id"])

    def require_consistent(self, *clients: Json) -> None:
        """Ledgers, appointments and all records of these clients agree."""
        competing_writers.require_consistent(self.branch.location_id, client_ids=[client["id"] for client in clients])


@pytest.fixture
def race(beside_stack: None, admin: httpx.Client, branch: StackBlockBranch) -> MergeRace:
    return MergeRace(admin, branch)


def problem(response: httpx.Response) -> Json:
    """The body of an error response."""
    assert response.status_code >= 400, response.text
    return dict(response.json())


def test_of_two_opposite_merges_one_wins(race: MergeRace) -> None:
    for _ in range(ROUNDS):
        one, other = race.create(), race.create()
        responses = run_together([partial(race.merge, one, other), partial(race.merge, other, one)])
        assert problem_codes(responses) == ["200", "client_merged"]
        won = responses[0].is_success
        duplicate, survivor, refused = (one, other, responses[1]) if won else (other, one, responses[0])
        assert problem(refused)["merged_into"] == survivor["id"]
        assert race.show(duplicate) == race.show(survivor)
        assert race.show(survivor)["merged_from"] == [duplicate["id"]]
        race.require_consistent(one, other)


def test_bookings_during_a_merge_belong_to_the_survivor(race: MergeRace) -> None:
    for number in range(ROUNDS):
        duplicate, primary = race.create(), race.create()
        minutes = 15 * (number % 10)
        calls = [partial(race.merge, duplicate, primary)]
        calls += [partial(race.book_as_client, duplicate, minutes), partial(race.book_by_staff, duplicate, minutes)]
        merged, public, staff = run_together(calls)
        assert (merged.status_code, public.status_code) == (200, 201), (merged.text, public.text)
        assert problem_codes([staff])[0] in ("201", "client_merged")
        for booked in (public, staff):
            if booked.is_success:
                assert race.client_id(booked) == primary["id"]
        race.require_consistent(duplicate, primary)


def test_an_edit_while_clients_are_merged_counts_or_is_problem(race: MergeRace) -> None:
    for _ in range(ROUNDS):
        duplicate, primary = race.create(), race.create()
        calls = [partial(race.merge, duplicate, primary), partial(race.edit, duplicate, city="Oshawa")]
        calls += [partial(race.edit, primary, region="ON")]
        merged, of_duplicate, of_primary = run_together(calls)
        assert (merged.status_code, of_primary.status_code) == (200, 200), (merged.text, of_primary.text)
        survivor = race.show(duplicate)
        assert (survivor["id"], survivor["region"]) == (primary["id"], "ON")
        if of_duplicate.is_success:
            assert survivor["city"] == "Oshawa"
        else:
            assert (survivor["city"], problem(of_duplicate)["merged_into"]) == ("", primary["id"])
        race.require_consistent(duplicate, primary)


def test_an_undo_and_a_further_merge_come_one_after_the_other(race: MergeRace) -> None:
    for _ in range(ROUNDS):
        duplicate, primary, last = race.create(), race.create(), race.create()
        merge_id = body_of(race.merge(duplicate, primary))["merge_id"]
        undone, merged = run_together([partial(race.undo, merge_id), partial(race.merge, primary, last)])
        assert merged.status_code == 200, merged.text
        if undone.is_success:
            assert race.show(duplicate)["id"] == duplicate["id"]
            assert race.show(last)["merged_from"] == [primary["id"]]
        else:
            assert problem(undone)["merged_into"] == last["id"]
            assert race.show(duplicate)["id"] == last["id"]
            body_of(race.undo(merged.json()["merge_id"]))
            body_of(race.undo(merge_id))
        assert race.show(duplicate)["email"] == duplicate["email"]
        race.require_consistent(duplicate, primary, last)


def test_a_merge_is_undone_by_one_of_many(race: MergeRace) -> None:
    for _ in range(max(1, ROUNDS // 10)):
        duplicate, primary = race.create(), race.create()
        merge_id = body_of(race.merge(duplicate, primary))["merge_id"]
        responses = run_together([partial(race.undo, merge_id)] * 4)
        assert Counter(problem_codes(responses)) == {"200": 1, "wrong_state": 3}
        race.require_consistent(duplicate, primary)


def test_copies_of_one_merge_under_one_key_get_the_same_response(race: MergeRace) -> None:
    duplicate, primary = race.create(), race.create()
    headers = {"Idempotency-Key": duplicate["id"]}
    responses = run_together([partial(race.merge, duplicate, primary, headers)] * 6)
    assert {(response.status_code, response.text) for response in responses} == {(200, responses[0].text)}
    race.require_consistent(duplicate, primary)
