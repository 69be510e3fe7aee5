"""What the clock has to do to many things: each has its turn while there is time, whatever became of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib.domain.shared.errors import Busy, Stale

T = TypeVar("T")


@dataclass(slots=True)
class JobRunner:
    """The turns of one run; what is overtaken or too busy is left to the next one, and counted as ``postponed``."""

    time_left: Callable[[], bool]
    postponed: int = 0
    faults: list[Exception] = field(default_factory=list)

    def run_each(self, items: Iterable[T], action: Callable[[T], int | None]) -> int:
        """Does this to each of them; returns how many it was done to, as ``act`` counts it."""
        done = 0
        for thing in items:
            if not self.time_left():
                break
            try:
                done += action(thing) or 0
            except (Busy, Stale):
                self.postponed += 1
            except Exception as fault:  # noqa: BLE001  # raised again once the others have had their turn
                self.faults.append(fault)
        return done

    def raise_first_fault(self) -> None:
        """Raises the first fault there was, now that it keeps nothing else waiting."""
        if self.faults:
            raise self.faults[0]
