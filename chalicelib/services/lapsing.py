"""Requests nobody decides on: rejected after the time the organisation has set, if it has set one (D33)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.domain.catalog import Settings
from chalicelib.domain.errors import Busy
from chalicelib.domain.events import Channel
from chalicelib.services.cancelling import Cancelling
from chalicelib.services.organisation import settings_in
from chalicelib.services.ports import Context, Ref, Store


class Waiting(Protocol):
    """The requests that have not been decided on."""

    def requests(self, until: datetime) -> Iterator[str]:
        """The ids of those that were made, or made anew, by then, longest waiting first."""


class Lapsing:
    """The scheduled function's work; every rejection is a cancellation like any other, and happens once."""

    def __init__(self, store: Store, waiting: Waiting, cancelling: Cancelling) -> None:
        self._store = store
        self._waiting = waiting
        self._cancelling = cancelling

    def reject_overdue(self, now: datetime, time_left: Callable[[], bool]) -> dict[str, int]:
        """Rejects what has been waiting too long, as long as there is time; how many, and how many are left for later.

        Requests are found by when they were made, so a change of the setting needs no rewriting. A fault with one does
        not keep the others waiting and is raised in the end.
        """
        counts = {"rejected": 0, "postponed": 0}
        settings = settings_in(self._store.read([Ref.to(Settings)]))
        if settings.auto_reject_after_hours is None:
            return counts
        since = now - timedelta(hours=settings.auto_reject_after_hours)
        faults: list[Exception] = []
        for appointment_id in self._waiting.requests(since):
            if not time_left():
                break
            try:
                counts["rejected"] += self._cancelling.lapsed(
                    Context(now, channel=Channel.SYSTEM), appointment_id, since
                )
            except Busy:
                counts["postponed"] += 1
            except Exception as fault:  # noqa: BLE001  # raised again once the others have had their turn
                faults.append(fault)
        if faults:
            raise faults[0]
        return counts
