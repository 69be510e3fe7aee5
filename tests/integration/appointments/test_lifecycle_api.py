"""The lifecycle of an appointment over HTTP: permissions, times, records and events (D35, D41, features 84 and 87)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.times import utc_text
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import ALEX, ALEX_EMAIL, CENTRAL, SAM, SAM_EMAIL, at, hire
from tests.builders.in_process.table_records import journal, write

MISSED = {"contact_attempted": True, "reason": "No answer on the phone"}

pytestmark = pytest.mark.organisation(seats=3)


def booked(org: Organisation) -> str:
    """A client's appointment at nine, which Sam has taken."""
    found: str = org.book()["id"]
    assert org.act(found, "claim", {}, who=SAM_EMAIL).status == 200
    return found


def step(org: Organisation, appointment_id: str, name: str, body: object = None, **more: Any) -> Reply:
    """A lifecycle step by Sam."""
    return org.as_staff("POST", f"/appointments/{appointment_id}/{name}", body, who=more.pop("who", SAM_EMAIL), **more)


def test_from_the_door_to_the_end(org: Organisation) -> None:
    write(replace(org.read(Settings), lobby=True))
    mine = booked(org)
    seen: dict[str, Any] = {}
    for name, minutes in (("arrive", -5), ("commence", 2), ("serve", 40), ("complete", 45)):
        org.now = at(minutes)
        seen = step(org, mine, name).body()
    assert seen == org.as_staff("GET", f"/appointments/{mine}", who=SAM_EMAIL).json
    times = [utc_text(at(minutes)) for minutes in (-5, 2, 40, 45)]
    assert [seen[f"{name}_at"] for name in ("arrived", "started", "served", "completed")] == times
    assert (seen["state"], seen["in_progress_minutes"], seen["no_show"]) == ("completed", 38, None)
    assert seen["block_id"] == org.calendar().blocks()[0].id
    log = org.as_staff("GET", f"/appointments/{mine}/log", who=SAM_EMAIL).json["items"]
    logged = [(line["action"], line["user"], line["channel"]) for line in log]
    assert logged[:4] == [(name, "Sam", "dashboard") for name in ("completed", "served", "commenced", "arrived")]
    assert log[0]["changes"] == [{"field": "state", "before": "served", "after": "completed"}]
    events = [event for entry in journal(mine)[:4] for event in entry.events]
    assert {event.type for event in events} == {"appointment.state_changed"}
    assert [event.data["state"] for event in events] == ["completed", "served", "in_progress", "arrived"]
    assert [message for entry in journal(mine)[:4] for message in entry.messages] == []


def test_without_a_lobby_nobody_arrives(org: Organisation) -> None:
    mine = booked(org)
    assert step(org, mine, "arrive").refusal == (403, "feature_disabled")
    assert step(org, mine, "commence").json["state"] == "in_progress"


def test_a_wrong_predecessor_is_refused_and_nothing_is_written(org: Organisation) -> None:
    mine = booked(org)
    before = org.read(Appointment, mine)
    for name in ("serve", "complete"):
        assert step(org, mine, name).refusal == (409, "wrong_state")
    assert (org.read(Appointment, mine), len(journal(mine))) == (before, 2)
    assert step(org, mine, "commence").status == 200
    assert step(org, mine, "commence").json["code"] == "wrong_state"
    assert org.act(mine, "cancel", {}, who=SAM_EMAIL).status == 200
    assert step(org, mine, "serve").json["code"] == "wrong_state"


def test_a_request_begins_once_it_is_confirmed(org: Organisation) -> None:
    mine = booked(org)
    write(replace(org.read(Appointment, mine), confirmed=False))
    assert step(org, mine, "commence").json["code"] == "wrong_state"
    write(replace(org.read(Appointment, mine), confirmed=True))
    assert step(org, mine, "commence").status == 200


def test_nobody_came_thirty_minutes_after_the_start(org: Organisation) -> None:
    mine = booked(org)
    org.now = at(30) - timedelta(seconds=1)
    assert step(org, mine, "no-show", MISSED).refusal == (409, "too_early")
    org.now = at(30)
    missed = step(org, mine, "no-show", MISSED)
    assert (missed.status, missed.json["state"]) == (200, "no_show"), missed.text
    assert missed.json["no_show"] == MISSED | {"at": utc_text(at(30))}
    assert missed.json["in_progress_minutes"] is None
    line = org.as_staff("GET", f"/appointments/{mine}/log", who=SAM_EMAIL).json["items"][0]
    assert [(c["field"], c["after"]) for c in line["changes"]] == [
        ("state", "no_show"),
        ("contact_attempted", True),
        ("reason", "No answer on the phone"),
    ]
    assert step(org, mine, "commence").json["code"] == "wrong_state"
    assert step(org, mine, "no-show", MISSED).json["code"] == "wrong_state"


