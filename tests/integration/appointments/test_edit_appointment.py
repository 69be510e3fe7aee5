"""Staff edit an appointment: what is sent changes, who may, until when, and what is told and logged (CC-11, D47)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.capacity.ledger import Sheet
from chalicelib.domain.clients.client import Contact
from chalicelib.domain.organisation.catalogue import Question, Service
from chalicelib.domain.shared.events import MessageKind
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import epoch_minute, utc_text
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.block_requests import VANCOUVER
from tests.builders.in_process.sample_organisation import ALEX, MORTGAGE, OPENING, SAM, TORONTO, World, at
from tests.builders.in_process.staff_bookings import (
    BOSS,
    CENTRAL,
    as_role,
    booked,
    hire,
    journal,
    open_vancouver,
    patch,
    require_whole,
    setting,
    staffed,
    told,
    write,
)

EVA = {"first_name": "Eva", "last_name": "Ito", "email": "eva@example.org"}


@pytest.fixture
def world(world: World) -> Iterator[World]:
    world.lay(limit=1)
    yield staffed(world)
    require_whole(world)


def changes(appointment: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What the newest line of the log says has changed."""
    return {change.field: (change.before, change.after) for change in journal(appointment["id"])[0].changes}


def events(appointment: dict[str, Any]) -> list[str]:
    """What the newest entry announces."""
    return [event.type for event in journal(appointment["id"])[0].events]


def refusal(reply: Reply) -> tuple[int, str, list[str]]:
    """Status, code and what is pointed at."""
    return reply.status, reply.json["code"], [error["pointer"] for error in reply.json.get("errors", [])]


def test_a_new_time_frees_the_old_one_and_takes_the_new(world: World) -> None:
    appointment = booked(world)
    was, later = utc_text(OPENING), utc_text(at(60))
    assert was not in world.offers()
    reply = patch(world, appointment, {"start": later})
    assert reply.status == 200, reply.text
    assert (reply.json["id"], reply.json["start"], reply.json["end"]) == (appointment["id"], later, utc_text(at(90)))
    assert (reply.json["local_start"], reply.json["block_id"]) == ("2026-12-03T10:00:00", appointment["block_id"])
    assert was in world.offers()
    assert later not in world.offers()
    assert changes(appointment) == {"start": (was, later)}
    assert events(appointment) == ["appointment.rescheduled"]
    client = appointment["attendees"][0]["client_id"]
    entry = journal(appointment["id"])[0]
    assert told(entry) == [
        (MessageKind.RESCHEDULED, client),
        (MessageKind.STAFF_RESCHEDULED, TORONTO),
        (MessageKind.STAFF_RESCHEDULED, "org"),
    ]
    assert {dict(message.facts)["previous_start"] for message in entry.messages} == {was}
    assert (entry.action, entry.actor.staff_id, entry.sequence) == ("rescheduled", ALEX, 1)


def test_a_wall_time_is_read_in_the_zone_that_is_sent_with_it(world: World) -> None:
    appointment = booked(world)
    assert refusal(patch(world, appointment, {"start": "2026-12-03T10:00"}))[1] == "timezone_required"
    reply = patch(world, appointment, {"start": "2026-12-03T07:00", "timezone": "America/Vancouver"})
    assert (reply.json["start"], reply.json["timezone"]) == (utc_text(at(60)), "America/Vancouver")
    assert reply.json["local_start"] == "2026-12-03T07:00:00"
    shown = patch(world, appointment, {"timezone": "America/Toronto"})
    assert (shown.json["local_start"], told(journal(appointment["id"])[0])) == ("2026-12-03T10:00:00", [])


