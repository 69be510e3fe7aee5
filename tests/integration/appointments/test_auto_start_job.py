"""Appointments that nobody started within 31 days are started once, also after missed runs; no others (feature 86)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.organisation.settings import Settings
from chalicelib.persistence.due_index import DynamoDueWork
from chalicelib.services.appointments.auto_start_job import AutoStartJob
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BLOCK_START, at
from tests.builders.in_process.table_records import before_the_next_commit, journal, write

MONTH = timedelta(days=31)
SECOND = timedelta(seconds=1)
LATE = BLOCK_START + MONTH + SECOND

pytestmark = pytest.mark.organisation(seats=20)


def booked(org: Organisation, start: datetime = BLOCK_START, name: str = "ruiz", **fields: Any) -> str:
    """A client's appointment, as another part of the system would leave it."""
    made: str = org.book(start, attendee={"email": f"{name}@example.org", "last_name": name})["id"]
    if fields:
        write(replace(org.read(Appointment, made), **fields))
    return made


def commence(now: datetime) -> int:
    """The number of appointments that a run at this time starts."""
    return container.auto_start_job.commence_overdue(now, lambda: True)["commenced"]


@pytest.mark.parametrize("state", [AppointmentState.BOOKED, AppointmentState.ARRIVED])
@pytest.mark.parametrize("reminded", [True, False])
def test_it_is_commenced_once_after_31_days(org: Organisation, state: AppointmentState, reminded: bool) -> None:
    mine = booked(org, state=state)
    if reminded:
        container.reminder_job.remind(BLOCK_START, lambda: True)
    assert commence(BLOCK_START + MONTH) == 0
    assert (commence(LATE), commence(LATE), commence(LATE + MONTH)) == (1, 0, 0)
    after = org.read(Appointment, mine)
    assert (after.state, after.reached_at(AppointmentState.IN_PROGRESS)) == (AppointmentState.IN_PROGRESS, LATE)
    entry = journal(mine)[0]
    assert (entry.action, entry.actor.label, entry.messages) == ("commenced", "System", ())
    assert [(e.type, e.data["state"]) for e in entry.events] == [("appointment.state_changed", "in_progress")]
    assert [e.action for e in journal(mine)].count("commenced") == 1


def test_a_run_that_was_missed_is_caught_up_with(org: Organisation) -> None:
    mine = [booked(org, at(30 * n), f"guest{n}") for n in range(3)]
    assert commence(LATE + 10 * MONTH) == 3
    assert {org.read(Appointment, i).state for i in mine} == {AppointmentState.IN_PROGRESS}


@pytest.mark.parametrize("state", sorted(set(AppointmentState) - {AppointmentState.BOOKED, AppointmentState.ARRIVED}))
def test_what_has_begun_or_ended_is_left_alone(org: Organisation, state: AppointmentState) -> None:
    mine = booked(org, state=state)
    assert commence(LATE) == 0
    assert org.read(Appointment, mine).state is state


def test_a_request_waits_until_it_is_confirmed(org: Organisation) -> None:
    mine = booked(org, confirmed=False)
    assert commence(LATE) == 0
    write(replace(org.read(Appointment, mine), confirmed=True))
    assert commence(LATE) == 1


def test_what_was_put_on_record_afterwards_waits_as_long_from_then_on(org: Organisation) -> None:
    mine = booked(org, created_at=BLOCK_START + timedelta(days=30))
    assert commence(LATE + timedelta(days=30) - SECOND) == 0
    assert commence(LATE + timedelta(days=30)) == 1
    assert org.read(Appointment, mine).state is AppointmentState.IN_PROGRESS


def test_reminders_come_first_and_go_on_as_ever(org: Organisation) -> None:
    write(replace(org.read(Settings), reminder_hours=(24, 2)))
    mine = booked(org)
    sweep = [container.reminder_job.remind(BLOCK_START - timedelta(hours=h), lambda: True) for h in (24, 24, 2, 2, 0)]
    assert sweep == [1, 0, 1, 0, 0]
    assert list(DynamoDueWork().due_auto_starts(BLOCK_START + MONTH - SECOND)) == []
    assert list(DynamoDueWork().due_auto_starts(BLOCK_START + MONTH)) == [mine]
    assert commence(LATE) == 1
    assert list(DynamoDueWork().due_auto_starts(LATE + MONTH)) == []


def test_of_two_runs_at_once_one_writes(org: Organisation) -> None:
    mine, runs = booked(org), []
    before_the_next_commit(lambda: runs.append(commence(LATE)))
    assert (commence(LATE), runs) == (0, [1])
    assert [e.action for e in journal(mine)].count("commenced") == 1


def test_who_does_not_let_go_of_one_does_not_keep_the_others_waiting(org: Organisation) -> None:
    ids = [booked(org, at(30 * n), f"guest{n}") for n in range(2)]

    class Broken:
        """A due index that names something unreadable first."""

        def due_auto_starts(self, until: datetime) -> Iterator[str]:
            yield from ["", *ids]

    store = container.store

    class Faulty:
        def read(self, refs: Any) -> Any:
            if refs[0].key == ("",):
                raise ValueError
            return store.read(refs)

        commit = store.commit

    commencing = AutoStartJob(Faulty(), Broken(), container.ids, lambda *_: None, container.job_runs)  # type: ignore[arg-type]  # a part
    with pytest.raises(ValueError):  # noqa: PT011  # it has no words
        commencing.commence_overdue(at(31) + MONTH, lambda: True)
    assert {org.read(Appointment, i).state for i in ids} == {AppointmentState.IN_PROGRESS}
    assert commencing.commence_overdue(LATE, lambda: False) == {"commenced": 0}
