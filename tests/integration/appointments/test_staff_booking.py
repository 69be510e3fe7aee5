"""Staff book for clients: who may through which channel, what each may take, all or nothing (CC-1 … CC-10, D5, D6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client, Contact
from chalicelib.domain.organisation.catalogue import AvailabilitySource, Question, Service, Staff
from chalicelib.domain.quickstream.blocks import BlockState
from chalicelib.domain.shared.events import MessageKind
from chalicelib.domain.shared.permissions import PERMISSION_MATRIX, Ability
from chalicelib.domain.shared.times import utc_text
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import ALEX, MORTGAGE, NOW, OPENING, SAM, TORONTO, World, at
from tests.builders.in_process.staff_bookings import (
    ADVICE,
    BOSS,
    CENTRAL,
    as_role,
    before_the_next_commit,
    book,
    booked,
    called,
    journal,
    patch,
    refusal,
    require_whole,
    staffed,
    start,
    teach,
    told,
    write,
)

URGENT: dict[str, Any] = {"reason": "Urgent"}
EVA = {"first_name": "Eva", "last_name": "Ito", "email": "eva@example.org"}


@pytest.fixture
def world(world: World) -> Iterator[World]:
    yield staffed(world)
    require_whole(world)


@pytest.mark.parametrize(
    ("channel", "who", "name", "through"),
    [
        ("contact_centre", CENTRAL, "Central", "call_centre"),
        ("contact_centre", BOSS, "Boss", "call_centre"),
        ("schedule", "alex@example.org", "Alex", "schedule"),
        ("schedule", "sam@example.org", "Sam", "schedule"),
    ],
)
def test_each_channel_books_and_is_named(world: World, channel: str, who: str, name: str, through: str) -> None:
    world.lay()
    made = booked(world, who, channel=channel, notes="Careful", attendee_notes="By the lift")
    assert (made["booked_through"], made["added_by"], made["over_capacity"]) == (through, name, False)
    assert (made["timezone"], made["local_start"]) == ("America/Toronto", "2026-12-03T09:00:00")
    assert (made["notes"], made["attendees"][0]["notes"]) == ("Careful", "By the lift")
    assert as_role(world, "GET", f"/appointments/{made['id']}", who=BOSS).json == made
    entry = journal(made["id"])[0]
    client = made["attendees"][0]["client_id"]
    assert told(entry) == [
        (MessageKind.CONFIRMATION, client),
        (MessageKind.STAFF_BOOKED, TORONTO),
        (MessageKind.STAFF_BOOKED, "org"),
    ]
    assert [event.type for event in entry.events] == ["appointment.booked"]
    assert [event.type for event in journal(client)[0].events] == ["client.created"]
    assert (entry.action, entry.actor.channel, utc_text(OPENING) in world.offers()) == ("booked", through, False)


def test_a_client_on_record_is_booked_for_as_they_are(world: World) -> None:
    world.lay()
    ana = Client("Ana", "Ruiz", id="cli_1", created_at=NOW, updated_at=NOW, email="ana@example.org", language="fr")
    write(ana)
    refused = book(world, client=None, client_id="cli_1")
    assert (refused.status, refused.json["code"]) == (422, "unknown_client")
    made = booked(world, CENTRAL, channel="contact_centre", client=None, client_id="cli_1")
    assert [(a["client_id"], a["name"]) for a in made["attendees"]] == [("cli_1", "Ana Ruiz")]
    assert [event.type for event in journal(made["id"])[0].events] == ["appointment.booked"]


def test_a_client_is_needed_who_can_be_reached(world: World) -> None:
    world.lay()
    unreachable = {"first_name": "Bo", "last_name": "Lind"}
    assert refusal(book(world, client=None)) == (422, "client_required")
    assert refusal(book(world, client_id="cli_9")) == (422, "client_required")
    assert refusal(book(world, client=None, client_id="cli_9")) == (422, "unknown_client")
    assert refusal(book(world, client=unreachable)) == (422, "contact_required")


def test_several_come_together_or_nobody_is_written_down(world: World) -> None:
    world.lay()
    bad = book(world, additional_attendees=[{"client": EVA}, {"client_id": "cli_9"}])
    assert refusal(bad) == (422, "unknown_client")
    assert bad.json["errors"][0]["pointer"] == "/additional_attendees/1/client_id"
    assert (world.read(Contact, "bo@example.org"), world.read(Contact, "eva@example.org")) == (None, None)
    assert world.offers()[utc_text(OPENING)] == 1
    made = booked(world, additional_attendees=[{"client": EVA, "notes": "Deaf"}])
    assert [(a["name"], a["notes"]) for a in made["attendees"]] == [("Bo Lind", ""), ("Eva Ito", "Deaf")]
    assert [kind for kind, _ in told(journal(made["id"])[0])].count(MessageKind.CONFIRMATION) == 2
    codes = {attendee.code for attendee in world.read(Appointment, made["id"]).attendees}
    assert len(codes) == 2


def test_no_client_is_written_down_where_there_is_no_room(world: World) -> None:
    world.lay()
    world.book()
    assert refusal(called(world)) == (409, "capacity_exhausted")
    assert world.read(Contact, "bo@example.org") is None


def test_the_services_questions_are_answered_once(world: World) -> None:
    world.lay()
    write(replace(world.read(Service, MORTGAGE), questions=(Question("why", "Why?", required=True),)))
    why = [{"question_id": "why", "value": "A house"}]
    assert refusal(book(world)) == (422, "invalid_answers")
    made = booked(world, answers=why, additional_attendees=[{"client": EVA}])
    assert [attendee["answers"] for attendee in made["attendees"]] == [why, []]


def test_staff_give_out_what_is_reserved(world: World) -> None:
    world.lay(limit=1, reserved=1)
    assert refusal(world.book()) == (409, "capacity_exhausted")
    assert called(world).json["over_capacity"] is False


def test_what_is_held_back_can_be_had_through_schedule_only(world: World) -> None:
    world.lay(state=BlockState.HELD)
    assert refusal(called(world)) == (409, "block_not_released")
    made = booked(world)
    assert (made["over_capacity"], made["block_id"]) == (False, "blk_00000000000000000000000001")


def test_the_contact_centre_keeps_to_the_limit_and_schedule_is_told_it_does_not(world: World) -> None:
    world.lay()
    assert called(world).status == 201
    assert refusal(called(world)) == (409, "capacity_exhausted")
    assert refusal(called(world, **start(600))) == (409, "outside_block")
    for minutes, block_id in ((0, "blk_00000000000000000000000001"), (600, None)):
        over = booked(world, **start(minutes))
        assert (over["over_capacity"], over["block_id"]) == (True, block_id)
        log = as_role(world, "GET", f"/appointments/{over['id']}/log").json["items"][0]
        assert log["changes"] == [{"field": "over_capacity", "before": None, "after": True}]
    assert utc_text(OPENING) not in world.offers()


def test_over_capacity_is_an_ability_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose role lacks it is told through Schedule what everybody else is told, a move included (D5)."""
    block = world.lay()
    first, later = booked(world), booked(world, **start(600))
    monkeypatch.setitem(PERMISSION_MATRIX, Ability.BOOK_OVER_CAPACITY, (None,) * 6)
    assert refusal(book(world)) == (409, "capacity_exhausted")
    assert refusal(book(world, **start(600))) == (409, "outside_block")
    assert refusal(patch(world, later, start(0))) == (409, "capacity_exhausted")
    assert (first["block_id"], first["over_capacity"]) == (block.id, False)


