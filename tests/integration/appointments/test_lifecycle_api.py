"""Bringing an appointment on over HTTP: who may, when, what is kept and told (D35, D41, features 84 and 87)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.organisation.catalogue import Login
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.sample_organisation import ALEX, SAM, World, at, employed
from tests.builders.in_process.staff_bookings import journal, write

SAM_MAIL = "sam@example.org"
MISSED = {"contact_attempted": True, "reason": "No answer on the phone"}


@pytest.fixture
def world(world: World) -> World:
    world.lay(limit=3)
    return world


def booked(world: World) -> str:
    """A client's appointment at nine, which Sam has taken."""
    found: str = world.book().json["id"]
    assert world.staff("POST", f"/appointments/{found}/claim", {}, who=SAM_MAIL).status == 200
    return found


def step(world: World, appointment_id: str, name: str, body: object = None, **more: Any) -> Reply:
    """One step on, as Sam unless said otherwise."""
    return world.staff("POST", f"/appointments/{appointment_id}/{name}", body, who=more.pop("who", SAM_MAIL), **more)


def test_from_the_door_to_the_end(world: World) -> None:
    write(replace(world.read(Settings), lobby=True))
    mine = booked(world)
    seen: dict[str, Any] = {}
    for name, minutes in (("arrive", -5), ("commence", 2), ("serve", 40), ("complete", 45)):
        world.now = at(minutes)
        reply = step(world, mine, name)
        assert reply.status == 200, reply.text
        seen = reply.json
    assert seen == world.staff("GET", f"/appointments/{mine}", who=SAM_MAIL).json
    times = [utc_text(at(minutes)) for minutes in (-5, 2, 40, 45)]
    assert [seen[f"{name}_at"] for name in ("arrived", "started", "served", "completed")] == times
    assert (seen["state"], seen["in_progress_minutes"], seen["no_show"]) == ("completed", 38, None)
    assert seen["block_id"] == world.calendar().blocks()[0].id
    log = world.staff("GET", f"/appointments/{mine}/log", who=SAM_MAIL).json["items"]
    told = [(line["action"], line["user"], line["channel"]) for line in log]
    assert told[:4] == [(name, "Sam", "dashboard") for name in ("completed", "served", "commenced", "arrived")]
    assert log[0]["changes"] == [{"field": "state", "before": "served", "after": "completed"}]
    events = [event for entry in journal(mine)[:4] for event in entry.events]
    assert {event.type for event in events} == {"appointment.state_changed"}
    assert [event.data["state"] for event in events] == ["completed", "served", "in_progress", "arrived"]
    assert [message for entry in journal(mine)[:4] for message in entry.messages] == []


def test_without_a_lobby_nobody_arrives(world: World) -> None:
    mine = booked(world)
    refused = step(world, mine, "arrive")
    assert (refused.status, refused.json["code"]) == (403, "feature_disabled")
    assert step(world, mine, "commence").json["state"] == "in_progress"


def test_a_wrong_predecessor_is_refused_and_nothing_is_written(world: World) -> None:
    mine = booked(world)
    before = world.read(Appointment, mine)
    for name in ("serve", "complete"):
        refused = step(world, mine, name)
        assert (refused.status, refused.json["code"]) == (409, "wrong_state")
    assert (world.read(Appointment, mine), len(journal(mine))) == (before, 2)
    assert step(world, mine, "commence").status == 200
    assert step(world, mine, "commence").json["code"] == "wrong_state"
    assert world.staff("POST", f"/appointments/{mine}/cancel", {}, who=SAM_MAIL).status == 200
    assert step(world, mine, "serve").json["code"] == "wrong_state"


def test_a_request_begins_once_it_is_confirmed(world: World) -> None:
    mine = booked(world)
    write(replace(world.read(Appointment, mine), confirmed=False))
    assert step(world, mine, "commence").json["code"] == "wrong_state"
    write(replace(world.read(Appointment, mine), confirmed=True))
    assert step(world, mine, "commence").status == 200


def test_nobody_came_thirty_minutes_after_the_start(world: World) -> None:
    mine = booked(world)
    world.now = at(30) - timedelta(seconds=1)
    early = step(world, mine, "no-show", MISSED)
    assert (early.status, early.json["code"]) == (409, "too_early")
    world.now = at(30)
    gone = step(world, mine, "no-show", MISSED)
    assert (gone.status, gone.json["state"]) == (200, "no_show"), gone.text
    assert gone.json["no_show"] == MISSED | {"at": utc_text(at(30))}
    assert gone.json["in_progress_minutes"] is None
    line = world.staff("GET", f"/appointments/{mine}/log", who=SAM_MAIL).json["items"][0]
    assert [(c["field"], c["after"]) for c in line["changes"]] == [
        ("state", "no_show"),
        ("contact_attempted", True),
        ("reason", "No answer on the phone"),
    ]
    assert step(world, mine, "commence").json["code"] == "wrong_state"
    assert step(world, mine, "no-show", MISSED).json["code"] == "wrong_state"


