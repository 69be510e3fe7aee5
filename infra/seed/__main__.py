"""Fill the running local stack: ``python -m infra.seed demo|empty`` on an organisation without staff."""

from __future__ import annotations

import json
import sys

from infra import bootstrap_logins, local_stack
from infra.aws_clients import endpoint_clients
from infra.seed import demo, empty
from infra.seed.api_client import SeedFailed

SEEDS = {"demo": demo.seed, "empty": empty.seed}


def main(arguments: list[str]) -> int:
    """Seed as the administrator of the stack, then set the stack's password for all logins."""
    if len(arguments) != 1 or arguments[0] not in SEEDS:
        print(f"usage: python -m infra.seed {'|'.join(SEEDS)}", file=sys.stderr)
        return 2
    try:
        stack = json.loads((local_stack.stack_directory() / "stack.json").read_text())
    except FileNotFoundError:
        print("no local stack; start one with: make up", file=sys.stderr)
        return 1
    clients = endpoint_clients(stack["aws_endpoint_url"], stack["region"])
    users, password = stack["demo"]["users"], stack["demo"]["password"]
    token = bootstrap_logins.sign_in(clients, stack["user_pool_client_id"], users["admin"], password)
    try:
        SEEDS[arguments[0]](stack["api_url"], token)
    except SeedFailed as error:
        print(error, file=sys.stderr)
        return 1
    bootstrap_logins.set_passwords(clients, stack["user_pool_id"], password)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
