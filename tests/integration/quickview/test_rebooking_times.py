"""The time of a rebooking: the client's zone, the schedule's days, changes of clocks (cases 9 to 13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, event, given, settings

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.organisation.opening_hours import WeeklyHours
from chalicelib.domain.organisation.rota import WorkSchedule
from chalicelib.domain.shared.events import Audience
from chalicelib.domain.shared.times import utc_text
from chalicelib.notifications.translations import translations_for
from tests.builders.generators.rebooking_cases import LENGTH, fits_one_line, rebooking_cases
from tests.builders.in_process.rebooking_organisation import (
    ALL_WEEK,
    CLIENT,
    KIM,
    KIM_SCHEDULES,
    LEE_MON_TUE,
    MON_TUE,
    RAPID_RESPONSE,
    RebookingOrganisation,
)
from tests.builders.in_process.table_records import write


def lives_in(rebooking: RebookingOrganisation, timezone: str) -> None:
    """Change the client's time zone."""
    write(replace(rebooking.read(Client, CLIENT), timezone=timezone))


def test_feature_76_ten_in_perth_is_one_in_melbourne(rebooking: RebookingOrganisation) -> None:
    rebooking.now = datetime(2026, 9, 20, tzinfo=UTC)
    shown = rebooking.preview(date="2026-10-06", time="10:00")
    assert (shown["start"], shown["consultant"]["local_start"]) == ("2026-10-06T02:00:00Z", "2026-10-06T13:00:00")


def test_feature_75_the_line_chosen_is_the_one_that_counts(rebooking: RebookingOrganisation) -> None:
    """A Tuesday at ten does not lie in the Thursday and Friday line."""
    assert rebooking.try_preview(work_schedule_id="wsl_thu_fri").refusal == (422, "outside_work_schedule")
    assert rebooking.try_preview().status == 200


@pytest.mark.parametrize(
    ("timezone", "day", "clock", "code", "instants"),
    [
        ("Australia/Sydney", "2026-10-04", "02:30", "nonexistent_local_time", {}),
        (
            "Australia/Sydney",
            "2027-04-04",
            "02:30",
            "ambiguous_local_time",
            {"02:30+11:00": "2027-04-03T15:30:00Z", "02:30+10:00": "2027-04-03T16:30:00Z"},
        ),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "nonexistent_local_time", {}),
        (
            "Australia/Lord_Howe",
            "2027-04-04",
            "01:45",
            "ambiguous_local_time",
            {"01:45+11:00": "2027-04-03T14:45:00Z", "01:45+10:30": "2027-04-03T15:15:00Z"},
        ),
    ],
)
def test_case_9_times_that_do_not_exist_or_exist_twice(
    rebooking: RebookingOrganisation, timezone: str, day: str, clock: str, code: str, instants: dict[str, str]
) -> None:
    lives_in(rebooking, timezone)
    rebooking.set_schedules(replace(KIM_SCHEDULES[0], timezone="UTC", lines=ALL_WEEK))
    reply = rebooking.try_preview(date=day, time=clock)
    assert reply.refusal == (422, code)
    assert [f"{clock}{text[-6:]}" for text in reply.json.get("candidates", [])] == list(instants)
    for text, at in instants.items():
        shown = rebooking.preview(date=day, time=text)
        assert (shown["start"], shown["local_start"]) == (at, f"{day}T{clock}:00")
    # An offset says which of two it is; it makes no other time of it.
    refused = "wrong_offset" if instants else code
    assert rebooking.try_preview(date=day, time=f"{clock}+09:00").refusal == (422, refused)


def test_case_9_in_autumn(rebooking: RebookingOrganisation) -> None:
    """5 April 2026 in Sydney: over by now, so as a session that has taken place."""
    rebooking.now = datetime(2026, 4, 10, tzinfo=UTC)
    lives_in(rebooking, "Australia/Sydney")
    rebooking.set_schedules(replace(KIM_SCHEDULES[0], timezone="UTC", lines=ALL_WEEK))
    past: dict[str, Any] = {"approach": "retrospective", "date": "2026-04-05"}
    assert rebooking.try_preview(time="02:30", **past).refusal == (422, "ambiguous_local_time")
    found = [rebooking.preview(time=f"02:30{offset}", **past)["start"] for offset in ("+11:00", "+10:00")]
    assert found == ["2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"]


