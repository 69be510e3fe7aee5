"""The element on another site: one script tag, that site's colours, that site's origin."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.builders.in_browser.page_branch import PageBlockBranch
from tests.builders.in_browser.page_visitor import PageVisitor


def shop(branch: PageBlockBranch) -> str:
    """A page of another site with the element on it."""
    return f"""<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1>
    <style>frontdesk-booking {{ --frontdesk-accent: rgb(120, 40, 20) }} button {{ display: none }}</style>
    <script type="module" src="{branch.api_url}widget.js"></script>
    <frontdesk-booking lang="fr" service="{branch.service_id}" location="{branch.location_id}"></frontdesk-booking>"""


@pytest.fixture
def site(branch: PageBlockBranch) -> Iterator[str]:
    """The URL of that page; another port is another origin."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(shop(branch).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_books_from_another_site(visitor: PageVisitor, branch: PageBlockBranch, site: str) -> None:
    page = visitor.page
    page.goto(site)
    page.evaluate("addEventListener('frontdesk-booked', (event) => { document.title = event.detail.start; })")
    visitor.button("À la succursale").click()
    visitor.at("time")
    start = visitor.pick_time()
    visitor.at("details")
    expect(visitor.button("Vérifier")).to_have_css("background-color", "rgb(120, 40, 20)")
    visitor.book_in_french()
    expect(page).to_have_title(start)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    manage = page.get_by_role("link", name="Déplacer ou annuler")
    assert (manage.get_attribute("href") or "").startswith(f"{branch.api_url}manage?")
