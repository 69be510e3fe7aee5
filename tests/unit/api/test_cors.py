"""Cross-origin calls: public routes for configured origins, staff routes for the console's own."""

from __future__ import annotations

import pytest

from tests.builders.doubles.api_gateway import claims, send
from tests.builders.doubles.demo_api import FakeParts, build_demo_app

OWN, BANK, STRANGER = "https://desk.example", "https://bank.example", "https://stranger.example"
PUBLIC, STAFF = "/file.ics", "/bookings/a"


@pytest.mark.parametrize(
    ("origin", "url", "allowed"),
    [
        (BANK, PUBLIC, BANK),
        (OWN, PUBLIC, OWN),
        (STRANGER, PUBLIC, None),
        (OWN, STAFF, OWN),
        (BANK, STAFF, None),
        ("null", STAFF, None),
        (None, PUBLIC, None),
    ],
)
def test_an_answer_names_the_origin_that_may_read_it(origin: str | None, url: str, allowed: str | None) -> None:
    app, _ = build_demo_app()
    reply = send(app, "GET", url, login=claims(), headers={"origin": origin} if origin else {})

    assert reply.status == 200
    assert (reply.headers.get("Access-Control-Allow-Origin"), reply.headers["Vary"]) == (allowed, "Origin")


def test_refusals_can_be_read_across_origins_too() -> None:
    app, _ = build_demo_app()
    reply = send(app, "POST", "/bookings/a", body="{", headers={"origin": BANK})

    assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (400, BANK)


@pytest.mark.parametrize(("origin", "allowed"), [(OWN, OWN), (STRANGER, None)])
def test_a_preflight_answers_for_every_method_of_the_path(origin: str, allowed: str | None) -> None:
    app, _ = build_demo_app()
    reply = send(app, "OPTIONS", "/bookings/a", headers={"origin": origin})

    assert reply.status == 204
    assert reply.headers.get("Access-Control-Allow-Origin") == allowed
    methods = "DELETE,GET,PATCH,POST" if allowed else None
    assert reply.headers.get("Access-Control-Allow-Methods") == methods
    if allowed:
        assert "Idempotency-Key" in reply.headers["Access-Control-Allow-Headers"]


def test_a_star_opens_public_routes_only() -> None:
    app, _ = build_demo_app(allowed=("*",))
    headers = {"origin": STRANGER}

    assert send(app, "GET", PUBLIC, headers=headers).headers["Access-Control-Allow-Origin"] == "*"
    staff = send(app, "GET", STAFF, headers=headers, login=claims())
    assert "Access-Control-Allow-Origin" not in staff.headers


def test_origins_that_cannot_be_read_do_not_spoil_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(_: FakeParts) -> tuple[str, ...]:
        raise TimeoutError

    app, _ = build_demo_app()
    monkeypatch.setattr(FakeParts, "current", unreachable)
    reply = send(app, "GET", PUBLIC, headers={"origin": BANK})

    assert (reply.status, reply.headers.get("Access-Control-Allow-Origin")) == (200, None)
