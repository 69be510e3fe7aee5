"""Compare the ledger of a stage with its appointments: ``python -m infra.integrity_check STAGE``.

Exit status 1 when they differ.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from infra import stages
from infra.aws_clients import Clients, account_clients, endpoint_clients
from infra.local_stack import stack_directory

FUNCTION = "check_integrity"
LOGICAL_ID = "CheckIntegrity"


def check_integrity(clients: Clients, function_name: str) -> dict[str, int]:
    """Run the deployed function; returns its counts of appointments, occupants and differences."""
    answer = clients("lambda").invoke(FunctionName=function_name, Payload=b"{}")
    counts: dict[str, int] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise RuntimeError(f"{FUNCTION} failed: {counts}")
    return counts


def main(arguments: list[str]) -> int:
    """Print the counts of one stage."""
    if len(arguments) != 1 or arguments[0] not in stages.STAGES:
        print(f"usage: python -m infra.integrity_check {'|'.join(stages.STAGES)}", file=sys.stderr)
        return 2
    clients, name = _deployed_function(arguments[0])
    counts = check_integrity(clients, name)
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    return 1 if counts["differences"] else 0


def _deployed_function(stage: str) -> tuple[Clients, str]:
    if stage == stages.LOCAL:
        stack: dict[str, Any] = json.loads((stack_directory() / "stack.json").read_text())
        return endpoint_clients(stack["aws_endpoint_url"], stack["region"]), stack["functions"][FUNCTION]
    clients = account_clients()
    resource = {"StackName": stages.stack_name(stage), "LogicalResourceId": LOGICAL_ID}
    found = clients("cloudformation").describe_stack_resource(**resource)["StackResourceDetail"]
    return clients, found["PhysicalResourceId"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
