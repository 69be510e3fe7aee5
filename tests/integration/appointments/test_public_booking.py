"""A client's requests on the real store: book, hold, look, move, cancel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.clients.client import Client, Contact
from chalicelib.domain.organisation.settings import ReasonMode, Settings
from chalicelib.domain.quickstream.blocks import BlockState
from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import (
    ACCOUNT,
    ADVICE,
    ALEX,
    BLOCK_START,
    MORTGAGE,
    TORONTO,
    at,
    booking_body,
)


def test_a_booking_is_unassigned_and_takes_its_seat(org: Organisation) -> None:
    org.create_block(limit=2)
    reply = org.try_book().body(201)
    assert (reply["state"], reply["confirmed"]) == ("booked", True)
    assert (reply["start"], reply["local_start"]) == ("2026-12-03T14:00:00Z", "2026-12-03T09:00:00")
    assert org.read(Appointment, reply["id"]).staff_id is None
    assert org.available_starts()["2026-12-03T14:00:00Z"] == 1


def test_wall_time_means_the_zone_that_comes_with_it(org: Organisation) -> None:
    org.create_block()
    reply = org.call("POST", "/public/appointments", booking_body() | {"start": "2026-12-03T09:30"})
    assert (reply.status, reply.json["start"]) == (201, "2026-12-03T14:30:00Z")


def test_a_start_with_an_offset_needs_no_zone_and_is_agreed_in_the_locations(org: Organisation) -> None:
    org.create_block()
    slot = {
        name: value
        for name, value in (booking_body() | {"start": "2026-12-03T06:00:00-08:00"}).items()
        if name != "timezone"
    }
    held = org.call("POST", "/public/holds", {n: v for n, v in slot.items() if n != "attendee"})
    booked = org.call("POST", "/public/appointments", slot | {"hold_token": held.json["token"]})
    agreed = ("2026-12-03T14:00:00Z", "America/Toronto", "2026-12-03T09:00:00")
    assert booked.status == 201, booked.text
    assert (booked.json["start"], booked.json["timezone"], booked.json["local_start"]) == agreed


def test_a_move_without_a_zone_keeps_the_one_that_was_agreed(org: Organisation) -> None:
    org.create_block()
    booked = org.book(timezone="America/Vancouver")
    move = {"code": booked["code"], "start": utc_text(at(15))}
    moved = org.call("POST", f"/public/appointments/{booked['id']}/reschedule", move).body()
    assert (moved["timezone"], moved["local_start"]) == ("America/Vancouver", "2026-12-03T06:15:00")


def test_wall_time_needs_a_zone_wherever_a_client_says_a_start(org: Organisation) -> None:
    org.create_block()
    booked = org.book()
    wall = {"start": "2026-12-03T09:30", "timezone": None}
    slot = {name: value for name, value in (booking_body() | wall).items() if name != "attendee"}
    refused = [
        org.call("POST", "/public/appointments", booking_body() | wall),
        org.call("POST", "/public/holds", slot),
        org.call("POST", f"/public/appointments/{booked['id']}/reschedule", {"code": booked["code"], **wall}),
    ]
    assert {reply.refusal for reply in refused} == {(422, "timezone_required")}


def test_the_limit_is_the_peak_not_the_number_of_overlaps(org: Organisation) -> None:
    org.create_block(limit=2, hours=1)
    for start in (at(0), at(30)):
        assert org.try_book(start).status == 201
    assert org.available_starts() == {utc_text(at(m)): 1 for m in (0, 15, 30)}
    assert org.try_book(at(15)).status == 201
    assert org.try_book(at(15)).refusal == (409, "capacity_exhausted")


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(-30, "outside_block"), (165, "outside_block"), (180, "outside_block"), (20, "off_grid"), (3, "off_grid")],
)
def test_what_is_not_offered_is_refused(org: Organisation, minutes: int, code: str) -> None:
    org.create_block()
    assert org.try_book(at(minutes)).json["code"] == code
    assert not org.calendar().occupants(0)


def test_a_held_block_is_invisible_and_says_so(org: Organisation) -> None:
    org.create_block(state=BlockState.HELD)
    assert org.available_starts() == {}
    assert org.try_book().json["code"] == "block_not_released"


def test_overlapping_blocks_reseat_to_make_room(org: Organisation) -> None:
    org.create_block(limit=1, services=(MORTGAGE, ACCOUNT), hours=1)
    org.create_block(limit=1, services=(ACCOUNT,), hours=1)
    assert org.try_book(service_id=ACCOUNT).status == 201
    assert org.try_book(service_id=MORTGAGE).status == 201
    assert org.try_book(service_id=ACCOUNT).json["code"] == "capacity_exhausted"


def test_the_reserve_is_kept_from_the_widget(org: Organisation) -> None:
    org.create_block(limit=2, reserved=1)
    assert org.try_book().status == 201
    assert org.try_book().json["code"] == "capacity_exhausted"
    why = org.call("GET", _explain(BLOCK_START)).json
    assert [r["code"] for r in why["reasons"]] == ["reserved_for_staff"]


def test_explain_names_the_nearest_starts(org: Organisation) -> None:
    org.create_block(hours=1.5)
    org.try_book(at(30))
    why = org.call("GET", _explain(at(30))).json
    assert (why["bookable"], [r["code"] for r in why["reasons"]]) == (False, ["full"])
    assert why["nearest"] == [utc_text(at(m)) for m in (0, 60)]


def test_the_same_key_books_once_and_answers_alike(org: Organisation) -> None:
    org.create_block()
    first = org.try_book(headers={"Idempotency-Key": "k1"})
    again = org.try_book(headers={"Idempotency-Key": "k1"})
    assert (first.status, first.json) == (again.status, again.json)
    assert org.try_book(at(30), headers={"Idempotency-Key": "k1"}).refusal == (422, "idempotency_key_reused")
    assert len(org.calendar().occupants(0)) == 1


def test_a_known_client_is_found_by_address_and_name(org: Organisation) -> None:
    org.create_block(limit=3)
    org.try_book()
    org.try_book(
        attendee={"first_name": "ANA", "email": "Ana@Example.org", "mobile": "+14165550100", "receive_sms": True}
    )
    org.try_book(attendee={"first_name": "Bo"})
    contact = org.read(Contact, "ana@example.org")
    assert [name for _, name in contact.clients] == ["ana ruiz", "bo ruiz"]
    ana = org.read(Client, contact.clients[0][0])
    assert (ana.first_name, ana.mobile, ana.receive_sms) == ("Ana", "+14165550100", True)


def test_nothing_tells_a_booker_that_the_client_was_known(org: Organisation) -> None:
    org.create_block(limit=3)
    org.try_book(attendee={"first_name": "Aña", "language": "fr"})
    known = org.book(attendee={"first_name": "ANA"})
    stranger = org.book(attendee={"first_name": "ANA", "email": "other@example.org"})
    assert known["message"] == stranger["message"]
    names = [
        org.call("GET", f"/public/appointments/{b['id']}?code={b['code']}").json["attendee"]["name"]
        for b in (known, stranger)
    ]
    assert names == ["ANA Ruiz", "ANA Ruiz"]
    assert len({org.read(Appointment, b["id"]).attendees[0].client_id for b in (known, stranger)}) == 2


def test_a_contact_has_only_so_many_upcoming_bookings(empty_organisation: Organisation) -> None:
    org = empty_organisation.create_records(Settings(bookings_per_contact=1))
    org.create_block(limit=3)
    first = org.book()
    assert org.try_book().json["code"] == "too_many_bookings"
    org.cancel(first)
    assert org.try_book().status == 201


def test_only_the_code_opens_an_appointment(org: Organisation) -> None:
    org.create_block()
    booked = org.book()
    shown = org.call("GET", f"/public/appointments/{booked['id']}?code={booked['code']}").body()
    assert shown["can_cancel_until"] == utc_text(BLOCK_START - timedelta(hours=24))
    assert shown["location"]["timezone"] == "America/Toronto"
    for code in ("wrong", booked["code"][:-1], "é"):
        assert org.call("GET", f"/public/appointments/{booked['id']}?code={code}").status == 404
    calendar = org.call("GET", f"/public/appointments/{booked['id']}/calendar.ics?code={booked['code']}")
    assert "BEGIN:VEVENT" in calendar.text


def test_moving_inside_ones_own_seat_once(org: Organisation) -> None:
    org.create_block(hours=1)
    booked = org.book(at(0))
    query = {"moving": booked["id"], "code": booked["code"]}
    assert utc_text(at(15)) in org.available_starts(**query)
    assert utc_text(at(15)) not in org.available_starts()
    moved = org.reschedule(booked, at(15))
    assert (moved.status, moved.json["start"]) == (200, utc_text(at(15)))
    assert moved.json["id"] == booked["id"]
    assert org.reschedule(booked, at(30)).refusal == (409, "already_rebooked")
    assert [o.start for o in org.calendar().occupants(0)] == [int(at(15).timestamp()) // 60]


def test_a_move_that_fails_leaves_the_old_seat(org: Organisation) -> None:
    org.create_block(hours=1)
    booked = org.book(at(0))
    org.try_book(at(30), attendee={"first_name": "Bo"})
    assert org.reschedule(booked, at(30)).json["code"] == "capacity_exhausted"
    assert org.read(Appointment, booked["id"]).start == at(0)
    assert len(org.calendar().occupants(0)) == 2


def test_a_move_to_another_day_frees_the_first(org: Organisation) -> None:
    org.create_block()
    org.create_block(start=at(24 * 60 * 9))
    booked = org.book()
    assert org.reschedule(booked, at(24 * 60 * 9)).status == 200
    assert not org.calendar().occupants(0)
    assert len(org.calendar(at(24 * 60 * 9)).occupants(0)) == 1


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (1, 409)])
def test_the_cancel_deadline_is_elapsed_hours(org: Organisation, seconds: int, status: int) -> None:
    org.create_block()
    booked = org.book()
    org.now = BLOCK_START - timedelta(hours=24) + timedelta(seconds=seconds)
    reply = org.cancel(booked)
    assert reply.status == status
    if status == 409:
        assert reply.json["code"] == "deadline_passed"


def test_cancelling_frees_the_seat_once(org: Organisation) -> None:
    org.create_block(hours=0.5)
    booked = org.book()
    url = f"/public/appointments/{booked['id']}/cancel"
    assert org.call("POST", url, {"code": booked["code"], "reason": "Ill"}).json["state"] == "cancelled"
    assert org.call("POST", url, {"code": booked["code"]}).json["code"] == "wrong_state"
    assert org.read(Appointment, booked["id"]).state is AppointmentState.CANCELLED
    assert org.try_book().status == 201


@pytest.mark.parametrize(
    ("mode", "reason", "status", "logged"),
    [
        (ReasonMode.OFF, "Ill", 200, {"start"}),
        (ReasonMode.OPTIONAL, None, 200, {"start"}),
        (ReasonMode.OPTIONAL, "Ill", 200, {"start", "reason"}),
        (ReasonMode.REQUIRED, "  ", 422, set()),
        (ReasonMode.REQUIRED, "Ill", 200, {"start", "reason"}),
    ],
)
def test_a_client_who_moves_gives_a_reason_as_it_is_set(
    empty_organisation: Organisation, mode: ReasonMode, reason: str | None, status: int, logged: set[str]
) -> None:
    """WG-5."""
    org = empty_organisation.create_records(Settings(rebook_reason=mode))
    org.create_block()
    booked = org.book()
    url = f"/appointments/{booked['id']}"
    move = {"code": booked["code"], "start": utc_text(at(60)), "reason": reason}
    reply = org.call("POST", f"/public{url}/reschedule", move)
    assert (reply.status, reply.json.get("code") == "reason_required") == (status, status == 422)
    assert {c["field"] for c in org.as_staff("GET", f"{url}/log").json["items"][0]["changes"]} == logged


@pytest.mark.parametrize(("reason", "logged"), [(None, {"state"}), ("", {"state"}), ("Ill", {"state", "reason"})])
def test_the_log_names_a_reason_where_one_was_given(org: Organisation, reason: str | None, logged: set[str]) -> None:
    org.create_block()
    booked = org.book()
    url = f"/appointments/{booked['id']}"
    assert org.call("POST", f"/public{url}/cancel", {"code": booked["code"], "reason": reason}).status == 200
    assert {c["field"] for c in org.as_staff("GET", f"{url}/log").json["items"][0]["changes"]} == logged


@pytest.mark.parametrize("reason", [None, "", "   ", "\u200b\u2060"])
def test_a_required_reason_is_more_than_blanks(empty_organisation: Organisation, reason: str | None) -> None:
    org = empty_organisation.create_records(Settings(cancel_reason=ReasonMode.REQUIRED))
    org.create_block()
    booked = org.book()
    reply = org.call("POST", f"/public/appointments/{booked['id']}/cancel", {"code": booked["code"], "reason": reason})
    assert reply.refusal == (422, "reason_required")


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_field_that_is_left_blank_is_as_good_as_none(org: Organisation, nothing: str | None) -> None:
    org.create_block()
    reply = org.try_book(attendee={"mobile": nothing, "language": nothing, "notes": nothing}).body(201)
    (attendee,) = org.read(Appointment, reply["id"]).attendees
    client = org.read(Client, attendee.client_id)
    assert (client.mobile, client.language, attendee.notes) == (None, None, "")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"attendee": {"email": "nobody"}}, "/attendee/email"),
        ({"attendee": {"email": ""}}, "/attendee/email"),
        ({"attendee": {"email": None}}, "/attendee/email"),
        # SES writes to addresses in ASCII only: better said now than found out by a message that never leaves.
        ({"attendee": {"email": "zoé@example.org"}}, "/attendee/email"),
        ({"attendee": {"first_name": " "}}, "/attendee/first_name"),
        ({"attendee": {"mobile": "12"}}, "/attendee/mobile"),
        ({"attendee": {"shoe_size": 43}}, "/attendee/shoe_size"),
        ({"meeting_method": "video"}, "/meeting_method"),
        ({"staff_id": "stf_1"}, "/staff_id"),
        ({"service_id": "svc_unknown"}, "/service_id"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(org: Organisation, change: dict[str, Any], pointer: str) -> None:
    org.create_block()
    reply = org.try_book(**change)
    assert reply.status == 422, reply.text
    assert pointer in [error["pointer"] for error in reply.json["errors"]]
    assert not org.calendar().occupants(0)


def _explain(start: object) -> str:
    where = f"service_id={MORTGAGE}&location_id={TORONTO}&timezone=UTC&meeting_method=in_person"
    return f"/public/availability/explain?{where}&start={utc_text(start)}"  # type: ignore[arg-type]


def test_the_answer_names_who_it_is_with(org: Organisation) -> None:
    org.add_staff()
    anyone = org.try_book(service_id=ADVICE)
    chosen = org.try_book(service_id=ADVICE, staff_id=ALEX, attendee={"email": "other@example.org"})
    assert [anyone.status, chosen.status] == [201, 201]
    assert [anyone.json["staff_name"], chosen.json["staff_name"]] == ["Sam", "Alex"]
    org.create_block()
    assert org.book(attendee={"email": "third@example.org"})["staff_name"] is None
