"""Logs and metrics: one line per request, few dimensions, never personal data."""

from __future__ import annotations

import json

import pytest

from chalicelib import observability
from tests.builders.doubles.api_gateway import claims, send
from tests.builders.doubles.demo_api import DemoBookings, build_demo_app

SECRETS = ("ana", "Ana", "sam@example.org", "Sam Lee", "14165550100")


def line(record: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(observability.logger.registered_formatter.format(record))  # type: ignore[arg-type]  # a LogRecord
    return found


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("POST", "/bookings/ana@example.org?limit=5", 201, None),
        ("POST", "/bookings/a?limit=ana", 422, "invalid"),
        ("GET", "/bookings/a", 200, None),
        ("PATCH", "/bookings/a", 200, None),
        ("GET", "/trouble/bug", 500, "internal"),
        ("OPTIONS", "/bookings/a", 204, None),
        ("PUT", "/bookings/a", 405, "method_not_allowed"),
    ],
)
def test_a_request_leaves_one_line_without_personal_data(
    caplog: pytest.LogCaptureFixture, method: str, url: str, status: int, code: str | None
) -> None:
    app, _ = build_demo_app()
    send(app, method, url, body={"name": "Ana", "anything": "+14165550100"}, login=claims(groups="[admin]"))

    (record,) = caplog.records
    found = line(record)
    assert (found["status"], found.get("code"), found["correlation_id"]) == (status, code, "request-1")
    assert str(found["route"]).startswith(f"{method} /")
    assert isinstance(found["duration_ms"], float)
    assert not [secret for secret in SECRETS if secret in json.dumps(found)]


def test_a_bug_is_logged_with_its_stack_but_not_its_message(caplog: pytest.LogCaptureFixture) -> None:
    app, _ = build_demo_app()
    send(app, "GET", "/trouble/bug")

    found = line(caplog.records[0])
    assert (found["level"], found["error"]) == ("ERROR", "UnforeseenError")
    assert "trouble" in str(found["stack"])


def test_refusals_are_counted_by_code(capsys: pytest.CaptureFixture[str]) -> None:
    app, _ = build_demo_app(DemoBookings(full=True))
    send(app, "POST", "/bookings/a", body={"name": "Ana"})

    counted = [json.loads(text) for text in capsys.readouterr().out.splitlines() if '"_aws"' in text]
    assert [(found["RequestRefused"], found["code"]) for found in counted] == [([1.0], "capacity_exhausted")]
    assert counted[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Frontdesk"
