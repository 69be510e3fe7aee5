"""Two decisions on one request at the same moment: one wins, and the client gets one message (case 22, D28)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from chalicelib.container import container, pause
from chalicelib.domain.organisation.statuses import StatusPredicate
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.services.appointments.cancellation import CancelAppointment
from chalicelib.services.appointments.status_change import ChangeStatus, StatusChangeRequest
from chalicelib.services.context import Context
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.on_stack.competing_writers import BarrierStore, without_conditions
from tests.builders.on_stack.local_stack import Eventually
from tests.builders.on_stack.stack_block_branch import OpenBranch, StackBlockBranch
from tests.builders.on_stack.stack_branch import email_address
from tests.builders.on_stack.stack_requests import created, outcomes, problem_codes, race_rounds, run_together
from tests.builders.on_stack.stack_statuses import CANCELLATION, CONFIRMATION, START, StackStatuses

ROUNDS = race_rounds(50)
ADMIN = Principal("stf_race", "Race", "race@example.org", frozenset({Role.ADMIN}))
Booked = dict[str, Any]


@dataclass
class StatusRace:
    """One request of the branch in each round, and the checks once all rounds are over."""

    branch: StackBlockBranch
    statuses: StackStatuses
    winners: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.before = Counter(self.statuses.appointment_counts())
        self.names = [f"race{n}-{self.branch.location_id[-8:].lower()}" for n in range(ROUNDS)]

    def requests(self) -> Iterator[Booked]:
        """A new request for each round."""
        for name in self.names:
            yield created(self.branch.book(guest=name))

    def record_winner(self, booked: Booked) -> None:
        """History, state and status agree on one decision; count it."""
        winner, *rest = self.statuses.history(booked)
        assert rest == [START]
        shown = self.branch.client_view(booked)
        state = "booked" if winner == CONFIRMATION else "cancelled"
        assert (shown["status"]["predicate"], shown["state"]) == (winner, state)
        self.winners[winner] += 1

    def require_one_decision_each(self, eventually: Eventually) -> None:
        """Each client gets one decision, the branch each confirmation; free seats and status counts are right."""
        assert eventually(lambda: all(len(self.decisions(name)) == 1 for name in self.names))
        self.branch.stack.deliver_messages(runs=2)
        sent = Counter(decision for name in self.names for decision in self.decisions(name))
        confirmed = self.winners[CONFIRMATION]
        assert sent == Counter({"Confirmed": confirmed, "Cancelled": self.winners[CANCELLATION]})
        assert Counter(self.branch.subjects(self.branch.email)) == Counter({"Booked": confirmed})
        assert self.branch.available_starts().get(self.branch.start(), 0) == ROUNDS - confirmed
        self.branch.stack.require_consistent()
        assert Counter(self.statuses.appointment_counts()) == self.before + self.winners

    def decisions(self, name: str) -> list[str]:
        """The subjects of all messages to a client but receipts of the request."""
        subjects = self.branch.subjects(email_address(name))
        return [subject for subject in subjects if not subject.startswith("We received")]


@pytest.fixture
def branch(open_branch: OpenBranch) -> StackBlockBranch:
    """A branch with a seat for each round."""
    return open_branch(limit=ROUNDS)


@pytest.fixture
def race(branch: StackBlockBranch, statuses: StackStatuses) -> StatusRace:
    return StatusRace(branch, statuses)


def test_confirm_against_reject(race: StatusRace, eventually: Eventually) -> None:
    for booked in race.requests():
        responses = run_together([partial(race.statuses.confirm, booked), partial(race.statuses.reject, booked)])
        assert problem_codes(responses) == ["200", "status_changed"]
        race.record_winner(booked)
    race.require_one_decision_each(eventually)


def test_two_confirms(race: StatusRace, eventually: Eventually) -> None:
    for booked in race.requests():
        responses = run_together([partial(race.statuses.confirm, booked)] * 2)
        assert problem_codes(responses) == ["200", "status_changed"]
        race.record_winner(booked)
    assert race.winners == {CONFIRMATION: ROUNDS}
    race.require_one_decision_each(eventually)


class CompetingDecisions:
    """Decisions of staff and client in this process on the same reading of the stack's table."""

    def __init__(self, race: StatusRace) -> None:
        store = BarrierStore(2, "APT#")
        self.cancel_appointment = CancelAppointment(store, container.ids, pause)
        self.change_status = ChangeStatus(store, self.cancel_appointment, container.ids, pause)
        self.confirmation = StatusChangeRequest(race.statuses.id(CONFIRMATION))

    def confirm(self, booked: Booked) -> object:
        """Confirm as staff."""
        context = Context(datetime.now(UTC), ADMIN, Channel.DASHBOARD)
        return self.change_status.move(context, booked["id"], self.confirmation)

    def cancel(self, booked: Booked) -> object:
        """Cancel as the client."""
        context = Context(datetime.now(UTC))
        return self.cancel_appointment.cancel_by_client(context, booked["id"], booked["code"], "Ill")


@pytest.fixture
def competing(beside_stack: None, race: StatusRace) -> CompetingDecisions:
    return CompetingDecisions(race)


def test_confirm_against_the_client_who_cancels(
    race: StatusRace, competing: CompetingDecisions, eventually: Eventually
) -> None:
    """The second is refused; a client whose request was confirmed in that moment may look and cancel again."""
    for booked in race.requests():
        succeeded, refused = outcomes([partial(competing.confirm, booked), partial(competing.cancel, booked)])
        assert (len(succeeded), refused) == (1, {"status_changed": 1})
        race.record_winner(booked)
    race.require_one_decision_each(eventually)


def test_without_its_condition_both_win(
    race: StatusRace, competing: CompetingDecisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = created(race.branch.book())
    with without_conditions(monkeypatch, "APT#"):
        succeeded, refused = outcomes([partial(competing.confirm, booked)] * 2)
    assert (len(succeeded), refused) == (2, {})
    assert [line["action"] for line in race.branch.log(booked["id"])] == ["confirmed", "confirmed", "booked"]
    after = race.statuses.appointment_counts()
    assert after[CONFIRMATION] - race.before[CONFIRMATION] == 2
    work = UnitOfWork()
    work.status_counts[race.statuses.id(START), StatusPredicate.START, booked["id"]] = 1
    work.status_counts[race.statuses.id(CONFIRMATION), StatusPredicate.BOOKING_CONFIRMATION, booked["id"]] = -1
    container.store.commit(work)
