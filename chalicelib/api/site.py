"""The pages for people: the booking page, the page behind the link in a mail, and the scripts they load."""

from __future__ import annotations

from chalicelib.api.pages import WEB, folder, page
from chalicelib.api.routing import Routes

routes = Routes(__name__, tag="Pages")

page(routes, "/", "show_booking_page", WEB / "index.html")
page(routes, "/manage", "show_manage_page", WEB / "manage.html")
page(routes, "/widget.js", "show_widget", WEB / "widget.js")
page(routes, "/manage.js", "show_manage_script", WEB / "manage.js")
page(routes, "/page.css", "show_page_style", WEB / "page.css")
folder(routes, "/widget/{file}", "show_widget_part", WEB / "widget")
