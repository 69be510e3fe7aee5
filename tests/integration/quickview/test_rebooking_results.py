"""Confirmed rebookings: records and messages, for future and past sessions (D36 … D42)."""

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
    COLLINS_STREET,
    KIM,
    KIM_SCHEDULES,
    MON_TUE,
    PERTH,
    RAE,
    SOURCE,
    START,
    URL,
    WALK_IN,
    RebookingOrganisation,
    make_client,
    save_source,
    set_entitlement,
)
from tests.builders.in_process.table_records import journal, recipients, write


def test_what_was_reviewed_is_booked_and_the_source_stays(rebooking: RebookingOrganisation) -> None:
    set_entitlement(3)
    before = rebooking.read(Appointment, SOURCE)
    booked = rebooking.rebook()
    when = booked["start"], booked["timezone"], booked["local_start"]
    assert when == ("2026-09-29T02:00:00Z", PERTH, "2026-09-29T10:00:00")
    assert (booked["rebooked_from"], booked["staff_id"], booked["meeting_method"]) == (SOURCE, KIM, "phone")
    assert (booked["booked_through"], booked["added_by"], booked["added_by_id"]) == ("quick_view", "Kim", KIM)
    assert (booked["confirmed"], booked["status"], booked["state"]) == (True, None, "booked")
    assert [a["client_id"] for a in booked["attendees"]] == [CLIENT]
    assert rebooking.read(Appointment, SOURCE) == before
    (entry,) = journal(booked["id"])
    assert recipients(entry) == [
        (MessageKind.CONFIRMATION, CLIENT),
        *((MessageKind.STAFF_BOOKED, who) for who in (KIM, COLLINS_STREET, "org")),
    ]
    assert rebooking.read(Entitlement, CLIENT).reserved == 1
    assert rebooking.read(Appointment, booked["id"]).work_schedule_id == MON_TUE
    assert container.ledger_integrity.check(rebooking.now).differences == ()


def test_a_source_may_be_in_any_section(rebooking: RebookingOrganisation) -> None:
    """Not started, in progress, or over in whichever way (RB-2, D36)."""
    for place, state in enumerate((AppointmentState.BOOKED, AppointmentState.IN_PROGRESS, AppointmentState.NO_SHOW)):
        rebooking.update_source(state=state)
        assert rebooking.rebook(time=f"{8 + place:02}:00")["rebooked_from"] == SOURCE
    rebooking.cancel_source()
    assert rebooking.rebook(time="11:00")["rebooked_from"] == SOURCE


def test_a_merged_client_is_who_they_are_by_now(rebooking: RebookingOrganisation) -> None:
    """The zone, the sessions and the booking are the survivor's (D36)."""
    save_source(make_client(id="cli_2", email="zoe@example.org", timezone="Australia/Brisbane"), id="apt_2")
    write(Entitlement("cli_2", 1))
    # The duplicate's own zone wins over the primary's (MG-2).
    merged = rebooking.as_staff("POST", "/clients/merge", {"duplicate_id": CLIENT, "primary_id": "cli_2"}, "boss")
    assert merged.status == 200, merged.text
    booked = rebooking.rebook()
    assert ([a["client_id"] for a in booked["attendees"]], booked["timezone"]) == (["cli_2"], PERTH)
    assert rebooking.read(Entitlement, "cli_2").reserved == 1


def test_a_deleted_client_is_not_rebooked(rebooking: RebookingOrganisation) -> None:
    token = rebooking.preview()["review_token"]
    assert rebooking.as_staff("DELETE", f"/clients/{CLIENT}", who="boss").status == 204
    for reply in (rebooking.as_staff("GET", URL), rebooking.try_preview(), rebooking.try_confirm(token)):
        assert reply.refusal == (409, "wrong_state")


