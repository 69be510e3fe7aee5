"""Calls of the API for seeding: a few at a time, each repeated while the API is busy."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar

import httpx

T = TypeVar("T")
R = TypeVar("R")

MAX_PARALLEL_REQUESTS = 3
# A busy machine needs time to start the functions.
TIMEOUT_SECONDS = 120
ATTEMPTS = 6
_RETRYABLE_STATUSES = frozenset({429, 502, 503, 504})


class SeedFailed(Exception):
    """The API refused a request that seeding depends on."""


class ApiClient:
    """Calls the API at ``api_url`` as the owner of ``token``, public routes without a login."""

    def __init__(self, api_url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self._token = token
        self._http = httpx.Client(base_url=api_url.rstrip("/"), timeout=TIMEOUT_SECONDS, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: str) -> Any:
        """The response to a GET; ``SeedFailed`` unless it succeeds."""
        return self._request_json("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The response to a POST; ``SeedFailed`` unless it succeeds."""
        return self._request_json("POST", path, json=body)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """The response to a PATCH; ``SeedFailed`` unless it succeeds."""
        return self._request_json("PATCH", path, json=body)

    def attempt(self, path: str, body: dict[str, Any]) -> str | None:
        """The refusal code of a POST that may be refused with 409; None if it succeeds."""
        response = self._send("POST", path, json=body)
        if response.status_code == 409:
            return str(response.json()["code"])
        _require_success(response)
        return None

    def each(self, call: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """``call`` for every item, a few at a time; results in the order of the items."""
        with ThreadPoolExecutor(MAX_PARALLEL_REQUESTS) as workers:
            return list(workers.map(call, items))

    def _request_json(self, method: str, path: str, **request: Any) -> Any:
        response = self._send(method, path, **request)
        _require_success(response)
        return response.json()

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {} if path.startswith("/public/") else {"Authorization": f"Bearer {self._token}"}
        if method == "POST":
            headers["Idempotency-Key"] = uuid.uuid4().hex
        for _ in range(ATTEMPTS - 1):
            response = self._http.request(method, path, headers=headers, **request)
            if response.status_code not in _RETRYABLE_STATUSES:
                return response
            time.sleep(float(response.headers.get("Retry-After", 1)))
        return self._http.request(method, path, headers=headers, **request)


def _require_success(response: httpx.Response) -> None:
    if not response.is_success:
        request = response.request
        raise SeedFailed(f"{request.method} {request.url.path}: {response.status_code} {response.text[:500]}")
