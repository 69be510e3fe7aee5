"""A client's way through the public API, on the real store: book, hold, look, move, cancel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.clients.client import Client, Contact
from chalicelib.domain.organisation.settings import ReasonMode, Settings
from chalicelib.domain.quickstream.blocks import BlockState
from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.sample_organisation import ACCOUNT, ALEX, MORTGAGE, OPENING, TORONTO, World, at, booking
from tests.builders.in_process.staff_bookings import ADVICE, staffed


def test_a_booking_is_unassigned_and_takes_its_seat(world: World) -> None:
    world.lay(limit=2)
    reply = world.book()
    assert reply.status == 201, reply.text
    assert (reply.json["state"], reply.json["confirmed"]) == ("booked", True)
    assert (reply.json["start"], reply.json["local_start"]) == ("2026-12-03T14:00:00Z", "2026-12-03T09:00:00")
    assert world.read(Appointment, reply.json["id"]).staff_id is None
    assert world.offers()["2026-12-03T14:00:00Z"] == 1


def test_wall_time_means_the_zone_that_comes_with_it(world: World) -> None:
    world.lay()
    reply = world.call("POST", "/public/appointments", _body(start="2026-12-03T09:30", timezone="America/Toronto"))
    assert (reply.status, reply.json["start"]) == (201, "2026-12-03T14:30:00Z")


def test_a_start_with_an_offset_needs_no_zone_and_is_agreed_in_the_locations(world: World) -> None:
    world.lay()
    slot = {name: value for name, value in _body(start="2026-12-03T06:00:00-08:00").items() if name != "timezone"}
    held = world.call("POST", "/public/holds", {n: v for n, v in slot.items() if n != "attendee"})
    booked = world.call("POST", "/public/appointments", slot | {"hold_token": held.json["token"]})
    agreed = ("2026-12-03T14:00:00Z", "America/Toronto", "2026-12-03T09:00:00")
    assert booked.status == 201, booked.text
    assert (booked.json["start"], booked.json["timezone"], booked.json["local_start"]) == agreed


def test_a_move_without_a_zone_keeps_the_one_that_was_agreed(world: World) -> None:
    world.lay()
    booked = world.book(timezone="America/Vancouver").json
    move = {"code": booked["code"], "start": utc_text(at(15))}
    moved = world.call("POST", f"/public/appointments/{booked['id']}/reschedule", move)
    assert moved.status == 200, moved.text
    assert (moved.json["timezone"], moved.json["local_start"]) == ("America/Vancouver", "2026-12-03T06:15:00")


def test_wall_time_needs_a_zone_wherever_a_client_says_a_start(world: World) -> None:
    world.lay()
    booked = world.book().json
    wall = {"start": "2026-12-03T09:30", "timezone": None}
    slot = {name: value for name, value in _body(**wall).items() if name != "attendee"}
    refused = [
        world.call("POST", "/public/appointments", _body(**wall)),
        world.call("POST", "/public/holds", slot),
        world.call("POST", f"/public/appointments/{booked['id']}/reschedule", {"code": booked["code"], **wall}),
    ]
    assert {(reply.status, reply.json["code"]) for reply in refused} == {(422, "timezone_required")}


def test_the_limit_is_the_peak_not_the_number_of_overlaps(world: World) -> None:
    world.lay(limit=2, hours=1)
    for start in (at(0), at(30)):
        assert world.book(start).status == 201
    assert world.offers() == {utc_text(at(m)): 1 for m in (0, 15, 30)}
    assert world.book(at(15)).status == 201
    full = world.book(at(15))
    assert (full.status, full.json["code"]) == (409, "capacity_exhausted")


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(-30, "outside_block"), (165, "outside_block"), (180, "outside_block"), (20, "off_grid"), (3, "off_grid")],
)
def test_what_is_not_offered_is_refused(world: World, minutes: int, code: str) -> None:
    world.lay()
    reply = world.book(at(minutes))
    assert reply.json["code"] == code
    assert not world.calendar().occupants(0)


def test_a_held_block_is_invisible_and_says_so(world: World) -> None:
    world.lay(state=BlockState.HELD)
    assert world.offers() == {}
    assert world.book().json["code"] == "block_not_released"


def test_overlapping_blocks_reseat_to_make_room(world: World) -> None:
    world.lay(limit=1, services=(MORTGAGE, ACCOUNT), hours=1)
    world.lay(limit=1, services=(ACCOUNT,), hours=1)
    assert world.book(service_id=ACCOUNT).status == 201
    assert world.book(service_id=MORTGAGE).status == 201
    assert world.book(service_id=ACCOUNT).json["code"] == "capacity_exhausted"


def test_the_reserve_is_kept_from_the_widget(world: World) -> None:
    world.lay(limit=2, reserved=1)
    assert world.book().status == 201
    assert world.book().json["code"] == "capacity_exhausted"
    why = world.call("GET", _explain(OPENING)).json
    assert [r["code"] for r in why["reasons"]] == ["reserved_for_staff"]


def test_explain_names_the_nearest_starts(world: World) -> None:
    world.lay(hours=1.5)
    world.book(at(30))
    why = world.call("GET", _explain(at(30))).json
    assert (why["bookable"], [r["code"] for r in why["reasons"]]) == (False, ["full"])
    assert why["nearest"] == [utc_text(at(m)) for m in (0, 60)]


def test_the_same_key_books_once_and_answers_alike(world: World) -> None:
    world.lay()
    first = world.book(headers={"Idempotency-Key": "k1"})
    again = world.book(headers={"Idempotency-Key": "k1"})
    assert (first.status, first.json) == (again.status, again.json)
    other = world.book(at(30), headers={"Idempotency-Key": "k1"})
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert len(world.calendar().occupants(0)) == 1


def test_a_known_client_is_found_by_address_and_name(world: World) -> None:
    world.lay(limit=3)
    world.book()
    world.book(
        attendee={"first_name": "ANA", "email": "Ana@Example.org", "mobile": "+14165550100", "receive_sms": True}
    )
    world.book(attendee={"first_name": "Bo"})
    contact = world.read(Contact, "ana@example.org")
    assert [name for _, name in contact.clients] == ["ana ruiz", "bo ruiz"]
    ana = world.read(Client, contact.clients[0][0])
    assert (ana.first_name, ana.mobile, ana.receive_sms) == ("Ana", "+14165550100", True)


def test_nothing_tells_a_booker_that_the_client_was_known(world: World) -> None:
    world.lay(limit=3)
    world.book(attendee={"first_name": "Aña", "language": "fr"})
    known = world.book(attendee={"first_name": "ANA"}).json
    stranger = world.book(attendee={"first_name": "ANA", "email": "other@example.org"}).json
    assert known["message"] == stranger["message"]
    names = [
        world.call("GET", f"/public/appointments/{b['id']}?code={b['code']}").json["attendee"]["name"]
        for b in (known, stranger)
    ]
    assert names == ["ANA Ruiz", "ANA Ruiz"]
    assert len({world.read(Appointment, b["id"]).attendees[0].client_id for b in (known, stranger)}) == 2


def test_a_contact_has_only_so_many_upcoming_bookings(blank: World) -> None:
    world = blank.furnish(Settings(bookings_per_contact=1))
    world.lay(limit=3)
    first = world.book().json
    assert world.book().json["code"] == "too_many_bookings"
    world.call("POST", f"/public/appointments/{first['id']}/cancel", {"code": first["code"]})
    assert world.book().status == 201


def test_only_the_code_opens_an_appointment(world: World) -> None:
    world.lay()
    booked = world.book().json
    shown = world.call("GET", f"/public/appointments/{booked['id']}?code={booked['code']}")
    assert shown.status == 200, shown.text
    assert shown.json["can_cancel_until"] == utc_text(OPENING - timedelta(hours=24))
    assert shown.json["location"]["timezone"] == "America/Toronto"
    for code in ("wrong", booked["code"][:-1], "é"):
        assert world.call("GET", f"/public/appointments/{booked['id']}?code={code}").status == 404
    calendar = world.call("GET", f"/public/appointments/{booked['id']}/calendar.ics?code={booked['code']}")
    assert "BEGIN:VEVENT" in calendar.text


def test_moving_inside_ones_own_seat_once(world: World) -> None:
    world.lay(hours=1)
    booked = world.book(at(0)).json
    url = f"/public/appointments/{booked['id']}/reschedule"
    query = {"moving": booked["id"], "code": booked["code"]}
    assert utc_text(at(15)) in world.offers(**query)
    assert utc_text(at(15)) not in world.offers()
    moved = world.call("POST", url, _move(booked, at(15)))
    assert (moved.status, moved.json["start"]) == (200, utc_text(at(15)))
    assert moved.json["id"] == booked["id"]
    again = world.call("POST", url, _move(booked, at(30)))
    assert (again.status, again.json["code"]) == (409, "already_rebooked")
    assert [o.start for o in world.calendar().occupants(0)] == [int(at(15).timestamp()) // 60]


def test_a_move_that_fails_leaves_the_old_seat(world: World) -> None:
    world.lay(hours=1)
    booked = world.book(at(0)).json
    world.book(at(30), attendee={"first_name": "Bo"})
    refused = world.call("POST", f"/public/appointments/{booked['id']}/reschedule", _move(booked, at(30)))
    assert refused.json["code"] == "capacity_exhausted"
    assert world.read(Appointment, booked["id"]).start == at(0)
    assert len(world.calendar().occupants(0)) == 2


def test_a_move_to_another_day_frees_the_first(world: World) -> None:
    world.lay()
    world.lay(start=at(24 * 60 * 9))
    booked = world.book().json
    assert (
        world.call("POST", f"/public/appointments/{booked['id']}/reschedule", _move(booked, at(24 * 60 * 9))).status
        == 200
    )
    assert not world.calendar().occupants(0)
    assert len(world.calendar(at(24 * 60 * 9)).occupants(0)) == 1


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (1, 409)])
def test_the_cancel_deadline_is_elapsed_hours(world: World, seconds: int, status: int) -> None:
    world.lay()
    booked = world.book().json
    world.now = OPENING - timedelta(hours=24) + timedelta(seconds=seconds)
    reply = world.call("POST", f"/public/appointments/{booked['id']}/cancel", {"code": booked["code"]})
    assert reply.status == status
    if status == 409:
        assert reply.json["code"] == "deadline_passed"


def test_cancelling_frees_the_seat_once(world: World) -> None:
    world.lay(hours=0.5)
    booked = world.book().json
    url = f"/public/appointments/{booked['id']}/cancel"
    assert world.call("POST", url, {"code": booked["code"], "reason": "Ill"}).json["state"] == "cancelled"
    assert world.call("POST", url, {"code": booked["code"]}).json["code"] == "wrong_state"
    assert world.read(Appointment, booked["id"]).state is AppointmentState.CANCELLED
    assert world.book().status == 201


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
    blank: World, mode: ReasonMode, reason: str | None, status: int, logged: set[str]
) -> None:
    """WG-5."""
    world = blank.furnish(Settings(rebook_reason=mode))
    world.lay()
    booked = world.book().json
    url = f"/appointments/{booked['id']}"
    move = {"code": booked["code"], "start": utc_text(at(60)), "reason": reason}
    reply = world.call("POST", f"/public{url}/reschedule", move)
    assert (reply.status, reply.json.get("code") == "reason_required") == (status, status == 422)
    assert {c["field"] for c in world.staff("GET", f"{url}/log").json["items"][0]["changes"]} == logged


@pytest.mark.parametrize(("reason", "logged"), [(None, {"state"}), ("", {"state"}), ("Ill", {"state", "reason"})])
def test_the_log_names_a_reason_where_one_was_given(world: World, reason: str | None, logged: set[str]) -> None:
    world.lay()
    booked = world.book().json
    url = f"/appointments/{booked['id']}"
    assert world.call("POST", f"/public{url}/cancel", {"code": booked["code"], "reason": reason}).status == 200
    assert {c["field"] for c in world.staff("GET", f"{url}/log").json["items"][0]["changes"]} == logged


@pytest.mark.parametrize("reason", [None, "", "   ", "\u200b\u2060"])
def test_a_required_reason_is_more_than_blanks(blank: World, reason: str | None) -> None:
    world = blank.furnish(Settings(cancel_reason=ReasonMode.REQUIRED))
    world.lay()
    booked = world.book().json
    reply = world.call(
        "POST", f"/public/appointments/{booked['id']}/cancel", {"code": booked["code"], "reason": reason}
    )
    assert (reply.status, reply.json["code"]) == (422, "reason_required")


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_field_that_is_left_blank_is_as_good_as_none(world: World, nothing: str | None) -> None:
    world.lay()
    reply = world.book(attendee={"mobile": nothing, "language": nothing, "notes": nothing})
    assert reply.status == 201, reply.text
    (attendee,) = world.read(Appointment, reply.json["id"]).attendees
    client = world.read(Client, attendee.client_id)
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
def test_bad_input_is_named_and_writes_nothing(world: World, change: dict[str, Any], pointer: str) -> None:
    world.lay()
    reply = world.book(**change)
    assert reply.status == 422, reply.text
    assert pointer in [error["pointer"] for error in reply.json["errors"]]
    assert not world.calendar().occupants(0)


def _body(**more: object) -> dict[str, object]:
    return booking() | more


def _move(booked: dict[str, str], start: object) -> dict[str, object]:
    return {"code": booked["code"], "start": utc_text(start), "timezone": "America/Toronto"}  # type: ignore[arg-type]


def _explain(start: object) -> str:
    where = f"service_id={MORTGAGE}&location_id={TORONTO}&timezone=UTC&meeting_method=in_person"
    return f"/public/availability/explain?{where}&start={utc_text(start)}"  # type: ignore[arg-type]


def test_the_answer_names_who_it_is_with(world: World) -> None:
    staffed(world)
    anyone = world.book(service_id=ADVICE)
    chosen = world.book(service_id=ADVICE, staff_id=ALEX, attendee={"email": "other@example.org"})
    assert [anyone.status, chosen.status] == [201, 201]
    assert [anyone.json["staff_name"], chosen.json["staff_name"]] == ["Sam", "Alex"]
    world.lay()
    assert world.book(attendee={"email": "third@example.org"}).json["staff_name"] is None
