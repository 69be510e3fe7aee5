"""From request to confirmation or rejection, through HTTP (AS-1 … AS-12, features 49–58, 61)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.catalogue import Login
from chalicelib.domain.shared.permissions import Role
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.sample_organisation import ALEX, MORTGAGE, OPENING, SAM, TORONTO, World, at, employed
from tests.builders.in_process.status_bookings import (
    ADMIN,
    booked,
    cancel,
    events,
    history,
    logged,
    move,
    named,
    record,
    reschedule,
    said,
    set_up,
    shown,
    switch,
)

COPIES = [("staff_booked", "location"), ("staff_booked", "organisation")]
UNCONFIRMED = f"/appointments?view=unconfirmed&location_id={TORONTO}"


def listed(world: World, more: str = "") -> list[tuple[str, str]]:
    """Who is on the list of requests, and in which status."""
    items = world.staff("GET", UNCONFIRMED + more).json["items"]
    return [(item["id"], item["status"]["name"]) for item in items]


def test_a_request_is_confirmed(world: World) -> None:
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    received = {"id": sts["Received"], "name": "Received", "colour": "#2e7d32", "predicate": "start"}
    assert (asked["confirmed"], asked["state"], asked["status"]) == (False, "booked", received)
    assert asked["message"].startswith("We have received your request")
    assert said(world, asked["id"]) == [("request_received", "client")]
    assert events(world, asked["id"]) == ["appointment.requested"]
    mine = world.call("GET", f"/public/appointments/{asked['id']}?code={asked['code']}").json
    assert (mine["confirmed"], mine["status"]) == (False, received)
    file = world.call("GET", f"/public/appointments/{asked['id']}/calendar.ics?code={asked['code']}")
    assert "STATUS:TENTATIVE" in file.text
    assert listed(world) == [(asked["id"], "Received")]
    full = world.book(OPENING, attendee={"email": "bo@example.org", "first_name": "Bo"})
    assert (full.status, full.json["code"]) == (409, "capacity_exhausted")

    reply = move(world, asked["id"], sts["Confirmed"], expected_status_id=sts["Received"])
    assert reply.status == 200, reply.text
    assert (reply.json["confirmed"], reply.json["status"]["name"]) == (True, "Confirmed")
    assert said(world, asked["id"])[1:] == [("confirmation", "client"), *COPIES]
    assert events(world, asked["id"])[1:] == ["appointment.confirmed", "appointment.status_changed"]
    assert listed(world) == []
    assert listed(world, "&show_confirmed=true") == [(asked["id"], "Confirmed")]
    lines = history(world, asked["id"])
    assert named(lines) == ["Confirmed", "Received"]
    assert [line["by"] for line in lines] == ["Alex", "Modern Client View"]


def test_a_rejection_needs_a_reason_and_frees_the_place(world: World) -> None:
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    for reason in ({}, {"reason": ""}, {"reason": "  "}, {"reason": "\u200b\u2060"}):
        refused = move(world, asked["id"], sts["No papers"], **reason)
        assert (refused.status, refused.json["code"]) == (422, "reason_required")
    assert move(world, asked["id"], sts["No papers"], reason="x" * 10_000).status == 422
    assert shown(world, asked["id"])["version"] == 1

    reply = move(world, asked["id"], sts["No papers"], reason="Papers are missing")
    assert (reply.status, reply.json["state"]) == (200, "cancelled")
    assert reply.json["cancellation"]["reason"] == "Papers are missing"
    assert reply.json["status"]["name"] == "No papers"
    assert said(world, asked["id"])[1:] == [("cancelled", "client")]
    assert events(world, asked["id"])[1:] == ["appointment.cancelled", "appointment.status_changed"]
    assert [(line["status"]["name"], line["reason"]) for line in history(world, asked["id"])] == [
        ("No papers", "Papers are missing"),
        ("Received", None),
    ]
    assert world.book(OPENING, attendee={"email": "bo@example.org", "first_name": "Bo"}).status == 201
    late = move(world, asked["id"], sts["Confirmed"])
    assert (late.status, late.json["code"]) == (409, "wrong_state")


def test_a_client_who_cancels_ends_in_the_lowest_cancellation(world: World) -> None:
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    move(world, asked["id"], sts["By phone"])
    reply = cancel(world, asked, "I am ill")
    assert (reply.status, reply.json["status"]["name"]) == (200, "Declined")
    assert history(world, asked["id"])[0]["reason"] == "cancelled by customer: I am ill"
    assert said(world, asked["id"])[-3:] == [
        ("cancelled", "client"),
        ("staff_cancelled", "location"),
        ("staff_cancelled", "organisation"),
    ]


def refused(reply: Reply) -> tuple[int, str]:
    """Status and code of a refusal."""
    return reply.status, reply.json["code"]


def test_every_move_is_guarded(world: World) -> None:
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    stale = move(world, asked["id"], sts["Confirmed"], expected_status_id=sts["In review"])
    assert refused(stale) == (409, "status_changed")
    stale = move(world, asked["id"], sts["Confirmed"], headers={"If-Match": '"7"'})
    assert refused(stale) == (412, "version_mismatch")
    assert refused(move(world, asked["id"], "sts_nothing")) == (422, "unknown_status")
    assert refused(move(world, "apt_nothing", sts["Confirmed"])) == (404, "not_found")
    assert (shown(world, asked["id"])["version"], said(world, asked["id"])) == (1, [("request_received", "client")])

    first = move(world, asked["id"], sts["Confirmed"], headers={"If-Match": '"1"'})
    again = move(world, asked["id"], sts["Confirmed"])
    assert (again.status, again.json) == (200, first.json)
    assert named(history(world, asked["id"])) == ["Confirmed", "Received"]
    told = said(world, asked["id"])
    # From one confirmation to another nobody is told anything (D29).
    assert move(world, asked["id"], sts["By phone"], reason="Called").json["confirmed"] is True
    assert said(world, asked["id"]) == told
    assert events(world, asked["id"])[-1] == "appointment.status_changed"

    # What the client has been told only an administrator takes back (D28).
    assert refused(move(world, asked["id"], sts["In review"])) == (403, "forbidden")
    assert move(world, asked["id"], sts["In review"], who=ADMIN).json["confirmed"] is False
    assert said(world, asked["id"]) == told
    assert move(world, asked["id"], sts["Confirmed"]).json["confirmed"] is True
    assert said(world, asked["id"]) == [*told, *told[1:]]
    lines = history(world, asked["id"])
    assert named(lines) == ["Confirmed", "In review", "By phone", "Confirmed", "Received"]
    assert [line["reason"] for line in lines] == [None, None, "Called", None, None]
    assert [line["status"]["position"] for line in lines] == [3, 2, 4, 3, 1]


def test_a_history_comes_in_pages(world: World) -> None:
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    for _ in range(2):
        move(world, asked["id"], sts["In review"])
        move(world, asked["id"], sts["Received"])
    whole, url = history(world, asked["id"]), f"/appointments/{asked['id']}/history?limit=2"
    pages = [world.staff("GET", url).json]
    while pages[-1]["next_cursor"]:
        pages.append(world.staff("GET", f"{url}&cursor={pages[-1]['next_cursor']}").json)
    assert [line for page in pages for line in page["items"]] == whole
    assert [len(page["items"]) for page in pages] == [2, 2, 1]
    assert named(whole) == ["Received", "In review", "Received", "In review", "Received"]
    wrong = world.staff("GET", f"/appointments/{asked['id']}/history?cursor=bm8")
    assert refused(wrong) == (422, "invalid_cursor")


def test_the_log_names_every_status(world: World) -> None:
    """Feature 39: whoever moves it, the log says from where to where, by name."""
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    move(world, asked["id"], sts["By phone"])
    reschedule(world, asked, at(60))
    move(world, asked["id"], sts["No papers"], reason="Papers are missing")
    assert logged(world, asked["id"]) == [("Received", "No papers"), ("By phone", "Received"), ("Received", "By phone")]
    other = booked(world)
    cancel(world, other)
    assert logged(world, other["id"]) == [("Received", "Declined")]


def test_what_is_over_is_not_rejected(world: World) -> None:
    """D32: a confirmed one whose time is over cannot be called off by way of a status either; nobody is written to."""
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    move(world, asked["id"], sts["Confirmed"])
    told = said(world, asked["id"])
    world.now = at(30)
    assert refused(move(world, asked["id"], sts["Declined"], reason="Too late")) == (409, "wrong_state")
    assert refused(world.staff("POST", f"/appointments/{asked['id']}/cancel", {})) == (409, "wrong_state")
    assert (shown(world, asked["id"])["state"], said(world, asked["id"])) == ("booked", told)


def test_an_idempotency_key_moves_once(world: World) -> None:
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    headers = {"Idempotency-Key": "once"}
    first = move(world, asked["id"], sts["Confirmed"], headers=headers)
    assert move(world, asked["id"], sts["In review"], who=ADMIN).status == 200
    assert move(world, asked["id"], sts["Confirmed"], headers=headers).json == first.json
    assert shown(world, asked["id"])["status"]["name"] == "In review"
    other = move(world, asked["id"], sts["By phone"], headers=headers)
    assert refused(other) == (422, "idempotency_key_reused")


def test_an_idempotency_key_stands_for_one_move_even_if_that_changed_nothing(world: World) -> None:
    """D45: a late copy of a move to where it was already does not take back what was decided since."""
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    headers = {"Idempotency-Key": "once"}
    first = move(world, asked["id"], sts["Received"], who=ADMIN, headers=headers)
    assert (first.status, first.json["version"]) == (200, 1)
    assert move(world, asked["id"], sts["Confirmed"]).status == 200
    assert move(world, asked["id"], sts["Received"], who=ADMIN, headers=headers).json == first.json
    assert shown(world, asked["id"])["confirmed"] is True
    other = move(world, asked["id"], sts["By phone"], who=ADMIN, headers=headers)
    assert refused(other) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("confirmed", [False, True], ids=["a request", "a confirmed one"])
def test_a_client_who_moves_it_asks_anew(world: World, confirmed: bool) -> None:
    sts = set_up(world)
    world.lay(limit=1)
    asked = booked(world)
    if confirmed:
        move(world, asked["id"], sts["By phone"])
    told = len(said(world, asked["id"]))
    reply = reschedule(world, asked, at(60))
    assert (reply.status, reply.json["confirmed"], reply.json["status"]["name"]) == (200, False, "Received")
    assert reply.json["message"].startswith("We have received your request")
    copies = [("staff_rescheduled", "location"), ("staff_rescheduled", "organisation")]
    assert said(world, asked["id"])[told:] == [("request_received", "client"), *(copies if confirmed else [])]
    assert named(history(world, asked["id"])) == ["Received", "By phone", "Received"][0 if confirmed else 2 :]
    assert list(world.offers()) != []
    assert move(world, asked["id"], sts["Confirmed"]).json["confirmed"] is True


def test_a_client_who_moves_it_with_the_function_off_keeps_what_it_is(world: World) -> None:
    sts = set_up(world)
    world.lay(limit=2)
    waiting = booked(world)
    promised = booked(world, attendee={"email": "bo@example.org", "first_name": "Bo"})
    move(world, promised["id"], sts["By phone"])
    switch(world, function=False)
    assert reschedule(world, waiting, at(60)).json["status"]["name"] == "Received"
    assert said(world, waiting["id"])[-1] == ("request_received", "client")
    moved = reschedule(world, promised, at(60)).json
    assert (moved["confirmed"], moved["status"]["name"]) == (True, "By phone")
    assert ("rescheduled", "client") in said(world, promised["id"])


def test_staff_who_move_it_leave_its_status(world: World) -> None:
    set_up(world)
    world.lay()
    asked = booked(world)
    moved = world.staff("PATCH", f"/appointments/{asked['id']}", {"start": "2026-12-03T15:00:00Z"}).json
    assert (moved["confirmed"], moved["status"]["name"]) == (False, "Received")
    assert said(world, asked["id"])[1:] == [("rescheduled", "client")]
    assert len(history(world, asked["id"])) == 1


def test_who_has_been_given_a_request_hears_what_becomes_of_it(world: World) -> None:
    sts = set_up(world)
    world.lay(limit=2)
    asked = booked(world)
    other = booked(world, attendee={"email": "bo@example.org", "first_name": "Bo"})
    assert world.staff("POST", f"/appointments/{asked['id']}/assign", {"staff_id": SAM}).json["confirmed"] is False
    assert said(world, asked["id"])[1:] == [("staff_assigned", "staff")]
    assert move(world, asked["id"], sts["Confirmed"], who="sam@example.org").status == 200
    assert ("staff_booked", "staff") in said(world, asked["id"])
    assert world.staff("POST", f"/appointments/{other['id']}/claim", {}).json["staff_id"] == ALEX
    cancel(world, other)
    assert said(world, other["id"])[1:] == [("cancelled", "client"), ("staff_cancelled", "staff")]
    # Sam sees his own only, and nobody's on the dashboard: of a colleague's he knows nothing.
    third = booked(world, attendee={"email": "cy@example.org", "first_name": "Cy"})
    assert refused(move(world, third["id"], sts["Confirmed"], who="sam@example.org")) == (403, "forbidden")


def test_the_contact_centre_may_only_reject(world: World) -> None:
    """As it cancels: while it is switched on (CC-16), by its own name in the log (CL-6)."""
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    work, rosa = UnitOfWork(), employed("stf_rosa", "Rosa", Role.CONTACT_CENTRE)
    work.save(rosa)
    work.save(Login(rosa.email, rosa.id))
    container.store.commit(work)
    login = claims(rosa.email, "[contact_centre]")
    url = f"/appointments/{asked['id']}/status"
    confirm = world.call("POST", url, {"status_id": sts["Confirmed"]}, login=login)
    assert refused(confirm) == (403, "forbidden")
    off = {"status_id": sts["Declined"], "reason": "Called off by phone"}
    assert world.staff("PATCH", "/settings", {"contact_centre": False}, who=ADMIN).status == 200
    assert refused(world.call("POST", url, off, login=login)) == (403, "feature_disabled")
    assert world.staff("PATCH", "/settings", {"contact_centre": True}, who=ADMIN).status == 200
    reject = world.call("POST", url, off, login=login)
    assert (reject.status, reject.json["state"]) == (200, "cancelled")
    row = world.staff("GET", f"/appointments/{asked['id']}/log").json["items"][0]
    assert (row["action"], row["user"], row["channel"]) == ("cancelled", "Rosa", "call_centre")


def test_nothing_begins_before_it_is_confirmed(world: World) -> None:
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    world.now = OPENING + timedelta(hours=2)
    for step, body in (("commence", {}), ("no-show", {"contact_attempted": True, "reason": "Nobody came"})):
        early = world.staff("POST", f"/appointments/{asked['id']}/{step}", body)
        assert refused(early) == (409, "wrong_state")
    (item,) = world.staff("GET", UNCONFIRMED).json["items"]
    assert (item["overdue"], item["confirmed"], item["state"]) == (True, False, "booked")
    # What was left waiting is decided on after its time, too.
    assert move(world, asked["id"], sts["Confirmed"]).json["overdue"] is False
    assert world.staff("POST", f"/appointments/{asked['id']}/commence").status == 200
    assert refused(move(world, asked["id"], sts["Received"], who=ADMIN)) == (409, "wrong_state")
    assert world.staff("POST", f"/appointments/{asked['id']}/serve").status == 200
    assert refused(move(world, asked["id"], sts["By phone"])) == (409, "wrong_state")
    assert refused(move(world, asked["id"], sts["Declined"], reason="Late")) == (409, "wrong_state")


@pytest.mark.parametrize("route", ["cancel", "status"])
def test_an_overdue_request_is_still_rejected(world: World, route: str) -> None:
    sts = set_up(world)
    world.lay()
    asked = booked(world)
    world.now = OPENING + timedelta(days=1)
    body: dict[str, Any] = {"reason": "Nobody answered"}
    if route == "status":
        body["status_id"] = sts["Declined"]
    reply = world.staff("POST", f"/appointments/{asked['id']}/{route}", body)
    assert (reply.status, reply.json["status"]["name"]) == (200, "Declined")
    assert history(world, asked["id"])[0]["reason"] == "Nobody answered"


def test_reminders_that_are_still_ahead_begin_with_the_confirmation(world: World) -> None:
    sts = set_up(world)
    world.staff("PATCH", "/settings", {"reminder_hours": [36, 24, 2]}, who=ADMIN)
    world.lay()
    asked = booked(world)
    assert record(Appointment, asked["id"]).reminders() == []
    world.now = OPENING - timedelta(hours=30)
    move(world, asked["id"], sts["Confirmed"])
    assert [hours for hours, _ in record(Appointment, asked["id"]).reminders()] == [24, 2]
    assert list(container.outbox.due_reminders(OPENING - timedelta(hours=24), 10)) == [asked["id"]]


def test_what_waits_too_long_is_rejected_once(world: World) -> None:
    sts = set_up(world)
    world.lay(limit=4)
    people = ("ana", "bo", "cy")
    asked, promised, late = (
        booked(world, attendee={"email": f"{name}@example.org", "first_name": name, "language": "fr"})
        for name in people
    )
    move(world, promised["id"], sts["Confirmed"])

    def sweep() -> dict[str, int]:
        return container.auto_reject_job.reject_overdue(world.now, lambda: True)

    world.now += timedelta(hours=10)
    reschedule(world, late, at(60))
    world.now += timedelta(hours=2)
    assert sweep()["rejected"] == 0
    world.staff("PATCH", "/settings", {"auto_reject_after_hours": 12}, who=ADMIN)
    world.now -= timedelta(seconds=1)
    assert sweep()["rejected"] == 0
    world.now += timedelta(seconds=1)
    assert [sweep()["rejected"], sweep()["rejected"]] == [1, 0]
    (line, _) = history(world, asked["id"])
    assert (line["status"]["name"], line["by"]) == ("Declined", "System")
    assert line["reason"] == "Nous n'avons pas pu répondre à votre demande à temps."
    assert said(world, asked["id"])[1:] == [("cancelled", "client")]
    assert shown(world, promised["id"])["state"] == shown(world, late["id"])["state"] == "booked"
    world.now += timedelta(hours=10)
    assert sweep()["rejected"] == 1


def test_everybody_who_comes_shares_the_request(world: World) -> None:
    sts = set_up(world)
    world.lay()
    wish = {
        "channel": "schedule",
        "client": {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.org"},
        "additional_attendees": [{"client": {"first_name": "Bo", "last_name": "Lee", "email": "bo@example.org"}}],
        "service_id": MORTGAGE,
        "location_id": TORONTO,
        "meeting_method": "in_person",
        "start": "2026-12-03T14:00:00Z",
        "staff": "anyone",
    }
    asked = world.staff("POST", "/appointments", wish).json
    assert (asked["confirmed"], asked["status"]["name"]) == (False, "Received")
    guest = {"client": {"first_name": "Cy", "last_name": "Oz", "email": "cy@example.org"}}
    assert world.staff("POST", f"/appointments/{asked['id']}/attendees", guest).status == 201
    assert said(world, asked["id"]) == [("request_received", "client")] * 3
    gone = asked["attendees"][0]["client_id"]
    assert world.staff("DELETE", f"/appointments/{asked['id']}/attendees/{gone}").status == 204
    assert shown(world, asked["id"])["status"]["name"] == "Received"
    move(world, asked["id"], sts["Confirmed"])
    assert said(world, asked["id"])[3:] == [
        ("cancelled", "client"),
        *[("confirmation", "client")] * 2,
        *COPIES,
    ]
