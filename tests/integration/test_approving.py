"""From request to confirmation or rejection, through HTTP (AS-1 … AS-12, features 49–58, 61)."""

from __future__ import annotations

from tests.integration.approval import booked, cancel, events, history, move, named, said, set_up, shown
from tests.integration.world import OPENING, TORONTO, World

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
