"""Branch rosters: after every edit of staff and rota they follow from the records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from chalicelib.container import container
from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.organisation.branch_roster import TeamMember
from chalicelib.domain.organisation.catalogue import Staff
from chalicelib.domain.organisation.rota import CalendarType, Rota
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.store_port import Ref
from tests.builders.in_process.moto_table import rolled_back
from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import SAM, SAM_EMAIL, TORONTO, at
from tests.builders.in_process.set_up_requests import (
    LOCATION_BODY,
    SERVICE_BODY,
    Api,
    create,
    error_pointers,
    staff_body,
)
from tests.builders.in_process.table_records import before_the_next_commit, write

LINES = [{"weekdays": [1, 4], "start": "09:00", "end": "17:00"}]
OFF = {"start": "2026-12-24T17:00:00Z", "end": "2027-01-02T05:01:00Z", "reason": "Not for everybody"}


@pytest.fixture
def places(api: Api) -> list[str]:
    """Three locations."""
    return [
        create(api, "/locations", LOCATION_BODY | {"name": name})["id"] for name in ("Toronto", "Ottawa", "Kingston")
    ]


@pytest.fixture
def sam(api: Api, places: list[str]) -> str:
    """A staff member at the first of them."""
    return str(create(api, "/staff", staff_body("Sam", "staff", location_ids=places[:1]))["id"])


def posts_of(staff_id: str, places: list[str]) -> dict[str, TeamMember]:
    """The stored team members of a staff member at these locations."""
    found = container.store.read([Ref.to(TeamMember, place, staff_id) for place in places])
    return {place: post for place in places if (post := found.get(TeamMember, place, staff_id)) is not None}


def expected(staff_id: str, before: dict[str, TeamMember]) -> dict[str, TeamMember]:
    """The team members that follow from the records; the last assignment is taken as stored."""
    found = container.store.read([Ref.to(Staff, staff_id), Ref.to(Rota, staff_id)])
    staff, rota = found.get(Staff, staff_id), found.get(Rota, staff_id) or Rota(staff_id)
    if staff is None or not staff.active:
        return {}
    rota = replace(rota, time_off=tuple(replace(off, reason="") for off in rota.time_off))
    following = {}
    for place in staff.location_ids:
        member = before.get(place) or TeamMember(place, staff_id, staff.role)
        after = member.updated_from(staff, rota)
        following[place] = after if after == member and member.version else replace(after, version=member.version + 1)
    return following


def test_come_with_the_staff_member_and_go_with_them(api: Api, places: list[str]) -> None:
    service = create(api, "/services", SERVICE_BODY)["id"]
    body = staff_body(
        "Kim", "staff_plus", location_ids=places[:2], service_ids=[service], languages=["fr"], daily_limit=3
    )
    kim = create(api, "/staff", body)["id"]
    assert list(posts_of(kim, places)) == places[:2]
    assert posts_of(kim, places) == expected(kim, {})
    create(api, f"/staff/{kim}/work-schedules", {"calendar_type": "open", "lines": LINES})
    assert api("DELETE", f"/staff/{kim}").status == 204
    assert posts_of(kim, places) == {}
    assert container.store.read([Ref.to(Rota, kim)]).get(Rota, kim) is None


def test_that_are_out_of_step_are_brought_back_by_an_edit_that_changes_nothing(
    api: Api, places: list[str], sam: str
) -> None:
    before = posts_of(sam, places)
    write(replace(before[places[0]], name="", languages=()))
    assert api("PATCH", f"/staff/{sam}", {}).json["version"] == 1
    assert posts_of(sam, places) == {places[0]: replace(before[places[0]], version=3)}
    assert api("PATCH", f"/staff/{sam}", {}).status == 200
    assert posts_of(sam, places)[places[0]].version == 3


def test_hold_open_schedules_for_their_location_and_no_reasons(api: Api, places: list[str], sam: str) -> None:
    api("PATCH", f"/staff/{sam}", {"location_ids": places[:2]})
    url = f"/staff/{sam}/work-schedules"
    kept = create(api, url, {"calendar_type": "open", "lines": LINES})["id"]
    there = create(api, url, {"calendar_type": "open", "lines": LINES, "location_id": places[1]})["id"]
    create(api, url, {"calendar_type": "ad_hoc", "lines": LINES})
    create(api, f"/staff/{sam}/time-off", OFF)
    posts = posts_of(sam, places)
    assert [s.id for s in posts[places[0]].schedules] == [kept]
    assert [s.id for s in posts[places[1]].schedules] == [kept, there]
    assert {off.reason for post in posts.values() for off in post.time_off} == {""}
    assert container.store.read([Ref.to(Rota, sam)]).require(Rota, sam).time_off[0].reason == OFF["reason"]


def test_are_written_only_when_they_change(api: Api, places: list[str], sam: str) -> None:
    before = posts_of(sam, places)
    assert api("PATCH", f"/staff/{sam}", {"email": "samuel@example.org"}).status == 200
    create(api, f"/staff/{sam}/work-schedules", {"calendar_type": "ad_hoc", "lines": LINES})
    assert posts_of(sam, places) == before


def test_are_written_by_whoever_gives_somebody_an_appointment_or_moves_one(org: Organisation) -> None:
    org.create_block()
    booked = org.book()
    versions = [org.read(TeamMember, TORONTO, SAM).version]
    claimed = org.act(booked["id"], "claim", who=SAM_EMAIL)
    versions.append(org.read(TeamMember, TORONTO, SAM).version)
    body = {"code": booked["code"], "start": utc_text(at(60)), "timezone": "UTC"}
    moved = org.call("POST", f"/public/appointments/{booked['id']}/reschedule", body)
    versions.append(org.read(TeamMember, TORONTO, SAM).version)
    assert (claimed.status, moved.status, org.read(Appointment, booked["id"]).staff_id) == (200, 200, SAM)
    assert versions == [1, 2, 3]


def test_edits_of_record_and_rota_at_the_same_moment_both_count(api: Api, places: list[str], sam: str) -> None:
    schedule = {"calendar_type": "open", "lines": LINES}
    before_the_next_commit(lambda: create(api, f"/staff/{sam}/work-schedules", schedule))
    move(api, sam, places[:2])
    assert [len(post.schedules) for post in posts_of(sam, places).values()] == [1, 1]

    before_the_next_commit(lambda: move(api, sam, places))
    create(api, f"/staff/{sam}/work-schedules", schedule)
    assert [len(post.schedules) for post in posts_of(sam, places).values()] == [2, 2, 2]


def move(api: Api, staff_id: str, places: list[str]) -> None:
    """Change somebody's locations."""
    assert api("PATCH", f"/staff/{staff_id}", {"location_ids": places}).status == 200


