"""Races for the same thing on the real stack: nothing oversold, nothing lost, nothing sent twice (D15, case 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from chalicelib.domain.shared.times import utc_text
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import OpenBranch, address, at_once, codes, made


@pytest.fixture(autouse=True)
def sound(stack: Stack) -> Iterator[None]:
    """After every race the ledger and the appointments say the same."""
    yield
    assert stack.invoke("check_integrity", {})["differences"] == 0


def test_two_hundred_at_once_for_twenty_seats(opened: OpenBranch) -> None:
    branch = opened(limit=20)
    answers = at_once([branch.book] * 200)
    assert Counter(codes(answers)) == {"201": 20, "capacity_exhausted": 180}
    assert {a.status_code for a in answers} == {201, 409}
    booked = {a.json()["id"] for a in answers if a.status_code == 201}
    assert {a["id"] for a in branch.appointments()} == booked
    assert branch.start() not in branch.offers()


def test_copies_under_one_key_book_once_and_hear_the_same(
    opened: OpenBranch, eventually: Callable[[Callable[[], bool]], bool]
) -> None:
    branch = opened(limit=20)
    headers = {"Idempotency-Key": branch.block_id}
    answers = at_once([lambda: branch.book("ana", headers=headers)] * 20)
    assert codes(answers) == ["201"] * 20
    assert len({a.text for a in answers}) == 1
    assert [a["id"] for a in branch.appointments()] == [answers[0].json()["id"]]
    assert branch.offers()[branch.start()] == 19
    other = branch.book("bo", headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    def told() -> list[str]:
        ours = [m for m in branch.stack.sent_mail() if answers[0].json()["id"] in m["BodyText"]]
        return sorted(to for m in [*ours, *branch.mail(branch.email)] for to in m["To"])

    everybody = sorted([address("ana"), branch.email])
    assert eventually(lambda: told() == everybody)
    later = utc_text(datetime.now(UTC) + timedelta(minutes=10))
    at_once([lambda: branch.stack.invoke("deliver_due", {"now": later})] * 2)
    assert told() == everybody


def test_one_of_many_holds_gets_the_last_seat(opened: OpenBranch) -> None:
    branch = opened()
    assert Counter(codes(at_once([branch.hold] * 20))) == {"201": 1, "slot_taken": 19}


def test_who_holds_the_last_seat_books_it_whoever_else_tries(opened: OpenBranch) -> None:
    branch = opened()
    token = made(branch.hold())["token"]
    holder, *others = at_once([lambda: branch.book("holder", hold_token=token), *[branch.book] * 20])
    assert holder.status_code == 201, holder.text
    assert codes(others) == ["capacity_exhausted"] * 20


def test_a_hold_is_confirmed_once(opened: OpenBranch) -> None:
    branch = opened()
    token = made(branch.hold())["token"]
    answers = at_once([lambda: branch.book(hold_token=token)] * 8)
    assert Counter(a.status_code == 201 for a in answers) == {True: 1, False: 7}
    assert set(codes(answers)) <= {"201", "capacity_exhausted", "unknown_hold"}


def test_one_of_many_claims_gets_the_appointment(opened: OpenBranch) -> None:
    branch = opened()
    booked = made(branch.book())
    people = [branch.employ() for _ in range(4)]
    url = f"/appointments/{booked['id']}/claim"
    answers = at_once([partial(client.post, url) for _, client in people] * 2)
    assert Counter(codes(answers)) == {"200": 1, "already_assigned": 7}
    (winner,) = (a.json()["staff_id"] for a in answers if a.status_code == 200)
    assert winner in {person["id"] for person, _ in people}
    assert branch.appointments()[0]["staff_id"] == winner
    for _, client in people:
        client.close()


def test_cancelling_and_moving_at_once_end_cancelled(opened: OpenBranch) -> None:
    branch = opened(limit=4)
    for round_number in range(4):
        booked = made(branch.book())
        cancelled, moved = at_once([partial(branch.cancel, booked), partial(branch.move, booked, 60)])
        assert cancelled.status_code == 200, cancelled.text
        assert codes([moved])[0] in ("200", "wrong_state"), round_number
        assert branch.shown(booked)["state"] == "cancelled"
    assert branch.appointments() == [] or {a["state"] for a in branch.appointments()} == {"cancelled"}
    assert set(branch.offers().values()) == {4}


def test_moves_for_one_seat_leave_the_losers_where_they_were(opened: OpenBranch) -> None:
    branch = opened(limit=6)
    branch.lay(minutes=240, length=30)
    guests = [made(branch.book()) for _ in range(6)]
    answers = at_once([partial(branch.move, guest, 240) for guest in guests])
    assert Counter(codes(answers)) == {"200": 1, "capacity_exhausted": 5}
    starts = Counter(a["start"] for a in branch.appointments())
    assert starts == {branch.start(): 5, branch.start(240): 1}


def test_releasing_while_people_book(opened: OpenBranch) -> None:
    branch = opened(limit=10, release={"hours_before": 1})

    def release() -> httpx.Response:
        return branch.admin.post(f"/quickstream/blocks/{branch.block_id}/release")

    released, *answers = at_once([release, *[branch.book] * 40])
    assert (released.status_code, released.json()["state"]) == (200, "released")
    found = Counter(codes(answers))
    assert set(found) <= {"201", "block_not_released", "capacity_exhausted"}
    assert branch.offers().get(branch.start(), 0) == 10 - found["201"]


def test_closing_while_people_book(opened: OpenBranch) -> None:
    branch = opened(limit=30)

    def close() -> httpx.Response:
        return branch.admin.post(f"/quickstream/blocks/{branch.block_id}/close")

    answers = at_once([*[branch.book] * 20, close, *[branch.book] * 20])
    found = Counter(codes(answers))
    assert found.pop("200") == 1
    assert set(found) <= {"201", "outside_block", "capacity_exhausted"}
    assert branch.block()["state"] == "closed"
    assert len(branch.appointments()) == found["201"]
    assert branch.offers() == {}


def test_cutting_the_limit_while_people_book(opened: OpenBranch) -> None:
    """Whichever comes first: bookings are never undone, and none comes after the cut that has no seat."""
    branch = opened(limit=20)

    def cut() -> httpx.Response:
        change: dict[str, Any] = {"limit": 5}
        return branch.admin.patch(f"/quickstream/blocks/{branch.block_id}", params={"confirm": "true"}, json=change)

    answers = at_once([*[branch.book] * 15, cut, *[branch.book] * 15])
    found = Counter(codes(answers))
    assert found.pop("200") == 1
    assert set(found) <= {"201", "capacity_exhausted"}
    assert 5 <= found["201"] <= 20
    assert branch.start() not in branch.offers()