@pytest.mark.parametrize(("minutes", "code"), [(-60 * 24 * 30, "past"), (60 * 24 * 400, "too_far")])
def test_nobody_books_into_the_past_or_years_ahead(world: World, minutes: int, code: str) -> None:
    wanted: list[dict[str, Any]] = [{}, {"override": URGENT}]
    wanted.append({"service_id": ADVICE, "override": URGENT, "staff": {"id": SAM}})
    for more in wanted:
        assert refusal(book(world, **start(minutes), **more)) == (422, code)


def test_the_last_seat_goes_to_one_of_two(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.lay()
    replies: list[Reply] = []
    before_the_next_commit(monkeypatch, lambda: replies.append(called(world, client=EVA)))
    assert refusal(called(world)) == (409, "capacity_exhausted")
    assert [reply.status for reply in replies] == [201]
    assert world.read(Contact, "bo@example.org") is None


def test_group_services_are_not_booked_by_the_contact_centre(world: World) -> None:
    write(replace(world.read(Service, MORTGAGE), availability=AvailabilitySource.GROUP))
    assert refusal(called(world)) == (422, "group_not_bookable_here")
    assert refusal(called(world, service_id="svc_9")) == (422, "unknown_service")
    assert refusal(called(world, location_id="loc_9")) == (422, "unknown_location")
    assert refusal(called(world, service_id=ADVICE, meeting_method="video")) == (422, "method_not_offered")


def test_a_language_is_spoken_by_whoever_can_have_it(world: World) -> None:
    world.lay(limit=3)
    french: dict[str, Any] = {"staff": {"language": "fr"}}
    for service_id in (MORTGAGE, ADVICE):
        assert refusal(called(world, service_id=service_id, **french)) == (409, "no_staff_for_language")
    write(replace(world.read(Staff, ALEX), languages=("en", "fr")))
    teach(world, ALEX, (MORTGAGE, ADVICE))
    made = called(world, **french).json
    assert (made["language"], made["staff_id"]) == ("fr", None)
    made = called(world, service_id=ADVICE, **french).json
    assert (made["language"], made["staff_id"]) == ("fr", ALEX)
    assert refusal(called(world, service_id=ADVICE, **french)) == (409, "slot_taken")


def test_somebody_wanted_has_it_at_once_and_it_takes_a_seat_all_the_same(world: World) -> None:
    world.lay()
    made = called(world, staff={"id": SAM}).json
    assert (made["staff_id"], made["block_id"]) == (SAM, "blk_00000000000000000000000001")
    assert utc_text(OPENING) not in world.offers()
    assert utc_text(OPENING) not in world.offers(service=ADVICE, staff_id=SAM)
    assert (MessageKind.STAFF_BOOKED, SAM) in told(journal(made["id"])[0])
    world.lay()
    assert refusal(called(world, staff={"id": SAM})) == (409, "staff_conflict")
    for stranger in ("stf_boss", "stf_9"):
        reply = called(world, staff={"id": stranger})
        assert (refusal(reply), reply.json["errors"][0]["pointer"]) == ((422, "unknown_staff"), "/staff/id")


def test_on_a_staff_calendar_anyone_who_is_free_gets_it(world: World) -> None:
    had = {called(world, service_id=ADVICE).json["staff_id"] for _ in range(2)}
    assert had == {SAM, ALEX}
    assert refusal(called(world, service_id=ADVICE)) == (409, "slot_taken")
    # Schedule places freely, but not on somebody else's time.
    assert refusal(book(world, service_id=ADVICE, **start(20))) == (409, "slot_taken")
    assert booked(world, service_id=ADVICE, **start(40))["staff_id"] in had


def test_who_is_not_to_be_told_is_not(world: World) -> None:
    made = booked(world, service_id=ADVICE, staff={"id": SAM}, notify_staff=False)
    kinds = told(journal(made["id"])[0])
    assert (MessageKind.STAFF_BOOKED, SAM) not in kinds
    assert {(MessageKind.STAFF_BOOKED, TORONTO), (MessageKind.STAFF_BOOKED, "org")} <= set(kinds)
    quiet = booked(world, service_id=ADVICE, notify_client=False, **start(60))
    kept: Appointment = world.read(Appointment, quiet["id"])
    assert (quiet["notify_client"], kept.reminders()) == (False, [])


def test_a_repeated_request_books_once(world: World) -> None:
    world.lay(limit=3)
    key = {"Idempotency-Key": "call-1"}
    first, again = (book(world, headers=key) for _ in range(2))
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert world.calendar().sheets["2026-12-03"].occupants.keys() == {first.json["id"]}
    assert len(world.read(Contact, "bo@example.org").clients) == 1
    other = book(world, headers=key, client=EVA)
    assert refusal(other) == (422, "idempotency_key_reused")


def test_a_copy_that_runs_at_the_same_moment_books_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.lay(limit=3)
    key = {"Idempotency-Key": "call-1"}
    replies: list[Reply] = []
    before_the_next_commit(monkeypatch, lambda: replies.append(book(world, headers=key)))
    replies.append(book(world, headers=key))
    assert [reply.status for reply in replies] == [201, 201]
    assert replies[0].json == replies[1].json
    assert len(container.appointment_lists.at_location(TORONTO, NOW, at(600), 50, None).items) == 1


def test_wall_time_needs_a_zone_and_is_kept_in_it(world: World) -> None:
    world.lay()
    assert refusal(book(world, start="2026-12-03T06:00")) == (422, "timezone_required")
    made = booked(world, start="2026-12-03T06:00", timezone="America/Vancouver")
    assert (made["start"], made["local_start"]) == (utc_text(OPENING), "2026-12-03T06:00:00")
