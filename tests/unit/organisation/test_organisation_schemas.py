"""What set-up takes and refuses before any service is asked (D25b and the bounds of the contract)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.api.http import decoding
from chalicelib.api.schemas.organisation.locations import LocationChange, NewLocation
from chalicelib.api.schemas.organisation.services import NewService, ServiceChange
from chalicelib.api.schemas.organisation.settings import NewReason, SettingsChange
from chalicelib.api.schemas.organisation.staff import NewStaffMember, StaffMemberChange
from chalicelib.api.schemas.shared.record_models import Record
from chalicelib.domain.organisation.catalog import HolidayCalendar, Method, Question, QuestionType
from chalicelib.domain.shared.errors import Invalid
from chalicelib.domain.shared.permissions import Role

PLACE = {"name": "Toronto", "timezone": "America/Toronto"}
SERVICE = {"name": "Mortgage advice", "duration_minutes": 30}
PERSON = {"name": "Sam", "email": "sam@example.org", "role": "staff"}
CHOICE = {"id": "a", "text": "Which?", "type": "choice"}


def read(model: type[Record], body: object) -> dict[str, Any]:
    """The values a body sets."""
    return decoding.body(json.dumps(body).encode(), "application/json", model).values()


@pytest.mark.parametrize(
    ("model", "whole", "field", "value", "wrong"),
    [
        (NewLocation, PLACE, "name", " \u200b ", "/name"),
        (NewLocation, PLACE, "name", "x" * 101, "/name"),
        (NewLocation, PLACE, "name", None, "/name"),
        (NewLocation, PLACE, "address", "x" * 256, "/address"),
        (NewLocation, PLACE, "email", "nobody", "/email"),
        (NewLocation, PLACE, "email", "a@" + "x" * 250 + ".org", "/email"),
        (NewLocation, PLACE, "country", "Canada", "/country"),
        (NewLocation, PLACE, "language", "english", "/language"),
        (NewLocation, PLACE, "nmae", "typo", "/nmae"),
        (NewService, SERVICE, "duration_minutes", 31, "/duration_minutes"),
        (NewService, SERVICE, "duration_minutes", 0, "/duration_minutes"),
        (NewService, SERVICE, "duration_minutes", 1445, "/duration_minutes"),
        (NewService, SERVICE, "duration_minutes", "30", "/duration_minutes"),
        (NewService, SERVICE, "duration_minutes", True, "/duration_minutes"),
        (NewService, SERVICE, "slot_interval", 245, "/slot_interval"),
        (NewService, SERVICE, "slot_interval", 7, "/slot_interval"),
        (NewService, SERVICE, "buffer_after", 241, "/buffer_after"),
        (NewService, SERVICE, "buffer_before", -5, "/buffer_before"),
        (NewService, SERVICE, "meeting_methods", [], "/meeting_methods"),
        (NewService, SERVICE, "meeting_methods", ["phone", "fax"], "/meeting_methods/1"),
        (NewService, SERVICE, "meeting_methods", ["phone", "phone"], "/meeting_methods"),
        (NewService, SERVICE, "location_ids", ["loc_1", "loc_1"], "/location_ids"),
        (NewService, SERVICE, "horizon_days", 367, "/horizon_days"),
        (NewService, SERVICE, "lead_minutes", 43_201, "/lead_minutes"),
        (NewService, SERVICE, "questions", [{"id": "a", "text": "?", "options": ["x"]}], "/questions/0"),
        (NewService, SERVICE, "questions", [CHOICE], "/questions/0"),
        (NewService, SERVICE, "questions", [CHOICE | {"options": ["x", "x"]}], "/questions/0/options"),
        (NewService, SERVICE, "questions", [{"id": "a", "text": "?"}] * 2, "/questions"),
        (NewService, SERVICE, "questions", [{"id": "a b", "text": "?"}], "/questions/0/id"),
        (NewStaffMember, PERSON, "role", "boss", "/role"),
        (NewStaffMember, PERSON, "languages", ["en", "FR"], "/languages/1"),
        (NewStaffMember, PERSON, "languages", ["en", "en"], "/languages"),
        (NewStaffMember, PERSON, "daily_limit", 0, "/daily_limit"),
        (NewStaffMember, PERSON, "id", "stf_1", "/id"),
        (NewReason, {}, "text", "", "/text"),
        (NewReason, {}, "text", "x" * 256, "/text"),
        (SettingsChange, {}, "hold_minutes", 0, "/hold_minutes"),
        (SettingsChange, {}, "hold_minutes", 61, "/hold_minutes"),
        (SettingsChange, {}, "horizon_days", 367, "/horizon_days"),
        (SettingsChange, {}, "lead_minutes", 43_201, "/lead_minutes"),
        (SettingsChange, {}, "reminder_hours", [1, 2, 3, 4, 5, 6], "/reminder_hours"),
        (SettingsChange, {}, "reminder_hours", [337], "/reminder_hours/0"),
        (SettingsChange, {}, "bookings_per_contact", 101, "/bookings_per_contact"),
        (SettingsChange, {}, "allowed_origins", ["example.org/x"], "/allowed_origins/0"),
        (SettingsChange, {}, "allowed_origins", ["https://example.org/"], "/allowed_origins/0"),
        (SettingsChange, {}, "cancel_reason", "maybe", "/cancel_reason"),
        (SettingsChange, {}, "lobby", "yes", "/lobby"),
        (SettingsChange, {}, "organisation_name", None, "/organisation_name"),
        (SettingsChange, {}, "holidays", {"country": "Canada"}, "/holidays/country"),
        (SettingsChange, {}, "teleconference", "fax", "/teleconference"),
        (SettingsChange, {}, "version", 3, "/version"),
    ],
)
def test_refuses(model: type[Record], whole: dict[str, Any], field: str, value: object, wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(model, whole | {field: value})
    assert [error.pointer for error in refused.value.errors] == [wrong]


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        (NewLocation, "name", "x" * 100),
        (NewLocation, "address", "x" * 255),
        (NewService, "duration_minutes", 1440),
        (NewService, "slot_interval", 240),
        (NewService, "buffer_after", 240),
        (NewService, "horizon_days", None),
        (NewStaffMember, "languages", ("en", "fr")),
    ],
)
def test_takes_the_limit_itself(model: type[Record], field: str, value: object) -> None:
    bodies: dict[type[Record], dict[str, Any]] = {
        NewLocation: PLACE,
        NewService: SERVICE,
        NewStaffMember: PERSON,
    }
    whole = bodies[model]
    assert read(model, whole | {field: value})[field] == value


@pytest.mark.parametrize("model", [LocationChange, ServiceChange, StaffMemberChange, SettingsChange])
def test_a_change_holds_what_was_sent_and_nothing_else(model: type[Record]) -> None:
    assert read(model, {}) == {}


def test_null_is_taken_where_the_field_may_be_empty() -> None:
    assert read(LocationChange, {"email": None, "name": "West"}) == {"email": None, "name": "West"}
    with pytest.raises(Invalid):
        read(LocationChange, {"timezone": None})


def test_the_document_of_a_change_requires_nothing_and_promises_no_value() -> None:
    shape = ServiceChange.model_json_schema()
    assert "required" not in shape
    assert not any("default" in field for field in shape["properties"].values())


def test_values_are_the_domains_own() -> None:
    question = CHOICE | {"options": ["x"], "required": True}
    service = read(NewService, SERVICE | {"questions": [question], "meeting_methods": ["video"]})
    assert service["questions"] == (Question("a", "Which?", QuestionType.CHOICE, ("x",), required=True),)
    assert service["meeting_methods"] == (Method.VIDEO,)
    assert read(NewStaffMember, PERSON)["role"] is Role.STAFF
    settings = read(SettingsChange, {"holidays": {"country": "CA"}})
    assert settings == {"holidays": HolidayCalendar("CA")}


def test_text_is_composed_and_trimmed() -> None:
    assert read(LocationChange, {"name": "  Montre\u0301al "}) == {"name": "Montréal"}


@pytest.mark.parametrize(("methods", "wrong"), [(["fax"], "/meeting_methods/0"), ([], "/meeting_methods")])
def test_a_list_is_not_called_too_short_for_what_is_wrong_within_it(methods: list[str], wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(NewService, SERVICE | {"meeting_methods": methods})
    assert [error.pointer for error in refused.value.errors] == [wrong]
