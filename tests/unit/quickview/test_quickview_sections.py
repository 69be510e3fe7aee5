"""Quick View: one section for every state, its window, its actions by role (RB-1, feature 71)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState, Cancellation, SignOff
from chalicelib.domain.appointments.lifecycle import is_overdue, overdue_at
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.quickview.sections import SECTION_BY_STATE, QuickViewWindow, Section
from chalicelib.domain.shared.permissions import Principal, Role
from chalicelib.services.quickview.allowed_actions import Action, list_allowed_actions
from tests.builders.records.appointment_builder import LOCATION, SAM, START, appointment

DAY = timedelta(days=1)
TODAY = QuickViewWindow.for_day(date(2026, 12, 1), "America/Toronto", Settings())
OPEN = {Action.EDIT, Action.CANCEL, Action.ASSIGN, Action.UNASSIGN}


def ended(state: AppointmentState, start: datetime, at: datetime) -> Appointment:
    """An appointment with this start that reached its final state at that time."""
    plain = appointment(start=start, end=start + timedelta(minutes=30), state=state)
    if state is AppointmentState.CANCELLED:
        return replace(plain, cancellation=Cancellation("", "Sam", at, within_24h=False))
    return replace(plain, milestones=((state, at),))


def test_every_state_has_its_section() -> None:
    assert SECTION_BY_STATE.keys() == set(AppointmentState)
    assert {s for s, section in SECTION_BY_STATE.items() if section is Section.IN_PROGRESS} == {
        AppointmentState.IN_PROGRESS,
        AppointmentState.SERVED,
    }
    assert {s for s, section in SECTION_BY_STATE.items() if section is Section.NOT_STARTED} == {
        AppointmentState.BOOKED,
        AppointmentState.ARRIVED,
    }


def test_a_day_begins_by_the_consultants_clocks() -> None:
    assert TODAY.until == datetime(2026, 12, 2, 5, tzinfo=UTC)
    assert TODAY.recent_from == datetime(2026, 11, 17, 5, tzinfo=UTC)


@given(st.dates(date(2025, 1, 1), date(2028, 1, 1)), st.integers(1, 62), st.integers(0, 366))
def test_whatever_waits_to_be_commenced_by_itself_is_within_reach(day: date, recent: int, retrospective: int) -> None:
    reach = QuickViewWindow.for_day(
        day, "Australia/Lord_Howe", Settings(quick_view_days=recent, retrospective_days=retrospective)
    )
    assert reach.unstarted_from <= reach.recent_from < reach.until
    # The oldest possible: recorded as late as allowed, and not yet found by the hourly job.
    created = reach.until - timedelta(days=31, hours=1)
    oldest = appointment(start=created - retrospective * DAY, created_at=created)
    assert is_overdue(oldest, reach.until)
    assert oldest.start >= reach.unstarted_from
    assert reach.includes(oldest)


@pytest.mark.parametrize("state", [AppointmentState.COMPLETED, AppointmentState.NO_SHOW, AppointmentState.CANCELLED])
def test_what_ended_is_shown_by_when_it_was_to_be_or_when_it_ended(state: AppointmentState) -> None:
    long_ago, ahead = START - 40 * DAY, START + 9 * DAY
    assert TODAY.includes(ended(state, START - DAY, START - DAY))
    assert TODAY.includes(ended(state, long_ago, START))
    assert TODAY.includes(ended(state, START, long_ago))
    assert TODAY.includes(ended(state, ahead, START))
    assert not TODAY.includes(ended(state, long_ago, long_ago))
    assert not TODAY.includes(ended(state, ahead, long_ago))
    assert not TODAY.includes(ended(state, ahead, ahead))


def test_what_has_not_ended_is_shown_however_old_it_is() -> None:
    assert TODAY.includes(appointment(state=AppointmentState.SERVED, start=START - 400 * DAY))
    assert not TODAY.includes(appointment(start=START + DAY))


def test_nothing_confirmed_waits_for_ever() -> None:
    assert overdue_at(appointment()) == START + 31 * DAY
    assert (is_overdue(appointment(), START + 31 * DAY), is_overdue(appointment(), START + 31 * DAY + DAY)) == (
        False,
        True,
    )
    assert overdue_at(appointment(created_at=START + 9 * DAY)) == START + 40 * DAY
    assert overdue_at(appointment(confirmed=False)) is None
    waiting = {state for state in AppointmentState if overdue_at(appointment(state=state))}
    assert waiting == {AppointmentState.BOOKED, AppointmentState.ARRIVED}


def person(role: Role, staff_id: str = "stf_me", place: str = LOCATION.id) -> Principal:
    """A staff member of this role."""
    return Principal(staff_id, "Me", "me@example.org", frozenset({role}), frozenset({place}))


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (AppointmentState.BOOKED, OPEN | {Action.COMMENCE, Action.ARRIVE}),
        (AppointmentState.ARRIVED, OPEN | {Action.COMMENCE}),
        (AppointmentState.IN_PROGRESS, OPEN | {Action.SERVE}),
        (AppointmentState.SERVED, {Action.COMPLETE}),
        *(
            (end, {Action.SIGN_OFF})
            for end in (AppointmentState.COMPLETED, AppointmentState.NO_SHOW, AppointmentState.CANCELLED)
        ),
    ],
)
def test_what_is_offered_to_who_may_do_everything(state: AppointmentState, offered: set[Action]) -> None:
    about = appointment(state=state, staff_id=SAM)
    lobby = Settings(lobby=True)
    assert set(list_allowed_actions(person(Role.ADMIN), about, lobby, START)) == offered | {Action.REBOOK}
    closed = replace(about, signed_off=SignOff("Sam", START))
    if Action.SIGN_OFF in offered:
        assert set(list_allowed_actions(person(Role.ADMIN), closed, lobby, START)) == {Action.REBOOK}


def test_time_the_lobby_and_confirmation_count() -> None:
    about, admin = appointment(staff_id=SAM), person(Role.ADMIN)
    now = set(list_allowed_actions(admin, about, Settings(), START))
    assert now == OPEN | {Action.COMMENCE, Action.REBOOK}
    late = set(list_allowed_actions(admin, about, Settings(), START + timedelta(minutes=30)))
    assert late == {Action.COMMENCE, Action.NO_SHOW, Action.ASSIGN, Action.UNASSIGN, Action.REBOOK}
    request = set(list_allowed_actions(admin, replace(about, confirmed=False), Settings(), START))
    assert request == now - {Action.COMMENCE}


@pytest.mark.parametrize("role", Role)
def test_nobody_is_offered_what_their_role_does_not_reach(role: Role) -> None:
    about = appointment(staff_id=SAM)
    own = set(list_allowed_actions(person(role, SAM), about, Settings(), START))
    colleagues = set(list_allowed_actions(person(role), about, Settings(), START))
    far = set(list_allowed_actions(person(role, place="loc_far"), about, Settings(), START))
    everything = OPEN | {Action.COMMENCE, Action.REBOOK}
    mine = {Action.EDIT, Action.CANCEL}
    expected = {
        Role.ADMIN: (everything, everything, everything),
        Role.MANAGER: (everything, everything, set()),
        Role.STAFF_ADVANCED: (everything, everything, set()),
        Role.STAFF_PLUS: (mine | {Action.COMMENCE, Action.REBOOK}, set(), set()),
        Role.STAFF: (mine | {Action.COMMENCE, Action.REBOOK}, set(), set()),
        Role.CONTACT_CENTRE: (mine, mine, mine),
    }
    assert (own, colleagues, far) == expected[role]
