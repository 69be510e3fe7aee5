"""From request to confirmation or rejection, through HTTP (AS-1 … AS-12, features 49–58, 61)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import (
    ALEX,
    BLOCK_START,
    CENTRAL,
    MORTGAGE,
    SAM,
    SAM_EMAIL,
    TORONTO,
    at,
    hire,
)
from tests.builders.in_process.status_requests import ADMIN, event_types, messages, status_names
from tests.builders.in_process.table_records import read

COPIES = [("staff_booked", "location"), ("staff_booked", "organisation")]
UNCONFIRMED = f"/appointments?view=unconfirmed&location_id={TORONTO}"


def listed(org: Organisation, more: str = "") -> list[tuple[str, str]]:
    """Id and status of each appointment on the list of requests."""
    items = org.as_staff("GET", UNCONFIRMED + more).json["items"]
    return [(item["id"], item["status"]["name"]) for item in items]


def test_a_request_is_confirmed(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    received = {"id": sts["Received"], "name": "Received", "colour": "#2e7d32", "predicate": "start"}
    assert (asked["confirmed"], asked["state"], asked["status"]) == (False, "booked", received)
    assert asked["message"].startswith("We have received your request")
    assert messages(asked["id"]) == [("request_received", "client")]
    assert event_types(asked["id"]) == ["appointment.requested"]
    mine = org.call("GET", f"/public/appointments/{asked['id']}?code={asked['code']}").json
    assert (mine["confirmed"], mine["status"]) == (False, received)
    file = org.call("GET", f"/public/appointments/{asked['id']}/calendar.ics?code={asked['code']}")
    assert "STATUS:TENTATIVE" in file.text
    assert listed(org) == [(asked["id"], "Received")]
    full = org.try_book(BLOCK_START, attendee={"email": "bo@example.org", "first_name": "Bo"})
    assert full.refusal == (409, "capacity_exhausted")

    reply = org.statuses.change(asked["id"], sts["Confirmed"], expected_status_id=sts["Received"]).body()
    assert (reply["confirmed"], reply["status"]["name"]) == (True, "Confirmed")
    assert messages(asked["id"])[1:] == [("confirmation", "client"), *COPIES]
    assert event_types(asked["id"])[1:] == ["appointment.confirmed", "appointment.status_changed"]
    assert listed(org) == []
    assert listed(org, "&show_confirmed=true") == [(asked["id"], "Confirmed")]
    lines = org.statuses.history(asked["id"])
    assert status_names(lines) == ["Confirmed", "Received"]
    assert [line["by"] for line in lines] == ["Alex", "Modern Client View"]


def test_a_rejection_needs_a_reason_and_frees_the_place(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    for reason in ({}, {"reason": ""}, {"reason": "  "}, {"reason": "\u200b\u2060"}):
        assert org.statuses.change(asked["id"], sts["No papers"], **reason).refusal == (422, "reason_required")
    assert org.statuses.change(asked["id"], sts["No papers"], reason="x" * 10_000).status == 422
    assert org.appointment(asked["id"])["version"] == 1

    reply = org.statuses.change(asked["id"], sts["No papers"], reason="Papers are missing")
    assert (reply.status, reply.json["state"]) == (200, "cancelled")
    assert reply.json["cancellation"]["reason"] == "Papers are missing"
    assert reply.json["status"]["name"] == "No papers"
    assert messages(asked["id"])[1:] == [("cancelled", "client")]
    assert event_types(asked["id"])[1:] == ["appointment.cancelled", "appointment.status_changed"]
    assert [(line["status"]["name"], line["reason"]) for line in org.statuses.history(asked["id"])] == [
        ("No papers", "Papers are missing"),
        ("Received", None),
    ]
    assert org.try_book(BLOCK_START, attendee={"email": "bo@example.org", "first_name": "Bo"}).status == 201
    assert org.statuses.change(asked["id"], sts["Confirmed"]).refusal == (409, "wrong_state")


def test_a_client_who_cancels_ends_in_the_lowest_cancellation(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    org.statuses.change(asked["id"], sts["By phone"])
    reply = org.cancel(asked, reason="I am ill")
    assert (reply.status, reply.json["status"]["name"]) == (200, "Declined")
    assert org.statuses.history(asked["id"])[0]["reason"] == "cancelled by customer: I am ill"
    assert messages(asked["id"])[-3:] == [
        ("cancelled", "client"),
        ("staff_cancelled", "location"),
        ("staff_cancelled", "organisation"),
    ]


def test_every_move_is_guarded(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    stale = org.statuses.change(asked["id"], sts["Confirmed"], expected_status_id=sts["In review"])
    assert stale.refusal == (409, "status_changed")
    stale = org.statuses.change(asked["id"], sts["Confirmed"], headers={"If-Match": '"7"'})
    assert stale.refusal == (412, "version_mismatch")
    assert org.statuses.change(asked["id"], "sts_nothing").refusal == (422, "unknown_status")
    assert org.statuses.change("apt_nothing", sts["Confirmed"]).refusal == (404, "not_found")
    assert (org.appointment(asked["id"])["version"], messages(asked["id"])) == (1, [("request_received", "client")])

    first = org.statuses.change(asked["id"], sts["Confirmed"], headers={"If-Match": '"1"'})
    again = org.statuses.change(asked["id"], sts["Confirmed"])
    assert (again.status, again.json) == (200, first.json)
    assert status_names(org.statuses.history(asked["id"])) == ["Confirmed", "Received"]
    sent = messages(asked["id"])
    # From one confirmation to another nobody is told anything (D29).
    assert org.statuses.change(asked["id"], sts["By phone"], reason="Called").json["confirmed"] is True
    assert messages(asked["id"]) == sent
    assert event_types(asked["id"])[-1] == "appointment.status_changed"

    # What the client has been told only an administrator takes back (D28).
    assert org.statuses.change(asked["id"], sts["In review"]).refusal == (403, "forbidden")
    assert org.statuses.change(asked["id"], sts["In review"], who=ADMIN).json["confirmed"] is False
    assert messages(asked["id"]) == sent
    assert org.statuses.change(asked["id"], sts["Confirmed"]).json["confirmed"] is True
    assert messages(asked["id"]) == [*sent, *sent[1:]]
    lines = org.statuses.history(asked["id"])
    assert status_names(lines) == ["Confirmed", "In review", "By phone", "Confirmed", "Received"]
    assert [line["reason"] for line in lines] == [None, None, "Called", None, None]
    assert [line["status"]["position"] for line in lines] == [3, 2, 4, 3, 1]


def test_a_history_comes_in_pages(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    for _ in range(2):
        org.statuses.change(asked["id"], sts["In review"])
        org.statuses.change(asked["id"], sts["Received"])
    whole, url = org.statuses.history(asked["id"]), f"/appointments/{asked['id']}/history?limit=2"
    pages = [org.as_staff("GET", url).json]
    while pages[-1]["next_cursor"]:
        pages.append(org.as_staff("GET", f"{url}&cursor={pages[-1]['next_cursor']}").json)
    assert [line for page in pages for line in page["items"]] == whole
    assert [len(page["items"]) for page in pages] == [2, 2, 1]
    assert status_names(whole) == ["Received", "In review", "Received", "In review", "Received"]
    assert org.as_staff("GET", f"/appointments/{asked['id']}/history?cursor=bm8").refusal == (422, "invalid_cursor")


def test_the_log_names_every_status(org: Organisation) -> None:
    """Feature 39: whoever moves it, the log says from where to where, by name."""
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    org.statuses.change(asked["id"], sts["By phone"])
    org.reschedule(asked, at(60))
    org.statuses.change(asked["id"], sts["No papers"], reason="Papers are missing")
    assert org.statuses.log(asked["id"]) == [
        ("Received", "No papers"),
        ("By phone", "Received"),
        ("Received", "By phone"),
    ]
    other = org.book()
    org.cancel(other)
    assert org.statuses.log(other["id"]) == [("Received", "Declined")]


def test_what_is_over_is_not_rejected(org: Organisation) -> None:
    """D32: a confirmed one whose time is over cannot be called off by way of a status either; nobody is written to."""
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    org.statuses.change(asked["id"], sts["Confirmed"])
    sent = messages(asked["id"])
    org.now = at(30)
    assert org.statuses.change(asked["id"], sts["Declined"], reason="Too late").refusal == (409, "wrong_state")
    assert org.act(asked["id"], "cancel", {}).refusal == (409, "wrong_state")
    assert (org.appointment(asked["id"])["state"], messages(asked["id"])) == ("booked", sent)


def test_an_idempotency_key_moves_once(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    headers = {"Idempotency-Key": "once"}
    first = org.statuses.change(asked["id"], sts["Confirmed"], headers=headers)
    assert org.statuses.change(asked["id"], sts["In review"], who=ADMIN).status == 200
    assert org.statuses.change(asked["id"], sts["Confirmed"], headers=headers).json == first.json
    assert org.appointment(asked["id"])["status"]["name"] == "In review"
    assert org.statuses.change(asked["id"], sts["By phone"], headers=headers).refusal == (422, "idempotency_key_reused")


def test_an_idempotency_key_stands_for_one_move_even_if_that_changed_nothing(org: Organisation) -> None:
    """D45: a late copy of a move to where it was already does not take back what was decided since."""
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    headers = {"Idempotency-Key": "once"}
    first = org.statuses.change(asked["id"], sts["Received"], who=ADMIN, headers=headers)
    assert (first.status, first.json["version"]) == (200, 1)
    assert org.statuses.change(asked["id"], sts["Confirmed"]).status == 200
    assert org.statuses.change(asked["id"], sts["Received"], who=ADMIN, headers=headers).json == first.json
    assert org.appointment(asked["id"])["confirmed"] is True
    other = org.statuses.change(asked["id"], sts["By phone"], who=ADMIN, headers=headers)
    assert other.refusal == (422, "idempotency_key_reused")


@pytest.mark.parametrize("confirmed", [False, True], ids=["a request", "a confirmed one"])
def test_a_client_who_moves_it_asks_anew(org: Organisation, confirmed: bool) -> None:
    sts = org.statuses.create()
    org.create_block(limit=1)
    asked = org.book()
    if confirmed:
        org.statuses.change(asked["id"], sts["By phone"])
    sent = len(messages(asked["id"]))
    reply = org.reschedule(asked, at(60))
    assert (reply.status, reply.json["confirmed"], reply.json["status"]["name"]) == (200, False, "Received")
    assert reply.json["message"].startswith("We have received your request")
    copies = [("staff_rescheduled", "location"), ("staff_rescheduled", "organisation")]
    assert messages(asked["id"])[sent:] == [("request_received", "client"), *(copies if confirmed else [])]
    assert (
        status_names(org.statuses.history(asked["id"])) == ["Received", "By phone", "Received"][0 if confirmed else 2 :]
    )
    assert list(org.available_starts()) != []
    assert org.statuses.change(asked["id"], sts["Confirmed"]).json["confirmed"] is True


def test_a_client_who_moves_it_with_the_function_off_keeps_what_it_is(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block(limit=2)
    waiting = org.book()
    promised = org.book(attendee={"email": "bo@example.org", "first_name": "Bo"})
    org.statuses.change(promised["id"], sts["By phone"])
    org.statuses.switch(function=False)
    assert org.reschedule(waiting, at(60)).json["status"]["name"] == "Received"
    assert messages(waiting["id"])[-1] == ("request_received", "client")
    moved = org.reschedule(promised, at(60)).json
    assert (moved["confirmed"], moved["status"]["name"]) == (True, "By phone")
    assert ("rescheduled", "client") in messages(promised["id"])


def test_staff_who_move_it_leave_its_status(org: Organisation) -> None:
    org.statuses.create()
    org.create_block()
    asked = org.book()
    moved = org.as_staff("PATCH", f"/appointments/{asked['id']}", {"start": "2026-12-03T15:00:00Z"}).json
    assert (moved["confirmed"], moved["status"]["name"]) == (False, "Received")
    assert messages(asked["id"])[1:] == [("rescheduled", "client")]
    assert len(org.statuses.history(asked["id"])) == 1


def test_who_has_been_given_a_request_hears_what_becomes_of_it(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block(limit=2)
    asked = org.book()
    other = org.book(attendee={"email": "bo@example.org", "first_name": "Bo"})
    assert org.act(asked["id"], "assign", {"staff_id": SAM}).json["confirmed"] is False
    assert messages(asked["id"])[1:] == [("staff_assigned", "staff")]
    assert org.statuses.change(asked["id"], sts["Confirmed"], who=SAM_EMAIL).status == 200
    assert ("staff_booked", "staff") in messages(asked["id"])
    assert org.act(other["id"], "claim", {}).json["staff_id"] == ALEX
    org.cancel(other)
    assert messages(other["id"])[1:] == [("cancelled", "client"), ("staff_cancelled", "staff")]
    # Sam sees his own only, and nobody's on the dashboard: of a colleague's he knows nothing.
    third = org.book(attendee={"email": "cy@example.org", "first_name": "Cy"})
    assert org.statuses.change(third["id"], sts["Confirmed"], who=SAM_EMAIL).refusal == (403, "forbidden")


def test_the_contact_centre_may_only_reject(org: Organisation) -> None:
    """As it cancels: while it is switched on (CC-16), by its own name in the log (CL-6)."""
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    hire("stf_rosa", CENTRAL)
    assert org.statuses.change(asked["id"], sts["Confirmed"], CENTRAL).refusal == (403, "forbidden")
    off: dict[str, Any] = {"who": CENTRAL, "reason": "Called off by phone"}
    org.update_settings(contact_centre=False)
    assert org.statuses.change(asked["id"], sts["Declined"], **off).refusal == (403, "feature_disabled")
    org.update_settings(contact_centre=True)
    reject = org.statuses.change(asked["id"], sts["Declined"], **off)
    assert (reject.status, reject.json["state"]) == (200, "cancelled")
    row = org.as_staff("GET", f"/appointments/{asked['id']}/log").json["items"][0]
    assert (row["action"], row["user"], row["channel"]) == ("cancelled", "Rosa", "call_centre")


def test_nothing_begins_before_it_is_confirmed(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    org.now = BLOCK_START + timedelta(hours=2)
    for step, body in (("commence", {}), ("no-show", {"contact_attempted": True, "reason": "Nobody came"})):
        assert org.as_staff("POST", f"/appointments/{asked['id']}/{step}", body).refusal == (409, "wrong_state")
    (item,) = org.as_staff("GET", UNCONFIRMED).json["items"]
    assert (item["overdue"], item["confirmed"], item["state"]) == (True, False, "booked")
    # What was left waiting is decided on after its time, too.
    assert org.statuses.change(asked["id"], sts["Confirmed"]).json["overdue"] is False
    assert org.act(asked["id"], "commence").status == 200
    assert org.statuses.change(asked["id"], sts["Received"], who=ADMIN).refusal == (409, "wrong_state")
    assert org.act(asked["id"], "serve").status == 200
    assert org.statuses.change(asked["id"], sts["By phone"]).refusal == (409, "wrong_state")
    assert org.statuses.change(asked["id"], sts["Declined"], reason="Late").refusal == (409, "wrong_state")


@pytest.mark.parametrize("route", ["cancel", "status"])
def test_an_overdue_request_is_still_rejected(org: Organisation, route: str) -> None:
    sts = org.statuses.create()
    org.create_block()
    asked = org.book()
    org.now = BLOCK_START + timedelta(days=1)
    body: dict[str, Any] = {"reason": "Nobody answered"}
    if route == "status":
        body["status_id"] = sts["Declined"]
    reply = org.as_staff("POST", f"/appointments/{asked['id']}/{route}", body)
    assert (reply.status, reply.json["status"]["name"]) == (200, "Declined")
    assert org.statuses.history(asked["id"])[0]["reason"] == "Nobody answered"


def test_reminders_that_are_still_ahead_begin_with_the_confirmation(org: Organisation) -> None:
    sts = org.statuses.create()
    org.as_staff("PATCH", "/settings", {"reminder_hours": [36, 24, 2]}, who=ADMIN)
    org.create_block()
    asked = org.book()
    assert read(Appointment, asked["id"]).reminders() == []
    org.now = BLOCK_START - timedelta(hours=30)
    org.statuses.change(asked["id"], sts["Confirmed"])
    assert [hours for hours, _ in read(Appointment, asked["id"]).reminders()] == [24, 2]
    assert list(container.outbox.due_reminders(BLOCK_START - timedelta(hours=24), 10)) == [asked["id"]]


def test_what_waits_too_long_is_rejected_once(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block(limit=4)
    people = ("ana", "bo", "cy")
    asked, promised, late = (
        org.book(attendee={"email": f"{name}@example.org", "first_name": name, "language": "fr"}) for name in people
    )
    org.statuses.change(promised["id"], sts["Confirmed"])

    def sweep() -> dict[str, int]:
        return container.auto_reject_job.reject_overdue(org.now, lambda: True)

    org.now += timedelta(hours=10)
    org.reschedule(late, at(60))
    org.now += timedelta(hours=2)
    assert sweep()["rejected"] == 0
    org.as_staff("PATCH", "/settings", {"auto_reject_after_hours": 12}, who=ADMIN)
    org.now -= timedelta(seconds=1)
    assert sweep()["rejected"] == 0
    org.now += timedelta(seconds=1)
    assert [sweep()["rejected"], sweep()["rejected"]] == [1, 0]
    (line, _) = org.statuses.history(asked["id"])
    assert (line["status"]["name"], line["by"]) == ("Declined", "System")
    assert line["reason"] == "Nous n'avons pas pu répondre à votre demande à temps."
    assert messages(asked["id"])[1:] == [("cancelled", "client")]
    assert org.appointment(promised["id"])["state"] == org.appointment(late["id"])["state"] == "booked"
    org.now += timedelta(hours=10)
    assert sweep()["rejected"] == 1


def test_everybody_who_comes_shares_the_request(org: Organisation) -> None:
    sts = org.statuses.create()
    org.create_block()
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
    asked = org.as_staff("POST", "/appointments", wish).json
    assert (asked["confirmed"], asked["status"]["name"]) == (False, "Received")
    guest = {"client": {"first_name": "Cy", "last_name": "Oz", "email": "cy@example.org"}}
    assert org.as_staff("POST", f"/appointments/{asked['id']}/attendees", guest).status == 201
    assert messages(asked["id"]) == [("request_received", "client")] * 3
    gone = asked["attendees"][0]["client_id"]
    assert org.as_staff("DELETE", f"/appointments/{asked['id']}/attendees/{gone}").status == 204
    assert org.appointment(asked["id"])["status"]["name"] == "Received"
    org.statuses.change(asked["id"], sts["Confirmed"])
    assert messages(asked["id"])[3:] == [
        ("cancelled", "client"),
        *[("confirmation", "client")] * 2,
        *COPIES,
    ]
