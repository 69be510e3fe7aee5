"""Static text for browsers: pages, scripts and styles, cached by ETag."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from chalice.app import Response

HTML = "text/html; charset=utf-8"
SCRIPT = "text/javascript; charset=utf-8"
STYLE = "text/css; charset=utf-8"


def static_response(text: str, content_type: str, headers: Mapping[str, str]) -> Response:
    """The text as a response with an ETag and these headers."""
    return Response(text, {**headers, "Content-Type": content_type, "ETag": _etag(text)})


@cache
def _etag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'
