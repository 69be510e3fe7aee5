"""Cross-origin access: the headers of responses and preflights, by route and web origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.api.http.base_url import public_url
from chalicelib.container import container
from chalicelib.observability import error_fields, logger

_REQUEST_HEADERS = "Authorization,Content-Type,Idempotency-Key,If-Match,X-Now"
_RESPONSE_HEADERS = "ETag,Idempotent-Replayed,Retry-After,X-Correlation-Id"
_MAX_AGE_SECONDS = "600"


def response_headers(context: Mapping[str, Any], origin: str | None, public: bool) -> dict[str, str]:
    """The headers of a response to this origin: public routes allow the configured ones, others only the API's own."""
    allowed = _allowed_origin(context, origin, public) if origin else None
    if allowed is None:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": allowed,
        "Access-Control-Expose-Headers": _RESPONSE_HEADERS,
    }


def preflight_headers(
    context: Mapping[str, Any], origin: str | None, public: bool, methods: Iterable[str]
) -> dict[str, str]:
    """The headers of a preflight response; without access for an origin that is not allowed."""
    found = response_headers(context, origin, public)
    if "Access-Control-Allow-Origin" not in found:
        return found
    return {
        **found,
        "Access-Control-Allow-Methods": ",".join(sorted(methods)),
        "Access-Control-Allow-Headers": _REQUEST_HEADERS,
        "Access-Control-Max-Age": _MAX_AGE_SECONDS,
    }


def _allowed_origin(context: Mapping[str, Any], origin: str, public: bool) -> str | None:
    own = urlsplit(public_url(context))
    if origin == f"{own.scheme}://{own.netloc}":
        return origin
    configured = _configured_origins() if public else ()
    if "*" in configured:
        return "*"
    return origin if origin in configured else None


def _configured_origins() -> tuple[str, ...]:
    try:
        return container.allowed_origins.current()
    except Exception as error:  # noqa: BLE001  # the response is ready: no failure here may replace it
        logger.error("origins unknown", extra=error_fields(error))
        return ()
