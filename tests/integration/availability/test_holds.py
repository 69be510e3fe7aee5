"""Holds through the API: hidden from others, confirmed by their holder, expired, given back (D13, WG-7)."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import BLOCK_START, MORTGAGE, NOW, TORONTO


def test_a_hold_hides_the_slot_until_it_expires(org: Organisation) -> None:
    org.create_block()
    held = org.call("POST", "/public/holds", _slot()).body(201)
    assert held["expires_at"] == utc_text(NOW + timedelta(minutes=10))
    assert utc_text(BLOCK_START) not in org.available_starts()
    assert org.available_starts(hold=held["token"])[utc_text(BLOCK_START)] == 1
    assert org.call("POST", "/public/holds", _slot()).json["code"] == "slot_taken"
    org.now = NOW + timedelta(minutes=10)
    assert org.available_starts()[utc_text(BLOCK_START)] == 1


def test_the_holder_confirms_and_a_stranger_does_not(org: Organisation) -> None:
    org.create_block(hours=0.5)
    token = org.call("POST", "/public/holds", _slot()).json["token"]
    assert org.try_book().json["code"] == "capacity_exhausted"
    assert org.try_book(hold_token=token + "x").json["code"] == "unknown_hold"
    assert org.try_book(hold_token=token).status == 201
    assert len(org.calendar().occupants(0)) == 1


def test_an_expired_hold_confirms_only_if_there_is_room(org: Organisation) -> None:
    org.create_block(hours=0.5)
    token = org.call("POST", "/public/holds", _slot()).json["token"]
    org.now = NOW + timedelta(minutes=11)
    assert org.try_book(attendee={"first_name": "Bo"}).status == 201
    assert org.try_book(hold_token=token).json["code"] == "capacity_exhausted"


def test_a_released_hold_gives_the_slot_back(org: Organisation) -> None:
    org.create_block(hours=0.5)
    held = org.call("POST", "/public/holds", _slot()).json
    assert org.call("DELETE", f"/public/holds/{held['id']}?token=wrong").status == 404
    assert org.call("DELETE", f"/public/holds/{held['id']}?token={held['token']}").status == 204
    assert org.call("DELETE", f"/public/holds/{held['id']}?token={held['token']}").status == 404
    assert org.try_book().status == 201


def test_a_hold_is_given_up_by_booking_on_a_day_far_from_it(org: Organisation) -> None:
    later = BLOCK_START + timedelta(days=9)
    org.create_block(hours=0.5)
    org.create_block(hours=0.5, start=later)
    token = org.call("POST", "/public/holds", _slot()).json["token"]
    assert org.try_book(later, hold_token=token).status == 201
    assert org.available_starts()[utc_text(BLOCK_START)] == 1


def _slot() -> dict[str, object]:
    return {
        "service_id": MORTGAGE,
        "location_id": TORONTO,
        "meeting_method": "in_person",
        "start": utc_text(BLOCK_START),
        "timezone": "America/Toronto",
    }
