"""A request in the browser: unconfirmed until staff decide, then confirmed, or turned down with the reason."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.builders.in_browser.chromium_fixtures import PHONE, Arrive
from tests.builders.in_browser.page_block_branch import Branch
from tests.builders.in_browser.page_visitor import Visitor
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_status_steps import CANCELLATION, CONFIRMATION, START, Pipeline, switched_on

Eventually = Callable[[Callable[[], Any]], Any]

LINK = re.compile(r"https?://\S+/manage\?\S+")
REASON = "<b>No adviser</b> {{ 7*7 }}\nspeaks Tamil on that day."


@pytest.fixture
def pipeline(admin: httpx.Client, branch: Branch) -> Iterator[Pipeline]:
    """The branch's service goes through statuses."""
    with switched_on(admin, branch.service_id) as found:
        yield found


@pytest.fixture
def guest() -> str:
    """An address nobody else has: mail to it is this test's."""
    return f"ana-{secrets.token_hex(6)}@example.org"


def mail_to(stack: Stack, address: str, subject: str) -> dict[str, Any] | None:
    """The mail to somebody whose subject begins like this; none yet."""
    return next((m for m in stack.sent_mail() if address in m["To"] and m["Subject"].startswith(subject)), None)


def good(visitor: Visitor) -> None:
    """What is shown is accessible and fits the screen."""
    visitor.accessible()
    visitor.fits()


def shows(visitor: Visitor, state: str) -> None:
    """The one thing the page says of where it stands; nothing beside it says that it is confirmed, unless it is."""
    expect(visitor.page.locator(".state")).to_have_text(state)
    good(visitor)


def test_a_request_is_confirmed_and_moving_it_makes_it_one_again(
    visitor: Visitor, branch: Branch, pipeline: Pipeline, stack: Stack, guest: str, eventually: Eventually
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
    expect(page.get_by_text(pipeline.name(START), exact=True)).to_be_visible()
    shows(visitor, "Not confirmed yet")

    received = eventually(lambda: mail_to(stack, guest, "We received your request"))
    page.goto(LINK.findall(received["BodyText"])[0])
    shows(visitor, "Not confirmed yet")
    expect(page.get_by_role("heading", name="Your request")).to_be_visible()
    file = page.get_by_role("link", name="Add to calendar (not confirmed)").get_attribute("href") or ""
    assert "STATUS:TENTATIVE" in httpx.get(file).text

    pipeline.move(booked, CONFIRMATION).raise_for_status()
    page.reload()
    shows(visitor, "Confirmed")
    expect(page.get_by_text(pipeline.name(CONFIRMATION), exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Your appointment")).to_be_visible()
    assert "STATUS:CONFIRMED" in httpx.get(file).text
    assert eventually(lambda: mail_to(stack, guest, "Confirmed"))

    visitor.button("Move to another time").click()
    visitor.at("move")
    visitor.pick_time(1)
    visitor.at("settle")
    expect(page.get_by_text("At another time it is a new request")).to_be_visible()
    good(visitor)
    visitor.button("Yes, move it").click()
    expect(page.get_by_role("status").filter(has_text="We have your request for the new time")).to_be_visible()
    shows(visitor, "Not confirmed yet")
    assert branch.appointment(booked)["confirmed"] is False

    visitor.button("Cancel request").click()
    visitor.at("cancel")
    good(visitor)
    visitor.button("Yes, cancel it").click()
    expect(page.get_by_role("status").filter(has_text="Your request is cancelled")).to_be_visible()
    shows(visitor, "Request cancelled")


def test_a_request_is_turned_down_in_french_on_a_phone(
    arrive: Arrive, branch: Branch, pipeline: Pipeline, stack: Stack, guest: str, eventually: Eventually
) -> None:
    visitor = arrive(locale="fr-CA", color_scheme="dark", **PHONE)
    page = visitor.page
    page.goto(branch.address())
    visitor.button("À la succursale").tap()
    visitor.at("time")
    visitor.slots.first.tap()
    visitor.at("details")
    for label, words in (("Prénom", "Chloé"), ("Nom", "Roy"), ("Courriel", guest)):
        page.get_by_label(label, exact=True).fill(words)
    page.get_by_label("What is it about?").select_option("Renewal")
    visitor.button("Vérifier").tap()
    visitor.at("review")
    visitor.button("Confirmer le rendez-vous").tap()
    visitor.at("done")
    expect(page.get_by_role("heading", name="Nous avons votre demande")).to_be_focused()
    expect(page.get_by_text("Elle n’est pas encore confirmée")).to_be_visible()
    shows(visitor, "Pas encore confirmé")

    received = eventually(lambda: mail_to(stack, guest, "Demande reçue"))
    link = LINK.findall(received["BodyText"])[0]
    page.goto(link)
    shows(visitor, "Pas encore confirmé")
    booked = dict(httpx.URL(link).params)
    pipeline.move(booked, CANCELLATION, reason=REASON).raise_for_status()
    page.reload()
    shows(visitor, "Demande annulée")
    reason = page.locator(".facts > div").filter(has_text="Raison").locator("dd")
    expect(reason).to_have_text(REASON)
    expect(page.locator(".facts b")).to_have_count(0)
    expect(visitor.button("Annuler la demande")).to_have_count(0)
    assert branch.appointment(booked)["state"] == "cancelled"
    declined = eventually(lambda: mail_to(stack, guest, "Annulé : votre demande"))
    for line in REASON.splitlines():
        assert line in declined["BodyText"]