@pytest.mark.parametrize("body", [{}, {"contact_attempted": True}, {"reason": "Ill"}, MISSED | {"reason": "\u200b "}])
def test_a_no_show_is_explained(world: World, body: dict[str, Any]) -> None:
    mine = booked(world)
    world.now = at(30)
    assert step(world, mine, "no-show", body).status == 422
    assert world.read(Appointment, mine).state is AppointmentState.BOOKED


def test_a_step_answers_for_one_version_once(world: World) -> None:
    mine = booked(world)
    stale = step(world, mine, "commence", headers={"If-Match": '"1"'})
    assert (stale.status, stale.json["code"]) == (412, "version_mismatch")
    first = step(world, mine, "commence", headers={"If-Match": '"2"', "Idempotency-Key": "k1"})
    again = step(world, mine, "commence", headers={"If-Match": '"2"', "Idempotency-Key": "k1"})
    assert (first.status, again.status, again.json) == (200, 200, first.json)
    assert [entry.action for entry in journal(mine)] == ["commenced", "claimed", "booked"]


def test_its_seat_stays_taken_whatever_becomes_of_it(world: World) -> None:
    mine = booked(world)
    before = world.calendar()
    step(world, mine, "commence")
    step(world, mine, "serve")
    assert world.calendar() == before


def test_only_those_who_look_after_it_bring_it_on(world: World) -> None:
    mine, other = booked(world), world.book(at(60)).json["id"]
    work = UnitOfWork()
    centre = replace(employed("stf_00000000000000000000000003", "Cleo", Role.CONTACT_CENTRE), location_ids=())
    work.save(centre)
    work.save(Login(centre.email, centre.id))
    container.store.commit(work)
    login = claims(centre.email, "[contact_centre]")
    assert world.call("POST", f"/appointments/{mine}/commence", login=login).status == 403
    assert step(world, other, "commence").status == 403, "unassigned: seen on the dashboard, but not theirs"
    assert world.staff("POST", f"/appointments/{other}/assign", {"staff_id": SAM}).status == 200
    assert step(world, other, "commence").status == 200
    taken = world.book(at(120)).json["id"]
    assert world.staff("POST", f"/appointments/{taken}/claim", {}).status == 200
    assert step(world, taken, "commence").status == 404
    assert step(world, taken, "commence", who="alex@example.org").status == 200
    assert world.call("POST", f"/appointments/{mine}/commence").status == 401


def test_a_record_that_is_signed_off_stays_as_it_is(world: World) -> None:
    mine = booked(world)
    assert step(world, mine, "sign-off").json["code"] == "wrong_state"
    for name in ("commence", "serve", "complete"):
        assert step(world, mine, name).json["signed_off"] is None
    noted = world.staff("PATCH", f"/appointments/{mine}", {"notes": "All well"}, who=SAM_MAIL)
    assert (noted.status, noted.json["notes"]) == (200, "All well")
    world.now = at(60)
    closed = step(world, mine, "sign-off")
    assert (closed.status, closed.json["signed_off"]) == (200, {"by": "Sam", "at": utc_text(at(60))}), closed.text
    line, before = journal(mine)[0], world.read(Appointment, mine)
    assert (line.action, line.actor.label, line.events, line.messages) == ("signed_off", "Sam", (), ())

    url = f"/appointments/{mine}"
    tried: list[tuple[str, str, object]]
    tried = [("PATCH", "", {"notes": "Or not"}), ("PATCH", "", {"meeting_method": "phone"}), ("POST", "/cancel", {})]
    tried += [("POST", f"/{name}", None) for name in ("commence", "serve", "complete", "sign-off")]
    tried += [("POST", "/no-show", MISSED), ("POST", "/assign", {"staff_id": ALEX}), ("POST", "/unassign", None)]
    tried += [("POST", "/attendees", {"client": {"first_name": "Bo", "last_name": "Lind", "email": "b@example.org"}})]
    tried += [("DELETE", f"/attendees/{before.attendees[0].client_id}", None)]
    for method, path, body in tried:
        refused = world.staff(method, url + path, body)
        assert (refused.status, refused.json["code"]) == (409, "wrong_state"), (path, refused.text)
    assert (world.read(Appointment, mine), journal(mine)[0]) == (before, line)


@pytest.mark.parametrize("end", ["no-show", "cancel"])
def test_what_did_not_take_place_is_signed_off_too(world: World, end: str) -> None:
    mine = booked(world)
    world.now = at(30) - timedelta(seconds=end == "cancel")
    assert step(world, mine, end, MISSED if end == "no-show" else {}).status == 200
    assert step(world, mine, "sign-off").status == 200
    refused = world.staff("PATCH", f"/appointments/{mine}", {"notes": "Later"}, who=SAM_MAIL)
    assert (refused.status, refused.json["code"]) == (409, "wrong_state")
