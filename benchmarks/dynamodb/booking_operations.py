"""The measured operations, one after the other, at a branch with blocks and at one with fifty staff."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from benchmarks.data import appointment_rows, staffed_branches
from benchmarks.harness.benchmark_client import BenchmarkClient, slot_start
from chalicelib.domain.shared.times import utc_text

# In the order of ``operation_budgets``: the name and the call.
Operations = Iterator[tuple[str, Callable[[], object]]]


def block_branch_operations(desk: BenchmarkClient) -> Operations:
    """At a branch whose service takes its times from blocks."""
    night = slot_start(day=10, quarter=-20)
    tag = desk.location_id[-1]
    quarter = 8 + 4 * int(tag)  # the one adviser cannot be at two branches at a time

    def at(day: int) -> datetime:
        return slot_start(day, quarter)

    yield "availability, 31 days", desk.availability
    yield "explain", lambda: desk.explain(night)
    held: dict[str, str] = {}
    yield "hold", lambda: held.update(desk.hold(at(5)).json)
    kept: dict[str, dict[str, str]] = {}

    def book(day: int, first: str, last: str, email: str, **more: str) -> Callable[[], None]:
        return lambda: kept.update({first: desk.book(at(day), first, last, email, **more).json})

    yield "book, new client", book(6, "New", "Client", f"new{tag}@example.org")
    yield "book, known client", book(7, *appointment_rows.known_client())
    yield "book what was held", book(5, "Held", "Slot", f"held{tag}@example.org", hold_token=held["token"])
    yield "book with Idempotency-Key", book(8, "Only", "Once", f"once{tag}@example.org", key=f"key-{tag}" * 4)
    first, second = kept["New"], kept["Only"]
    yield "reschedule", lambda: desk.move(first, at(20))
    yield "cancel", lambda: desk.cancel(first)
    yield "claim", lambda: desk.call_as_staff("POST", f"/appointments/{second['id']}/claim", {})
    yield "book through Schedule", lambda: desk.book_as_staff(at(9), "For", "Client", f"for{tag}@example.org")


def staff_branch_operations(branch: staffed_branches.StaffedBranch) -> Operations:
    """At a branch whose service takes its times from staff calendars."""
    desk = BenchmarkClient(branch.location_id, staffed_branches.STAFFED_SERVICE, (branch.email, "[manager]"))
    manager = branch.staff_ids[0]
    unseen = [BenchmarkClient(branch.location_id, branch.unused_service(n)) for n in range(2)]
    yield "availability, 31 days", desk.availability
    yield "availability, kind unknown", unseen[0].availability
    night = slot_start(day=10, quarter=-20)
    yield "explain", lambda: desk.explain(night)
    held: dict[str, str] = {}
    free = {day: desk.first_free_start(day) for day in (5, 6, 7, 8, 9, 20)}
    yield "hold", lambda: held.update(desk.hold(free[5]).json)
    kept: dict[str, dict[str, str]] = {}

    def book(of: BenchmarkClient, at: datetime, name: str, **more: str) -> Callable[[], None]:
        email = f"{name.lower()}{branch.number}@example.org"
        return lambda: kept.update({name: of.book(at, name, "Client", email, **more).json})

    yield "book anyone", book(desk, free[6], "Any")
    yield "book anyone, kind unknown", book(unseen[1], free[7], "Unseen")
    yield "book one of them", book(desk, desk.first_free_start(10, staff_id=manager), "One", staff_id=manager)
    yield "book what was held", book(desk, free[5], "Held", hold_token=held["token"])
    yield "book with Idempotency-Key", book(desk, free[8], "Once", key=f"key-{branch.number}" * 4)
    yield "reschedule", lambda: desk.move(kept["Any"], free[20])
    yield "cancel", lambda: desk.cancel(kept["Any"])
    path = f"/appointments/{kept['One']['id']}"
    later = {"start": utc_text(desk.first_free_start(21, staff_id=manager)), "timezone": "UTC"}
    yield "move by staff", lambda: desk.call_as_staff("PATCH", path, later)
    yield "unassign", lambda: desk.call_as_staff("POST", f"{path}/unassign", {})
    yield "claim", lambda: desk.call_as_staff("POST", f"{path}/claim", {})
    yield (
        "book through Schedule",
        lambda: desk.book_as_staff(free[9], "For", "Client", f"for{branch.number}@example.org"),
    )
