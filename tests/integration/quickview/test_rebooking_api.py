"""Rebooking over HTTP: summary, preview, booking and refusals (RB-2 … RB-13, D36 … D43)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.clients.client import Client
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.organisation.opening_hours import BranchHours, Closure
from chalicelib.domain.organisation.rota import Rota, TimeOff
from chalicelib.domain.organisation.settings import HolidayCalendar, Settings
from tests.builders.in_process.moto_table import stored_items
from tests.builders.in_process.rebooking_organisation import (
    ADA,
    CLIENT,
    COLLINS_STREET,
    KIM,
    KIM_SCHEDULES,
    LEE_MON_TUE,
    MELBOURNE,
    MON_TUE,
    OPEN,
    PERTH,
    RAE,
    RAPID_RESPONSE,
    SOURCE,
    START,
    THU_FRI,
    URL,
    WALK_IN,
    RebookingOrganisation,
    make_client,
    make_source,
    save_source,
    set_entitlement,
    work_schedule,
)
from tests.builders.in_process.table_records import committed, journal, write

DOCUMENTED = "/quickview/appointments/{appointment_id}/rebook/preview"


# Look ---------------------------------------------------------------------------------------------------------------


def test_what_is_looked_at_first(rebooking: RebookingOrganisation) -> None:
    set_entitlement(6, used=2, reserved=1)
    found = rebooking.as_staff("GET", URL).json
    assert found["sessions"] == {"allotted": 6, "used": 2, "reserved": 1, "available": 3}
    assert found["can_rebook"] is True
    assert found["approaches"] == ["manual", "retrospective"]
    assert {s["id"]: (s["calendar_type"], s["selectable"]) for s in found["work_schedules"]} == {
        MON_TUE: ("ad_hoc", True),
        THU_FRI: ("ad_hoc", True),
        RAPID_RESPONSE: ("rapid_response", False),
        OPEN: ("open", False),
    }
    line = {"weekdays": [1, 2], "start": "09:00", "end": "14:00"}
    assert (found["work_schedules"][0]["lines"], found["work_schedules"][0]["timezone"]) == ([line], MELBOURNE)
    assert found["client"] == {"client_id": CLIENT, "name": "Ana Ruiz", "timezone": PERTH, "notes": "Prefers mornings"}
    assert found["consultant"] == {"staff_id": KIM, "name": "Kim", "timezone": MELBOURNE}
    assert [(a["id"], a["state"], a["notes"]) for a in found["last_appointments"]] == [
        (SOURCE, "completed", "Went well")
    ]


def test_without_sessions_left_the_summary_says_so_and_without_a_limit_there_is_none(
    rebooking: RebookingOrganisation,
) -> None:
    assert rebooking.as_staff("GET", URL).json["sessions"]["available"] is None
    set_entitlement(2, used=1, reserved=1)
    found = rebooking.as_staff("GET", URL).json
    assert (found["can_rebook"], found["sessions"]["available"]) == (False, 0)
    assert rebooking.try_preview().refusal == (409, "no_sessions")


def test_a_schedule_that_is_for_another_location_is_not_selectable(rebooking: RebookingOrganisation) -> None:
    rebooking.set_schedules(replace(KIM_SCHEDULES[0], location_id="loc_elsewhere"))
    assert [s["selectable"] for s in rebooking.as_staff("GET", URL).json["work_schedules"]] == [False]
    assert rebooking.try_preview().refusal == (422, "schedule_not_selectable")


def test_notes_are_for_those_who_may_see_the_appointment_and_the_client(rebooking: RebookingOrganisation) -> None:
    """A colleague's private notes stay the colleague's; whose client was only ever cancelled is not theirs (D26)."""
    save_source(make_client(id="cli_other", email=None), id="apt_other", staff_id=RAE)
    other = "/quickview/appointments/apt_other/rebook"
    assert rebooking.as_staff("GET", other).refusal == (404, "not_found")
    rebooking.update_source(staff_id=KIM)
    with committed() as work:
        work.save_appointment(make_source(id="apt_2", staff_id=RAE, notes="Rae only"))
    shown = {a["id"]: a["notes"] for a in rebooking.as_staff("GET", URL).json["last_appointments"]}
    assert shown == {SOURCE: "Went well", "apt_2": None}
    assert {a["notes"] for a in rebooking.as_staff("GET", URL, who="rae").json["last_appointments"]} == {
        "Went well",
        "Rae only",
    }
    rebooking.cancel_source()
    found = rebooking.as_staff("GET", URL).json
    assert (found["client"]["notes"], [a["id"] for a in found["last_appointments"]]) == (None, [SOURCE])


def test_who_may_rebook(rebooking: RebookingOrganisation) -> None:
    """All, at one's locations, or one's own (docs/rules.md); out of sight is 404."""
    wanted = {"kim": 200, "lee": 404, "bea": 403, "ada": 200, "rae": 200, "boss": 200}
    assert {who: rebooking.as_staff("GET", URL, who=who).status for who in wanted} == wanted
    assert {who: rebooking.try_preview(who).status for who in wanted} == wanted


# Review -------------------------------------------------------------------------------------------------------------


def test_a_preview_shows_both_wall_times_and_writes_nothing(rebooking: RebookingOrganisation) -> None:
    before = stored_items()
    shown = rebooking.preview()
    assert stored_items() == before
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
    ({"work_schedule_id": RAPID_RESPONSE}, "schedule_not_selectable"),
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


def test_what_is_wrong_is_refused_with_its_name_which_the_document_has(rebooking: RebookingOrganisation) -> None:
    answers = [(more, *rebooking.try_preview(**more).refusal) for more, _ in WRONG]
    assert answers == [(more, 422, code) for more, code in WRONG]
    operation = rebooking.call("GET", "/openapi.json").json["paths"][DOCUMENTED]["post"]
    described = operation["responses"]["422"]["description"]
    assert [code for _, code in WRONG if f"`{code}`" not in described] == []


def test_schedules_of_nobody_and_of_another_consultant_do_not_exist(rebooking: RebookingOrganisation) -> None:
    for schedule_id in ("wsl_nothing", LEE_MON_TUE):
        assert rebooking.try_preview(work_schedule_id=schedule_id).refusal == (404, "not_found")


def test_the_only_schedule_is_not_chosen_by_itself(rebooking: RebookingOrganisation) -> None:
    rebooking.set_schedules(KIM_SCHEDULES[0])
    assert rebooking.try_preview(work_schedule_id=...).refusal == (422, "schedule_not_selected")


def test_the_schedule_counts_on_its_days_of_validity_only(rebooking: RebookingOrganisation) -> None:
    rebooking.set_schedules(replace(KIM_SCHEDULES[0], valid_from=date(2026, 9, 29), valid_until=date(2026, 9, 29)))
    assert rebooking.try_preview().status == 200
    for other in ("2026-09-28", "2026-10-05"):
        assert rebooking.try_preview(date=other).refusal == (422, "outside_work_schedule")


def test_a_session_lies_within_one_line_not_in_two_that_meet(rebooking: RebookingOrganisation) -> None:
    lines = (KIM_SCHEDULES[0].lines[0], replace(KIM_SCHEDULES[0].lines[0], start=14 * 60, end=18 * 60))
    rebooking.set_schedules(replace(KIM_SCHEDULES[0], lines=lines))
    assert rebooking.try_preview(time="11:30").refusal == (422, "outside_work_schedule")
    assert rebooking.try_preview(time="12:00").status == 200


def test_the_clients_zone_is_the_one_on_record_else_the_one_agreed(rebooking: RebookingOrganisation) -> None:
    write(replace(rebooking.read(Client, CLIENT), timezone=None))
    rebooking.update_source(timezone="Australia/Brisbane")
    assert rebooking.preview()["start"] == "2026-09-29T00:00:00Z"


# What the consultant has ----------------------------------------------------------------------------------------------


def refused_for(rebooking: RebookingOrganisation, **more: Any) -> list[str]:
    """The types of the conflicts that refuse a preview."""
    reply = rebooking.try_preview(**more)
    assert reply.refusal == (409, "consultant_conflict"), reply.text
    return [conflict["type"] for conflict in reply.json["conflicts"]]


def test_another_appointment_is_in_the_way_with_its_buffers(rebooking: RebookingOrganisation) -> None:
    first = rebooking.rebook()
    assert refused_for(rebooking, time="10:30") == ["appointment"]
    assert rebooking.try_preview(time="11:00").status == 200
    rebooking.act(first["id"], "cancel", {}, "rae")
    assert rebooking.try_preview(time="10:30").status == 200


def test_leave_and_public_holidays_are_in_the_way(rebooking: RebookingOrganisation) -> None:
    """Holidays are the location's own days; its closures are only worth a warning (RB-24)."""
    away = TimeOff("tof_1", START + timedelta(minutes=30), START + timedelta(minutes=31))
    rebooking.set_schedules(*KIM_SCHEDULES, off=(away,))
    assert refused_for(rebooking) == ["time_off"]
    assert rebooking.try_preview(time="09:30").status == 200
    write(replace(rebooking.read(Settings), holidays=HolidayCalendar("AU", "VIC")))
    # Melbourne Cup.
    assert refused_for(rebooking, date="2026-11-03") == ["holiday"]
    write(BranchHours(COLLINS_STREET, (), (Closure("clo_1", date(2026, 10, 5)),)))
    assert [w["code"] for w in rebooking.preview(date="2026-10-05", modality="in_person")["warnings"]] == [
        "location_closed"
    ]
    assert rebooking.preview(date="2026-10-05")["warnings"] == []


