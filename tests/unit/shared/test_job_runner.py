"""Every item of a job gets its turn, whatever becomes of the others (TR-60)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.shared.errors import Stale
from chalicelib.services.job_runner import MAX_TRIES, REST, JobRunner, JobRuns
from tests.builders.doubles.job_failures import job_runs
from tests.builders.doubles.messaging_doubles import FakeObserver

NOW = datetime(2026, 12, 1, tzinfo=UTC)
BAD = [f"bad{number}" for number in range(8)]
DUE = [*BAD, "good"]


class Job:
    """A job with eight items that always fail and a good one behind them; a run has time for six."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error
        self.observer = FakeObserver()
        self.runs: JobRuns = job_runs(self.observer)
        self.tried: list[str] = []
        self.done: list[str] = []

    def run(self, minute: int, room: int = 6) -> JobRunner:
        self.tried = []
        runner = self.runs.start("job", NOW + timedelta(minutes=minute), self._time_for(room))
        runner.run_each([item for item in DUE if item not in self.done], self._act)
        return runner

    def _time_for(self, room: int) -> Callable[[], bool]:
        return lambda: len(self.tried) < room

    def _act(self, item: str) -> int:
        self.tried.append(item)
        if item in BAD:
            raise self.error
        self.done.append(item)
        return 1


@pytest.mark.parametrize("error", [ValueError, Stale])
def test_six_failures_that_use_a_run_up_do_not_use_the_next_one_up(error: type[Exception]) -> None:
    job = Job(error)

    job.run(0)
    assert job.done == []
    job.run(1)

    assert job.done == ["good"]
    assert job.tried[:3] == ["bad6", "bad7", "good"]


@pytest.mark.parametrize("error", [ValueError, Stale])
def test_an_item_that_keeps_failing_is_named_and_tried_once_an_hour(error: type[Exception]) -> None:
    job = Job(error)
    for minute in range(MAX_TRIES):
        job.run(minute, room=100)

    named = [fields for event, fields in job.observer.lines if event == "item_set_aside"]
    assert [fields["item"] for fields in named] == BAD
    assert {(fields["job"], fields["error"]) for fields in named} == {("job", error.__name__)}

    quiet = job.run(MAX_TRIES, room=100)
    assert (job.tried, quiet.faults, quiet.postponed) == ([], [], 0)
    job.run(MAX_TRIES + int(REST.total_seconds()) // 60, room=100)
    assert job.tried == BAD


def test_who_succeeds_after_all_counts_from_the_start_again() -> None:
    job = Job(ValueError)
    job.run(0, room=100)
    runner = job.runs.start("job", NOW, lambda: True)
    runner.run_each(BAD, lambda _: 1)

    assert job.runs.failures.of_job("job", NOW) == {}


def test_a_failure_that_cannot_be_written_down_keeps_nobody_waiting() -> None:
    job = Job(ValueError)

    def refuse(*_: object) -> None:
        raise Stale

    vars(job.runs.failures)["record"] = refuse
    job.run(0, room=100)

    assert job.done == ["good"]
