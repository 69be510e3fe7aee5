"""Rebooking over HTTP in process: look, review, book, and what is refused on the way (RB-2 … RB-13, D36 … D43)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.organisation.opening_hours import BranchHours, Closure
from chalicelib.domain.organisation.rota import Rota, TimeOff
from chalicelib.domain.organisation.settings import HolidayCalendar, Settings
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.in_process.rebooking_organisation import (
    ADA,
    CLIENT,
    HERE,
    KIM,
    KIMS,
    LEES,
    MELBOURNE,
    MON_TUE,
    OPEN,
    PERTH,
    RAE,
    RAPID,
    SOURCE,
    START,
    THU_FRI,
    URL,
    WALK_IN,
    allot,
    attend,
    call,
    call_off,
    client,
    confirm,
    keep,
    practice,
    preview,
    rebooked,
    reviewed,
    rows,
    schedule,
    schedules_of,
    source,
)
from tests.builders.in_process.sample_organisation import World
from tests.builders.in_process.staff_bookings import journal, refusal, write

DOCUMENTED = "/quickview/appointments/{appointment_id}/rebook/preview"


@pytest.fixture
def world(blank: World, monkeypatch: pytest.MonkeyPatch) -> World:
    return practice(blank, monkeypatch)


# Look ---------------------------------------------------------------------------------------------------------------


def test_what_is_looked_at_first(world: World) -> None:
    allot(6, used=2, reserved=1)
    found = call(world, "GET", URL).json
    assert found["sessions"] == {"allotted": 6, "used": 2, "reserved": 1, "available": 3}
    assert found["can_rebook"] is True
    assert found["approaches"] == ["manual", "retrospective"]
    assert {s["id"]: (s["calendar_type"], s["selectable"]) for s in found["work_schedules"]} == {
        MON_TUE: ("ad_hoc", True),
        THU_FRI: ("ad_hoc", True),
        RAPID: ("rapid_response", False),
        OPEN: ("open", False),
    }
    line = {"weekdays": [1, 2], "start": "09:00", "end": "14:00"}
    assert (found["work_schedules"][0]["lines"], found["work_schedules"][0]["timezone"]) == ([line], MELBOURNE)
    assert found["client"] == {"client_id": CLIENT, "name": "Ana Ruiz", "timezone": PERTH, "notes": "Prefers mornings"}
    assert found["consultant"] == {"staff_id": KIM, "name": "Kim", "timezone": MELBOURNE}
    assert [(a["id"], a["state"], a["notes"]) for a in found["last_appointments"]] == [
        (SOURCE, "completed", "Went well")
    ]


def test_without_sessions_left_the_summary_says_so_and_without_a_limit_there_is_none(world: World) -> None:
    assert call(world, "GET", URL).json["sessions"]["available"] is None
    allot(2, used=1, reserved=1)
    found = call(world, "GET", URL).json
    assert (found["can_rebook"], found["sessions"]["available"]) == (False, 0)
    assert refusal(preview(world)) == (409, "no_sessions")


def test_a_schedule_that_is_for_another_location_is_not_selectable(world: World) -> None:
    schedules_of(world, replace(KIMS[0], location_id="loc_elsewhere"))
    assert [s["selectable"] for s in call(world, "GET", URL).json["work_schedules"]] == [False]
    assert refusal(preview(world)) == (422, "schedule_not_selectable")


def test_notes_are_for_those_who_may_see_the_appointment_and_the_client(world: World) -> None:
    """A colleague's private notes stay the colleague's; whose client was only ever cancelled is not theirs (D26)."""
    attend(client(id="cli_other", email=None), id="apt_other", staff_id=RAE)
    other = "/quickview/appointments/apt_other/rebook"
    assert refusal(call(world, "GET", other)) == (404, "not_found")
    keep(world, staff_id=KIM)
    work = UnitOfWork()
    work.save_appointment(source(id="apt_2", staff_id=RAE, notes="Rae only"))
    container.store.commit(work)
    shown = {a["id"]: a["notes"] for a in call(world, "GET", URL).json["last_appointments"]}
    assert shown == {SOURCE: "Went well", "apt_2": None}
    assert {a["notes"] for a in call(world, "GET", URL, who="rae").json["last_appointments"]} == {
        "Went well",
        "Rae only",
    }
    call_off(world)
    found = call(world, "GET", URL).json
    assert (found["client"]["notes"], [a["id"] for a in found["last_appointments"]]) == (None, [SOURCE])


def test_who_may_rebook(world: World) -> None:
    """All, at one's locations, or one's own (docs/rules.md); out of sight is 404."""
    wanted = {"kim": 200, "lee": 404, "bea": 403, "ada": 200, "rae": 200, "boss": 200}
    assert {who: call(world, "GET", URL, who=who).status for who in wanted} == wanted
    assert {who: preview(world, who).status for who in wanted} == wanted


# Review -------------------------------------------------------------------------------------------------------------


def test_a_preview_shows_both_wall_times_and_writes_nothing(world: World) -> None:
    before = rows()
    shown = reviewed(world)
    assert rows() == before
    assert (shown["start"], shown["end"]) == ("2026-09-29T02:00:00Z", "2026-09-29T03:00:00Z")
    assert (shown["timezone"], shown["local_start"]) == (PERTH, "2026-09-29T10:00:00")
    times = {"timezone": PERTH, "local_start": "2026-09-29T10:00:00", "local_end": "2026-09-29T11:00:00"}
    assert shown["client"] == times
    noon = {"timezone": MELBOURNE, "local_start": "2026-09-29T12:00:00", "local_end": "2026-09-29T13:00:00"}
    assert shown["consultant"] == shown["work_schedule"] == noon
    assert (shown["notify_client"], shown["platform"], shown["warnings"]) == (True, None, [])
    assert shown["expires_at"] == "2026-09-01T00:15:00Z"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"work_schedule_id": ...}, "schedule_not_selected"),
    ({"work_schedule_id": None}, "schedule_not_selected"),
    ({"work_schedule_id": "  "}, "schedule_not_selected"),
    ({"work_schedule_id": RAPID}, "schedule_not_selectable"),
    ({"work_schedule_id": OPEN}, "schedule_not_selectable"),
    ({"work_schedule_id": THU_FRI}, "outside_work_schedule"),
    ({"time": "12:05"}, "outside_work_schedule"),
    ({"time": "06:55"}, "outside_work_schedule"),
    ({"modality": "off_site"}, "method_not_offered"),
    ({"modality": "video"}, "platform_required"),
    ({"platform": "zoom"}, "platform_not_allowed"),
    ({"time": "10:02"}, "off_grid"),
    ({"time": "10:00+10:00"}, "wrong_offset"),
    ({"date": "2026-08-31"}, "past"),
    ({"date": "2026-09-01", "time": "08:00"}, "past"),
    ({"date": "2027-09-28"}, "too_far"),
    ({"approach": "retrospective"}, "in_the_future"),
    ({"approach": "retrospective", "date": "2026-08-01"}, "too_long_ago"),
    ({"approach": "sometimes"}, "invalid"),
    ({"time": "25:00"}, "invalid"),
    ({"override": {"reason": " "}}, "invalid"),
]


def test_what_is_wrong_is_refused_with_its_name_which_the_document_has(world: World) -> None:
    answers = [(more, *refusal(preview(world, **more))) for more, _ in WRONG]
    assert answers == [(more, 422, code) for more, code in WRONG]
    operation = world.call("GET", "/openapi.json").json["paths"][DOCUMENTED]["post"]
    described = operation["responses"]["422"]["description"]
    assert [code for _, code in WRONG if f"`{code}`" not in described] == []


def test_schedules_of_nobody_and_of_another_consultant_do_not_exist(world: World) -> None:
    for schedule_id in ("wsl_nothing", LEES):
        assert refusal(preview(world, work_schedule_id=schedule_id)) == (404, "not_found")


def test_the_only_schedule_is_not_chosen_by_itself(world: World) -> None:
    schedules_of(world, KIMS[0])
    assert refusal(preview(world, work_schedule_id=...)) == (422, "schedule_not_selected")


def test_the_schedule_counts_on_its_days_of_validity_only(world: World) -> None:
    schedules_of(world, replace(KIMS[0], valid_from=date(2026, 9, 29), valid_until=date(2026, 9, 29)))
    assert preview(world).status == 200
    for other in ("2026-09-28", "2026-10-05"):
        assert refusal(preview(world, date=other)) == (422, "outside_work_schedule")


def test_a_session_lies_within_one_line_not_in_two_that_meet(world: World) -> None:
    lines = (KIMS[0].lines[0], replace(KIMS[0].lines[0], start=14 * 60, end=18 * 60))
    schedules_of(world, replace(KIMS[0], lines=lines))
    assert refusal(preview(world, time="11:30")) == (422, "outside_work_schedule")
    assert preview(world, time="12:00").status == 200


def test_the_clients_zone_is_the_one_on_record_else_the_one_agreed(world: World) -> None:
    write(replace(world.read(Client, CLIENT), timezone=None))
    keep(world, timezone="Australia/Brisbane")
    assert reviewed(world)["start"] == "2026-09-29T00:00:00Z"


# What the consultant has ----------------------------------------------------------------------------------------------


def refused_for(world: World, **more: Any) -> list[str]:
    """What stands in the way of the session, as the refusal says it."""
    reply = preview(world, **more)
    assert refusal(reply) == (409, "consultant_conflict"), reply.text
    return [conflict["type"] for conflict in reply.json["conflicts"]]


def test_another_appointment_is_in_the_way_with_its_buffers(world: World) -> None:
    first = rebooked(world)
    assert refused_for(world, time="10:30") == ["appointment"]
    assert preview(world, time="11:00").status == 200
    call(world, "POST", f"/appointments/{first['id']}/cancel", {}, "rae")
    assert preview(world, time="10:30").status == 200


def test_leave_and_public_holidays_are_in_the_way(world: World) -> None:
    """Holidays are the location's own days; its closures are only worth a warning (RB-24)."""
    away = TimeOff("tof_1", START + timedelta(minutes=30), START + timedelta(minutes=31))
    schedules_of(world, *KIMS, off=(away,))
    assert refused_for(world) == ["time_off"]
    assert preview(world, time="09:30").status == 200
    write(replace(world.read(Settings), holidays=HolidayCalendar("AU", "VIC")))
    # Melbourne Cup.
    assert refused_for(world, date="2026-11-03") == ["holiday"]
    write(BranchHours(HERE, (), (Closure("clo_1", date(2026, 10, 5)),)))
    assert [w["code"] for w in reviewed(world, date="2026-10-05", modality="in_person")["warnings"]] == [
        "location_closed"
    ]
    assert reviewed(world, date="2026-10-05")["warnings"] == []