def test_what_bookings_count_follows_the_new_end_and_reminders_start_afresh(world: World) -> None:
    appointment = world.book().json
    assert patch(world, appointment, {"start": utc_text(at(60))}).status == 200
    assert world.read(Contact, "ana@example.org").upcoming == ((appointment["id"], epoch_minute(at(90))),)
    moved: Appointment = world.read(Appointment, appointment["id"])
    assert (moved.reminders_from, moved.sequence) == (world.now, 1)
    # The client's own move is still theirs: limits bind clients, not staff (D47).
    assert [attendee.moves for attendee in moved.attendees] == [0]


def test_staff_move_after_the_clients_deadline_and_as_often_as_they_like(world: World) -> None:
    appointment = booked(world)
    world.now = OPENING - timedelta(minutes=30)
    for minutes in (60, 30, 90):
        assert patch(world, appointment, {"start": utc_text(at(minutes))}).status == 200


@pytest.mark.parametrize(
    ("body", "field", "before", "after"),
    [
        ({"notes": "Careful"}, "notes", "", "Careful"),
        ({"attendee_notes": "By the lift"}, "attendee_notes", "", "By the lift"),
        ({"answers": [{"question_id": "why", "value": "A house"}]}, "answers", {}, {"why": "A house"}),
        ({"notify_client": False}, "notify_client", True, False),
    ],
)
def test_what_moves_nothing_is_logged_and_told_to_nobody(
    world: World, body: Any, field: str, before: Any, after: Any
) -> None:
    appointment = booked(world)
    write(replace(world.read(Service, MORTGAGE), questions=(Question("why", "Why?", required=True),)))
    sheet: Sheet = world.read(Sheet, TORONTO, "2026-12-03")
    reply = patch(world, appointment, body)
    assert (reply.status, reply.json["version"]) == (200, 2)
    if field in ("attendee_notes", "answers"):
        client = appointment["attendees"][0]["client_id"]
        before, after = {client: before}, {client: after}
    assert changes(appointment) == {field: (before, after)}
    entry = journal(appointment["id"])[0]
    assert (entry.action, entry.messages, entry.events, entry.sequence) == ("edited", (), (), 0)
    assert world.read(Sheet, TORONTO, "2026-12-03") == sheet


def test_everybody_who_comes_has_notes_and_answers_of_their_own(world: World) -> None:
    write(replace(world.read(Service, MORTGAGE), questions=(Question("why", "Why?", required=True),)))
    why = {"question_id": "why", "value": "A house"}
    appointment = booked(world, answers=[why], additional_attendees=[{"client": EVA}])
    first, second = (attendee["client_id"] for attendee in appointment["attendees"])
    body = {"attendee_notes": "By the lift", "attendees": [{"client_id": second, "notes": "Deaf", "answers": [why]}]}
    reply = patch(world, appointment, body)
    assert [(a["notes"], a["answers"]) for a in reply.json["attendees"]] == [("By the lift", [why]), ("Deaf", [why])]
    assert changes(appointment) == {
        "attendee_notes": ({first: "", second: ""}, {first: "By the lift", second: "Deaf"}),
        "answers": ({second: {}}, {second: {"why": "A house"}}),
    }
    # Whoever comes along need not answer, whoever it is made for must (CC-7).
    assert patch(world, appointment, {"attendees": [{"client_id": second, "answers": []}]}).status == 200
    assert refusal(patch(world, appointment, {"answers": []})) == (422, "invalid_answers", ["/answers"])
    twice = {"attendee_notes": "x", "attendees": [{"client_id": first, "notes": "y"}]}
    assert refusal(patch(world, appointment, twice)) == (422, "client_twice", ["/attendees/0/client_id"])
    stranger = {"attendees": [{"client_id": second}, {"client_id": "cli_9", "notes": "y"}]}
    assert refusal(patch(world, appointment, stranger)) == (422, "unknown_client", ["/attendees/1/client_id"])


