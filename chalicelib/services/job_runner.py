"""The loop of every scheduled job: one item after another while there is time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib.domain.shared.errors import Busy, Stale

T = TypeVar("T")


@dataclass(slots=True)
class JobRunner:
    """One run of a job; items that meet a conflict are left to the next run and counted as ``postponed``."""

    time_left: Callable[[], bool]
    postponed: int = 0
    faults: list[Exception] = field(default_factory=list)

    def run_each(self, items: Iterable[T], action: Callable[[T], int | None]) -> int:
        """Call ``action`` with each item and add up what it returns, ``None`` counting as one.

        A fault with one item does not keep the others waiting.
        """
        done = 0
        for item in items:
            if not self.time_left():
                break
            try:
                count = action(item)
                done += 1 if count is None else count
            except (Busy, Stale):
                self.postponed += 1
            except Exception as fault:  # noqa: BLE001  # raised once every item has been tried
                self.faults.append(fault)
        return done

    def raise_first_fault(self) -> None:
        """Raise the first fault of the run, if there was one."""
        if self.faults:
            raise self.faults[0]
