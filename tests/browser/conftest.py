"""The fixtures of the tests in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.builders.in_browser.chromium_fixtures import chromium, open_visitor, visitor
from tests.builders.in_browser.page_branch import PageBlockBranch
from tests.builders.on_stack.local_stack import LocalStack
from tests.builders.on_stack.stack_fixtures import admin, eventually, http, stack, statuses
from tests.builders.on_stack.stack_requests import body_of

__all__ = ["admin", "chromium", "eventually", "http", "open_visitor", "stack", "statuses", "visitor"]


@pytest.fixture
def branch(stack: LocalStack, http: httpx.Client, admin: httpx.Client) -> PageBlockBranch:
    """A branch for one test."""
    return PageBlockBranch.open(stack, http, admin)


@pytest.fixture
def settings(admin: httpx.Client) -> Iterator[Callable[..., None]]:
    """Changes settings for one test."""
    before = body_of(admin.get("/settings"))
    changed: set[str] = set()

    def change(**values: Any) -> None:
        body_of(admin.patch("/settings", json=values))
        changed.update(values)

    yield change
    body_of(admin.patch("/settings", json={name: before[name] for name in changed}))
