"""Secrets of the deployment, read from Secrets Manager at their first use."""

from __future__ import annotations

from functools import lru_cache

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config

# A rotated secret takes effect after this time at the latest.
_MAX_AGE_SECONDS = 300


@lru_cache(maxsize=1)
def _provider(region: str) -> SecretsProvider:
    config = Config(region_name=region, connect_timeout=1, read_timeout=3, retries={"max_attempts": 2})
    return SecretsProvider(boto_config=config)


def read_secret(name: str, region: str) -> str:
    """The text of a secret by its name or ARN; ``GetParameterError`` if it cannot be read."""
    return str(_provider(region).get(name, max_age=_MAX_AGE_SECONDS))
