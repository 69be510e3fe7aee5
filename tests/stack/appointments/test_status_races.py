"""Two who decide on one request at the same moment: one wins, and the client hears of one thing (case 22, D28)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.container import container, pause
from chalicelib.domain.organisation.statuses import StatusPredicate
from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.appointments.cancellation import CancelAppointment
from chalicelib.services.appointments.status_change import ChangeStatus, StatusChangeRequest
from chalicelib.services.context import Context
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.on_stack.competing_writers import Together, beside, careless
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import OpenBranch, address, at_once, codes, made
from tests.builders.on_stack.stack_status_decisions import Approval
from tests.builders.on_stack.stack_status_steps import CANCELLATION, CONFIRMATION, START, switched_on

ROUNDS = 50
ADMIN = Principal("stf_race", "Race", "race@example.org", frozenset({Role.ADMIN}))
Eventually = Callable[[Callable[[], bool]], bool]
Booked = dict[str, Any]


class Race:
    """Rounds on one branch, each about a request of its own, and what must be so when they are over."""

    def __init__(self, stack: Stack, approval: Approval) -> None:
        self.stack = stack
        self.approval = approval
        self.branch = approval.branch
        self.before = Counter(approval.held())
        self.names = [f"race{n}-{self.branch.location_id[-8:].lower()}" for n in range(ROUNDS)]
        self.winners: Counter[str] = Counter()

    def requests(self) -> Iterator[tuple[str, Booked]]:
        """A new request for each round."""
        for name in self.names:
            yield name, made(self.branch.book(name))

    def won(self, booked: Booked) -> None:
        """The one decision there is: the history, the state and the answer of the page say the same."""
        winner, *rest = self.approval.history(booked)
        assert rest == [START]
        shown = self.branch.shown(booked)
        state = "booked" if winner == CONFIRMATION else "cancelled"
        assert (shown["status"]["predicate"], shown["state"]) == (winner, state)
        self.winners[winner] += 1

    def over(self, eventually: Eventually) -> None:
        """Everybody has heard of one decision, the branch of every confirmation; places and counts are right."""
        assert eventually(lambda: all(len(self.decisions(name)) == 1 for name in self.names))
        later = utc_text(datetime.now(UTC) + timedelta(minutes=10))
        at_once([lambda: self.stack.invoke("deliver_due", {"now": later})] * 2)
        heard = Counter(decision for name in self.names for decision in self.decisions(name))
        confirmed = self.winners[CONFIRMATION]
        assert heard == Counter({"Confirmed": confirmed, "Cancelled": self.winners[CANCELLATION]})
        assert Counter(self.branch.subjects(self.branch.email)) == Counter({"Booked": confirmed})
        assert self.branch.offers().get(self.branch.start(), 0) == ROUNDS - confirmed
        assert self.stack.invoke("check_integrity", {})["differences"] == 0
        assert Counter(self.approval.held()) == self.before + self.winners

    def decisions(self, name: str) -> list[str]:
        """What a client was sent but receipts of the request."""
        return [subject for subject in self.branch.subjects(address(name)) if not subject.startswith("We received")]


@pytest.fixture
def race(stack: Stack, opened: OpenBranch) -> Iterator[Race]:
    """A branch where every round has a seat."""
    branch = opened(limit=ROUNDS)
    with switched_on(branch.admin, branch.service_id) as pipeline:
        yield Race(stack, Approval(branch, pipeline))


def test_confirm_against_reject(race: Race, eventually: Eventually) -> None:
    for _, booked in race.requests():
        answers = at_once([partial(race.approval.confirm, booked), partial(race.approval.reject, booked)])
        assert codes(answers) == ["200", "status_changed"]
        race.won(booked)
    race.over(eventually)


def test_two_confirms(race: Race, eventually: Eventually) -> None:
    for _, booked in race.requests():
        answers = at_once([partial(race.approval.confirm, booked)] * 2)
        assert codes(answers) == ["200", "status_changed"]
        race.won(booked)
    assert race.winners == {CONFIRMATION: ROUNDS}
    race.over(eventually)


class Rivals:
    """Staff and client in this process, on the stack's table, who decide on the very same reading."""

    def __init__(self, race: Race) -> None:
        store = Together(2, "APT#")
        self.cancelling = CancelAppointment(store, container.ids, pause)
        self.approving = ChangeStatus(store, self.cancelling, container.ids, pause)
        self.confirmation = race.approval.id(CONFIRMATION)

    def confirm(self, booked: Booked) -> str:
        """The confirmation."""
        context = Context(datetime.now(UTC), ADMIN, Channel.DASHBOARD)
        return code(lambda: self.approving.move(context, booked["id"], StatusChangeRequest(self.confirmation)))

    def cancel(self, booked: Booked) -> str:
        """The client's own cancellation."""
        context = Context(datetime.now(UTC))
        return code(lambda: self.cancelling.cancel_by_client(context, booked["id"], booked["code"], "Ill"))


def code(act: Callable[[], object]) -> str:
    """How it ended."""
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return "done"


@pytest.fixture
def rivals(stack: Stack, race: Race, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rivals]:
    """Both of them."""
    with beside(stack, monkeypatch):
        yield Rivals(race)


def test_confirm_against_the_client_who_cancels(race: Race, rivals: Rivals, eventually: Eventually) -> None:
    """Whoever is second is told so; a client who was confirmed at that very moment may look, and cancel again."""
    for _, booked in race.requests():
        said = at_once([partial(rivals.confirm, booked), partial(rivals.cancel, booked)])
        assert sorted(said) == ["done", "status_changed"]
        race.won(booked)
    race.over(eventually)


def test_without_its_condition_both_win(race: Race, rivals: Rivals, monkeypatch: pytest.MonkeyPatch) -> None:
    booked = made(race.branch.book())
    with careless(monkeypatch, "APT#"):
        assert at_once([partial(rivals.confirm, booked)] * 2) == ["done", "done"]
    log = made(race.branch.admin.get(f"/appointments/{booked['id']}/log"), 200)["items"]
    assert [line["action"] for line in log] == ["confirmed", "confirmed", "booked"]
    after = race.approval.held()
    assert after[CONFIRMATION] - race.before[CONFIRMATION] == 2
    work = UnitOfWork()
    work.status_counts[race.approval.id(START), StatusPredicate.START, booked["id"]] = 1
    work.status_counts[race.approval.id(CONFIRMATION), StatusPredicate.BOOKING_CONFIRMATION, booked["id"]] = -1
    container.store.commit(work)
