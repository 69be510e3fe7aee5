"""One log line per request: route, status, code, duration; and the answer when something unexpected fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from chalice.app import Request, Response

from chalicelib.api.http import problems
from chalicelib.api.http.base_url import public_url
from chalicelib.api.http.decoded_call import Call
from chalicelib.api.http.route import Route
from chalicelib.domain.shared.errors import Refusal
from chalicelib.observability import count_metric, error_fields, logger


def respond_logged(
    operation: str, request: Request, respond: Callable[[], Response], reading: Mapping[str, Any] | None = None
) -> Response:
    """The response of ``respond``, or the problem it raised; writes the line and its metrics, no personal data.

    ``respond`` fills ``reading`` with ``clients_read`` (TR-5).
    """
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
    line |= reading or {}
    line |= {"status": response.status_code, "duration_ms": round((perf_counter() - started) * 1000, 2)}
    (logger.error if response.status_code == 500 else logger.info)("request", extra=line)
    return response


def clients_read(route: Route, call: Call[Any, Any], result: Any) -> dict[str, Any]:
    """The caller and the clients a successful request showed them, by id only (TR-5)."""
    shown: dict[str, Any] = {}
    if route.reads_client:
        shown["client_id"] = call.path["client_id"]
    if route.shows_clients is not None:
        shown["client_ids"] = sorted(route.shows_clients(result))
    return {"staff_id": call.staff.staff_id, **shown} if shown else {}
