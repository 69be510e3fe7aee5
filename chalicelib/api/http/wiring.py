"""What the frame needs from the composition root, and the place where app.py plugs it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from chalicelib.domain.shared.permissions import Principal
from chalicelib.services.store_port import StoredResponse
from chalicelib.settings import DeploymentSettings


class StoredResponses(Protocol):
    """Where finished answers are kept for their 24 hours (D45); the store is one."""

    def stored_response(self, scope: str, key: str) -> StoredResponse | None:
        """The answer given under this key, read consistently; None when there is none."""


class RequestDependencies(Protocol):
    """The factories of the container that every request passes through; the module itself satisfies it."""

    def settings(self) -> DeploymentSettings:
        """This deployment's settings."""

    def principal_for(self, email: str, groups: tuple[str, ...]) -> Principal | None:
        """The active staff member who signs in with this address; None when there is none."""

    def origins(self) -> tuple[str, ...]:
        """The origins that may call ``/public`` from a browser, ``*`` for any; cached by the container."""

    def store(self) -> StoredResponses:
        """The table."""


_connected: list[RequestDependencies] = []


def connect(request_dependencies: RequestDependencies) -> None:
    """Use these factories from now on."""
    _connected[:] = [request_dependencies]


def dependencies() -> RequestDependencies:
    """The factories in use; RuntimeError when app.py has not connected any."""
    if not _connected:
        raise RuntimeError("app.py has not connected the container")
    return _connected[0]


def public_url(context: Mapping[str, Any]) -> str:
    """Where this API is reached, without a trailing slash: as configured, else as the gateway was called.

    A stack cannot hand its functions the URL of its own gateway; the request context names it.
    """
    configured = dependencies().settings().public_url
    domain, stage = context.get("domainName"), context.get("stage")
    return configured or (f"https://{domain}/{stage}" if domain else "")
