"""AWS clients: of the account of the current credentials, or of the embedded AWS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import boto3

# Both halves of the root credentials of the embedded AWS.
EMULATOR_ACCESS_KEY = "test"

# A service's name in, its boto3 client out.
Clients = Callable[[str], Any]


def account_clients() -> Clients:
    """Clients with the credentials and region of the environment."""
    # boto3's stubs want the service's name as a literal.
    client: Callable[..., Any] = boto3.client
    return client


def endpoint_clients(url: str, region: str) -> Clients:
    """Clients of the embedded AWS at ``url``, with its root credentials; they connect to nothing else."""
    client: Callable[..., Any] = boto3.Session(EMULATOR_ACCESS_KEY, EMULATOR_ACCESS_KEY, region_name=region).client
    return partial(client, endpoint_url=url)
