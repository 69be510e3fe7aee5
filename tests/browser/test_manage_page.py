"""The page that the e-mails link to: looking changes nothing; moving and cancelling need a confirmation."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.builders.in_browser.page_branch import PageBlockBranch
from tests.builders.in_browser.page_visitor import PageVisitor


def test_looking_changes_nothing(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    booked = branch.book_start(branch.available_starts()[-1])
    before = branch.client_view(booked)
    methods: list[str] = []
    visitor.page.on("request", lambda request: methods.append(request.method))
    visitor.page.goto(branch.manage_url(booked))
    expect(visitor.page.get_by_text("Confirmed")).to_be_visible()
    expect(visitor.button("Move to another time")).to_be_visible()
    assert set(methods) == {"GET"}
    assert branch.client_view(booked) == before


def test_moves_once(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    booked = visitor.open_manage_page(branch)
    visitor.button("Move to another time").click()
    visitor.at("move")
    start = visitor.pick_time(1)
    visitor.at("settle")
    visitor.button("Yes, move it").click()
    expect(visitor.page.get_by_role("status").filter(has_text="is moved")).to_be_visible()
    assert branch.client_view(booked)["start"] == start
    assert booked["start"] in branch.available_starts()
    expect(visitor.page.get_by_text("can no longer be moved online")).to_be_visible()


def test_a_time_lost_while_moving_gives_the_nearest(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    booked = visitor.open_manage_page(branch)
    visitor.button("Move to another time").click()
    taken = visitor.pick_time(4)
    visitor.at("settle")
    branch.book_start(taken)
    visitor.button("Yes, move it").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("just been taken")
    start = visitor.page.locator(".nearest .slot").first.get_attribute("data-start")
    visitor.page.locator(".nearest .slot").first.click()
    visitor.button("Yes, move it").click()
    expect(visitor.page.get_by_role("status").filter(has_text="is moved")).to_be_visible()
    assert branch.client_view(booked)["start"] == start


def test_cancels(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    booked = visitor.open_manage_page(branch)
    visitor.button("Cancel appointment").click()
    visitor.at("cancel")
    visitor.page.get_by_label("Reason").fill("On holiday")
    visitor.button("Yes, cancel it").click()
    expect(visitor.page.get_by_role("status").filter(has_text="is cancelled")).to_be_visible()
    expect(visitor.page.get_by_text("Cancelled", exact=True)).to_be_visible()
    assert branch.client_view(booked)["state"] == "cancelled"
    assert booked["start"] in branch.available_starts()


def test_keeping_it_changes_nothing(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    booked = visitor.open_manage_page(branch)
    visitor.button("Cancel appointment").click()
    visitor.button("Keep it").click()
    visitor.at("view")
    assert branch.client_view(booked)["state"] == "booked"


def test_a_required_reason_is_asked_for(
    visitor: PageVisitor, branch: PageBlockBranch, settings: Callable[..., None]
) -> None:
    settings(cancel_reason="required")
    booked = visitor.open_manage_page(branch)
    visitor.button("Cancel appointment").click()
    visitor.button("Yes, cancel it").click()
    reason = visitor.page.get_by_label("Reason")
    expect(reason).to_be_focused()
    expect(reason).to_have_accessible_description("Please fill this in.")
    assert branch.client_view(booked)["state"] == "booked"
    reason.fill("Ill")
    visitor.button("Yes, cancel it").click()
    expect(visitor.page.get_by_role("status").filter(has_text="is cancelled")).to_be_visible()


def test_after_the_deadline_it_says_so(
    visitor: PageVisitor, branch: PageBlockBranch, settings: Callable[..., None]
) -> None:
    settings(cancel_deadline_hours=2000, rebook_deadline_hours=2000)
    visitor.open_manage_page(branch)
    expect(visitor.page.get_by_text("can no longer be cancelled online")).to_be_visible()
    expect(visitor.page.get_by_text("can no longer be moved online")).to_be_visible()
    expect(visitor.button("Cancel appointment")).to_have_count(0)


def test_another_code_shows_nothing(visitor: PageVisitor, branch: PageBlockBranch) -> None:
    booked = branch.book_start(branch.available_starts()[-1])
    visitor.page.goto(branch.manage_url(booked | {"code": "x" * len(booked["code"])}))
    expect(visitor.page.get_by_text("We cannot find this appointment")).to_be_visible()
    expect(visitor.button("Cancel appointment")).to_have_count(0)
