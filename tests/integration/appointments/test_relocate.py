"""Edits of place, time and person: seats, staff calendars, overrides (D5, D6, D14, D38, case 3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Service
from chalicelib.domain.shared.events import MessageKind
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import utc_text
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import (
    ACCOUNT,
    ADVICE,
    ALEX,
    BLOCK_START,
    BOSS,
    CENTRAL,
    MORTGAGE,
    SAM,
    SAM_EMAIL,
    VANCOUVER,
    at,
    hire,
    start,
)
from tests.builders.in_process.table_records import journal, recipients, write

URGENT = {"override": {"reason": "Urgent"}}

pytestmark = pytest.mark.organisation(seats=1, staff=True, checked=True)


def free(org: Organisation, staff_id: str = SAM) -> set[str]:
    """The starts at which clients can book them for advice."""
    return set(org.available_starts(service=ADVICE, staff_id=staff_id))


def test_a_move_does_not_stand_in_its_own_way(org: Organisation) -> None:
    appointment = org.book_by_staff()
    for minutes in (15, 0):
        assert org.edit_appointment(appointment, start(minutes), CENTRAL).status == 200
        assert org.calendar().sheets["2026-12-03"].occupants.keys() == {appointment["id"]}


def test_through_schedule_a_full_time_is_taken_and_said_so_until_it_is_left(org: Organisation) -> None:
    appointment, _ = org.book_by_staff(), org.book_by_staff(**start(60))
    over = org.edit_appointment(appointment, start(60))
    assert (over.status, over.json["over_capacity"]) == (200, True)
    assert ("over_capacity", False, True) in [
        (c.field, c.before, c.after) for c in journal(appointment["id"])[0].changes
    ]
    outside = org.edit_appointment(appointment, start(600))
    assert (outside.json["over_capacity"], outside.json["block_id"]) == (True, None)
    assert org.edit_appointment(appointment, start(60 * 24 * 400)).json["code"] == "too_far"
    back = org.edit_appointment(appointment, start(0))
    assert (back.json["over_capacity"], back.json["block_id"]) == (False, appointment["block_id"])


def test_a_client_who_moves_what_was_over_capacity_has_a_seat_like_any_other(org: Organisation) -> None:
    org.try_book()
    over = org.book_by_staff()
    code = org.read(Appointment, over["id"]).attendees[0].code
    body = {"code": code, "start": utc_text(at(60)), "timezone": "UTC"}
    assert org.call("POST", f"/public/appointments/{over['id']}/reschedule", body).status == 200
    assert (over["over_capacity"], org.read(Appointment, over["id"]).over_capacity) == (True, False)


def test_another_branch_gives_its_seat_and_the_old_one_has_it_back(org: Organisation) -> None:
    org.open_vancouver()
    appointment = org.book_by_staff()
    moved = org.edit_appointment(appointment, {"location_id": VANCOUVER}, BOSS)
    assert (moved.status, moved.json["location_id"], moved.json["block_id"]) == (200, VANCOUVER, "blk_vancouver")
    assert utc_text(BLOCK_START) in org.available_starts()
    assert utc_text(BLOCK_START) not in org.available_starts(location_id=VANCOUVER)
    entry = journal(appointment["id"])[0]
    assert [(c.field, c.after) for c in entry.changes] == [("location_id", VANCOUVER)]
    assert (MessageKind.STAFF_RESCHEDULED, VANCOUVER) in recipients(entry)
    assert {tuple(message.facts) for message in entry.messages} == {("elsewhere",)}


def test_a_branch_must_offer_the_service(org: Organisation) -> None:
    org.open_vancouver()
    appointment = org.book_by_staff(service_id=ACCOUNT)
    assert org.edit_appointment(appointment, {"location_id": VANCOUVER}, BOSS).refusal == (422, "unknown_location")


def test_whoever_has_it_keeps_it_and_their_calendar_follows(org: Organisation) -> None:
    appointment = org.book_by_staff(staff={"id": SAM})
    assert utc_text(BLOCK_START) not in free(org)
    moved = org.edit_appointment(appointment, start(120))
    assert (moved.status, moved.json["staff_id"]) == (200, SAM)
    assert utc_text(BLOCK_START) in free(org)
    assert utc_text(at(120)) not in free(org)
    assert (MessageKind.STAFF_RESCHEDULED, SAM) in recipients(journal(appointment["id"])[0])


def test_who_is_busy_then_stands_in_the_way_unless_that_is_overridden(org: Organisation) -> None:
    appointment = org.book_by_staff(staff={"id": SAM})
    org.book_advice(60)
    before = org.read(Appointment, appointment["id"])
    assert org.edit_appointment(appointment, start(60)).refusal == (409, "staff_conflict")
    assert org.edit_appointment(appointment, start(60) | URGENT, SAM_EMAIL).refusal == (403, "forbidden")
    assert org.read(Appointment, appointment["id"]) == before
    moved = org.edit_appointment(appointment, start(60) | URGENT)
    assert (moved.status, moved.json["staff_id"]) == (200, SAM)
    assert org.read(Appointment, appointment["id"]).override == "Urgent"
    assert org.edit_appointment(appointment, start(120)).status == 200
    assert org.read(Appointment, appointment["id"]).override is None


@pytest.mark.parametrize("service_id", [MORTGAGE, ADVICE])
def test_another_person_has_it_from_now_on(org: Organisation, service_id: str) -> None:
    appointment = org.book_by_staff(service_id=service_id, staff={"id": SAM})
    seats = org.calendar()
    given = org.edit_appointment(appointment, {"staff_id": ALEX}, BOSS)
    assert (given.status, given.json["staff_id"]) == (200, ALEX)
    assert utc_text(BLOCK_START) in free(org)
    assert utc_text(BLOCK_START) not in free(org, ALEX)
    assert org.calendar() == seats
    entry = journal(appointment["id"])[0]
    assert recipients(entry) == [(MessageKind.STAFF_ASSIGNED, ALEX), (MessageKind.STAFF_UNASSIGNED, SAM)]
    assert ([e.type for e in entry.events], entry.sequence) == (["appointment.assigned"], 0)
    assert org.read(TeamMember, appointment["location_id"], ALEX).assigned_at == org.now
    kept: Appointment = org.read(Appointment, appointment["id"])
    assert kept.staff_requested is False


@pytest.mark.parametrize("service_id", [MORTGAGE, ADVICE])
def test_nobody_may_have_it_and_it_can_still_be_moved_and_given_again(org: Organisation, service_id: str) -> None:
    appointment = org.book_by_staff(service_id=service_id, staff={"id": SAM})
    assert org.edit_appointment(appointment, {"staff_id": None}).json["staff_id"] is None
    assert utc_text(BLOCK_START) in free(org)
    moved = org.edit_appointment(appointment, start(60), BOSS)
    assert (moved.status, moved.json["staff_id"]) == (200, None)
    assert {utc_text(BLOCK_START), utc_text(at(60))} <= free(org)
    assert org.edit_appointment(appointment, start(-200000)).json["code"] == "past"
    assert org.edit_appointment(appointment, {"staff_id": SAM}).json["staff_id"] == SAM
    assert utc_text(at(60)) not in free(org)


@pytest.mark.parametrize("service_id", [MORTGAGE, ADVICE])
def test_a_new_time_with_nobody_frees_whoever_had_it(org: Organisation, service_id: str) -> None:
    appointment = org.book_by_staff(service_id=service_id, staff={"id": SAM})
    moved = org.edit_appointment(appointment, start(60) | {"staff_id": None})
    assert (moved.status, moved.json["staff_id"]) == (200, None)
    assert {utc_text(BLOCK_START), utc_text(at(60))} <= free(org)


def test_a_seat_nobody_has_is_given_back_where_the_service_has_no_seats_any_more(org: Organisation) -> None:
    appointment = org.book_by_staff()
    write(replace(org.read(Service, MORTGAGE), availability=AvailabilitySource.STAFF))
    assert org.edit_appointment(appointment, start(60)).json["availability"] == "staff"
    assert org.calendar().sheets["2026-12-03"].occupants == {}


def test_a_new_time_and_a_new_person_are_one_change(org: Organisation) -> None:
    appointment = org.book_by_staff(staff={"id": SAM})
    moved = org.edit_appointment(appointment, start(60) | {"staff_id": ALEX}, BOSS)
    assert (moved.json["start"], moved.json["staff_id"]) == (utc_text(at(60)), ALEX)
    entry = journal(appointment["id"])[0]
    assert {change.field for change in entry.changes} == {"start", "staff_id"}
    staff_told = [(kind, who) for kind, who in recipients(entry) if who in (SAM, ALEX)]
    assert staff_told == [(MessageKind.STAFF_ASSIGNED, ALEX), (MessageKind.STAFF_UNASSIGNED, SAM)]
    assert [e.type for e in entry.events] == ["appointment.rescheduled", "appointment.assigned"]


def test_whoever_gets_it_must_offer_the_service_there(org: Organisation) -> None:
    org.open_vancouver(limit=2)
    org.set_staff_services(ALEX, (ACCOUNT,))
    for appointment in (org.book_by_staff(staff={"id": SAM}), org.book_advice(60)):
        for body in ({"staff_id": ALEX}, {"staff_id": "stf_9"}, {"location_id": VANCOUVER}):
            reply = org.edit_appointment(appointment, body, BOSS)
            assert reply.refusal == (422, "unknown_staff")
            assert reply.json["errors"][0]["pointer"] == "/staff_id"


def test_somebody_busy_gets_it_only_by_override(org: Organisation) -> None:
    appointment, _ = org.book_by_staff(staff={"id": SAM}), org.book_by_staff(staff={"id": ALEX})
    assert org.edit_appointment(appointment, {"staff_id": ALEX}).refusal == (409, "staff_conflict")
    assert org.edit_appointment(appointment, {"staff_id": ALEX} | URGENT).json["staff_id"] == ALEX


def test_on_a_staff_calendar_a_new_time_asks_the_same_person(org: Organisation) -> None:
    appointment = org.book_advice()
    org.book_advice(60)
    assert org.edit_appointment(appointment, start(60)).refusal == (409, "slot_taken")
    assert org.edit_appointment(appointment, start(25)).refusal == (409, "slot_taken")
    assert org.edit_appointment(appointment, start(20)).json["staff_id"] == SAM
    assert org.edit_appointment(appointment, start(-60)).refusal == (409, "slot_taken")
    urgent = org.edit_appointment(appointment, start(60) | URGENT)
    assert (urgent.status, urgent.json["staff_id"], urgent.json["over_capacity"]) == (200, SAM, True)
    assert utc_text(BLOCK_START) in free(org)


def test_on_a_staff_calendar_another_person_is_asked_at_the_new_time(org: Organisation) -> None:
    appointment = org.book_advice()
    org.book_advice(60, ALEX)
    assert org.edit_appointment(appointment, start(60) | {"staff_id": ALEX}).refusal == (409, "slot_taken")
    assert org.edit_appointment(appointment, start(120) | {"staff_id": ALEX}).json["staff_id"] == ALEX
    assert utc_text(BLOCK_START) in free(org)


def test_a_time_that_schedule_chose_freely_may_be_kept_by_another(org: Organisation) -> None:
    appointment = org.book_advice(5)
    given = org.edit_appointment(appointment, {"staff_id": ALEX}, CENTRAL)
    assert (given.status, given.json["staff_id"]) == (200, ALEX)
    assert org.edit_appointment(appointment, start(65), CENTRAL).refusal == (422, "off_grid")


def test_what_has_begun_can_be_handed_to_a_colleague(org: Organisation) -> None:
    appointment = org.book_advice()
    org.now = at(5)
    assert org.edit_appointment(appointment, {"staff_id": ALEX}).json["staff_id"] == ALEX


def test_a_branch_elsewhere_has_people_of_its_own(org: Organisation) -> None:
    org.open_vancouver()
    kim = hire("stf_kim", "kim@example.org", VANCOUVER, role=Role.STAFF)
    appointment = org.book_advice()
    moved = org.edit_appointment(appointment, {"location_id": VANCOUVER, "staff_id": kim}, BOSS)
    assert (moved.status, moved.json["location_id"], moved.json["staff_id"]) == (200, VANCOUVER, kim)
    assert utc_text(BLOCK_START) in free(org)


def test_it_stays_as_long_as_it_was_and_takes_the_buffers_of_today(org: Organisation) -> None:
    appointment = org.book_advice()
    write(replace(org.read(Service, ADVICE), duration_minutes=60, buffer_before=15, buffer_after=30))
    assert org.edit_appointment(appointment, start(60)).json["end"] == utc_text(at(90))
    assert org.read(Appointment, appointment["id"]).busy_span == tuple(int(at(m).timestamp()) // 60 for m in (45, 120))


@pytest.mark.parametrize("kind", [AvailabilitySource.STAFF, AvailabilitySource.QUICKSTREAM])
@pytest.mark.parametrize("by_client", [True, False])
def test_what_a_service_takes_its_times_from_may_have_changed_since(
    org: Organisation, kind: AvailabilitySource, by_client: bool
) -> None:
    service_id = MORTGAGE if kind is AvailabilitySource.STAFF else ADVICE
    if kind is AvailabilitySource.QUICKSTREAM:
        org.create_block(limit=1, services=(ADVICE,))
    appointment = org.book_by_staff(service_id=service_id, staff={"id": SAM})
    write(replace(org.read(Service, service_id), availability=kind))
    if by_client:
        code = org.read(Appointment, appointment["id"]).attendees[0].code
        body = start(60) | {"code": code, "timezone": "UTC"}
        reply = org.call("POST", f"/public/appointments/{appointment['id']}/reschedule", body)
    else:
        reply = org.edit_appointment(appointment, start(60))
    assert reply.status == 200, reply.text
    moved: Appointment = org.read(Appointment, appointment["id"])
    assert (moved.availability, moved.staff_id) == (kind, SAM)
