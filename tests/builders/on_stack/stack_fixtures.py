"""Fixtures of all tests on the stack; the conftests of tests/stack and tests/browser import them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import httpx
import pytest

from tests.builders.on_stack import local_stack
from tests.builders.on_stack.competing_writers import in_process_container
from tests.builders.on_stack.local_stack import Eventually, LocalStack
from tests.builders.on_stack.stack_block_branch import OpenBranch, StackBlockBranch
from tests.builders.on_stack.stack_branch import StackBranch
from tests.builders.on_stack.stack_rebooking_branch import StackRebookingBranch
from tests.builders.on_stack.stack_staff_branch import OpenStaffBranch, StackStaffBranch
from tests.builders.on_stack.stack_statuses import StackStatuses, status_function_on

T = TypeVar("T")


@pytest.fixture(scope="session")
def stack() -> LocalStack:
    """The only stack of the test run."""
    return local_stack.shared_stack()


@pytest.fixture(scope="session")
def http(stack: LocalStack) -> Iterator[httpx.Client]:
    """An HTTP client without a login."""
    with stack.client() as client:
        yield client


@pytest.fixture(scope="session")
def admin(stack: LocalStack) -> Iterator[httpx.Client]:
    """An HTTP client that is signed in as an administrator."""
    with stack.staff("admin") as client:
        yield client


@pytest.fixture
def eventually() -> Eventually:
    """Waits for the results of background work."""

    def ask(question: Callable[[], T], /) -> T:
        deadline = time.monotonic() + 30
        while not (answer := question()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return answer

    return ask


@pytest.fixture
def beside_stack(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process's container uses the stack's table too."""
    with in_process_container(stack, monkeypatch):
        yield


@pytest.fixture
def consistent(stack: LocalStack) -> Iterator[None]:
    """After the test the integrity check finds no differences."""
    yield
    stack.require_consistent()


@pytest.fixture(scope="session")
def open_branch(stack: LocalStack, http: httpx.Client, admin: httpx.Client) -> OpenBranch:
    """Opens branches with a block; the keywords are the block's."""
    return partial(StackBlockBranch.open, stack, http, admin)


@pytest.fixture
def branch(open_branch: OpenBranch) -> StackBlockBranch:
    """A branch with a seat for everybody."""
    return open_branch(limit=300)


@pytest.fixture
def open_staff_branch(
    stack: LocalStack, http: httpx.Client, admin: httpx.Client, consistent: None
) -> Iterator[OpenStaffBranch]:
    """Opens branches with so many ``people`` at so many ``places``, whose appointments do not overlap at the end."""
    branches: list[StackStaffBranch] = []

    def open_one(people: int, places: int = 1) -> StackStaffBranch:
        branches.append(StackStaffBranch.open(stack, http, admin, people, places))
        return branches[-1]

    yield open_one
    for branch in branches:
        branch.close()
        assert branch.overlapping_appointments() == []


@pytest.fixture
def rebooking_branch(
    stack: LocalStack, http: httpx.Client, admin: httpx.Client, consistent: None
) -> Iterator[StackRebookingBranch]:
    """A branch with two consultants."""
    branch = StackRebookingBranch.open(stack, http, admin)
    yield branch
    branch.close()


@pytest.fixture
def statuses(branch: StackBranch) -> Iterator[StackStatuses]:
    """The organisation's statuses, switched on for the service of the test's ``branch``."""
    with status_function_on(branch.admin, branch.service_id) as found:
        yield found
