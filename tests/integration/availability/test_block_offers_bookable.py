"""Whatever is offered can be booked, whatever is not is refused for the right reason: through HTTP (D1, D15).

Hypothesis makes overlapping blocks in every state, bookings, holds, moves, cancellations, staff's own bookings
and cuts, on an ordinary day and on days whose clocks change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from tests.builders.generators.block_day_plans import DAYS, EXPIRED, SERVICES, Day, Plan, plans
from tests.builders.in_process.planned_block_branch import Branch, moving, rows, undone
from tests.integration.conftest import forget_singletons

FULL = "capacity_exhausted"
REASONS = {
    "outside_block": {"no_block", "block_closed"},
    "block_not_released": {"block_held"},
    FULL: {"full", "reserved_for_staff"},
}

# One table serves all examples of a day: each of them takes back what it wrote.
examples = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
each_day = pytest.mark.parametrize("day", DAYS, ids=str)


@pytest.fixture
def local(table: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STAGE", "local")
    forget_singletons()
    yield
    forget_singletons()


@each_day
@examples
@given(plan=plans())
@example(plan=EXPIRED)
def test_a_stranger_books_what_is_offered_and_nothing_else(day: Day, plan: Plan, local: None) -> None:
    with undone():
        branch = Branch(day, plan)
        for service in SERVICES:
            offered = branch.offers(service)
            for start in branch.sample(sorted(offered), 7):
                books(branch, service, start)
            refuses_the_rest(branch, service, offered)
            if offered:
                assert branch.explained(service, min(offered))["bookable"] is True
                takes_as_many_as_said(branch, service, *branch.sample(sorted(offered.items()), 1)[0])


@each_day
@examples
@given(plan=plans())
def test_who_holds_or_moves_gets_what_they_are_offered(day: Day, plan: Plan, local: None) -> None:
    with undone():
        branch = Branch(day, plan)
        for held in branch.sample(branch.live_holds, 2):
            confirms(branch, held)
        for booked in branch.sample(branch.movable, 2):
            moves(branch, booked)


@each_day
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans(), data=st.data())
def test_wall_times_mean_what_clocks_show(day: Day, plan: Plan, data: st.DataObject, local: None) -> None:
    with undone():
        branch = Branch(day, plan)
        offered = branch.offers(SERVICES[0])
        clocks = day.instants_by_local_time
        odd = sorted(wall for wall, shown in clocks.items() if len(shown) != 1)
        free = sorted(day.local_text(at) for at in offered if at in set(day.instants))
        for wall in {data.draw(st.sampled_from(some)) for some in (odd, free, sorted(clocks)) if some}:
            reads(branch, wall, clocks[wall], offered)


def books(branch: Branch, service: str, start: datetime) -> None:
    """Books an offered start, then takes it back."""
    with undone():
        reply = branch.book(service, start)
        assert (reply.status, reply.json.get("start")) == (201, start.strftime("%Y-%m-%dT%H:%M:%SZ")), reply.text


def refuses_the_rest(branch: Branch, service: str, offered: dict[datetime, int]) -> None:
    """Starts that are not offered are refused as the plan says, whichever way one asks; nothing is written."""
    before = rows()
    rest = [at for at in branch.probes() if at not in offered]
    assert not [at for at in rest if branch.ground(service, at) == FULL and branch.surely_free(service, at)]
    for start in branch.sample(rest, 6):
        code = branch.ground(service, start)
        refused = branch.book(service, start)
        assert (refused.status, refused.json["code"]) == (409 if code in REASONS else 422, code)
        held = branch.hold(service, start)
        assert held.json["code"] == ("slot_taken" if code in REASONS else code)
        why = branch.explained(service, start)
        assert why["bookable"] is False
        assert {r["code"] for r in why["reasons"]} <= REASONS.get(code, {code})
        assert {datetime.fromisoformat(at) for at in why["nearest"]} <= set(offered)
    assert rows() == before


def takes_as_many_as_said(branch: Branch, service: str, start: datetime, available: int) -> None:
    """One after the other books until it is full: as many as ``available`` said."""
    with undone():
        codes = [branch.book(service, start).json.get("code") for _ in range(available + 1)]
    assert codes[-1] == FULL
    assert FULL not in codes[:-1]


def confirms(branch: Branch, held: dict[str, str]) -> None:
    """The holder books whatever is offered to them and nothing else."""
    service, token = held["service_id"], held["token"]
    offered = branch.offers(service, hold=token)
    for start in branch.sample(sorted(offered), 4):
        with undone():
            reply = branch.book(service, start, hold_token=token)
            assert reply.status == 201, reply.text
            assert not any(held["id"] in key for key in rows())
    for start in branch.sample([at for at in branch.probes() if at not in offered], 3):
        assert branch.book(service, start, hold_token=token).json["code"] == branch.ground(service, start)


def moves(branch: Branch, booked: dict[str, str]) -> None:
    """Whoever moves gets whatever is offered to them and nothing else, and then keeps what they had."""
    service = booked["service_id"]
    offered = branch.offers(service, **moving(booked))
    for start in branch.sample(sorted(offered), 4):
        with undone():
            reply = branch.move(booked, start)
            assert reply.status == 200, reply.text
    before = rows()
    for start in branch.sample([at for at in branch.probes() if at not in offered], 3):
        assert branch.move(booked, start).json["code"] == branch.ground(service, start)
    assert rows() == before


def reads(branch: Branch, wall: str, shown: list[datetime], offered: dict[datetime, int]) -> None:
    """A wall time is the instant that shows it; none and two are refused by name, two with both candidates."""
    with undone():
        reply = branch.book(SERVICES[0], wall)
    if not shown:
        assert (reply.status, reply.json["code"]) == (422, "nonexistent_local_time")
    elif len(shown) == 2:
        assert (reply.status, reply.json["code"]) == (422, "ambiguous_local_time")
        assert [datetime.fromisoformat(at) for at in reply.json["candidates"]] == shown
        for at in shown:
            with undone():
                assert branch.book(SERVICES[0], at).status == 201 or at not in offered
    else:
        assert (reply.status == 201) == (shown[0] in offered)
