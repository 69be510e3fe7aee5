"""Rebooking step by step over real HTTP: what each step shows, refuses and writes, and who may take it (RB-3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from chalicelib.domain.shared.times import utc_text
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import at_once, codes, made
from tests.builders.on_stack.stack_rebooking_branch import MELBOURNE, PERTH, Practice, open_practice

Eventually = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def practice(stack: Stack) -> Iterator[Practice]:
    with stack.staff("admin") as admin:
        opened = open_practice(stack, admin)
        yield opened
        opened.close()
    assert stack.invoke("check_integrity", {})["differences"] == 0


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an answer that refuses."""
    return answer.status_code, answer.json()["code"]


def link_of(practice: Practice, appointment_id: str) -> Any:
    """The link to its video call, once there is one."""
    return made(practice.admin.get(f"/appointments/{appointment_id}"), 200)["teleconference"]["link"]


def mail_with(practice: Practice, to: str, words: str) -> list[dict[str, Any]]:
    """The mail to somebody in which this stands."""
    return [mail for mail in practice.mail(to) if words in mail["BodyText"]]


def test_a_client_is_rebooked_step_by_step(practice: Practice, eventually: Eventually) -> None:
    consultant, client = practice.consultants[0], practice.client()
    source, mine = practice.attended(client, consultant), practice.schedules[consultant.id]
    practice.allot(client, 1)
    rapid = practice.schedule(consultant, calendar_type="rapid_response")
    url = f"/quickview/appointments/{source}/rebook"

    # Steps 1 to 3: the sessions, the last appointments, the schedules; nothing chosen.
    shown = made(consultant.http.get(url), 200)
    assert shown["sessions"] == {"allotted": 1, "used": 0, "reserved": 0, "available": 1}
    assert (shown["can_rebook"], shown["approaches"]) == (True, ["manual", "retrospective"])
    assert {s["id"]: s["selectable"] for s in shown["work_schedules"]} == {mine: True, rapid: False}
    assert [a["id"] for a in shown["last_appointments"]] == [source]

    # Step 4: what is wrong is refused by its name (RB-5, RB-6, RB-7, RB-11, D37, D40).
    today = datetime.now(UTC).date()
    ago = {"approach": "retrospective", "date": (today - timedelta(days=32)).isoformat()}
    narrow = practice.schedule(consultant, lines=[{"weekdays": [1], "start": "00:00", "end": "00:30"}])
    theirs = practice.schedules[practice.consultants[1].id]
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
        assert {refusal(practice.preview(consultant, source, **body)) for body in bodies} == {(422, code)}
    assert refusal(practice.preview(consultant, source, work_schedule_id=theirs)) == (404, "not_found")
    why = {"override": {"reason": "Agreed by phone"}}
    assert refusal(practice.preview(consultant, source, work_schedule_id=narrow, **why)) == (403, "forbidden")
    assert refusal(practice.confirm(consultant, source, None)) == (422, "review_required")
    assert practice.rebooked(client) == []

    # Step 5: the review, by both clocks.
    review = made(practice.preview(consultant, source, modality="video", platform="zoom"), 200)
    assert (review["client"]["timezone"], review["client"]["local_start"][11:]) == (PERTH, "10:00:00")
    assert review["consultant"]["timezone"] == MELBOURNE
    assert [warning["code"] for warning in review["warnings"]] == ["link_by_staff"]
    assert practice.rebooked(client) == []

    # Step 6: booked once, by however many clicks; the source is as it was.
    before = made(practice.admin.get(f"/appointments/{source}"), 200)
    answers = at_once([lambda: practice.confirm(consultant, source, review["review_token"])] * 4)
    assert codes(answers) == ["201"] * 4
    (booked,) = practice.rebooked(client)
    assert {a.json()["id"] for a in answers} == {booked["id"]}
    assert (booked["start"], booked["rebooked_from"], booked["staff_id"]) == (review["start"], source, consultant.id)
    assert booked["teleconference"] == {"platform": "zoom", "link": None, "state": "by_staff"}
    assert made(practice.admin.get(f"/appointments/{source}"), 200) == before
    assert practice.sessions(client) == {"allotted": 1, "used": 0, "reserved": 1, "available": 0}
    assert eventually(lambda: practice.mail(client["email"]))
    soon = utc_text(datetime.now(UTC) + timedelta(minutes=10))
    practice.stack.invoke("deliver_due", {"now": soon})
    (mail,) = practice.mail(client["email"])
    assert "10:00" in mail["BodyText"]
    assert "Perth" in mail["BodyText"]

    # And no further: the sessions are used up, the time is taken.
    assert refusal(practice.preview(consultant, source, time="11:00")) == (409, "no_sessions")
    other = practice.attended(practice.client(), consultant)
    assert refusal(practice.preview(consultant, other, time="10:30")) == (409, "consultant_conflict")


