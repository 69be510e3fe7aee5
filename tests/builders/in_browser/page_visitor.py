"""A visitor of the booking page: the steps they take and the contents they see."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.builders.in_browser.page_branch import PageBranch

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


class PageVisitor:
    """A page and the actions of its visitor."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def at(self, step: str) -> None:
        """Wait until the step is shown and its heading has the focus."""
        expect(self.page.locator(f"[data-step={step}]")).to_be_visible()
        expect(self.page.locator(f"[data-step={step}] .heading")).to_be_focused()

    def button(self, name: str) -> Locator:
        """A button by its name."""
        return self.page.get_by_role("button", name=name)

    def choose_method(self, branch: PageBranch, name: str = "At the branch") -> None:
        """Open the page for a service and location, and choose the meeting method."""
        self.page.goto(branch.booking_url())
        self.button(name).click()
        self.see_times()

    def choose_staff(self, branch: PageBranch, name: str) -> None:
        """Open the page for a service whose clients choose the member of staff, and choose one."""
        self.page.goto(branch.booking_url())
        self.button("At the branch").click()
        self.at("staff")
        self.button(name).click()
        self.see_times()

    def open_manage_page(self, branch: PageBranch) -> dict[str, Any]:
        """Book the last available time over the API and open its manage page; returns the booking."""
        booked: dict[str, Any] = branch.book_start(branch.available_starts()[-1])
        self.page.goto(branch.manage_url(booked))
        return booked

    def see_times(self) -> None:
        """Wait until the time step shows times."""
        self.at("time")
        expect(self.slots.first).to_be_visible()

    @property
    def slots(self) -> Locator:
        """The times of the day shown."""
        return self.page.locator(".times .slot")

    @property
    def starts(self) -> list[str]:
        """The UTC instants of these times."""
        return list(self.slots.evaluate_all("all => all.map(one => one.dataset.start)"))

    def pick_time(self, index: int = 0) -> str:
        """Pick a time of the day shown; returns its UTC instant."""
        start = self.slots.nth(index).get_attribute("data-start")
        assert start
        self.slots.nth(index).click()
        return start

    def fill_in(self) -> None:
        """Fill in the details form."""
        expect(self.page.locator("[data-step=details]")).to_be_visible()
        for label, text in DETAILS.items():
            self.page.get_by_label(label).fill(text)
        self.page.get_by_label("What is it about?").select_option("Renewal")

    def to_review(self) -> None:
        """Fill in the details and go on to the review."""
        self.fill_in()
        self.button("Review").click()
        self.at("review")

    def book_in_french(self, email: str = "chloe@example.org") -> None:
        """Fill in the details and confirm the booking on the French page."""
        for label, text in {"Prénom": "Chloé", "Nom": "Roy", "Courriel": email}.items():
            self.page.get_by_label(label, exact=True).fill(text)
        self.page.get_by_label("What is it about?").select_option("Renewal")
        self.button("Vérifier").click()
        self.at("review")
        self.button("Confirmer le rendez-vous").click()
        self.at("done")

    def confirm(self) -> dict[str, Any]:
        """Confirm the booking; returns the API's response."""
        with self.page.expect_response(
            lambda r: r.url.endswith("public/appointments") and r.request.method == "POST" and r.status == 201
        ) as response:
            self.button("Confirm booking").click()
        self.at("done")
        return dict(response.value.json())

    @property
    def focused(self) -> str:
        """Class and text of the focused element."""
        return str(self.page.evaluate(FOCUSED))

    def tab_to(self, text: str) -> None:
        """Press Tab until the focused element has this text."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if text in self.focused:
                return
        raise AssertionError(f"Tab never reaches {text!r}.")

    def press_on(self, text: str, key: str = "Enter") -> None:
        """Tab to the element with this text and press the key."""
        self.tab_to(text)
        self.page.keyboard.press(key)

    def book_by_keyboard(self) -> None:
        """Book from the time step on with the keyboard alone."""
        self.press_on("slot ")
        self.at("details")
        for label in ("First name", "Last name", "E-mail"):
            self.tab_to(label)
            self.page.keyboard.type(DETAILS[label])
        self.tab_to("What is it about?")
        self.page.keyboard.type("Renewal")
        self.page.keyboard.press("Enter")
        self.press_on("Review")
        self.at("review")
        self.press_on("Confirm booking")
        self.at("done")

    def require_accessible(self) -> None:
        """The page fits the width of the screen and violates no axe-core rule, best practices included."""
        excess = self.page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
        assert excess <= 0, f"{excess} px too wide"
        violations = Axe().run(self.page).response["violations"]
        assert not [(rule["id"], node["html"], node["failureSummary"]) for rule in violations for node in rule["nodes"]]