def test_an_override_is_for_some_roles_has_a_reason_and_is_logged(world: World) -> None:
    schedules_of(world, *KIMS, off=(TimeOff("tof_1", START, START + timedelta(hours=9)),))
    why: dict[str, Any] = {"override": {"reason": "Agreed by phone"}}
    assert refusal(preview(world, time="13:00", **why)) == (403, "forbidden")
    # Staff Advanced override in their own time only.
    assert refusal(preview(world, "ada", time="13:00", **why)) == (403, "forbidden")
    shown = reviewed(world, "rae", time="13:00", **why)
    assert [w["code"] for w in shown["warnings"]] == ["outside_work_schedule", "consultant_conflict"]
    booked = confirm(world, shown["review_token"], "rae").json
    changes = {change.field: change.after for change in journal(booked["id"])[0].changes}
    assert changes["override"] == "Agreed by phone"
    assert changes["overridden"] == ["outside_work_schedule", "time_off"]
    assert world.read(Appointment, booked["id"]).override == "Agreed by phone"


def test_nothing_overrides_the_choice_of_a_schedule(world: World) -> None:
    why: dict[str, Any] = {"override": {"reason": "Agreed by phone"}}
    assert refusal(preview(world, "boss", work_schedule_id=None, **why)) == (422, "schedule_not_selected")
    assert refusal(preview(world, "boss", work_schedule_id=RAPID, **why)) == (422, "schedule_not_selectable")


def test_whoever_no_longer_offers_the_service_is_not_rebooked(world: World) -> None:
    staff = replace(world.read(Staff, KIM), service_ids=(WALK_IN,))
    write(staff, world.read(TeamMember, HERE, KIM).updated_from(staff, world.read(Rota, KIM)))
    assert refusal(preview(world)) == (409, "consultant_unavailable")


def test_the_clients_own_overlap_is_a_warning(world: World) -> None:
    rebooked(world)
    schedules_of(world, *KIMS, staff_id=ADA)
    keep(world, staff_id=ADA)
    assert [w["code"] for w in reviewed(world, "ada", time="10:30")["warnings"]] == ["client_overlap"]


def test_schedules_in_another_zone_have_their_own_days(world: World) -> None:
    schedules_of(world, schedule(MON_TUE, (2,), 9, 14, timezone="Pacific/Auckland"))
    shown = reviewed(world, time="06:00")
    assert shown["work_schedule"] == {
        "timezone": "Pacific/Auckland", "local_start": "2026-09-29T11:00:00", "local_end": "2026-09-29T12:00:00",
    }  # fmt: skip
