"""Quickstream blocks over HTTP, and a store in whose commits something comes between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.container import container
from chalicelib.domain.organisation.catalogue import Location, Login, Staff
from chalicelib.domain.shared.events import DomainEvent
from chalicelib.domain.shared.permissions import Role
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.api_requests import ApiRequests
from tests.builders.in_process.sample_records import MORTGAGE, TORONTO, VANCOUVER
from tests.builders.in_process.table_records import journal, write

BLOCKS = "/quickstream/blocks"


def block_body(**more: Any) -> dict[str, Any]:
    """A new block in Toronto, Thursday 3 December 2026, 09:00 to 12:00."""
    return {
        "location_id": TORONTO,
        "start": "2026-12-03T09:00",
        "end": "2026-12-03T12:00",
        "limit": 2,
        "services": [MORTGAGE],
        **more,
    }


@dataclass
class BlockRequests:
    """Requests about blocks, by a manager."""

    api: ApiRequests

    def create(self, **more: Any) -> list[dict[str, Any]]:
        """The occurrences of a new series."""
        return list(self.api.as_staff("POST", BLOCKS, block_body(**more)).body(201)["occurrences"])

    def create_weekly(self, count: int = 4, **more: Any) -> list[dict[str, Any]]:
        """The occurrences of a weekly series."""
        return self.create(recurrence={"rrule": f"FREQ=WEEKLY;COUNT={count}"}, **more)

    def get(self, block: dict[str, Any]) -> Any:
        """The block as it is now."""
        return self.api.as_staff("GET", f"{BLOCKS}/{block['id']}").body()

    def edit(self, block: dict[str, Any], change: dict[str, Any], query: str = "", **more: Any) -> Reply:
        """An edit of a block."""
        return self.api.as_staff("PATCH", f"{BLOCKS}/{block['id']}{query}", change, **more)

    def of_days(self, first: str, last: str, location_id: str = TORONTO, more: str = "") -> Reply:
        """The blocks of these days."""
        return self.api.as_staff("GET", f"{BLOCKS}?location_id={location_id}&from={first}&to={last}{more}")

    def orphans(self) -> list[str]:
        """The ids of appointments without a seat."""
        found = self.api.as_staff("GET", f"/appointments?view=orphaned&location_id={TORONTO}").body()
        return [item["id"] for item in found["items"]]


def create_login(role: Role, *location_ids: str) -> dict[str, Any]:
    """The claims of a new staff member in this role at these locations."""
    email = f"{role.value}@example.org"
    write(Staff(f"stf_{role.value}", role.value, email, role, location_ids), Login(email, f"stf_{role.value}"))
    return claims(email, f"[{role.value}]")


def create_location(location_id: str = VANCOUVER, timezone: str = "America/Vancouver") -> None:
    """Save another location, where nobody works yet."""
    write(Location(location_id, "Vancouver", timezone))


def block_events(block: dict[str, Any]) -> list[DomainEvent]:
    """The events of a block, oldest first."""
    return [event for entry in reversed(journal(block["id"])) for event in entry.events]


def journal_actions(subject_id: str) -> list[str]:
    """The actions in a journal, oldest first."""
    return [entry.action for entry in reversed(journal(subject_id))]


def run_release_job(now: datetime) -> dict[str, int]:
    """One run of the scheduled function; only what is not zero."""
    counts = container.release_job.release(now, lambda: True)
    return {name: number for name, number in counts.items() if number}


class InterruptedStore:
    """The real store, with something that happens just before the n-th commit."""

    def __init__(self, before: Callable[[], object], at: int = 1) -> None:
        self._store = container.store
        self._before = before
        self._at = at
        self.commits = 0

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> Any:
        """Read as the store does."""
        return self._store.read(refs, consistent=consistent)

    def commit(self, work: UnitOfWork, idempotency: IdempotencyKey | None = None, result: Any = None) -> None:
        """Commit as the store does, after the interruption."""
        self.commits += 1
        if self.commits == self._at:
            self._before()
        self._store.commit(work, idempotency, result)

    def stored_response(self, scope: str, key: str) -> Any:
        """Replay as the store does."""
        return self._store.stored_response(scope, key)

    def catalogue(self, kind: Any) -> Any:
        """List as the store does."""
        return self._store.catalogue(kind)
