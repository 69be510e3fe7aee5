"""Serving one request by one route: authorise, decode, handle, respond, and write one log line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalice.app import Request, Response

from chalicelib.api.http import cors, idempotency, problems, request_decoding
from chalicelib.api.http.authorisation import authorise
from chalicelib.api.http.base_url import public_url
from chalicelib.api.http.decoded_call import Call
from chalicelib.api.http.request_log import clients_read, respond_logged
from chalicelib.api.http.route import JSON, Route
from chalicelib.container import container
from chalicelib.domain.shared.errors import AlreadyDone, Busy, NotFound, Refusal
from chalicelib.domain.shared.permissions import Principal
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.store_port import StoredResponse

_METHODS_WITH_BODY = ("POST", "PUT", "PATCH")


def serve(route: Route, request: Request, parameters: Mapping[str, str]) -> Response:
    """The response to a request; refusals and failures are responses with a problem."""
    operation = f"{route.method} {route.path}"
    reading: dict[str, Any] = {}
    response = respond_logged(operation, request, lambda: _handle(route, request, parameters, reading), reading)
    if "Access-Control-Allow-Origin" not in response.headers:
        response.headers.update(cors.response_headers(request.context, request.headers.get("origin"), route.public))
    return _not_modified(request, response)


def serve_preflight(route: Route, request: Request, methods: Iterable[str]) -> Response:
    """The response to a browser's preflight request."""

    def respond() -> Response:
        origin = request.headers.get("origin")
        return Response("", {**cors.preflight_headers(request.context, origin, route.public, methods)}, 204)

    return respond_logged(f"OPTIONS {route.path}", request, respond)


def _not_modified(request: Request, response: Response) -> Response:
    """304 if the browser's cached copy is still valid, else the response."""
    tag, known = response.headers.get("ETag"), request.headers.get("if-none-match", "")
    if not tag or tag not in known or response.headers["Cache-Control"] == "no-store":
        return response
    return Response("", response.headers, 304)


def translate_errors(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Middleware that turns the errors of Chalice itself, raised outside any route, into problems."""
    response = get_response(request)
    if response.status_code < 400 or not isinstance(response.body, dict):
        return response
    kind: type[Refusal] = problems.InternalError
    if response.status_code == 405:
        # Chalice adds an empty entry to its table of routes for every path that is requested.
        kind = problems.MethodNotAllowed if response.headers.get("Allow") else NotFound
    return respond_logged(f"{request.method} {request.path}", request, lambda: _raise_refusal(kind()))


def _raise_refusal(refusal: Refusal) -> Response:
    raise refusal


def _handle(route: Route, request: Request, parameters: Mapping[str, str], reading: dict[str, Any]) -> Response:
    call = _decode_call(route, request, parameters)
    try:
        result = route.handler(call)
    except AlreadyDone:
        first = idempotency.find_stored_response(call.idempotency) if call.idempotency else None
        if first is None:
            raise Busy() from None
        return _replayed_response(first)
    except Refusal as refusal:
        # The request may conflict with its own first copy, which was carried out; 503 asks the client to retry.
        if call.idempotency and refusal.status < 500 and (first := idempotency.find_stored_response(call.idempotency)):
            return _replayed_response(first)
        raise
    reading |= clients_read(route, call, result)
    if isinstance(result, Response):
        return result
    text, version = _serialise_result(route, call, result)
    return Response(text, _response_headers(route, version), route.status)


def _decode_call(route: Route, request: Request, parameters: Mapping[str, str]) -> Call[Any, Any]:
    principal = authorise(request.context, route.access)
    header = request.headers.get
    raw = request_decoding.raw_body(request) if route.method in _METHODS_WITH_BODY else b""

    def present(result: Any) -> tuple[int, str]:
        return route.status, _serialise_result(route, call, result)[0]

    call: Call[Any, Any] = Call(
        body=request_decoding.decode_body(raw, header("content-type", JSON), route.body),
        query=request_decoding.decode_query(request, route.query),
        path=request_decoding.decode_path(parameters),
        principal=principal,
        now=request_decoding.request_time(header("x-now"), container.settings.is_local),
        idempotency=_idempotency_key(route, request, parameters, raw, principal, present),
        expected_version=request_decoding.expected_version(header("if-match")) if route.versioned else None,
        correlation_id=str(request.context.get("requestId", "")),
        public_url=public_url(request.context),
    )
    return call


def _idempotency_key(
    route: Route,
    request: Request,
    parameters: Mapping[str, str],
    raw: bytes,
    principal: Principal | None,
    present: Callable[[Any], tuple[int, str]],
) -> IdempotencyKey | None:
    key = request.headers.get("idempotency-key") if route.idempotent else None
    if key is None:
        return None
    query = request.to_original_event()["multiValueQueryStringParameters"]
    text = idempotency.canonical_request(route.path, parameters, query, raw)
    return idempotency.idempotency_key(key, route.name, principal, text, present)


def _serialise_result(route: Route, call: Call[Any, Any], result: Any) -> tuple[str, int | None]:
    """The body of the response, and the version of the resource in it."""
    if route.response is None:
        return ("" if route.status == 204 else str(result)), None
    if route.present is not None:
        model = route.present(call, result)
    else:
        model = result if isinstance(result, route.response) else route.response.from_domain(result)
    version = getattr(model, "version", None)
    return model.model_dump_json(), version if isinstance(version, int) else None


def _replayed_response(stored: StoredResponse) -> Response:
    headers = {"Content-Type": JSON, "Cache-Control": "no-store", "Idempotent-Replayed": "true"}
    return Response(stored.body, {**headers}, stored.status)


def _response_headers(route: Route, version: int | None) -> dict[str, str | list[str]]:
    headers: dict[str, str | list[str]] = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if route.status != 204:
        headers["Content-Type"] = route.produces
    if version is not None:
        headers["ETag"] = f'"{version}"'
    return headers
