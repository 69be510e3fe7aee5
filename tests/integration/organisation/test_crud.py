"""The CRUD routes that locations, services and reasons share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.in_process.set_up_requests import (
    LOCATION_BODY,
    SERVICE_BODY,
    Api,
    create,
    error_pointers,
    staff_body,
)


@pytest.mark.parametrize(
    ("url", "body", "change"),
    [
        ("/locations", LOCATION_BODY, {"name": "Toronto West"}),
        ("/services", SERVICE_BODY, {"slot_interval": 20}),
        ("/cancellation-reasons", {"text": "Moved away"}, {"text": "Moved"}),
    ],
)
def test_lives_from_creation_to_deletion(api: Api, url: str, body: Any, change: Any) -> None:
    first = create(api, url, body)
    at = f"{url}/{first['id']}"
    assert first["version"] == 1
    assert first.items() >= body.items()
    assert api("GET", at).json == first
    assert api("GET", url).json == {"items": [first], "next_cursor": None}

    changed = api("PATCH", at, change)
    assert (changed.status, changed.json) == (200, first | change | {"version": 2})
    assert api("PATCH", at, {}).json["version"] == 2

    assert api("PATCH", at, change, headers={"if-match": '"1"'}).refusal == (412, "version_mismatch")
    assert api("DELETE", at, headers={"if-match": '"1"'}).status == 412
    assert api("DELETE", at, headers={"if-match": '"2"'}).status == 204
    assert api("GET", at).status == 404
    assert api("PATCH", at, change).status == 404
    assert api("DELETE", at).status == 404


def test_same_key_makes_one(api: Api) -> None:
    key = {"idempotency-key": "k1"}
    first = create(api, "/locations", LOCATION_BODY, headers=key)
    again = create(api, "/locations", LOCATION_BODY, headers=key)
    assert first == again
    assert len(api("GET", "/locations").json["items"]) == 1
    other = api("POST", "/locations", LOCATION_BODY | {"name": "Ottawa"}, headers=key)
    assert other.refusal == (422, "idempotency_key_reused")


def test_lists_come_in_pages(api: Api) -> None:
    names = [f"Branch {n}" for n in range(5)]
    for name in names:
        create(api, "/locations", LOCATION_BODY | {"name": name})
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
    location_id = create(api, "/locations", LOCATION_BODY)["id"]
    create(api, f"/locations/{location_id}/hours", {"weekdays": [1], "start": "09:00", "end": "17:00"})
    create(api, "/services", SERVICE_BODY | {"location_ids": [location_id]})
    create(api, "/staff", staff_body("Bo", "staff"))
    assert api("GET", f"{url.format(id=location_id)}?cursor={cursor}").refusal == (422, "invalid_cursor")


@pytest.mark.parametrize(
    ("url", "body", "wrong"),
    [
        ("/locations", LOCATION_BODY | {"timezone": "America/Atlantis"}, ["/timezone"]),
        ("/locations", LOCATION_BODY | {"nmae": "typo", "name": " \u200b "}, ["/nmae", "/name"]),
        ("/services", SERVICE_BODY | {"location_ids": ["loc_a", "loc_b"]}, ["/location_ids/0", "/location_ids/1"]),
        ("/staff", staff_body("Bo", "staff", timezone="Mars/North"), ["/timezone"]),
        ("/staff", staff_body("Bo", "staff", service_ids=["svc_none"]), ["/service_ids/0"]),
    ],
)
def test_refuses_what_is_not_acceptable(api: Api, url: str, body: Any, wrong: list[str]) -> None:
    assert error_pointers(api("POST", url, body)) == wrong
    assert api("GET", url).json["items"] == []


def test_null_only_where_it_means_something(api: Api) -> None:
    at = "/locations/" + create(api, "/locations", LOCATION_BODY | {"email": "west@example.org"})["id"]
    assert api("PATCH", at, {"email": None}).json["email"] is None
    assert error_pointers(api("PATCH", at, {"name": None})) == ["/name"]


def test_text_is_trimmed_and_composed(api: Api) -> None:
    assert create(api, "/locations", LOCATION_BODY | {"name": "  Montre\u0301al "})["name"] == "Montréal"
