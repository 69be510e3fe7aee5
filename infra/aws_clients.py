"""Where AWS clients come from: the account of the current credentials, or the embedded AWS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import boto3

# The embedded AWS takes this as its root credentials, both halves.
EMULATOR_ACCESS_KEY = "test"

# A service's name in, its boto3 client out.
Clients = Callable[[str], Any]


def account_clients() -> Clients:
    """Clients with the credentials and region of the environment."""
    # boto3's stubs want the service's name as a literal.
    client: Callable[..., Any] = boto3.client
    return client


def endpoint_clients(url: str, region: str) -> Clients:
    """Clients of the embedded AWS at ``url``, with its root credentials; they talk to nothing else."""
    client: Callable[..., Any] = boto3.Session(EMULATOR_ACCESS_KEY, EMULATOR_ACCESS_KEY, region_name=region).client
    return partial(client, endpoint_url=url)
