"""Booking: all steps, a time lost to another client, a hold that expires, answers to correct."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import Route, expect

from tests.builders.in_browser.chromium_fixtures import OpenVisitor
from tests.builders.in_browser.page_branch import PageBlockBranch
from tests.builders.in_browser.page_visitor import DETAILS, PageVisitor


def test_books_a_free_time(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    visitor.choose_method(branch)
    start = visitor.pick_time(3)
    visitor.to_review()
    expect(visitor.page.get_by_text("Ana Ruiz")).to_be_visible()
    expect(visitor.page.get_by_text("Renewal", exact=True)).to_be_visible()
    booked = visitor.confirm()

    assert branch.client_view(booked)["start"] == booked["start"] == start
    assert start not in branch.available_starts()
    file = visitor.page.get_by_role("link", name="Add to calendar").get_attribute("href")
    assert httpx.get(file or "").headers["Content-Type"].startswith("text/calendar")
    visitor.page.get_by_role("link", name="Move or cancel").click()
    visitor.page.wait_for_url(re.compile("/manage"))
    expect(visitor.page.get_by_text("Confirmed")).to_be_visible()


def test_chooses_service_and_branch_by_hand(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    visitor.page.goto(branch.api_url)
    visitor.button(branch.service_name).click()
    visitor.at("location")
    visitor.button(branch.location_name).click()
    visitor.at("method")
    visitor.button("At the branch").click()
    visitor.at("time")
    chosen = visitor.page.locator(".summary")
    expect(chosen).to_contain_text(branch.service_name)
    expect(chosen).to_contain_text(branch.location_name)


def test_a_time_taken_before_the_click_gives_the_nearest(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    visitor.choose_method(branch)
    taken = visitor.slots.nth(4).get_attribute("data-start")
    branch.book_start(taken or "")
    visitor.pick_time(4)

    expect(visitor.page.get_by_role("alert")).to_contain_text("just been taken")
    nearest = visitor.page.locator(".nearest .slot")
    expect(nearest).to_have_count(3)
    start = nearest.first.get_attribute("data-start")
    nearest.first.click()
    visitor.to_review()
    assert visitor.confirm()["start"] == start


def test_a_time_lost_before_confirming_keeps_what_was_typed(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    visitor.choose_method(branch)
    with visitor.page.expect_response(lambda r: r.url.endswith("public/holds")) as response:
        taken = visitor.pick_time(4)
    visitor.to_review()
    hold = response.value.json()
    httpx.delete(f"{branch.api_url}public/holds/{hold['id']}", params={"token": hold["token"]}).raise_for_status()
    branch.book_start(taken)
    visitor.button("Confirm booking").click()

    visitor.at("time")
    expect(visitor.page.get_by_role("alert")).to_contain_text("Everything you typed is kept")
    start = visitor.page.locator(".nearest .slot").last.get_attribute("data-start")
    visitor.page.locator(".nearest .slot").last.click()
    visitor.at("review")
    for words in ("Ana Ruiz", DETAILS["E-mail"], DETAILS["Anything we should know?"]):
        expect(visitor.page.get_by_text(words)).to_be_visible()
    assert visitor.confirm()["start"] == start


def test_a_held_time_is_not_offered_to_others_until_it_is_given_back(
    visitor: PageVisitor, open_visitor: OpenVisitor, branch: PageBlockBranch
) -> None:
    visitor.choose_method(branch)
    held = visitor.pick_time(2)
    visitor.at("details")
    expect(visitor.page.get_by_role("timer")).to_have_text(re.compile(r"^\d+:\d\d$"))
    other = open_visitor()
    other.choose_method(branch)
    expect(other.page.locator(f"[data-start='{held}']")).to_have_count(0)
    visitor.button("Back").click()
    expect(visitor.page.locator(f"[data-start='{held}']")).to_be_visible()
    with visitor.page.expect_response(lambda r: r.request.method == "DELETE"):
        visitor.pick_time(0)
    visitor.at("details")
    assert held in branch.available_starts()


def test_a_hold_that_ran_out_can_be_asked_for_again(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    visitor.page.clock.install()
    visitor.choose_method(branch)
    start = visitor.pick_time()
    visitor.fill_in()
    visitor.page.clock.fast_forward("02:00:00")
    expect(visitor.page.get_by_role("status").filter(has_text="no longer kept")).to_be_attached()
    visitor.button("Keep it again").click()
    expect(visitor.page.get_by_role("status").filter(has_text="kept for you again")).to_be_attached()
    visitor.at("details")
    visitor.button("Review").click()
    visitor.at("review")
    assert visitor.confirm()["start"] == start


def test_a_missing_answer_is_reported_at_its_field(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    visitor.choose_method(branch)
    visitor.pick_time()
    visitor.at("details")
    visitor.button("Review").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("Please check 4 answers")
    first = visitor.page.get_by_label("First name")
    expect(first).to_be_focused()
    expect(first).to_have_accessible_description("Please fill this in.")
    visitor.button("What is it about?").click()
    expect(visitor.page.get_by_label("What is it about?")).to_be_focused()


def test_an_error_of_the_server_is_reported_at_its_field(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    visitor.choose_method(branch)
    visitor.pick_time()
    visitor.fill_in()
    visitor.page.get_by_label("E-mail").fill("ana@exa_mple.org")
    visitor.button("Review").click()
    visitor.button("Confirm booking").click()
    email = visitor.page.get_by_label("E-mail")
    expect(email).to_be_focused()
    expect(email).to_have_accessible_description(re.compile("does not look like an e-mail address"))
    expect(visitor.page.get_by_label("First name")).to_have_value("Ana")


def test_an_answer_lost_on_the_way_is_asked_for_again_with_the_same_key(
    visitor: PageVisitor, branch: PageBlockBranch
) -> None:
    keys = []

    def cut_off(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            return route.continue_()
        route.fetch()
        return route.abort("connectionreset")

    visitor.page.route("**/public/appointments", cut_off)
    visitor.choose_method(branch)
    start = visitor.pick_time()
    visitor.to_review()
    booked = visitor.confirm()
    assert keys == [keys[0]] * 2
    assert branch.client_view(booked)["start"] == start


def test_offline_is_reported_and_can_be_tried_again(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    visitor.choose_method(branch)
    visitor.pick_time()
    visitor.to_review()
    visitor.page.context.set_offline(True)
    visitor.button("Confirm booking").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("no connection")
    visitor.page.context.set_offline(False)
    visitor.button("Try again").click()
    visitor.at("done")


def test_markup_stays_text(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    visitor.choose_method(branch)
    visitor.pick_time()
    visitor.fill_in()
    visitor.page.get_by_label("First name").fill("<img src=x onerror='document.title=1'>")
    visitor.button("Review").click()
    visitor.at("review")
    expect(visitor.page.get_by_text("<img src=x")).to_be_visible()
    expect(visitor.page.locator("img")).to_have_count(0)
