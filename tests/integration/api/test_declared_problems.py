"""Every refusal of a route is in the API's document, with its status."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders.in_process.sample_organisation import Organisation
from tests.builders.in_process.sample_records import (
    ADVICE,
    BLOCK_START,
    BOSS,
    MORTGAGE,
    SAM,
    TORONTO,
    booking_body,
    staff_body,
)

FAR = {"start": "2099-12-03T15:00:00Z"}
DAYS = f"location_id={TORONTO}&timezone=UTC&from=2026-12-03&to=2026-12-03&service_id="

pytestmark = pytest.mark.organisation(staff=True)


def require_declared(org: Organisation, method: str, path: str, refused: Any) -> str:
    """The code of a refusal that the document must have at that route."""
    operation = org.call("GET", "/openapi.json").json["paths"][path][method.lower()]
    code = str(refused.json["code"])
    assert f"`{code}`" in operation["responses"][str(refused.status)]["description"]
    return code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"{MORTGAGE}&staff_id={SAM}", "staff_not_selectable"),
        (f"{ADVICE}&staff_id=stf_x", "unknown_staff"),
        (f"{MORTGAGE}&meeting_method=off_site", "method_not_offered"),
        (f"{MORTGAGE}&hold=hld_x.y", "unknown_hold"),
        ("svc_x", "not_found"),
    ],
)
def test_of_free_times(org: Organisation, query: str, code: str) -> None:
    refused = org.call("GET", f"/public/availability?{DAYS}{query}")
    assert require_declared(org, "GET", "/public/availability", refused) == code


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"start": BLOCK_START + timedelta(days=3650)}, "too_far"),
        ({"start": BLOCK_START - timedelta(days=365)}, "past"),
        ({"staff_id": SAM}, "staff_not_selectable"),
        ({"service_id": "svc_x"}, "unknown_service"),
        ({"attendee": {"email": None}}, "contact_required"),
        ({"attendee": {"mobile": "123"}}, "invalid_phone"),
    ],
)
def test_of_bookings_by_clients(org: Organisation, more: dict[str, Any], code: str) -> None:
    refused = org.call("POST", "/public/appointments", booking_body(**more))
    assert require_declared(org, "POST", "/public/appointments", refused) == code


@pytest.mark.parametrize("more", [FAR, {"meeting_method": "off_site"}, {"location_id": "loc_x"}])
def test_of_bookings_by_staff(org: Organisation, more: dict[str, Any]) -> None:
    refused = org.as_staff("POST", "/appointments", staff_body(**more))
    require_declared(org, "POST", "/appointments", refused)


def test_of_free_times_and_edits_for_staff(org: Organisation) -> None:
    asked = org.as_staff("GET", f"/availability?channel=schedule&{DAYS}{MORTGAGE}&meeting_method=off_site")
    assert require_declared(org, "GET", "/availability", asked) == "method_not_offered"
    edited = org.as_staff("PATCH", f"/appointments/{org.book_advice()['id']}", {"start": "2026-12-03T10:00"})
    assert require_declared(org, "PATCH", "/appointments/{appointment_id}", edited) == "timezone_required"


def test_of_the_last_administrator(org: Organisation) -> None:
    refused = org.as_staff("PATCH", "/staff/stf_boss", {"active": False}, BOSS)
    assert require_declared(org, "PATCH", "/staff/{staff_id}", refused) == "last_admin"


def test_of_edits_from_quick_view_and_of_cancelling(org: Organisation) -> None:
    mine = f"/appointments/{org.book_advice()['id']}"
    path = "/quickview/appointments/{appointment_id}"
    bodies = ({"modality": "video"}, {"modality": "phone", "platform": "zoom"}, {"time": "10:00+09:00"})
    refused = [org.as_staff("PATCH", f"/quickview{mine}", body) for body in bodies]
    codes = [require_declared(org, "PATCH", path, reply) for reply in refused]
    assert codes == ["platform_required", "platform_not_allowed", "wrong_offset"]
    late = org.as_staff("POST", f"{mine}/cancel", {"within_24h": True})
    assert require_declared(org, "POST", "/appointments/{appointment_id}/cancel", late) == "within_24h_mismatch"
    early = org.as_staff("POST", f"{mine}/sign-off")
    assert require_declared(org, "POST", "/appointments/{appointment_id}/sign-off", early) == "wrong_state"