def test_case_10_booked_before_and_held_after_clocks_change(rebooking: RebookingOrganisation) -> None:
    """Noon in Brisbane stays noon; in New South Wales it is one o'clock by then (TZ-2)."""
    rebooking.now = datetime(2024, 9, 12, tzinfo=UTC)
    lives_in(rebooking, "Australia/Brisbane")
    write(replace(rebooking.read(Staff, KIM), timezone="Australia/Sydney"))
    rebooking.set_schedules(replace(KIM_SCHEDULES[1], timezone="Australia/Sydney"))
    booked = rebooking.rebook(work_schedule_id="wsl_thu_fri", date="2024-10-10", time="12:00")
    assert (booked["start"], booked["local_start"]) == ("2024-10-10T02:00:00Z", "2024-10-10T12:00:00")
    stored: Appointment = rebooking.read(Appointment, booked["id"])
    assert stored.next_reminder_at() == datetime(2024, 10, 9, 2, 0, tzinfo=UTC)
    texts = rebooking.message_texts(booked["id"])
    assert "12:00 PM – 1:00 PM" in texts[Audience.CLIENT]
    assert "1:00 PM – 2:00 PM" in texts[Audience.STAFF]


def test_case_11_whether_a_schedule_fits_flips_with_daylight_saving(rebooking: RebookingOrganisation) -> None:
    rebooking.now = datetime(2026, 9, 20, tzinfo=UTC)
    before = rebooking.preview(date="2026-09-29", time="10:30")["work_schedule"]
    assert (before["local_start"], before["local_end"]) == ("2026-09-29T12:30:00", "2026-09-29T13:30:00")
    assert rebooking.try_preview(date="2026-10-06", time="10:30").refusal == (422, "outside_work_schedule")
    fits_one_line = rebooking.preview(date="2026-10-06", time="10:00")["work_schedule"]
    assert (fits_one_line["local_start"], fits_one_line["local_end"]) == ("2026-10-06T13:00:00", "2026-10-06T14:00:00")


def test_case_12_the_weekday_is_the_schedules(rebooking: RebookingOrganisation) -> None:
    """Half past ten on a Monday night in Perth is half past one on Tuesday in Melbourne."""
    monday, tuesday = (
        replace(s, lines=(WeeklyHours((day,), 0, 1440),)) for s, day in zip(KIM_SCHEDULES, (1, 2), strict=False)
    )
    rebooking.set_schedules(monday, tuesday)
    late: dict[str, Any] = {"date": "2026-10-05", "time": "22:30"}
    assert rebooking.try_preview(work_schedule_id=monday.id, **late).refusal == (422, "outside_work_schedule")
    shown = rebooking.preview(work_schedule_id=tuesday.id, **late)
    assert shown["consultant"]["local_start"] == "2026-10-06T01:30:00"


def test_case_13_the_traps_of_choosing_a_schedule(rebooking: RebookingOrganisation) -> None:
    assert rebooking.try_preview(work_schedule_id=RAPID_RESPONSE).refusal == (422, "schedule_not_selectable")
    assert rebooking.try_preview(work_schedule_id=LEE_MON_TUE).refusal == (404, "not_found")
    rebooking.set_schedules(KIM_SCHEDULES[0])
    assert rebooking.try_preview(work_schedule_id=...).refusal == (422, "schedule_not_selected")
    token = rebooking.preview()["review_token"]
    url = f"/staff/{KIM}/work-schedules/{MON_TUE}"
    assert rebooking.as_staff("PATCH", url, {"valid_until": "2026-09-01"}, "boss").status == 200
    assert rebooking.try_confirm(token).refusal == (409, "schedule_changed")


# The property ---------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rebooking_cases())
def test_what_a_preview_accepts_lies_within_one_line_and_the_client_is_told_their_own_time(
    rebooking: RebookingOrganisation, case: tuple[WorkSchedule, str, datetime]
) -> None:
    """For any two zones and any day: accepted if and only if one line holds all of it (D37); mail as agreed (TZ-4)."""
    schedule, timezone, at = case
    lives_in(rebooking, timezone)
    rebooking.set_schedules(schedule)
    local_time = at.astimezone(ZoneInfo(timezone))
    reply = rebooking.try_preview(
        date=local_time.date().isoformat(), time=local_time.isoformat()[11:16] + local_time.isoformat()[-6:]
    )
    event("accepted" if fits_one_line(schedule, at) else "refused")
    if not fits_one_line(schedule, at):
        assert reply.refusal == (422, "outside_work_schedule")
        return
    assert (reply.status, reply.json["start"]) == (200, utc_text(at)), reply.text
    booked = rebooking.try_confirm(reply.json["review_token"]).json
    words = translations_for("en")
    assert words.time_range(at, at + LENGTH, timezone) in rebooking.message_texts(booked["id"])[Audience.CLIENT]
    assert booked["local_start"] == local_time.replace(tzinfo=None).isoformat()
    assert rebooking.act(booked["id"], "cancel", {}, "rae").status == 200
