"""Rebookings race on the stack: for one time, for the last session, against the removal of a schedule (D43)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.container import container, pause
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.sessions import Entitlement
from chalicelib.domain.organisation.catalogue import MeetingMethod
from chalicelib.domain.quickview.rebooking import RebookApproach, RebookRequest
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.persistence.store import DynamoStore
from chalicelib.services.availability.availability_reader import AvailabilityReader
from chalicelib.services.context import Context
from chalicelib.services.quickview.rebook_plan import PlanRebooking
from chalicelib.services.quickview.rebooking import RebookAppointment
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.on_stack.competing_writers import BarrierStore, require_consistent, without_conditions
from tests.builders.on_stack.stack_branch import SignedInStaff
from tests.builders.on_stack.stack_rebooking_branch import StackRebookingBranch
from tests.builders.on_stack.stack_requests import body_of, outcomes, problem_codes, race_rounds, run_together

ROUNDS = race_rounds(50)


@pytest.fixture
def branch(beside_stack: None, rebooking_branch: StackRebookingBranch) -> Iterator[StackRebookingBranch]:
    yield rebooking_branch
    require_consistent(rebooking_branch.location_id)


def hour_of_day(branch: StackRebookingBranch, number: int) -> dict[str, str]:
    """A different hour of the client's days for each number."""
    day, clock = divmod(number, 20)
    return {"date": (branch.first_day + timedelta(days=day)).isoformat(), "time": f"{clock:02}:00"}


def test_of_two_rebookings_into_one_time_one_wins(branch: StackRebookingBranch) -> None:
    consultant = branch.consultants[0]
    sources = [branch.create_source_appointment(branch.create_client(), consultant) for _ in range(2)]
    for number in range(ROUNDS):
        when = hour_of_day(branch, number)
        tokens = run_together([partial(branch.token, consultant, source, **when) for source in sources])
        pairs = list(zip(sources, tokens, strict=True))
        responses = run_together([partial(branch.confirm, consultant, *pair) for pair in (*pairs, *pairs)])
        assert Counter(problem_codes(responses)) == {"201": 2, "consultant_conflict": 2}
        (booked,) = {a.json()["id"] for a in responses if a.status_code == 201}
        assert booked in {a.json()["id"] for a in (responses[0], responses[1]) if a.status_code == 201}
        require_consistent(branch.location_id)


def test_a_removed_schedule_is_booked_before_its_removal_or_never(branch: StackRebookingBranch) -> None:
    consultant, client = branch.consultants[0], branch.create_client()
    source = branch.create_source_appointment(client, consultant)
    codes: Counter[str] = Counter()
    for number in range(ROUNDS):
        schedule_id = branch.add_open_schedule(consultant)
        when = {**hour_of_day(branch, number), "work_schedule_id": schedule_id}
        token, late = (branch.token(consultant, source, **when) for _ in range(2))
        booked, removed = run_together(
            [
                partial(branch.confirm, consultant, source, token),
                partial(branch.remove_schedule, consultant, schedule_id),
            ]
        )
        assert removed.status_code == 204, removed.text
        (code,) = problem_codes([booked])
        assert code in ("201", "schedule_changed"), booked.text
        assert problem_codes([branch.confirm(consultant, source, late)]) == ["schedule_changed"]
        codes[code] += 1
    assert len(branch.rebooked(client)) == codes["201"]


def test_the_last_session_is_reserved_once(branch: StackRebookingBranch) -> None:
    """With two consultants, so that only the client's sessions conflict."""
    client = branch.create_client()
    pairs = [(consultant, branch.create_source_appointment(client, consultant)) for consultant in branch.consultants]
    for number in range(ROUNDS):
        branch.allot_sessions(client["id"], number + 1)
        when = hour_of_day(branch, number)
        tokens = run_together([partial(branch.token, consultant, source, **when) for consultant, source in pairs])
        calls = [(consultant, source, token) for (consultant, source), token in zip(pairs, tokens, strict=True)]
        responses = run_together([partial(branch.confirm, *call) for call in calls])
        assert Counter(problem_codes(responses)) == {"201": 1, "no_sessions": 1}
        expected = {"allotted": number + 1, "used": 0, "reserved": number + 1, "available": 0}
        assert branch.sessions(client["id"]) == expected
    assert len(branch.rebooked(client)) == ROUNDS


# Negative controls ----------------------------------------------------------------------------------------------------


