"""Somebody at the booking page: the steps as that person takes them, and what the page shows."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.builders.in_browser.page_block_branch import Branch

DETAILS = {
    "First name": "Ana",
    "Last name": "Ruiz",
    "E-mail": "ana@example.org",
    "Mobile number": "+1 416 555 0100",
    "Anything we should know?": "Wheelchair access, please",
}

FOCUSED = """() => {
  let node = document.activeElement;
  while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  const label = node.labels?.[0] ?? node;
  return `${node.className} ${node.getAttribute('aria-label') ?? label.textContent}`;
}"""


class Visitor:
    """A page with a person in front of it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def at(self, step: str) -> None:
        """Waits until the step is shown and its heading has the focus."""
        expect(self.page.locator(f"[data-step={step}]")).to_be_visible()
        expect(self.page.locator(f"[data-step={step}] .heading")).to_be_focused()

    def button(self, name: str) -> Locator:
        """A button by what it says."""
        return self.page.get_by_role("button", name=name)

    def choose_method(self, branch: Branch, name: str = "At the branch", **more: str) -> None:
        """Opens the page for a service and location and says how to meet."""
        self.page.goto(branch.address(**more))
        self.button(name).click()
        self.at("time")
        expect(self.slots.first).to_be_visible()

    def choose_staff(self, branch: Branch, name: str) -> None:
        """Opens the page for a service that lets its clients choose, and says whom to see."""
        self.page.goto(branch.address())
        self.button("At the branch").click()
        self.at("staff")
        self.button(name).click()
        self.at("time")
        expect(self.slots.first).to_be_visible()

    @property
    def slots(self) -> Locator:
        """The times of the day shown."""
        return self.page.locator(".times .slot")

    @property
    def starts(self) -> list[str]:
        """The UTC instants of the times shown."""
        found: list[str] = self.slots.evaluate_all("all => all.map(one => one.dataset.start)")
        return found

    def pick_time(self, index: int = 0) -> str:
        """Picks a time of the day shown; its UTC instant."""
        start = self.slots.nth(index).get_attribute("data-start")
        assert start
        self.slots.nth(index).click()
        return start

    def fill_in(self) -> None:
        """Types everything the details form asks for."""
        expect(self.page.locator("[data-step=details]")).to_be_visible()
        for label, words in DETAILS.items():
            self.page.get_by_label(label).fill(words)
        self.page.get_by_label("What is it about?").select_option("Renewal")

    def to_review(self) -> None:
        """From the time step to the review, everything filled in."""
        self.fill_in()
        self.button("Review").click()
        self.at("review")

    def confirm(self) -> dict[str, Any]:
        """Confirms; the API's answer to the booking."""
        with self.page.expect_response(
            lambda r: r.url.endswith("public/appointments") and r.request.method == "POST" and r.status == 201
        ) as answer:
            self.button("Confirm booking").click()
        self.at("done")
        booked: dict[str, Any] = answer.value.json()
        return booked

    @property
    def focused(self) -> str:
        """The class and the words of what has the focus."""
        return str(self.page.evaluate(FOCUSED))

    def tab_to(self, words: str) -> None:
        """Presses Tab until what has the focus says these words."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if words in self.focused:
                return
        raise AssertionError(f"Tab never reaches {words!r}.")

    def fits(self) -> None:
        """Nothing sticks out to the side."""
        wide = self.page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{wide} px too wide"

    def accessible(self) -> None:
        """No violation of any rule axe-core knows, best practices included."""
        found = Axe().run(self.page).response["violations"]
        told = [(rule["id"], node["html"], node["failureSummary"]) for rule in found for node in rule["nodes"]]
        assert not told
