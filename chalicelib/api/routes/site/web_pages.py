"""The web pages: the booking page, the manage page behind the link in a message, and their scripts and style."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.api.http.cached_pages import HTML, SCRIPT, STYLE, static_response
from chalicelib.api.http.routing import PUBLIC, Call, Routes
from chalicelib.api.schemas.shared.fields import AnyQuery, NoBody
from chalicelib.domain.shared.errors import NotFound
from chalicelib.web.assets import find_asset

routes = Routes(__name__, tag="Pages")


def _asset_response(address: str) -> Response:
    found = find_asset(address)
    if found is None:
        raise NotFound()
    return static_response(found.body, found.content_type, found.headers)


@routes.get("/", query=AnyQuery, access=PUBLIC, produces=HTML)
def show_booking_page(call: Call[NoBody, AnyQuery]) -> Response:
    """The booking page."""
    return _asset_response("/")


@routes.get("/manage", query=AnyQuery, access=PUBLIC, produces=HTML)
def show_manage_page(call: Call[NoBody, AnyQuery]) -> Response:
    """The page on which clients move and cancel their appointment; changes nothing itself."""
    return _asset_response("/manage")


@routes.get("/widget.js", access=PUBLIC, produces=SCRIPT)
def show_widget(call: Call[Any, Any]) -> Response:
    """The embeddable `<frontdesk-booking>` element."""
    return _asset_response("/widget.js")


@routes.get("/manage.js", access=PUBLIC, produces=SCRIPT)
def show_manage_script(call: Call[Any, Any]) -> Response:
    """The script of the manage page."""
    return _asset_response("/manage.js")


@routes.get("/page.css", access=PUBLIC, produces=STYLE)
def show_page_style(call: Call[Any, Any]) -> Response:
    """The style of both pages."""
    return _asset_response("/page.css")
