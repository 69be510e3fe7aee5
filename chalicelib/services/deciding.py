"""Deciding under contention: read, decide, commit, and start over when what was read has changed (D15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chalicelib.domain.errors import Busy, Stale

T = TypeVar("T")

ATTEMPTS = 40

Pause = Callable[[int], None]
"""Waits before the n-th further attempt, with jitter; the container supplies it."""


def decide(attempt: Callable[[], T], pause: Pause) -> T:
    """The result of the first attempt that was not overtaken; 503 ``busy`` when all were."""
    for number in range(ATTEMPTS):
        try:
            return attempt()
        except Stale:
            pause(number)
    raise Busy()
