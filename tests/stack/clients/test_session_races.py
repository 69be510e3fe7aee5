"""Sessions and commencing by itself racing on the real stack: every round ends in figures that agree (D39, D41).

Of one reserved session, whatever ends its appointment first decides what becomes of it. Without the conditions on the
appointment and on the figures it is counted more than once: that is the negative control.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
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
from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.appointments.lifecycle import AdvanceAppointment
from chalicelib.services.clients import entitlements
from chalicelib.services.context import Context
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.on_stack.competing_writers import Together, beside, careless
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch, address, at_once, codes, made

# A developer may ask for fewer while working on it.
ROUNDS = int(os.environ.get("RACE_ROUNDS", "20"))
MISSED = {"contact_attempted": True, "reason": "Nobody answered"}
RIVALS = 4
OVERDUE = 20


@dataclass(frozen=True)
class Desk:
    """A branch, its administrator, and this process beside them."""

    admin: httpx.Client
    branch: Branch

    def client(self, allotted: int = 1) -> str:
        """Somebody new who has been allotted so many sessions."""
        name = secrets.token_hex(6)
        body = {"first_name": "Race", "last_name": name, "email": address(name)}
        client_id: str = made(self.admin.post("/clients", json=body))["id"]
        made(self.admin.put(f"/clients/{client_id}/sessions", json={"allotted": allotted}), 200)
        return client_id

    def reserved(self, client_id: str) -> str:
        """An appointment of theirs with a session kept for it, as a rebooking writes both."""
        body = self.branch.slot() | {"channel": "schedule", "client_id": client_id, "staff": "anyone"}
        appointment_id: str = made(self.admin.post("/appointments", json=body))["id"]
        store = container.store
        found = store.read([Ref.to(Client, client_id), Ref.to(Appointment, appointment_id)])
        client = found.require(Client, client_id)
        work = UnitOfWork()
        work.require_unchanged(client)
        kept = entitlements.reserve(work, store.read(entitlements.refs(client)), client)
        work.save(replace(found.require(Appointment, appointment_id), session=kept))
        store.commit(work)
        return appointment_id

    def act(self, appointment_id: str, what: str, at: timedelta, body: object = None) -> httpx.Response:
        """A step or cancellation so long after the start, by its own clock."""
        headers = {"X-Now": utc_text(self.branch.opening + at)}
        return self.admin.post(f"/appointments/{appointment_id}/{what}", json=body, headers=headers)

    def sessions(self, client_id: str) -> list[int]:
        """Allotted, used, reserved, available."""
        return list(made(self.admin.get(f"/clients/{client_id}/sessions"), 200).values())

    def shown(self, appointment_id: str) -> dict[str, Any]:
        """The appointment."""
        shown: dict[str, Any] = made(self.admin.get(f"/appointments/{appointment_id}"), 200)
        return shown

    def log(self, appointment_id: str) -> list[tuple[str, str]]:
        """What was done to it by whom, newest first."""
        lines = made(self.admin.get(f"/appointments/{appointment_id}/log"), 200)["items"]
        return [(line["action"], line["user"]) for line in lines]

    def sound(self) -> None:
        """Ledger and appointments agree."""
        assert container.ledger_integrity.check(datetime.now(UTC)).differences == ()


@pytest.fixture
def desk(stack: Stack, opened: OpenBranch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with beside(stack, monkeypatch), stack.staff("admin") as admin:
        yield Desk(admin, opened(limit=300))


EARLY, LATE = timedelta(hours=-25), timedelta(minutes=30)


def test_missed_or_called_off_in_time_is_settled_once(desk: Desk) -> None:
    client_id = desk.client(ROUNDS)
    used = 0
    for number in range(ROUNDS):
        mine = desk.reserved(client_id)
        assert desk.sessions(client_id) == [ROUNDS, used, 1, ROUNDS - used - 1]
        cancel = partial(desk.act, mine, "cancel", EARLY, {"within_24h": False})
        miss = partial(desk.act, mine, "no-show", LATE, MISSED)
        answers = at_once([cancel, miss] * 2)
        assert codes(answers) == ["200", *["wrong_state"] * 3], number
        shown = desk.shown(mine)
        assert (shown["state"], shown["session"]) in {("no_show", "used"), ("cancelled", "returned")}
        used += shown["session"] == "used"
        assert desk.sessions(client_id) == [ROUNDS, used, 0, ROUNDS - used]
    desk.sound()


def test_completed_or_called_off_in_time_is_settled_once(desk: Desk) -> None:
    client_id = desk.client(ROUNDS)
    used = 0

    def ended(mine: str) -> list[httpx.Response]:
        return [desk.act(mine, step, LATE) for step in ("serve", "complete")]

    def called_off(mine: str) -> list[httpx.Response]:
        return [desk.act(mine, "cancel", EARLY, {})]

    for _ in range(ROUNDS):
        mine = desk.reserved(client_id)
        made(desk.act(mine, "commence", timedelta(0)), 200)
        runs: list[Callable[[], list[httpx.Response]]] = [partial(ended, mine), partial(called_off, mine)]
        answers = [answer for run in at_once(runs * 2) for answer in run]
        shown = desk.shown(mine)
        completed = shown["state"] == "completed"
        assert (shown["state"], shown["session"]) == (("completed", "used") if completed else ("cancelled", "returned"))
        assert codes(answers).count("200") == (2 if completed else 1)
        used += completed
        assert desk.sessions(client_id) == [ROUNDS, used, 0, ROUNDS - used]
    desk.sound()


def rivals(desk: Desk, appointment_id: str) -> list[str]:
    """Several miss one appointment in this process, all deciding on the same reading; what each was answered."""
    store = Together(RIVALS, "APT#")
    progressing = AdvanceAppointment(store, container.ids, pause)
    boss = Principal("stf_x", "Boss", "boss@example.org", frozenset({Role.ADMIN}))

    def miss() -> str:
        try:
            progressing.mark_no_show(Context(desk.branch.opening + LATE, boss), appointment_id, True, "Nobody answered")
        except Refusal as refusal:
            return refusal.code
        return "done"

    return sorted(at_once([miss] * RIVALS))


def test_rivals_on_one_reading_use_one_session_and_without_the_conditions_they_do_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id = desk.client(2)
    assert rivals(desk, desk.reserved(client_id)) == ["done", *["wrong_state"] * (RIVALS - 1)]
    assert desk.sessions(client_id) == [2, 1, 0, 1]

    mine = desk.reserved(client_id)
    with careless(monkeypatch, "APT#", "CLI#"):
        answers = rivals(desk, mine)
    assert answers.count("done") > 1
    entries = [action for action, _ in desk.log(mine)].count("no_show")
    assert entries == answers.count("done")
    # Put right again: the next who looks must find the figures as they ought to be.
    record = container.store.read([Ref.to(Entitlement, client_id)]).require(Entitlement, client_id)
    work = UnitOfWork()
    work.save(replace(record, used=2, reserved=0))
    container.store.commit(work)
    assert desk.sessions(client_id) == [2, 2, 0, 0]


def test_of_runs_at_once_one_commences_what_is_overdue(stack: Stack, desk: Desk) -> None:
    then = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) - timedelta(days=33)
    client_id, ids = desk.client(), list[str]()
    for number in range(OVERDUE):
        body = desk.branch.slot() | {"channel": "schedule", "client_id": client_id, "staff": "anyone"}
        body["start"] = utc_text(then + timedelta(minutes=30 * number))
        answer = desk.admin.post("/appointments", json=body, headers={"X-Now": utc_text(then - timedelta(days=1))})
        ids.append(made(answer)["id"])
    runs = at_once([partial(stack.invoke, "commence_overdue", {})] * 3)
    assert sum(run["commenced"] for run in runs) <= OVERDUE
    for appointment_id in ids:
        assert desk.shown(appointment_id)["state"] == "in_progress"
        actions = [action for action, _ in desk.log(appointment_id)]
        assert (desk.log(appointment_id)[0], actions) == (("commenced", "System"), ["commenced", "booked"])
    assert stack.invoke("commence_overdue", {}) == {"commenced": 0}
    desk.sound()
