"""Races for staff time on the stack: no appointments of one person overlap, buffers included (D15)."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from typing import Any

import httpx
import pytest

from tests.builders.on_stack.stack_branch import TORONTO, SignedInStaff, email_address
from tests.builders.on_stack.stack_requests import body_of, created, problem_codes, run_together
from tests.builders.on_stack.stack_staff_branch import OpenStaffBranch, StackStaffBranch

CHANNELS = ("contact_centre", "schedule")
ROUNDS, THREADS = 24, 8
# The problem codes of requests that lost a race.
LATE = {"slot_taken", "staff_conflict", "already_assigned", "already_rebooked", "wrong_state", "version_mismatch"}


def test_one_of_many_books_the_last_available_person_in_any_channel(open_staff_branch: OpenStaffBranch) -> None:
    branch = open_staff_branch(people=2)
    created(branch.book())
    calls = [partial(branch.book), *(partial(branch.book_by_staff, channel=channel) for channel in CHANNELS)]
    responses = run_together([calls[n % 3] for n in range(24)])
    assert Counter(problem_codes(responses)) == {"201": 1, "slot_taken": 23}
    assert {a.status_code for a in responses} == {201, 409}
    assert {a["staff_id"] for a in branch.appointments()} == {worker.id for worker in branch.workers}


def test_each_available_person_is_booked_once(open_staff_branch: OpenStaffBranch) -> None:
    branch = open_staff_branch(people=3, places=2)
    responses = run_together([partial(branch.book, place=n % 2) for n in range(16)])
    assert Counter(problem_codes(responses)) == {"201": 3, "slot_taken": 13}
    assert {a["staff_id"] for a in branch.appointments()} == {worker.id for worker in branch.workers}


def test_the_daily_limit_holds_at_all_times_and_locations(
    open_staff_branch: OpenStaffBranch,
) -> None:
    branch = open_staff_branch(people=1, places=2)
    body_of(branch.admin.patch(f"/staff/{branch.workers[0].id}", json={"daily_limit": 2}))
    responses = run_together([partial(branch.book, 60 * (n % 4), place=n % 2) for n in range(12)])
    assert Counter(problem_codes(responses)) == {"201": 2, "slot_taken": 10}
    assert {a.json()["detail"] for a in responses if a.status_code == 409} >= {
        "No more appointments are taken on this day."
    }


def test_copies_of_a_staff_booking_under_one_key_book_once(
    open_staff_branch: OpenStaffBranch,
) -> None:
    branch = open_staff_branch(people=3)
    headers = {"Idempotency-Key": branch.service_id}
    client = {"first_name": "Bo", "last_name": branch.service_id, "email": email_address(branch.service_id.lower())}
    responses = run_together([lambda: branch.book_by_staff(headers=headers, client=client)] * 8)
    assert problem_codes(responses) == ["201"] * 8
    assert len({a.text for a in responses}) == 1
    assert [a["id"] for a in branch.appointments()] == [responses[0].json()["id"]]


def test_one_of_many_holds_gets_the_one_person_and_books_them(open_staff_branch: OpenStaffBranch) -> None:
    branch = open_staff_branch(people=1)
    responses = run_together([branch.hold] * 12)
    assert Counter(problem_codes(responses)) == {"201": 1, "slot_taken": 11}
    (token,) = (a.json()["token"] for a in responses if a.status_code == 201)
    holder, *others = run_together([partial(branch.book, hold_token=token), *[partial(branch.book)] * 8])
    assert holder.status_code == 201, holder.text
    assert problem_codes(others) == ["slot_taken"] * 8


@pytest.mark.parametrize("by_staff", [False, True], ids=["by client", "by staff"])
def test_one_of_several_moves_to_one_time_succeeds(open_staff_branch: OpenStaffBranch, by_staff: bool) -> None:
    branch = open_staff_branch(people=1)
    edit = partial(branch.edit, start=branch.start(), timezone=TORONTO)
    guests = [created(branch.book(minutes)) for minutes in (60, 120, 180, 240)]
    responses = run_together([partial(edit, guest) if by_staff else partial(branch.move, guest, 0) for guest in guests])
    assert Counter(problem_codes(responses)) == {"200": 1, "slot_taken": 3}
    starts = [a["start"] for a in branch.appointments()]
    assert (starts.count(branch.start()), len(starts)) == (1, 4)


def test_a_claim_while_clients_book_the_person(open_staff_branch: OpenStaffBranch) -> None:
    branch = open_staff_branch(people=1)
    taken = created(branch.book_block_slot())
    claimed, *booked = run_together([partial(branch.claim, branch.workers[0], taken), *[partial(branch.book)] * 5])
    found = Counter(problem_codes(booked))
    if claimed.status_code == 200:
        assert found == {"slot_taken": 5}
    else:
        assert (claimed.json()["code"], found) == ("staff_conflict", {"201": 1, "slot_taken": 4})


def test_one_person_claims_one_of_two_appointments_of_the_same_time(open_staff_branch: OpenStaffBranch) -> None:
    branch = open_staff_branch(people=1, places=2)
    both = [created(branch.book_block_slot(minutes, place)) for minutes, place in ((0, 0), (30, 1))]
    responses = run_together([partial(branch.claim, branch.workers[0], taken) for taken in both])
    # Half an hour later overlaps because of the buffers.
    assert problem_codes(responses) == ["200", "staff_conflict"]


def test_time_off_while_clients_book_names_the_affected_appointments(open_staff_branch: OpenStaffBranch) -> None:
    branch = open_staff_branch(people=1)
    for minutes in (0, 60, 120):
        time_off, *responses = run_together(
            [partial(branch.add_time_off, branch.workers[0], minutes), *[partial(branch.book, minutes)] * 4]
        )
        booked = [a.json()["id"] for a in responses if a.status_code == 201]
        assert len(booked) <= 1
        assert [a["id"] for a in created(time_off)["affected"]] == booked
        assert branch.book(minutes).json()["code"] == "slot_taken"


def test_deactivating_a_person_while_clients_book_them(
    open_staff_branch: OpenStaffBranch,
) -> None:
    branch = open_staff_branch(people=1)
    person = branch.workers[0]
    leave = partial(branch.admin.patch, f"/staff/{person.id}", json={"active": False})
    left, *responses = run_together([leave, *[partial(branch.book)] * 6])
    found = Counter(problem_codes(responses))
    if left.status_code == 200:
        assert found == {"slot_taken": 6}
    else:
        assert (left.json()["code"], found) == ("in_use", {"201": 1, "slot_taken": 5})


def test_random_concurrent_actions_never_overlap_for_one_person(open_staff_branch: OpenStaffBranch) -> None:
    """Eight actions at a time book, hold, move, assign, claim and cancel within some hours of three people's day."""
    branch = open_staff_branch(people=3, places=2)
    actors = ConcurrentActors(branch, seed=20261122)
    for _ in range(ROUNDS):
        actors.act_together()
        assert branch.overlapping_appointments() == []
    assert actors.outcomes["201"] > 15
    assert {"slot_taken", "200"} <= set(actors.outcomes)
    assert set(actors.outcomes) - {"200", "201"} <= LATE
    every = {a["id"]: a for a in branch.appointments()}
    for booked in actors.booked.values():
        assert branch.appointment(booked["id"])["state"] == (
            "cancelled" if booked["id"] in actors.cancelled else "booked"
        )
        assert booked["id"] in every or booked["id"] in actors.cancelled


