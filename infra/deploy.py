"""Deploy to an account: ``python -m infra.deploy STAGE`` creates or updates the CloudFormation stack."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra import artifact_upload, package, stages
from infra.aws_clients import Clients, account_clients

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
UNCHANGED_MESSAGES = ("didn't contain changes", "No updates are to be performed")
TIMEOUT_SECONDS = 1800


class DeploymentFailed(Exception):
    """CloudFormation refused the change or rolled it back; the message lists its reasons."""


@dataclass(frozen=True)
class Deployment:
    """A deployed stage: the stack's outputs, and each function's Lambda name by its name in app.py."""

    outputs: dict[str, str]
    functions: dict[str, str]


def deploy(
    clients: Clients, stage: str, built: Path, parameters: dict[str, str], pause_seconds: float = 5
) -> Deployment:
    """Bring the stage's stack to the package in ``built``; without a change nothing happens.

    ``pause_seconds`` is the interval at which a running change is checked. Raises ``DeploymentFailed``.
    """
    template = json.loads((built / "template.json").read_text())
    stack = stages.stack_name(stage)
    url = artifact_upload.upload(clients, stack, built, template)
    _apply_change_set(_Stack(clients("cloudformation"), stack, pause_seconds), url, parameters)
    return _describe_deployment(clients, stack, template)


@dataclass(frozen=True)
class _Stack:
    """One CloudFormation stack and the interval at which it is checked."""

    client: Any
    name: str
    pause_seconds: float

    def exists(self) -> bool:
        try:
            found = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return False
            raise
        # A stack whose only change set was never executed does not exist yet.
        return bool(found["StackStatus"] != "REVIEW_IN_PROGRESS")

    def wait(self, event: str, **names: str) -> None:
        attempts = int(TIMEOUT_SECONDS / self.pause_seconds)
        self.client.get_waiter(event).wait(
            StackName=self.name, **names, WaiterConfig={"Delay": self.pause_seconds, "MaxAttempts": attempts}
        )

    def failures(self, since: Callable[[dict[str, Any]], bool]) -> str:
        """The reasons of failed resources, from the stack's events, newest first."""
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        failed = [e for e in events if e["ResourceStatus"].endswith("FAILED") and since(e)]
        return "\n".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}" for e in failed)


def _apply_change_set(stack: _Stack, url: str, parameters: dict[str, str]) -> None:
    kind = "UPDATE" if stack.exists() else "CREATE"
    change = f"deploy-{time.time_ns()}"
    stack.client.create_change_set(
        StackName=stack.name,
        ChangeSetName=change,
        ChangeSetType=kind,
        TemplateURL=url,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=CAPABILITIES,
    )
    try:
        stack.wait("change_set_create_complete", ChangeSetName=change)
    except WaiterError as error:
        stack.client.delete_change_set(StackName=stack.name, ChangeSetName=change)
        reason = str(error.last_response.get("StatusReason", error))
        if any(phrase in reason for phrase in UNCHANGED_MESSAGES):
            return
        raise DeploymentFailed(reason) from error
    before = {event["EventId"] for event in stack.client.describe_stack_events(StackName=stack.name)["StackEvents"]}
    stack.client.execute_change_set(StackName=stack.name, ChangeSetName=change)
    try:
        stack.wait(f"stack_{kind.lower()}_complete")
    except WaiterError as error:
        raise DeploymentFailed(stack.failures(lambda event: event["EventId"] not in before)) from error


def _describe_deployment(clients: Clients, stack: str, template: dict[str, Any]) -> Deployment:
    cloudformation = clients("cloudformation")
    outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    physical = {r["LogicalResourceId"]: r["PhysicalResourceId"] for p in pages for r in p["StackResourceSummaries"]}
    functions = {name: physical[logical_id] for name, logical_id in package.functions_by_name(template).items()}
    return Deployment({output["OutputKey"]: output["OutputValue"] for output in outputs}, functions)


def main(arguments: list[str]) -> int:
    """Package and deploy the named stage to the account of the current AWS credentials."""
    account_stages = [stage for stage in stages.STAGES if stage != stages.LOCAL]
    if len(arguments) != 1 or arguments[0] not in account_stages:
        print(f"usage: python -m infra.deploy {'|'.join(account_stages)}", file=sys.stderr)
        return 2
    (stage,) = arguments
    try:
        deployed = deploy(account_clients(), stage, package.package(stage), stages.parameters(stage))
    except (package.PackageIncomplete, DeploymentFailed) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"deployed {stage}: {deployed.outputs['EndpointURL']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
