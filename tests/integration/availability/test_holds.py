"""Holds through the API: hidden from others, confirmed by their holder, expired, given back (D13, WG-7)."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.sample_organisation import MORTGAGE, NOW, OPENING, TORONTO, World


def test_a_hold_hides_the_slot_until_it_expires(world: World) -> None:
    world.lay()
    held = world.call("POST", "/public/holds", _slot())
    assert held.status == 201, held.text
    assert held.json["expires_at"] == utc_text(NOW + timedelta(minutes=10))
    assert utc_text(OPENING) not in world.offers()
    assert world.offers(hold=held.json["token"])[utc_text(OPENING)] == 1
    assert world.call("POST", "/public/holds", _slot()).json["code"] == "slot_taken"
    world.now = NOW + timedelta(minutes=10)
    assert world.offers()[utc_text(OPENING)] == 1


def test_the_holder_confirms_and_a_stranger_does_not(world: World) -> None:
    world.lay(hours=0.5)
    token = world.call("POST", "/public/holds", _slot()).json["token"]
    assert world.book().json["code"] == "capacity_exhausted"
    assert world.book(hold_token=token + "x").json["code"] == "unknown_hold"
    assert world.book(hold_token=token).status == 201
    assert len(world.calendar().occupants(0)) == 1


def test_an_expired_hold_confirms_only_if_there_is_room(world: World) -> None:
    world.lay(hours=0.5)
    token = world.call("POST", "/public/holds", _slot()).json["token"]
    world.now = NOW + timedelta(minutes=11)
    assert world.book(attendee={"first_name": "Bo"}).status == 201
    assert world.book(hold_token=token).json["code"] == "capacity_exhausted"


def test_a_released_hold_gives_the_slot_back(world: World) -> None:
    world.lay(hours=0.5)
    held = world.call("POST", "/public/holds", _slot()).json
    assert world.call("DELETE", f"/public/holds/{held['id']}?token=wrong").status == 404
    assert world.call("DELETE", f"/public/holds/{held['id']}?token={held['token']}").status == 204
    assert world.call("DELETE", f"/public/holds/{held['id']}?token={held['token']}").status == 404
    assert world.book().status == 201


def test_a_hold_is_given_up_by_booking_on_a_day_far_from_it(world: World) -> None:
    later = OPENING + timedelta(days=9)
    world.lay(hours=0.5)
    world.lay(hours=0.5, start=later)
    token = world.call("POST", "/public/holds", _slot()).json["token"]
    assert world.book(later, hold_token=token).status == 201
    assert world.offers()[utc_text(OPENING)] == 1


def _slot() -> dict[str, object]:
    return {
        "service_id": MORTGAGE,
        "location_id": TORONTO,
        "meeting_method": "in_person",
        "start": utc_text(OPENING),
        "timezone": "America/Toronto",
    }
