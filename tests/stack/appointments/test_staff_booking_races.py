"""Races for staff time on the real stack: nobody is in two places, buffers included, whatever comes at once (D15)."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from typing import Any

import httpx

from tests.builders.on_stack.stack_block_branch import ZONE, address, at_once, codes, made
from tests.builders.on_stack.stack_staff_branch import OpenStaff, StaffBranch, Worker

CHANNELS = ("contact_centre", "schedule")
ROUNDS, THREADS = 24, 8
# What a request may hear that was too late; nothing of it is an accident.
LATE = {"slot_taken", "staff_conflict", "already_assigned", "already_rebooked", "wrong_state", "version_mismatch"}


def test_one_of_many_gets_the_last_free_person_through_whichever_door(staffed: OpenStaff) -> None:
    branch = staffed(people=2)
    made(branch.book())
    doors = [partial(branch.book), *(partial(branch.desk, channel) for channel in CHANNELS)]
    answers = at_once([doors[n % 3] for n in range(24)])
    assert Counter(codes(answers)) == {"201": 1, "slot_taken": 23}
    assert {a.status_code for a in answers} == {201, 409}
    assert {a["staff_id"] for a in branch.appointments()} == {worker.id for worker in branch.workers}


def test_everybody_free_is_booked_once(staffed: OpenStaff) -> None:
    branch = staffed(people=3, places=2)
    answers = at_once([partial(branch.book, place=n % 2) for n in range(16)])
    assert Counter(codes(answers)) == {"201": 3, "slot_taken": 13}
    assert {a["staff_id"] for a in branch.appointments()} == {worker.id for worker in branch.workers}


def test_nobody_gets_more_on_a_day_than_their_limit_wherever_and_whenever_it_is_asked_for(staffed: OpenStaff) -> None:
    branch = staffed(people=1, places=2)
    made(branch.admin.patch(f"/staff/{branch.workers[0].id}", json={"daily_limit": 2}), 200)
    answers = at_once([partial(branch.book, 60 * (n % 4), place=n % 2) for n in range(12)])
    assert Counter(codes(answers)) == {"201": 2, "slot_taken": 10}
    assert {a.json()["detail"] for a in answers if a.status_code == 409} >= {
        "No more appointments are taken on this day."
    }


def test_copies_of_a_staff_booking_under_one_key_book_once_and_hear_the_same(staffed: OpenStaff) -> None:
    branch = staffed(people=3)
    headers = {"Idempotency-Key": branch.service_id}
    client = {"first_name": "Bo", "last_name": branch.service_id, "email": address(branch.service_id.lower())}
    answers = at_once([lambda: branch.desk("schedule", headers=headers, client=client)] * 8)
    assert codes(answers) == ["201"] * 8
    assert len({a.text for a in answers}) == 1
    assert [a["id"] for a in branch.appointments()] == [answers[0].json()["id"]]


def test_one_of_many_holds_gets_the_one_person_and_books_them(staffed: OpenStaff) -> None:
    branch = staffed(people=1)
    answers = at_once([branch.hold] * 12)
    assert Counter(codes(answers)) == {"201": 1, "slot_taken": 11}
    (token,) = (a.json()["token"] for a in answers if a.status_code == 201)
    holder, *others = at_once([partial(branch.book, hold_token=token), *[partial(branch.book)] * 8])
    assert holder.status_code == 201, holder.text
    assert codes(others) == ["slot_taken"] * 8


def test_of_moves_to_one_time_one_arrives_and_the_others_stay(staffed: OpenStaff) -> None:
    branch = staffed(people=1)
    guests = [made(branch.book(minutes)) for minutes in (60, 120, 180, 240)]
    answers = at_once([partial(branch.move, guest, 0) for guest in guests])
    assert Counter(codes(answers)) == {"200": 1, "slot_taken": 3}
    starts = Counter(a["start"] for a in branch.appointments())
    assert starts[branch.start()] == 1
    assert sum(starts.values()) == 4


def test_of_edits_to_one_time_one_arrives_and_the_others_stay(staffed: OpenStaff) -> None:
    branch = staffed(people=1)
    guests = [made(branch.book(minutes)) for minutes in (60, 120, 180, 240)]
    answers = at_once([partial(branch.edit, guest, start=branch.start(), timezone=ZONE) for guest in guests])
    assert Counter(codes(answers)) == {"200": 1, "slot_taken": 3}
    assert Counter(a["start"] for a in branch.appointments())[branch.start()] == 1


def test_somebody_who_claims_while_clients_book_them_gets_one_or_the_other(staffed: OpenStaff) -> None:
    branch = staffed(people=1)
    taken = made(branch.take())
    claimed, *booked = at_once([partial(branch.claim, branch.workers[0], taken), *[partial(branch.book)] * 5])
    found = Counter(codes(booked))
    if claimed.status_code == 200:
        assert found == {"slot_taken": 5}
    else:
        assert (claimed.json()["code"], found) == ("staff_conflict", {"201": 1, "slot_taken": 4})


def test_one_person_claims_one_of_two_appointments_of_the_same_time(staffed: OpenStaff) -> None:
    branch = staffed(people=1, places=2)
    both = [made(branch.take(minutes, place)) for minutes, place in ((0, 0), (30, 1))]
    answers = at_once([partial(branch.claim, branch.workers[0], taken) for taken in both])
    # Half an hour later is too soon: the buffers of both lie in between.
    assert codes(answers) == ["200", "staff_conflict"]


def test_time_off_laid_while_people_book_names_whoever_was_first(staffed: OpenStaff) -> None:
    branch = staffed(people=1)
    for minutes in (0, 60, 120):
        laid, *answers = at_once(
            [partial(branch.away, branch.workers[0], minutes), *[partial(branch.book, minutes)] * 4]
        )
        booked = [a.json()["id"] for a in answers if a.status_code == 201]
        assert len(booked) <= 1
        assert [a["id"] for a in made(laid)["affected"]] == booked
        assert branch.book(minutes).json()["code"] == "slot_taken"


def test_somebody_who_leaves_while_people_book_them_has_no_appointments_or_stays(staffed: OpenStaff) -> None:
    branch = staffed(people=1)
    person = branch.workers[0]

    def leave() -> httpx.Response:
        return branch.admin.patch(f"/staff/{person.id}", json={"active": False})

    left, *answers = at_once([leave, *[branch.book] * 6])
    found = Counter(codes(answers))
    if left.status_code == 200:
        assert found == {"slot_taken": 6}
    else:
        assert (left.json()["code"], found) == ("in_use", {"201": 1, "slot_taken": 5})


def test_whatever_is_done_at_once_nobody_is_in_two_places(staffed: OpenStaff) -> None:
    """Eight at a time book, hold, move, hand over, claim and cancel within some hours of three people's day."""
    branch = staffed(people=3, places=2)
    crowd = Crowd(branch, random.Random(20261122))
    for _ in range(ROUNDS):
        crowd.act_at_once()
        assert branch.clashes() == []
    assert crowd.said["201"] > 15
    assert {"slot_taken", "200"} <= set(crowd.said)
    assert set(crowd.said) - {"200", "201"} <= LATE
    every = {a["id"]: a for a in branch.appointments()}
    for booked in crowd.booked.values():
        assert branch.shown(booked)["state"] == ("cancelled" if booked["id"] in crowd.cancelled else "booked")
        assert booked["id"] in every or booked["id"] in crowd.cancelled


