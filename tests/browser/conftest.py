"""The stack that the pages are loaded from, and a branch of its own for every test."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.builders.in_browser.chromium_fixtures import arrive, chromium, visitor
from tests.builders.in_browser.page_block_branch import Branch
from tests.builders.on_stack import local_stack
from tests.builders.on_stack.local_stack import Stack
from tests.stack.conftest import eventually

__all__ = ["arrive", "chromium", "eventually", "visitor"]

ZONE = "America/Toronto"
BEYOND_DEADLINES = timedelta(days=3)
TOPIC = {
    "id": "topic",
    "text": "What is it about?",
    "type": "choice",
    "options": ["First home", "Renewal"],
    "required": True,
}


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The test run's one stack."""
    return local_stack.shared()


@pytest.fixture(scope="session")
def admin(stack: Stack) -> Iterator[httpx.Client]:
    """The API as an administrator calls it."""
    with stack.staff("admin") as client:
        yield client


def made(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the API made of the body."""
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def branch(admin: httpx.Client, stack: Stack) -> Branch:
    """A branch in Toronto with one seat from nine to five on each of twenty days, late enough to be moved."""
    name = secrets.token_hex(3)
    places = [
        made(admin, "/locations", {"name": f"{kind} {name}", "timezone": ZONE, "address": "100 King Street West"})
        for kind in ("King Street", "Queen Street")
    ]
    service = made(admin, "/services", advice(f"Advice {name}", [place["id"] for place in places]))
    first = datetime.now(ZoneInfo(ZONE)).date() + BEYOND_DEADLINES
    block = {
        "location_id": places[0]["id"],
        "start": f"{first}T09:00",
        "end": f"{first}T17:00",
        "timezone": ZONE,
        "limit": 1,
        "services": [service["id"]],
        "recurrence": {"rrule": "FREQ=DAILY;COUNT=20"},
    }
    made(admin, "/quickstream/blocks", block)
    return Branch(f"{stack.api_url}/", places[0]["id"], places[0]["name"], service["id"], service["name"], ZONE)


def advice(name: str, location_ids: list[str]) -> dict[str, Any]:
    """A service of half an hour that asks what it is about."""
    return {
        "name": name,
        "description": "First home, renewal or refinancing",
        "duration_minutes": 30,
        "meeting_methods": ["in_person", "phone"],
        "location_ids": location_ids,
        "availability": "quickstream",
        "slot_interval": 30,
        "questions": [TOPIC],
    }


@pytest.fixture
def settings(admin: httpx.Client) -> Iterator[Callable[..., None]]:
    """Changes settings for one test."""
    before = admin.get("/settings").raise_for_status().json()

    changed: set[str] = set()

    def change(**wished: Any) -> None:
        admin.patch("/settings", json=wished).raise_for_status()
        changed.update(wished)

    yield change
    admin.patch("/settings", json={name: before[name] for name in changed}).raise_for_status()
