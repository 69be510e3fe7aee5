"""Work schedules: validation, owners and permissions."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.services.organisation.work_schedules import MAX_SCHEDULES
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.set_up_requests import LOCATION_BODY, Api, create, error_pointers, staff_body

LINE = {"weekdays": [1, 2, 3], "start": "09:00", "end": "17:00"}
OPEN = {"calendar_type": "open", "lines": [LINE]}
FULL = OPEN | {
    "timezone": "Asia/Kolkata",
    "valid_from": "2026-12-01",
    "valid_until": "2027-06-30",
    "lines": [LINE, {"weekdays": [7], "start": "22:00", "end": "24:00"}],
}


@pytest.fixture
def place(api: Api) -> str:
    """A location."""
    return str(create(api, "/locations", LOCATION_BODY)["id"])


@pytest.fixture
def sam(api: Api, place: str) -> str:
    """A staff member there."""
    return str(create(api, "/staff", staff_body("Sam", "staff", location_ids=[place]))["id"])


def test_lives_from_creation_to_deletion(api: Api, place: str, sam: str) -> None:
    url = f"/staff/{sam}/work-schedules"
    first = create(api, url, FULL | {"location_id": place})
    second = create(api, url, OPEN)
    at = f"{url}/{first['id']}"
    assert first["id"].startswith("wsl_")
    assert first == {"id": first["id"], "version": 1, "location_id": place, **FULL}
    assert api("GET", at).json == first
    assert api("GET", url).json == {"items": [first, second], "next_cursor": None}
    page = api("GET", url + "?limit=1").json
    assert api("GET", f"{url}?cursor={page['next_cursor']}").json == {"items": [second], "next_cursor": None}

    change = {"calendar_type": "ad_hoc", "valid_until": None, "location_id": None, "lines": [LINE]}
    changed = api("PATCH", at, change, headers={"if-match": '"1"'})
    assert (changed.status, changed.json) == (200, first | change | {"version": 2})
    assert api("PATCH", at, {}).json["version"] == 2
    assert api("GET", f"{url}/{second['id']}").json == second

    assert api("PATCH", at, change, headers={"if-match": '"1"'}).json["code"] == "version_mismatch"
    assert api("DELETE", at, headers={"if-match": '"1"'}).status == 412
    assert api("DELETE", at, headers={"if-match": '"2"'}).status == 204
    for method, sent in (("GET", None), ("PATCH", change), ("DELETE", None)):
        assert api(method, at, sent).status == 404
    assert api("GET", url).json["items"] == [second]


def test_same_key_makes_one(api: Api, sam: str) -> None:
    url, key = f"/staff/{sam}/work-schedules", {"idempotency-key": "k1"}
    assert create(api, url, OPEN, headers=key) == create(api, url, OPEN, headers=key)
    assert len(api("GET", url).json["items"]) == 1


def test_is_in_their_own_zone_unless_said_else_in_the_organisations(api: Api, sam: str) -> None:
    url = f"/staff/{sam}/work-schedules"
    api("PATCH", "/settings", {"timezone": "America/Toronto"})
    assert create(api, url, OPEN)["timezone"] == "America/Toronto"
    api("PATCH", f"/staff/{sam}", {"timezone": "America/Vancouver"})
    assert create(api, url, OPEN | {"timezone": None})["timezone"] == "America/Vancouver"
    said = create(api, url, OPEN | {"timezone": "Asia/Kolkata"})
    assert said["timezone"] == "Asia/Kolkata"
    assert api("PATCH", f"{url}/{said['id']}", {"lines": [LINE]}).json["timezone"] == "Asia/Kolkata"
    assert api("PATCH", f"{url}/{said['id']}", {"timezone": None}).json["timezone"] == "America/Vancouver"


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"calendar_type": "closed"}, ["/calendar_type"]),
        ({"timezone": "Mars/North"}, ["/timezone"]),
        ({"lines": []}, ["/lines"]),
        ({"lines": [LINE] * 21}, ["/lines"]),
        ({"lines": [LINE, LINE | {"end": "09:00"}]}, ["/lines/1/end"]),
        ({"lines": [LINE, LINE | {"end": "25:00"}]}, ["/lines/1/end"]),
        ({"lines": [LINE | {"weekdays": [1, 8]}]}, ["/lines/0/weekdays/1"]),
        ({"lines": [LINE | {"day": 1}]}, ["/lines/0/day"]),
        ({"valid_from": "2027-01-02", "valid_until": "2027-01-01"}, ["/valid_until"]),
        ({"location_id": "loc_none"}, ["/location_id"]),
        ({"name": "typo"}, ["/name"]),
    ],
)
def test_refuses_what_is_not_acceptable(api: Api, sam: str, change: Any, wrong: list[str]) -> None:
    url = f"/staff/{sam}/work-schedules"
    assert error_pointers(api("POST", url, OPEN | change))[: len(wrong)] == wrong
    assert api("GET", url).json["items"] == []
    kept = create(api, url, OPEN)
    assert error_pointers(api("PATCH", f"{url}/{kept['id']}", change))[: len(wrong)] == wrong
    assert api("GET", url).json["items"] == [kept]


def test_one_for_a_location_they_left_stays_and_takes_no_other_than_theirs(api: Api, place: str, sam: str) -> None:
    there = create(api, "/locations", LOCATION_BODY | {"name": "Ottawa"})["id"]
    url = f"/staff/{sam}/work-schedules"
    assert error_pointers(api("POST", url, OPEN | {"location_id": there})) == ["/location_id"]
    kept = create(api, url, OPEN | {"location_id": place})
    assert api("PATCH", f"/staff/{sam}", {"location_ids": [there]}).status == 200

    at = f"{url}/{kept['id']}"
    assert api("GET", at).json == kept
    assert api("PATCH", at, {"location_id": place, "valid_from": "2027-01-01"}).status == 200
    assert api("PATCH", at, {"location_id": there}).status == 200
    assert error_pointers(api("PATCH", at, {"location_id": place})) == ["/location_id"]


def test_ones_own_others_and_nobodys(api: Api, place: str, sam: str) -> None:
    there = create(api, "/locations", LOCATION_BODY | {"name": "Ottawa"})["id"]
    kim = create(api, "/staff", staff_body("Kim", "staff", location_ids=[place]))["id"]
    far = create(api, "/staff", staff_body("Far", "staff", location_ids=[there]))["id"]
    nowhere = create(api, "/staff", staff_body("Nowhere", "staff"))["id"]
    mia = create(api, "/staff", staff_body("Mia", "manager", location_ids=[place]))["id"]
    create(api, "/staff", staff_body("Cleo", "contact_centre"))
    both = create(api, "/staff", staff_body("Admin", "admin", location_ids=[there, place]))["id"]

    def allowed(who: str, role: str, whose: str) -> tuple[int, ...]:
        login = {"login": claims(f"{who}@example.org", f"[{role}]")}
        url = f"/staff/{whose}/work-schedules"
        at = f"{url}/{create(api, url, OPEN)['id']}" if whose != "me" else f"{url}/wsl_none"
        calls: list[Reply] = [
            api("GET", url, **login),
            api("POST", url, OPEN, **login),
            api("PATCH", at, {"calendar_type": "ad_hoc"}, **login),
            api("DELETE", at, **login),
        ]
        return tuple(reply.status for reply in calls)

    free, read_only, shut = (200, 201, 200, 204), (200, 403, 403, 403), (403, 403, 403, 403)
    assert allowed("sam", "staff", sam) == free
    assert allowed("sam", "staff", kim) == read_only
    assert allowed("mia", "manager", mia) == free
    assert allowed("mia", "manager", sam) == free
    assert allowed("mia", "manager", both) == free
    assert allowed("mia", "manager", far) == read_only
    assert allowed("mia", "manager", nowhere) == read_only
    assert allowed("nowhere", "staff", nowhere) == free
    assert allowed("admin", "admin", far) == free
    assert allowed("cleo", "contact_centre", sam) == shut
    assert allowed("sam", "staff", "me") == (200, 201, 404, 404)
    mine = api("GET", "/staff/me/work-schedules", login=claims("kim@example.org", "[staff]")).json
    assert mine == api("GET", f"/staff/{kim}/work-schedules").json
    assert len(mine["items"]) == 1


def test_of_nobody(api: Api) -> None:
    # The first administrator has no record, hence no hours either.
    for whom in ("stf_none", "me"):
        url = f"/staff/{whom}/work-schedules"
        assert api("GET", url).status == 404
        assert api("POST", url, OPEN).status == 404
        assert api("PATCH", f"{url}/x", {}).status == 404
        assert api("DELETE", f"{url}/x").status == 404


def test_there_is_a_most(api: Api, sam: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_SCHEDULES == 50
    monkeypatch.setattr("chalicelib.services.organisation.work_schedules.WorkSchedules.limit", 1)
    url = f"/staff/{sam}/work-schedules"
    create(api, url, OPEN)
    assert api("POST", url, OPEN).refusal == (422, "too_many")
