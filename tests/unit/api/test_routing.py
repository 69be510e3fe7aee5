"""The services a route gets from its declaration: decoding, authorisation, answers and problems."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.domain.shared.errors import Unauthenticated
from tests.builders.doubles.api_gateway import claims, send
from tests.builders.doubles.demo_api import BookingBody, DemoBookings, build_demo_app

NAME = {"name": "Ana"}


@pytest.fixture
def bookings() -> DemoBookings:
    return DemoBookings()


@pytest.fixture
def app(bookings: DemoBookings) -> Chalice:
    return build_demo_app(bookings)[0]


def test_a_body_reaches_the_handler_as_its_model_and_the_result_comes_back_as_the_answer(
    app: Chalice, bookings: DemoBookings
) -> None:
    reply = send(
        app, "POST", "/bookings/a", body={"name": " Ana ", "seats": 2}, headers={"x-now": "2026-12-01T10:00:00-05:00"}
    )

    assert (reply.status, reply.json) == (
        201, {"id": "apt_1", "name": "Ana", "at": "2026-12-01T15:00:00Z", "version": 1},
    )  # fmt: skip
    assert bookings.calls[0].body == BookingBody(name="Ana", seats=2)
    assert reply.headers["ETag"] == '"1"'
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Correlation-Id"] == "request-1"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/name"]),
        ({"name": "Ana", "seat": 1}, ["/seat"]),
        ({"name": "Ana", "seats": "2"}, ["/seats"]),
        ({"name": "Ana", "seats": 10**30}, ["/seats"]),
        ({"name": "Ana", "seats": float("nan")}, ["/seats"]),
        ({"name": " \u200b "}, ["/name"]),
        ({"name": "far too long for it"}, ["/name"]),
        ({"name": "bell\a"}, ["/name"]),
        ({"name": "Ana", "start": "2026-12-01"}, ["/start"]),
        ({"name": "Ana", "start": "2026-02-30T10:00"}, ["/start"]),
        ({"name": "Ana", "start": "9999-12-31T23:59:00-05:00"}, ["/start"]),
        ({"name": "Ana", "start": 1796137200}, ["/start"]),
        ({"name": "Ana", "guests": [{"email": "a"}, {"mail/x": 1}]}, ["/guests/1/mail~1x", "/guests/1/email"]),
        ({"name": "Ana", "who": {"email": 1}}, ["/who/email", "/who"]),
        ([], [""]),
        (None, ["/name"]),
        ("null", [""]),
        ({"name": "Ana", "anything": {"deep": ["nul\0"]}}, ["/anything/deep/0"]),
        ('{"name": "\\ud800"}', [""]),
        ('{"name": "Ana", "anything": ' + "9" * 5000 + "}", [""]),
    ],
)
def test_what_is_wrong_with_a_body_is_named_by_json_pointers(
    app: Chalice, bookings: DemoBookings, body: object, pointers: list[str]
) -> None:
    reply = send(app, "POST", "/bookings/a", body=body)

    assert (reply.status, reply.json["code"]) == (422, "invalid")
    assert [error["pointer"] for error in reply.json["errors"]] == pointers
    assert all(error["message"] for error in reply.json["errors"])
    assert bookings.calls == []


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"body": "{"}, 400, "not_json"),
        ({"body": b"\xff\xfe"}, 400, "not_json"),
        ({"body": "[" * 5000}, 400, "not_json"),
        ({"body": '{"name": "\udc80"}'}, 400, "not_json"),
        ({"body": {"name": "x" * 70_000}}, 413, "too_large"),
        ({"body": NAME, "headers": {"content-type": "text/plain"}}, 415, "unsupported_media_type"),
        ({"body": NAME, "headers": {"x-now": "yesterday"}}, 422, "invalid"),
        ({"body": NAME, "headers": {"x-now": "2026-12-01T10:00:00"}}, 422, "invalid"),
        ({"body": NAME, "headers": {"x-now": "0001-01-01T00:00:00+10:00"}}, 422, "invalid"),
    ],
)
def test_a_request_that_cannot_be_read_is_a_problem(
    app: Chalice, bookings: DemoBookings, request_: dict[str, Any], status: int, code: str | None
) -> None:
    reply = send(app, "POST", "/bookings/a", **request_)

    assert (reply.status, reply.json["code"]) == (status, code)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert bookings.calls == []


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "application/x+json"])
def test_json_may_be_called_by_any_of_its_names(app: Chalice, content_type: str) -> None:
    assert send(app, "POST", "/bookings/a", body=NAME, headers={"content-type": content_type}).status == 201


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("limit=0", ["/limit"]),
        ("limit=x", ["/limit"]),
        ("limit=", ["/limit"]),
        ("limit=1&limit=2", ["/limit"]),
        ("limits=1", ["/limits"]),
        ("open=1", ["/open"]),
        ("location_id=a%00b", ["/location_id"]),
        ("kind=a&kind=b%00", ["/kind/1"]),
        ("location_id=" + "a" * 65, ["/location_id"]),
    ],
)
def test_what_is_wrong_with_a_query_is_named_too(app: Chalice, query: str, pointers: list[str]) -> None:
    reply = send(app, "GET", f"/bookings/a?{query}", login=claims())

    assert reply.status == 422
    assert [error["pointer"] for error in reply.json["errors"]] == pointers


def test_a_query_reaches_the_handler_as_its_model(app: Chalice, bookings: DemoBookings) -> None:
    send(app, "GET", "/bookings/a?limit=7&open=true&kind=a&kind=b", login=claims())

    found = bookings.calls[0].query
    assert (found.limit, found.open, found.kind) == (7, True, ("a", "b"))


@pytest.mark.parametrize(
    ("sent", "status", "name"),
    [("a%20b", 200, "a b"), ("a%00", 404, None), ("x" * 129, 404, None), ("\ud800", 404, None)],
)
def test_path_parameters_are_decoded_and_nonsense_names_nothing(
    app: Chalice, sent: str, status: int, name: str | None
) -> None:
    reply = send(app, "GET", f"/bookings/{sent}", login=claims())

    assert (reply.status, reply.json.get("id")) == (status, name)


@pytest.mark.parametrize(
    ("login", "status", "code"),
    [
        (None, 401, "unauthenticated"),
        ({}, 401, "unauthenticated"),
        ({"email": 3}, 401, "unauthenticated"),
        (claims(email_verified="false"), 401, "unauthenticated"),
        (claims(email="stranger@example.org"), 403, "forbidden"),
        (claims(groups=""), 403, "forbidden"),
        (claims(groups="[unheard_of]"), 403, "forbidden"),
        (claims(groups="[staff]"), 403, "forbidden"),
        (claims(groups="[manager]"), 204, None),
        (claims(groups="[staff manager]"), 204, None),
        (claims(groups="staff,manager"), 204, None),
        (claims(groups=["manager"]), 204, None),
        (claims(email=" SAM@example.org "), 204, None),
    ],
)
def test_only_who_was_declared_gets_through(
    app: Chalice, bookings: DemoBookings, login: dict[str, Any] | None, status: int, code: str | None
) -> None:
    reply = send(app, "DELETE", "/bookings/a", login=login)

    assert reply.status == status
    assert (reply.json["code"] if reply.text else None) == code
    assert len(bookings.calls) == (status == 204)


def test_one_of_several_abilities_is_enough(app: Chalice) -> None:
    assert send(app, "PATCH", "/bookings/a", body=NAME, login=claims(groups="[staff]")).status == 200


def test_a_route_for_any_staff_asks_for_a_login_only(app: Chalice) -> None:
    assert send(app, "POST", "/bookings/a/release", login=claims(groups="[contact_centre]")).status == 204
    assert send(app, "POST", "/bookings/a/release").status == 401


def test_an_action_without_a_body_takes_none_or_an_empty_object_only(app: Chalice) -> None:
    login = claims()
    assert send(app, "POST", "/bookings/a/release", body={}, login=login).status == 204
    assert send(app, "POST", "/bookings/a/release", body={"force": True}, login=login).status == 422


@pytest.mark.parametrize(("header", "version"), [('"3"', 3), ('W/"3"', 3), ("*", None), (None, None)])
def test_if_match_becomes_the_expected_version(
    app: Chalice, bookings: DemoBookings, header: str | None, version: int | None
) -> None:
    headers = {"if-match": header} if header else {}
    reply = send(app, "PATCH", "/bookings/a", body=NAME, login=claims(), headers=headers)

    assert bookings.calls[0].expected_version == version
    assert reply.headers["ETag"] == f'"{(version or 0) + 1}"'


@pytest.mark.parametrize("header", ["3", '"three"', '"-1"', '"1", "2"', '"' + "9" * 5000 + '"'])
def test_an_if_match_that_is_no_version_is_invalid(app: Chalice, header: str | None) -> None:
    reply = send(app, "PATCH", "/bookings/a", body=NAME, login=claims(), headers={"if-match": header})

    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/If-Match")


def test_the_clock_is_the_callers_in_stage_local_only() -> None:
    then = {"x-now": "2030-01-01T00:00:00Z"}
    local, bookings = build_demo_app(stage="local")
    send(local, "POST", "/bookings/a", body=NAME, headers=then)
    assert bookings.calls[0].now == datetime(2030, 1, 1, tzinfo=UTC)

    for stage in ("dev", "prod"):
        deployed, bookings = build_demo_app(stage=stage)
        reply = send(deployed, "POST", "/bookings/a", body=NAME, headers=then)
        assert reply.status == 201
        assert abs(bookings.calls[0].now - datetime.now(UTC)).total_seconds() < 60
        assert send(deployed, "POST", "/bookings/a", body=NAME, headers={"x-now": "rubbish"}).status == 201


def test_a_refusal_is_a_problem_with_its_own_fields_beside() -> None:
    app, _ = build_demo_app(DemoBookings(full=True))
    reply = send(app, "POST", "/bookings/a", body=NAME, headers={"x-now": "2026-12-01T15:00:00Z"})

    assert reply.status == 409
    assert reply.json == {
        "nearest": ["2026-12-01T15:00:00Z"],
        "type": "https://desk.example/v1/problems/capacity_exhausted",
        "title": "This time is full",
        "status": 409,
        "detail": "This time is full",
        "code": "capacity_exhausted",
        "errors": [],
    }


def test_too_busy_says_when_to_come_back(app: Chalice) -> None:
    reply = send(app, "GET", "/trouble/busy")

    assert (reply.status, int(reply.headers["Retry-After"]) > 0) == (503, True)


def test_a_bug_is_a_problem_that_tells_nothing(app: Chalice) -> None:
    reply = send(app, "GET", "/trouble/bug")

    assert (reply.status, reply.json["code"]) == (500, "internal")
    for secret in ("UnforeseenError", "ana@example.org", "Traceback", ".py"):
        assert secret not in reply.text


@pytest.mark.parametrize(("method", "url", "status"), [("PUT", "/bookings/a", 405), ("GET", "/nowhere", 404)])
def test_what_chalice_itself_refuses_is_a_problem_too(app: Chalice, method: str, url: str, status: int) -> None:
    reply = send(app, method, url)

    assert (reply.status, reply.json["status"]) == (status, status)
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_another_kind_of_content_is_sent_as_it_is(app: Chalice) -> None:
    reply = send(app, "GET", "/file.ics")

    assert (reply.headers["Content-Type"], reply.text) == ("text/calendar", "BEGIN:VCALENDAR")


def test_asking_a_public_call_for_its_staff_member_is_a_401(app: Chalice, bookings: DemoBookings) -> None:
    send(app, "POST", "/bookings/a", body=NAME)

    with pytest.raises(Unauthenticated):
        _ = bookings.calls[0].staff
