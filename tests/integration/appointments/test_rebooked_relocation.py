"""A rebooked appointment moves by the rules it was booked by, not by opening hours (RB-16, D37, D38, feature 83)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.capacity.ledger import Sheet, sheet_days
from chalicelib.domain.organisation.rota import Rota, TimeOff
from chalicelib.domain.shared.interval_set import Interval
from chalicelib.domain.shared.times import epoch_minute
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.rebooking_organisation import (
    KIM,
    KIM_SCHEDULES,
    MON_TUE,
    NOW,
    PERTH,
    SOURCE,
    RebookingOrganisation,
)

DAY = "2026-09-29"


def moved(rebooking: RebookingOrganisation, appointment_id: str, time: str, who: str = "kim") -> Reply:
    """An edit of the time on the same day, in Perth time, two hours behind Melbourne."""
    return rebooking.as_staff("PATCH", f"/quickview/appointments/{appointment_id}", {"time": time}, who)


def times_taken(rebooking: RebookingOrganisation) -> list[Interval]:
    """When Kim is busy that day, in minutes since 1970 UTC."""
    start = epoch_minute(datetime(2026, 9, 29, tzinfo=UTC))
    (week,) = sheet_days(KIM, start, start + 1)
    occupants = rebooking.read(Sheet, KIM, week).occupants.values()
    return sorted((o.start, o.end) for o in occupants if o.start >= start)


def test_another_time_within_the_schedule_is_taken_and_the_old_one_freed(rebooking: RebookingOrganisation) -> None:
    booked = rebooking.rebook()
    reply = moved(rebooking, booked["id"], "11:00").body()
    assert (reply["local_start"], reply["start"]) == (f"{DAY}T11:00:00", f"{DAY}T03:00:00Z")
    assert reply["staff_id"] == KIM
    start = epoch_minute(datetime(2026, 9, 29, 3, tzinfo=UTC))
    assert times_taken(rebooking) == [(start, start + 60)]
    # What it overlaps is nothing but itself.
    assert moved(rebooking, booked["id"], "10:30").status == 200


def test_a_time_outside_the_schedule_is_refused_but_for_who_may_override(rebooking: RebookingOrganisation) -> None:
    booked = rebooking.rebook()
    for time in ("06:55", "11:05", "20:00"):
        assert moved(rebooking, booked["id"], time).refusal == (422, "outside_work_schedule"), time
    body: dict[str, Any] = {"start": f"{DAY}T16:00", "timezone": "Australia/Perth"}
    url = f"/appointments/{booked['id']}"
    assert rebooking.as_staff("PATCH", url, body).refusal == (422, "outside_work_schedule")
    assert rebooking.as_staff("PATCH", url, body | {"override": {"reason": "Urgent"}}).refusal == (403, "forbidden")
    forced = rebooking.as_staff("PATCH", url, body | {"override": {"reason": "Urgent"}}, "boss")
    assert (forced.status, forced.json["local_start"]) == (200, f"{DAY}T16:00:00"), forced.text


def test_another_day_is_rebooked_and_not_edited(rebooking: RebookingOrganisation) -> None:
    booked = rebooking.rebook(time="10:00")
    url = f"/appointments/{booked['id']}"
    other_days: list[dict[str, Any]] = [
        {"start": "2026-10-06T10:00", "timezone": PERTH},
        {"start": "2026-10-06T02:00:00Z"},
        # Still the 29th in Honolulu, though not where it was agreed.
        {"start": "2026-09-29T14:00", "timezone": "Pacific/Honolulu"},
    ]
    for body in other_days:
        for who in ("kim", "boss"):
            refused = rebooking.as_staff("PATCH", url, body | {"notes": "x"}, who)
            assert refused.refusal == (422, "date_fixed"), refused.text
            assert refused.json["errors"][0]["pointer"] == "/start"
    kept = rebooking.as_staff("PATCH", url, {"start": f"{DAY}T10:30", "timezone": PERTH})
    assert (kept.status, kept.json["local_start"], kept.json["notes"]) == (200, f"{DAY}T10:30:00", ""), kept.text
    # What was booked otherwise goes wherever there is room.
    rebooking.update_source(
        state=AppointmentState.BOOKED, start=NOW + timedelta(days=7), end=NOW + timedelta(days=7, hours=1)
    )
    tomorrow = {"start": "2026-09-09T10:00", "timezone": PERTH, "override": {"reason": "As agreed"}}
    assert rebooking.as_staff("PATCH", f"/appointments/{SOURCE}", tomorrow, "boss").status == 200


def test_what_the_consultant_has_then_stands_in_the_way(rebooking: RebookingOrganisation) -> None:
    first = rebooking.rebook(time="07:00")
    other = rebooking.rebook(time="09:00")
    assert moved(rebooking, first["id"], "08:30").refusal == (409, "consultant_conflict")
    assert moved(rebooking, first["id"], "08:00").status == 200
    off = TimeOff("tof_1", datetime(2026, 9, 29, 2, tzinfo=UTC), datetime(2026, 9, 29, 3, tzinfo=UTC))
    rebooking.set_schedules(*KIM_SCHEDULES, off=(off,))
    assert moved(rebooking, other["id"], "10:00").refusal == (409, "consultant_conflict")
    assert rebooking.read(Appointment, other["id"]).local_start == f"{DAY}T09:00:00"


def test_without_its_schedule_free_times_decide(rebooking: RebookingOrganisation) -> None:
    booked = rebooking.rebook()
    left = tuple(schedule for schedule in rebooking.read(Rota, KIM).schedules if schedule.id != MON_TUE)
    rebooking.set_schedules(*left)
    assert moved(rebooking, booked["id"], "11:00").refusal == (409, "slot_taken")
