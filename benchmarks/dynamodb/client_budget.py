"""The budget of client records: finding, showing and merging them, with few and with very many others."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from benchmarks.data import client_rows
from benchmarks.data.client_rows import (
    ALL_AHEAD,
    CONTACT_CENTRE_LOGIN,
    FEW_VISITS,
    MANAGER_LOGIN,
    MANY_VISITS,
    SHARED_NAME,
    UNIQUE_NAME,
    MergePair,
)
from benchmarks.dynamodb import booking_budget
from benchmarks.dynamodb.booking_operations import Operations
from benchmarks.dynamodb.operation_budgets import CLIENT_BUDGETS
from benchmarks.dynamodb.usage_meter import UsageMeter
from benchmarks.harness import in_process_table
from benchmarks.harness.benchmark_client import BenchmarkClient, silenced_logs, slot_start
from benchmarks.harness.report_table import Table

FEW_CLIENTS, MANY_CLIENTS = 100, 100_000
MAX_QUERIES = 2
_MERGE_PAIRS = {"10 appointments": FEW_VISITS, "2 000 appointments": MANY_VISITS, "2 000 appointments ahead": ALL_AHEAD}
_NOTES = (
    "Units and columns as above; every staff call first reads the caller, two batch gets.",
    "Of the duplicates' appointments two are ahead, or all of them; the primary has one.",
)


def measure(few: int = FEW_CLIENTS, many: int = MANY_CLIENTS) -> booking_budget.UsageByColumn:
    """Usage by number of clients and operation."""
    columns = {}
    for clients in (few, many):
        with in_process_table.benchmark_table() as store, silenced_logs():
            in_process_table.load_rows(client_rows.rows(clients))
            meter = UsageMeter(store.client)
            BenchmarkClient().availability(days=1)  # load and read what is only read once
            columns[str(clients)] = booking_budget.count_usage(meter, _operations())
    return columns


def table(columns: booking_budget.UsageByColumn) -> Table:
    """One line per operation."""
    few, many = columns
    return Table(
        f"DynamoDB per operation, {few} and {many} clients on record",
        *booking_budget.budget_lines(columns, CLIENT_BUDGETS),
        _NOTES,
    )


def failures(columns: booking_budget.UsageByColumn) -> list[str]:
    """The failed checks: growth, too many calls, a merge that depends on the number of appointments."""
    found = booking_budget.failures(columns, CLIENT_BUDGETS)
    for column, usages in columns.items():
        for name in ("merge", "undo"):
            if usages[f"{name}, 10 appointments"] != usages[f"{name}, 2 000 appointments"]:
                found.append(f"{name} ({column}): not the same with many appointments")
        for name, usage in usages.items():
            if name.startswith("search") and usage.reads - usage.batches > MAX_QUERIES:
                found.append(f"{name} ({column}): {usage.reads - usage.batches} queries")
    return found


def _operations() -> Operations:
    central, manager = BenchmarkClient(login=CONTACT_CENTRE_LOGIN), BenchmarkClient(login=MANAGER_LOGIN)
    known = client_rows.known_client()
    yield "search by a name that one has", lambda: _search(central, q=UNIQUE_NAME, expect=1)
    yield "search by a name that all have", lambda: _search(central, q=SHARED_NAME)
    yield "search by a name that all have, as manager", lambda: _search(manager, q=SHARED_NAME)
    yield "search by number", lambda: _search(central, q=str(known.mobile), expect=1)
    yield "everybody", lambda: _search(central)
    yield "those of a branch, as manager", lambda: _search(manager)
    yield "one client", lambda: central.call_as_staff("GET", f"/clients/{known.id}")
    yield "one client, as manager", lambda: manager.call_as_staff("GET", f"/clients/{known.id}")
    person = (known.first_name, known.last_name, str(known.email))
    yield "book, known client who is known here", lambda: BenchmarkClient().book(slot_start(5), *person)
    merged: dict[MergePair, str] = {}
    for name, twins in _MERGE_PAIRS.items():
        yield f"merge, {name}", partial(_merge, central, twins, merged)
    for name, twins in _MERGE_PAIRS.items():
        yield f"undo, {name}", partial(central.call_as_staff, "POST", f"/clients/merges/{merged[twins]}/undo")


def _search(client: BenchmarkClient, expect: int = 50, **query: str) -> None:
    found = client.call_as_staff("GET", f"/clients?{urlencode(query)}").json["items"]
    assert len(found) == expect, f"{query}: {len(found)} found"


def _merge(client: BenchmarkClient, twins: MergePair, merged: dict[MergePair, str]) -> None:
    merged[twins] = client.call_as_staff("POST", "/clients/merge", twins.merge_body).json["merge_id"]
