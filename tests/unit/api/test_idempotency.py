"""The Idempotency-Key for callers: the first answer again, whatever happens in between (D45)."""

from __future__ import annotations

import pytest

from chalicelib.services.store_port import StoredResponse
from tests.builders.doubles.api_gateway import Reply, claims, send
from tests.builders.doubles.demo_api import DemoBookings, build_demo_app

NAME = {"name": "Ana", "seats": 2}
KEY = {"idempotency-key": "7c0e"}


def book(app: object, body: object = NAME, url: str = "/bookings/a", **headers: str) -> Reply:
    return send(app, "POST", url, body=body, headers=KEY | headers)  # type: ignore[arg-type]  # the demo's app


def test_the_same_request_with_the_same_key_gets_the_first_answer_again() -> None:
    app, bookings = build_demo_app()
    first = book(app)
    second = book(app, '{"seats":2,   "name":"Ana"}')

    assert (second.status, second.text) == (first.status, first.text) == (201, first.text)
    assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
    assert bookings.count == 1


def test_a_copy_that_is_refused_because_the_first_succeeded_gets_the_first_answer() -> None:
    app, bookings = build_demo_app()
    first = book(app)
    bookings.full = True

    assert book(app).text == first.text
    assert book(app, **{"idempotency-key": "other"}).status == 409


@pytest.mark.parametrize(
    ("body", "url"), [({"name": "Eva"}, "/bookings/a"), (NAME, "/bookings/b"), (NAME, "/bookings/a?limit=1")]
)
def test_the_same_key_for_another_request_is_refused(body: object, url: str) -> None:
    for full in (False, True):
        app, bookings = build_demo_app()
        book(app)
        bookings.full = full
        reply = book(app, body, url)

        assert (reply.status, reply.json["code"]) == (422, "idempotency_key_reused")
        assert bookings.count == 1


def test_without_a_key_every_request_counts() -> None:
    app, bookings = build_demo_app()
    for _ in range(2):
        assert send(app, "POST", "/bookings/a", body=NAME).status == 201

    assert (bookings.count, bookings.rows) == (2, {})


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\t", "clé"])
def test_a_key_that_is_too_long_or_not_printable_is_invalid(key: str) -> None:
    app, bookings = build_demo_app()
    reply = book(app, **{"idempotency-key": key})

    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/Idempotency-Key")
    assert bookings.count == 0


def test_the_keys_of_two_callers_or_operations_never_meet() -> None:
    app, bookings = build_demo_app()
    book(app)
    send(app, "POST", "/bookings/a/release", headers=KEY, login=claims())

    public, staff = bookings.calls[0].idempotency, bookings.calls[1].idempotency
    assert (public and public.scope, staff and staff.scope) == ("public:book", "stf_1:release")


def test_reading_takes_no_key() -> None:
    app, bookings = build_demo_app()
    send(app, "GET", "/bookings/a", headers=KEY, login=claims())

    assert bookings.calls[0].idempotency is None


def test_an_answer_that_expired_between_writing_and_reading_asks_to_come_back() -> None:
    class Forgetful(dict[tuple[str, str], StoredResponse]):
        def get(self, key: object, default: object = None) -> None:  # type: ignore[override]  # a row past its TTL
            return None

    app, _ = build_demo_app(DemoBookings(rows=Forgetful()))
    book(app)

    assert book(app).status == 503
