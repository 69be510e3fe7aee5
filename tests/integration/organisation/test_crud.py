"""What locations, services and reasons have in common."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.in_process.set_up_requests import PLACE, SERVICE, Api, made, person, pointers


@pytest.mark.parametrize(
    ("url", "body", "change"),
    [
        ("/locations", PLACE, {"name": "Toronto West"}),
        ("/services", SERVICE, {"slot_interval": 20}),
        ("/cancellation-reasons", {"text": "Moved away"}, {"text": "Moved"}),
    ],
)
def test_lives_from_creation_to_deletion(api: Api, url: str, body: Any, change: Any) -> None:
    first = made(api, url, body)
    at = f"{url}/{first['id']}"
    assert first["version"] == 1
    assert first.items() >= body.items()
    assert api("GET", at).json == first
    assert api("GET", url).json == {"items": [first], "next_cursor": None}

    changed = api("PATCH", at, change)
    assert (changed.status, changed.json) == (200, first | change | {"version": 2})
    assert api("PATCH", at, {}).json["version"] == 2

    stale = api("PATCH", at, change, headers={"if-match": '"1"'})
    assert (stale.status, stale.json["code"]) == (412, "version_mismatch")
    assert api("DELETE", at, headers={"if-match": '"1"'}).status == 412
    assert api("DELETE", at, headers={"if-match": '"2"'}).status == 204
    assert api("GET", at).status == 404
    assert api("PATCH", at, change).status == 404
    assert api("DELETE", at).status == 404


def test_same_key_makes_one(api: Api) -> None:
    key = {"idempotency-key": "k1"}
    first = made(api, "/locations", PLACE, headers=key)
    again = made(api, "/locations", PLACE, headers=key)
    assert first == again
    assert len(api("GET", "/locations").json["items"]) == 1
    other = api("POST", "/locations", PLACE | {"name": "Ottawa"}, headers=key)
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


def test_lists_come_in_pages(api: Api) -> None:
    names = [f"Branch {n}" for n in range(5)]
    for name in names:
        made(api, "/locations", PLACE | {"name": name})
    seen: list[str] = []
    url = "/locations?limit=2"
    while True:
        page = api("GET", url).json
        assert len(page["items"]) <= 2
        seen += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        url = f"/locations?limit=2&cursor={page['next_cursor']}"
    assert sorted(seen) == names


@pytest.mark.parametrize("cursor", ["x", "WyJ4Il0", "apt_01JZ0000000000000000000000", "loc_x", "null"])
@pytest.mark.parametrize("url", ["/locations", "/public/locations", "/locations/{id}/hours", "/staff", "/services"])
def test_a_cursor_that_no_list_of_this_kind_gives_out_is_refused(api: Api, url: str, cursor: str) -> None:
    location_id = made(api, "/locations", PLACE)["id"]
    made(api, f"/locations/{location_id}/hours", {"weekdays": [1], "start": "09:00", "end": "17:00"})
    made(api, "/services", SERVICE | {"location_ids": [location_id]})
    made(api, "/staff", person("Bo", "staff"))
    refused = api("GET", f"{url.format(id=location_id)}?cursor={cursor}")
    assert (refused.status, refused.json["code"]) == (422, "invalid_cursor")


@pytest.mark.parametrize(
    ("url", "body", "wrong"),
    [
        ("/locations", PLACE | {"timezone": "America/Atlantis"}, ["/timezone"]),
        ("/locations", PLACE | {"nmae": "typo", "name": " \u200b "}, ["/nmae", "/name"]),
        ("/services", SERVICE | {"location_ids": ["loc_a", "loc_b"]}, ["/location_ids/0", "/location_ids/1"]),
        ("/staff", person("Bo", "staff", timezone="Mars/North"), ["/timezone"]),
        ("/staff", person("Bo", "staff", service_ids=["svc_none"]), ["/service_ids/0"]),
    ],
)
def test_refuses_what_is_not_acceptable(api: Api, url: str, body: Any, wrong: list[str]) -> None:
    assert pointers(api("POST", url, body)) == wrong
    assert api("GET", url).json["items"] == []


def test_null_only_where_it_means_something(api: Api) -> None:
    at = "/locations/" + made(api, "/locations", PLACE | {"email": "west@example.org"})["id"]
    assert api("PATCH", at, {"email": None}).json["email"] is None
    assert pointers(api("PATCH", at, {"name": None})) == ["/name"]


def test_text_is_trimmed_and_composed(api: Api) -> None:
    assert made(api, "/locations", PLACE | {"name": "  Montre\u0301al "})["name"] == "Montréal"
