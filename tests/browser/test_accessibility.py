"""Accessibility: screen readers, the keyboard alone, a small phone, French, other time zones."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.builders.in_browser.chromium_fixtures import PHONE, OpenVisitor, each_screen
from tests.builders.in_browser.page_branch import PageBlockBranch
from tests.builders.in_browser.page_visitor import PageVisitor


@each_screen
def test_every_step_of_booking_is_accessible_and_fits(
    open_visitor: OpenVisitor, branch: PageBlockBranch, screen: dict[str, object]
) -> None:
    visitor = open_visitor(**screen)

    visitor.page.goto(branch.api_url)
    expect(visitor.page.locator(".card .choice").first).to_be_visible()
    visitor.require_accessible()
    visitor.page.goto(branch.booking_url())
    expect(visitor.button("At the branch")).to_be_visible()
    visitor.require_accessible()
    visitor.choose_method(branch)
    visitor.require_accessible()
    branch.book_start(visitor.slots.nth(4).get_attribute("data-start") or "")
    visitor.pick_time(4)
    expect(visitor.page.locator(".nearest .slot").first).to_be_visible()
    expect(visitor.slots.first).to_be_visible()
    visitor.require_accessible()
    visitor.pick_time(0)
    visitor.at("details")
    visitor.require_accessible()
    visitor.button("Review").click()
    expect(visitor.page.get_by_label("First name")).to_be_focused()
    visitor.require_accessible()
    visitor.to_review()
    visitor.require_accessible()
    visitor.confirm()
    visitor.require_accessible()


@each_screen
def test_every_step_of_managing_is_accessible_and_fits(
    open_visitor: OpenVisitor, branch: PageBlockBranch, screen: dict[str, object]
) -> None:
    visitor = open_visitor(**screen)

    visitor.open_manage_page(branch)
    expect(visitor.button("Move to another time")).to_be_visible()
    visitor.require_accessible()
    visitor.button("Move to another time").click()
    expect(visitor.slots.first).to_be_visible()
    visitor.require_accessible()
    visitor.pick_time(1)
    visitor.at("settle")
    visitor.require_accessible()
    visitor.button("Yes, move it").click()
    expect(visitor.page.get_by_role("status").filter(has_text="is moved")).to_be_visible()
    visitor.require_accessible()
    visitor.button("Cancel appointment").click()
    visitor.at("cancel")
    visitor.require_accessible()
    visitor.button("Yes, cancel it").click()
    expect(visitor.page.get_by_text("Cancelled", exact=True)).to_be_visible()
    visitor.require_accessible()


def test_books_with_the_keyboard_alone(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    page, press = visitor.page, visitor.page.keyboard.press
    page.goto(branch.booking_url())
    expect(visitor.button("At the branch")).to_be_visible()
    visitor.press_on("At the branch")
    visitor.see_times()
    visitor.tab_to("day ")
    first = visitor.focused
    press("ArrowRight")
    assert visitor.focused != first
    press("Space")
    expect(page.locator(".day[aria-pressed=true]")).to_be_focused()
    visitor.book_by_keyboard()


def test_books_on_a_phone(open_visitor: OpenVisitor, branch: PageBlockBranch) -> None:
    visitor = open_visitor(**PHONE)
    visitor.page.goto(branch.booking_url())
    visitor.button("At the branch").tap()
    visitor.at("time")
    start = visitor.slots.nth(1).get_attribute("data-start")
    visitor.slots.nth(1).tap()
    visitor.to_review()
    assert visitor.confirm()["start"] == start
    small = visitor.page.locator("button, a.main, a.plain").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().height < 24).map(one => one.textContent)"
    )
    assert small == []


def test_speaks_french_and_switching_keeps_what_was_typed(open_visitor: OpenVisitor, branch: PageBlockBranch) -> None:
    visitor = open_visitor(locale="fr-CA")
    visitor.page.goto(branch.booking_url())
    visitor.button("À la succursale").click()
    visitor.at("time")
    expect(visitor.page.locator("html")).to_have_attribute("lang", "fr")
    expect(visitor.slots.first).to_contain_text(" h ")
    visitor.pick_time()
    visitor.at("details")
    visitor.page.get_by_label("Prénom").fill("Chloé")
    visitor.button("English").click()
    expect(visitor.button("English")).to_be_focused()
    expect(visitor.page.get_by_label("First name")).to_have_value("Chloé")
    visitor.button("Français").click()
    expect(visitor.page.get_by_label("Prénom")).to_have_value("Chloé")
    visitor.book_in_french()
    visitor.page.get_by_role("link", name="Déplacer ou annuler").click()
    expect(visitor.button("Annuler le rendez-vous")).to_be_visible()


def local_clock_time(start: str, zone: str) -> str:
    """The local time as the page shows it in English."""
    local = datetime.fromisoformat(start).astimezone(ZoneInfo(zone))
    return f"{local.hour % 12 or 12}:{local:%M} {'a.m.' if local.hour < 12 else 'p.m.'}"


@pytest.mark.parametrize(
    ("method", "shown", "beside"),
    [
        ("At the branch", "America/Toronto", "America/Chicago"),
        ("By phone", "America/Chicago", "America/Toronto"),
    ],
)
def test_a_visit_is_shown_in_the_branch_zone_a_call_in_the_visitors(
    open_visitor: OpenVisitor, branch: PageBlockBranch, method: str, shown: str, beside: str
) -> None:
    visitor = open_visitor(timezone_id="America/Chicago")
    visitor.choose_method(branch, method)
    expect(visitor.page.locator(".zone")).to_contain_text("Eastern Time")
    expect(visitor.page.locator(".zone")).to_contain_text("Central Time")
    words = visitor.slots.nth(2).text_content()
    start = visitor.pick_time(2)
    visitor.to_review()
    assert words == local_clock_time(start, shown)
    expect(visitor.page.locator(".facts").first).to_contain_text(local_clock_time(start, beside))
    assert visitor.confirm()["timezone"] == shown
