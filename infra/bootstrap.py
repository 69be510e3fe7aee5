"""Create a stage's first login: ``python -m infra.bootstrap STAGE EMAIL`` invites an administrator."""

from __future__ import annotations

import sys

from infra import bootstrap_logins, stages
from infra.aws_clients import account_clients


def main(arguments: list[str]) -> int:
    """Invite ``EMAIL`` as administrator; all other staff are then created through the API, by ``POST /staff``."""
    if len(arguments) != 2 or arguments[0] not in stages.STAGES:
        print(f"usage: python -m infra.bootstrap {'|'.join(stages.STAGES)} EMAIL", file=sys.stderr)
        return 2
    stage, email = arguments
    clients = account_clients()
    stack = clients("cloudformation").describe_stacks(StackName=stages.stack_name(stage))["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    if bootstrap_logins.create_login(clients, outputs["StaffPoolId"], email, "admin", invite=True):
        print(f"{email} is invited as administrator of {stage}")
    else:
        print(f"{email} had a login already and is administrator of {stage}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
