"""Edits that get in one another's way: one takes the place, the other decides anew (D15, case 3, feature 29)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.shared.times import utc_text
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import OPENING, SAM, World, at
from tests.builders.in_process.staff_bookings import (
    BOSS,
    CENTRAL,
    advice,
    before_the_next_commit,
    booked,
    patch,
    refusal,
    require_whole,
    staffed,
    start,
)


@pytest.fixture
def world(world: World) -> Iterator[World]:
    world.lay(limit=1)
    yield staffed(world)
    require_whole(world)


def test_the_last_seat_goes_to_one_of_two_who_move(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = booked(world), booked(world, **start(30))
    replies: list[Reply] = []
    before_the_next_commit(monkeypatch, lambda: replies.append(patch(world, second, start(60), CENTRAL)))
    late = patch(world, first, start(60), CENTRAL)
    assert ([reply.status for reply in replies], refusal(late)) == ([200], (409, "capacity_exhausted"))
    assert world.read(Appointment, first["id"]).start == OPENING


def test_a_person_is_given_to_one_of_two_who_move(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = advice(world), advice(world, 60)
    before_the_next_commit(monkeypatch, lambda: patch(world, second, start(120)))
    assert refusal(patch(world, first, start(120))) == (409, "slot_taken")
    before_the_next_commit(monkeypatch, lambda: booked(world, staff={"id": SAM}, **start(60)))
    assert refusal(patch(world, first, start(60))) == (409, "slot_taken")


def test_two_edits_at_once_are_both_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    appointment = booked(world)
    before_the_next_commit(monkeypatch, lambda: patch(world, appointment, {"notes": "Careful"}, BOSS))
    moved = patch(world, appointment, start(60))
    assert (moved.json["notes"], moved.json["start"], moved.json["version"]) == ("Careful", utc_text(at(60)), 3)
    before_the_next_commit(monkeypatch, lambda: patch(world, appointment, {"notes": "Calm"}, BOSS))
    seen = patch(world, appointment, start(90), headers={"If-Match": '"3"'})
    assert refusal(seen) == (412, "version_mismatch")


def test_an_appointment_cancelled_meanwhile_is_not_moved(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    appointment = booked(world)
    cancel = f"/appointments/{appointment['id']}/cancel"
    before_the_next_commit(monkeypatch, lambda: world.staff("POST", cancel, {}))
    assert refusal(patch(world, appointment, start(60))) == (409, "wrong_state")
    assert world.calendar().sheets["2026-12-03"].occupants == {}