class ConcurrentActors:
    """Clients and staff who act at the same moment; each action uses what existed before it."""

    def __init__(self, branch: StackStaffBranch, seed: int) -> None:
        self.branch = branch
        self.random = random.Random(seed)
        self.booked: dict[str, dict[str, Any]] = {}
        self.cancelled: set[str] = set()
        self.outcomes: Counter[str] = Counter()

    def act_together(self) -> None:
        """Run one random action in each thread."""
        actions = [self._action() for _ in range(THREADS)]
        for action, response in zip(actions, run_together(actions), strict=True):
            assert response.status_code < 500, response.text
            self.outcomes.update(problem_codes([response]))
            body = response.json()
            if response.status_code == 201:
                self.booked[body["id"]] = body
            if response.status_code == 200 and action.func == self.branch.cancel:
                self.cancelled.add(body["id"])

    def _action(self) -> partial[httpx.Response]:
        branch, rng = self.branch, self.random
        minutes, place, worker = 15 * rng.randrange(14), rng.randrange(2), rng.choice(branch.workers)
        new = [
            partial(branch.book, minutes, place),
            partial(branch.book, minutes, place, staff_id=worker.id),
            partial(branch.book_by_staff, minutes, place, channel=rng.choice(CHANNELS)),
            partial(branch.book_by_staff, minutes, place, channel=rng.choice(CHANNELS), staff={"id": worker.id}),
            partial(branch.book_block_slot, minutes, place),
            partial(self._book_held_slot, minutes, place),
        ]
        active = [b for b in self.booked.values() if b["id"] not in self.cancelled]
        if not active or rng.random() < 0.4:
            return rng.choice(new)
        return rng.choice(self._changes(rng.choice(active), minutes, worker))

    def _changes(self, booked: dict[str, Any], minutes: int, worker: SignedInStaff) -> list[partial[httpx.Response]]:
        branch = self.branch
        by_client = [partial(branch.cancel, booked), partial(branch.move, booked, minutes)] if "code" in booked else []
        return [
            *by_client,
            partial(branch.claim, worker, booked),
            partial(branch.assign, worker, booked),
            partial(branch.edit, booked, start=branch.start(minutes), timezone=TORONTO),
            partial(branch.edit, booked, staff_id=worker.id),
        ]

    def _book_held_slot(self, minutes: int, place: int) -> httpx.Response:
        held = self.branch.hold(minutes, place)
        if held.status_code != 201:
            return held
        return self.branch.book(minutes, place, hold_token=held.json()["token"])
