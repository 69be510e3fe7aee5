"""Retries after a conflict, and giving up in time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.domain.shared.errors import Busy, Stale
from chalicelib.services.retry import MAX_ATTEMPTS, MAX_SECONDS, retry_on_conflict


class Rivals:
    """An attempt that fails with a conflict so many times, on a clock that each attempt advances."""

    def __init__(self, times: int, seconds_each: float = 0) -> None:
        self.left = times
        self.attempts = 0
        self.now = 0.0
        self.seconds_each = seconds_each
        self.pauses: list[int] = []

    def __call__(self) -> str:
        self.attempts += 1
        self.now += self.seconds_each
        if self.left:
            self.left -= 1
            raise Stale
        return "done"

    def decided(self) -> str:
        return retry_on_conflict(self, self.pauses.append, lambda: self.now)


def test_who_is_overtaken_decides_again_after_a_pause() -> None:
    rivals = Rivals(3)
    assert rivals.decided() == "done"
    assert rivals.pauses == [0, 1, 2]


def test_there_are_only_so_many_attempts() -> None:
    rivals = Rivals(10_000)
    with pytest.raises(Busy):
        rivals.decided()
    assert rivals.attempts == MAX_ATTEMPTS


def test_slow_attempts_end_before_the_caller_is_cut_off() -> None:
    rivals = Rivals(10_000, seconds_each=1.5)
    with pytest.raises(Busy):
        rivals.decided()
    assert rivals.now <= MAX_SECONDS + 1.5


def test_another_refusal_ends_it_at_once() -> None:
    refusals: Iterator[Exception] = iter([Stale(), Busy("full")])

    def attempt() -> None:
        raise next(refusals)

    with pytest.raises(Busy, match="full"):
        retry_on_conflict(attempt, lambda _: None)
