"""One request through one route: authorise, decode, handle, answer, and say so in one log line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

from chalice.app import Request, Response

from chalicelib.api.http import cors, decoding, idempotency, problems
from chalicelib.api.http.authorisation import authorise
from chalicelib.api.http.call import Call
from chalicelib.api.http.wiring import public_url, wired
from chalicelib.domain.shared.errors import AlreadyDone, Busy, NotFound, Refusal
from chalicelib.domain.shared.permissions import Principal
from chalicelib.observability import count, failure, logger
from chalicelib.services.unit_of_work import Once, Replay

if TYPE_CHECKING:
    from chalicelib.api.http.routing import Route

JSON = "application/json"
_WITH_BODY = ("POST", "PUT", "PATCH")


def answer(route: Route, request: Request, parameters: Mapping[str, str]) -> Response:
    """The answer to a request; every refusal and every failure has become a problem in it."""
    operation = f"{route.method} {route.path}"
    response = _logged(operation, request, lambda: _handled(route, request, parameters))
    if "Access-Control-Allow-Origin" not in response.headers:
        response.headers.update(cors.headers(request.context, request.headers.get("origin"), route.public))
    return _unchanged(request, response)


def preflight(route: Route, request: Request, methods: Iterable[str]) -> Response:
    """The answer to a browser that asks whether it may call."""

    def respond() -> Response:
        origin = request.headers.get("origin")
        return Response("", {**cors.preflight(request.context, origin, route.public, methods)}, 204)

    return _logged(f"OPTIONS {route.path}", request, respond)


def _unchanged(request: Request, response: Response) -> Response:
    """304 instead of what a browser was allowed to keep and still has."""
    tag, known = response.headers.get("ETag"), request.headers.get("if-none-match", "")
    if not tag or tag not in known or response.headers["Cache-Control"] == "no-store":
        return response
    return Response("", response.headers, 304)


def translate(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Middleware that turns the errors Chalice raises itself, before or beside any route, into problems."""
    response = get_response(request)
    if response.status_code < 400 or not isinstance(response.body, dict):
        return response
    kind: type[Refusal] = problems.Internal
    if response.status_code == 405:
        # Chalice's table of routes grows an empty entry for every path it is asked about.
        kind = problems.MethodNotAllowed if response.headers.get("Allow") else NotFound
    return _logged(f"{request.method} {request.path}", request, lambda: _raise(kind()))


def _raise(refusal: Refusal) -> Response:
    raise refusal


def _logged(operation: str, request: Request, respond: Callable[[], Response]) -> Response:
    started = perf_counter()
    correlation_id = str(request.context.get("requestId", ""))
    line: dict[str, Any] = {"correlation_id": correlation_id, "route": operation}
    try:
        response = respond()
    except Refusal as refusal:
        response = problems.response(refusal, public_url(request.context))
        line["code"] = refusal.code
        count("RequestRefused", code=refusal.code)
    except Exception as error:  # noqa: BLE001  # the one place where anything unexpected ends
        response = problems.response(problems.Internal(), public_url(request.context))
        line |= {"code": problems.Internal.code, **failure(error)}
        count("RequestFailed")
    response.headers["X-Correlation-Id"] = correlation_id
    line |= {"status": response.status_code, "duration_ms": round((perf_counter() - started) * 1000, 2)}
    (logger.error if response.status_code == 500 else logger.info)("request", extra=line)
    return response


def _handled(route: Route, request: Request, parameters: Mapping[str, str]) -> Response:
    call = _decoded(route, request, parameters)
    try:
        result = route.handler(call)
    except AlreadyDone:
        first = idempotency.earlier(call.once) if call.once else None
        if first is None:
            raise Busy() from None
        return _again(first)
    except Refusal as refusal:
        # The copy that was carried out may itself be what this one now collides with; 503 wants another try.
        if call.once and refusal.status < 500 and (first := idempotency.earlier(call.once)):
            return _again(first)
        raise
    if isinstance(result, Response):
        return result
    text, version = _presented(route, call, result)
    return Response(text, _headers(route, version), route.status)


def _decoded(route: Route, request: Request, parameters: Mapping[str, str]) -> Call[Any, Any]:
    principal = authorise(request.context, route.who)
    header = request.headers.get
    raw = decoding.raw_body(request) if route.method in _WITH_BODY else b""

    def present(result: Any) -> tuple[int, str]:
        return route.status, _presented(route, call, result)[0]

    call: Call[Any, Any] = Call(
        body=decoding.body(raw, header("content-type", JSON), route.body),
        query=decoding.query(request, route.query),
        path=decoding.path(parameters),
        principal=principal,
        now=decoding.clock(header("x-now"), wired().settings().local),
        once=_once(route, request, parameters, raw, principal, present),
        expected_version=decoding.expected_version(header("if-match")) if route.versioned else None,
        correlation_id=str(request.context.get("requestId", "")),
        public_url=public_url(request.context),
    )
    return call


def _once(
    route: Route,
    request: Request,
    parameters: Mapping[str, str],
    raw: bytes,
    principal: Principal | None,
    present: Callable[[Any], tuple[int, str]],
) -> Once | None:
    key = request.headers.get("idempotency-key") if route.idempotent else None
    if key is None:
        return None
    query = request.to_original_event()["multiValueQueryStringParameters"]
    text = idempotency.canonical(route.path, parameters, query, raw)
    return idempotency.once(key, route.name, principal, text, present)


def _presented(route: Route, call: Call[Any, Any], result: Any) -> tuple[str, int | None]:
    """The text of the answer, and the version of the resource it shows."""
    if route.answer is None:
        return ("" if route.status == 204 else str(result)), None
    if route.present is not None:
        model = route.present(call, result)
    else:
        model = result if isinstance(result, route.answer) else route.answer.of(result)
    version = getattr(model, "version", None)
    return model.model_dump_json(), version if isinstance(version, int) else None


def _again(first: Replay) -> Response:
    headers = {"Content-Type": JSON, "Cache-Control": "no-store", "Idempotent-Replayed": "true"}
    return Response(first.body, {**headers}, first.status)


def _headers(route: Route, version: int | None) -> dict[str, str | list[str]]:
    headers: dict[str, str | list[str]] = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if route.status != 204:
        headers["Content-Type"] = route.produces
    if version is not None:
        headers["ETag"] = f'"{version}"'
    return headers
