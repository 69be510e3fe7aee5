"""Rebookings that are booked: what is written and who hears of it, of what is to come and what has been (D36 … D42)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.appointments.video_meetings import LinkState
from chalicelib.domain.capacity.ledger import Sheet
from chalicelib.domain.clients.sessions import Entitlement
from chalicelib.domain.organisation.catalogue import AvailabilitySource
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.events import Audience, MessageKind
from tests.builders.in_process.rebooking_organisation import (
    CLIENT,
    HERE,
    KIM,
    KIMS,
    MON_TUE,
    PERTH,
    RAE,
    SOURCE,
    START,
    URL,
    WALK_IN,
    allot,
    attend,
    call,
    call_off,
    client,
    confirm,
    keep,
    letters,
    practice,
    preview,
    rebooked,
    reviewed,
    schedules_of,
)
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import journal, refusal, told, write


@pytest.fixture
def world(blank: World, monkeypatch: pytest.MonkeyPatch) -> World:
    return practice(blank, monkeypatch)


def test_what_was_reviewed_is_booked_and_the_source_stays(world: World) -> None:
    allot(3)
    before = world.read(Appointment, SOURCE)
    booked = rebooked(world)
    when = booked["start"], booked["timezone"], booked["local_start"]
    assert when == ("2026-09-29T02:00:00Z", PERTH, "2026-09-29T10:00:00")
    assert (booked["rebooked_from"], booked["staff_id"], booked["meeting_method"]) == (SOURCE, KIM, "phone")
    assert (booked["booked_through"], booked["added_by"], booked["added_by_id"]) == ("quick_view", "Kim", KIM)
    assert (booked["confirmed"], booked["status"], booked["state"]) == (True, None, "booked")
    assert [a["client_id"] for a in booked["attendees"]] == [CLIENT]
    assert world.read(Appointment, SOURCE) == before
    (entry,) = journal(booked["id"])
    assert told(entry) == [
        (MessageKind.CONFIRMATION, CLIENT),
        *((MessageKind.STAFF_BOOKED, who) for who in (KIM, HERE, "org")),
    ]
    assert world.read(Entitlement, CLIENT).reserved == 1
    assert world.read(Appointment, booked["id"]).work_schedule_id == MON_TUE
    assert container.ledger_integrity.check(world.now).differences == ()


def test_a_source_may_be_in_any_section(world: World) -> None:
    """Not started, in progress, or over in whichever way (RB-2, D36)."""
    for place, state in enumerate((AppointmentState.BOOKED, AppointmentState.IN_PROGRESS, AppointmentState.NO_SHOW)):
        keep(world, state=state)
        assert rebooked(world, time=f"{8 + place:02}:00")["rebooked_from"] == SOURCE
    call_off(world)
    assert rebooked(world, time="11:00")["rebooked_from"] == SOURCE


def test_a_merged_client_is_who_they_are_by_now(world: World) -> None:
    """The zone, the sessions and the booking are the survivor's (D36)."""
    attend(client(id="cli_2", email="zoe@example.org", timezone="Australia/Brisbane"), id="apt_2")
    write(Entitlement("cli_2", 1))
    # The duplicate's own zone wins over the primary's (MG-2).
    merged = call(world, "POST", "/clients/merge", {"duplicate_id": CLIENT, "primary_id": "cli_2"}, "boss")
    assert merged.status == 200, merged.text
    booked = rebooked(world)
    assert ([a["client_id"] for a in booked["attendees"]], booked["timezone"]) == (["cli_2"], PERTH)
    assert world.read(Entitlement, "cli_2").reserved == 1


def test_a_deleted_client_is_not_rebooked(world: World) -> None:
    token = reviewed(world)["review_token"]
    assert call(world, "DELETE", f"/clients/{CLIENT}", who="boss").status == 204
    for reply in (call(world, "GET", URL), preview(world), confirm(world, token)):
        assert refusal(reply) == (409, "wrong_state")