def test_an_override_is_for_some_roles_has_a_reason_and_is_logged(rebooking: RebookingOrganisation) -> None:
    rebooking.set_schedules(*KIM_SCHEDULES, off=(TimeOff("tof_1", START, START + timedelta(hours=9)),))
    why: dict[str, Any] = {"override": {"reason": "Agreed by phone"}}
    assert rebooking.try_preview(time="13:00", **why).refusal == (403, "forbidden")
    # Staff Advanced override in their own time only.
    assert rebooking.try_preview("ada", time="13:00", **why).refusal == (403, "forbidden")
    shown = rebooking.preview("rae", time="13:00", **why)
    assert [w["code"] for w in shown["warnings"]] == ["outside_work_schedule", "consultant_conflict"]
    booked = rebooking.try_confirm(shown["review_token"], "rae").json
    changes = {change.field: change.after for change in journal(booked["id"])[0].changes}
    assert changes["override"] == "Agreed by phone"
    assert changes["overridden"] == ["outside_work_schedule", "time_off"]
    assert rebooking.read(Appointment, booked["id"]).override == "Agreed by phone"


def test_nothing_overrides_the_choice_of_a_schedule(rebooking: RebookingOrganisation) -> None:
    why: dict[str, Any] = {"override": {"reason": "Agreed by phone"}}
    assert rebooking.try_preview("boss", work_schedule_id=None, **why).refusal == (422, "schedule_not_selected")
    assert rebooking.try_preview("boss", work_schedule_id=RAPID_RESPONSE, **why).refusal == (
        422,
        "schedule_not_selectable",
    )


