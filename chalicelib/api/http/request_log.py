"""One log line per request: route, status, code, duration; and the answer when something unexpected fails."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from chalice.app import Request, Response

from chalicelib.api.http import problems
from chalicelib.api.http.base_url import public_url
from chalicelib.domain.shared.errors import Refusal
from chalicelib.observability import count_metric, error_fields, logger


def respond_logged(operation: str, request: Request, respond: Callable[[], Response]) -> Response:
    """The response of ``respond``, or the problem it raised; writes the line and its metrics, no personal data."""
    started = perf_counter()
    correlation_id = str(request.context.get("requestId", ""))
    line: dict[str, Any] = {"correlation_id": correlation_id, "route": operation}
    try:
        response = respond()
    except Refusal as refusal:
        response = problems.problem_response(refusal, public_url(request.context))
        line["code"] = refusal.code
        count_metric("RequestRefused", code=refusal.code)
    except Exception as error:  # noqa: BLE001  # the one place where unexpected errors end
        response = problems.problem_response(problems.InternalError(), public_url(request.context))
        line |= {"code": problems.InternalError.code, **error_fields(error)}
        count_metric("RequestFailed")
    response.headers["X-Correlation-Id"] = correlation_id
    line |= {"status": response.status_code, "duration_ms": round((perf_counter() - started) * 1000, 2)}
    (logger.error if response.status_code == 500 else logger.info)("request", extra=line)
    return response
