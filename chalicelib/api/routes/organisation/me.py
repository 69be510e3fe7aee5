"""The signed-in caller over HTTP."""

from __future__ import annotations

from chalicelib.api.http.routing import ANY_STAFF, Call, NoBody, NoQuery, Routes
from chalicelib.api.schemas.organisation.staff import MeResponse
from chalicelib.domain.shared.permissions import Principal

routes = Routes(__name__, tag="Staff")


@routes.get("/me", response=MeResponse, access=ANY_STAFF)
def show_me(call: Call[NoBody, NoQuery]) -> Principal:
    """The signed-in person and what they may do."""
    return call.staff
