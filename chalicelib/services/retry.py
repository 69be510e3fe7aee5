"""Retry under contention: read, decide, commit, and start over if the records read have changed (D15)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from chalicelib.domain.shared.errors import Busy, Stale

T = TypeVar("T")

MAX_ATTEMPTS = 40
# A job comes back later, and others wait for their turn (TR-60).
JOB_ATTEMPTS = 6
# Well below the limits of gateway and function, so that a 503 comes before either of them times out.
MAX_SECONDS = 8.0

Pause = Callable[[int], None]
"""Waits before the n-th retry, with jitter; the container supplies it."""


def retry_on_conflict(
    attempt: Callable[[], T],
    pause: Pause,
    clock: Callable[[], float] = time.monotonic,
    *,
    attempts: int = MAX_ATTEMPTS,
) -> T:
    """The result of the first attempt without a conflict; 503 ``busy`` after too many, or after eight seconds."""
    started = clock()
    for number in range(attempts):
        try:
            return attempt()
        except Stale:
            if clock() - started > MAX_SECONDS:
                break
            pause(number)
    raise Busy()
