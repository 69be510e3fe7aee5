"""The fixtures of the tests on the stack."""

from tests.builders.on_stack.stack_fixtures import (
    admin,
    beside_stack,
    branch,
    consistent,
    eventually,
    http,
    open_branch,
    open_staff_branch,
    rebooking_branch,
    stack,
    statuses,
)

__all__ = [
    "admin", "beside_stack", "branch", "consistent", "eventually", "http", "open_branch", "open_staff_branch",
    "rebooking_branch", "stack", "statuses",
]  # fmt: skip
