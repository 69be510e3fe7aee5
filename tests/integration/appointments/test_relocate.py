"""Edits that change where, when and with whom: seats, people's own calendars, overrides (D5, D6, D14, D38, case 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Service
from chalicelib.domain.shared.events import MessageKind
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.block_requests import VANCOUVER
from tests.builders.in_process.sample_organisation import ACCOUNT, ALEX, MORTGAGE, OPENING, SAM, World, at
from tests.builders.in_process.staff_bookings import (
    ADVICE,
    BOSS,
    CENTRAL,
    advice,
    booked,
    hire,
    journal,
    open_vancouver,
    patch,
    refusal,
    require_whole,
    staffed,
    start,
    teach,
    told,
    write,
)

URGENT = {"override": {"reason": "Urgent"}}


@pytest.fixture
def world(world: World) -> Iterator[World]:
    world.lay(limit=1)
    yield staffed(world)
    require_whole(world)


def free(world: World, staff_id: str = SAM) -> set[str]:
    """When clients find them free for advice."""
    return set(world.offers(service=ADVICE, staff_id=staff_id))


def test_a_move_does_not_stand_in_its_own_way(world: World) -> None:
    appointment = booked(world)
    for minutes in (15, 0):
        assert patch(world, appointment, start(minutes), CENTRAL).status == 200
        assert world.calendar().sheets["2026-12-03"].occupants.keys() == {appointment["id"]}


def test_through_schedule_a_full_time_is_taken_and_said_so_until_it_is_left(world: World) -> None:
    appointment, _ = booked(world), booked(world, **start(60))
    over = patch(world, appointment, start(60))
    assert (over.status, over.json["over_capacity"]) == (200, True)
    assert ("over_capacity", False, True) in [
        (c.field, c.before, c.after) for c in journal(appointment["id"])[0].changes
    ]
    outside = patch(world, appointment, start(600))
    assert (outside.json["over_capacity"], outside.json["block_id"]) == (True, None)
    assert patch(world, appointment, start(60 * 24 * 400)).json["code"] == "too_far"
    back = patch(world, appointment, start(0))
    assert (back.json["over_capacity"], back.json["block_id"]) == (False, appointment["block_id"])


def test_a_client_who_moves_what_was_over_capacity_has_a_seat_like_any_other(world: World) -> None:
    world.book()
    over = booked(world)
    code = world.read(Appointment, over["id"]).attendees[0].code
    body = {"code": code, "start": utc_text(at(60)), "timezone": "UTC"}
    assert world.call("POST", f"/public/appointments/{over['id']}/reschedule", body).status == 200
    assert (over["over_capacity"], world.read(Appointment, over["id"]).over_capacity) == (True, False)


def test_another_branch_gives_its_seat_and_the_old_one_has_it_back(world: World) -> None:
    open_vancouver(world)
    appointment = booked(world)
    moved = patch(world, appointment, {"location_id": VANCOUVER}, BOSS)
    assert (moved.status, moved.json["location_id"], moved.json["block_id"]) == (200, VANCOUVER, "blk_vancouver")
    assert utc_text(OPENING) in world.offers()
    assert utc_text(OPENING) not in world.offers(location_id=VANCOUVER)
    entry = journal(appointment["id"])[0]
    assert [(c.field, c.after) for c in entry.changes] == [("location_id", VANCOUVER)]
    assert (MessageKind.STAFF_RESCHEDULED, VANCOUVER) in told(entry)
    assert {tuple(message.facts) for message in entry.messages} == {("elsewhere",)}


def test_a_branch_must_offer_the_service(world: World) -> None:
    open_vancouver(world)
    appointment = booked(world, service_id=ACCOUNT)
    assert refusal(patch(world, appointment, {"location_id": VANCOUVER}, BOSS)) == (422, "unknown_location")


def test_whoever_has_it_keeps_it_and_their_calendar_follows(world: World) -> None:
    appointment = booked(world, staff={"id": SAM})
    assert utc_text(OPENING) not in free(world)
    moved = patch(world, appointment, start(120))
    assert (moved.status, moved.json["staff_id"]) == (200, SAM)
    assert utc_text(OPENING) in free(world)
    assert utc_text(at(120)) not in free(world)
    assert (MessageKind.STAFF_RESCHEDULED, SAM) in told(journal(appointment["id"])[0])


def test_who_is_busy_then_stands_in_the_way_unless_that_is_overridden(world: World) -> None:
    appointment = booked(world, staff={"id": SAM})
    advice(world, 60)
    before = world.read(Appointment, appointment["id"])
    assert refusal(patch(world, appointment, start(60))) == (409, "staff_conflict")
    assert refusal(patch(world, appointment, start(60) | URGENT, "sam@example.org")) == (403, "forbidden")
    assert world.read(Appointment, appointment["id"]) == before
    moved = patch(world, appointment, start(60) | URGENT)
    assert (moved.status, moved.json["staff_id"]) == (200, SAM)
    assert world.read(Appointment, appointment["id"]).override == "Urgent"
    assert patch(world, appointment, start(120)).status == 200
    assert world.read(Appointment, appointment["id"]).override is None


@pytest.mark.parametrize("service_id", [MORTGAGE, ADVICE])
def test_another_person_has_it_from_now_on(world: World, service_id: str) -> None:
    appointment = booked(world, service_id=service_id, staff={"id": SAM})
    seats = world.calendar()
    given = patch(world, appointment, {"staff_id": ALEX}, BOSS)
    assert (given.status, given.json["staff_id"]) == (200, ALEX)
    assert utc_text(OPENING) in free(world)
    assert utc_text(OPENING) not in free(world, ALEX)
    assert world.calendar() == seats
    entry = journal(appointment["id"])[0]
    assert told(entry) == [(MessageKind.STAFF_ASSIGNED, ALEX), (MessageKind.STAFF_UNASSIGNED, SAM)]
    assert ([e.type for e in entry.events], entry.sequence) == (["appointment.assigned"], 0)
    assert world.read(TeamMember, appointment["location_id"], ALEX).assigned_at == world.now
    kept: Appointment = world.read(Appointment, appointment["id"])
    assert kept.staff_requested is False


@pytest.mark.parametrize("service_id", [MORTGAGE, ADVICE])
def test_nobody_may_have_it_and_it_can_still_be_moved_and_given_again(world: World, service_id: str) -> None:
    appointment = booked(world, service_id=service_id, staff={"id": SAM})
    assert patch(world, appointment, {"staff_id": None}).json["staff_id"] is None
    assert utc_text(OPENING) in free(world)
    moved = patch(world, appointment, start(60), BOSS)
    assert (moved.status, moved.json["staff_id"]) == (200, None)
    assert {utc_text(OPENING), utc_text(at(60))} <= free(world)
    assert patch(world, appointment, start(-200000)).json["code"] == "past"
    assert patch(world, appointment, {"staff_id": SAM}).json["staff_id"] == SAM
    assert utc_text(at(60)) not in free(world)


@pytest.mark.parametrize("service_id", [MORTGAGE, ADVICE])
def test_a_new_time_with_nobody_frees_whoever_had_it(world: World, service_id: str) -> None:
    appointment = booked(world, service_id=service_id, staff={"id": SAM})
    moved = patch(world, appointment, start(60) | {"staff_id": None})
    assert (moved.status, moved.json["staff_id"]) == (200, None)
    assert {utc_text(OPENING), utc_text(at(60))} <= free(world)


def test_a_seat_nobody_has_is_given_back_where_the_service_has_no_seats_any_more(world: World) -> None:
    appointment = booked(world)
    write(replace(world.read(Service, MORTGAGE), availability=AvailabilitySource.STAFF))
    assert patch(world, appointment, start(60)).json["availability"] == "staff"
    assert world.calendar().sheets["2026-12-03"].occupants == {}


def test_a_new_time_and_a_new_person_are_one_change(world: World) -> None:
    appointment = booked(world, staff={"id": SAM})
    moved = patch(world, appointment, start(60) | {"staff_id": ALEX}, BOSS)
    assert (moved.json["start"], moved.json["staff_id"]) == (utc_text(at(60)), ALEX)
    entry = journal(appointment["id"])[0]
    assert {change.field for change in entry.changes} == {"start", "staff_id"}
    staff_told = [(kind, who) for kind, who in told(entry) if who in (SAM, ALEX)]
    assert staff_told == [(MessageKind.STAFF_ASSIGNED, ALEX), (MessageKind.STAFF_UNASSIGNED, SAM)]
    assert [e.type for e in entry.events] == ["appointment.rescheduled", "appointment.assigned"]


def test_whoever_gets_it_must_offer_the_service_there(world: World) -> None:
    open_vancouver(world, limit=2)
    teach(world, ALEX, (ACCOUNT,))
    for appointment in (booked(world, staff={"id": SAM}), advice(world, 60)):
        for body in ({"staff_id": ALEX}, {"staff_id": "stf_9"}, {"location_id": VANCOUVER}):
            reply = patch(world, appointment, body, BOSS)
            assert refusal(reply) == (422, "unknown_staff")
            assert reply.json["errors"][0]["pointer"] == "/staff_id"


def test_somebody_busy_gets_it_only_by_override(world: World) -> None:
    appointment, _ = booked(world, staff={"id": SAM}), booked(world, staff={"id": ALEX})
    assert refusal(patch(world, appointment, {"staff_id": ALEX})) == (409, "staff_conflict")
    assert patch(world, appointment, {"staff_id": ALEX} | URGENT).json["staff_id"] == ALEX


def test_on_a_staff_calendar_a_new_time_asks_the_same_person(world: World) -> None:
    appointment = advice(world)
    advice(world, 60)
    assert refusal(patch(world, appointment, start(60))) == (409, "slot_taken")
    assert refusal(patch(world, appointment, start(25))) == (409, "slot_taken")
    assert patch(world, appointment, start(20)).json["staff_id"] == SAM
    assert refusal(patch(world, appointment, start(-60))) == (409, "slot_taken")
    urgent = patch(world, appointment, start(60) | URGENT)
    assert (urgent.status, urgent.json["staff_id"], urgent.json["over_capacity"]) == (200, SAM, True)
    assert utc_text(OPENING) in free(world)


def test_on_a_staff_calendar_another_person_is_asked_at_the_new_time(world: World) -> None:
    appointment = advice(world)
    advice(world, 60, ALEX)
    assert refusal(patch(world, appointment, start(60) | {"staff_id": ALEX})) == (409, "slot_taken")
    assert patch(world, appointment, start(120) | {"staff_id": ALEX}).json["staff_id"] == ALEX
    assert utc_text(OPENING) in free(world)


def test_a_time_that_schedule_chose_freely_may_be_kept_by_another(world: World) -> None:
    appointment = advice(world, 5)
    given = patch(world, appointment, {"staff_id": ALEX}, CENTRAL)
    assert (given.status, given.json["staff_id"]) == (200, ALEX)
    assert refusal(patch(world, appointment, start(65), CENTRAL)) == (422, "off_grid")


def test_what_has_begun_can_be_handed_to_a_colleague(world: World) -> None:
    appointment = advice(world)
    world.now = at(5)
    assert patch(world, appointment, {"staff_id": ALEX}).json["staff_id"] == ALEX


def test_a_branch_elsewhere_has_people_of_its_own(world: World) -> None:
    open_vancouver(world)
    kim = hire("stf_kim", "kim@example.org", VANCOUVER, role=Role.STAFF)
    appointment = advice(world)
    moved = patch(world, appointment, {"location_id": VANCOUVER, "staff_id": kim}, BOSS)
    assert (moved.status, moved.json["location_id"], moved.json["staff_id"]) == (200, VANCOUVER, kim)
    assert utc_text(OPENING) in free(world)


def test_it_stays_as_long_as_it_was_and_takes_the_buffers_of_today(world: World) -> None:
    appointment = advice(world)
    write(replace(world.read(Service, ADVICE), duration_minutes=60, buffer_before=15, buffer_after=30))
    moved = patch(world, appointment, start(60))
    assert moved.json["end"] == utc_text(at(90))
    assert world.read(Appointment, appointment["id"]).busy_span == tuple(
        int(at(m).timestamp()) // 60 for m in (45, 120)
    )


@pytest.mark.parametrize("kind", [AvailabilitySource.STAFF, AvailabilitySource.QUICKSTREAM])
@pytest.mark.parametrize("by_client", [True, False])
def test_what_a_service_takes_its_times_from_may_have_changed_since(
    world: World, kind: AvailabilitySource, by_client: bool
) -> None:
    service_id = MORTGAGE if kind is AvailabilitySource.STAFF else ADVICE
    if kind is AvailabilitySource.QUICKSTREAM:
        world.lay(limit=1, services=(ADVICE,))
    appointment = booked(world, service_id=service_id, staff={"id": SAM})
    write(replace(world.read(Service, service_id), availability=kind))
    if by_client:
        code = world.read(Appointment, appointment["id"]).attendees[0].code
        body = start(60) | {"code": code, "timezone": "UTC"}
        reply = world.call("POST", f"/public/appointments/{appointment['id']}/reschedule", body)
    else:
        reply = patch(world, appointment, start(60))
    assert reply.status == 200, reply.text
    moved: Appointment = world.read(Appointment, appointment["id"])
    assert (moved.availability, moved.staff_id) == (kind, SAM)
