"""The measured operations, one after the other, at a branch with blocks and at one with fifty staff."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from benchmarks.data import appointment_rows, staffed_branches
from benchmarks.harness.benchmark_client import BenchmarkClient, slot_start
from chalicelib.domain.shared.times import utc_text

# In the order of ``operation_budgets``: the name and the call.
Operations = Iterator[tuple[str, Callable[[], object]]]


def block_branch_operations(client: BenchmarkClient) -> Operations:
    """At a branch whose service takes its times from blocks."""
    night = slot_start(day=10, quarter=-20)
    tag = client.location_id[-1]
    quarter = 8 + 4 * int(tag)  # the one adviser cannot be at two branches at a time

    def at(day: int) -> datetime:
        return slot_start(day, quarter)

    yield "availability, 31 days", client.availability
    yield "explain", lambda: client.explain(night)
    held: dict[str, str] = {}
    yield "hold", lambda: held.update(client.hold(at(5)).json)
    booked: dict[str, dict[str, str]] = {}

    def book(day: int, first: str, last: str, email: str, **more: str) -> Callable[[], None]:
        return lambda: booked.update({first: client.book(at(day), first, last, email, **more).json})

    yield "book, new client", book(6, "New", "Client", f"new{tag}@example.org")
    yield "book, known client", book(7, *appointment_rows.known_client())
    yield "book what was held", book(5, "Held", "Slot", f"held{tag}@example.org", hold_token=held["token"])
    yield "book with Idempotency-Key", book(8, "Only", "Once", f"once{tag}@example.org", key=f"key-{tag}" * 4)
    first, second = booked["New"], booked["Only"]
    yield "reschedule", lambda: client.move(first, at(20))
    yield "cancel", lambda: client.cancel(first)
    yield "claim", lambda: client.call_as_staff("POST", f"/appointments/{second['id']}/claim", {})
    yield "book through Schedule", lambda: client.book_as_staff(at(9), "For", "Client", f"for{tag}@example.org")


def staff_branch_operations(branch: staffed_branches.StaffedBranch) -> Operations:
    """At a branch whose service takes its times from staff calendars."""
    client = BenchmarkClient(branch.location_id, staffed_branches.STAFFED_SERVICE, (branch.email, "[manager]"))
    manager = branch.staff_ids[0]
    unseen = [BenchmarkClient(branch.location_id, branch.unused_service(n)) for n in range(2)]
    yield "availability, 31 days", client.availability
    yield "availability, kind unknown", unseen[0].availability
    night = slot_start(day=10, quarter=-20)
    yield "explain", lambda: client.explain(night)
    held: dict[str, str] = {}
    free = {day: client.first_free_start(day) for day in (5, 6, 7, 8, 9, 20)}
    yield "hold", lambda: held.update(client.hold(free[5]).json)
    booked: dict[str, dict[str, str]] = {}

    def book(of: BenchmarkClient, at: datetime, name: str, **more: str) -> Callable[[], None]:
        email = f"{name.lower()}{branch.number}@example.org"
        return lambda: booked.update({name: of.book(at, name, "Client", email, **more).json})

    yield "book anyone", book(client, free[6], "Any")
    yield "book anyone, kind unknown", book(unseen[1], free[7], "Unseen")
    yield "book one of them", book(client, client.first_free_start(10, staff_id=manager), "One", staff_id=manager)
    yield "book what was held", book(client, free[5], "Held", hold_token=held["token"])
    yield "book with Idempotency-Key", book(client, free[8], "Once", key=f"key-{branch.number}" * 4)
    yield "reschedule", lambda: client.move(booked["Any"], free[20])
    yield "cancel", lambda: client.cancel(booked["Any"])
    path = f"/appointments/{booked['One']['id']}"
    later = {"start": utc_text(client.first_free_start(21, staff_id=manager)), "timezone": "UTC"}
    yield "move by staff", lambda: client.call_as_staff("PATCH", path, later)
    yield "unassign", lambda: client.call_as_staff("POST", f"{path}/unassign", {})
    yield "claim", lambda: client.call_as_staff("POST", f"{path}/claim", {})
    yield (
        "book through Schedule",
        lambda: client.book_as_staff(free[9], "For", "Client", f"for{branch.number}@example.org"),
    )
