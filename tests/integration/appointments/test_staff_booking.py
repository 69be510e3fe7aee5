"""Bookings by staff: channels, capacity, all or nothing (CC-1 … CC-10, D5, D6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Contact
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Question, Service, Staff
from chalicelib.domain.quickstream.blocks import BlockState
from chalicelib.domain.shared.events import MessageKind
from chalicelib.domain.shared.permissions import PERMISSION_MATRIX, Ability
from chalicelib.domain.shared.times import utc_text
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.client_requests import make_client
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import (
    ADVICE,
    ALEX,
    ALEX_EMAIL,
    BLOCK_START,
    BOSS,
    CENTRAL,
    MORTGAGE,
    NOW,
    SAM,
    SAM_EMAIL,
    TORONTO,
    at,
    start,
)
from tests.builders.in_process.table_records import before_the_next_commit, journal, recipients, write

URGENT: dict[str, Any] = {"reason": "Urgent"}
EVA = {"first_name": "Eva", "last_name": "Ito", "email": "eva@example.org"}

pytestmark = pytest.mark.organisation(staff=True, checked=True)


@pytest.mark.parametrize(
    ("channel", "who", "name", "through"),
    [
        ("contact_centre", CENTRAL, "Central", "call_centre"),
        ("contact_centre", BOSS, "Boss", "call_centre"),
        ("schedule", ALEX_EMAIL, "Alex", "schedule"),
        ("schedule", SAM_EMAIL, "Sam", "schedule"),
    ],
)
def test_each_channel_books_and_is_named(org: Organisation, channel: str, who: str, name: str, through: str) -> None:
    org.create_block()
    made = org.book_by_staff(who, channel=channel, notes="Careful", attendee_notes="By the lift")
    assert (made["booked_through"], made["added_by"], made["over_capacity"]) == (through, name, False)
    assert (made["timezone"], made["local_start"]) == ("America/Toronto", "2026-12-03T09:00:00")
    assert (made["notes"], made["attendees"][0]["notes"]) == ("Careful", "By the lift")
    assert org.as_staff("GET", f"/appointments/{made['id']}", who=BOSS).json == made
    entry = journal(made["id"])[0]
    client = made["attendees"][0]["client_id"]
    assert recipients(entry) == [
        (MessageKind.CONFIRMATION, client),
        (MessageKind.STAFF_BOOKED, TORONTO),
        (MessageKind.STAFF_BOOKED, "org"),
    ]
    assert [event.type for event in entry.events] == ["appointment.booked"]
    assert [event.type for event in journal(client)[0].events] == ["client.created"]
    assert (entry.action, entry.actor.channel, utc_text(BLOCK_START) in org.available_starts()) == (
        "booked",
        through,
        False,
    )


def test_a_client_on_record_is_booked_for_as_they_are(org: Organisation) -> None:
    org.create_block()
    ana = make_client("cli_1", email="ana@example.org", language="fr")
    write(ana)
    assert org.try_book_by_staff(client=None, client_id="cli_1").refusal == (422, "unknown_client")
    made = org.book_by_staff(CENTRAL, channel="contact_centre", client=None, client_id="cli_1")
    assert [(a["client_id"], a["name"]) for a in made["attendees"]] == [("cli_1", "Ana Ruiz")]
    assert [event.type for event in journal(made["id"])[0].events] == ["appointment.booked"]


def test_a_client_is_needed_who_can_be_reached(org: Organisation) -> None:
    org.create_block()
    unreachable = {"first_name": "Bo", "last_name": "Lind"}
    assert org.try_book_by_staff(client=None).refusal == (422, "client_required")
    assert org.try_book_by_staff(client_id="cli_9").refusal == (422, "client_required")
    assert org.try_book_by_staff(client=None, client_id="cli_9").refusal == (422, "unknown_client")
    assert org.try_book_by_staff(client=unreachable).refusal == (422, "contact_required")


def test_several_come_together_or_nobody_is_written_down(org: Organisation) -> None:
    org.create_block()
    bad = org.try_book_by_staff(additional_attendees=[{"client": EVA}, {"client_id": "cli_9"}])
    assert bad.refusal == (422, "unknown_client")
    assert bad.json["errors"][0]["pointer"] == "/additional_attendees/1/client_id"
    assert (org.read(Contact, "bo@example.org"), org.read(Contact, "eva@example.org")) == (None, None)
    assert org.available_starts()[utc_text(BLOCK_START)] == 1
    made = org.book_by_staff(additional_attendees=[{"client": EVA, "notes": "Deaf"}])
    assert [(a["name"], a["notes"]) for a in made["attendees"]] == [("Bo Lind", ""), ("Eva Ito", "Deaf")]
    assert [kind for kind, _ in recipients(journal(made["id"])[0])].count(MessageKind.CONFIRMATION) == 2
    codes = {attendee.code for attendee in org.read(Appointment, made["id"]).attendees}
    assert len(codes) == 2


def test_no_client_is_written_down_where_there_is_no_room(org: Organisation) -> None:
    org.create_block()
    org.try_book()
    assert org.try_book_by_centre().refusal == (409, "capacity_exhausted")
    assert org.read(Contact, "bo@example.org") is None


def test_the_services_questions_are_answered_once(org: Organisation) -> None:
    org.create_block()
    write(replace(org.read(Service, MORTGAGE), questions=(Question("why", "Why?", required=True),)))
    why = [{"question_id": "why", "value": "A house"}]
    assert org.try_book_by_staff().refusal == (422, "invalid_answers")
    made = org.book_by_staff(answers=why, additional_attendees=[{"client": EVA}])
    assert [attendee["answers"] for attendee in made["attendees"]] == [why, []]


def test_staff_give_out_what_is_reserved(org: Organisation) -> None:
    org.create_block(limit=1, reserved=1)
    assert org.try_book().refusal == (409, "capacity_exhausted")
    assert org.try_book_by_centre().json["over_capacity"] is False


def test_what_is_held_back_can_be_had_through_schedule_only(org: Organisation) -> None:
    org.create_block(state=BlockState.HELD)
    assert org.try_book_by_centre().refusal == (409, "block_not_released")
    made = org.book_by_staff()
    assert (made["over_capacity"], made["block_id"]) == (False, "blk_00000000000000000000000001")


def test_the_contact_centre_keeps_to_the_limit_and_schedule_is_told_it_does_not(org: Organisation) -> None:
    org.create_block()
    assert org.try_book_by_centre().status == 201
    assert org.try_book_by_centre().refusal == (409, "capacity_exhausted")
    assert org.try_book_by_centre(**start(600)).refusal == (409, "outside_block")
    for minutes, block_id in ((0, "blk_00000000000000000000000001"), (600, None)):
        over = org.book_by_staff(**start(minutes))
        assert (over["over_capacity"], over["block_id"]) == (True, block_id)
        log = org.as_staff("GET", f"/appointments/{over['id']}/log").json["items"][0]
        assert log["changes"] == [{"field": "over_capacity", "before": None, "after": True}]
    assert utc_text(BLOCK_START) not in org.available_starts()


def test_over_capacity_is_an_ability_of_its_own(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it Schedule refuses a full time as other channels do, for moves as well (D5)."""
    block = org.create_block()
    first, later = org.book_by_staff(), org.book_by_staff(**start(600))
    monkeypatch.setitem(PERMISSION_MATRIX, Ability.BOOK_OVER_CAPACITY, (None,) * 6)
    assert org.try_book_by_staff().refusal == (409, "capacity_exhausted")
    assert org.try_book_by_staff(**start(600)).refusal == (409, "outside_block")
    assert org.edit_appointment(later, start(0)).refusal == (409, "capacity_exhausted")
    assert (first["block_id"], first["over_capacity"]) == (block.id, False)


