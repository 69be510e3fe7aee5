"""Rebooking step by step over HTTP: what each step shows, refuses and writes, and which staff may do it (RB-3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.builders.on_stack.local_stack import Eventually, LocalStack
from tests.builders.on_stack.stack_rebooking_branch import MELBOURNE, PERTH, StackRebookingBranch
from tests.builders.on_stack.stack_requests import body_of, created, problem_codes, problem_of, run_together


@pytest.fixture
def branch(rebooking_branch: StackRebookingBranch) -> StackRebookingBranch:
    return rebooking_branch


def link_of(branch: StackRebookingBranch, appointment_id: str) -> Any:
    """The link of the video meeting; None until it exists."""
    return branch.appointment(appointment_id)["teleconference"]["link"]


def mail_with(branch: StackRebookingBranch, to: str, text: str) -> list[dict[str, Any]]:
    """The mail to this address that contains the text."""
    return [mail for mail in branch.mail(to) if text in mail["BodyText"]]


def test_a_client_is_rebooked_step_by_step(branch: StackRebookingBranch, eventually: Eventually) -> None:
    consultant, client = branch.consultants[0], branch.create_client()
    source, own_schedule = branch.create_source_appointment(client, consultant), branch.schedules[consultant.id]
    branch.allot_sessions(client["id"], 1)
    rapid = branch.add_open_schedule(consultant, calendar_type="rapid_response")
    url = f"/quickview/appointments/{source}/rebook"

    # Steps 1 to 3: the sessions, the last appointments, the schedules; nothing chosen.
    shown = body_of(consultant.http.get(url))
    assert shown["sessions"] == {"allotted": 1, "used": 0, "reserved": 0, "available": 1}
    assert (shown["can_rebook"], shown["approaches"]) == (True, ["manual", "retrospective"])
    assert {s["id"]: s["selectable"] for s in shown["work_schedules"]} == {own_schedule: True, rapid: False}
    assert [a["id"] for a in shown["last_appointments"]] == [source]

    # Step 4: each fault has its own code (RB-5, RB-6, RB-7, RB-11, D37, D40).
    today = datetime.now(UTC).date()
    ago = {"approach": "retrospective", "date": (today - timedelta(days=32)).isoformat()}
    narrow = branch.add_open_schedule(consultant, lines=[{"weekdays": [1], "start": "00:00", "end": "00:30"}])
    colleagues = branch.schedules[branch.consultants[1].id]
    refused: dict[str, list[dict[str, Any]]] = {
        "schedule_not_selected": [{"work_schedule_id": ...}, {"work_schedule_id": None}, {"work_schedule_id": ""}],
        "schedule_not_selectable": [{"work_schedule_id": rapid}],
        "outside_work_schedule": [{"work_schedule_id": narrow}],
        "platform_required": [{"modality": "video"}],
        "platform_not_allowed": [{"platform": "teams"}],
        "method_not_offered": [{"modality": "off_site"}],
        "past": [{"date": (today - timedelta(days=2)).isoformat()}],
        "too_long_ago": [ago],
        "in_the_future": [{"approach": "retrospective"}],
    }
    for code, bodies in refused.items():
        assert {problem_of(branch.preview(consultant, source, **body)) for body in bodies} == {(422, code)}
    assert problem_of(branch.preview(consultant, source, work_schedule_id=colleagues)) == (404, "not_found")
    why = {"override": {"reason": "Agreed by phone"}}
    assert problem_of(branch.preview(consultant, source, work_schedule_id=narrow, **why)) == (403, "forbidden")
    assert problem_of(branch.confirm(consultant, source, None)) == (422, "review_required")
    assert branch.rebooked(client) == []

    # Step 5: the review in both time zones.
    review = body_of(branch.preview(consultant, source, modality="video", platform="zoom"))
    assert (review["client"]["timezone"], review["client"]["local_start"][11:]) == (PERTH, "10:00:00")
    assert review["consultant"]["timezone"] == MELBOURNE
    assert [warning["code"] for warning in review["warnings"]] == ["link_by_staff"]
    assert branch.rebooked(client) == []

    # Step 6: several clicks book once; the source is unchanged.
    before = branch.appointment(source)
    responses = run_together([lambda: branch.confirm(consultant, source, review["review_token"])] * 4)
    assert problem_codes(responses) == ["201"] * 4
    (booked,) = branch.rebooked(client)
    assert {a.json()["id"] for a in responses} == {booked["id"]}
    assert (booked["start"], booked["rebooked_from"], booked["staff_id"]) == (review["start"], source, consultant.id)
    assert booked["teleconference"] == {"platform": "zoom", "link": None, "state": "by_staff"}
    assert branch.appointment(source) == before
    assert branch.sessions(client["id"]) == {"allotted": 1, "used": 0, "reserved": 1, "available": 0}
    assert eventually(lambda: branch.mail(client["email"]))
    branch.stack.deliver_messages()
    (mail,) = branch.mail(client["email"])
    assert "10:00" in mail["BodyText"]
    assert "Perth" in mail["BodyText"]

    # Nothing more: no sessions are left and the time is taken.
    assert problem_of(branch.preview(consultant, source, time="11:00")) == (409, "no_sessions")
    other = branch.create_source_appointment(branch.create_client(), consultant)
    assert problem_of(branch.preview(consultant, other, time="10:30")) == (409, "consultant_conflict")


def test_the_link_of_a_teams_call_is_in_the_mail_of_both(branch: StackRebookingBranch, eventually: Eventually) -> None:
    """Without notification only the consultant's mail has it (RB-9, RB-22, feature 79)."""
    consultant, client, quiet = branch.consultants[0], branch.create_client(), branch.create_client()
    call = {"modality": "video", "platform": "teams"}
    links: list[str] = []
    for recipient, fields in ((client, {"time": "10:00"}), (quiet, {"time": "12:00", "notify_client": False})):
        source = branch.create_source_appointment(recipient, consultant)
        review = body_of(branch.preview(consultant, source, **call, **fields))
        assert [w["code"] for w in review["warnings"]] == (["link_not_sent"] if recipient is quiet else [])
        booked = created(branch.confirm(consultant, source, review["review_token"]))
        assert booked["teleconference"] == {"platform": "teams", "link": None, "state": "pending"}
        links.append(eventually(partial(link_of, branch, booked["id"])))
        assert eventually(partial(mail_with, branch, consultant.email, links[-1]))
    assert links[0] != links[1]
    assert [links[0] in mail["BodyText"] for mail in eventually(lambda: branch.mail(client["email"]))] == [True]
    branch.stack.deliver_messages()
    assert branch.mail(quiet["email"]) == []


