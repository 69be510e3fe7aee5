"""The budget table: each operation's DynamoDB usage, with few and with very many appointments in the table."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.data import appointment_rows
from benchmarks.data.branches import BUSY_BRANCH, MEASURED_BRANCH
from benchmarks.data.staffed_branches import FULL_BRANCH, QUIET_BRANCH, STAFFED_SERVICE, StaffedBranch
from benchmarks.dynamodb import booking_operations
from benchmarks.dynamodb.operation_budgets import BOOKING_BUDGETS, STAFF_BRANCH_BUDGETS, OperationBudget
from benchmarks.dynamodb.usage_meter import Usage, UsageMeter
from benchmarks.harness import in_process_table
from benchmarks.harness.benchmark_client import BenchmarkClient, silenced_logs
from benchmarks.harness.report_table import Table

FEW_APPOINTMENTS, MANY_APPOINTMENTS = 100, 100_000


# By column, then by operation.
UsageByColumn = dict[str, dict[str, Usage]]
_NOTES = (
    "Units are read / write / index write request units; keys are those its reads ask for, items those it writes.",
    "`allowed` is the architecture's budget of reads. A usual branch has 3 appointments a day, the busy one 200.",
    "Each of the fifty staff has none at the usual branch, 20 on every day at the busy one.",
)


def measure(few: int = FEW_APPOINTMENTS, many: int = MANY_APPOINTMENTS, busy: bool = True) -> UsageByColumn:
    """Usage by column and operation: a usual branch in both tables, with ``busy`` a busy one in the larger."""
    usual = (MEASURED_BRANCH, QUIET_BRANCH)
    columns = {str(few): _measure_usage(few, usual)[0]}
    branches = {str(many): usual} | ({"busy": (BUSY_BRANCH, FULL_BRANCH)} if busy else {})
    return columns | dict(zip(branches, _measure_usage(many, *branches.values()), strict=True))


def table(columns: UsageByColumn) -> Table:
    """One line per operation; the columns of units are read, write and index write units."""
    few, many, *_ = columns
    return Table(f"DynamoDB per operation, {few} and {many} appointments in the table", *budget_lines(columns), _NOTES)


def budget_lines(
    columns: UsageByColumn, budgets: Mapping[str, OperationBudget] = BOOKING_BUDGETS
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and lines of a table of usage and budgets."""
    _, many, *_ = columns
    head = ("operation", "reads", "allowed", "keys", "transactions", "items", *(f"units, {c}" for c in columns))
    lines = []
    for name, budget in budgets.items():
        usage = columns[many][name]
        counts = (usage.reads, budget.reads, usage.keys, usage.writes, usage.written)
        lines.append((name, *map(str, counts), *(_units(usages[name]) for usages in columns.values())))
    return head, lines


def failures(columns: UsageByColumn, budgets: Mapping[str, OperationBudget] = BOOKING_BUDGETS) -> list[str]:
    """The failed checks: growth with the table, more calls than allowed, a transaction too large."""
    few, many, *_ = columns.values()
    found = [f"{name}: not the same in both tables" for name in budgets if few[name] != many[name]]
    for column, usages in columns.items():
        for name, budget in budgets.items():
            usage = usages[name]
            if usage.reads > budget.max_reads or usage.writes != budget.transactions:
                found.append(f"{name} ({column}): {usage.reads} reads, {usage.writes} writes")
            if usage.batches > budget.max_batches:
                found.append(f"{name} ({column}): {usage.batches} batch gets")
            if usage.written > budget.max_items:
                found.append(f"{name} ({column}): {usage.written} items in its transaction")
    return found


def count_usage(meter: UsageMeter, operations: booking_operations.Operations) -> dict[str, Usage]:
    """The usage of each operation, done one after the other."""
    usages = {}
    for name, operation in operations:
        with meter.counting() as usage:
            operation()
        usages[name] = usage
    return usages


def _measure_usage(appointments: int, *branches: tuple[str, StaffedBranch]) -> list[dict[str, Usage]]:
    with in_process_table.benchmark_table() as store, silenced_logs():
        in_process_table.load_rows(appointment_rows.table_rows(appointments))
        meter = UsageMeter(store.client)
        found = []
        for with_blocks, staffed in branches:
            for warming in (BenchmarkClient(with_blocks), BenchmarkClient(staffed.location_id, STAFFED_SERVICE)):
                warming.availability(days=1)  # load and read what is only read once
            found.append(count_usage(meter, _operations(with_blocks, staffed)))
        return found


def _operations(with_blocks: str, staffed: StaffedBranch) -> booking_operations.Operations:
    yield from booking_operations.block_branch_operations(BenchmarkClient(with_blocks))
    for name, (_, operation) in zip(
        STAFF_BRANCH_BUDGETS, booking_operations.staff_branch_operations(staffed), strict=True
    ):
        yield name, operation


def _units(usage: Usage) -> str:
    return " / ".join(f"{units:g}" for units in usage.units)
