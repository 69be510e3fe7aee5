"""Merges racing everything else on the real stack: each round ends in one consistent state (edge cases 16, 17)."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest

from chalicelib.container import container
from tests.builders.on_stack.competing_writers import beside
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch, address, at_once, codes, made

# A developer may ask for fewer while working on it.
ROUNDS = int(os.environ.get("RACE_ROUNDS", "50"))


@dataclass(frozen=True)
class Desk:
    """Clients and what staff do with them."""

    admin: httpx.Client
    branch: Branch

    def create(self) -> dict[str, Any]:
        """A client nobody has seen before."""
        name = secrets.token_hex(6)
        client: dict[str, Any] = made(
            self.admin.post("/clients", json={"first_name": "Race", "last_name": name, "email": address(name)})
        )
        return client

    def merge(self, duplicate: dict[str, Any], primary: dict[str, Any]) -> httpx.Response:
        """One into the other."""
        ids = {"duplicate_id": duplicate["id"], "primary_id": primary["id"]}
        return self.admin.post("/clients/merge", json=ids)

    def undo(self, merge_id: str) -> httpx.Response:
        """The two apart again."""
        return self.admin.post(f"/clients/merges/{merge_id}/undo")

    def edit(self, client: dict[str, Any], **fields: str) -> httpx.Response:
        """A change of the profile."""
        return self.admin.patch(f"/clients/{client['id']}", json=fields)

    def show(self, client: dict[str, Any]) -> dict[str, Any]:
        """The client of this id, or whoever it stands for."""
        shown: dict[str, Any] = made(self.admin.get(f"/clients/{client['id']}"), 200)
        return shown

    def book(self, client: dict[str, Any], minutes: int = 0) -> httpx.Response:
        """Staff book a client by id."""
        body = self.branch.slot(minutes) | {"channel": "schedule", "client_id": client["id"], "staff": "anyone"}
        return self.admin.post("/appointments", json=body)

    def comes(self, client: dict[str, Any], minutes: int = 0) -> httpx.Response:
        """The client books for themselves."""
        person = {"first_name": client["first_name"], "last_name": client["last_name"], "email": client["email"]}
        return self.branch.book("", minutes, attendee=person)

    def who(self, booked: httpx.Response) -> str:
        """Whose an appointment is."""
        appointment = made(self.admin.get(f"/appointments/{booked.json()['id']}"), 200)
        (attendee,) = appointment["attendees"]
        return str(attendee["client_id"])

    def sound(self, *clients: dict[str, Any]) -> None:
        """Ledger and appointments agree, and these clients with all that is kept about them."""
        report = container.ledger_integrity.check(datetime.now(UTC), [self.branch.location_id])
        assert (report.differences, report.stale_team_members) == ((), ())
        ids = [client["id"] for client in clients]
        assert container.client_integrity.check(ids, [self.branch.location_id]) == ()


@pytest.fixture
def desk(stack: Stack, opened: OpenBranch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A branch with room for everybody, on whose table this process looks too."""
    with beside(stack, monkeypatch), stack.staff("admin") as admin:
        yield Desk(admin, opened(limit=200))


def refused(answer: httpx.Response) -> dict[str, Any]:
    """The problem of an answer."""
    assert answer.status_code >= 400, answer.text
    problem: dict[str, Any] = answer.json()
    return problem


def test_of_two_opposite_merges_one_wins(desk: Desk) -> None:
    for _ in range(ROUNDS):
        one, other = desk.create(), desk.create()
        answers = at_once([partial(desk.merge, one, other), partial(desk.merge, other, one)])
        assert codes(answers) == ["200", "client_merged"]
        lost, (left, gone) = (answers[1], (other, one)) if answers[0].is_success else (answers[0], (one, other))
        assert refused(lost)["merged_into"] == left["id"]
        assert desk.show(gone) == desk.show(left)
        assert desk.show(left)["merged_from"] == [gone["id"]]
        desk.sound(one, other)


def test_what_is_booked_while_clients_are_merged_is_never_left_with_nobody(desk: Desk) -> None:
    for number in range(ROUNDS):
        duplicate, primary = desk.create(), desk.create()
        minutes = 15 * (number % 10)
        calls = [partial(desk.merge, duplicate, primary)]
        calls += [partial(desk.comes, duplicate, minutes), partial(desk.book, duplicate, minutes)]
        merged, public, staff = at_once(calls)
        assert (merged.status_code, public.status_code) == (200, 201), (merged.text, public.text)
        assert codes([staff])[0] in ("201", "client_merged")
        for booked in (public, staff):
            if booked.is_success:
                assert desk.who(booked) == primary["id"]
        desk.sound(duplicate, primary)


def test_an_edit_while_clients_are_merged_counts_or_is_refused(desk: Desk) -> None:
    for _ in range(ROUNDS):
        duplicate, primary = desk.create(), desk.create()
        calls = [partial(desk.merge, duplicate, primary), partial(desk.edit, duplicate, city="Oshawa")]
        calls += [partial(desk.edit, primary, region="ON")]
        merged, of_duplicate, of_primary = at_once(calls)
        assert (merged.status_code, of_primary.status_code) == (200, 200), (merged.text, of_primary.text)
        left = desk.show(duplicate)
        assert (left["id"], left["region"]) == (primary["id"], "ON")
        if of_duplicate.is_success:
            assert left["city"] == "Oshawa"
        else:
            assert (left["city"], refused(of_duplicate)["merged_into"]) == ("", primary["id"])
        desk.sound(duplicate, primary)


def test_an_undo_and_a_further_merge_come_one_after_the_other(desk: Desk) -> None:
    for _ in range(ROUNDS):
        duplicate, primary, last = desk.create(), desk.create(), desk.create()
        merge_id = made(desk.merge(duplicate, primary), 200)["merge_id"]
        undone, merged = at_once([partial(desk.undo, merge_id), partial(desk.merge, primary, last)])
        assert merged.status_code == 200, merged.text
        if undone.is_success:
            assert desk.show(duplicate)["id"] == duplicate["id"]
            assert desk.show(last)["merged_from"] == [primary["id"]]
        else:
            assert refused(undone)["merged_into"] == last["id"]
            assert desk.show(duplicate)["id"] == last["id"]
            made(desk.undo(merged.json()["merge_id"]), 200)
            made(desk.undo(merge_id), 200)
        assert desk.show(duplicate)["email"] == duplicate["email"]
        desk.sound(duplicate, primary, last)


def test_a_merge_is_undone_by_one_of_many(desk: Desk) -> None:
    for _ in range(max(1, ROUNDS // 10)):
        duplicate, primary = desk.create(), desk.create()
        merge_id = made(desk.merge(duplicate, primary), 200)["merge_id"]
        answers = at_once([partial(desk.undo, merge_id)] * 4)
        assert Counter(codes(answers)) == {"200": 1, "wrong_state": 3}
        desk.sound(duplicate, primary)


def test_copies_of_one_merge_under_one_key_hear_the_same(desk: Desk) -> None:
    duplicate, primary = desk.create(), desk.create()
    body = {"duplicate_id": duplicate["id"], "primary_id": primary["id"]}
    headers = {"Idempotency-Key": duplicate["id"]}
    answers = at_once([partial(desk.admin.post, "/clients/merge", json=body, headers=headers)] * 6)
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    desk.sound(duplicate, primary)