def test_staff_rebook_appointments_in_their_scope(branch: StackRebookingBranch, stack: LocalStack) -> None:
    """Staff rebook their own appointments, managers those at their locations; an override is logged."""
    consultant, colleague = branch.consultants
    source = branch.create_source_appointment(branch.create_client(), consultant)
    elsewhere = created(branch.admin.post("/locations", json={"name": "Hay Street", "timezone": PERTH}))["id"]
    places = {"location_ids": [branch.location_id, elsewhere]}
    body_of(branch.admin.patch(f"/services/{branch.service_id}", json=places))
    manager, stranger = branch.hire("manager"), branch.hire("manager", location_ids=[elsewhere])
    url = f"/quickview/appointments/{source}/rebook"
    body = branch.body(consultant)
    try:
        for outsider in (colleague, stranger):
            assert problem_of(outsider.http.get(url)) == (404, "not_found")
            assert problem_of(outsider.http.post(f"{url}/preview", json=body)) == (404, "not_found")
        with stack.staff("contact_centre") as central:
            assert problem_of(central.get(url)) == (403, "forbidden")
        narrow = branch.add_open_schedule(consultant, lines=[{"weekdays": [1], "start": "00:00", "end": "00:30"}])
        body |= {"work_schedule_id": narrow, "override": {"reason": "Agreed by phone"}}
        review = body_of(manager.http.post(f"{url}/preview", json=body))
        assert [warning["code"] for warning in review["warnings"]] == ["outside_work_schedule"]
        token = {"review_token": review["review_token"]}
        # Only the user of the preview may confirm it; the appointment is hidden from staff elsewhere.
        assert problem_of(consultant.http.post(url, json=token)) == (403, "forbidden")
        assert problem_of(stranger.http.post(url, json=token)) == (404, "not_found")
        booked = created(manager.http.post(url, json=token))
        override = {"field": "override", "before": None, "after": "Agreed by phone"}
        assert override in body_of(manager.http.get(f"/appointments/{booked['id']}/log"))["items"][0]["changes"]
    finally:
        manager.http.close()
        stranger.http.close()
