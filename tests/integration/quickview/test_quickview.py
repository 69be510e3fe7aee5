"""Quick View over HTTP: sections, allowed actions, edits (RB-1, RB-16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment, AppointmentState, Cancellation, SignOff
from chalicelib.domain.appointments.video_meetings import LinkState, Teleconference, VideoPlatform
from chalicelib.domain.clients.client import Client
from chalicelib.domain.organisation.catalogue import MeetingMethod, Service, Staff
from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.permissions import Role
from chalicelib.domain.shared.times import known_zone, utc_text
from chalicelib.persistence.quickview_lists import DynamoQuickViewLists
from chalicelib.persistence.store import DynamoStore
from chalicelib.services.quickview import quickview as service
from chalicelib.services.quickview.allowed_actions import Action
from chalicelib.services.store_port import Ref
from tests.builders.doubles.api_gateway import Reply
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import (
    ALEX,
    ALEX_EMAIL,
    BLOCK_START,
    BOSS,
    MORTGAGE,
    NOW,
    SAM,
    SAM_EMAIL,
    TORONTO,
    at,
    hire,
)
from tests.builders.in_process.table_records import write

PLUS = "staff_plus@example.org"
TODAY = BLOCK_START.date().isoformat()
SECTIONS = ("not_started", "in_progress", "recently_completed")
DAY = timedelta(days=1)

pytestmark = pytest.mark.organisation(seats=50, staff=True)


def given(
    org: Organisation,
    client_id: str,
    start: datetime = BLOCK_START,
    state: AppointmentState = AppointmentState.BOOKED,
    **fields: Any,
) -> str:
    """The id of Sam's appointment in the given state; its times are changed in the record only."""
    made: Appointment = org.read(Appointment, org.clients.book(client_id)["id"])
    ended = fields.pop("ended", start)
    if state is AppointmentState.CANCELLED:
        fields["cancellation"] = Cancellation("", "Sam", ended, within_24h=False)
    after = replace(
        made,
        staff_id=SAM,
        start=start,
        end=start + timedelta(minutes=30),
        local_start=start.astimezone(known_zone("America/Toronto")).replace(tzinfo=None).isoformat(timespec="seconds"),
        state=state,
        milestones=((state, ended),),
        **fields,
    )
    write(after)
    return made.id


