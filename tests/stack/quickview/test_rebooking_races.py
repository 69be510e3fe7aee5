"""Rebookings that race on the real stack: for one time, for the last session, against a schedule's removal (D43)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.container import container, pause
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.sessions import Entitlement
from chalicelib.domain.organisation.catalog import MeetingMethod
from chalicelib.domain.quickview.rebooking import RebookApproach, RebookRequest
from chalicelib.domain.shared.errors import Refusal
from chalicelib.domain.shared.events import Channel
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.persistence.store import DynamoStore
from chalicelib.services.availability.availability_reader import AvailabilityReader
from chalicelib.services.context import Context
from chalicelib.services.quickview.rebook_plan import PlanRebooking
from chalicelib.services.quickview.rebooking import RebookAppointment
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.on_stack.competing_writers import Together, beside, careless
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import at_once, codes
from tests.builders.on_stack.stack_rebooking_branch import Practice, open_practice
from tests.builders.on_stack.stack_staff_branch import Worker

ROUNDS = 50


@pytest.fixture
def practice(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    """A practice on the stack, whose table this process uses too."""
    with stack.staff("admin") as admin, beside(stack, monkeypatch):
        opened = open_practice(stack, admin)
        yield opened
        opened.close()
        require_sound(opened)


def require_sound(practice: Practice) -> None:
    """Ledger and appointments agree."""
    report = container.ledger_integrity.check(datetime.now(UTC), [practice.location_id])
    assert (report.differences, report.stale_team_members) == ((), ())


def hour(practice: Practice, number: int) -> dict[str, str]:
    """Another hour of the client's days for each number."""
    day, clock = divmod(number, 20)
    return {"date": (practice.first_day + timedelta(days=day)).isoformat(), "time": f"{clock:02}:00"}


def test_of_two_into_the_same_time_one_wins_however_often_they_click(practice: Practice) -> None:
    who = practice.consultants[0]
    sources = [practice.attended(practice.client(), who) for _ in range(2)]
    for number in range(ROUNDS):
        when = hour(practice, number)
        tokens = at_once([partial(practice.token, who, source, **when) for source in sources])
        pairs = list(zip(sources, tokens, strict=True))
        answers = at_once([partial(practice.confirm, who, *pair) for pair in (*pairs, *pairs)])
        assert Counter(codes(answers)) == {"201": 2, "consultant_conflict": 2}
        (booked,) = {a.json()["id"] for a in answers if a.status_code == 201}
        assert booked in {a.json()["id"] for a in (answers[0], answers[1]) if a.status_code == 201}
        require_sound(practice)


def test_a_schedule_that_goes_meanwhile_is_booked_before_or_not_at_all(practice: Practice) -> None:
    who, client = practice.consultants[0], practice.client()
    source = practice.attended(client, who)
    seen: Counter[str] = Counter()
    for number in range(ROUNDS):
        schedule_id = practice.schedule(who)
        when = {**hour(practice, number), "work_schedule_id": schedule_id}
        token, late = (practice.token(who, source, **when) for _ in range(2))
        booked, removed = at_once(
            [partial(practice.confirm, who, source, token), partial(practice.remove, who, schedule_id)]
        )
        assert removed.status_code == 204, removed.text
        (said,) = codes([booked])
        assert said in ("201", "schedule_changed"), booked.text
        assert codes([practice.confirm(who, source, late)]) == ["schedule_changed"]
        seen[said] += 1
    require_sound(practice)
    assert len(practice.rebooked(client)) == seen["201"]


def test_the_last_session_is_kept_once(practice: Practice) -> None:
    """Of two consultants, so that nothing but the client's sessions stands between them."""
    client = practice.client()
    pairs = [(who, practice.attended(client, who)) for who in practice.consultants]
    for number in range(ROUNDS):
        practice.allot(client, number + 1)
        when = hour(practice, number)
        tokens = at_once([partial(practice.token, who, source, **when) for who, source in pairs])
        calls = [(who, source, token) for (who, source), token in zip(pairs, tokens, strict=True)]
        answers = at_once([partial(practice.confirm, *call) for call in calls])
        assert Counter(codes(answers)) == {"201": 1, "no_sessions": 1}
        kept = {"allotted": number + 1, "used": 0, "reserved": number + 1, "available": 0}
        assert practice.sessions(client) == kept
    require_sound(practice)
    assert len(practice.rebooked(client)) == ROUNDS


