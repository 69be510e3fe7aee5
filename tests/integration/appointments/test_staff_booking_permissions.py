"""Permissions to book for others: channels, locations, overrides (CC-1, CC-16, D38)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.shared.permissions import Role
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import (
    ADVICE,
    ALEX,
    ALEX_EMAIL,
    BOSS,
    CENTRAL,
    SAM,
    SAM_EMAIL,
    TORONTO,
    VANCOUVER,
    hire,
    staff_body,
    start,
)
from tests.builders.in_process.table_records import journal

URGENT: dict[str, Any] = {"reason": "Urgent"}
BY_PHONE: dict[str, Any] = {"channel": "contact_centre"}

pytestmark = pytest.mark.organisation(staff=True, checked=True)


def test_a_contact_centre_that_is_switched_off_is_closed_to_all(org: Organisation) -> None:
    org.create_block(limit=2)
    org.update_settings(contact_centre=False)
    assert org.try_book_by_centre().refusal == (403, "feature_disabled")
    assert org.try_book_by_staff(BOSS, **BY_PHONE).refusal == (403, "feature_disabled")
    assert org.try_book_by_staff().status == 201


def everything_after(org: Organisation, made: Any, who: str) -> list[Reply]:
    """Every request about a booked appointment, its cancellation last."""
    url, guest = f"/appointments/{made['id']}", {"first_name": "Eva", "last_name": "Ito", "email": "eva@example.org"}
    added = org.as_staff("POST", f"{url}/attendees", {"client": guest}, who)
    edited = org.as_staff("PATCH", url, {"notes": "Called twice"}, who)
    extra = added.json["attendees"][-1]["client_id"] if added.status == 201 else made["attendees"][0]["client_id"]
    removed = org.as_staff("DELETE", f"{url}/attendees/{extra}", who=who)
    return [added, edited, removed, org.as_staff("POST", f"{url}/cancel", {}, who)]


def test_whoever_has_the_contact_centre_only_works_through_it_to_the_end(org: Organisation) -> None:
    org.create_block(limit=2)
    made = org.try_book_by_centre().json
    org.update_settings(contact_centre=False)
    assert {reply.refusal for reply in everything_after(org, made, CENTRAL)} == {(403, "feature_disabled")}
    assert [entry.action for entry in journal(made["id"])] == ["booked"]
    assert org.as_staff("PATCH", f"/appointments/{made['id']}", {"notes": "By Alex"}).status == 200
    org.update_settings(contact_centre=True)
    assert [reply.status for reply in everything_after(org, made, CENTRAL)] == [201, 200, 204, 200]
    log = org.as_staff("GET", f"/appointments/{made['id']}/log").json["items"]
    assert [(line["action"], line["channel"]) for line in reversed(log)] == [
        ("booked", "call_centre"),
        ("edited", "schedule"),
        ("attendee_added", "call_centre"),
        ("edited", "call_centre"),
        ("attendee_cancelled", "call_centre"),
        ("cancelled", "call_centre"),
    ]


def test_an_override_books_in_spite_of_schedules_and_conflicts_and_is_kept(org: Organisation) -> None:
    sams: dict[str, Any] = {"service_id": ADVICE, "staff": {"id": SAM}}
    org.book_by_staff(**sams)
    assert org.try_book_by_staff(**sams).refusal == (409, "slot_taken")
    assert org.try_book_by_staff(SAM_EMAIL, **sams, override=URGENT).refusal == (403, "forbidden")
    for minutes in (0, -120):
        made = org.book_by_staff(**sams, **start(minutes), override=URGENT)
        assert (made["staff_id"], made["over_capacity"]) == (SAM, True)
        fields = {change.field: change.after for change in journal(made["id"])[0].changes}
        assert fields == {"over_capacity": True, "override": "Urgent"}
        assert org.read(Appointment, made["id"]).override == "Urgent"
    # Staff Advanced override in their own time only.
    hire("stf_adv", "staff_advanced@example.org", TORONTO, role=Role.STAFF_ADVANCED)
    mine = {"service_id": ADVICE, "staff": {"id": "stf_adv"}, "override": URGENT} | start(-120)
    assert org.try_book_by_staff("staff_advanced@example.org", **mine).status == 201
    assert org.try_book_by_staff("staff_advanced@example.org", **sams, override=URGENT).status == 403


@pytest.mark.parametrize(
    ("who", "staff_id", "status"),
    [
        (SAM_EMAIL, SAM, 201),
        (SAM_EMAIL, "stf_peer", 201),
        (SAM_EMAIL, ALEX, 403),
        ("staff_plus@example.org", "stf_peer", 201),
        ("staff_plus@example.org", ALEX, 403),
        ("staff_advanced@example.org", ALEX, 201),
        (ALEX_EMAIL, SAM, 201),
        (BOSS, ALEX, 201),
    ],
)
def test_each_role_books_for_itself_and_for_others_up_to_a_role(
    org: Organisation, who: str, staff_id: str, status: int
) -> None:
    hire("stf_peer", "staff@example.org", TORONTO, role=Role.STAFF)
    hire("stf_plus", "staff_plus@example.org", TORONTO, role=Role.STAFF_PLUS)
    hire("stf_adv", "staff_advanced@example.org", TORONTO, role=Role.STAFF_ADVANCED)
    assert org.try_book_by_staff(who, service_id=ADVICE, staff={"id": staff_id}).status == status


def test_each_channel_is_for_those_who_work_with_it(org: Organisation) -> None:
    org.create_block(limit=3)
    org.open_vancouver()
    assert org.try_book_by_staff(ALEX_EMAIL, **BY_PHONE).status == 403
    assert org.try_book_by_staff(CENTRAL).status == 403
    for who in (ALEX_EMAIL, SAM_EMAIL):
        assert org.try_book_by_staff(who, location_id=VANCOUVER).status == 403
    assert org.try_book_by_staff(BOSS, location_id=VANCOUVER).status == 201
    assert org.call("POST", "/appointments", staff_body()).status == 401