class Crowd:
    """People who act at the same moment, each on what there was before it."""

    def __init__(self, branch: StaffBranch, chance: random.Random) -> None:
        self.branch = branch
        self.chance = chance
        self.booked: dict[str, dict[str, Any]] = {}
        self.cancelled: set[str] = set()
        self.said: Counter[str] = Counter()

    def act_at_once(self) -> None:
        """One act each."""
        acts = [self._act() for _ in range(THREADS)]
        for act, answer in zip(acts, at_once(acts), strict=True):
            assert answer.status_code < 500, answer.text
            self.said.update(codes([answer]))
            body = answer.json()
            if answer.status_code == 201:
                self.booked[body["id"]] = body
            if answer.status_code == 200 and act.func == self.branch.cancel:
                self.cancelled.add(body["id"])

    def _act(self) -> partial[httpx.Response]:
        branch, chance = self.branch, self.chance
        minutes, place, worker = 15 * chance.randrange(14), chance.randrange(2), chance.choice(branch.workers)
        new = [
            partial(branch.book, minutes, place),
            partial(branch.book, minutes, place, staff_id=worker.id),
            partial(branch.desk, chance.choice(CHANNELS), minutes, place),
            partial(branch.desk, chance.choice(CHANNELS), minutes, place, staff={"id": worker.id}),
            partial(branch.take, minutes, place),
            partial(self._held, minutes, place),
        ]
        mine = [b for b in self.booked.values() if b["id"] not in self.cancelled]
        if not mine or chance.random() < 0.4:
            return chance.choice(new)
        return chance.choice(self._changes(chance.choice(mine), minutes, worker))

    def _changes(self, booked: dict[str, Any], minutes: int, worker: Worker) -> list[partial[httpx.Response]]:
        branch = self.branch
        by_client = [partial(branch.cancel, booked), partial(branch.move, booked, minutes)] if "code" in booked else []
        return [
            *by_client,
            partial(branch.claim, worker, booked),
            partial(branch.assign, worker, booked),
            partial(branch.edit, booked, start=branch.start(minutes), timezone=ZONE),
            partial(branch.edit, booked, staff_id=worker.id),
        ]

    def _held(self, minutes: int, place: int) -> httpx.Response:
        held = self.branch.hold(minutes, place)
        if held.status_code != 201:
            return held
        return self.branch.book(minutes, place, hold_token=held.json()["token"])