# The negative controls ------------------------------------------------------------------------------------------------


def rebooking(store: DynamoStore) -> RebookAppointment:
    """Rebookings in this process, on the stack's table."""
    plans = PlanRebooking(store, container.client_directory, AvailabilityReader(store))
    return RebookAppointment(store, plans, container.ids, pause, lambda: "the key of this test")


def calls(practice: Practice, who: Worker, source: str, store: DynamoStore, day: date, clock: int) -> Callable[[], Any]:
    """A rebooking that has been reviewed and is now booked: its appointment, or the code of its refusal."""
    caller = Principal(who.id, "Consultant", "", frozenset({Role.STAFF}), frozenset({practice.location_id}))
    context = Context(datetime.now(UTC), caller, Channel.QUICK_VIEW)
    request = RebookRequest(RebookApproach.MANUAL, practice.schedules[who.id], MeetingMethod.PHONE, day, time(clock))
    token = rebooking(container.store).preview(context, source, request).token

    def book() -> Appointment | str:
        try:
            return rebooking(store).book(context, source, token).appointment
        except Refusal as refusal:
            return refusal.code

    return book


def cancel(practice: Practice, *booked: Appointment) -> None:
    for appointment in booked:
        answer = practice.admin.post(f"/appointments/{appointment.id}/cancel", json={})
        assert answer.status_code == 200, answer.text


def outcome(results: list[Any]) -> tuple[list[Appointment], list[str]]:
    """Those who booked, and the codes of those who did not."""
    return [r for r in results if isinstance(r, Appointment)], [r for r in results if isinstance(r, str)]


def test_without_sheet_and_post_conditions_two_have_the_consultant_at_once(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, day = practice.consultants[0], practice.first_day
    sources = [practice.attended(practice.client(), who) for _ in range(2)]

    def rivals(clock: int) -> tuple[list[Appointment], list[str]]:
        store = Together(2, "CAL#stf_")
        return outcome(at_once([calls(practice, who, source, store, day, clock) for source in sources]))

    booked, refused = rivals(8)
    assert (len(booked), refused) == (1, ["consultant_conflict"])
    with careless(monkeypatch, "CAL#stf_", "TEAM#"):
        booked, refused = rivals(12)
    assert (len(booked), refused) == (2, [])
    assert container.ledger_integrity.check(datetime.now(UTC), [practice.location_id]).differences != ()
    cancel(practice, *booked)


def test_without_the_sessions_condition_one_session_is_kept_twice(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, day = practice.client(), practice.first_day
    pairs = [(who, practice.attended(client, who)) for who in practice.consultants]

    def rivals(clock: int) -> tuple[list[Appointment], list[str]]:
        store = Together(2, "CAL#stf_")
        return outcome(at_once([calls(practice, who, source, store, day, clock) for who, source in pairs]))

    practice.allot(client, 1)
    booked, refused = rivals(8)
    assert (len(booked), refused) == (1, ["no_sessions"])
    practice.allot(client, 2)
    with careless(monkeypatch, "CLI#"):
        booked, refused = rivals(12)
    assert (len(booked), refused) == (2, [])
    # Three appointments have one each, of two.
    assert practice.sessions(client)["reserved"] == 2
    cancel(practice, booked[0])
    stored = container.store.read([Ref.to(Entitlement, client["id"])]).require(Entitlement, client["id"])
    work = UnitOfWork()
    work.save(stored.with_reservation())
    container.store.commit(work)


def test_without_the_rotas_condition_a_schedule_is_booked_that_is_gone(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, day = practice.consultants[0], practice.first_day
    source = practice.attended(practice.client(), who)

    class Overtaken(DynamoStore):
        """Between the decision and its transaction the schedule is removed."""

        def commit(self, work: UnitOfWork, *rest: Any) -> None:
            if practice.schedules[who.id]:
                assert practice.remove(who, practice.schedules[who.id]).status_code == 204
                practice.schedules[who.id] = ""
            super().commit(work, *rest)

    def overtaken(clock: int) -> Any:
        store = Overtaken(container.store._connection, container.store._now)
        book = calls(practice, who, source, store, day, clock)
        return book()

    assert overtaken(8) == "schedule_changed"
    practice.schedules[who.id] = practice.schedule(who)
    with careless(monkeypatch, "ROTA#"):
        assert isinstance(overtaken(12), Appointment)