def quick(org: Organisation, who: str = SAM_EMAIL, **query: Any) -> Reply:
    """A Quick View."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return org.as_staff("GET", f"/quickview{'?' if asked else ''}{asked}", who=who)


def sections(org: Organisation, who: str = SAM_EMAIL, **query: Any) -> dict[str, list[str]]:
    """The ids in each section."""
    reply = quick(org, who, **query).body()
    return {name: [a["id"] for a in reply[name]] for name in SECTIONS}


@pytest.fixture
def ana(org: Organisation) -> str:
    return str(org.clients.create(mobile="+14165550100", timezone="America/Vancouver")["id"])


def test_everything_of_the_day_and_the_recent_past_stands_in_one_section(org: Organisation, ana: str) -> None:
    ids = {state: given(org, ana, at(30 * n), state) for n, state in enumerate(AppointmentState)}
    overdue = given(org, ana, BLOCK_START - 30 * DAY)
    resumed = given(org, ana, BLOCK_START - 200 * DAY, AppointmentState.IN_PROGRESS)
    done = given(org, ana, BLOCK_START - 13 * DAY, AppointmentState.COMPLETED)
    lately = given(org, ana, BLOCK_START - 40 * DAY, AppointmentState.COMPLETED, ended=BLOCK_START - DAY)
    ahead = given(org, ana, BLOCK_START + 5 * DAY, AppointmentState.CANCELLED, ended=BLOCK_START - timedelta(minutes=1))
    long_ago = [
        given(org, ana, BLOCK_START - 16 * DAY, s)
        for s in (AppointmentState.COMPLETED, AppointmentState.NO_SHOW, AppointmentState.CANCELLED)
    ]
    tomorrow = given(org, ana, BLOCK_START + DAY)
    nobodys = org.clients.book(ana)["id"]

    org.now = BLOCK_START
    found = sections(org)
    assert found == {
        "not_started": [overdue, ids[AppointmentState.BOOKED], ids[AppointmentState.ARRIVED]],
        "in_progress": [resumed, ids[AppointmentState.IN_PROGRESS], ids[AppointmentState.SERVED]],
        "recently_completed": [
            *(ids[s] for s in (AppointmentState.CANCELLED, AppointmentState.NO_SHOW, AppointmentState.COMPLETED)),
            *(ahead, lately, done),
        ],
    }
    everything = [i for of in found.values() for i in of]
    assert len(everything) == len(set(everything))
    assert not {tomorrow, nobodys, *long_ago} & set(everything)
    assert sections(org, staff_id="me", date=TODAY) == found
    assert tomorrow in sections(org, date=(BLOCK_START + DAY).date().isoformat())["not_started"]
    org.update_settings(quick_view_days=20)
    assert set(long_ago) <= set(sections(org)["recently_completed"])


def test_what_took_place_before_its_time_is_shown_on_the_day_it_did(org: Organisation, ana: str) -> None:
    """Commenced or completed today, it is no longer what tomorrow begins with (feature 71)."""
    begun = given(org, ana, BLOCK_START + DAY, AppointmentState.IN_PROGRESS, ended=BLOCK_START)
    done = given(org, ana, BLOCK_START + DAY, AppointmentState.COMPLETED, ended=BLOCK_START)
    org.now = BLOCK_START
    shown = {"not_started": [], "in_progress": [begun], "recently_completed": [done]}
    assert sections(org) == shown
    assert sections(org, date=(BLOCK_START + DAY).date().isoformat()) == shown
    assert sections(org, date=(BLOCK_START - DAY).date().isoformat())["in_progress"] == []


def test_at_most_one_query_for_each_section(org: Organisation, ana: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for state in AppointmentState:
        given(org, ana, BLOCK_START, state)
    asked: list[str] = []
    for name in ("assigned", "in_progress", "cancelled"):
        query = getattr(DynamoQuickViewLists, name)

        def counted(*args: Any, query: Any = query, name: str = name) -> Any:
            asked.append(name)
            return query(*args)

        monkeypatch.setattr(DynamoQuickViewLists, name, counted)
    assert [len(of) for of in sections(org, date=TODAY).values()] == [2, 2, 3]
    assert sorted(asked) == ["assigned", "cancelled", "in_progress"]


def test_who_comes_is_read_with_their_seats(org: Organisation, ana: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(org, ana)
    read, gets = DynamoStore.read, list[set[type]]()

    def counted(store: DynamoStore, refs: Sequence[Ref[Any]], **more: Any) -> Any:
        gets.append({ref.kind for ref in refs})
        return read(store, refs, **more)

    monkeypatch.setattr(DynamoStore, "read", counted)
    (shown,) = quick(org, date=TODAY).json["not_started"]
    assert shown["contacts"][0]["email"]
    assert sum(Client in kinds for kinds in gets) == 1, gets


def test_what_there_is_too_much_of_is_cut_at_the_far_end_and_says_so(
    org: Organisation, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [given(org, ana, at(30 * n)) for n in range(4)]
    reply = quick(org, date=TODAY, limit=3).json
    assert ([a["id"] for a in reply["not_started"]], reply["truncated"]) == (ids[1:], ["not_started"])
    assert quick(org, date=TODAY).json["truncated"] == []
    monkeypatch.setattr(service, "MAX_ROWS", 2)
    reply = quick(org, date=TODAY).json
    assert [a["id"] for a in reply["not_started"]] == ids[2:]
    assert reply["truncated"] == ["not_started", "recently_completed"]


def test_each_is_shown_as_ever_and_by_both_clocks_with_who_comes(org: Organisation, ana: str) -> None:
    write(replace(org.read(Staff, SAM), timezone="Australia/Melbourne"))
    mine = given(org, ana, BLOCK_START, timezone="America/Vancouver")
    (shown,) = quick(org, date="2026-12-04").json["not_started"]
    whole = org.as_staff("GET", f"/appointments/{mine}").json
    assert {name: shown[name] for name in whole} == whole
    assert (shown["staff_timezone"], shown["staff_local_start"]) == ("Australia/Melbourne", "2026-12-04T01:00:00")
    assert shown["contacts"] == [
        {
            "client_id": ana,
            "name": "Ana Ruiz",
            "email": "ana.ruiz@example.org",
            "mobile": "+14165550100",
            "phone": None,
            "timezone": "America/Vancouver",
        }
    ]
    twin = org.clients.create("Anna Ruiz")["id"]
    org.clients.merge(ana, twin)["merge_id"]
    (shown,) = quick(org, date="2026-12-04").json["not_started"]
    assert [a["client_id"] for a in shown["attendees"]] == [c["client_id"] for c in shown["contacts"]] == [twin]


def test_whoever_has_no_zone_goes_by_their_branch(org: Organisation, ana: str) -> None:
    evening = datetime(2026, 12, 4, 4, 30, tzinfo=UTC)  # 23:30 on the third in Toronto
    mine = given(org, ana, evening)
    org.update_settings(timezone="UTC")
    assert sections(org, date="2026-12-03")["not_started"] == [mine]
    org.now = evening - DAY
    assert sections(org)["not_started"] == []


def test_whose_quick_view_is_shown_to_whom(org: Organisation, ana: str) -> None:
    mine = given(org, ana)
    hire("stf_far", "far@example.org", role=Role.STAFF)

    for role in Role:
        hire(f"stf_{role.value}", f"{role.value}@example.org", TORONTO, role=role)

    def asked(role: Role, staff_id: str) -> int:
        return quick(org, f"{role.value}@example.org", staff_id=staff_id, date=TODAY).status

    assert {role: asked(role, SAM) for role in Role} == {
        Role.ADMIN: 200,
        Role.MANAGER: 200,
        Role.STAFF_ADVANCED: 200,
        Role.STAFF_PLUS: 200,
        Role.STAFF: 404,
        Role.CONTACT_CENTRE: 403,
    }
    assert sections(org, "manager@example.org", staff_id=SAM, date=TODAY)["not_started"] == [mine]
    assert asked(Role.MANAGER, "stf_far") == asked(Role.MANAGER, "stf_nobody") == 404
    assert asked(Role.ADMIN, "stf_far") == 200
    assert quick(org, staff_id=ALEX).status == 404
    assert quick(org, date="2026-13-01").status == quick(org, view="day").status == 422


PATHS = {action: action.value.replace("_", "-") for action in Action}
BODIES: dict[Action, object] = {
    Action.NO_SHOW: {"contact_attempted": True, "reason": "No answer"},
    Action.CANCEL: {},
    Action.ASSIGN: {"staff_id": ALEX, "force": True},
}
# How an appointment may stand, besides its state.
VARIANTS: list[dict[str, Any]] = [
    *({"state": state} for state in AppointmentState),
    *(
        {"state": state, "signed_off": SignOff("Sam", NOW)}
        for state in (AppointmentState.COMPLETED, AppointmentState.CANCELLED)
    ),
    *({"state": state, "confirmed": False} for state in (AppointmentState.BOOKED, AppointmentState.ARRIVED)),
]


def accepted(org: Organisation, appointment_id: str, action: Action, who: str) -> bool:
    """True if the route of an action accepts it apart from its body; nothing is written."""
    url = f"/appointments/{appointment_id}/{PATHS[action]}"
    if action is Action.REBOOK:
        reply = org.as_staff("GET", f"/quickview{url}", who=who)
    elif action is Action.EDIT:
        reply = org.as_staff("PATCH", f"/quickview/appointments/{appointment_id}", {"notify_client": False}, who)
    else:
        reply = org.as_staff("POST", url, BODIES.get(action), who)
    refused = reply.json.get("code") if reply.status >= 400 else None
    assert refused in (None, "wrong_state", "too_early", "forbidden", "not_found", "feature_disabled"), reply.text
    return refused is None


@pytest.mark.parametrize("who", [SAM_EMAIL, ALEX_EMAIL, PLUS])
@pytest.mark.parametrize("late", [False, True])
def test_what_is_offered_is_what_is_accepted(
    org: Organisation, ana: str, who: str, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire("stf_plus", PLUS, TORONTO, role=Role.STAFF_PLUS)
    mine = given(org, ana)
    before: Appointment = org.read(Appointment, mine)
    org.now = at(30) if late else at(-1)
    for number, variant in enumerate(VARIANTS):
        if (
            late
            and who != SAM_EMAIL
            and variant["state"] not in (AppointmentState.BOOKED, AppointmentState.IN_PROGRESS)
        ):
            continue
        now = org.read(Appointment, mine)
        write(replace(before, version=now.version, **variant))
        org.update_settings(lobby=number % 2 == 0)
        with monkeypatch.context() as frozen:
            frozen.setattr(container.store, "commit", lambda *_: None)
            reply = quick(org, who, staff_id=SAM, date=TODAY).json
            (shown,) = [a for name in SECTIONS for a in reply[name]]
            taken = {action.value for action in Action if accepted(org, mine, action, who)}
            assert set(shown["actions"]) == taken, variant
        assert ("rebook" in taken) is (who != PLUS)


def test_nobody_is_offered_to_rebook_whom_there_is_no_more(org: Organisation, ana: str) -> None:
    given(org, ana, NOW - DAY, AppointmentState.COMPLETED)
    (shown,) = quick(org).json["recently_completed"]
    assert shown["actions"] == ["sign_off", "rebook"]
    assert org.as_staff("DELETE", f"/clients/{ana}", who=BOSS).status == 204
    (shown,) = quick(org).json["recently_completed"]
    assert (shown["actions"], shown["contacts"][0]["email"]) == (["sign_off"], None)


def edit(org: Organisation, appointment_id: str, body: object, who: str = SAM_EMAIL, **more: Any) -> Reply:
    """An edit from Quick View."""
    return org.as_staff("PATCH", f"/quickview/appointments/{appointment_id}", body, who, **more)


def test_the_time_of_the_day_is_edited_and_never_the_day(org: Organisation) -> None:
    mine = org.book()["id"]
    assert org.act(mine, "claim", {}, who=SAM_EMAIL).status == 200
    moved = edit(org, mine, {"time": "10:30"}).body()
    assert (moved["local_start"], moved["start"]) == ("2026-12-03T10:30:00", "2026-12-03T15:30:00Z")
    line = org.as_staff("GET", f"/appointments/{mine}/log").json["items"][0]
    assert (line["action"], line["channel"], line["user"]) == ("rescheduled", "quick_view", "Sam")
    before = org.read(Appointment, mine)
    for body in ({"date": "2026-12-04"}, {"notes": "x"}, {"start": "2026-12-04T10:00"}, {"staff_id": ALEX}):
        refused = edit(org, mine, {"time": "11:00"} | body)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, f"/{next(iter(body))}")
    for time, code in (("10:31", "off_grid"), ("10:30+02:00", "wrong_offset"), ("25:00", "invalid"), ("05:00", "past")):
        org.now = at(-60) if code == "past" else NOW
        refused = edit(org, mine, {"time": time})
        assert refused.refusal == (422, code), refused.text
        assert refused.json["errors"][0]["pointer"] == "/time"
    assert edit(org, mine, {"time": "10:30-05:00"}).json["version"] == before.version
    assert org.read(Appointment, mine) == before
    assert edit(org, mine, {"time": "11:00"}, headers={"If-Match": '"1"'}).refusal == (412, "version_mismatch")


def test_whoever_moves_it_to_another_day_meanwhile_is_not_undone(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    org.create_block(start=BLOCK_START + DAY)
    mine = org.book()["id"]
    changing, first = container.edit_appointment, list[bool]()
    change = changing.edit

    def after_the_other(*args: Any) -> Any:
        if not first:
            first.append(True)
            body = {"start": utc_text(BLOCK_START + DAY)}
            assert org.as_staff("PATCH", f"/appointments/{mine}", body | {"timezone": "America/Toronto"}).status == 200
        return change(*args)

    monkeypatch.setattr(changing, "edit", after_the_other)
    moved = edit(org, mine, {"time": "10:00"}, ALEX_EMAIL)
    assert (moved.status, moved.json["local_start"]) == (200, "2026-12-04T10:00:00"), moved.text


def test_how_it_takes_place_and_whether_the_client_is_told(org: Organisation) -> None:
    offered = (MeetingMethod.IN_PERSON, MeetingMethod.PHONE, MeetingMethod.VIDEO)
    write(replace(org.read(Service, MORTGAGE), meeting_methods=offered))
    mine = org.book()["id"]
    boss = ALEX_EMAIL
    refused = edit(org, mine, {"modality": "video"}, boss)
    assert refused.refusal == (422, "platform_required")
    refused = edit(org, mine, {"modality": "phone", "platform": "teams"}, boss)
    assert refused.refusal == (422, "platform_not_allowed")
    video = edit(org, mine, {"modality": "video", "platform": "teams", "notify_client": False}, boss)
    assert video.json["teleconference"] == {"platform": "teams", "link": None, "state": "pending"}, video.text
    assert video.json["notify_client"] is False
    linked = Teleconference(VideoPlatform.TEAMS, "https://teams.example.org/1", LinkState.READY)
    write(replace(org.read(Appointment, mine), teleconference=linked))
    phone = edit(org, mine, {"modality": "phone"}, boss)
    assert (phone.json["meeting_method"], phone.json["teleconference"]) == ("phone", None)
    off = edit(org, mine, {"modality": "off_site"}, boss)
    assert off.refusal == (422, "method_not_offered")
    assert off.json["errors"][0]["pointer"] == "/modality"
    for wrong in ({"modality": "pigeon"}, {"platform": None}, {"time": None}, {"notify_client": "no"}):
        assert edit(org, mine, wrong, boss).status == 422
    assert edit(org, mine, {"notify_client": True}).status == 403  # nobody has it


def test_the_day_is_the_one_the_clocks_of_the_client_show(org: Organisation, ana: str) -> None:
    mine = given(org, ana, state=AppointmentState.COMPLETED)
    refused = edit(org, mine, {"time": "10:00"})
    assert refused.refusal == (409, "wrong_state")
    gap = given(org, ana, datetime(2027, 3, 14, 15, tzinfo=UTC))
    for time, code in (("02:30", "nonexistent_local_time"), ("02:00", "nonexistent_local_time")):
        refused = edit(org, gap, {"time": time})
        assert refused.refusal == (422, code)
    twice = given(org, ana, datetime(2026, 11, 1, 15, tzinfo=UTC))
    refused = edit(org, twice, {"time": "01:30"})
    assert (refused.status, refused.json["code"], len(refused.json["candidates"])) == (422, "ambiguous_local_time", 2)


def test_what_commences_by_itself_is_to_be_resumed(org: Organisation, ana: str) -> None:
    mine = given(org, ana, NOW - 32 * DAY, created_at=NOW - 40 * DAY)
    assert sections(org)["not_started"] == [mine]
    assert container.auto_start_job.commence_overdue(org.now, lambda: True) == {"commenced": 1}
    (shown,) = quick(org).json["in_progress"]
    assert (shown["id"], shown["state"], shown["started_at"]) == (mine, "in_progress", utc_text(org.now))
    assert "serve" in shown["actions"]


def test_the_setting_has_its_bounds(org: Organisation) -> None:
    assert org.as_staff("GET", "/settings", who=BOSS).json["quick_view_days"] == Settings().quick_view_days == 14
    for days, status in ((1, 200), (62, 200), (0, 422), (63, 422)):
        assert org.as_staff("PATCH", "/settings", {"quick_view_days": days}, BOSS).status == status
