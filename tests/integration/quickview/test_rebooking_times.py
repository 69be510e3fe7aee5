"""When a rebooking takes place: the client's clocks, the schedule's days, clocks that change (cases 9 to 13)."""

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
    ALWAYS,
    CLIENT,
    KIM,
    KIMS,
    LEES,
    MON_TUE,
    RAPID,
    call,
    confirm,
    letters,
    practice,
    preview,
    rebooked,
    reviewed,
    schedules_of,
)
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import refusal, write


@pytest.fixture
def world(blank: World, monkeypatch: pytest.MonkeyPatch) -> World:
    return practice(blank, monkeypatch)


def lives_in(world: World, timezone: str) -> None:
    """The client moves."""
    write(replace(world.read(Client, CLIENT), timezone=timezone))


def test_feature_76_ten_in_perth_is_one_in_melbourne(world: World) -> None:
    world.now = datetime(2026, 9, 20, tzinfo=UTC)
    shown = reviewed(world, date="2026-10-06", time="10:00")
    assert (shown["start"], shown["consultant"]["local_start"]) == ("2026-10-06T02:00:00Z", "2026-10-06T13:00:00")


def test_feature_75_the_line_chosen_is_the_one_that_counts(world: World) -> None:
    """A Tuesday at ten does not lie in the Thursday and Friday line."""
    assert refusal(preview(world, work_schedule_id="wsl_thu_fri")) == (422, "outside_work_schedule")
    assert preview(world).status == 200


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
    world: World, timezone: str, day: str, clock: str, code: str, instants: dict[str, str]
) -> None:
    lives_in(world, timezone)
    schedules_of(world, replace(KIMS[0], timezone="UTC", lines=ALWAYS))
    reply = preview(world, date=day, time=clock)
    assert refusal(reply) == (422, code)
    assert [f"{clock}{text[-6:]}" for text in reply.json.get("candidates", [])] == list(instants)
    for text, at in instants.items():
        shown = reviewed(world, date=day, time=text)
        assert (shown["start"], shown["local_start"]) == (at, f"{day}T{clock}:00")
    # An offset says which of two it is; it makes no other time of it.
    refused = "wrong_offset" if instants else code
    assert refusal(preview(world, date=day, time=f"{clock}+09:00")) == (422, refused)


def test_case_9_in_autumn(world: World) -> None:
    """5 April 2026 in Sydney: over by now, so as a session that has taken place."""
    world.now = datetime(2026, 4, 10, tzinfo=UTC)
    lives_in(world, "Australia/Sydney")
    schedules_of(world, replace(KIMS[0], timezone="UTC", lines=ALWAYS))
    past: dict[str, Any] = {"approach": "retrospective", "date": "2026-04-05"}
    assert refusal(preview(world, time="02:30", **past)) == (422, "ambiguous_local_time")
    found = [reviewed(world, time=f"02:30{offset}", **past)["start"] for offset in ("+11:00", "+10:00")]
    assert found == ["2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"]


def test_case_10_booked_before_and_held_after_clocks_change(world: World) -> None:
    """Noon in Brisbane stays noon; in New South Wales it is one o'clock by then (TZ-2)."""
    world.now = datetime(2024, 9, 12, tzinfo=UTC)
    lives_in(world, "Australia/Brisbane")
    write(replace(world.read(Staff, KIM), timezone="Australia/Sydney"))
    schedules_of(world, replace(KIMS[1], timezone="Australia/Sydney"))
    booked = rebooked(world, work_schedule_id="wsl_thu_fri", date="2024-10-10", time="12:00")
    assert (booked["start"], booked["local_start"]) == ("2024-10-10T02:00:00Z", "2024-10-10T12:00:00")
    stored: Appointment = world.read(Appointment, booked["id"])
    assert stored.next_reminder_at() == datetime(2024, 10, 9, 2, 0, tzinfo=UTC)
    told = letters(world, booked["id"])
    assert "12:00 PM – 1:00 PM" in told[Audience.CLIENT]
    assert "1:00 PM – 2:00 PM" in told[Audience.STAFF]


def test_case_11_whether_a_schedule_fits_flips_with_daylight_saving(world: World) -> None:
    world.now = datetime(2026, 9, 20, tzinfo=UTC)
    before = reviewed(world, date="2026-09-29", time="10:30")["work_schedule"]
    assert (before["local_start"], before["local_end"]) == ("2026-09-29T12:30:00", "2026-09-29T13:30:00")
    assert refusal(preview(world, date="2026-10-06", time="10:30")) == (422, "outside_work_schedule")
    fits = reviewed(world, date="2026-10-06", time="10:00")["work_schedule"]
    assert (fits["local_start"], fits["local_end"]) == ("2026-10-06T13:00:00", "2026-10-06T14:00:00")


def test_case_12_the_weekday_is_the_schedules(world: World) -> None:
    """Half past ten on a Monday night in Perth is half past one on Tuesday in Melbourne."""
    monday, tuesday = (replace(s, lines=(WeeklyHours((day,), 0, 1440),)) for s, day in zip(KIMS, (1, 2), strict=False))
    schedules_of(world, monday, tuesday)
    late: dict[str, Any] = {"date": "2026-10-05", "time": "22:30"}
    assert refusal(preview(world, work_schedule_id=monday.id, **late)) == (422, "outside_work_schedule")
    shown = reviewed(world, work_schedule_id=tuesday.id, **late)
    assert shown["consultant"]["local_start"] == "2026-10-06T01:30:00"


def test_case_13_the_traps_of_choosing_a_schedule(world: World) -> None:
    assert refusal(preview(world, work_schedule_id=RAPID)) == (422, "schedule_not_selectable")
    assert refusal(preview(world, work_schedule_id=LEES)) == (404, "not_found")
    schedules_of(world, KIMS[0])
    assert refusal(preview(world, work_schedule_id=...)) == (422, "schedule_not_selected")
    token = reviewed(world)["review_token"]
    url = f"/staff/{KIM}/work-schedules/{MON_TUE}"
    assert call(world, "PATCH", url, {"valid_until": "2026-09-01"}, "boss").status == 200
    assert refusal(confirm(world, token)) == (409, "schedule_changed")


# The property ---------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rebooking_cases())
def test_what_a_preview_accepts_lies_within_one_line_and_the_client_is_told_their_own_time(
    world: World, case: tuple[WorkSchedule, str, datetime]
) -> None:
    """For any two zones and any day: accepted if and only if one line holds all of it (D37); mail as agreed (TZ-4)."""
    schedule, timezone, at = case
    lives_in(world, timezone)
    schedules_of(world, schedule)
    theirs = at.astimezone(ZoneInfo(timezone))
    reply = preview(world, date=theirs.date().isoformat(), time=theirs.isoformat()[11:16] + theirs.isoformat()[-6:])
    event("accepted" if fits_one_line(schedule, at) else "refused")
    if not fits_one_line(schedule, at):
        assert refusal(reply) == (422, "outside_work_schedule")
        return
    assert (reply.status, reply.json["start"]) == (200, utc_text(at)), reply.text
    booked = confirm(world, reply.json["review_token"]).json
    words = translations_for("en")
    assert words.time_range(at, at + LENGTH, timezone) in letters(world, booked["id"])[Audience.CLIENT]
    assert booked["local_start"] == theirs.replace(tzinfo=None).isoformat()
    assert call(world, "POST", f"/appointments/{booked['id']}/cancel", {}, "rae").status == 200
