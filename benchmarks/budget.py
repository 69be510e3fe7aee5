"""The budget table: what each operation asks of DynamoDB, with few and with very many appointments in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from benchmarks import engine, population
from benchmarks.branches import BUSIEST, MEASURED
from benchmarks.desk import Desk, silence, slot
from benchmarks.meter import Meter, Usage
from benchmarks.report import Table

FEW, MANY = 100, 100_000
MOST_ITEMS = 8


@dataclass(frozen=True)
class Budget:
    """Reads and transactions architecture allows, and the reads it takes today where these are more."""

    reads: int
    transactions: int
    today: int | None = None

    @property
    def most_reads(self) -> int:
        """What may not be exceeded."""
        return self.reads if self.today is None else self.today


BUDGETS = {
    "availability, 31 days": Budget(1, 0),
    "explain": Budget(1, 0),
    "hold": Budget(1, 1),
    "book, new client": Budget(1, 1),
    "book, known client": Budget(1, 1, today=2),
    "book what was held": Budget(1, 1),
    "book with Idempotency-Key": Budget(1, 1),
    "reschedule": Budget(1, 1, today=2),
    "cancel": Budget(1, 1),
    "claim": Budget(1, 1, today=4),
}

# By column, then by operation.
Columns = dict[str, dict[str, Usage]]
# The operations in the order of BUDGETS, at one branch.
Operations = Iterator[tuple[str, Callable[[], object]]]

_NOTES = (
    "Units are read / write / index write request units; keys are those its reads ask for, items those it writes.",
    "`allowed` is the architecture's budget of reads. A usual branch has 3 appointments a day, the busy one 200.",
)


def measure(few: int = FEW, many: int = MANY, busy: bool = True) -> Columns:
    """Usage by column and operation: a usual branch in both tables, with ``busy`` a busy one in the larger."""
    columns = {str(few): _usages(few, MEASURED)[0]}
    branches = {str(many): MEASURED} | ({"busy": BUSIEST} if busy else {})
    return columns | dict(zip(branches, _usages(many, *branches.values()), strict=True))


def table(columns: Columns) -> Table:
    """One line per operation; the columns of units are read, write and index write units."""
    few, many, *_ = columns
    head = ("operation", "reads", "allowed", "keys", "transactions", "items", *(f"units, {c}" for c in columns))
    lines = []
    for name, budget in BUDGETS.items():
        usage = columns[many][name]
        counts = (usage.reads, budget.reads, usage.keys, usage.writes, usage.written)
        lines.append((name, *map(str, counts), *(_units(usages[name]) for usages in columns.values())))
    return Table(f"DynamoDB per operation, {few} and {many} appointments in the table", head, lines, _NOTES)


def failures(columns: Columns) -> list[str]:
    """What is not as it must be: growth with the table, more calls than allowed, a transaction too large."""
    few, many, *_ = columns.values()
    found = [f"{name}: not the same in both tables" for name in BUDGETS if few[name] != many[name]]
    for column, usages in columns.items():
        for name, budget in BUDGETS.items():
            usage = usages[name]
            if usage.reads > budget.most_reads or usage.writes != budget.transactions:
                found.append(f"{name} ({column}): {usage.reads} reads, {usage.writes} writes")
            if usage.written > MOST_ITEMS:
                found.append(f"{name} ({column}): {usage.written} items in its transaction")
    return found


def _usages(appointments: int, *branches: str) -> list[dict[str, Usage]]:
    with engine.table() as store, silence():
        engine.load(population.rows(appointments))
        meter = Meter(store.client)
        found = []
        for branch in branches:
            Desk(branch).availability(days=1)  # warm: whatever is loaded or read once has been
            usages = {}
            for name, operation in _operations(Desk(branch)):
                with meter.counting() as usage:
                    operation()
                usages[name] = usage
            found.append(usages)
        return found


def _operations(desk: Desk) -> Operations:
    night = slot(day=10, quarter=-20)
    tag = desk.location_id[-1]
    quarter = 8 + 4 * int(tag)  # the one adviser cannot be at two branches at a time

    def at(day: int) -> datetime:
        return slot(day, quarter)

    yield "availability, 31 days", desk.availability
    yield "explain", lambda: desk.explain(night)
    held: dict[str, str] = {}
    yield "hold", lambda: held.update(desk.hold(at(5)).json)
    kept: dict[str, dict[str, str]] = {}

    def book(day: int, first: str, last: str, email: str, **more: str) -> Callable[[], None]:
        return lambda: kept.update({first: desk.book(at(day), first, last, email, **more).json})

    yield "book, new client", book(6, "New", "Client", f"new{tag}@example.org")
    yield "book, known client", book(7, *population.known_client())
    yield "book what was held", book(5, "Held", "Slot", f"held{tag}@example.org", hold_token=held["token"])
    yield "book with Idempotency-Key", book(8, "Only", "Once", f"once{tag}@example.org", key=f"key-{tag}" * 4)
    first, second = kept["New"], kept["Only"]
    path = f"/public/appointments/{first['id']}"
    move = {"code": first["code"], "start": desk.booking(at(20), "", "", "")["start"], "timezone": "UTC"}
    yield "reschedule", lambda: desk.post(f"{path}/reschedule", move)
    yield "cancel", lambda: desk.post(f"{path}/cancel", {"code": first["code"]})
    yield "claim", lambda: desk.staff("POST", f"/appointments/{second['id']}/claim", {})


def _units(usage: Usage) -> str:
    return " / ".join(f"{units:g}" for units in usage.units)
