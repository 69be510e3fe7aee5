"""Who may book for whom, through which channel, where, and in spite of what (CC-1, CC-16, D38)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.shared.permissions import Role
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.block_requests import VANCOUVER
from tests.builders.in_process.sample_organisation import ALEX, SAM, TORONTO, World
from tests.builders.in_process.staff_bookings import (
    ADVICE,
    BOSS,
    CENTRAL,
    as_role,
    book,
    booked,
    called,
    hire,
    journal,
    open_vancouver,
    refusal,
    require_whole,
    setting,
    staff_body,
    staffed,
    start,
)

URGENT: dict[str, Any] = {"reason": "Urgent"}
BY_PHONE: dict[str, Any] = {"channel": "contact_centre"}


@pytest.fixture
def world(world: World) -> Iterator[World]:
    yield staffed(world)
    require_whole(world)


def test_a_contact_centre_that_is_switched_off_is_closed_to_all(world: World) -> None:
    world.lay(limit=2)
    setting(world, contact_centre=False)
    assert refusal(called(world)) == (403, "feature_disabled")
    assert refusal(book(world, BOSS, **BY_PHONE)) == (403, "feature_disabled")
    assert book(world).status == 201


def everything_after(world: World, made: Any, who: str) -> list[Reply]:
    """Whatever can be done about an appointment that is booked, cancelling it last."""
    url, guest = f"/appointments/{made['id']}", {"first_name": "Eva", "last_name": "Ito", "email": "eva@example.org"}
    added = as_role(world, "POST", f"{url}/attendees", {"client": guest}, who)
    edited = as_role(world, "PATCH", url, {"notes": "Called twice"}, who)
    extra = added.json["attendees"][-1]["client_id"] if added.status == 201 else made["attendees"][0]["client_id"]
    removed = as_role(world, "DELETE", f"{url}/attendees/{extra}", who=who)
    return [added, edited, removed, as_role(world, "POST", f"{url}/cancel", {}, who)]


def test_whoever_has_the_contact_centre_only_works_through_it_to_the_end(world: World) -> None:
    world.lay(limit=2)
    made = called(world).json
    setting(world, contact_centre=False)
    assert {refusal(reply) for reply in everything_after(world, made, CENTRAL)} == {(403, "feature_disabled")}
    assert [entry.action for entry in journal(made["id"])] == ["booked"]
    assert as_role(world, "PATCH", f"/appointments/{made['id']}", {"notes": "By Alex"}).status == 200
    setting(world, contact_centre=True)
    assert [reply.status for reply in everything_after(world, made, CENTRAL)] == [201, 200, 204, 200]
    log = as_role(world, "GET", f"/appointments/{made['id']}/log").json["items"]
    assert [(line["action"], line["channel"]) for line in reversed(log)] == [
        ("booked", "call_centre"),
        ("edited", "schedule"),
        ("attendee_added", "call_centre"),
        ("edited", "call_centre"),
        ("attendee_cancelled", "call_centre"),
        ("cancelled", "call_centre"),
    ]


def test_an_override_books_in_spite_of_schedules_and_conflicts_and_is_kept(world: World) -> None:
    sams: dict[str, Any] = {"service_id": ADVICE, "staff": {"id": SAM}}
    booked(world, **sams)
    assert refusal(book(world, **sams)) == (409, "slot_taken")
    assert refusal(book(world, "sam@example.org", **sams, override=URGENT)) == (403, "forbidden")
    for minutes in (0, -120):
        made = booked(world, **sams, **start(minutes), override=URGENT)
        assert (made["staff_id"], made["over_capacity"]) == (SAM, True)
        fields = {change.field: change.after for change in journal(made["id"])[0].changes}
        assert fields == {"over_capacity": True, "override": "Urgent"}
        assert world.read(Appointment, made["id"]).override == "Urgent"
    # Staff Advanced override in their own time only.
    hire("stf_adv", "staff_advanced@example.org", TORONTO, role=Role.STAFF_ADVANCED)
    mine = {"service_id": ADVICE, "staff": {"id": "stf_adv"}, "override": URGENT} | start(-120)
    assert book(world, "staff_advanced@example.org", **mine).status == 201
    assert book(world, "staff_advanced@example.org", **sams, override=URGENT).status == 403


@pytest.mark.parametrize(
    ("who", "staff_id", "status"),
    [
        ("sam@example.org", SAM, 201),
        ("sam@example.org", "stf_peer", 201),
        ("sam@example.org", ALEX, 403),
        ("staff_plus@example.org", "stf_peer", 201),
        ("staff_plus@example.org", ALEX, 403),
        ("staff_advanced@example.org", ALEX, 201),
        ("alex@example.org", SAM, 201),
        (BOSS, ALEX, 201),
    ],
)
def test_each_role_books_for_itself_and_for_others_up_to_a_role(
    world: World, who: str, staff_id: str, status: int
) -> None:
    hire("stf_peer", "staff@example.org", TORONTO, role=Role.STAFF)
    hire("stf_plus", "staff_plus@example.org", TORONTO, role=Role.STAFF_PLUS)
    hire("stf_adv", "staff_advanced@example.org", TORONTO, role=Role.STAFF_ADVANCED)
    assert book(world, who, service_id=ADVICE, staff={"id": staff_id}).status == status


def test_each_channel_is_for_those_who_work_with_it(world: World) -> None:
    world.lay(limit=3)
    open_vancouver(world)
    assert book(world, "alex@example.org", **BY_PHONE).status == 403
    assert book(world, CENTRAL).status == 403
    for who in ("alex@example.org", "sam@example.org"):
        assert book(world, who, location_id=VANCOUVER).status == 403
    assert book(world, BOSS, location_id=VANCOUVER).status == 201
    assert world.call("POST", "/appointments", staff_body()).status == 401
