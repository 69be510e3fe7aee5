"""The choice of a member of staff: their times, anyone's, another person's, and the page that the e-mails link to."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Locator, Route, expect

from tests.builders.in_browser.chromium_fixtures import PHONE, OpenVisitor
from tests.builders.in_browser.page_staff_branch import AFTERNOON_STAFF, MORNING_STAFF, PageStaffBranch
from tests.builders.in_browser.page_visitor import PageVisitor
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_branch import TORONTO


@pytest.fixture
def branch(stack: LocalStack, http: httpx.Client, admin: httpx.Client) -> PageStaffBranch:
    """A branch for one test."""
    return PageStaffBranch.open(stack, http, admin)


def staff_line(visitor: PageVisitor) -> Locator:
    """The line of the summary with the member of staff."""
    return visitor.page.locator(".facts > div").filter(has=visitor.page.get_by_text("With", exact=True))


def on_days_shown(starts: list[str], free: list[str]) -> list[str]:
    """The free times on the days of ``starts``; no working day in Toronto crosses midnight UTC."""
    shown = {start[:10] for start in starts}
    return [start for start in free if start[:10] in shown]


def test_a_chosen_person_is_booked_at_their_times_alone(visitor: PageVisitor, branch: PageStaffBranch) -> None:
    visitor.choose_staff(branch, AFTERNOON_STAFF)
    assert visitor.starts == on_days_shown(visitor.starts, branch.available_starts(branch.noor))
    assert not set(visitor.starts) & set(branch.available_starts(branch.mona))
    start = visitor.pick_time(1)
    visitor.to_review()
    expect(staff_line(visitor)).to_contain_text(AFTERNOON_STAFF)
    booked = visitor.confirm()
    expect(staff_line(visitor)).to_contain_text(AFTERNOON_STAFF)

    seen = branch.client_view(booked)
    assert (seen["start"], seen["staff_name"]) == (start, AFTERNOON_STAFF)
    assert start not in branch.available_starts()
    visitor.page.get_by_role("link", name="Move or cancel").click()
    visitor.page.wait_for_url(re.compile("/manage"))
    expect(staff_line(visitor)).to_contain_text(AFTERNOON_STAFF)


def test_anyone_comes_first_and_has_all_times(visitor: PageVisitor, branch: PageStaffBranch) -> None:
    visitor.page.goto(branch.booking_url())
    visitor.button("At the branch").click()
    visitor.at("staff")
    offered = visitor.page.locator("[data-step=staff] .choice")
    expect(offered.locator("strong")).to_have_text(["Anyone", MORNING_STAFF, AFTERNOON_STAFF])
    expect(offered.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(offered.nth(1)).to_contain_text("Speaks English and French")
    visitor.button("Anyone").click()
    visitor.see_times()
    both = sorted(branch.available_starts(branch.mona) + branch.available_starts(branch.noor))
    assert branch.available_starts() == both
    assert visitor.starts == on_days_shown(visitor.starts, both)
    visitor.pick_time(0)
    visitor.to_review()
    expect(staff_line(visitor)).to_contain_text("Anyone")
    booked = visitor.confirm()
    hour = datetime.fromisoformat(booked["start"]).astimezone(ZoneInfo(TORONTO)).hour
    assert branch.client_view(booked)["staff_name"] == (MORNING_STAFF if hour < 12 else AFTERNOON_STAFF)


def test_the_member_of_staff_in_the_response_is_shown(visitor: PageVisitor, branch: PageStaffBranch) -> None:
    def rename(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"staff_name": MORNING_STAFF})

    visitor.page.route("**/public/appointments", rename)
    visitor.choose_staff(branch, "Anyone")
    visitor.pick_time(0)
    visitor.to_review()
    visitor.confirm()
    expect(staff_line(visitor)).to_contain_text(MORNING_STAFF)


def test_another_person_gives_the_held_time_back_and_has_other_times(
    visitor: PageVisitor, branch: PageStaffBranch
) -> None:
    visitor.choose_staff(branch, MORNING_STAFF)
    held = visitor.pick_time(1)
    visitor.at("details")
    assert held not in branch.available_starts(branch.mona)
    visitor.page.get_by_role("button", name="Change: With").click()
    visitor.at("staff")
    expect(visitor.button(MORNING_STAFF)).to_have_attribute("aria-pressed", "true")
    visitor.button("Anyone").click()
    visitor.at("time")
    expect(visitor.page.locator(f"[data-start='{held}']")).to_be_visible()
    expect(visitor.page.locator(".summary")).not_to_contain_text(MORNING_STAFF)
    visitor.button("Back").click()
    visitor.at("staff")
    visitor.button(AFTERNOON_STAFF).click()
    visitor.see_times()
    assert visitor.starts == on_days_shown(visitor.starts, branch.available_starts(branch.noor))
    assert held in branch.available_starts(branch.mona)


def test_the_same_person_again_keeps_the_held_time(visitor: PageVisitor, branch: PageStaffBranch) -> None:
    visitor.choose_staff(branch, MORNING_STAFF)
    held = visitor.pick_time(1)
    visitor.at("details")
    visitor.page.get_by_role("button", name="Change: With").click()
    visitor.button(MORNING_STAFF).click()
    visitor.at("time")
    expect(visitor.page.locator(f"[data-start='{held}']")).to_be_visible()
    assert held not in branch.available_starts(branch.mona)


def test_a_time_taken_before_the_click_gives_the_nearest_of_the_same_person(
    visitor: PageVisitor, branch: PageStaffBranch
) -> None:
    visitor.choose_staff(branch, AFTERNOON_STAFF)
    branch.book_start(visitor.starts[2], branch.noor)
    visitor.pick_time(2)
    expect(visitor.page.get_by_role("alert")).to_contain_text("just been taken")
    nearest = visitor.page.locator(".nearest .slot")
    expect(nearest).to_have_count(3)
    starts = nearest.evaluate_all("all => all.map(one => one.dataset.start)")
    assert set(starts) <= set(branch.available_starts(branch.noor))
    nearest.first.click()
    visitor.to_review()
    assert branch.client_view(visitor.confirm())["staff_name"] == AFTERNOON_STAFF


def test_the_page_behind_the_link_moves_within_the_persons_times(visitor: PageVisitor, branch: PageStaffBranch) -> None:
    booked = branch.book_start(branch.available_starts(branch.mona)[-1], branch.mona)
    visitor.page.goto(branch.manage_url(booked))
    expect(staff_line(visitor)).to_contain_text(MORNING_STAFF)
    visitor.button("Move to another time").click()
    visitor.at("move")
    expect(visitor.slots.first).to_be_visible()
    assert visitor.starts == on_days_shown(visitor.starts, branch.available_starts(branch.mona))
    start = visitor.pick_time(1)
    visitor.at("settle")
    visitor.button("Yes, move it").click()
    expect(visitor.page.get_by_role("status").filter(has_text="is moved")).to_be_visible()
    seen = branch.client_view(booked)
    assert (seen["start"], seen["staff_name"]) == (start, MORNING_STAFF)
    assert booked["start"] in branch.available_starts(branch.mona)


def test_a_person_no_longer_offered_leads_back_to_the_choice(
    visitor: PageVisitor, branch: PageStaffBranch, admin: httpx.Client
) -> None:
    visitor.choose_staff(branch, AFTERNOON_STAFF)
    admin.patch(f"/staff/{branch.noor}", json={"service_ids": []}).raise_for_status()
    visitor.pick_time(0)
    visitor.at("staff")
    expect(visitor.page.get_by_role("alert")).to_contain_text("can no longer be booked")
    expect(visitor.button(AFTERNOON_STAFF)).to_have_count(0)
    visitor.button(MORNING_STAFF).click()
    visitor.at("time")
    visitor.pick_time(0)
    visitor.to_review()
    assert branch.client_view(visitor.confirm())["staff_name"] == MORNING_STAFF


def test_the_step_is_left_out_without_staff_to_choose(
    visitor: PageVisitor, branch: PageStaffBranch, admin: httpx.Client
) -> None:
    for staff_id in (branch.mona, branch.noor):
        admin.patch(f"/staff/{staff_id}", json={"service_ids": []}).raise_for_status()
    visitor.page.goto(branch.booking_url())
    visitor.button("At the branch").click()
    visitor.at("time")
    expect(visitor.page.get_by_text("No free times in")).to_be_visible()
    visitor.button("Back").click()
    visitor.at("method")


def test_chooses_and_books_with_the_keyboard_alone(visitor: PageVisitor, branch: PageStaffBranch) -> None:
    visitor.page.goto(branch.booking_url())
    expect(visitor.button("At the branch")).to_be_visible()
    visitor.press_on("At the branch")
    visitor.at("staff")
    visitor.page.keyboard.press("Tab")
    assert "Anyone" in visitor.focused
    visitor.press_on(AFTERNOON_STAFF, "Space")
    visitor.see_times()
    visitor.book_by_keyboard()
    expect(staff_line(visitor)).to_contain_text(AFTERNOON_STAFF)


@pytest.mark.parametrize(
    "look", [{"color_scheme": "light"}, {"color_scheme": "dark", "locale": "fr-CA", **PHONE}], ids=["desk", "phone"]
)
def test_the_choice_is_accessible_and_fits(
    open_visitor: OpenVisitor, branch: PageStaffBranch, look: dict[str, Any]
) -> None:
    visitor = open_visitor(**look)
    visitor.page.goto(branch.booking_url())
    visitor.page.locator("[data-step=method] .choice").first.click()
    visitor.at("staff")
    if look.get("locale"):
        expect(visitor.page.get_by_role("heading", name="Qui souhaitez-vous rencontrer")).to_be_visible()
        expect(visitor.button(MORNING_STAFF)).to_contain_text("Parle anglais et français")
    visitor.require_accessible()
    visitor.button(AFTERNOON_STAFF).click()
    visitor.see_times()
    visitor.require_accessible()
