"""What the API says of itself: its document, that document as a web page, and that it is alive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from chalice.app import Response

from chalicelib import __version__
from chalicelib.api import openapi, pages
from chalicelib.api.routing import PUBLIC, Call, NoBody, NoQuery, Route, Routes
from chalicelib.api.schemas.fields import Answer
from chalicelib.domain.errors import NotFound

# The page builds its icons from data URLs and styles from script.
_CSP = pages.CONTENT_SECURITY_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


class Health(Answer):
    """The API answers; nothing behind it has been asked."""

    status: str
    version: str


def routes(resources: Iterable[Routes]) -> Routes:
    """The routes that describe these resources, and themselves."""
    meta = Routes(__name__, tag="Meta")
    described = [*resources, meta]

    @meta.get("/health", answer=Health, who=PUBLIC)
    def health(call: Call[NoBody, NoQuery]) -> Health:
        """Whether the API answers; nothing behind it is asked."""
        return Health(status="ok", version=__version__)

    @meta.get("/openapi.json", produces="application/json", who=PUBLIC)
    def show_document(call: Call[NoBody, NoQuery]) -> str:
        """This document."""
        listed = tuple(route for resource in described for route in resource.declared)
        return _document(listed, call.public_url)

    pages.page(meta, "/docs", "show_documentation", pages.WEB / "docs" / "index.html", _CSP)

    @meta.get("/docs/{asset}", produces="text/javascript", who=PUBLIC)
    def show_documentation_asset(call: Call[NoBody, NoQuery]) -> Response:
        """A script or style of the documentation page."""
        return pages.served(_assets().get(call.path["asset"]))

    return meta


@cache
def _document(listed: tuple[Route, ...], public_url: str) -> str:
    return json.dumps(openapi.document(listed, public_url), separators=(",", ":"))


@cache
def _assets() -> dict[str, Path]:
    """Swagger UI as Powertools ships it: it travels to Lambda anyway, so no second copy is needed."""
    spec = find_spec("aws_lambda_powertools")
    if spec is None or spec.origin is None:
        raise NotFound()
    shipped = Path(spec.origin).parent / "event_handler" / "openapi" / "swagger_ui"
    return {
        "swagger-ui.js": shipped / "swagger-ui-bundle.min.js",
        "swagger-ui.css": shipped / "swagger-ui.min.css",
        "start.js": pages.WEB / "docs" / "start.js",
    }
