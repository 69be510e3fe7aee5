"""The loop of every scheduled job: one item after another while there is time, whatever becomes of single ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from chalicelib.domain.shared.errors import Busy, Stale
from chalicelib.services.store_port import Failure, JobFailures

T = TypeVar("T")

# So often an item may fail before it is set aside; then it is tried once in a while, after all others (TR-60).
MAX_TRIES = 5
REST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class JobRuns:
    """Starts runs; ``set_aside`` puts job, item and error of one that keeps failing into the log and an alarm."""

    failures: JobFailures
    set_aside: Callable[[str, str, str], None]

    def start(self, job: str, now: datetime, time_left: Callable[[], bool]) -> JobRunner:
        """One run of a job."""
        return JobRunner(job, now, time_left, self, self.failures.of_job(job, now))


@dataclass(slots=True)
class JobRunner:
    """One run of a job; items that meet a conflict are left to the next run and counted as ``postponed``.

    An item that has failed before, as ``known`` says, comes after all others. After five failures it is set aside:
    named in log and alarm, and tried once an hour (TR-60).
    """

    job: str
    now: datetime
    time_left: Callable[[], bool]
    runs: JobRuns
    known: Mapping[str, Failure]
    postponed: int = 0
    faults: list[Exception] = field(default_factory=list)

    def run_each(self, items: Iterable[T], action: Callable[[T], int | None], name: Callable[[T], str] = str) -> int:
        """Call ``action`` with each item and add up what it returns, ``None`` counting as one.

        A fault with one item does not keep the others waiting; ``name`` gives the item's id.
        """
        done = 0
        later: list[tuple[T, Failure]] = []
        for item in items:
            if not self.time_left():
                return done
            failure = self.known.get(name(item))
            if failure is None:
                done += self._try(item, name(item), action, Failure(0, self.now))
            elif failure.tries < MAX_TRIES or self.now - failure.last >= REST:
                later.append((item, failure))
        for item, failure in sorted(later, key=lambda entry: entry[1].last):
            if not self.time_left():
                break
            done += self._try(item, name(item), action, failure)
        return done

    def raise_first_fault(self) -> None:
        """Raise the first fault of the run, if there was one."""
        if self.faults:
            raise self.faults[0]

    def _try(self, item: T, item_id: str, action: Callable[[T], int | None], before: Failure) -> int:
        try:
            count = action(item)
        except (Busy, Stale) as conflict:
            self.postponed += 1
            self._record_failure(item_id, before, conflict)
            return 0
        except Exception as fault:  # noqa: BLE001  # raised once every item has been tried
            self.faults.append(fault)
            self._record_failure(item_id, before, fault)
            return 0
        if before.tries:
            self._record(item_id, Failure(0, self.now))
        return 1 if count is None else count

    def _record_failure(self, item_id: str, before: Failure, error: Exception) -> None:
        after = Failure(before.tries + 1, self.now)
        if after.tries >= MAX_TRIES:
            self.runs.set_aside(self.job, item_id, type(error).__name__)
        self._record(item_id, after)

    def _record(self, item_id: str, failure: Failure) -> None:
        try:
            self.runs.failures.record(self.job, item_id, failure)
        except Exception as fault:  # noqa: BLE001  # the others still get their turn
            self.faults.append(fault)
