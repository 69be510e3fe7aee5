"""The health check: the API answers."""

from __future__ import annotations

from chalicelib import __version__
from chalicelib.api.http.routing import PUBLIC, Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.shared.fields import ResponseModel


class HealthResponse(ResponseModel):
    """The API answers; nothing behind it has been checked."""

    status: str
    version: str


def health_routes() -> Routes:
    """The route of the health check; made anew for each app, as the test API has one, too."""
    routes = Routes(__name__, tag="Meta")

    @routes.get("/health", response=HealthResponse, access=PUBLIC)
    def health(call: Call[NoBody, NoQuery]) -> HealthResponse:
        """Check that the API answers; nothing behind it is checked."""
        return HealthResponse(status="ok", version=__version__)

    return routes
