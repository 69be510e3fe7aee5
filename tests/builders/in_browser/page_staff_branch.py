"""A branch whose clients choose between two members of staff."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

import httpx

from tests.builders.in_browser.page_branch import PageBranch, create_location, first_movable_day, service_body
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_branch import EVERY_DAY
from tests.builders.on_stack.stack_requests import created

MORNING_STAFF = "Mona Aziz"
AFTERNOON_STAFF = f"Noor van der {'Wolfeschlegelsteinhausen' * 3}"


@dataclass(frozen=True)
class PageStaffBranch(PageBranch):
    """The staff ids of Mona, who works in the mornings, and of Noor, who has a long name, in the afternoons."""

    mona: str = ""
    noor: str = ""

    @classmethod
    def open(cls, stack: LocalStack, http: httpx.Client, admin: httpx.Client) -> Self:
        """A location open from nine to five every day."""
        mark = secrets.token_hex(3)
        place = create_location(admin, f"Bay Street {mark}")
        hours = {"weekdays": EVERY_DAY, "start": "09:00", "end": "17:00"}
        created(admin.post(f"/locations/{place['id']}/hours", json=hours))
        by_staff = {"availability": "staff", "client_chooses_staff": True, "buffer_after": 30}
        body = service_body(f"Counselling {mark}", [place["id"]]) | by_staff
        service = created(admin.post("/services", json=body))
        names = {"location_name": place["name"], "service_name": service["name"]}
        branch = cls(stack, http, admin, (place["id"],), (service["id"],), datetime.now(UTC), "", **names)
        return replace(
            branch,
            mona=branch.create_worker(MORNING_STAFF, ["en", "fr"], "09:00", "12:00"),
            noor=branch.create_worker(AFTERNOON_STAFF, ["en"], "13:00", "17:00"),
        )

    def create_worker(self, name: str, languages: list[str], start: str, end: str) -> str:
        """The id of a new member of staff with these hours from the first movable day on.

        The schedule starts on a whole day, so that it always has the same number of available times.
        """
        staff_id = str(self.create_staff(name=name, languages=languages)["id"])
        self.add_schedule(staff_id, start, end, valid_from=str(first_movable_day()))
        return staff_id
