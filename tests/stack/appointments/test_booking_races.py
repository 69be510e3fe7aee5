"""Races for the same slot on the stack: nothing is oversold, lost or sent twice (D15, case 1)."""

from __future__ import annotations

from collections import Counter
from functools import partial

import httpx
import pytest

from tests.builders.on_stack.local_stack import Eventually
from tests.builders.on_stack.stack_block_branch import OpenBranch
from tests.builders.on_stack.stack_branch import email_address
from tests.builders.on_stack.stack_requests import created, problem_codes, run_together

pytestmark = pytest.mark.usefixtures("consistent")


def test_two_hundred_at_once_for_twenty_seats(open_branch: OpenBranch) -> None:
    branch = open_branch(limit=20)
    responses = run_together([branch.book] * 200)
    assert Counter(problem_codes(responses)) == {"201": 20, "capacity_exhausted": 180}
    assert {a.status_code for a in responses} == {201, 409}
    booked = {a.json()["id"] for a in responses if a.status_code == 201}
    assert {a["id"] for a in branch.appointments()} == booked
    assert branch.start() not in branch.available_starts()


def test_copies_under_one_key_book_once_and_get_the_same_response(
    open_branch: OpenBranch, eventually: Eventually
) -> None:
    branch = open_branch(limit=20)
    headers = {"Idempotency-Key": branch.block_id}
    responses = run_together([lambda: branch.book(guest="ana", headers=headers)] * 20)
    assert problem_codes(responses) == ["201"] * 20
    assert len({a.text for a in responses}) == 1
    assert [a["id"] for a in branch.appointments()] == [responses[0].json()["id"]]
    assert branch.available_starts()[branch.start()] == 19
    other = branch.book(guest="bo", headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    def recipients() -> list[str]:
        to_client = [m for m in branch.stack.sent_mail() if responses[0].json()["id"] in m["BodyText"]]
        return sorted(to for m in [*to_client, *branch.mail(branch.email)] for to in m["To"])

    expected = sorted([email_address("ana"), branch.email])
    assert eventually(lambda: recipients() == expected)
    branch.stack.deliver_messages(runs=2)
    assert recipients() == expected


def test_one_of_many_holds_gets_the_last_seat(open_branch: OpenBranch) -> None:
    branch = open_branch()
    assert Counter(problem_codes(run_together([branch.hold] * 20))) == {"201": 1, "slot_taken": 19}


def test_the_holder_of_the_last_seat_books_it(open_branch: OpenBranch) -> None:
    branch = open_branch()
    token = created(branch.hold())["token"]
    holder, *others = run_together([lambda: branch.book(guest="holder", hold_token=token), *[branch.book] * 20])
    assert holder.status_code == 201, holder.text
    assert problem_codes(others) == ["capacity_exhausted"] * 20


def test_a_hold_is_confirmed_once(open_branch: OpenBranch) -> None:
    branch = open_branch()
    token = created(branch.hold())["token"]
    responses = run_together([lambda: branch.book(hold_token=token)] * 8)
    assert Counter(a.status_code == 201 for a in responses) == {True: 1, False: 7}
    assert set(problem_codes(responses)) <= {"201", "capacity_exhausted", "unknown_hold"}


def test_one_of_many_claims_gets_the_appointment(open_branch: OpenBranch) -> None:
    branch = open_branch()
    booked = created(branch.book())
    staff = [branch.hire() for _ in range(4)]
    url = f"/appointments/{booked['id']}/claim"
    responses = run_together([partial(member.http.post, url) for member in staff] * 2)
    assert Counter(problem_codes(responses)) == {"200": 1, "already_assigned": 7}
    (winner,) = (a.json()["staff_id"] for a in responses if a.status_code == 200)
    assert winner in {member.id for member in staff}
    assert branch.appointments()[0]["staff_id"] == winner
    for member in staff:
        member.http.close()


def test_cancelling_and_moving_at_once_end_cancelled(open_branch: OpenBranch) -> None:
    branch = open_branch(limit=4)
    for round_number in range(4):
        booked = created(branch.book())
        cancelled, moved = run_together([partial(branch.cancel, booked), partial(branch.move, booked, 60)])
        assert cancelled.status_code == 200, cancelled.text
        assert problem_codes([moved])[0] in ("200", "wrong_state"), round_number
        assert branch.client_view(booked)["state"] == "cancelled"
    assert branch.appointments() == [] or {a["state"] for a in branch.appointments()} == {"cancelled"}
    assert set(branch.available_starts().values()) == {4}


def test_moves_for_one_seat_leave_the_losers_where_they_were(open_branch: OpenBranch) -> None:
    branch = open_branch(limit=6)
    branch.create_block(minutes=240, length=30)
    guests = [created(branch.book()) for _ in range(6)]
    responses = run_together([partial(branch.move, guest, 240) for guest in guests])
    assert Counter(problem_codes(responses)) == {"200": 1, "capacity_exhausted": 5}
    starts = Counter(a["start"] for a in branch.appointments())
    assert starts == {branch.start(): 5, branch.start(240): 1}


def test_releasing_while_people_book(open_branch: OpenBranch) -> None:
    branch = open_branch(limit=10, release={"hours_before": 1})
    released, *responses = run_together([lambda: branch.act_on_block("release"), *[branch.book] * 40])
    assert (released.status_code, released.json()["state"]) == (200, "released")
    found = Counter(problem_codes(responses))
    assert set(found) <= {"201", "block_not_released", "capacity_exhausted"}
    assert branch.available_starts().get(branch.start(), 0) == 10 - found["201"]


def test_closing_while_people_book(open_branch: OpenBranch) -> None:
    branch = open_branch(limit=30)
    responses = run_together([*[branch.book] * 20, lambda: branch.act_on_block("close"), *[branch.book] * 20])
    found = Counter(problem_codes(responses))
    assert found.pop("200") == 1
    assert set(found) <= {"201", "outside_block", "capacity_exhausted"}
    assert branch.block()["state"] == "closed"
    assert len(branch.appointments()) == found["201"]
    assert branch.available_starts() == {}


def test_cutting_the_limit_while_people_book(open_branch: OpenBranch) -> None:
    """Bookings before the cut stay; none after it exceeds the limit."""
    branch = open_branch(limit=20)
    url = f"/quickstream/blocks/{branch.block_id}"

    def cut() -> httpx.Response:
        return branch.admin.patch(url, params={"confirm": "true"}, json={"limit": 5})

    responses = run_together([*[branch.book] * 15, cut, *[branch.book] * 15])
    found = Counter(problem_codes(responses))
    assert found.pop("200") == 1
    assert set(found) <= {"201", "capacity_exhausted"}
    assert 5 <= found["201"] <= 20
    assert branch.start() not in branch.available_starts()