def test_a_client_who_has_left_is_not_written_to(world: World) -> None:
    appointment = booked(world, additional_attendees=[{"client": EVA}])
    first, second = (attendee["client_id"] for attendee in appointment["attendees"])
    assert world.staff("DELETE", f"/appointments/{appointment['id']}/attendees/{first}").status == 204
    reply = patch(world, appointment, {"attendee_notes": "By the lift", "start": utc_text(at(60))})
    assert [a["notes"] for a in reply.json["attendees"]] == ["", "By the lift"]
    assert [who for kind, who in told(journal(appointment["id"])[0]) if kind is MessageKind.RESCHEDULED] == [second]


def test_another_way_to_meet_is_told_but_takes_no_other_place(world: World) -> None:
    appointment = booked(world)
    sheet: Sheet = world.read(Sheet, TORONTO, "2026-12-03")
    reply = patch(world, appointment, {"meeting_method": "phone"})
    assert (reply.status, reply.json["meeting_method"]) == (200, "phone")
    assert changes(appointment) == {"meeting_method": ("in_person", "phone")}
    entry = journal(appointment["id"])[0]
    assert [dict(message.facts) for message in entry.messages] == [{"elsewhere": "yes"}] * 3
    assert (entry.action, entry.sequence, events(appointment)) == ("edited", 1, ["appointment.rescheduled"])
    assert world.read(Sheet, TORONTO, "2026-12-03") == sheet
    refused = patch(world, appointment, {"meeting_method": "video"})
    assert refusal(refused) == (422, "method_not_offered", ["/meeting_method"])


def test_without_notice_the_client_hears_nothing_and_staff_do(world: World) -> None:
    appointment = booked(world)
    assert patch(world, appointment, {"start": utc_text(at(60)), "notify_client": False}).status == 200
    assert [kind for kind, _ in told(journal(appointment["id"])[0])] == [MessageKind.STAFF_RESCHEDULED] * 2


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_notes_are_left_blank_or_cleared_with_null_as_with_blank_text(world: World, nothing: str | None) -> None:
    said: dict[str, Any] = {"notes": nothing, "attendee_notes": nothing}
    assert booked(world, **said)["notes"] == ""
    appointment = booked(world, notes="Careful", attendee_notes="By the lift")
    reply = patch(world, appointment, said)
    assert (reply.status, reply.json["notes"], reply.json["attendees"][0]["notes"]) == (200, "", "")


def test_what_is_as_it_was_leaves_no_trace(world: World) -> None:
    appointment = booked(world, notes="Careful")
    same = {"start": appointment["start"], "notes": "Careful", "staff_id": None, "meeting_method": "in_person"}
    for body in ({}, same):
        reply = patch(world, appointment, body)
        assert (reply.status, reply.json) == (200, appointment)
    assert len(journal(appointment["id"])) == 1


def test_only_the_version_that_was_seen_is_changed(world: World) -> None:
    appointment = booked(world)
    stale = patch(world, appointment, {"notes": "Careful"}, headers={"If-Match": '"9"'})
    assert (stale.status, stale.json["code"]) == (412, "version_mismatch")
    assert patch(world, appointment, {"notes": "Careful"}, headers={"If-Match": '"1"'}).json["version"] == 2


@pytest.mark.parametrize(
    "body",
    [{"service_id": MORTGAGE}, {"start": None}, {"notes": 5}, {"attendees": [{"notes": "x"}]}, {"overide": {}}],
)
def test_a_body_says_nothing_that_is_not_known(world: World, body: Any) -> None:
    assert patch(world, booked(world), body).status == 422


def test_what_is_over_keeps_everything_but_its_private_notes(world: World) -> None:
    for minutes, end in ((0, "cancel"), (60, None)):
        appointment = booked(world, start=utc_text(at(minutes)))
        if end:
            assert world.staff("POST", f"/appointments/{appointment['id']}/{end}", {}).status == 200
        else:
            world.now = at(90)
        for body in ({"start": utc_text(at(120))}, {"attendee_notes": "x"}, {"notes": "x", "meeting_method": "phone"}):
            assert patch(world, appointment, body).json["code"] == "wrong_state"
        assert patch(world, appointment, {"notes": "Came late"}).json["notes"] == "Came late"


