"""Time off: instants and local times, overlapping appointments, and who may see the reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.shared.times import utc_text
from chalicelib.services.organisation.time_off import MAX_NAMED, MAX_TIMES_OFF
from tests.builders.doubles.api_gateway import claims
from tests.builders.in_process.set_up_requests import LOCATION_BODY, Api, create, error_pointers, staff_body
from tests.builders.in_process.table_records import before_the_next_commit
from tests.builders.records.staff_sheet_writer import assign_occupant, make_occupant, write_occupants

OFF = {"start": "2026-12-24T17:00:00Z", "end": "2027-01-02T05:01:00Z", "reason": "Holidays"}
FIRST = datetime(2026, 12, 24, 17, tzinfo=UTC)


@pytest.fixture
def place(api: Api) -> str:
    """A location."""
    return str(create(api, "/locations", LOCATION_BODY)["id"])


@pytest.fixture
def sam(api: Api, place: str) -> str:
    """A staff member there, on Toronto time."""
    body = staff_body("Sam", "staff", location_ids=[place], timezone="America/Toronto")
    return str(create(api, "/staff", body)["id"])


def test_lives_from_creation_to_deletion(api: Api, sam: str) -> None:
    url = f"/staff/{sam}/time-off"
    first, second = create(api, url, OFF), create(api, url, OFF | {"reason": ""})
    at = f"{url}/{first['id']}"
    assert first == {"id": first["id"], "version": 1, "affected": [], **OFF}
    shown = {name: value for name, value in first.items() if name != "affected"}
    assert api("GET", at).json == shown
    assert [item["id"] for item in api("GET", url).json["items"]] == [first["id"], second["id"]]
    page = api("GET", url + "?limit=1").json
    assert page["items"] == [shown]
    assert len(api("GET", f"{url}?cursor={page['next_cursor']}").json["items"]) == 1

    change = {"end": "2026-12-24T17:01:00Z", "reason": "Dentist"}
    changed = api("PATCH", at, change, headers={"if-match": '"1"'})
    assert (changed.status, changed.json) == (200, first | change | {"version": 2})
    assert api("PATCH", at, {}).json["version"] == 2
    assert api("PATCH", at, change, headers={"if-match": '"1"'}).json["code"] == "version_mismatch"
    assert api("DELETE", at, headers={"if-match": '"1"'}).status == 412
    assert api("DELETE", at, headers={"if-match": '"2"'}).status == 204
    for method, sent in (("GET", None), ("PATCH", change), ("DELETE", None)):
        assert api(method, at, sent).status == 404


def test_same_key_makes_one(api: Api, sam: str) -> None:
    url, key = f"/staff/{sam}/time-off", {"idempotency-key": "k1"}
    assert create(api, url, OFF, headers=key) == create(api, url, OFF, headers=key)
    assert len(api("GET", url).json["items"]) == 1


@pytest.mark.parametrize(
    ("start", "more", "expected"),
    [
        ("2026-12-24T09:00", {}, "2026-12-24T14:00:00Z"),
        ("2026-12-24T09:00", {"timezone": None}, "2026-12-24T14:00:00Z"),
        ("2026-12-24T09:00", {"timezone": "Asia/Kolkata"}, "2026-12-24T03:30:00Z"),
        ("2026-12-24T09:00+02:00", {"timezone": "Asia/Kolkata"}, "2026-12-24T07:00:00Z"),
        ("2026-11-01T01:30:00-04:00", {}, "2026-11-01T05:30:00Z"),
        ("2026-12-24T09:01:00Z", {}, "2026-12-24T09:01:00Z"),
    ],
)
def test_wall_times_are_theirs_unless_said(api: Api, sam: str, start: str, more: Any, expected: str) -> None:
    assert create(api, f"/staff/{sam}/time-off", OFF | {"start": start} | more)["start"] == expected


def test_wall_times_of_somebody_without_a_zone_are_the_organisations(api: Api, sam: str) -> None:
    api("PATCH", "/settings", {"timezone": "Asia/Kolkata"})
    api("PATCH", f"/staff/{sam}", {"timezone": None})
    off = create(api, f"/staff/{sam}/time-off", OFF | {"start": "2026-12-24T09:00"})
    assert off["start"] == "2026-12-24T03:30:00Z"
    at = f"/staff/{sam}/time-off/{off['id']}"
    assert api("PATCH", at, {"end": "2026-12-24T10:00", "timezone": "UTC"}).json["end"] == "2026-12-24T10:00:00Z"


@pytest.mark.parametrize(
    ("change", "wrong", "code"),
    [
        ({"end": "2026-12-24T17:00:00Z"}, ["/end"], "invalid_interval"),
        ({"start": "2026-12-24T17:00:30Z"}, ["/start"], "off_grid"),
        ({"end": "2026-12-25T17:00:00.5Z"}, ["/end"], "off_grid"),
        ({"start": "2026-03-08T02:30"}, ["/start"], "nonexistent_local_time"),
        ({"start": "2026-11-01T01:30"}, ["/start"], "ambiguous_local_time"),
        ({"timezone": "Mars/North"}, ["/timezone"], "unknown_timezone"),
        ({"start": "2026-12-24"}, ["/start"], "invalid"),
        ({"reason": "x" * 101}, ["/reason"], "invalid"),
        ({"reasons": "typo"}, ["/reasons"], "invalid"),
    ],
)
def test_refuses_what_is_not_acceptable(api: Api, sam: str, change: Any, wrong: list[str], code: str) -> None:
    url = f"/staff/{sam}/time-off"
    kept = create(api, url, OFF)
    for reply in (api("POST", url, OFF | change), api("PATCH", f"{url}/{kept['id']}", change)):
        assert error_pointers(reply) == wrong
        assert reply.json["code"] == code
    assert len(api("GET", url).json["items"]) == 1


def test_names_the_appointments_it_lies_over_and_leaves_them(api: Api, sam: str) -> None:
    last = datetime(2027, 1, 2, 5, 1, tzinfo=UTC)
    standing = [
        make_occupant("c_last", last - timedelta(minutes=1)),
        make_occupant("b_within", FIRST + timedelta(days=4), before=15, after=15),
        make_occupant("a_running", FIRST - timedelta(minutes=29)),
        make_occupant("before", FIRST - timedelta(minutes=30), after=15),
        make_occupant("after", last, before=15),
        make_occupant("held", FIRST + timedelta(hours=1), expires=1),
    ]
    write_occupants(sam, standing)
    url = f"/staff/{sam}/time-off"
    off = create(api, url, OFF)
    assert off["affected"] == [
        {
            "id": occupant.id,
            "start": utc_text(start := datetime.fromtimestamp(occupant.start * 60, UTC)),
            "end": utc_text(start + timedelta(minutes=30)),
            "service_id": "svc_1",
        }
        for occupant in sorted(standing[:3], key=lambda found: found.start)
    ]
    shorter = api("PATCH", f"{url}/{off['id']}", {"end": utc_text(FIRST + timedelta(days=1))})
    assert [found["id"] for found in shorter.json["affected"]] == ["apt_a_running"]
    kept = {o.id for sheet in container.appointment_lists.sheets(sam, "2026", "9999") for o in sheet.occupants.values()}
    assert kept == {occupant.id for occupant in standing}


def test_names_a_hundred_at_most(api: Api, sam: str) -> None:
    assert MAX_NAMED == 100
    write_occupants(sam, [make_occupant(f"{n:03}", FIRST + timedelta(minutes=30 * n)) for n in range(101)])
    affected = create(api, f"/staff/{sam}/time-off", OFF)["affected"]
    assert [found["id"] for found in affected] == [f"apt_{n:03}" for n in range(100)]


def test_an_appointment_given_meanwhile_is_named(api: Api, place: str, sam: str) -> None:
    before_the_next_commit(lambda: assign_occupant(sam, place, FIRST))
    affected = create(api, f"/staff/{sam}/time-off", OFF)["affected"]
    assert [found["id"] for found in affected] == ["apt_new"]


def test_only_those_who_may_change_it_see_it(api: Api, place: str, sam: str) -> None:
    create(api, "/staff", staff_body("Kim", "staff_advanced", location_ids=[place]))
    create(api, "/staff", staff_body("Mia", "manager", location_ids=[place]))
    there = create(api, "/locations", LOCATION_BODY | {"name": "Ottawa"})["id"]
    create(api, "/staff", staff_body("Far", "manager", location_ids=[there]))
    create(api, "/staff", staff_body("Cleo", "contact_centre"))
    url = f"/staff/{sam}/time-off"

    def allowed(who: str, role: str) -> set[bool]:
        login = {"login": claims(f"{who}@example.org", f"[{role}]")}
        at = f"{url}/{create(api, url, OFF)['id']}"
        calls = [
            api("GET", url, **login),
            api("GET", at, **login),
            api("POST", url, OFF, **login),
            api("PATCH", at, {"reason": "No"}, **login),
            api("DELETE", at, **login),
        ]
        assert all(reply.status < 300 or reply.json["code"] == "forbidden" for reply in calls)
        return {reply.status < 300 for reply in calls}

    assert allowed("sam", "staff") == {True}
    assert allowed("mia", "manager") == {True}
    for who, role in (("kim", "staff_advanced"), ("far", "manager"), ("cleo", "contact_centre")):
        assert allowed(who, role) == {False}
    me = {"login": claims("sam@example.org", "[staff]")}
    mine = api("POST", "/staff/me/time-off", OFF | {"reason": "Mine"}, **me).json
    assert api("GET", f"{url}/{mine['id']}").json["reason"] == "Mine"
    assert api("GET", "/staff/stf_none/time-off").status == 404


def test_there_is_a_most(api: Api, sam: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_TIMES_OFF == 400
    monkeypatch.setattr("chalicelib.services.organisation.time_off.StaffTimeOff.limit", 1)
    create(api, f"/staff/{sam}/time-off", OFF)
    assert api("POST", f"/staff/{sam}/time-off", OFF).refusal == (422, "too_many")
