"""Two records of one person at an appointment: shown, edited, taken off and moved as one (D17, D21)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.merge_requests import ADMIN, attendees, booked, code_of, come_both, create, merged, pair
from tests.builders.in_process.sample_organisation import OPENING, World, at
from tests.builders.in_process.staff_bookings import refusal


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=5)
    return world


def test_of_two_records_at_one_appointment_one_person_is_left(world: World) -> None:
    duplicate, primary = pair(world)
    appointment = come_both(world, primary, duplicate)
    codes = [code_of(world, appointment, i) for i in (primary, duplicate)]
    merged(world, duplicate, primary)
    (person,) = attendees(world, appointment)
    assert (person["client_id"], person["name"], person["notes"]) == (primary, "Anna Ruiz", "By the lift")
    for code in codes:
        shown = world.call("GET", f"/public/appointments/{appointment}?code={code}")
        assert (shown.status, shown.json["attendee"]["notes"]) == (200, "By the lift")
    again = world.staff("POST", f"/appointments/{appointment}/attendees", {"client_id": primary}, ADMIN)
    assert refusal(again) == (409, "already_attending")


def test_an_edit_of_a_person_is_of_all_their_records(world: World) -> None:
    duplicate, primary = pair(world)
    appointment = come_both(world, primary, duplicate)
    merged(world, duplicate, primary)
    change = {"attendees": [{"client_id": primary, "notes": "New"}]}
    edited = world.staff("PATCH", f"/appointments/{appointment}", change, ADMIN)
    assert edited.status == 200, edited.text
    assert [(a["client_id"], a["notes"]) for a in edited.json["attendees"]] == [(primary, "New")]
    assert edited.json["attendees"] == attendees(world, appointment)
    twice = {"attendees": [{"client_id": i, "notes": "X"} for i in (primary, duplicate)]}
    assert refusal(world.staff("PATCH", f"/appointments/{appointment}", twice, ADMIN)) == (422, "client_twice")


@pytest.mark.parametrize("by", ["primary", "duplicate"])
def test_taking_a_person_off_takes_off_all_their_records(world: World, by: str) -> None:
    duplicate, primary = pair(world)
    third = create(world, "Bo")
    appointment = come_both(world, duplicate, primary)
    world.staff("POST", f"/appointments/{appointment}/attendees", {"client_id": third}, ADMIN)
    merged(world, duplicate, primary)
    whom = primary if by == "primary" else duplicate
    assert world.staff("DELETE", f"/appointments/{appointment}/attendees/{whom}", who=ADMIN).status == 204
    assert [(a["client_id"], a["cancelled"]) for a in attendees(world, appointment)] == [
        (primary, True),
        (third, False),
    ]
    gone = world.staff("DELETE", f"/appointments/{appointment}/attendees/{whom}", who=ADMIN)
    assert refusal(gone) == (409, "wrong_state")


def test_with_either_code_the_last_person_leaves_for_good(world: World) -> None:
    duplicate, primary = pair(world)
    appointment = come_both(world, duplicate, primary)
    code = code_of(world, appointment, primary)
    merged(world, duplicate, primary)
    left = world.call("POST", f"/public/appointments/{appointment}/cancel", {"code": code})
    assert left.status == 200, left.text
    assert world.read(Appointment, appointment).state.value == "cancelled"
    assert world.offers()[utc_text(OPENING)] == 5


def test_a_person_moves_an_appointment_once_whichever_code_they_use(world: World) -> None:
    duplicate, primary = pair(world)
    appointment = come_both(world, duplicate, primary)
    codes = [code_of(world, appointment, i) for i in (duplicate, primary)]
    merged(world, duplicate, primary)
    url, body = f"/public/appointments/{appointment}/reschedule", {"timezone": "America/Toronto"}
    moved = [
        world.call("POST", url, body | {"code": code, "start": utc_text(at(30 * n))}) for n, code in enumerate(codes, 1)
    ]
    assert moved[0].status == 200, moved[0].text
    assert refusal(moved[1]) == (409, "already_rebooked")


def test_a_client_who_was_deleted_is_shown_as_that(world: World) -> None:
    client = create(world)
    appointment = booked(world, client)
    world.now = OPENING + timedelta(hours=2)
    assert world.staff("DELETE", f"/clients/{client}", who=ADMIN).status == 204
    assert [a["name"] for a in attendees(world, appointment)] == ["Deleted client"]