def rebook_use_case(store: DynamoStore) -> RebookAppointment:
    """The use case in this process on the stack's table."""
    plans = PlanRebooking(store, container.client_directory, AvailabilityReader(store))
    return RebookAppointment(store, plans, container.ids, pause, lambda: "the key of this test")


def rebook_call(
    branch: StackRebookingBranch, consultant: SignedInStaff, source: str, store: DynamoStore, hour: int
) -> Callable[[], Appointment]:
    """Preview a rebooking on the first day; the call books it."""
    caller = Principal(consultant.id, "Consultant", "", frozenset({Role.STAFF}), frozenset({branch.location_id}))
    context = Context(datetime.now(UTC), caller, Channel.QUICK_VIEW)
    schedule_id = branch.schedules[consultant.id]
    when = branch.first_day, time(hour)
    request = RebookRequest(RebookApproach.MANUAL, schedule_id, MeetingMethod.PHONE, *when)
    token = rebook_use_case(container.store).preview(context, source, request).token
    return lambda: rebook_use_case(store).book(context, source, token).appointment


def compete(
    branch: StackRebookingBranch, pairs: list[tuple[SignedInStaff, str]], hour: int
) -> tuple[list[Appointment], Counter[str]]:
    """Rebook each source with its consultant on the same reading: the appointments, and the refusals by code."""
    store = BarrierStore(len(pairs), "CAL#stf_")
    return outcomes([rebook_call(branch, consultant, source, store, hour) for consultant, source in pairs])


def cancel(branch: StackRebookingBranch, *booked: Appointment) -> None:
    for appointment in booked:
        body_of(branch.admin.post(f"/appointments/{appointment.id}/cancel", json={}))


def test_without_sheet_and_team_conditions_two_have_the_consultant_at_once(
    branch: StackRebookingBranch, monkeypatch: pytest.MonkeyPatch
) -> None:
    consultant = branch.consultants[0]
    pairs = [(consultant, branch.create_source_appointment(branch.create_client(), consultant)) for _ in range(2)]
    booked, refused = compete(branch, pairs, 8)
    assert (len(booked), refused) == (1, {"consultant_conflict": 1})
    with without_conditions(monkeypatch, "CAL#stf_", "TEAM#"):
        booked, refused = compete(branch, pairs, 12)
    assert (len(booked), refused) == (2, {})
    assert container.ledger_integrity.check(datetime.now(UTC), [branch.location_id]).differences != ()
    cancel(branch, *booked)


def test_without_the_sessions_condition_one_session_is_reserved_twice(
    branch: StackRebookingBranch, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = branch.create_client()
    pairs = [(consultant, branch.create_source_appointment(client, consultant)) for consultant in branch.consultants]
    branch.allot_sessions(client["id"], 1)
    booked, refused = compete(branch, pairs, 8)
    assert (len(booked), refused) == (1, {"no_sessions": 1})
    branch.allot_sessions(client["id"], 2)
    with without_conditions(monkeypatch, "CLI#"):
        booked, refused = compete(branch, pairs, 12)
    assert (len(booked), refused) == (2, {})
    # Three appointments have a session, but only two are reserved.
    assert branch.sessions(client["id"])["reserved"] == 2
    cancel(branch, booked[0])
    stored = container.store.read([Ref.to(Entitlement, client["id"])]).require(Entitlement, client["id"])
    work = UnitOfWork()
    work.save(stored.with_reservation())
    container.store.commit(work)


def test_without_the_rotas_condition_a_removed_schedule_is_booked(
    branch: StackRebookingBranch, monkeypatch: pytest.MonkeyPatch
) -> None:
    consultant = branch.consultants[0]
    source = branch.create_source_appointment(branch.create_client(), consultant)

    class InterruptedStore(DynamoStore):
        """Removes the schedule just before the commit."""

        def commit(self, work: UnitOfWork, *rest: Any) -> None:
            if branch.schedules[consultant.id]:
                assert branch.remove_schedule(consultant, branch.schedules[consultant.id]).status_code == 204
                branch.schedules[consultant.id] = ""
            super().commit(work, *rest)

    def interrupted(hour: int) -> tuple[list[Appointment], Counter[str]]:
        store = InterruptedStore(container.store._connection, container.store._now)
        return outcomes([rebook_call(branch, consultant, source, store, hour)])

    assert interrupted(8) == ([], {"schedule_changed": 1})
    branch.schedules[consultant.id] = branch.add_open_schedule(consultant)
    with without_conditions(monkeypatch, "ROTA#"):
        booked, _ = interrupted(12)
    assert len(booked) == 1
