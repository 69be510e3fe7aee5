"""Erase the deleted clients who were kept reachable for their cancellation messages (D25)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.clients.client import Client
from chalicelib.services.job_runner import JobRuns
from chalicelib.services.store_port import DueWork, Ref, Store
from chalicelib.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ErasureJob:
    """Erase the contact details of deleted clients that were kept for a last message."""

    store: Store
    due: DueWork
    runs: JobRuns

    def erase_due(self, now: datetime, time_left: Callable[[], bool]) -> int:
        """Erase the clients that are due while there is time; returns how many.

        A fault with one client does not keep the others waiting and is raised in the end.
        """
        runner = self.runs.start("erase_due", now, time_left)
        erased = runner.run_each(self.due.due_erasures(now), self._erase)
        runner.raise_first_fault()
        return erased

    def _erase(self, client_id: str) -> int:
        client = self.store.read([Ref.to(Client, client_id)]).get(Client, client_id)
        if client is None or client.erase_at is None or client.deleted_at is None:
            return 0
        work = UnitOfWork()
        work.save(client.erased(client.deleted_at))
        self.store.commit(work)
        return 1
