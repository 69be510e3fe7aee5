"""Requests that end an appointment and the job that starts it race on the stack: session figures agree (D39, D41).

The first request to end an appointment decides whether its session is used or returned. Negative control: without the
conditions on appointment and sessions it is counted more than once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from chalicelib.container import container, pause
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.clients.sessions import Entitlement
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.appointments.lifecycle import AdvanceAppointment
from chalicelib.services.clients import session_reservations
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.on_stack.competing_writers import BarrierStore, without_conditions
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_block_branch import StackBlockBranch
from tests.builders.on_stack.stack_requests import body_of, created, outcomes, problem_codes, race_rounds, run_together

ROUNDS = race_rounds(20)
MISSED = {"contact_attempted": True, "reason": "Nobody answered"}
COMPETITORS = 4
ADMIN = frozenset({Role.ADMIN})
OVERDUE = 20


EARLY, LATE = timedelta(hours=-25), timedelta(minutes=30)


@dataclass(frozen=True)
class SessionRace:
    """Appointments of one branch for which a session is reserved, and the requests about them."""

    branch: StackBlockBranch

    def create_client(self, sessions: int = 1) -> str:
        """The id of a new client with so many sessions allotted."""
        client_id = str(self.branch.create_client()["id"])
        self.branch.allot_sessions(client_id, sessions)
        return client_id

    def book(self, client_id: str, **request: Any) -> str:
        """The id of a new appointment."""
        return str(created(self.branch.book_by_staff(client_id=client_id, staff="anyone", **request))["id"])

    def book_with_session(self, client_id: str) -> str:
        """The id of a new appointment with a session reserved, written as a rebooking writes both."""
        appointment_id = self.book(client_id)
        store = container.store
        found = store.read([Ref.to(Client, client_id), Ref.to(Appointment, appointment_id)])
        client = found.require(Client, client_id)
        work = UnitOfWork()
        work.require_unchanged(client)
        session = session_reservations.reserve(work, store.read(session_reservations.refs(client)), client)
        work.save(replace(found.require(Appointment, appointment_id), session=session))
        store.commit(work)
        return appointment_id

    def act(self, appointment_id: str, action: str, after: timedelta, body: object = None) -> httpx.Response:
        """Advance or cancel an appointment at this time after its start."""
        headers = {"X-Now": utc_text(self.branch.opening + after)}
        return self.branch.admin.post(f"/appointments/{appointment_id}/{action}", json=body, headers=headers)

    def sessions(self, client_id: str) -> list[int]:
        """Allotted, used, reserved, available."""
        return list(self.branch.sessions(client_id).values())

    def log(self, appointment_id: str) -> list[tuple[str, str]]:
        """The actions and their users, newest first."""
        return [(line["action"], line["user"]) for line in self.branch.log(appointment_id)]


@pytest.fixture
def race(beside_stack: None, consistent: None, branch: StackBlockBranch) -> SessionRace:
    return SessionRace(branch)


def test_a_no_show_or_an_early_cancellation_settles_the_session_once(race: SessionRace) -> None:
    client_id = race.create_client(ROUNDS)
    used = 0
    for number in range(ROUNDS):
        appointment_id = race.book_with_session(client_id)
        assert race.sessions(client_id) == [ROUNDS, used, 1, ROUNDS - used - 1]
        cancel = partial(race.act, appointment_id, "cancel", EARLY, {"within_24h": False})
        miss = partial(race.act, appointment_id, "no-show", LATE, MISSED)
        responses = run_together([cancel, miss] * 2)
        assert problem_codes(responses) == ["200", *["wrong_state"] * 3], number
        shown = race.branch.appointment(appointment_id)
        assert (shown["state"], shown["session"]) in {("no_show", "used"), ("cancelled", "returned")}
        used += shown["session"] == "used"
        assert race.sessions(client_id) == [ROUNDS, used, 0, ROUNDS - used]


def test_completion_or_an_early_cancellation_settles_the_session_once(race: SessionRace) -> None:
    client_id = race.create_client(ROUNDS)
    used = 0

    def complete(appointment_id: str) -> list[httpx.Response]:
        return [race.act(appointment_id, step, LATE) for step in ("serve", "complete")]

    def cancel(appointment_id: str) -> list[httpx.Response]:
        return [race.act(appointment_id, "cancel", EARLY, {})]

    for _ in range(ROUNDS):
        appointment_id = race.book_with_session(client_id)
        body_of(race.act(appointment_id, "commence", timedelta(0)))
        runs: list[Callable[[], list[httpx.Response]]] = [
            partial(complete, appointment_id),
            partial(cancel, appointment_id),
        ]
        responses = [response for run in run_together(runs * 2) for response in run]
        shown = race.branch.appointment(appointment_id)
        completed = shown["state"] == "completed"
        assert (shown["state"], shown["session"]) == (("completed", "used") if completed else ("cancelled", "returned"))
        assert problem_codes(responses).count("200") == (2 if completed else 1)
        used += completed
        assert race.sessions(client_id) == [ROUNDS, used, 0, ROUNDS - used]


def compete(race: SessionRace, appointment_id: str) -> tuple[int, Counter[str]]:
    """How many of several no-shows of one appointment succeed on the same reading, and the refusals."""
    lifecycle = AdvanceAppointment(BarrierStore(COMPETITORS, "APT#"), container.ids, pause)
    context = Context(race.branch.opening + LATE, Principal("stf_x", "Boss", "boss@example.org", ADMIN))
    miss = partial(lifecycle.mark_no_show, context, appointment_id, True, "Nobody answered")
    succeeded, refused = outcomes([miss] * COMPETITORS)
    return len(succeeded), refused


def test_competing_no_shows_use_one_session_and_more_without_the_conditions(
    race: SessionRace, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id = race.create_client(2)
    assert compete(race, race.book_with_session(client_id)) == (1, {"wrong_state": COMPETITORS - 1})
    assert race.sessions(client_id) == [2, 1, 0, 1]

    appointment_id = race.book_with_session(client_id)
    with without_conditions(monkeypatch, "APT#", "CLI#"):
        succeeded, _ = compete(race, appointment_id)
    assert succeeded > 1
    assert [action for action, _ in race.log(appointment_id)].count("no_show") == succeeded
    # Correct the sessions: the integrity check at the end covers them too.
    record = container.store.read([Ref.to(Entitlement, client_id)]).require(Entitlement, client_id)
    work = UnitOfWork()
    work.save(replace(record, used=2, reserved=0))
    container.store.commit(work)
    assert race.sessions(client_id) == [2, 2, 0, 0]


def test_concurrent_jobs_start_overdue_appointments_once(stack: LocalStack, race: SessionRace) -> None:
    then = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) - timedelta(days=33)
    client_id, ids = race.create_client(), list[str]()
    for number in range(OVERDUE):
        headers = {"X-Now": utc_text(then - timedelta(days=1))}
        ids.append(race.book(client_id, start=utc_text(then + timedelta(minutes=30 * number)), headers=headers))
    runs = run_together([partial(stack.invoke, "commence_overdue", {})] * 3)
    assert sum(run["commenced"] for run in runs) <= OVERDUE
    for appointment_id in ids:
        assert race.branch.appointment(appointment_id)["state"] == "in_progress"
        actions = [action for action, _ in race.log(appointment_id)]
        assert (race.log(appointment_id)[0], actions) == (("commenced", "System"), ["commenced", "booked"])
    assert stack.invoke("commence_overdue", {}) == {"commenced": 0}