def test_the_link_of_a_teams_call_is_in_the_mail_of_both(practice: Practice, eventually: Eventually) -> None:
    """With notification the client's mail has it, too; without, the consultant's alone (RB-9, RB-22, feature 79)."""
    consultant, client, quiet = practice.consultants[0], practice.client(), practice.client()
    employed = made(practice.admin.get(f"/staff/{consultant.id}"), 200)["email"]
    call = {"modality": "video", "platform": "teams"}
    links: list[str] = []
    for whom, when in ((client, {"time": "10:00"}), (quiet, {"time": "12:00", "notify_client": False})):
        source = practice.attended(whom, consultant)
        review = made(practice.preview(consultant, source, **call, **when), 200)
        assert [w["code"] for w in review["warnings"]] == (["link_not_sent"] if whom is quiet else [])
        booked = made(practice.confirm(consultant, source, review["review_token"]))
        assert booked["teleconference"] == {"platform": "teams", "link": None, "state": "pending"}
        links.append(eventually(partial(link_of, practice, booked["id"])))
        assert eventually(partial(mail_with, practice, employed, links[-1]))
    assert links[0] != links[1]
    assert [links[0] in mail["BodyText"] for mail in eventually(lambda: practice.mail(client["email"]))] == [True]
    practice.stack.invoke("deliver_due", {"now": utc_text(datetime.now(UTC) + timedelta(minutes=10))})
    assert practice.mail(quiet["email"]) == []


def test_whose_appointments_may_be_rebooked(practice: Practice, stack: Stack) -> None:
    """Staff their own, managers those at their locations; an override is logged."""
    consultant, colleague = practice.consultants
    source = practice.attended(practice.client(), consultant)
    elsewhere = made(practice.admin.post("/locations", json={"name": "Hay Street", "timezone": PERTH}))["id"]
    places = {"location_ids": [practice.location_id, elsewhere]}
    made(practice.admin.patch(f"/services/{practice.service_id}", json=places), 200)
    manager, stranger = practice.hire("manager"), practice.hire("manager", elsewhere)
    url = f"/quickview/appointments/{source}/rebook"
    wanted = practice.body(consultant)
    try:
        for outsider in (colleague, stranger):
            assert refusal(outsider.http.get(url)) == (404, "not_found")
            assert refusal(outsider.http.post(f"{url}/preview", json=wanted)) == (404, "not_found")
        with stack.staff("contact_centre") as central:
            assert refusal(central.get(url)) == (403, "forbidden")
        narrow = practice.schedule(consultant, lines=[{"weekdays": [1], "start": "00:00", "end": "00:30"}])
        body = wanted | {"work_schedule_id": narrow, "override": {"reason": "Agreed by phone"}}
        review = made(manager.http.post(f"{url}/preview", json=body), 200)
        assert [warning["code"] for warning in review["warnings"]] == ["outside_work_schedule"]
        token = {"review_token": review["review_token"]}
        # Whose review it is books it, nobody else does; to strangers there is no appointment.
        assert refusal(consultant.http.post(url, json=token)) == (403, "forbidden")
        assert refusal(stranger.http.post(url, json=token)) == (404, "not_found")
        booked = made(manager.http.post(url, json=token))
        log = made(manager.http.get(f"/appointments/{booked['id']}/log"), 200)["items"]
        assert {"field": "override", "before": None, "after": "Agreed by phone"} in log[0]["changes"]
    finally:
        manager.http.close()
        stranger.http.close()
