"""Appointments edited by staff: fields, permissions, deadlines, messages and logs (CC-11, D47)."""

from __future__ import annotations

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
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import (
    ALEX,
    ALEX_EMAIL,
    BLOCK_START,
    BOSS,
    CENTRAL,
    MORTGAGE,
    SAM,
    SAM_EMAIL,
    TORONTO,
    VANCOUVER,
    at,
    hire,
)
from tests.builders.in_process.table_records import journal, recipients, write

EVA = {"first_name": "Eva", "last_name": "Ito", "email": "eva@example.org"}

pytestmark = pytest.mark.organisation(seats=1, staff=True, checked=True)


def changes(appointment: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The changes of the newest log line, before and after by field."""
    return {change.field: (change.before, change.after) for change in journal(appointment["id"])[0].changes}


def events(appointment: dict[str, Any]) -> list[str]:
    """The event types of the newest entry."""
    return [event.type for event in journal(appointment["id"])[0].events]


def refusal(reply: Reply) -> tuple[int, str, list[str]]:
    """Status, code and error pointers."""
    return reply.status, reply.json["code"], [error["pointer"] for error in reply.json.get("errors", [])]


def test_a_new_time_frees_the_old_one_and_takes_the_new(org: Organisation) -> None:
    appointment = org.book_by_staff()
    was, later = utc_text(BLOCK_START), utc_text(at(60))
    assert was not in org.available_starts()
    reply = org.edit_appointment(appointment, {"start": later}).body()
    assert (reply["id"], reply["start"], reply["end"]) == (appointment["id"], later, utc_text(at(90)))
    assert (reply["local_start"], reply["block_id"]) == ("2026-12-03T10:00:00", appointment["block_id"])
    assert was in org.available_starts()
    assert later not in org.available_starts()
    assert changes(appointment) == {"start": (was, later)}
    assert events(appointment) == ["appointment.rescheduled"]
    client = appointment["attendees"][0]["client_id"]
    entry = journal(appointment["id"])[0]
    assert recipients(entry) == [
        (MessageKind.RESCHEDULED, client),
        (MessageKind.STAFF_RESCHEDULED, TORONTO),
        (MessageKind.STAFF_RESCHEDULED, "org"),
    ]
    assert {dict(message.facts)["previous_start"] for message in entry.messages} == {was}
    assert (entry.action, entry.actor.staff_id, entry.sequence) == ("rescheduled", ALEX, 1)


def test_a_wall_time_is_read_in_the_zone_that_is_sent_with_it(org: Organisation) -> None:
    appointment = org.book_by_staff()
    assert refusal(org.edit_appointment(appointment, {"start": "2026-12-03T10:00"}))[1] == "timezone_required"
    reply = org.edit_appointment(appointment, {"start": "2026-12-03T07:00", "timezone": "America/Vancouver"})
    assert (reply.json["start"], reply.json["timezone"]) == (utc_text(at(60)), "America/Vancouver")
    assert reply.json["local_start"] == "2026-12-03T07:00:00"
    shown = org.edit_appointment(appointment, {"timezone": "America/Toronto"})
    assert (shown.json["local_start"], recipients(journal(appointment["id"])[0])) == ("2026-12-03T10:00:00", [])


def test_what_bookings_count_follows_the_new_end_and_reminders_start_afresh(org: Organisation) -> None:
    appointment = org.book()
    assert org.edit_appointment(appointment, {"start": utc_text(at(60))}).status == 200
    assert org.read(Contact, "ana@example.org").upcoming == ((appointment["id"], epoch_minute(at(90))),)
    moved: Appointment = org.read(Appointment, appointment["id"])
    assert (moved.reminders_from, moved.sequence) == (org.now, 1)
    # The client's own move is still theirs: limits bind clients, not staff (D47).
    assert [attendee.moves for attendee in moved.attendees] == [0]


def test_staff_move_after_the_clients_deadline_and_as_often_as_they_like(org: Organisation) -> None:
    appointment = org.book_by_staff()
    org.now = BLOCK_START - timedelta(minutes=30)
    for minutes in (60, 30, 90):
        assert org.edit_appointment(appointment, {"start": utc_text(at(minutes))}).status == 200


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
    org: Organisation, body: Any, field: str, before: Any, after: Any
) -> None:
    appointment = org.book_by_staff()
    write(replace(org.read(Service, MORTGAGE), questions=(Question("why", "Why?", required=True),)))
    sheet: Sheet = org.read(Sheet, TORONTO, "2026-12-03")
    reply = org.edit_appointment(appointment, body)
    assert (reply.status, reply.json["version"]) == (200, 2)
    if field in ("attendee_notes", "answers"):
        client = appointment["attendees"][0]["client_id"]
        before, after = {client: before}, {client: after}
    assert changes(appointment) == {field: (before, after)}
    entry = journal(appointment["id"])[0]
    assert (entry.action, entry.messages, entry.events, entry.sequence) == ("edited", (), (), 0)
    assert org.read(Sheet, TORONTO, "2026-12-03") == sheet


def test_everybody_who_comes_has_notes_and_answers_of_their_own(org: Organisation) -> None:
    write(replace(org.read(Service, MORTGAGE), questions=(Question("why", "Why?", required=True),)))
    why = {"question_id": "why", "value": "A house"}
    appointment = org.book_by_staff(answers=[why], additional_attendees=[{"client": EVA}])
    first, second = (attendee["client_id"] for attendee in appointment["attendees"])
    body = {"attendee_notes": "By the lift", "attendees": [{"client_id": second, "notes": "Deaf", "answers": [why]}]}
    reply = org.edit_appointment(appointment, body)
    assert [(a["notes"], a["answers"]) for a in reply.json["attendees"]] == [("By the lift", [why]), ("Deaf", [why])]
    assert changes(appointment) == {
        "attendee_notes": ({first: "", second: ""}, {first: "By the lift", second: "Deaf"}),
        "answers": ({second: {}}, {second: {"why": "A house"}}),
    }
    # Whoever comes along need not answer, whoever it is made for must (CC-7).
    assert org.edit_appointment(appointment, {"attendees": [{"client_id": second, "answers": []}]}).status == 200
    assert refusal(org.edit_appointment(appointment, {"answers": []})) == (422, "invalid_answers", ["/answers"])
    twice = {"attendee_notes": "x", "attendees": [{"client_id": first, "notes": "y"}]}
    assert refusal(org.edit_appointment(appointment, twice)) == (422, "client_twice", ["/attendees/0/client_id"])
    stranger = {"attendees": [{"client_id": second}, {"client_id": "cli_9", "notes": "y"}]}
    assert refusal(org.edit_appointment(appointment, stranger)) == (422, "unknown_client", ["/attendees/1/client_id"])


def test_a_client_who_has_left_is_not_written_to(org: Organisation) -> None:
    appointment = org.book_by_staff(additional_attendees=[{"client": EVA}])
    first, second = (attendee["client_id"] for attendee in appointment["attendees"])
    assert org.as_staff("DELETE", f"/appointments/{appointment['id']}/attendees/{first}").status == 204
    reply = org.edit_appointment(appointment, {"attendee_notes": "By the lift", "start": utc_text(at(60))})
    assert [a["notes"] for a in reply.json["attendees"]] == ["", "By the lift"]
    assert [who for kind, who in recipients(journal(appointment["id"])[0]) if kind is MessageKind.RESCHEDULED] == [
        second
    ]


def test_another_way_to_meet_is_told_but_takes_no_other_place(org: Organisation) -> None:
    appointment = org.book_by_staff()
    sheet: Sheet = org.read(Sheet, TORONTO, "2026-12-03")
    reply = org.edit_appointment(appointment, {"meeting_method": "phone"})
    assert (reply.status, reply.json["meeting_method"]) == (200, "phone")
    assert changes(appointment) == {"meeting_method": ("in_person", "phone")}
    entry = journal(appointment["id"])[0]
    assert [dict(message.facts) for message in entry.messages] == [{"elsewhere": "yes"}] * 3
    assert (entry.action, entry.sequence, events(appointment)) == ("edited", 1, ["appointment.rescheduled"])
    assert org.read(Sheet, TORONTO, "2026-12-03") == sheet
    refused = org.edit_appointment(appointment, {"meeting_method": "video"})
    assert refusal(refused) == (422, "method_not_offered", ["/meeting_method"])


def test_without_notice_the_client_hears_nothing_and_staff_do(org: Organisation) -> None:
    appointment = org.book_by_staff()
    assert org.edit_appointment(appointment, {"start": utc_text(at(60)), "notify_client": False}).status == 200
    assert [kind for kind, _ in recipients(journal(appointment["id"])[0])] == [MessageKind.STAFF_RESCHEDULED] * 2


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_notes_are_left_blank_or_cleared_with_null_as_with_blank_text(org: Organisation, nothing: str | None) -> None:
    said: dict[str, Any] = {"notes": nothing, "attendee_notes": nothing}
    assert org.book_by_staff(**said)["notes"] == ""
    appointment = org.book_by_staff(notes="Careful", attendee_notes="By the lift")
    reply = org.edit_appointment(appointment, said)
    assert (reply.status, reply.json["notes"], reply.json["attendees"][0]["notes"]) == (200, "", "")


def test_what_is_as_it_was_leaves_no_trace(org: Organisation) -> None:
    appointment = org.book_by_staff(notes="Careful")
    same = {"start": appointment["start"], "notes": "Careful", "staff_id": None, "meeting_method": "in_person"}
    for body in ({}, same):
        reply = org.edit_appointment(appointment, body)
        assert (reply.status, reply.json) == (200, appointment)
    assert len(journal(appointment["id"])) == 1


def test_only_the_version_that_was_seen_is_changed(org: Organisation) -> None:
    appointment = org.book_by_staff()
    stale = org.edit_appointment(appointment, {"notes": "Careful"}, headers={"If-Match": '"9"'})
    assert stale.refusal == (412, "version_mismatch")
    assert org.edit_appointment(appointment, {"notes": "Careful"}, headers={"If-Match": '"1"'}).json["version"] == 2


@pytest.mark.parametrize(
    "body",
    [{"service_id": MORTGAGE}, {"start": None}, {"notes": 5}, {"attendees": [{"notes": "x"}]}, {"overide": {}}],
)
def test_a_body_says_nothing_that_is_not_known(org: Organisation, body: Any) -> None:
    assert org.edit_appointment(org.book_by_staff(), body).status == 422


def test_what_is_over_keeps_everything_but_its_private_notes(org: Organisation) -> None:
    for minutes, end in ((0, "cancel"), (60, None)):
        appointment = org.book_by_staff(start=utc_text(at(minutes)))
        if end:
            assert org.as_staff("POST", f"/appointments/{appointment['id']}/{end}", {}).status == 200
        else:
            org.now = at(90)
        for body in ({"start": utc_text(at(120))}, {"attendee_notes": "x"}, {"notes": "x", "meeting_method": "phone"}):
            assert org.edit_appointment(appointment, body).json["code"] == "wrong_state"
        assert org.edit_appointment(appointment, {"notes": "Came late"}).json["notes"] == "Came late"


def test_what_has_begun_moves_no_more_and_nothing_moves_into_the_past(org: Organisation) -> None:
    appointment = org.book_by_staff()
    org.now = at(5)
    assert refusal(org.edit_appointment(appointment, {"start": utc_text(at(0) - timedelta(minutes=30))}))[1] == "past"
    assert org.edit_appointment(appointment, {"meeting_method": "phone"}).status == 200
    assert org.act(appointment["id"], "commence").status == 200
    assert org.edit_appointment(appointment, {"start": utc_text(at(60))}).json["code"] == "wrong_state"
    assert org.edit_appointment(appointment, {"attendee_notes": "Deaf"}).status == 200


def test_each_role_edits_what_it_reaches(org: Organisation) -> None:
    org.open_vancouver()
    appointment, sams = org.book_by_staff(), org.book_by_staff(start=utc_text(at(30)), staff={"id": SAM})
    hire("stf_plus", "staff_plus@example.org", VANCOUVER, role=Role.STAFF_PLUS)
    note = {"notes": "Careful"}
    assert org.edit_appointment(appointment, note, SAM_EMAIL).status == 403  # unassigned: seen, not his to edit
    assert org.edit_appointment(sams, note, SAM_EMAIL).status == 200
    assert org.edit_appointment(sams, note, "staff_plus@example.org").status == 404
    for who in (BOSS, CENTRAL, ALEX_EMAIL):
        assert org.edit_appointment(appointment, {"notes": who}, who).status == 200
    assert org.edit_appointment({"id": "apt_9"}, note).status == 404


def test_nobody_moves_an_appointment_to_where_they_do_not_work(org: Organisation) -> None:
    org.open_vancouver(limit=2)
    sams = org.book_by_staff(staff={"id": SAM})
    there = {"location_id": VANCOUVER, "staff_id": None}
    assert org.edit_appointment(sams, {"location_id": VANCOUVER}, SAM_EMAIL).status == 403
    assert org.edit_appointment(sams, there).status == 403
    assert refusal(org.edit_appointment(sams, {"location_id": "loc_9"}, BOSS)) == (
        422,
        "unknown_location",
        ["/location_id"],
    )
    assert org.edit_appointment(sams, there, BOSS).status == 200


def test_only_some_give_appointments_to_others(org: Organisation) -> None:
    appointment = org.book_by_staff(staff={"id": SAM})
    assert org.edit_appointment(appointment, {"staff_id": ALEX}, SAM_EMAIL).status == 403
    assert org.edit_appointment(appointment, {"staff_id": None}, SAM_EMAIL).status == 403
    assert org.edit_appointment(appointment, {"staff_id": SAM}, SAM_EMAIL).status == 200
    assert org.edit_appointment(appointment, {"staff_id": ALEX}, CENTRAL).json["staff_id"] == ALEX
    assert org.edit_appointment(appointment, {"staff_id": SAM}).json["staff_id"] == SAM


def test_the_contact_centre_keeps_to_the_limit_and_is_named_in_the_log(org: Organisation) -> None:
    appointment, _ = org.book_by_staff(), org.book_by_staff(start=utc_text(at(60)))
    before = org.read(Appointment, appointment["id"])
    full = org.edit_appointment(appointment, {"start": utc_text(at(60))}, CENTRAL)
    assert full.refusal == (409, "capacity_exhausted")
    assert org.edit_appointment(appointment, {"start": utc_text(at(600))}, CENTRAL).refusal == (409, "outside_block")
    assert org.read(Appointment, appointment["id"]) == before
    assert org.edit_appointment(appointment, {"start": utc_text(at(30))}, CENTRAL).status == 200
    log = org.as_staff("GET", f"/appointments/{appointment['id']}/log").json["items"][0]
    assert (log["action"], log["user"], log["channel"]) == ("rescheduled", "Central", "call_centre")
    org.update_settings(contact_centre=False)
    assert org.edit_appointment(appointment, {"start": utc_text(at(90))}, CENTRAL).refusal == (403, "feature_disabled")