@pytest.mark.parametrize("body", [{}, {"contact_attempted": True}, {"reason": "Ill"}, MISSED | {"reason": "\u200b "}])
def test_a_no_show_is_explained(org: Organisation, body: dict[str, Any]) -> None:
    mine = booked(org)
    org.now = at(30)
    assert step(org, mine, "no-show", body).status == 422
    assert org.read(Appointment, mine).state is AppointmentState.BOOKED


def test_a_step_answers_for_one_version_once(org: Organisation) -> None:
    mine = booked(org)
    assert step(org, mine, "commence", headers={"If-Match": '"1"'}).refusal == (412, "version_mismatch")
    first = step(org, mine, "commence", headers={"If-Match": '"2"', "Idempotency-Key": "k1"})
    again = step(org, mine, "commence", headers={"If-Match": '"2"', "Idempotency-Key": "k1"})
    assert (first.status, again.status, again.json) == (200, 200, first.json)
    assert [entry.action for entry in journal(mine)] == ["commenced", "claimed", "booked"]


def test_its_seat_stays_taken_whatever_becomes_of_it(org: Organisation) -> None:
    mine = booked(org)
    before = org.calendar()
    step(org, mine, "commence")
    step(org, mine, "serve")
    assert org.calendar() == before


def test_only_those_who_look_after_it_bring_it_on(org: Organisation) -> None:
    mine, other = booked(org), org.book(at(60))["id"]
    hire("stf_cleo", CENTRAL)
    assert step(org, mine, "commence", who=CENTRAL).status == 403
    assert step(org, other, "commence").status == 403, "unassigned: seen on the dashboard, but not theirs"
    assert org.act(other, "assign", {"staff_id": SAM}).status == 200
    assert step(org, other, "commence").status == 200
    taken = org.book(at(120))["id"]
    assert org.act(taken, "claim", {}).status == 200
    assert step(org, taken, "commence").status == 404
    assert step(org, taken, "commence", who=ALEX_EMAIL).status == 200
    assert org.call("POST", f"/appointments/{mine}/commence").status == 401


def test_a_record_that_is_signed_off_stays_as_it_is(org: Organisation) -> None:
    mine = booked(org)
    assert step(org, mine, "sign-off").json["code"] == "wrong_state"
    for name in ("commence", "serve", "complete"):
        assert step(org, mine, name).json["signed_off"] is None
    noted = org.as_staff("PATCH", f"/appointments/{mine}", {"notes": "All well"}, who=SAM_EMAIL)
    assert (noted.status, noted.json["notes"]) == (200, "All well")
    org.now = at(60)
    closed = step(org, mine, "sign-off")
    assert (closed.status, closed.json["signed_off"]) == (200, {"by": "Sam", "at": utc_text(at(60))}), closed.text
    line, before = journal(mine)[0], org.read(Appointment, mine)
    assert (line.action, line.actor.label, line.events, line.messages) == ("signed_off", "Sam", (), ())

    url = f"/appointments/{mine}"
    tried: list[tuple[str, str, object]]
    tried = [("PATCH", "", {"notes": "Or not"}), ("PATCH", "", {"meeting_method": "phone"}), ("POST", "/cancel", {})]
    tried += [("POST", f"/{name}", None) for name in ("commence", "serve", "complete", "sign-off")]
    tried += [("POST", "/no-show", MISSED), ("POST", "/assign", {"staff_id": ALEX}), ("POST", "/unassign", None)]
    tried += [("POST", "/attendees", {"client": {"first_name": "Bo", "last_name": "Lind", "email": "b@example.org"}})]
    tried += [("DELETE", f"/attendees/{before.attendees[0].client_id}", None)]
    for method, path, body in tried:
        refused = org.as_staff(method, url + path, body)
        assert refused.refusal == (409, "wrong_state"), (path, refused.text)
    assert (org.read(Appointment, mine), journal(mine)[0]) == (before, line)


@pytest.mark.parametrize("end", ["no-show", "cancel"])
def test_what_did_not_take_place_is_signed_off_too(org: Organisation, end: str) -> None:
    mine = booked(org)
    org.now = at(30) - timedelta(seconds=end == "cancel")
    assert step(org, mine, end, MISSED if end == "no-show" else {}).status == 200
    assert step(org, mine, "sign-off").status == 200
    refused = org.as_staff("PATCH", f"/appointments/{mine}", {"notes": "Later"}, who=SAM_EMAIL)
    assert refused.refusal == (409, "wrong_state")
