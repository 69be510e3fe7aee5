"""A token for the local stack: ``python -m infra.staff_token ROLE`` signs in as the demo user of that role."""

from __future__ import annotations

import json
import sys

from infra import bootstrap_logins
from infra.aws_clients import endpoint_clients
from infra.local_stack import USERS, stack_directory


def main(arguments: list[str]) -> int:
    """Print the ID token, the bearer token of staff routes; valid for an hour."""
    if len(arguments) != 1 or arguments[0] not in USERS:
        print(f"usage: python -m infra.staff_token {'|'.join(USERS)}", file=sys.stderr)
        return 2
    stack = json.loads((stack_directory() / "stack.json").read_text())
    clients = endpoint_clients(stack["aws_endpoint_url"], stack["region"])
    user, password = USERS[arguments[0]], stack["demo"]["password"]
    print(bootstrap_logins.sign_in(clients, stack["user_pool_client_id"], user, password))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
