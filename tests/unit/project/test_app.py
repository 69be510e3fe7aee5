"""The deployed app as a whole: every route well declared, every handler where Lambda looks for it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from openapi_spec_validator import validate

import app
from chalicelib.api.http.routing import NoBody, NoQuery, Route
from chalicelib.container import container
from tests.builders.doubles.api_gateway import send
from tests.builders.doubles.demo_api import DemoBookings, FakeParts

ROOT = Path(__file__).parents[3]
ROUTES = [route for routes in app.DECLARED for route in routes.declared]
IDS = [f"{route.method} {route.path}" for route in ROUTES]


@pytest.fixture(autouse=True)
def fake_parts() -> None:
    FakeParts(DemoBookings(), allowed=()).install()


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_a_handler_takes_what_its_route_declares(route: Route) -> None:
    (call,) = inspect.signature(route.handler).parameters
    annotated = get_args(get_type_hints(route.handler)[call])

    for declared, written, nothing in zip((route.body, route.query), annotated, (NoBody, NoQuery), strict=True):
        assert declared is nothing if written is Any else issubclass(declared, written)


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_a_route_explains_itself(route: Route) -> None:
    assert (route.handler.__doc__ or "").strip()
    assert route.tag


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [route.name for route in ROUTES]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.public], ids=lambda r: f"{r.method} {r.path}")
def test_staff_routes_stand_behind_the_user_pool_and_refuse_without_a_login(route: Route) -> None:
    entry = app.app.routes[route.path][route.method]
    assert entry.authorizer is not None

    reply = send(app.app, route.method, route.path.replace("{", "").replace("}", ""))
    assert (reply.status, reply.json["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("route", [r for r in ROUTES if r.public], ids=lambda r: f"{r.method} {r.path}")
def test_public_routes_need_no_login(route: Route) -> None:
    assert app.app.routes[route.path][route.method].authorizer is None


def test_the_document_of_the_whole_api_is_valid() -> None:
    document = send(app.app, "GET", "/openapi.json").json

    validate(document)
    described = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    assert described == {(route.path, route.method) for route in ROUTES}


def test_every_lambda_handler_lives_in_app_py() -> None:
    handlers = [function.handler_string for function in app.app.event_sources + app.app.pure_lambda_functions]

    assert len(handlers) >= 4
    assert [handler for handler in handlers if not handler.startswith("app.")] == []


class Unreachable:
    """A part that must not be used."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the table was asked: {name}")


def test_health_asks_nothing_behind_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("store", "allowed_origins", "principal_for"):
        monkeypatch.setitem(vars(container), name, Unreachable())
    reply = send(app.app, "GET", "/health")

    assert (reply.status, reply.json["status"]) == (200, "ok")


@pytest.mark.parametrize(
    ("url", "kind", "text"),
    [
        ("/", "text/html", "<frontdesk-booking"),
        ("/manage", "text/html", "manage.js"),
        ("/widget.js", "text/javascript", "customElements"),
        ("/manage.js", "text/javascript", "customElements"),
        ("/page.css", "text/css", "{"),
        ("/docs", "text/html", "swagger-ui.js"),
        ("/docs/start.js", "text/javascript", "openapi.json"),
        ("/docs/swagger-ui.js", "text/javascript", "SwaggerUIBundle"),
        ("/docs/swagger-ui.css", "text/css", ".swagger-ui"),
    ],
)
def test_a_page_is_served_once_and_then_confirmed(url: str, kind: str, text: str) -> None:
    first = send(app.app, "GET", url)
    assert first.status == 200
    assert text in first.text
    assert first.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert first.headers["X-Content-Type-Options"] == "nosniff"

    again = send(app.app, "GET", url, headers={"if-none-match": f"W/{first.headers['ETag']}"})
    assert (again.status, again.text, again.headers["ETag"]) == (304, "", first.headers["ETag"])


@pytest.mark.parametrize("url", ["/", "/manage", "/docs"])
def test_pages_load_scripts_of_their_own_origin_only(url: str) -> None:
    policy = send(app.app, "GET", url).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_no_other_file_is_reached_through_the_documentation() -> None:
    for part in ("..%2f..%2fapp.py", "index.html", "__init__.py"):
        assert send(app.app, "GET", f"/docs/{part}").status == 404


def test_a_cold_start_loads_nothing_that_only_some_requests_need() -> None:
    later = {"boto3", "pynamodb", "cattrs", "jinja2", "icalendar", "phonenumbers", "holidays", "dateutil"}
    later |= {"email_validator", "chalicelib.api.http.openapi", "chalicelib.persistence", "chalicelib.notifications"}
    command = [sys.executable, "-c", "import app, sys; print(*sys.modules)"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()

    assert "chalicelib.api.http.routing" in loaded
    assert later & set(loaded) == set()
