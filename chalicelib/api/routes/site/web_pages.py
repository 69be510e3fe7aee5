"""The pages for people: the booking page, the page behind the link in a mail, and what they load."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.api.http.routing import PUBLIC, Call, Routes
from chalicelib.api.http.static_files import HTML, SCRIPT, STYLE, page
from chalicelib.api.schemas.shared.fields import AnyQuery, NoBody
from chalicelib.domain.shared.errors import NotFound
from chalicelib.web.assets import asset

routes = Routes(__name__, tag="Pages")


def _show(address: str) -> Response:
    found = asset(address)
    if found is None:
        raise NotFound()
    return page(found.body, found.content_type, found.headers)


@routes.get("/", query=AnyQuery, who=PUBLIC, produces=HTML)
def show_booking_page(call: Call[NoBody, AnyQuery]) -> Response:
    """The booking page."""
    return _show("/")


@routes.get("/manage", query=AnyQuery, who=PUBLIC, produces=HTML)
def show_manage_page(call: Call[NoBody, AnyQuery]) -> Response:
    """The page on which clients move and cancel their appointment; changes nothing itself."""
    return _show("/manage")


@routes.get("/widget.js", who=PUBLIC, produces=SCRIPT)
def show_widget(call: Call[Any, Any]) -> Response:
    """The embeddable `<frontdesk-booking>` element."""
    return _show("/widget.js")


@routes.get("/manage.js", who=PUBLIC, produces=SCRIPT)
def show_manage_script(call: Call[Any, Any]) -> Response:
    """The script of the manage page."""
    return _show("/manage.js")


@routes.get("/page.css", who=PUBLIC, produces=STYLE)
def show_page_style(call: Call[Any, Any]) -> Response:
    """The style of both pages."""
    return _show("/page.css")