@pytest.mark.parametrize(("minutes", "code"), [(-60 * 24 * 30, "past"), (60 * 24 * 400, "too_far")])
def test_nobody_books_into_the_past_or_years_ahead(org: Organisation, minutes: int, code: str) -> None:
    wanted: list[dict[str, Any]] = [{}, {"override": URGENT}]
    wanted.append({"service_id": ADVICE, "override": URGENT, "staff": {"id": SAM}})
    for more in wanted:
        assert org.try_book_by_staff(**start(minutes), **more).refusal == (422, code)


def test_the_last_seat_goes_to_one_of_two(org: Organisation) -> None:
    org.create_block()
    replies: list[Reply] = []
    before_the_next_commit(lambda: replies.append(org.try_book_by_centre(client=EVA)))
    assert org.try_book_by_centre().refusal == (409, "capacity_exhausted")
    assert [reply.status for reply in replies] == [201]
    assert org.read(Contact, "bo@example.org") is None


def test_group_services_are_not_booked_by_the_contact_centre(org: Organisation) -> None:
    write(replace(org.read(Service, MORTGAGE), availability=AvailabilitySource.GROUP))
    assert org.try_book_by_centre().refusal == (422, "group_not_bookable_here")
    assert org.try_book_by_centre(service_id="svc_9").refusal == (422, "unknown_service")
    assert org.try_book_by_centre(location_id="loc_9").refusal == (422, "unknown_location")
    assert org.try_book_by_centre(service_id=ADVICE, meeting_method="video").refusal == (422, "method_not_offered")


