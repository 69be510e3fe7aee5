"""The budget table: what each operation asks of DynamoDB, with few and with very many appointments in the table."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks import engine, operations, population
from benchmarks.allowance import BUDGETS, TEAM, Budget
from benchmarks.branches import BUSIEST, MEASURED
from benchmarks.desk import Desk, silence
from benchmarks.meter import Meter, Usage
from benchmarks.report import Table
from benchmarks.teams import FULL, QUIET, STAFFED, Crew

FEW, MANY = 100, 100_000


# By column, then by operation.
Columns = dict[str, dict[str, Usage]]
_NOTES = (
    "Units are read / write / index write request units; keys are those its reads ask for, items those it writes.",
    "`allowed` is the architecture's budget of reads. A usual branch has 3 appointments a day, the busy one 200.",
    "Each of the fifty staff has none at the usual branch, 20 on every day at the busy one.",
)


def measure(few: int = FEW, many: int = MANY, busy: bool = True) -> Columns:
    """Usage by column and operation: a usual branch in both tables, with ``busy`` a busy one in the larger."""
    usual = (MEASURED, QUIET)
    columns = {str(few): _usages(few, usual)[0]}
    branches = {str(many): usual} | ({"busy": (BUSIEST, FULL)} if busy else {})
    return columns | dict(zip(branches, _usages(many, *branches.values()), strict=True))


def table(columns: Columns) -> Table:
    """One line per operation; the columns of units are read, write and index write units."""
    few, many, *_ = columns
    return Table(f"DynamoDB per operation, {few} and {many} appointments in the table", *listed(columns), _NOTES)


def listed(columns: Columns, budgets: Mapping[str, Budget] = BUDGETS) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and lines of such a table."""
    _, many, *_ = columns
    head = ("operation", "reads", "allowed", "keys", "transactions", "items", *(f"units, {c}" for c in columns))
    lines = []
    for name, budget in budgets.items():
        usage = columns[many][name]
        counts = (usage.reads, budget.reads, usage.keys, usage.writes, usage.written)
        lines.append((name, *map(str, counts), *(_units(usages[name]) for usages in columns.values())))
    return head, lines


def failures(columns: Columns, budgets: Mapping[str, Budget] = BUDGETS) -> list[str]:
    """What is not as it must be: growth with the table, more calls than allowed, a transaction too large."""
    few, many, *_ = columns.values()
    found = [f"{name}: not the same in both tables" for name in budgets if few[name] != many[name]]
    for column, usages in columns.items():
        for name, budget in budgets.items():
            usage = usages[name]
            if usage.reads > budget.most_reads or usage.writes != budget.transactions:
                found.append(f"{name} ({column}): {usage.reads} reads, {usage.writes} writes")
            if usage.batches > budget.most_batches:
                found.append(f"{name} ({column}): {usage.batches} batch gets")
            if usage.written > budget.most_items:
                found.append(f"{name} ({column}): {usage.written} items in its transaction")
    return found


def counted(meter: Meter, wanted: operations.Operations) -> dict[str, Usage]:
    """What each operation asks for, done one after the other."""
    usages = {}
    for name, operation in wanted:
        with meter.counting() as usage:
            operation()
        usages[name] = usage
    return usages


def _usages(appointments: int, *branches: tuple[str, Crew]) -> list[dict[str, Usage]]:
    with engine.table() as store, silence():
        engine.load(population.rows(appointments))
        meter = Meter(store.client)
        found = []
        for with_blocks, crew in branches:
            for warming in (Desk(with_blocks), Desk(crew.location_id, STAFFED)):
                warming.availability(days=1)  # whatever is loaded or read once has been
            found.append(counted(meter, _operations(with_blocks, crew)))
        return found


def _operations(with_blocks: str, crew: Crew) -> operations.Operations:
    yield from operations.with_blocks(Desk(with_blocks))
    for name, (_, operation) in zip(TEAM, operations.of_staff(crew), strict=True):
        yield name, operation


def _units(usage: Usage) -> str:
    return " / ".join(f"{units:g}" for units in usage.units)
