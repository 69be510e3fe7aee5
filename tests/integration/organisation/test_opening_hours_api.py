"""Opening hours and closures: permissions, validation, deletion with their location."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.container import container
from chalicelib.domain.organisation.catalogue import Location
from chalicelib.domain.organisation.opening_hours import BranchHours
from chalicelib.services.organisation.opening_hours import MAX_CLOSURES, MAX_LINES
from chalicelib.services.store_port import Ref
from tests.builders.doubles.api_gateway import claims
from tests.builders.in_process.set_up_requests import LOCATION_BODY, Api, create, error_pointers, staff_body
from tests.builders.in_process.table_records import before_the_next_commit

HOURS = {"weekdays": [1, 5], "start": "09:00", "end": "17:00"}
CLOSURE = {"date": "2026-12-24", "name": "Christmas Eve"}
LISTS: list[tuple[str, dict[str, Any]]] = [("hours", HOURS), ("closures", CLOSURE)]


@pytest.fixture
def place(api: Api) -> str:
    """A location."""
    return str(create(api, "/locations", LOCATION_BODY)["id"])


@pytest.mark.parametrize(
    ("kind", "body", "change"),
    [
        ("hours", HOURS, {"end": "24:00", "weekdays": [6, 7]}),
        ("closures", CLOSURE | {"start": "12:00", "end": "24:00"}, {"start": None, "end": None}),
    ],
)
def test_lives_from_creation_to_deletion(api: Api, place: str, kind: str, body: Any, change: Any) -> None:
    url = f"/locations/{place}/{kind}"
    first = create(api, url, body)
    second = create(api, url, body)
    at = f"{url}/{first['id']}"
    assert first == {"id": first["id"], "version": 1, **body}
    assert api("GET", at).json == first
    assert api("GET", url).json == {"items": [first, second], "next_cursor": None}
    page = api("GET", url + "?limit=1").json
    assert page["items"] == [first]
    assert api("GET", f"{url}?cursor={page['next_cursor']}").json == {"items": [second], "next_cursor": None}

    changed = api("PATCH", at, change, headers={"if-match": '"1"'})
    assert (changed.status, changed.json) == (200, first | change | {"version": 2})
    assert changed.headers["ETag"] == '"2"'
    assert api("PATCH", at, {}).json["version"] == 2
    assert api("GET", f"{url}/{second['id']}").json == second

    assert api("PATCH", at, change, headers={"if-match": '"1"'}).refusal == (412, "version_mismatch")
    assert api("DELETE", at, headers={"if-match": '"1"'}).status == 412
    assert api("DELETE", at, headers={"if-match": '"2"'}).status == 204
    for method, sent in (("GET", None), ("PATCH", change), ("DELETE", None)):
        assert api(method, at, sent).status == 404
    assert api("GET", url).json["items"] == [second]


@pytest.mark.parametrize(("kind", "body"), LISTS)
def test_same_key_makes_one(api: Api, place: str, kind: str, body: Any) -> None:
    url, key = f"/locations/{place}/{kind}", {"idempotency-key": "k1"}
    assert create(api, url, body, headers=key) == create(api, url, body, headers=key)
    assert len(api("GET", url).json["items"]) == 1


@pytest.mark.parametrize(
    ("kind", "change", "wrong"),
    [
        ("hours", {"end": "09:00"}, ["/end"]),
        ("hours", {"start": "17:00", "end": "09:00"}, ["/end"]),
        ("hours", {"start": "24:00"}, ["/start"]),
        ("hours", {"end": "24:01"}, ["/end"]),
        ("hours", {"start": "9:00"}, ["/start"]),
        ("hours", {"weekdays": []}, ["/weekdays"]),
        ("hours", {"weekdays": [1, 0, 8]}, ["/weekdays/1", "/weekdays/2"]),
        ("hours", {"weekdays": [1, 1]}, ["/weekdays"]),
        ("hours", {"weekdays": [2, "1"]}, ["/weekdays/1"]),
        ("hours", {"note": "typo"}, ["/note"]),
        ("closures", {"date": "2026-02-30"}, ["/date"]),
        ("closures", {"date": "1026-02-03"}, ["/date"]),
        ("closures", {"start": "10:00"}, [""]),
        ("closures", {"end": "10:00"}, [""]),
        ("closures", {"start": "10:00", "end": "10:00"}, ["/end"]),
        ("closures", {"name": "x" * 101}, ["/name"]),
    ],
)
def test_refuses_what_is_not_acceptable(api: Api, place: str, kind: str, change: Any, wrong: list[str]) -> None:
    url, body = f"/locations/{place}/{kind}", dict(LISTS)[kind]
    assert error_pointers(api("POST", url, body | change)) == wrong
    assert api("GET", url).json["items"] == []
    kept = create(api, url, body)
    assert error_pointers(api("PATCH", f"{url}/{kept['id']}", change)) == wrong
    assert api("GET", url).json["items"] == [kept]


@pytest.mark.parametrize(("kind", "body"), LISTS)
def test_of_a_location_that_is_not_there(api: Api, kind: str, body: Any) -> None:
    for method, url, sent in (
        ("GET", f"/locations/loc_none/{kind}", None),
        ("POST", f"/locations/loc_none/{kind}", body),
        ("PATCH", f"/locations/loc_none/{kind}/x", {}),
        ("DELETE", f"/locations/loc_none/{kind}/x", None),
    ):
        assert api(method, url, sent).status == 404


@pytest.mark.parametrize(("kind", "body"), LISTS)
def test_managers_set_them_at_their_locations_and_staff_read_them(api: Api, place: str, kind: str, body: Any) -> None:
    there = create(api, "/locations", LOCATION_BODY | {"name": "Ottawa"})["id"]
    create(api, "/staff", staff_body("Mia", "manager", location_ids=[place]))
    create(api, "/staff", staff_body("Sam", "staff", location_ids=[place]))
    create(api, "/staff", staff_body("Cleo", "contact_centre"))
    mia, sam, cleo = (
        {"login": claims(f"{name}@example.org", f"[{role}]")}
        for name, role in (("mia", "manager"), ("sam", "staff"), ("cleo", "contact_centre"))
    )
    url, far = f"/locations/{place}/{kind}", f"/locations/{there}/{kind}"
    at = f"{url}/{create(api, url, body, **mia)['id']}"
    beyond = f"{far}/{create(api, far, body)['id']}"

    assert api("PATCH", at, {}, **mia).status == 200
    for login, readable, writable in ((mia, True, False), (sam, True, False), (cleo, False, False)):
        assert (api("GET", far, **login).status == 200) is readable
        assert (api("GET", beyond, **login).status == 200) is readable
        assert (api("POST", far, body, **login).status == 201) is writable
        assert api("PATCH", beyond, {}, **login).status == 403
        assert api("DELETE", beyond, **login).status == 403
    assert api("GET", at, **cleo).json["code"] == "forbidden"
    assert api("DELETE", at, **sam).status == 403
    assert api("DELETE", at, **mia).status == 204


@pytest.mark.parametrize(("kind", "body", "most"), [("hours", HOURS, MAX_LINES), ("closures", CLOSURE, MAX_CLOSURES)])
def test_there_is_a_most(
    api: Api, place: str, monkeypatch: pytest.MonkeyPatch, kind: str, body: Any, most: int
) -> None:
    assert most == {"hours": 100, "closures": 400}[kind]
    monkeypatch.setattr(
        f"chalicelib.services.organisation.opening_hours.{'OpeningHours' if kind == 'hours' else 'Closures'}.limit", 2
    )
    url = f"/locations/{place}/{kind}"
    first = create(api, url, body)
    create(api, url, body)
    assert api("POST", url, body).refusal == (422, "too_many")
    assert api("DELETE", f"{url}/{first['id']}").status == 204
    create(api, url, body)


def test_hours_go_with_their_location(api: Api, place: str) -> None:
    create(api, f"/locations/{place}/hours", HOURS)
    create(api, f"/locations/{place}/closures", CLOSURE)
    assert api("DELETE", f"/locations/{place}").status == 204
    assert container.store.read([Ref.to(BranchHours, place)]).get(BranchHours, place) is None


def test_nobody_opens_a_location_while_it_is_removed(api: Api, place: str) -> None:
    before_the_next_commit(lambda: api("DELETE", f"/locations/{place}"))
    assert api("POST", f"/locations/{place}/hours", HOURS).status == 404
    found = container.store.read([Ref.to(BranchHours, place), Ref.to(Location, place)])
    assert (found.get(BranchHours, place), found.get(Location, place)) == (None, None)
