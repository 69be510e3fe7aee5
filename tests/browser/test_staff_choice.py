"""Choosing whom to see: that person's times alone, anyone's, another person, and the page behind the link."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import ZONE
from tests.builders.in_browser.chromium_fixtures import PHONE, Arrive
from tests.builders.in_browser.page_staff_branch import MONA, NOOR, Practice, founded
from tests.builders.in_browser.page_visitor import Visitor
from tests.builders.on_stack.local_stack import Stack


@pytest.fixture
def practice(admin: httpx.Client, stack: Stack) -> Practice:
    """A practice for one test."""
    return founded(admin, f"{stack.api_url}/")


def with_whom(visitor: Visitor) -> Locator:
    """The line of the summary that names the person."""
    return visitor.page.locator(".facts > div").filter(has=visitor.page.get_by_text("With", exact=True))


def of_days_shown(starts: list[str], free: list[str]) -> list[str]:
    """Those free times that lie on the days of ``starts``; in Toronto no office day crosses midnight UTC."""
    shown = {start[:10] for start in starts}
    return [start for start in free if start[:10] in shown]


def test_a_chosen_person_is_booked_at_their_times_alone(visitor: Visitor, practice: Practice) -> None:
    visitor.choose_staff(practice, NOOR)
    assert visitor.starts == of_days_shown(visitor.starts, practice.free(practice.noor))
    assert not set(visitor.starts) & set(practice.free(practice.mona))
    start = visitor.pick_time(1)
    visitor.to_review()
    expect(with_whom(visitor)).to_contain_text(NOOR)
    booked = visitor.confirm()
    expect(with_whom(visitor)).to_contain_text(NOOR)

    seen = practice.appointment(booked)
    assert (seen["start"], seen["staff_name"]) == (start, NOOR)
    assert start not in practice.free()
    visitor.page.get_by_role("link", name="Move or cancel").click()
    visitor.page.wait_for_url(re.compile("/manage"))
    expect(with_whom(visitor)).to_contain_text(NOOR)


def test_anyone_comes_first_and_has_everybodys_times(visitor: Visitor, practice: Practice) -> None:
    visitor.page.goto(practice.address())
    visitor.button("At the branch").click()
    visitor.at("staff")
    offered = visitor.page.locator("[data-step=staff] .choice")
    expect(offered.locator("strong")).to_have_text(["Anyone", MONA, NOOR])
    expect(offered.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(offered.nth(1)).to_contain_text("Speaks English and French")
    visitor.button("Anyone").click()
    visitor.at("time")
    expect(visitor.slots.first).to_be_visible()
    both = sorted(practice.free(practice.mona) + practice.free(practice.noor))
    assert practice.free() == both
    assert visitor.starts == of_days_shown(visitor.starts, both)
    visitor.pick_time(0)
    visitor.to_review()
    expect(with_whom(visitor)).to_contain_text("Anyone")
    booked = visitor.confirm()
    hour = datetime.fromisoformat(booked["start"]).astimezone(ZoneInfo(ZONE)).hour
    assert practice.appointment(booked)["staff_name"] == (MONA if hour < 12 else NOOR)


def test_whoever_the_answer_names_is_shown(visitor: Visitor, practice: Practice) -> None:
    def named(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"staff_name": MONA})

    visitor.page.route("**/public/appointments", named)
    visitor.choose_staff(practice, "Anyone")
    visitor.pick_time(0)
    visitor.to_review()
    visitor.confirm()
    expect(with_whom(visitor)).to_contain_text(MONA)


def test_another_person_gives_the_held_time_back_and_has_other_times(visitor: Visitor, practice: Practice) -> None:
    visitor.choose_staff(practice, MONA)
    held = visitor.pick_time(1)
    visitor.at("details")
    assert held not in practice.free(practice.mona)
    visitor.page.get_by_role("button", name="Change: With").click()
    visitor.at("staff")
    expect(visitor.button(MONA)).to_have_attribute("aria-pressed", "true")
    visitor.button("Anyone").click()
    visitor.at("time")
    expect(visitor.page.locator(f"[data-start='{held}']")).to_be_visible()
    expect(visitor.page.locator(".summary")).not_to_contain_text(MONA)
    visitor.button("Back").click()
    visitor.at("staff")
    visitor.button(NOOR).click()
    visitor.at("time")
    expect(visitor.slots.first).to_be_visible()
    assert visitor.starts == of_days_shown(visitor.starts, practice.free(practice.noor))
    assert held in practice.free(practice.mona)


def test_the_same_person_again_keeps_the_held_time(visitor: Visitor, practice: Practice) -> None:
    visitor.choose_staff(practice, MONA)
    held = visitor.pick_time(1)
    visitor.at("details")
    visitor.page.get_by_role("button", name="Change: With").click()
    visitor.button(MONA).click()
    visitor.at("time")
    expect(visitor.page.locator(f"[data-start='{held}']")).to_be_visible()
    assert held not in practice.free(practice.mona)


def test_a_time_taken_before_the_click_gives_the_nearest_of_the_same_person(
    visitor: Visitor, practice: Practice
) -> None:
    visitor.choose_staff(practice, NOOR)
    practice.book(visitor.starts[2], practice.noor)
    visitor.pick_time(2)
    expect(visitor.page.get_by_role("alert")).to_contain_text("just been taken")
    nearest = visitor.page.locator(".nearest .slot")
    expect(nearest).to_have_count(3)
    starts = nearest.evaluate_all("all => all.map(one => one.dataset.start)")
    assert set(starts) <= set(practice.free(practice.noor))
    nearest.first.click()
    visitor.to_review()
    assert practice.appointment(visitor.confirm())["staff_name"] == NOOR


def test_the_page_behind_the_link_moves_within_the_persons_times(visitor: Visitor, practice: Practice) -> None:
    booked = practice.book(practice.free(practice.mona)[-1], practice.mona)
    visitor.page.goto(practice.manage_address(booked))
    expect(with_whom(visitor)).to_contain_text(MONA)
    visitor.button("Move to another time").click()
    visitor.at("move")
    expect(visitor.slots.first).to_be_visible()
    assert visitor.starts == of_days_shown(visitor.starts, practice.free(practice.mona))
    start = visitor.pick_time(1)
    visitor.at("settle")
    visitor.button("Yes, move it").click()
    expect(visitor.page.get_by_role("status").filter(has_text="is moved")).to_be_visible()
    seen = practice.appointment(booked)
    assert (seen["start"], seen["staff_name"]) == (start, MONA)
    assert booked["start"] in practice.free(practice.mona)


def test_somebody_who_can_no_longer_be_chosen_leads_back_to_the_choice(
    visitor: Visitor, practice: Practice, admin: httpx.Client
) -> None:
    visitor.choose_staff(practice, NOOR)
    admin.patch(f"/staff/{practice.noor}", json={"service_ids": []}).raise_for_status()
    visitor.pick_time(0)
    visitor.at("staff")
    expect(visitor.page.get_by_role("alert")).to_contain_text("can no longer be booked")
    expect(visitor.button(NOOR)).to_have_count(0)
    visitor.button(MONA).click()
    visitor.at("time")
    visitor.pick_time(0)
    visitor.to_review()
    assert practice.appointment(visitor.confirm())["staff_name"] == MONA


def test_where_there_is_nobody_to_choose_the_step_is_left_out(
    visitor: Visitor, practice: Practice, admin: httpx.Client
) -> None:
    for staff_id in (practice.mona, practice.noor):
        admin.patch(f"/staff/{staff_id}", json={"service_ids": []}).raise_for_status()
    visitor.page.goto(practice.address())
    visitor.button("At the branch").click()
    visitor.at("time")
    expect(visitor.page.get_by_text("No free times in")).to_be_visible()
    visitor.button("Back").click()
    visitor.at("method")


def test_chooses_and_books_with_the_keyboard_alone(visitor: Visitor, practice: Practice) -> None:
    page, press = visitor.page, visitor.page.keyboard.press
    page.goto(practice.address())
    expect(visitor.button("At the branch")).to_be_visible()
    visitor.tab_to("At the branch")
    press("Enter")
    visitor.at("staff")
    press("Tab")
    assert "Anyone" in visitor.focused
    visitor.tab_to(NOOR)
    press("Space")
    visitor.at("time")
    expect(visitor.slots.first).to_be_visible()
    visitor.tab_to("slot ")
    press("Enter")
    visitor.at("details")
    for label, words in {"First name": "Ana", "Last name": "Ruiz", "E-mail": "ana@example.org"}.items():
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
    expect(with_whom(visitor)).to_contain_text(NOOR)


@pytest.mark.parametrize(
    "look", [{"color_scheme": "light"}, {"color_scheme": "dark", "locale": "fr-CA", **PHONE}], ids=["desk", "phone"]
)
def test_the_choice_is_accessible_and_fits(arrive: Arrive, practice: Practice, look: dict[str, Any]) -> None:
    visitor = arrive(**look)
    visitor.page.goto(practice.address())
    visitor.page.locator("[data-step=method] .choice").first.click()
    visitor.at("staff")
    if look.get("locale"):
        expect(visitor.page.get_by_role("heading", name="Qui souhaitez-vous rencontrer")).to_be_visible()
        expect(visitor.button(MONA)).to_contain_text("Parle anglais et français")
    visitor.accessible()
    visitor.fits()
    visitor.button(NOOR).click()
    visitor.at("time")
    expect(visitor.slots.first).to_be_visible()
    visitor.accessible()
    visitor.fits()
