"""Reject undecided requests after the time set by the organisation, if it has set one (D33)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from chalicelib.domain.organisation.settings import Settings
from chalicelib.domain.shared.events import Channel
from chalicelib.services.appointments.cancellation import CancelAppointment
from chalicelib.services.context import Context
from chalicelib.services.job_runner import JobRuns
from chalicelib.services.settings_reader import settings_in
from chalicelib.services.store_port import DueWork, Ref, Store


class AutoRejectJob:
    """Rejects requests that have waited too long; each rejection is a cancellation, and happens once."""

    def __init__(self, store: Store, due_work: DueWork, cancel_appointment: CancelAppointment, runs: JobRuns) -> None:
        self._store = store
        self._due_work = due_work
        self._cancel_appointment = cancel_appointment
        self._runs = runs

    def reject_overdue(self, now: datetime, time_left: Callable[[], bool]) -> dict[str, int]:
        """Reject overdue requests while there is time; returns how many, and how many met a conflict and wait.

        Requests are found by the time they were made, so that a change of the setting takes effect at once. A fault
        with one does not keep the others waiting and is raised in the end.
        """
        settings = settings_in(self._store.read([Ref.to(Settings)]))
        if settings.auto_reject_after_hours is None:
            return {"rejected": 0, "postponed": 0}
        since = now - timedelta(hours=settings.auto_reject_after_hours)
        context, runner = Context(now, channel=Channel.SYSTEM), self._runs.start("reject_overdue", now, time_left)
        rejected = runner.run_each(
            self._due_work.pending_requests(since),
            lambda i: self._cancel_appointment.reject_overdue(context, i, since),
        )
        runner.raise_first_fault()
        return {"rejected": rejected, "postponed": runner.postponed}
