"""A request in the browser: unconfirmed until staff decide, then confirmed, or rejected with the reason."""

from __future__ import annotations

import re
import secrets

import httpx
import pytest
from playwright.sync_api import expect

from tests.builders.in_browser.chromium_fixtures import PHONE, OpenVisitor
from tests.builders.in_browser.page_branch import PageBlockBranch
from tests.builders.in_browser.page_visitor import PageVisitor
from tests.builders.on_stack.local_stack import Eventually
from tests.builders.on_stack.stack_statuses import CANCELLATION, CONFIRMATION, START, StackStatuses

LINK = re.compile(r"https?://\S+/manage\?\S+")
REASON = "<b>No adviser</b> {{ 7*7 }}\nspeaks Tamil on that day."


@pytest.fixture
def guest() -> str:
    """A new address, so that all mail to it comes from this test."""
    return f"ana-{secrets.token_hex(6)}@example.org"


def mail_to(branch: PageBlockBranch, address: str, subject: str) -> str:
    """The text of the mail to this address whose subject begins like this; empty until it is sent."""
    found = (m["BodyText"] for m in branch.mail(address) if m["Subject"].startswith(subject))
    return str(next(found, ""))


def require_state(visitor: PageVisitor, state: str) -> None:
    """The page shows this state alone, and is accessible."""
    expect(visitor.page.locator(".state")).to_have_text(state)
    visitor.require_accessible()


def test_a_request_is_confirmed_and_moving_it_makes_it_one_again(
    visitor: PageVisitor,
    branch: PageBlockBranch,
    statuses: StackStatuses,
    guest: str,
    eventually: Eventually,
) -> None:
    page = visitor.page
    visitor.choose_method(branch)
    visitor.pick_time()
    visitor.fill_in()
    page.get_by_label("E-mail").fill(guest)
    visitor.button("Review").click()
    visitor.at("review")
    booked = visitor.confirm()
    assert booked["confirmed"] is False
    expect(page.get_by_role("heading", name="We have your request")).to_be_focused()
    expect(page.get_by_role("heading", name="What happens next")).to_be_visible()
    expect(page.get_by_text(guest)).to_be_visible()
    expect(page.get_by_text("You’re booked")).to_have_count(0)
    expect(page.get_by_text(statuses.name(START), exact=True)).to_be_visible()
    require_state(visitor, "Not confirmed yet")

    received = eventually(lambda: mail_to(branch, guest, "We received your request"))
    page.goto(LINK.findall(received)[0])
    require_state(visitor, "Not confirmed yet")
    expect(page.get_by_role("heading", name="Your request")).to_be_visible()
    file = page.get_by_role("link", name="Add to calendar (not confirmed)").get_attribute("href") or ""
    assert "STATUS:TENTATIVE" in httpx.get(file).text

    statuses.move(booked, CONFIRMATION).raise_for_status()
    page.reload()
    require_state(visitor, "Confirmed")
    expect(page.get_by_text(statuses.name(CONFIRMATION), exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Your appointment")).to_be_visible()
    assert "STATUS:CONFIRMED" in httpx.get(file).text
    assert eventually(lambda: mail_to(branch, guest, "Confirmed"))

    visitor.button("Move to another time").click()
    visitor.at("move")
    visitor.pick_time(1)
    visitor.at("settle")
    expect(page.get_by_text("At another time it is a new request")).to_be_visible()
    visitor.require_accessible()
    visitor.button("Yes, move it").click()
    expect(page.get_by_role("status").filter(has_text="We have your request for the new time")).to_be_visible()
    require_state(visitor, "Not confirmed yet")
    assert branch.client_view(booked)["confirmed"] is False

    visitor.button("Cancel request").click()
    visitor.at("cancel")
    visitor.require_accessible()
    visitor.button("Yes, cancel it").click()
    expect(page.get_by_role("status").filter(has_text="Your request is cancelled")).to_be_visible()
    require_state(visitor, "Request cancelled")


def test_a_request_is_turned_down_in_french_on_a_phone(
    open_visitor: OpenVisitor,
    branch: PageBlockBranch,
    statuses: StackStatuses,
    guest: str,
    eventually: Eventually,
) -> None:
    visitor = open_visitor(locale="fr-CA", color_scheme="dark", **PHONE)
    page = visitor.page
    page.goto(branch.booking_url())
    visitor.button("À la succursale").tap()
    visitor.at("time")
    visitor.slots.first.tap()
    visitor.at("details")
    visitor.book_in_french(guest)
    expect(page.get_by_role("heading", name="Nous avons votre demande")).to_be_focused()
    expect(page.get_by_text("Elle n’est pas encore confirmée")).to_be_visible()
    require_state(visitor, "Pas encore confirmé")

    received = eventually(lambda: mail_to(branch, guest, "Demande reçue"))
    link = LINK.findall(received)[0]
    page.goto(link)
    require_state(visitor, "Pas encore confirmé")
    booked = dict(httpx.URL(link).params)
    statuses.move(booked, CANCELLATION, reason=REASON).raise_for_status()
    page.reload()
    require_state(visitor, "Demande annulée")
    reason = page.locator(".facts > div").filter(has_text="Raison").locator("dd")
    expect(reason).to_have_text(REASON)
    expect(page.locator(".facts b")).to_have_count(0)
    expect(visitor.button("Annuler la demande")).to_have_count(0)
    assert branch.client_view(booked)["state"] == "cancelled"
    declined = eventually(lambda: mail_to(branch, guest, "Annulé : votre demande"))
    for line in REASON.splitlines():
        assert line in declined
