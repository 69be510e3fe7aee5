"""Calls that start together, and the bodies and problem codes of HTTP responses."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import httpx

from chalicelib.domain.shared.errors import Refusal

T = TypeVar("T")


def race_rounds(default: int) -> int:
    """The number of rounds of a race; a developer may set fewer with RACE_ROUNDS."""
    return int(os.environ.get("RACE_ROUNDS", default))


def run_together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Start the calls once all threads are ready; their results in the order of the calls."""
    ready = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        ready.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def outcomes(calls: Sequence[Callable[[], T]]) -> tuple[list[T], Counter[str]]:
    """Run the calls together: the results of those that succeed, and how often each refusal code occurred."""

    def attempt(call: Callable[[], T]) -> T | Refusal:
        try:
            return call()
        except Refusal as refusal:
            return refusal

    results = run_together([partial(attempt, call) for call in calls])
    refused = Counter(result.code for result in results if isinstance(result, Refusal))
    return [result for result in results if not isinstance(result, Refusal)], refused


def body_of(response: httpx.Response, status: int = 200) -> Any:
    """The JSON of a response that must have this status."""
    assert response.status_code == status, (response.status_code, response.text)
    return response.json()


def created(response: httpx.Response) -> Any:
    """The JSON of a 201 response."""
    return body_of(response, 201)


def problem_of(response: httpx.Response) -> tuple[int, str]:
    """Status and problem code of an error response."""
    assert response.status_code >= 400, response.text
    return response.status_code, response.json()["code"]


def problem_codes(responses: Sequence[httpx.Response]) -> list[str]:
    """The problem code of each error response and the status of each other one, sorted."""
    return sorted(str(r.json()["code"]) if r.status_code >= 400 else str(r.status_code) for r in responses)
