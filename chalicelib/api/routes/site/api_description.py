"""The API's description of itself: its OpenAPI document, and that document as a web page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from chalice.app import Response

from chalicelib import web
from chalicelib.api.http.cached_pages import HTML, SCRIPT, STYLE, static_response
from chalicelib.api.http.routing import PUBLIC, Call, NoBody, NoQuery, Route, Routes
from chalicelib.domain.shared.errors import NotFound

_DOCS_DIRECTORY = Path(web.__file__).parent / "docs"
_HEADERS = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    # Swagger UI builds its icons from data URLs and styles from script.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


def description_routes(resources: Iterable[Routes]) -> Routes:
    """The routes that describe these resources, and themselves."""
    meta = Routes(__name__, tag="Meta")
    described = [*resources, meta]

    @meta.get("/openapi.json", produces="application/json", access=PUBLIC)
    def show_document(call: Call[NoBody, NoQuery]) -> str:
        """This document."""
        listed = tuple(route for resource in described for route in resource.declared)
        return _openapi_json(listed, call.public_url)

    @meta.get("/docs", produces=HTML, access=PUBLIC)
    def show_documentation(call: Call[NoBody, NoQuery]) -> Response:
        """This document as a web page."""
        return static_response(_read_text(_DOCS_DIRECTORY / "index.html"), HTML, _HEADERS)

    @meta.get("/docs/{part}", produces=SCRIPT, access=PUBLIC)
    def show_documentation_part(call: Call[NoBody, NoQuery]) -> Response:
        """A script or style of that page."""
        found = _swagger_files().get(call.path["part"])
        if found is None:
            raise NotFound()
        return static_response(_read_text(found), STYLE if found.suffix == ".css" else SCRIPT, _HEADERS)

    return meta


@cache
def _openapi_json(listed: tuple[Route, ...], public_url: str) -> str:
    # Imported on use: no other request needs the code that generates schemas.
    from chalicelib.api.http import openapi

    return json.dumps(openapi.document(listed, public_url), separators=(",", ":"))


@cache
def _read_text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@cache
def _swagger_files() -> dict[str, Path]:
    """Swagger UI as Powertools ships it: it is deployed anyway, so no second copy is needed."""
    spec = find_spec("aws_lambda_powertools")
    if spec is None or spec.origin is None:
        raise NotFound()
    shipped = Path(spec.origin).parent / "event_handler" / "openapi" / "swagger_ui"
    return {
        "swagger-ui.js": shipped / "swagger-ui-bundle.min.js",
        "swagger-ui.css": shipped / "swagger-ui.min.css",
        "start.js": _DOCS_DIRECTORY / "start.js",
    }