def test_a_language_is_spoken_by_whoever_can_have_it(org: Organisation) -> None:
    org.create_block(limit=3)
    french: dict[str, Any] = {"staff": {"language": "fr"}}
    for service_id in (MORTGAGE, ADVICE):
        assert org.try_book_by_centre(service_id=service_id, **french).refusal == (409, "no_staff_for_language")
    write(replace(org.read(Staff, ALEX), languages=("en", "fr")))
    org.set_staff_services(ALEX, (MORTGAGE, ADVICE))
    made = org.try_book_by_centre(**french).json
    assert (made["language"], made["staff_id"]) == ("fr", None)
    made = org.try_book_by_centre(service_id=ADVICE, **french).json
    assert (made["language"], made["staff_id"]) == ("fr", ALEX)
    assert org.try_book_by_centre(service_id=ADVICE, **french).refusal == (409, "slot_taken")


def test_somebody_wanted_has_it_at_once_and_it_takes_a_seat_all_the_same(org: Organisation) -> None:
    org.create_block()
    made = org.try_book_by_centre(staff={"id": SAM}).json
    assert (made["staff_id"], made["block_id"]) == (SAM, "blk_00000000000000000000000001")
    assert utc_text(BLOCK_START) not in org.available_starts()
    assert utc_text(BLOCK_START) not in org.available_starts(service=ADVICE, staff_id=SAM)
    assert (MessageKind.STAFF_BOOKED, SAM) in recipients(journal(made["id"])[0])
    org.create_block()
    assert org.try_book_by_centre(staff={"id": SAM}).refusal == (409, "staff_conflict")
    for stranger in ("stf_boss", "stf_9"):
        reply = org.try_book_by_centre(staff={"id": stranger})
        assert (reply.refusal, reply.json["errors"][0]["pointer"]) == ((422, "unknown_staff"), "/staff/id")


def test_on_a_staff_calendar_anyone_who_is_free_gets_it(org: Organisation) -> None:
    had = {org.try_book_by_centre(service_id=ADVICE).json["staff_id"] for _ in range(2)}
    assert had == {SAM, ALEX}
    assert org.try_book_by_centre(service_id=ADVICE).refusal == (409, "slot_taken")
    # Schedule places freely, but not on somebody else's time.
    assert org.try_book_by_staff(service_id=ADVICE, **start(20)).refusal == (409, "slot_taken")
    assert org.book_by_staff(service_id=ADVICE, **start(40))["staff_id"] in had


def test_who_is_not_to_be_told_is_not(org: Organisation) -> None:
    made = org.book_by_staff(service_id=ADVICE, staff={"id": SAM}, notify_staff=False)
    kinds = recipients(journal(made["id"])[0])
    assert (MessageKind.STAFF_BOOKED, SAM) not in kinds
    assert {(MessageKind.STAFF_BOOKED, TORONTO), (MessageKind.STAFF_BOOKED, "org")} <= set(kinds)
    quiet = org.book_by_staff(service_id=ADVICE, notify_client=False, **start(60))
    kept: Appointment = org.read(Appointment, quiet["id"])
    assert (quiet["notify_client"], kept.reminders()) == (False, [])


def test_a_repeated_request_books_once(org: Organisation) -> None:
    org.create_block(limit=3)
    key = {"Idempotency-Key": "call-1"}
    first, again = (org.try_book_by_staff(headers=key) for _ in range(2))
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert org.calendar().sheets["2026-12-03"].occupants.keys() == {first.json["id"]}
    assert len(org.read(Contact, "bo@example.org").clients) == 1
    assert org.try_book_by_staff(headers=key, client=EVA).refusal == (422, "idempotency_key_reused")


def test_a_copy_that_runs_at_the_same_moment_books_nothing(org: Organisation) -> None:
    org.create_block(limit=3)
    key = {"Idempotency-Key": "call-1"}
    replies: list[Reply] = []
    before_the_next_commit(lambda: replies.append(org.try_book_by_staff(headers=key)))
    replies.append(org.try_book_by_staff(headers=key))
    assert [reply.status for reply in replies] == [201, 201]
    assert replies[0].json == replies[1].json
    assert len(container.appointment_lists.at_location(TORONTO, NOW, at(600), 50, None).items) == 1


def test_wall_time_needs_a_zone_and_is_kept_in_it(org: Organisation) -> None:
    org.create_block()
    assert org.try_book_by_staff(start="2026-12-03T06:00").refusal == (422, "timezone_required")
    made = org.book_by_staff(start="2026-12-03T06:00", timezone="America/Vancouver")
    assert (made["start"], made["local_start"]) == (utc_text(BLOCK_START), "2026-12-03T06:00:00")
