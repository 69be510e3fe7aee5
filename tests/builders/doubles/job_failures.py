"""The failures of scheduled jobs in a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib.services.job_runner import JobRuns
from chalicelib.services.messaging.messaging_ports import Observer
from chalicelib.services.store_port import Failure


class MemoryJobFailures:
    """``store_port.JobFailures`` in memory; nothing is forgotten by time."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Failure] = {}

    def of_job(self, job: str, now: datetime) -> Mapping[str, Failure]:
        return {item: failure for (name, item), failure in self.rows.items() if name == job and failure.tries}

    def record(self, job: str, item: str, failure: Failure) -> None:
        self.rows[job, item] = failure


def job_runs(observer: Observer) -> JobRuns:
    """Runs whose failures are kept in memory; what is set aside is an alarm of this observer."""

    def set_aside(job: str, item: str, error: str) -> None:
        observer.alarm("item_set_aside", job=job, item=item, error=error)

    return JobRuns(MemoryJobFailures(), set_aside)
