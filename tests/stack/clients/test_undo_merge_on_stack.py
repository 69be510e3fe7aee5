"""Undoing merges on the stack restores all that staff see (D24)."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from chalicelib.container import container
from tests.builders.generators.client_merge_plans import PLANS, MergePlan, MergeScenario, require_undo_restores
from tests.builders.on_stack.stack_block_branch import StackBlockBranch

pytestmark = pytest.mark.usefixtures("beside_stack")


# The same test on moto shrinks failures: there each example is rolled back.
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(plan=PLANS)
def test_undoing_merges_from_the_last_restores_everything(plan: MergePlan, branch: StackBlockBranch) -> None:
    def call(method: str, path: str, body: Any) -> Any:
        response = branch.admin.request(method, path, json=body)
        assert response.is_success, response.text
        return response.json()

    scenario = MergeScenario(call, branch.slot, secrets.token_hex(6))
    scenario.create(plan)
    assert require_undo_restores(scenario, plan, scenario.snapshot) > 0
    assert container.client_integrity.check(scenario.ids, [branch.location_id]) == ()
