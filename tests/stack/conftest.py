"""The stack under test, and a way to wait for what happens beside a request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import httpx
import pytest

from tests.builders.on_stack import local_stack
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import OpenBranch, crowd, open_branch
from tests.builders.on_stack.stack_staff_branch import OpenStaff, StaffBranch, open_staff_branch

T = TypeVar("T")


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The test run's one stack."""
    return local_stack.shared()


@pytest.fixture
def eventually() -> Callable[[Callable[[], T]], T]:
    """Asks again until the answer is true, at most 30 seconds; returns it, true or not."""

    def ask(question: Callable[[], T]) -> T:
        deadline = time.monotonic() + 30
        while not (answer := question()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return answer

    return ask


@pytest.fixture(scope="session")
def http(stack: Stack) -> Iterator[httpx.Client]:
    """An HTTP client without a login."""
    with crowd(stack) as client:
        yield client


@pytest.fixture(scope="session")
def opened(stack: Stack, http: httpx.Client) -> Iterator[OpenBranch]:
    """Opens branches; the keywords are those of ``open_branch``."""
    with stack.staff("admin") as admin:
        yield lambda **block: open_branch(stack, http, admin, **block)


@pytest.fixture
def staffed(stack: Stack, http: httpx.Client) -> Iterator[OpenStaff]:
    """Opens branches; when the race is over nobody is in two places and the ledgers are right."""
    opened: list[StaffBranch] = []
    with stack.staff("admin") as admin:

        def open_one(people: int, places: int = 1) -> StaffBranch:
            opened.append(open_staff_branch(stack, http, admin, people, places))
            return opened[-1]

        yield open_one
        for branch in opened:
            branch.close()
            assert branch.clashes() == []
    assert stack.invoke("check_integrity", {})["differences"] == 0