def test_an_unassigned_appointment_is_rebooked_by_whoever_does_it(world: World) -> None:
    keep(world, staff_id=None, service_id=WALK_IN, availability=AvailabilitySource.QUICKSTREAM)
    assert refusal(call(world, "GET", URL)) == (403, "forbidden")
    assert call(world, "GET", URL, who="rae").json["consultant"]["staff_id"] == RAE
    schedules_of(world, *KIMS, staff_id=RAE)
    booked = rebooked(world, "rae")
    assert (booked["staff_id"], booked["availability"], booked["over_capacity"]) == (RAE, "quickstream", True)
    # It stands at the location, where it occupies a seat, and with whoever has it (D2, D15).
    assert booked["id"] in world.read(Sheet, HERE, "2026-09-29").occupants
    assert container.ledger_integrity.check(world.now).differences == ()


def test_without_notification_the_client_hears_nothing_and_the_consultant_does(world: World) -> None:
    booked = rebooked(world, notify_client=False)
    assert booked["notify_client"] is False
    assert set(letters(world, booked["id"])) == {Audience.STAFF, Audience.LOCATION}
    assert world.read(Appointment, booked["id"]).reminders() == []


@pytest.mark.parametrize(
    ("platform", "notify", "state", "codes"),
    [
        ("teams", True, "pending", []),
        ("teams", False, "pending", ["link_not_sent"]),
        ("zoom", True, "by_staff", ["link_by_staff"]),
    ],
)
def test_video_over_a_platform(world: World, platform: str, notify: bool, state: str, codes: list[str]) -> None:
    shown = reviewed(world, modality="video", platform=platform, notify_client=notify)
    assert [w["code"] for w in shown["warnings"]] == codes
    booked = confirm(world, shown["review_token"]).json
    assert booked["teleconference"] == {"platform": platform, "link": None, "state": state}


def test_a_session_that_has_taken_place(world: World) -> None:
    """No client message, no link, no reminder; to be completed, from not started (D40)."""
    world.now = START + timedelta(days=30)
    allot(1)
    shown = reviewed(world, approach="retrospective", modality="video", platform="teams")
    assert (shown["notify_client"], shown["warnings"]) == (False, [])
    booked = confirm(world, shown["review_token"]).json
    assert (booked["state"], booked["notify_client"]) == ("booked", False)
    assert booked["teleconference"] == {"platform": "teams", "link": None, "state": LinkState.BY_STAFF}
    assert set(letters(world, booked["id"])) == {Audience.STAFF, Audience.LOCATION}
    assert world.read(Appointment, booked["id"]).reminders() == []
    assert refusal(preview(world, approach="retrospective", date="2026-09-30")) == (422, "outside_work_schedule")
    for step in ("commence", "serve", "complete"):
        assert call(world, "POST", f"/appointments/{booked['id']}/{step}").status == 200
    assert container.ledger_integrity.check(START - timedelta(days=1)).differences == ()
    kept = world.read(Entitlement, CLIENT)
    assert (kept.used, kept.reserved) == (1, 0)
    assert refusal(preview(world, approach="retrospective", date="2026-10-05")) == (409, "no_sessions")


def test_a_walk_in_that_has_taken_place_stands_where_it_was(world: World) -> None:
    keep(world, service_id=WALK_IN, availability=AvailabilitySource.QUICKSTREAM)
    world.now = START + timedelta(hours=1)
    booked = rebooked(world, approach="retrospective")
    assert booked["over_capacity"] is False
    assert container.ledger_integrity.check(START - timedelta(days=1)).differences == ()


@pytest.mark.parametrize(("after", "status"), [(timedelta(0), 200), (timedelta(seconds=1), 422)])
def test_how_long_ago_a_session_may_be(world: World, after: timedelta, status: int) -> None:
    write(replace(world.read(Settings), retrospective_days=7))
    world.now = START + timedelta(days=7) + after
    assert preview(world, approach="retrospective").status == status
    world.now = START - after
    assert preview(world, approach="retrospective").status == status
