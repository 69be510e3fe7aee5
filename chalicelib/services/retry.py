"""Deciding under contention: read, decide, commit, and start over when what was read has changed (D15)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from chalicelib.domain.shared.errors import Busy, Stale

T = TypeVar("T")

MAX_ATTEMPTS = 40
# Well within the gateway's and the function's own limits: an honest 503 comes before either cuts the answer off.
MAX_SECONDS = 8.0

Pause = Callable[[int], None]
"""Waits before the n-th further attempt, with jitter; the container supplies it."""


def retry_on_conflict(attempt: Callable[[], T], pause: Pause, clock: Callable[[], float] = time.monotonic) -> T:
    """The result of the first attempt that was not overtaken; 503 ``busy`` when all were, or after eight seconds."""
    started = clock()
    for number in range(MAX_ATTEMPTS):
        try:
            return attempt()
        except Stale:
            if clock() - started > MAX_SECONDS:
                break
            pause(number)
    raise Busy()
