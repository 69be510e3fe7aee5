"""What was rebooked is moved by the rules it was booked by, not by opening hours (RB-16, D37, D38, feature 83)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.appointments.appointment import Appointment, AppointmentState
from chalicelib.domain.capacity.ledger import Sheet, sheet_days
from chalicelib.domain.organisation.rota import Rota, TimeOff
from chalicelib.domain.shared.interval_set import Interval
from chalicelib.domain.shared.times import epoch_minute
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.rebooking_organisation import (
    KIM,
    KIMS,
    MON_TUE,
    NOW,
    PERTH,
    SOURCE,
    call,
    keep,
    practice,
    rebooked,
    schedules_of,
)
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import refusal

DAY = "2026-09-29"


@pytest.fixture
def world(blank: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The location keeps no opening hours, and the ad hoc schedule is all that counts."""
    return practice(blank, monkeypatch)


def moved(world: World, appointment_id: str, time: str, who: str = "kim") -> Reply:
    """The answer to another time on the same day, by the clocks of Perth, two hours behind Melbourne's."""
    return call(world, "PATCH", f"/quickview/appointments/{appointment_id}", {"time": time}, who)


def times_taken(world: World) -> list[Interval]:
    """When Kim is busy that day, in minutes since 1970 UTC."""
    start = epoch_minute(datetime(2026, 9, 29, tzinfo=UTC))
    (week,) = sheet_days(KIM, start, start + 1)
    occupants = world.read(Sheet, KIM, week).occupants.values()
    return sorted((o.start, o.end) for o in occupants if o.start >= start)


def test_another_time_within_the_schedule_is_taken_and_the_old_one_freed(world: World) -> None:
    booked = rebooked(world)
    reply = moved(world, booked["id"], "11:00")
    assert reply.status == 200, reply.text
    assert (reply.json["local_start"], reply.json["start"]) == (f"{DAY}T11:00:00", f"{DAY}T03:00:00Z")
    assert reply.json["staff_id"] == KIM
    start = epoch_minute(datetime(2026, 9, 29, 3, tzinfo=UTC))
    assert times_taken(world) == [(start, start + 60)]
    # What it overlaps is nothing but itself.
    assert moved(world, booked["id"], "10:30").status == 200


def test_a_time_outside_the_schedule_is_refused_but_for_who_may_override(world: World) -> None:
    booked = rebooked(world)
    for time in ("06:55", "11:05", "20:00"):
        assert refusal(moved(world, booked["id"], time)) == (422, "outside_work_schedule"), time
    body: dict[str, Any] = {"start": f"{DAY}T16:00", "timezone": "Australia/Perth"}
    url = f"/appointments/{booked['id']}"
    assert refusal(call(world, "PATCH", url, body)) == (422, "outside_work_schedule")
    assert refusal(call(world, "PATCH", url, body | {"override": {"reason": "Urgent"}})) == (403, "forbidden")
    forced = call(world, "PATCH", url, body | {"override": {"reason": "Urgent"}}, "boss")
    assert (forced.status, forced.json["local_start"]) == (200, f"{DAY}T16:00:00"), forced.text


def test_another_day_is_rebooked_and_not_edited(world: World) -> None:
    booked = rebooked(world, time="10:00")
    url = f"/appointments/{booked['id']}"
    other_days: list[dict[str, Any]] = [
        {"start": "2026-10-06T10:00", "timezone": PERTH},
        {"start": "2026-10-06T02:00:00Z"},
        # Still the 29th in Honolulu, though not where it was agreed.
        {"start": "2026-09-29T14:00", "timezone": "Pacific/Honolulu"},
    ]
    for body in other_days:
        for who in ("kim", "boss"):
            refused = call(world, "PATCH", url, body | {"notes": "x"}, who)
            assert refusal(refused) == (422, "date_fixed"), refused.text
            assert refused.json["errors"][0]["pointer"] == "/start"
    kept = call(world, "PATCH", url, {"start": f"{DAY}T10:30", "timezone": PERTH})
    assert (kept.status, kept.json["local_start"], kept.json["notes"]) == (200, f"{DAY}T10:30:00", ""), kept.text
    # What was booked otherwise goes wherever there is room.
    keep(world, state=AppointmentState.BOOKED, start=NOW + timedelta(days=7), end=NOW + timedelta(days=7, hours=1))
    tomorrow = {"start": "2026-09-09T10:00", "timezone": PERTH, "override": {"reason": "As agreed"}}
    assert call(world, "PATCH", f"/appointments/{SOURCE}", tomorrow, "boss").status == 200


def test_what_the_consultant_has_then_stands_in_the_way(world: World) -> None:
    first = rebooked(world, time="07:00")
    other = rebooked(world, time="09:00")
    assert refusal(moved(world, first["id"], "08:30")) == (409, "consultant_conflict")
    assert moved(world, first["id"], "08:00").status == 200
    off = TimeOff("tof_1", datetime(2026, 9, 29, 2, tzinfo=UTC), datetime(2026, 9, 29, 3, tzinfo=UTC))
    schedules_of(world, *KIMS, off=(off,))
    assert refusal(moved(world, other["id"], "10:00")) == (409, "consultant_conflict")
    assert world.read(Appointment, other["id"]).local_start == f"{DAY}T09:00:00"


def test_without_its_schedule_free_times_decide(world: World) -> None:
    booked = rebooked(world)
    left = tuple(schedule for schedule in world.read(Rota, KIM).schedules if schedule.id != MON_TUE)
    schedules_of(world, *left)
    assert refusal(moved(world, booked["id"], "11:00")) == (409, "slot_taken")
