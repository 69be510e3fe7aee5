"""The public address of this API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.container import container


def public_url(context: Mapping[str, Any]) -> str:
    """The API's URL without a trailing slash: as configured, else as the gateway was called.

    A stack cannot pass its own gateway's URL to its functions; the request context contains it.
    """
    domain, stage = context.get("domainName"), context.get("stage")
    return container.settings.public_url or (f"https://{domain}/{stage}" if domain else "")