def test_more_than_one_transaction_holds_is_refused(api: Api, sam: str, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [create(api, "/locations", LOCATION_BODY)["id"] for _ in range(60)]
    first = api("PATCH", f"/staff/{sam}", {"location_ids": many})
    assert (error_pointers(first), first.json["code"]) == (["/location_ids"], "too_many_posts")
    move(api, sam, many[:40])
    move(api, sam, many)
    assert len(posts_of(sam, many)) == 60
    create(api, f"/staff/{sam}/time-off", OFF)
    monkeypatch.setattr("chalicelib.services.organisation.roster_sync.MAX_BYTES", 10_000)
    assert api("POST", f"/staff/{sam}/time-off", OFF).json["code"] == "too_many_posts"


CHANGES = st.one_of(
    st.fixed_dictionaries({"location_ids": st.sets(st.integers(0, 2))}),
    st.fixed_dictionaries({"service_ids": st.sets(st.integers(0, 1))}),
    st.fixed_dictionaries({"active": st.booleans()}),
    st.fixed_dictionaries({"role": st.sampled_from(["staff", "manager"]), "languages": st.just(["en", "fr"])}),
    st.fixed_dictionaries({"daily_limit": st.sampled_from([None, 4]), "timezone": st.just("America/Toronto")}),
)
EDITS = st.one_of(
    CHANGES.map(lambda change: ("change", change)),
    st.tuples(st.just("schedule"), st.tuples(st.sampled_from(list(CalendarType)), st.sampled_from([None, 0, 1, 2]))),
    st.tuples(st.sampled_from(["turn", "drop", "return"]), st.integers(0, 3)),
    st.tuples(st.just("away"), st.integers(1, 9)),
    st.tuples(st.just("assign"), st.integers(0, 2)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(EDITS, min_size=4, max_size=10))
def test_follow_every_edit(api: Api, places: list[str], sam: str, edits: list[tuple[str, Any]]) -> None:
    services = [create(api, "/services", SERVICE_BODY)["id"] for _ in range(2)]
    with rolled_back():
        for edit in edits:
            before = posts_of(sam, places)
            if edit[0] == "assign":
                _assigned(before.get(places[edit[1]]))
                before = posts_of(sam, places)
            else:
                assert _edited(api, sam, places, services, edit) in (200, 201, 204, 404, 422)
            assert posts_of(sam, places) == expected(sam, before)


def _assigned(member: TeamMember | None) -> None:
    if member is not None:
        write(replace(member, assigned_at=datetime(2026, 12, 1, member.version % 24, tzinfo=UTC)))


def _edited(api: Api, sam: str, places: list[str], services: list[str], edit: tuple[str, Any]) -> int:
    rota = f"/staff/{sam}"
    match edit:
        case ("change", change):
            ids = {"location_ids": places, "service_ids": services}
            body = {
                name: [ids[name][n] for n in sorted(value)] if name in ids else value for name, value in change.items()
            }
            return api("PATCH", f"/staff/{sam}", body).status
        case ("schedule", (kind, where)):
            place = None if where is None else places[where]
            body = {"calendar_type": kind, "lines": LINES, "location_id": place}
            return api("POST", f"{rota}/work-schedules", body).status
        case ("away", day):
            return api("POST", f"{rota}/time-off", OFF | {"start": f"2026-12-0{day}T10:00:00Z"}).status
        case (("turn" | "drop") as what, number):
            at = _at(api, f"{rota}/work-schedules", number)
            return (api("DELETE", at) if what == "drop" else api("PATCH", at, {"calendar_type": "open"})).status
        case (_, number):
            return api("DELETE", _at(api, f"{rota}/time-off", number)).status


def _at(api: Api, url: str, number: int) -> str:
    items = api("GET", url).json["items"]
    return f"{url}/{items[number]['id']}" if number < len(items) else f"{url}/none"
