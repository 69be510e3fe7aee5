"""Settings of the organisation."""

from __future__ import annotations

import pytest

from tests.builders.in_process.set_up_requests import Api, error_pointers


def test_defaults_then_changes(api: Api) -> None:
    before = api("GET", "/settings").json
    assert (before["version"], before["hold_minutes"], before["reminder_hours"]) == (0, 10, [24])
    change = {
        "organisation_name": "Harbour Credit Union",
        "timezone": "America/Toronto",
        "reminder_hours": [48, 2],
        "allowed_origins": ["https://example.org", "http://localhost:3000"],
        "holidays": {"country": "CA", "region": "ON"},
        "notification_email": "desk@example.org",
    }
    after = api("PATCH", "/settings", change, headers={"if-match": '"0"'})
    assert (after.status, after.json) == (200, before | change | {"version": 1})
    assert api("GET", "/settings").json == after.json
    assert api("PATCH", "/settings", {"lobby": True}, headers={"if-match": '"0"'}).status == 412
    assert api("PATCH", "/settings", {"holidays": None, "notification_email": None}).status == 200


def test_refuses_what_is_not_acceptable(api: Api) -> None:
    assert error_pointers(api("PATCH", "/settings", {"timezone": "Nowhere"})) == ["/timezone"]
    assert error_pointers(api("PATCH", "/settings", {"lobby": True, "hold_minutes": 0})) == ["/hold_minutes"]
    assert api("GET", "/settings").json["version"] == 0


@pytest.mark.parametrize(
    ("holidays", "wrong"),
    [
        ({"country": "ZZ"}, ["/holidays/country"]),
        ({"country": "CA", "region": "Atlantis"}, ["/holidays/region"]),
        ({"country": "XX", "region": "ON"}, ["/holidays/country"]),
        ({"country": "ca"}, ["/holidays/country"]),
        ({"region": "ON"}, ["/holidays/country"]),
    ],
)
def test_holidays_are_somebodys(api: Api, holidays: dict[str, str], wrong: list[str]) -> None:
    kept = {"country": "CA", "region": "Ontario"}
    assert api("PATCH", "/settings", {"holidays": kept}).status == 200
    assert error_pointers(api("PATCH", "/settings", {"holidays": holidays})) == wrong
    assert api("GET", "/settings").json["holidays"] == kept