def test_whoever_no_longer_offers_the_service_is_not_rebooked(rebooking: RebookingOrganisation) -> None:
    staff = replace(rebooking.read(Staff, KIM), service_ids=(WALK_IN,))
    write(staff, rebooking.read(TeamMember, COLLINS_STREET, KIM).updated_from(staff, rebooking.read(Rota, KIM)))
    assert rebooking.try_preview().refusal == (409, "consultant_unavailable")


def test_the_clients_own_overlap_is_a_warning(rebooking: RebookingOrganisation) -> None:
    rebooking.rebook()
    rebooking.set_schedules(*KIM_SCHEDULES, staff_id=ADA)
    rebooking.update_source(staff_id=ADA)
    assert [w["code"] for w in rebooking.preview("ada", time="10:30")["warnings"]] == ["client_overlap"]


def test_schedules_in_another_zone_have_their_own_days(rebooking: RebookingOrganisation) -> None:
    rebooking.set_schedules(work_schedule(MON_TUE, (2,), 9, 14, timezone="Pacific/Auckland"))
    shown = rebooking.preview(time="06:00")
    assert shown["work_schedule"] == {
        "timezone": "Pacific/Auckland", "local_start": "2026-09-29T11:00:00", "local_end": "2026-09-29T12:00:00",
    }  # fmt: skip
