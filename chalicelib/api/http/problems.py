"""Refusals as HTTP problems (RFC 9457), and the refusals that only HTTP has."""

from __future__ import annotations

from collections.abc import Iterator

from chalice.app import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from chalicelib.domain.shared.errors import Busy, Refusal

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "2"


class NotJson(Refusal):
    """The body cannot be read as JSON (400)."""

    status = 400
    code = "not_json"
    title = "The body is not JSON"


class MethodNotAllowed(Refusal):
    """The path exists, but not with this method (405)."""

    status = 405
    code = "method_not_allowed"
    title = "This method is not offered here"


class BodyTooLarge(Refusal):
    """The body is larger than any request of this API needs to be (413)."""

    status = 413
    code = "too_large"
    title = "The body is too large"


class UnsupportedMediaType(Refusal):
    """The body is not sent as JSON (415)."""

    status = 415
    code = "unsupported_media_type"
    title = "Send the body as application/json"


class IdempotencyKeyReused(Refusal):
    """The Idempotency-Key was used before, for another request (422, D45)."""

    status = 422
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"


class InternalError(Refusal):
    """An error of our own; details are in the log, the caller gets the correlation id (500)."""

    status = 500
    code = "internal"
    title = "Something went wrong on our side"


class FieldProblem(BaseModel):
    """One invalid field."""

    pointer: str = Field(description="JSON pointer into the body, or `/name` of a parameter or header")
    message: str


class Problem(BaseModel):
    """A refused request; some codes add fields of their own."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="the word to program against")
    errors: list[FieldProblem]


def problem_response(refusal: Refusal, public_url: str) -> Response:
    """The refusal as an HTTP response."""
    problem = {
        **refusal.extra,
        "type": f"{public_url}/problems/{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "errors": [{"pointer": e.pointer, "message": e.message} for e in refusal.errors],
    }
    headers: dict[str, str | list[str]] = {
        "Content-Type": CONTENT_TYPE,
        "Cache-Control": "no-store",
    }
    if isinstance(refusal, Busy):
        headers["Retry-After"] = str(refusal.extra.get("retry_after", RETRY_AFTER_SECONDS))
    return Response(to_json(problem).decode(), headers, refusal.status)


def refusal_classes(root: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """All refusal classes, for the API's document."""
    for kind in root.__subclasses__():
        yield kind
        yield from refusal_classes(kind)
