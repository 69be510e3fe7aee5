"""Blocks over HTTP, and stores that get in one another's way: what the tests of Quickstream share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.container import container
from chalicelib.domain.organisation.catalogue import Location, Login, Staff
from chalicelib.domain.shared.events import DomainEvent
from chalicelib.domain.shared.permissions import Role
from chalicelib.services.context import IdempotencyKey
from chalicelib.services.store_port import Ref
from chalicelib.services.unit_of_work import UnitOfWork
from tests.builders.doubles.api_gateway import Reply, claims
from tests.builders.in_process.sample_organisation import MORTGAGE, TORONTO, World

BLOCKS = "/quickstream/blocks"
VANCOUVER = "loc_00000000000000000000000002"


def body(**more: Any) -> dict[str, Any]:
    """A new block in Toronto, Thursday 3 December 2026, 09:00 to 12:00."""
    return {
        "location_id": TORONTO,
        "start": "2026-12-03T09:00",
        "end": "2026-12-03T12:00",
        "limit": 2,
        "services": [MORTGAGE],
        **more,
    }


def created(world: World, **more: Any) -> list[dict[str, Any]]:
    """The occurrences a POST laid out."""
    reply = world.staff("POST", BLOCKS, body(**more))
    assert reply.status == 201, reply.text
    return list(reply.json["occurrences"])


def weekly(world: World, count: int = 4, **more: Any) -> list[dict[str, Any]]:
    """A weekly series."""
    return created(world, recurrence={"rrule": f"FREQ=WEEKLY;COUNT={count}"}, **more)


def shown(world: World, block: dict[str, Any]) -> dict[str, Any]:
    """The block as it is now."""
    reply = world.staff("GET", f"{BLOCKS}/{block['id']}")
    assert reply.status == 200, reply.text
    return dict(reply.json)


def patched(world: World, block: dict[str, Any], change: dict[str, Any], query: str = "", **more: Any) -> Reply:
    """The answer to an edit."""
    return world.staff("PATCH", f"{BLOCKS}/{block['id']}{query}", change, **more)


def listed(world: World, first: str, last: str, location_id: str = TORONTO, more: str = "") -> Reply:
    """The blocks of these days."""
    return world.staff("GET", f"{BLOCKS}?location_id={location_id}&from={first}&to={last}{more}")


def employed(role: Role, *location_ids: str) -> dict[str, Any]:
    """The login of somebody new in this role at these locations."""
    email = f"{role.value}@example.org"
    work = UnitOfWork()
    staff = work.save(Staff(f"stf_{role.value}", role.value, email, role, location_ids))
    work.save(Login(email, staff.id))
    container.store.commit(work)
    return claims(email, f"[{role.value}]")


def branch(location_id: str = VANCOUVER, timezone: str = "America/Vancouver") -> None:
    """Another location, where nobody works yet."""
    work = UnitOfWork()
    work.save(Location(location_id, "Vancouver", timezone))
    container.store.commit(work)


def events(block: dict[str, Any]) -> list[DomainEvent]:
    """What was announced about a block, oldest first."""
    entries = container.appointment_lists.journal(block["id"], 100, None).items
    return [event for entry in reversed(entries) for event in entry.events]


def actions(subject_id: str) -> list[str]:
    """What the journal says was done to it, oldest first."""
    return [entry.action for entry in reversed(container.appointment_lists.journal(subject_id, 100, None).items)]


def sweep(now: datetime) -> dict[str, int]:
    """One run of the scheduled function, only what it did."""
    counts = container.release_job.release(now, lambda: True)
    return {name: number for name, number in counts.items() if number}


def orphans(world: World) -> list[str]:
    """The ids on the worklist of appointments without a seat."""
    reply = world.staff("GET", f"/appointments?view=orphaned&location_id={TORONTO}")
    assert reply.status == 200, reply.text
    return [item["id"] for item in reply.json["items"]]


def later(world: World, **time: int) -> datetime:
    """Moves the world's clock on."""
    world.now += timedelta(**time)
    return world.now


class Meddling:
    """The real store, with something that happens just before the n-th commit."""

    def __init__(self, before: Callable[[], object], at: int = 1) -> None:
        self._store = container.store
        self._before = before
        self._at = at
        self.commits = 0

    def read(self, refs: Sequence[Ref[Any]], *, consistent: bool = True) -> Any:
        """As the store reads."""
        return self._store.read(refs, consistent=consistent)

    def commit(self, work: UnitOfWork, idempotency: IdempotencyKey | None = None, result: Any = None) -> None:
        """As the store commits, after what happens before."""
        self.commits += 1
        if self.commits == self._at:
            self._before()
        self._store.commit(work, idempotency, result)

    def stored_response(self, scope: str, key: str) -> Any:
        """As the store replays."""
        return self._store.stored_response(scope, key)

    def catalogue(self, kind: Any) -> Any:
        """As the store lists."""
        return self._store.catalogue(kind)