def test_what_has_begun_moves_no_more_and_nothing_moves_into_the_past(world: World) -> None:
    appointment = booked(world)
    world.now = at(5)
    assert refusal(patch(world, appointment, {"start": utc_text(at(0) - timedelta(minutes=30))}))[1] == "past"
    assert patch(world, appointment, {"meeting_method": "phone"}).status == 200
    assert world.staff("POST", f"/appointments/{appointment['id']}/commence").status == 200
    assert patch(world, appointment, {"start": utc_text(at(60))}).json["code"] == "wrong_state"
    assert patch(world, appointment, {"attendee_notes": "Deaf"}).status == 200


def test_each_role_edits_what_it_reaches(world: World) -> None:
    open_vancouver(world)
    appointment, sams = booked(world), booked(world, start=utc_text(at(30)), staff={"id": SAM})
    hire("stf_plus", "staff_plus@example.org", VANCOUVER, role=Role.STAFF_PLUS)
    note = {"notes": "Careful"}
    assert patch(world, appointment, note, "sam@example.org").status == 403  # unassigned: seen, not his to edit
    assert patch(world, sams, note, "sam@example.org").status == 200
    assert patch(world, sams, note, "staff_plus@example.org").status == 404
    for who in (BOSS, CENTRAL, "alex@example.org"):
        assert patch(world, appointment, {"notes": who}, who).status == 200
    assert patch(world, {"id": "apt_9"}, note).status == 404


def test_nobody_moves_an_appointment_to_where_they_do_not_work(world: World) -> None:
    open_vancouver(world, limit=2)
    sams = booked(world, staff={"id": SAM})
    there = {"location_id": VANCOUVER, "staff_id": None}
    assert patch(world, sams, {"location_id": VANCOUVER}, "sam@example.org").status == 403
    assert patch(world, sams, there).status == 403
    assert refusal(patch(world, sams, {"location_id": "loc_9"}, BOSS)) == (422, "unknown_location", ["/location_id"])
    assert patch(world, sams, there, BOSS).status == 200


def test_only_some_give_appointments_to_others(world: World) -> None:
    appointment = booked(world, staff={"id": SAM})
    assert patch(world, appointment, {"staff_id": ALEX}, "sam@example.org").status == 403
    assert patch(world, appointment, {"staff_id": None}, "sam@example.org").status == 403
    assert patch(world, appointment, {"staff_id": SAM}, "sam@example.org").status == 200
    assert patch(world, appointment, {"staff_id": ALEX}, CENTRAL).json["staff_id"] == ALEX
    assert patch(world, appointment, {"staff_id": SAM}).json["staff_id"] == SAM


def test_the_contact_centre_keeps_to_the_limit_and_is_named_in_the_log(world: World) -> None:
    appointment, _ = booked(world), booked(world, start=utc_text(at(60)))
    before = world.read(Appointment, appointment["id"])
    full = patch(world, appointment, {"start": utc_text(at(60))}, CENTRAL)
    assert (full.status, full.json["code"]) == (409, "capacity_exhausted")
    outside = patch(world, appointment, {"start": utc_text(at(600))}, CENTRAL)
    assert (outside.status, outside.json["code"]) == (409, "outside_block")
    assert world.read(Appointment, appointment["id"]) == before
    assert patch(world, appointment, {"start": utc_text(at(30))}, CENTRAL).status == 200
    log = as_role(world, "GET", f"/appointments/{appointment['id']}/log").json["items"][0]
    assert (log["action"], log["user"], log["channel"]) == ("rescheduled", "Central", "call_centre")
    setting(world, contact_centre=False)
    shut = patch(world, appointment, {"start": utc_text(at(90))}, CENTRAL)
    assert (shut.status, shut.json["code"]) == (403, "feature_disabled")
