"""Undoing merges on the real stack: nobody who looks can tell afterwards that there were any (D24)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from chalicelib.container import container
from tests.builders.generators.client_merge_plans import PLANS, MergePlan, MergeScenario, require_undo_restores
from tests.builders.on_stack.competing_writers import beside
from tests.builders.on_stack.local_stack import Stack
from tests.builders.on_stack.stack_block_branch import Branch, OpenBranch


@pytest.fixture
def branch(stack: Stack, opened: OpenBranch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Branch]:
    """A branch with room for everybody, on whose table this process looks too."""
    with beside(stack, monkeypatch):
        yield opened(limit=200)


# What fails is found again, smaller, in moto: there an example takes back what it wrote.
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(plan=PLANS)
def test_any_merges_undone_from_the_last_are_as_if_they_had_never_been(plan: MergePlan, branch: Branch) -> None:
    def call(method: str, path: str, body: Any) -> Any:
        answer = branch.admin.request(method, path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    scenario = MergeScenario(call, branch.slot, secrets.token_hex(6))
    scenario.create(plan)
    assert require_undo_restores(scenario, plan, scenario.snapshot) > 0
    assert container.client_integrity.check(scenario.ids, [branch.location_id]) == ()