def test_an_unassigned_appointment_is_rebooked_by_whoever_does_it(rebooking: RebookingOrganisation) -> None:
    rebooking.update_source(staff_id=None, service_id=WALK_IN, availability=AvailabilitySource.QUICKSTREAM)
    assert rebooking.as_staff("GET", URL).refusal == (403, "forbidden")
    assert rebooking.as_staff("GET", URL, who="rae").json["consultant"]["staff_id"] == RAE
    rebooking.set_schedules(*KIM_SCHEDULES, staff_id=RAE)
    booked = rebooking.rebook("rae")
    assert (booked["staff_id"], booked["availability"], booked["over_capacity"]) == (RAE, "quickstream", True)
    # It stands at the location, where it occupies a seat, and with whoever has it (D2, D15).
    assert booked["id"] in rebooking.read(Sheet, COLLINS_STREET, "2026-09-29").occupants
    assert container.ledger_integrity.check(rebooking.now).differences == ()


def test_without_notification_the_client_hears_nothing_and_the_consultant_does(
    rebooking: RebookingOrganisation,
) -> None:
    booked = rebooking.rebook(notify_client=False)
    assert booked["notify_client"] is False
    assert set(rebooking.message_texts(booked["id"])) == {Audience.STAFF, Audience.LOCATION}
    assert rebooking.read(Appointment, booked["id"]).reminders() == []


@pytest.mark.parametrize(
    ("platform", "notify", "state", "codes"),
    [
        ("teams", True, "pending", []),
        ("teams", False, "pending", ["link_not_sent"]),
        ("zoom", True, "by_staff", ["link_by_staff"]),
    ],
)
def test_video_over_a_platform(
    rebooking: RebookingOrganisation, platform: str, notify: bool, state: str, codes: list[str]
) -> None:
    shown = rebooking.preview(modality="video", platform=platform, notify_client=notify)
    assert [w["code"] for w in shown["warnings"]] == codes
    booked = rebooking.try_confirm(shown["review_token"]).json
    assert booked["teleconference"] == {"platform": platform, "link": None, "state": state}


def test_a_session_that_has_taken_place(rebooking: RebookingOrganisation) -> None:
    """No client message, no link, no reminder; to be completed, from not started (D40)."""
    rebooking.now = START + timedelta(days=30)
    set_entitlement(1)
    shown = rebooking.preview(approach="retrospective", modality="video", platform="teams")
    assert (shown["notify_client"], shown["warnings"]) == (False, [])
    booked = rebooking.try_confirm(shown["review_token"]).json
    assert (booked["state"], booked["notify_client"]) == ("booked", False)
    assert booked["teleconference"] == {"platform": "teams", "link": None, "state": LinkState.BY_STAFF}
    assert set(rebooking.message_texts(booked["id"])) == {Audience.STAFF, Audience.LOCATION}
    assert rebooking.read(Appointment, booked["id"]).reminders() == []
    assert rebooking.try_preview(approach="retrospective", date="2026-09-30").refusal == (422, "outside_work_schedule")
    for step in ("commence", "serve", "complete"):
        assert rebooking.as_staff("POST", f"/appointments/{booked['id']}/{step}").status == 200
    assert container.ledger_integrity.check(START - timedelta(days=1)).differences == ()
    kept = rebooking.read(Entitlement, CLIENT)
    assert (kept.used, kept.reserved) == (1, 0)
    assert rebooking.try_preview(approach="retrospective", date="2026-10-05").refusal == (409, "no_sessions")


def test_a_walk_in_that_has_taken_place_stands_where_it_was(rebooking: RebookingOrganisation) -> None:
    rebooking.update_source(service_id=WALK_IN, availability=AvailabilitySource.QUICKSTREAM)
    rebooking.now = START + timedelta(hours=1)
    booked = rebooking.rebook(approach="retrospective")
    assert booked["over_capacity"] is False
    assert container.ledger_integrity.check(START - timedelta(days=1)).differences == ()


@pytest.mark.parametrize(("after", "status"), [(timedelta(0), 200), (timedelta(seconds=1), 422)])
def test_how_long_ago_a_session_may_be(rebooking: RebookingOrganisation, after: timedelta, status: int) -> None:
    write(replace(rebooking.read(Settings), retrospective_days=7))
    rebooking.now = START + timedelta(days=7) + after
    assert rebooking.try_preview(approach="retrospective").status == status
    rebooking.now = START - after
    assert rebooking.try_preview(approach="retrospective").status == status
