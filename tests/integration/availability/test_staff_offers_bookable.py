"""Free staff time: all that is offered can be booked, nothing else can, nobody is booked twice (D1, D46).

Hypothesis makes hours, closures, schedules in other zones, absences, limits, languages and buffers at two locations,
and lets clients and staff book, hold, move, cancel, claim, hand over and override there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from chalicelib.domain.shared.times import utc_text
from tests.builders.generators.block_day_plans import DAYS, Day
from tests.builders.generators.staff_day_plans import LANGUAGES, Plan, plans
from tests.builders.in_process.moto_table import rolled_back, stored_items
from tests.builders.in_process.planned_staff_branch import OUTSIDE, PlannedStaffBranch
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.records.staff_plan_records import LOCATIONS, PEOPLE, SERVICES

NOBODY = {"closed", "holiday", "staff_not_working", "staff_busy", "daily_limit"}
REASONS = {"slot_taken": NOBODY, "no_staff_for_language": {"language_unavailable"}}

# One table serves all examples of a day: each of them takes back what it wrote.
examples = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# An ordinary day, one on which an hour comes twice, one whose clocks move by half an hour.
each_day = pytest.mark.parametrize("day", [DAYS[0], DAYS[2], DAYS[4]], ids=str)


@each_day
@examples
@given(plan=plans(), data=st.data())
def test_a_stranger_books_what_is_offered_and_nothing_else(
    day: Day, plan: Plan, data: st.DataObject, empty_organisation: Organisation
) -> None:
    with rolled_back():
        branch = PlannedStaffBranch(day, plan=plan)
        branch.require_consistent()
        for service, place in branch.sampled_services():
            wanted = data.draw(preferences(branch, service, place))
            offered = branch.available_starts(service, place, **wanted)
            for start in branch.sample_of(sorted(offered), 3):
                branch.require_bookable(service, start, place, **wanted)
            refuses_the_rest(branch, service, place, offered, wanted)


@each_day
@examples
@given(plan=plans())
def test_as_many_book_one_after_the_other_as_staff_are_said_to_be_free(
    day: Day, plan: Plan, empty_organisation: Organisation
) -> None:
    with rolled_back():
        branch = PlannedStaffBranch(day, plan=plan)
        for service, place in branch.sampled_services():
            for start, available in branch.sample_of(sorted(branch.available_starts(service, place).items()), 1):
                takes_as_many_as_said(branch, service, place, start, available)


@each_day
@examples
@given(plan=plans())
def test_through_the_contact_centre_lead_time_does_not_count_and_the_rest_does(
    day: Day, plan: Plan, empty_organisation: Organisation
) -> None:
    with rolled_back():
        branch = PlannedStaffBranch(day, plan=plan)
        for service, place in branch.sampled_services():
            offered = branch.available_starts(service, place, "contact_centre")
            assert branch.available_starts(service, place).items() <= offered.items()
            for start in branch.sample_of(sorted(offered), 2):
                with rolled_back():
                    reply = branch.book_by_staff("contact_centre", service, place, start).body(201)
                    branch.require_no_overlap(reply["id"])
            for start in branch.unavailable_starts(offered):
                assert branch.book_by_staff("contact_centre", service, place, start).json["code"] in {
                    "slot_taken",
                    *OUTSIDE,
                }


@each_day
@examples
@given(plan=plans())
def test_through_schedule_a_time_is_taken_if_and_only_if_somebody_is_free_then(
    day: Day, plan: Plan, empty_organisation: Organisation
) -> None:
    with rolled_back():
        branch = PlannedStaffBranch(day, plan=plan)
        for service, place in branch.sampled_services():
            offered = branch.available_starts(service, place, "schedule")
            assert branch.available_starts(service, place, "contact_centre").items() <= offered.items()
            for start in branch.sample_of(sorted(offered), 2):
                with rolled_back():
                    assert branch.book_by_staff("schedule", service, place, start).status == 201
            for start in branch.sample_of(branch.candidate_starts(), 3):
                with rolled_back():
                    # Off the grid of what is offered too; whoever got it had nothing else.
                    reply = branch.book_by_staff("schedule", service, place, start)
                    taken = [reply.json["id"]] if reply.status == 201 else []
                    assert taken or reply.json["code"] in ("slot_taken", "past")
                    branch.require_no_overlap(*taken)


@each_day
@examples
@given(plan=plans())
def test_who_holds_or_moves_gets_what_they_are_offered(day: Day, plan: Plan, empty_organisation: Organisation) -> None:
    with rolled_back():
        branch = PlannedStaffBranch(day, plan=plan)
        for held in branch.sample_of(branch.holds, 2):
            branch.require_hold_bookable(held)
        for booked in branch.sample_of(branch.movable, 2):
            branch.require_movable(booked)
            is_moved(branch, booked)
        branch.require_consistent()


@st.composite
def preferences(draw: st.DrawFn, branch: PlannedStaffBranch, service: str, place: str) -> dict[str, str]:
    """Anyone, one of those who offer the service there, or a language that perhaps nobody speaks."""
    number, there = SERVICES.index(service), LOCATIONS.index(place)
    planned = zip(PEOPLE, branch.plan.people, strict=True)
    people = [id_ for id_, p in planned if number in p.services and (p.travels or there == 0)]
    wishes = [{}, {}, *({"staff_id": id_} for id_ in people), *({"language": spoken} for spoken in LANGUAGES)]
    return dict(draw(st.sampled_from(wishes)))


def refuses_the_rest(
    branch: PlannedStaffBranch, service: str, place: str, offered: dict[datetime, int], wanted: dict[str, str]
) -> None:
    """Starts that are not offered are refused for one reason, for bookings and holds, and nothing is written."""
    before = stored_items()
    for start in branch.unavailable_starts(offered):
        refused = branch.book(service, start, place, **wanted)
        code = refused.json["code"]
        assert (refused.status == 409) == (code in REASONS)
        assert branch.hold(service, start, place, **wanted).json["code"] == ("slot_taken" if code in REASONS else code)
        why = branch.explain(service, start, place, **wanted)
        assert why["bookable"] is False
        assert {r["code"] for r in why["reasons"]} <= REASONS.get(code, {code} & OUTSIDE)
        near = {datetime.fromisoformat(at) for at in why["nearest"]}
        assert {at for at in near if at in branch.candidate_starts()} <= set(offered)
    assert stored_items() == before


def takes_as_many_as_said(
    branch: PlannedStaffBranch, service: str, place: str, start: datetime, available: int
) -> None:
    """Exactly as many bookings succeed as were available, each with another person."""
    with rolled_back():
        replies = [branch.book(service, start, place) for _ in range(available + 1)]
        assert [reply.status for reply in replies] == [201] * available + [409]
        assert replies[-1].json["code"] == "slot_taken"
        branch.require_consistent(*(reply.json["id"] for reply in replies[:-1]))


def is_moved(branch: PlannedStaffBranch, booked: dict[str, Any]) -> None:
    """Staff can move it to every time Schedule offers of its person, and elsewhere only where that person is free."""
    where, url = (booked["service_id"], booked["location_id"]), f"/appointments/{booked['id']}"
    holder = branch.request_as_admin("GET", url).json["staff_id"]
    offered = branch.available_starts(*where, "schedule", staff_id=holder, moving=booked["id"])
    for start in branch.sample_of(sorted(offered), 2) + branch.sample_of(branch.candidate_starts(), 3):
        with rolled_back():
            before = stored_items()
            reply = branch.request_as_admin("PATCH", url, {"start": utc_text(start), "timezone": branch.day.zone})
            if reply.status == 200:
                assert (reply.json["staff_id"], reply.json["start"]) == (holder, utc_text(start))
                branch.require_consistent()
            else:
                assert start not in offered
                assert reply.json["code"] in ("slot_taken", "past")
                assert stored_items() == before
