"""Request models of set-up: what they accept and refuse (D25b and the bounds of the contract)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.api.http import request_decoding
from chalicelib.api.schemas.organisation.locations import LocationBody, LocationChangeBody
from chalicelib.api.schemas.organisation.services import ServiceBody, ServiceChangeBody
from chalicelib.api.schemas.organisation.settings import CancellationReasonBody, SettingsChangeBody
from chalicelib.api.schemas.organisation.staff import StaffMemberBody, StaffMemberChangeBody
from chalicelib.api.schemas.shared.record_models import RecordBody
from chalicelib.domain.organisation.catalogue import MeetingMethod, Question, QuestionType
from chalicelib.domain.organisation.settings import HolidayCalendar
from chalicelib.domain.shared.errors import Invalid
from chalicelib.domain.shared.permissions import Role

PLACE = {"name": "Toronto", "timezone": "America/Toronto"}
SERVICE = {"name": "Mortgage advice", "duration_minutes": 30}
PERSON = {"name": "Sam", "email": "sam@example.org", "role": "staff"}
CHOICE = {"id": "a", "text": "Which?", "type": "choice"}


def read(model: type[RecordBody], body: object) -> dict[str, Any]:
    """The values a body sets."""
    return request_decoding.decode_body(json.dumps(body).encode(), "application/json", model).values()


@pytest.mark.parametrize(
    ("model", "whole", "field", "value", "wrong"),
    [
        (LocationBody, PLACE, "name", " \u200b ", "/name"),
        (LocationBody, PLACE, "name", "x" * 101, "/name"),
        (LocationBody, PLACE, "name", None, "/name"),
        (LocationBody, PLACE, "address", "x" * 256, "/address"),
        (LocationBody, PLACE, "email", "nobody", "/email"),
        (LocationBody, PLACE, "email", "a@" + "x" * 250 + ".org", "/email"),
        (LocationBody, PLACE, "country", "Canada", "/country"),
        (LocationBody, PLACE, "language", "english", "/language"),
        (LocationBody, PLACE, "nmae", "typo", "/nmae"),
        (ServiceBody, SERVICE, "duration_minutes", 31, "/duration_minutes"),
        (ServiceBody, SERVICE, "duration_minutes", 0, "/duration_minutes"),
        (ServiceBody, SERVICE, "duration_minutes", 1445, "/duration_minutes"),
        (ServiceBody, SERVICE, "duration_minutes", "30", "/duration_minutes"),
        (ServiceBody, SERVICE, "duration_minutes", True, "/duration_minutes"),
        (ServiceBody, SERVICE, "slot_interval", 245, "/slot_interval"),
        (ServiceBody, SERVICE, "slot_interval", 7, "/slot_interval"),
        (ServiceBody, SERVICE, "buffer_after", 241, "/buffer_after"),
        (ServiceBody, SERVICE, "buffer_before", -5, "/buffer_before"),
        (ServiceBody, SERVICE, "meeting_methods", [], "/meeting_methods"),
        (ServiceBody, SERVICE, "meeting_methods", ["phone", "fax"], "/meeting_methods/1"),
        (ServiceBody, SERVICE, "meeting_methods", ["phone", "phone"], "/meeting_methods"),
        (ServiceBody, SERVICE, "location_ids", ["loc_1", "loc_1"], "/location_ids"),
        (ServiceBody, SERVICE, "horizon_days", 367, "/horizon_days"),
        (ServiceBody, SERVICE, "lead_minutes", 43_201, "/lead_minutes"),
        (ServiceBody, SERVICE, "questions", [{"id": "a", "text": "?", "options": ["x"]}], "/questions/0"),
        (ServiceBody, SERVICE, "questions", [CHOICE], "/questions/0"),
        (ServiceBody, SERVICE, "questions", [CHOICE | {"options": ["x", "x"]}], "/questions/0/options"),
        (ServiceBody, SERVICE, "questions", [{"id": "a", "text": "?"}] * 2, "/questions"),
        (ServiceBody, SERVICE, "questions", [{"id": "a b", "text": "?"}], "/questions/0/id"),
        (StaffMemberBody, PERSON, "role", "boss", "/role"),
        (StaffMemberBody, PERSON, "languages", ["en", "FR"], "/languages/1"),
        (StaffMemberBody, PERSON, "languages", ["en", "en"], "/languages"),
        (StaffMemberBody, PERSON, "daily_limit", 0, "/daily_limit"),
        (StaffMemberBody, PERSON, "id", "stf_1", "/id"),
        (CancellationReasonBody, {}, "text", "", "/text"),
        (CancellationReasonBody, {}, "text", "x" * 256, "/text"),
        (SettingsChangeBody, {}, "hold_minutes", 0, "/hold_minutes"),
        (SettingsChangeBody, {}, "hold_minutes", 61, "/hold_minutes"),
        (SettingsChangeBody, {}, "horizon_days", 367, "/horizon_days"),
        (SettingsChangeBody, {}, "lead_minutes", 43_201, "/lead_minutes"),
        (SettingsChangeBody, {}, "reminder_hours", [1, 2, 3, 4, 5, 6], "/reminder_hours"),
        (SettingsChangeBody, {}, "reminder_hours", [337], "/reminder_hours/0"),
        (SettingsChangeBody, {}, "bookings_per_contact", 101, "/bookings_per_contact"),
        (SettingsChangeBody, {}, "allowed_origins", ["example.org/x"], "/allowed_origins/0"),
        (SettingsChangeBody, {}, "allowed_origins", ["https://example.org/"], "/allowed_origins/0"),
        (SettingsChangeBody, {}, "cancel_reason", "maybe", "/cancel_reason"),
        (SettingsChangeBody, {}, "lobby", "yes", "/lobby"),
        (SettingsChangeBody, {}, "organisation_name", None, "/organisation_name"),
        (SettingsChangeBody, {}, "holidays", {"country": "Canada"}, "/holidays/country"),
        (SettingsChangeBody, {}, "teleconference", "fax", "/teleconference"),
        (SettingsChangeBody, {}, "version", 3, "/version"),
    ],
)
def test_refuses(model: type[RecordBody], whole: dict[str, Any], field: str, value: object, wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(model, whole | {field: value})
    assert [error.pointer for error in refused.value.errors] == [wrong]


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        (LocationBody, "name", "x" * 100),
        (LocationBody, "address", "x" * 255),
        (ServiceBody, "duration_minutes", 1440),
        (ServiceBody, "slot_interval", 240),
        (ServiceBody, "buffer_after", 240),
        (ServiceBody, "horizon_days", None),
        (StaffMemberBody, "languages", ("en", "fr")),
    ],
)
def test_takes_the_limit_itself(model: type[RecordBody], field: str, value: object) -> None:
    bodies: dict[type[RecordBody], dict[str, Any]] = {
        LocationBody: PLACE,
        ServiceBody: SERVICE,
        StaffMemberBody: PERSON,
    }
    whole = bodies[model]
    assert read(model, whole | {field: value})[field] == value


@pytest.mark.parametrize("model", [LocationChangeBody, ServiceChangeBody, StaffMemberChangeBody, SettingsChangeBody])
def test_a_change_holds_what_was_sent_and_nothing_else(model: type[RecordBody]) -> None:
    assert read(model, {}) == {}


def test_null_is_taken_where_the_field_may_be_empty() -> None:
    assert read(LocationChangeBody, {"email": None, "name": "West"}) == {"email": None, "name": "West"}
    with pytest.raises(Invalid):
        read(LocationChangeBody, {"timezone": None})


def test_the_document_of_a_change_requires_nothing_and_promises_no_value() -> None:
    shape = ServiceChangeBody.model_json_schema()
    assert "required" not in shape
    assert not any("default" in field for field in shape["properties"].values())


def test_values_are_the_domains_own() -> None:
    question = CHOICE | {"options": ["x"], "required": True}
    service = read(ServiceBody, SERVICE | {"questions": [question], "meeting_methods": ["video"]})
    assert service["questions"] == (Question("a", "Which?", QuestionType.CHOICE, ("x",), required=True),)
    assert service["meeting_methods"] == (MeetingMethod.VIDEO,)
    assert read(StaffMemberBody, PERSON)["role"] is Role.STAFF
    settings = read(SettingsChangeBody, {"holidays": {"country": "CA"}})
    assert settings == {"holidays": HolidayCalendar("CA")}


def test_text_is_composed_and_trimmed() -> None:
    assert read(LocationChangeBody, {"name": "  Montre\u0301al "}) == {"name": "Montréal"}


@pytest.mark.parametrize(("methods", "wrong"), [(["fax"], "/meeting_methods/0"), ([], "/meeting_methods")])
def test_a_list_is_not_called_too_short_for_what_is_wrong_within_it(methods: list[str], wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(ServiceBody, SERVICE | {"meeting_methods": methods})
    assert [error.pointer for error in refused.value.errors] == [wrong]
