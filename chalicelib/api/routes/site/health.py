"""The health check: the API answers."""

from __future__ import annotations

from chalicelib import __version__
from chalicelib.api.http.routing import PUBLIC, Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.shared.fields import ResponseModel

routes = Routes(__name__, tag="Meta")


class HealthResponse(ResponseModel):
    """The API answers; nothing behind it has been checked."""

    status: str
    version: str


@routes.get("/health", response=HealthResponse, access=PUBLIC)
def health(call: Call[NoBody, NoQuery]) -> HealthResponse:
    """Check that the API answers; nothing behind it is checked."""
    return HealthResponse(status="ok", version=__version__)
