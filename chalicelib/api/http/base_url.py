"""The address at which clients reach this API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.container import container


def public_url(context: Mapping[str, Any]) -> str:
    """The API's own URL without a trailing slash: as configured, else as the gateway was called.

    A stack cannot hand its functions the URL of its own gateway; the request context names it.
    """
    domain, stage = context.get("domainName"), context.get("stage")
    return container.settings.public_url or (f"https://{domain}/{stage}" if domain else "")
