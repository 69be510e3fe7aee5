"""What nobody commences for 31 days is commenced by itself: once, whatever was missed; nothing else is (feature 86)."""

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
from tests.builders.in_process.sample_organisation import OPENING, World, at
from tests.builders.in_process.staff_bookings import before_the_next_commit, journal, write

MONTH = timedelta(days=31)
SECOND = timedelta(seconds=1)
LATE = OPENING + MONTH + SECOND


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=20)
    return world


def booked(world: World, start: datetime = OPENING, name: str = "ruiz", **fields: Any) -> str:
    """A client's appointment, as another part of the system would leave it."""
    made: str = world.book(start, attendee={"email": f"{name}@example.org", "last_name": name}).json["id"]
    if fields:
        write(replace(world.read(Appointment, made), **fields))
    return made


def commence(now: datetime) -> int:
    """How many a run at this time commences."""
    return container.auto_start_job.commence_overdue(now, lambda: True)["commenced"]


@pytest.mark.parametrize("state", [AppointmentState.BOOKED, AppointmentState.ARRIVED])
@pytest.mark.parametrize("reminded", [True, False])
def test_it_is_commenced_once_after_31_days(world: World, state: AppointmentState, reminded: bool) -> None:
    mine = booked(world, state=state)
    if reminded:
        container.reminder_job.remind(OPENING, lambda: True)
    assert commence(OPENING + MONTH) == 0
    assert (commence(LATE), commence(LATE), commence(LATE + MONTH)) == (1, 0, 0)
    after = world.read(Appointment, mine)
    assert (after.state, after.reached_at(AppointmentState.IN_PROGRESS)) == (AppointmentState.IN_PROGRESS, LATE)
    entry = journal(mine)[0]
    assert (entry.action, entry.actor.label, entry.messages) == ("commenced", "System", ())
    assert [(e.type, e.data["state"]) for e in entry.events] == [("appointment.state_changed", "in_progress")]
    assert [e.action for e in journal(mine)].count("commenced") == 1


def test_a_run_that_was_missed_is_caught_up_with(world: World) -> None:
    mine = [booked(world, at(30 * n), f"guest{n}") for n in range(3)]
    assert commence(LATE + 10 * MONTH) == 3
    assert {world.read(Appointment, i).state for i in mine} == {AppointmentState.IN_PROGRESS}


@pytest.mark.parametrize("state", sorted(set(AppointmentState) - {AppointmentState.BOOKED, AppointmentState.ARRIVED}))
def test_what_has_begun_or_ended_is_left_alone(world: World, state: AppointmentState) -> None:
    mine = booked(world, state=state)
    assert commence(LATE) == 0
    assert world.read(Appointment, mine).state is state


def test_a_request_waits_until_it_is_confirmed(world: World) -> None:
    mine = booked(world, confirmed=False)
    assert commence(LATE) == 0
    write(replace(world.read(Appointment, mine), confirmed=True))
    assert commence(LATE) == 1


def test_what_was_put_on_record_afterwards_waits_as_long_from_then_on(world: World) -> None:
    mine = booked(world, created_at=OPENING + timedelta(days=30))
    assert commence(LATE + timedelta(days=30) - SECOND) == 0
    assert commence(LATE + timedelta(days=30)) == 1
    assert world.read(Appointment, mine).state is AppointmentState.IN_PROGRESS


def test_reminders_come_first_and_go_on_as_ever(world: World) -> None:
    write(replace(world.read(Settings), reminder_hours=(24, 2)))
    mine = booked(world)
    sweep = [container.reminder_job.remind(OPENING - timedelta(hours=h), lambda: True) for h in (24, 24, 2, 2, 0)]
    assert sweep == [1, 0, 1, 0, 0]
    assert list(DynamoDueWork().due_auto_starts(OPENING + MONTH - SECOND)) == []
    assert list(DynamoDueWork().due_auto_starts(OPENING + MONTH)) == [mine]
    assert commence(LATE) == 1
    assert list(DynamoDueWork().due_auto_starts(LATE + MONTH)) == []


def test_of_two_runs_at_once_one_writes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, runs = booked(world), []
    before_the_next_commit(monkeypatch, lambda: runs.append(commence(LATE)))
    assert (commence(LATE), runs) == (0, [1])
    assert [e.action for e in journal(mine)].count("commenced") == 1


def test_who_does_not_let_go_of_one_does_not_keep_the_others_waiting(world: World) -> None:
    ids = [booked(world, at(30 * n), f"guest{n}") for n in range(2)]

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

    commencing = AutoStartJob(Faulty(), Broken(), container.ids, lambda *_: None)  # type: ignore[arg-type]  # a part
    with pytest.raises(ValueError):  # noqa: PT011  # it has no words
        commencing.commence_overdue(at(31) + MONTH, lambda: True)
    assert {world.read(Appointment, i).state for i in ids} == {AppointmentState.IN_PROGRESS}
    assert commencing.commence_overdue(LATE, lambda: False) == {"commenced": 0}
