"""For everybody: screen readers, the keyboard alone, a small phone, French, other time zones."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.builders.in_browser.chromium_fixtures import PHONE, Arrive
from tests.builders.in_browser.page_block_branch import Branch
from tests.builders.in_browser.page_visitor import Visitor


@pytest.mark.parametrize("look", [{"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}], ids=["desk", "phone"])
def test_every_step_of_booking_is_accessible_and_fits(arrive: Arrive, branch: Branch, look: dict[str, object]) -> None:
    visitor = arrive(**look)

    def good() -> None:
        visitor.accessible()
        visitor.fits()

    visitor.page.goto(branch.api_url)
    expect(visitor.page.locator(".card .choice").first).to_be_visible()
    good()
    visitor.page.goto(branch.address())
    expect(visitor.button("At the branch")).to_be_visible()
    good()
    visitor.choose_method(branch)
    good()
    branch.book(visitor.slots.nth(4).get_attribute("data-start") or "")
    visitor.pick_time(4)
    expect(visitor.page.locator(".nearest .slot").first).to_be_visible()
    expect(visitor.slots.first).to_be_visible()
    good()
    visitor.pick_time(0)
    visitor.at("details")
    good()
    visitor.button("Review").click()
    expect(visitor.page.get_by_label("First name")).to_be_focused()
    good()
    visitor.to_review()
    good()
    visitor.confirm()
    good()


@pytest.mark.parametrize("look", [{"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}], ids=["desk", "phone"])
def test_every_step_of_managing_is_accessible_and_fits(arrive: Arrive, branch: Branch, look: dict[str, object]) -> None:
    visitor = arrive(**look)

    def good() -> None:
        visitor.accessible()
        visitor.fits()

    booked = branch.book(branch.free()[-1])
    visitor.page.goto(branch.manage_address(booked))
    expect(visitor.button("Move to another time")).to_be_visible()
    good()
    visitor.button("Move to another time").click()
    expect(visitor.slots.first).to_be_visible()
    good()
    visitor.pick_time(1)
    visitor.at("settle")
    good()
    visitor.button("Yes, move it").click()
    expect(visitor.page.get_by_role("status").filter(has_text="is moved")).to_be_visible()
    good()
    visitor.button("Cancel appointment").click()
    visitor.at("cancel")
    good()
    visitor.button("Yes, cancel it").click()
    expect(visitor.page.get_by_text("Cancelled", exact=True)).to_be_visible()
    good()


def test_books_with_the_keyboard_alone(visitor: Visitor, branch: Branch) -> None:
    page, press = visitor.page, visitor.page.keyboard.press
    page.goto(branch.address())
    expect(visitor.button("At the branch")).to_be_visible()
    visitor.tab_to("At the branch")
    press("Enter")
    visitor.at("time")
    expect(visitor.slots.first).to_be_visible()
    visitor.tab_to("day ")
    first = visitor.focused
    press("ArrowRight")
    assert visitor.focused != first
    press("Space")
    expect(page.locator(".day[aria-pressed=true]")).to_be_focused()
    visitor.tab_to("slot ")
    press("Enter")
    visitor.at("details")
    typed = {"First name": "Ana", "Last name": "Ruiz", "E-mail": "ana@example.org"}
    for label, words in typed.items():
        visitor.tab_to(label)
        page.keyboard.type(words)
    visitor.tab_to("What is it about?")
    page.keyboard.type("Renewal")
    press("Enter")
    visitor.tab_to("Review")
    press("Enter")
    visitor.at("review")
    visitor.tab_to("Confirm booking")
    press("Enter")
    visitor.at("done")


def test_books_on_a_phone(arrive: Arrive, branch: Branch) -> None:
    visitor = arrive(**PHONE)
    visitor.page.goto(branch.address())
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


def test_speaks_french_and_switching_keeps_what_was_typed(arrive: Arrive, branch: Branch) -> None:
    visitor = arrive(locale="fr-CA")
    visitor.page.goto(branch.address())
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
    visitor.page.get_by_label("Nom", exact=True).fill("Roy")
    visitor.page.get_by_label("Courriel").fill("chloe@example.org")
    visitor.page.get_by_label("What is it about?").select_option("Renewal")
    visitor.button("Vérifier").click()
    visitor.at("review")
    visitor.button("Confirmer le rendez-vous").click()
    visitor.at("done")
    visitor.page.get_by_role("link", name="Déplacer ou annuler").click()
    expect(visitor.button("Annuler le rendez-vous")).to_be_visible()


def clock(start: str, zone: str) -> str:
    """The wall time as the page says it in English."""
    local = datetime.fromisoformat(start).astimezone(ZoneInfo(zone))
    return f"{local.hour % 12 or 12}:{local:%M} {'a.m.' if local.hour < 12 else 'p.m.'}"


@pytest.mark.parametrize(
    ("method", "shown", "beside"),
    [
        ("At the branch", "America/Toronto", "America/Chicago"),
        ("By phone", "America/Chicago", "America/Toronto"),
    ],
)
def test_a_visit_is_told_in_the_branch_zone_a_call_in_the_visitors(
    arrive: Arrive, branch: Branch, method: str, shown: str, beside: str
) -> None:
    visitor = arrive(timezone_id="America/Chicago")
    visitor.choose_method(branch, method)
    expect(visitor.page.locator(".zone")).to_contain_text("Eastern Time")
    expect(visitor.page.locator(".zone")).to_contain_text("Central Time")
    words = visitor.slots.nth(2).text_content()
    start = visitor.pick_time(2)
    visitor.to_review()
    assert words == clock(start, shown)
    expect(visitor.page.locator(".facts").first).to_contain_text(clock(start, beside))
    assert visitor.confirm()["timezone"] == shown
