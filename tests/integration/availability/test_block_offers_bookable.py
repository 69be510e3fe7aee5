"""Every start offered in blocks can be booked, every other is refused for the right reason (D1, D15).

Hypothesis makes overlapping blocks in every state, bookings, holds, moves, cancellations, staff's own bookings
and cuts, on an ordinary day and on days whose clocks change.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from tests.builders.generators.block_day_plans import DAYS, EXPIRED, SERVICES, Day, Plan, plans
from tests.builders.in_process.moto_table import rolled_back, stored_items
from tests.builders.in_process.planned_block_branch import PlannedBlockBranch
from tests.builders.in_process.sample_organisation import Organisation

FULL = "capacity_exhausted"
REASONS = {
    "outside_block": {"no_block", "block_closed"},
    "block_not_released": {"block_held"},
    FULL: {"full", "reserved_for_staff"},
}

# One table serves all examples of a day: each of them takes back what it wrote.
examples = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
each_day = pytest.mark.parametrize("day", DAYS, ids=str)


@each_day
@examples
@given(plan=plans())
@example(plan=EXPIRED)
def test_a_stranger_books_what_is_offered_and_nothing_else(
    day: Day, plan: Plan, empty_organisation: Organisation
) -> None:
    with rolled_back():
        branch = PlannedBlockBranch(day, plan=plan)
        for service in SERVICES:
            offered = branch.available_starts(service)
            for start in branch.sample_of(sorted(offered), 7):
                branch.require_bookable(service, start)
            refuses_the_rest(branch, service, offered)
            if offered:
                assert branch.explain(service, min(offered))["bookable"] is True
                takes_as_many_as_said(branch, service, *branch.sample_of(sorted(offered.items()), 1)[0])


@each_day
@examples
@given(plan=plans())
def test_who_holds_or_moves_gets_what_they_are_offered(day: Day, plan: Plan, empty_organisation: Organisation) -> None:
    with rolled_back():
        branch = PlannedBlockBranch(day, plan=plan)
        for held in branch.sample_of(branch.active_holds, 2):
            branch.require_hold_bookable(held)
        for booked in branch.sample_of(branch.movable, 2):
            branch.require_movable(booked)


@each_day
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans(), data=st.data())
def test_wall_times_mean_what_clocks_show(
    day: Day, plan: Plan, data: st.DataObject, empty_organisation: Organisation
) -> None:
    with rolled_back():
        branch = PlannedBlockBranch(day, plan=plan)
        offered = branch.available_starts(SERVICES[0])
        clocks = day.instants_by_local_time
        odd = sorted(wall for wall, shown in clocks.items() if len(shown) != 1)
        free = sorted(day.local_text(at) for at in offered if at in set(day.instants))
        for wall in {data.draw(st.sampled_from(some)) for some in (odd, free, sorted(clocks)) if some}:
            reads(branch, wall, clocks[wall], offered)


def refuses_the_rest(branch: PlannedBlockBranch, service: str, offered: dict[datetime, int]) -> None:
    """Starts that are not offered are refused as expected, for bookings and holds, and nothing is written."""
    before = stored_items()
    rest = [at for at in branch.candidate_starts() if at not in offered]
    assert not [
        at for at in rest if branch.expected_refusal(service, at) == FULL and branch.is_surely_free(service, at)
    ]
    for start in branch.sample_of(rest, 6):
        code = branch.expected_refusal(service, start)
        assert branch.book(service, start).refusal == (409 if code in REASONS else 422, code)
        assert branch.hold(service, start).json["code"] == ("slot_taken" if code in REASONS else code)
        why = branch.explain(service, start)
        assert why["bookable"] is False
        assert {r["code"] for r in why["reasons"]} <= REASONS.get(code, {code})
        assert {datetime.fromisoformat(at) for at in why["nearest"]} <= set(offered)
    assert stored_items() == before


def takes_as_many_as_said(branch: PlannedBlockBranch, service: str, start: datetime, available: int) -> None:
    """Exactly as many bookings succeed as were available."""
    with rolled_back():
        codes = [branch.book(service, start).json.get("code") for _ in range(available + 1)]
    assert codes[-1] == FULL
    assert FULL not in codes[:-1]


def reads(branch: PlannedBlockBranch, wall: str, shown: list[datetime], offered: dict[datetime, int]) -> None:
    """A local time means the instant that shows it; a missing one is refused, an ambiguous one with both candidates."""
    with rolled_back():
        reply = branch.book(SERVICES[0], wall)
    if not shown:
        assert reply.refusal == (422, "nonexistent_local_time")
    elif len(shown) == 2:
        assert reply.refusal == (422, "ambiguous_local_time")
        assert [datetime.fromisoformat(at) for at in reply.json["candidates"]] == shown
        for at in shown:
            with rolled_back():
                assert branch.book(SERVICES[0], at).status == 201 or at not in offered
    else:
        assert (reply.status == 201) == (shown[0] in offered)
