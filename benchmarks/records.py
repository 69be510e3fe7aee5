"""The budget of clients on record: finding, showing and merging them, with few and with very many others."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from benchmarks import budget, clientele, engine
from benchmarks.allowance import CLIENTS
from benchmarks.clientele import ALL_AHEAD, CENTRAL, FEW_VISITS, MANAGER, MANY_VISITS, OWN, SHARED, Twins
from benchmarks.desk import Desk, silence, slot
from benchmarks.meter import Meter
from benchmarks.operations import Operations
from benchmarks.report import Table

FEW, MANY = 100, 100_000
MOST_QUERIES = 2
_TWINS = {"10 appointments": FEW_VISITS, "2 000 appointments": MANY_VISITS, "2 000 appointments ahead": ALL_AHEAD}
_NOTES = (
    "Units and columns as above; every staff call reads who calls first, two batch gets.",
    "Of the duplicates' appointments two are ahead, or all of them; the primary has one.",
)


def measure(few: int = FEW, many: int = MANY) -> budget.Columns:
    """Usage by number of clients and operation."""
    columns = {}
    for clients in (few, many):
        with engine.table() as store, silence():
            engine.load(clientele.rows(clients))
            meter = Meter(store.client)
            Desk().availability(days=1)  # whatever is loaded or read once has been
            columns[str(clients)] = budget.counted(meter, _operations())
    return columns


def table(columns: budget.Columns) -> Table:
    """One line per operation."""
    few, many = columns
    return Table(
        f"DynamoDB per operation, {few} and {many} clients on record", *budget.listed(columns, CLIENTS), _NOTES
    )


def failures(columns: budget.Columns) -> list[str]:
    """What is not as it must be: growth, too many calls, a merge that depends on how often somebody has come."""
    found = budget.failures(columns, CLIENTS)
    for column, usages in columns.items():
        for name in ("merge", "undo"):
            if usages[f"{name}, 10 appointments"] != usages[f"{name}, 2 000 appointments"]:
                found.append(f"{name} ({column}): not the same with many appointments")
        for name, usage in usages.items():
            if name.startswith("search") and usage.reads - usage.batches > MOST_QUERIES:
                found.append(f"{name} ({column}): {usage.reads - usage.batches} queries")
    return found


def _operations() -> Operations:
    central, manager = Desk(login=CENTRAL), Desk(login=MANAGER)
    known = clientele.somebody()
    yield "search by a name that one has", lambda: _search(central, q=OWN, expect=1)
    yield "search by a name that all have", lambda: _search(central, q=SHARED)
    yield "search by a name that all have, as manager", lambda: _search(manager, q=SHARED)
    yield "search by number", lambda: _search(central, q=str(known.mobile), expect=1)
    yield "everybody", lambda: _search(central)
    yield "those of a branch, as manager", lambda: _search(manager)
    yield "one client", lambda: central.staff("GET", f"/clients/{known.id}")
    yield "one client, as manager", lambda: manager.staff("GET", f"/clients/{known.id}")
    who = (known.first_name, known.last_name, str(known.email))
    yield "book, known client who is known here", lambda: Desk().book(slot(5), *who)
    merged: dict[Twins, str] = {}
    for name, twins in _TWINS.items():
        yield f"merge, {name}", partial(_merge, central, twins, merged)
    for name, twins in _TWINS.items():
        yield f"undo, {name}", partial(central.staff, "POST", f"/clients/merges/{merged[twins]}/undo")


def _search(desk: Desk, expect: int = 50, **query: str) -> None:
    found = desk.staff("GET", f"/clients?{urlencode(query)}").json["items"]
    assert len(found) == expect, f"{query}: {len(found)} found"


def _merge(desk: Desk, twins: Twins, merged: dict[Twins, str]) -> None:
    merged[twins] = desk.staff("POST", "/clients/merge", twins.wish).json["merge_id"]
