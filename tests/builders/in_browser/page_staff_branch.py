"""A branch whose clients choose between two people: one works in the mornings, the other in the afternoons."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx

from tests.browser.conftest import BEYOND_DEADLINES, ZONE, advice, made
from tests.builders.in_browser.page_block_branch import Branch

EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
MONA = "Mona Aziz"
NOOR = f"Noor van der {'Wolfeschlegelsteinhausen' * 3}"


@dataclass(frozen=True)
class Practice(Branch):
    """A branch where Mona works in the mornings and Noor, who has a long name, in the afternoons."""

    mona: str
    noor: str


def founded(admin: httpx.Client, api_url: str) -> Practice:
    """A practice of its own, open from nine to five every day."""
    name = secrets.token_hex(3)
    place = made(admin, "/locations", {"name": f"Bay Street {name}", "timezone": ZONE, "address": "1 Bay Street"})
    made(admin, f"/locations/{place['id']}/hours", {"weekdays": EVERY_DAY, "start": "09:00", "end": "17:00"})
    by_staff = {"availability": "staff", "client_chooses_staff": True, "buffer_after": 30}
    service = made(admin, "/services", advice(f"Counselling {name}", [place["id"]]) | by_staff)

    def employed(person: str, languages: list[str], start: str, end: str) -> str:
        member = {
            "name": person,
            "email": f"{person.split(maxsplit=1)[0].lower()}.{name}@example.org",
            "role": "staff",
            "location_ids": [place["id"]],
            "service_ids": [service["id"]],
            "languages": languages,
        }
        staff_id: str = made(admin, "/staff", member)["id"]
        lines = [{"weekdays": EVERY_DAY, "start": start, "end": end}]
        # Whole days to come: whatever the time of day, as many times are free on the first of them.
        first = datetime.now(ZoneInfo(ZONE)).date() + BEYOND_DEADLINES
        schedule = {"calendar_type": "open", "timezone": ZONE, "lines": lines, "valid_from": str(first)}
        made(admin, f"/staff/{staff_id}/work-schedules", schedule)
        return staff_id

    return Practice(
        api_url,
        place["id"],
        place["name"],
        service["id"],
        service["name"],
        ZONE,
        mona=employed(MONA, ["en", "fr"], "09:00", "12:00"),
        noor=employed(NOOR, ["en"], "13:00", "17:00"),
    )
