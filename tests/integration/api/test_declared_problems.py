"""A refusal that a caller can meet stands in the document, with its status, at the route that gives it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders.in_process.sample_organisation import MORTGAGE, OPENING, SAM, TORONTO, World, booking
from tests.builders.in_process.staff_bookings import ADVICE, advice, as_role, staff_body, staffed

FAR = {"start": "2099-12-03T15:00:00Z"}
DAYS = f"location_id={TORONTO}&timezone=UTC&from=2026-12-03&to=2026-12-03&service_id="


@pytest.fixture
def world(world: World) -> World:
    return staffed(world)


def require_declared(world: World, method: str, path: str, refused: Any) -> str:
    """The code of a refusal, once the document has it at that route."""
    operation = world.call("GET", "/openapi.json").json["paths"][path][method.lower()]
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
def test_of_free_times(world: World, query: str, code: str) -> None:
    refused = world.call("GET", f"/public/availability?{DAYS}{query}")
    assert require_declared(world, "GET", "/public/availability", refused) == code


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"start": OPENING + timedelta(days=3650)}, "too_far"),
        ({"start": OPENING - timedelta(days=365)}, "past"),
        ({"staff_id": SAM}, "staff_not_selectable"),
        ({"service_id": "svc_x"}, "unknown_service"),
        ({"attendee": {"email": None}}, "contact_required"),
        ({"attendee": {"mobile": "123"}}, "invalid_phone"),
    ],
)
def test_of_bookings_by_clients(world: World, more: dict[str, Any], code: str) -> None:
    refused = world.call("POST", "/public/appointments", booking(**more))
    assert require_declared(world, "POST", "/public/appointments", refused) == code


@pytest.mark.parametrize("more", [FAR, {"meeting_method": "off_site"}, {"location_id": "loc_x"}])
def test_of_bookings_by_staff(world: World, more: dict[str, Any]) -> None:
    refused = as_role(world, "POST", "/appointments", staff_body(**more))
    require_declared(world, "POST", "/appointments", refused)


def test_of_free_times_and_edits_for_staff(world: World) -> None:
    asked = as_role(world, "GET", f"/availability?channel=schedule&{DAYS}{MORTGAGE}&meeting_method=off_site")
    assert require_declared(world, "GET", "/availability", asked) == "method_not_offered"
    edited = as_role(world, "PATCH", f"/appointments/{advice(world)['id']}", {"start": "2026-12-03T10:00"})
    assert require_declared(world, "PATCH", "/appointments/{appointment_id}", edited) == "timezone_required"


def test_of_the_last_administrator(world: World) -> None:
    refused = as_role(world, "PATCH", "/staff/stf_boss", {"active": False}, "boss@example.org")
    assert require_declared(world, "PATCH", "/staff/{staff_id}", refused) == "last_admin"


def test_of_edits_from_quick_view_and_of_cancelling(world: World) -> None:
    mine = f"/appointments/{advice(world)['id']}"
    path = "/quickview/appointments/{appointment_id}"
    bodies = ({"modality": "video"}, {"modality": "phone", "platform": "zoom"}, {"time": "10:00+09:00"})
    refused = [as_role(world, "PATCH", f"/quickview{mine}", body) for body in bodies]
    codes = [require_declared(world, "PATCH", path, reply) for reply in refused]
    assert codes == ["platform_required", "platform_not_allowed", "wrong_offset"]
    late = as_role(world, "POST", f"{mine}/cancel", {"within_24h": True})
    assert require_declared(world, "POST", "/appointments/{appointment_id}/cancel", late) == "within_24h_mismatch"
    early = as_role(world, "POST", f"{mine}/sign-off")
    assert require_declared(world, "POST", "/appointments/{appointment_id}/sign-off", early) == "wrong_state"
