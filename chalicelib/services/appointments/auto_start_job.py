"""Commence appointments that are 31 days overdue, so that their sessions count (RB-19, feature 86)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.appointments.appointment import Appointment
from chalicelib.domain.appointments.lifecycle import LifecycleStep, is_overdue, take_step
from chalicelib.domain.shared.events import Channel, FieldChange
from chalicelib.services.appointments.journal_entries import appointment_entry
from chalicelib.services.context import Context
from chalicelib.services.job_runner import JobRuns
from chalicelib.services.store_port import DueWork, Ids, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class AutoStartJob:
    """Commences overdue appointments, each once, however long they are overdue."""

    store: Store
    due: DueWork
    ids: Ids
    count: Callable[[str, int], None]
    runs: JobRuns

    def commence_overdue(self, now: datetime, time_left: Callable[[], bool]) -> dict[str, int]:
        """Commence overdue appointments while there is time; returns how many.

        An appointment that changes meanwhile is left to the next run. A fault with one does not keep the others
        waiting and is raised in the end.
        """
        runner = self.runs.start("commence_overdue", now, time_left)
        commenced = runner.run_each(
            self.due.due_auto_starts(now), lambda appointment_id: self._commence(appointment_id, now)
        )
        if commenced:
            self.count("AppointmentsCommencedBySystem", commenced)
        runner.raise_first_fault()
        return {"commenced": commenced}

    def _commence(self, appointment_id: str, now: datetime) -> int:
        before = self.store.read([Ref.to(Appointment, appointment_id)]).get(Appointment, appointment_id)
        if before is None or not is_overdue(before, now):
            return 0
        work = UnitOfWork()
        after = work.save_appointment(take_step(before, LifecycleStep.COMMENCE, now), before)
        work.add_entry(
            appointment_entry(
                self.ids,
                Context(now, channel=Channel.SYSTEM),
                after,
                LifecycleStep.COMMENCE.value,
                changes=(FieldChange("state", before.state.value, after.state.value),),
                events=("appointment.state_changed",),
            )
        )
        self.store.commit(work)
        return 1
