"""Free staff time through HTTP: whatever is offered can be booked, nothing else can, nobody is booked twice (D1, D46).

Hypothesis makes hours, closures, schedules in other zones, absences, limits, languages and buffers at two locations,
and lets clients and staff book, hold, move, cancel, claim, hand over and override there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from chalicelib.domain.shared.times import utc_text
from tests.builders.generators.block_day_plans import DAYS, Day
from tests.builders.generators.staff_day_plans import LANGUAGES, Plan, plans
from tests.builders.in_process.planned_block_branch import rows, undone
from tests.builders.in_process.planned_staff_branch import StaffBranch
from tests.builders.records.staff_plan_records import LOCATIONS, PEOPLE, SERVICES
from tests.integration.conftest import forget_singletons

NOBODY = {"closed", "holiday", "staff_not_working", "staff_busy", "daily_limit"}
REASONS = {"slot_taken": NOBODY, "no_staff_for_language": {"language_unavailable"}}
OUTSIDE = {"past", "too_soon", "too_far", "off_grid"}

# One table serves all examples of a day: each of them takes back what it wrote.
examples = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# An ordinary day, one on which an hour comes twice, one whose clocks move by half an hour.
each_day = pytest.mark.parametrize("day", [DAYS[0], DAYS[2], DAYS[4]], ids=str)


@pytest.fixture
def local(table: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STAGE", "local")
    forget_singletons()
    yield
    forget_singletons()


@each_day
@examples
@given(plan=plans(), data=st.data())
def test_a_stranger_books_what_is_offered_and_nothing_else(
    day: Day, plan: Plan, data: st.DataObject, local: None
) -> None:
    with undone():
        branch = StaffBranch(day, plan)
        branch.require_sound()
        for service, place in branch.offerings():
            wanted = data.draw(preferences(branch, service, place))
            offered = branch.offers(service, place, **wanted)
            for start in branch.sample(sorted(offered), 3):
                books(branch, service, place, start, wanted)
            refuses_the_rest(branch, service, place, offered, wanted)


@each_day
@examples
@given(plan=plans())
def test_as_many_book_one_after_the_other_as_staff_are_said_to_be_free(day: Day, plan: Plan, local: None) -> None:
    with undone():
        branch = StaffBranch(day, plan)
        for service, place in branch.offerings():
            for start, available in branch.sample(sorted(branch.offers(service, place).items()), 1):
                takes_as_many_as_said(branch, service, place, start, available)


@each_day
@examples
@given(plan=plans())
def test_through_the_contact_centre_lead_time_does_not_count_and_the_rest_does(
    day: Day, plan: Plan, local: None
) -> None:
    with undone():
        branch = StaffBranch(day, plan)
        for service, place in branch.offerings():
            offered = branch.offers(service, place, "contact_centre")
            assert branch.offers(service, place).items() <= offered.items()
            for start in branch.sample(sorted(offered), 2):
                with undone():
                    reply = branch.desk("contact_centre", service, place, start)
                    assert reply.status == 201, reply.text
                    branch.require_apart(reply.json["id"])
            for start in branch.refusable(offered):
                refused = branch.desk("contact_centre", service, place, start)
                assert refused.json["code"] in {"slot_taken", *OUTSIDE}


@each_day
@examples
@given(plan=plans())
def test_through_schedule_a_time_is_taken_if_and_only_if_somebody_is_free_then(
    day: Day, plan: Plan, local: None
) -> None:
    with undone():
        branch = StaffBranch(day, plan)
        for service, place in branch.offerings():
            offered = branch.offers(service, place, "schedule")
            assert branch.offers(service, place, "contact_centre").items() <= offered.items()
            for start in branch.sample(sorted(offered), 2):
                with undone():
                    assert branch.desk("schedule", service, place, start).status == 201
            for start in branch.sample(branch.probes(), 3):
                with undone():
                    # Off the grid of what is offered too; whoever got it had nothing else.
                    reply = branch.desk("schedule", service, place, start)
                    taken = [reply.json["id"]] if reply.status == 201 else []
                    assert taken or reply.json["code"] in ("slot_taken", "past")
                    branch.require_apart(*taken)


@each_day
@examples
@given(plan=plans())
def test_who_holds_or_moves_gets_what_they_are_offered(day: Day, plan: Plan, local: None) -> None:
    with undone():
        branch = StaffBranch(day, plan)
        for held in branch.sample(branch.holds, 2):
            confirms(branch, held)
        for booked in branch.sample(branch.movable, 2):
            moves(branch, booked)
            is_moved(branch, booked)
        branch.require_sound()


@st.composite
def preferences(draw: st.DrawFn, branch: StaffBranch, service: str, place: str) -> dict[str, str]:
    """Anyone, one of those who offer the service there, or a language whether anybody speaks it or not."""
    number, there = SERVICES.index(service), LOCATIONS.index(place)
    planned = zip(PEOPLE, branch.plan.people, strict=True)
    people = [id_ for id_, p in planned if number in p.services and (p.travels or there == 0)]
    wishes = [{}, {}, *({"staff_id": id_} for id_ in people), *({"language": spoken} for spoken in LANGUAGES)]
    return dict(draw(st.sampled_from(wishes)))


def books(branch: StaffBranch, service: str, place: str, start: datetime, wanted: dict[str, str]) -> None:
    """Books an offered start with whom was wanted, then takes it back."""
    with undone():
        reply = branch.book(service, place, start, **wanted)
        assert (reply.status, reply.json.get("start")) == (201, start.strftime("%Y-%m-%dT%H:%M:%SZ")), reply.text
        branch.require_apart(reply.json["id"])


def refuses_the_rest(
    branch: StaffBranch, service: str, place: str, offered: dict[datetime, int], wanted: dict[str, str]
) -> None:
    """Starts that are not offered are refused, whichever way one asks, for one reason; nothing is written."""
    before = rows()
    for start in branch.refusable(offered):
        refused = branch.book(service, place, start, **wanted)
        code = refused.json["code"]
        assert (refused.status == 409) == (code in REASONS)
        held = branch.hold(service, place, start, **wanted)
        assert held.json["code"] == ("slot_taken" if code in REASONS else code)
        why = branch.explained(service, place, start, **wanted)
        assert why["bookable"] is False
        assert {r["code"] for r in why["reasons"]} <= REASONS.get(code, {code} & OUTSIDE)
        near = {datetime.fromisoformat(at) for at in why["nearest"]}
        assert {at for at in near if at in branch.probes()} <= set(offered)
    assert rows() == before


def takes_as_many_as_said(branch: StaffBranch, service: str, place: str, start: datetime, available: int) -> None:
    """One after the other books until nobody is free: as many as ``available`` said, each with somebody else."""
    with undone():
        replies = [branch.book(service, place, start) for _ in range(available + 1)]
        assert [reply.status for reply in replies] == [201] * available + [409]
        assert replies[-1].json["code"] == "slot_taken"
        branch.require_sound(*(reply.json["id"] for reply in replies[:-1]))


def confirms(branch: StaffBranch, held: dict[str, Any]) -> None:
    """The holder books whatever is offered to them and nothing else."""
    where, token = (held["service_id"], held["location_id"]), held["token"]
    offered = branch.offers(*where, hold=token)
    for start in branch.sample(sorted(offered), 4):
        with undone():
            reply = branch.book(*where, start, hold_token=token)
            assert reply.status == 201, reply.text
            assert not any(held["id"] in str(row) for key, row in rows().items() if key.startswith("CAL#"))
            branch.require_apart(reply.json["id"])
    for start in branch.refusable(offered):
        assert branch.book(*where, start, hold_token=token).json["code"] in {"slot_taken", *OUTSIDE}


def moves(branch: StaffBranch, booked: dict[str, Any]) -> None:
    """Whoever moves gets whatever is offered to them and nothing else, and then keeps what they had."""
    offered = branch.offers_to_move(booked)
    for start in branch.sample(sorted(offered), 4):
        with undone():
            reply = branch.move(booked, start)
            assert reply.status == 200, reply.text
            branch.require_apart()
    before = rows()
    for start in branch.refusable(offered):
        assert branch.move(booked, start).json["code"] in {"slot_taken", *OUTSIDE}
    assert rows() == before


def is_moved(branch: StaffBranch, booked: dict[str, Any]) -> None:
    """Staff move it to whatever Schedule offers of the person who has it, and elsewhere only where nothing is near."""
    where, url = (booked["service_id"], booked["location_id"]), f"/appointments/{booked['id']}"
    holder = branch.boss("GET", url).json["staff_id"]
    offered = branch.offers(*where, "schedule", staff_id=holder, moving=booked["id"])
    for start in branch.sample(sorted(offered), 2) + branch.sample(branch.probes(), 3):
        with undone():
            before = rows()
            reply = branch.boss("PATCH", url, {"start": utc_text(start), "timezone": branch.day.zone})
            if reply.status == 200:
                assert (reply.json["staff_id"], reply.json["start"]) == (holder, utc_text(start))
                branch.require_sound()
            else:
                assert start not in offered
                assert reply.json["code"] in ("slot_taken", "past")
                assert rows() == before
