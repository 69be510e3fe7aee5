"""A client's sessions: totals over merged records, reservations and their outcome (D39, D41, RB-12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState, Attendee, Cancellation
from chalicelib.domain.appointments.session_outcome import LATE_CANCEL, session_outcome
from chalicelib.domain.clients.sessions import (
    MAX_SESSION_REQUESTS,
    Entitlement,
    RequestOutcome,
    Session,
    SessionBalance,
    SessionRequest,
    SessionUse,
    allot,
    reserve_session,
    session_balance,
)
from chalicelib.domain.shared.errors import Invalid, NoSessions, NotFound, WrongState
from chalicelib.domain.shared.events import SYSTEM_ACTOR
from tests.builders.records.appointment_builder import START, appointment

RECORDS = st.lists(st.tuples(*(st.integers(0, 20) for _ in range(3))), max_size=4).map(
    lambda rows: [Entitlement(f"cli_{i}", *row) for i, row in enumerate(rows)]
)


def called_off(before: Appointment, early: timedelta) -> Appointment:
    """The appointment, cancelled so long before its start."""
    at = before.start - early
    return before.cancelled(Cancellation("", "Sam", at, within_24h=early < LATE_CANCEL))


def test_nobody_has_a_limit_before_sessions_are_allotted() -> None:
    assert session_balance([]) == SessionBalance(None, 0, 0)
    assert session_balance([]).available is None


@given(RECORDS.filter(bool))
def test_figures_are_sums_and_never_negative(records: list[Entitlement]) -> None:
    found = session_balance(records)
    assert found.allotted == sum(r.allotted for r in records)
    assert found.available == max(0, sum(r.allotted - r.used - r.reserved for r in records))


@given(RECORDS, st.integers(0, 60))
def test_what_is_allotted_is_what_the_family_comes_to(records: list[Entitlement], allotted: int) -> None:
    spread = allot(records, "cli_0", allotted)
    assert session_balance(spread).allotted == allotted
    assert all(record.allotted >= 0 for record in spread)
    assert spread[0].client_id == "cli_0"
    before = {r.client_id: (r.used, r.reserved) for r in records}
    assert {r.client_id: (r.used, r.reserved) for r in spread} == {"cli_0": (0, 0)} | before


def test_others_keep_what_they_have_unless_that_alone_is_more() -> None:
    records = [Entitlement("cli_1", 4), Entitlement("cli_2", 3), Entitlement("cli_3", 2)]
    assert [r.allotted for r in allot(records, "cli_1", 6)] == [1, 3, 2]
    assert [r.allotted for r in allot(records, "cli_1", 4)] == [0, 3, 1]


@given(RECORDS.filter(bool))
def test_one_is_kept_only_where_one_is_left(records: list[Entitlement]) -> None:
    left = session_balance(records).available
    if not left:
        with pytest.raises(NoSessions):
            reserve_session(records, "cli_new")
        return
    record = reserve_session(records, "cli_new")
    assert record == Entitlement("cli_new", reserved=1)
    assert session_balance([*records, record]).available == left - 1
    assert reserve_session(records, "cli_0") == replace(records[0], reserved=records[0].reserved + 1)


def test_what_was_kept_is_used_or_given_back_and_one_too_many_may_be_used() -> None:
    one = Entitlement("cli_1", 1, reserved=1)
    assert one.with_settled(SessionUse.USED) == Entitlement("cli_1", 1, used=1)
    assert one.with_settled(SessionUse.RETURNED) == Entitlement("cli_1", 1)
    assert session_balance([one.with_settled(SessionUse.USED).with_unreserved_use()]) == SessionBalance(1, 2, 0)
    assert session_balance([one.with_settled(SessionUse.USED).with_unreserved_use()]).available == 0


@pytest.mark.parametrize("state", AppointmentState)
def test_what_ends_an_appointment_uses_its_session(state: AppointmentState) -> None:
    before = appointment()
    decided = {
        AppointmentState.COMPLETED: SessionUse.USED,
        AppointmentState.NO_SHOW: SessionUse.USED,
        AppointmentState.CANCELLED: SessionUse.RETURNED,
    }
    after = replace(before, state=state, updated_at=START - LATE_CANCEL)
    assert session_outcome(before, after) == decided.get(state)


@pytest.mark.parametrize(
    ("early", "use"), [(LATE_CANCEL, SessionUse.RETURNED), (LATE_CANCEL - timedelta(seconds=1), SessionUse.USED)]
)
def test_a_days_notice_is_elapsed_time_to_the_second(early: timedelta, use: SessionUse) -> None:
    assert session_outcome(appointment(), called_off(appointment(), early)) is use


def test_whoever_was_never_promised_the_time_owes_nothing() -> None:
    request = appointment(confirmed=False)
    assert session_outcome(request, called_off(request, timedelta(hours=1))) is SessionUse.RETURNED


def test_it_is_settled_when_the_one_whose_session_it_is_leaves() -> None:
    one, two = Attendee("cli_1", "Ana", "a"), Attendee("cli_2", "Bo", "b")
    both = appointment(attendees=(one, two), session=Session("cli_1", SessionUse.RESERVED))
    assert session_outcome(both, both.without_attendee("cli_2", START)) is None
    assert session_outcome(both, both.without_attendee("cli_1", START)) is SessionUse.USED
    assert session_outcome(both, both.without_attendee("cli_1", START - LATE_CANCEL)) is SessionUse.RETURNED


REQUEST = SessionRequest("srq_1", 3, "Still in need", SYSTEM_ACTOR, START)


def test_a_request_is_decided_once_and_only_approval_allots() -> None:
    asked = Entitlement("cli_1", 5).with_request(REQUEST)
    approved = asked.with_decision("srq_1", RequestOutcome.APPROVED, "Reviewed", SYSTEM_ACTOR, START)
    declined = asked.with_decision("srq_1", RequestOutcome.DECLINED, "", SYSTEM_ACTOR, START)
    assert (approved.allotted, declined.allotted) == (8, 5)
    assert [(r.outcome, r.note) for r in approved.requests] == [(RequestOutcome.APPROVED, "Reviewed")]
    with pytest.raises(WrongState):
        approved.with_decision("srq_1", RequestOutcome.DECLINED, "", SYSTEM_ACTOR, START)
    with pytest.raises(NotFound):
        asked.with_decision("srq_2", RequestOutcome.APPROVED, "", SYSTEM_ACTOR, START)


def test_requests_have_an_end_and_forget_why() -> None:
    full = Entitlement("cli_1", requests=(REQUEST,) * MAX_SESSION_REQUESTS)
    with pytest.raises(Invalid):
        full.with_request(REQUEST)
    assert {(r.reason, r.note, r.sessions) for r in full.without_reasons().requests} == {("", "", 3)}
