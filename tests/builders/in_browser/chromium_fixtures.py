"""Fixtures for the system's Chromium and for visitors with a language, a time zone and a screen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.builders.in_browser.page_visitor import PageVisitor

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT_MS = 20_000
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

OpenVisitor = Callable[..., PageVisitor]

each_screen = pytest.mark.parametrize(
    "screen", [{"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}], ids=["desk", "phone"]
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each visitor has a context of their own."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    assert executable, f"None of {', '.join(NAMES)} is installed."
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_visitor(chromium: Browser) -> Iterator[OpenVisitor]:
    """Opens visitors; a script error on any of their pages fails the test."""
    contexts = []
    errors: list[str] = []

    def make(**options: Any) -> PageVisitor:
        defaults: dict[str, Any] = {"locale": "en-CA", "timezone_id": "America/Toronto"}
        context = chromium.new_context(**defaults | options)
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
        return PageVisitor(page)

    yield make
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def visitor(open_visitor: OpenVisitor) -> PageVisitor:
    """A visitor in Toronto who reads English on a desktop."""
    return open_visitor()
