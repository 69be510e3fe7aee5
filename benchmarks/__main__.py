"""``python -m benchmarks``: measure everything, print the tables, store the figures as JSON.

``--quick`` takes seconds: the same code on little data and without the local stack. Its times mean nothing. Calls,
items and units are checked in both cases; the exit status is 1 if one of them is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import duplicate_detection
from benchmarks.dynamodb import booking_budget, client_budget
from benchmarks.dynamodb.usage_meter import Usage
from benchmarks.harness.report_table import Table
from benchmarks.speed import booking_decisions, booking_throughput, import_time, request_time, staff_availability

OUTPUT = Path("build/benchmarks.json")

# A part's tables, the figures to store, and the failed checks.
Part = tuple[list[Table], dict[str, Any], list[str]]


def parts(quick: bool) -> Iterator[tuple[str, Callable[[], Part]]]:
    """Every part by name, as a function that runs it."""
    yield "budget", lambda: _budget(quick)
    yield "processor", lambda: _processor(quick)
    yield "imports", lambda: _imports(quick)
    yield "deciding", lambda: _deciding(quick)
    yield "staff", lambda: _staff(quick)
    yield "duplicates", lambda: _duplicates(quick)
    if not quick:
        yield "throughput", _throughput


def main(arguments: list[str]) -> int:
    """Measure the parts; 1 if a check failed."""
    options = _options(arguments)
    stored: dict[str, Any] = {"machine": _machine(), "quick": options.quick}
    failed: list[str] = []
    for name, part in parts(options.quick):
        if options.only and name not in options.only:
            continue
        started = time.monotonic()
        tables, figures, failures = part()
        for table in tables:
            print(table.text(), flush=True)
        stored[name] = {"tables": [table.json() for table in tables], "figures": figures}
        stored[name]["seconds"] = round(time.monotonic() - started, 1)
        failed += failures
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(stored, indent=1) + "\n")
    print(*(f"\nFAILED {failure}" for failure in failed), f"\nfigures: {options.output}", sep="")
    return 1 if failed else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little data, no local stack: seconds")
    parser.add_argument("--only", nargs="+", metavar="PART", choices=[name for name, _ in parts(quick=False)])
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the figures go")
    return parser.parse_args(arguments)


def _budget(quick: bool) -> Part:
    columns = booking_budget.measure(many=1_000, busy=False) if quick else booking_budget.measure()
    clients = client_budget.measure(many=1_000) if quick else client_budget.measure()
    figures = {column: _as_dicts(usages | clients.get(column, {})) for column, usages in columns.items()}
    failed = booking_budget.failures(columns) + client_budget.failures(clients)
    return [booking_budget.table(columns), client_budget.table(clients)], figures, failed


def _as_dicts(usages: dict[str, Usage]) -> dict[str, Any]:
    return {name: asdict(usage) for name, usage in usages.items()}


def _processor(quick: bool) -> Part:
    figures = request_time.measure(rounds=1, share=0.1) if quick else request_time.measure()
    return [request_time.table(figures)], figures, []


def _imports(quick: bool) -> Part:
    figures = import_time.measure(rounds=1) if quick else import_time.measure()
    heaviest = import_time.heaviest_packages(rounds=1) if quick else import_time.heaviest_packages()
    early = [f"import app loads {name}" for name in import_time.loaded_too_early()]
    return [import_time.table(figures), import_time.heaviest_table(heaviest)], figures, early


def _deciding(quick: bool) -> Part:
    if quick:
        decided = booking_decisions.measure(days=1, decisions=10, occupants=30)
        listed = booking_decisions.measure_listings(days=2, patterns=1, occupants=30, repeat=1)
    else:
        decided, listed = booking_decisions.measure(), booking_decisions.measure_listings()
    return [booking_decisions.table(decided, listed)], {"decided": decided, "listed": listed}, []


def _staff(quick: bool) -> Part:
    figures = staff_availability.measure(rounds=1, days=3) if quick else staff_availability.measure()
    return [staff_availability.table(figures)], {str(taken): of for taken, of in figures.items()}, []


def _duplicates(quick: bool) -> Part:
    samples = duplicate_detection.measure(quick)
    return (
        duplicate_detection.tables(samples),
        duplicate_detection.figures(samples),
        duplicate_detection.failures(samples),
    )


def _throughput() -> Part:
    figures = booking_throughput.measure(booking_throughput.RequestLoad())
    return [booking_throughput.table(figures)], {str(workers): by_name for workers, by_name in figures.items()}, []


def _machine() -> dict[str, Any]:
    """The machine that measured."""
    return {"architecture": platform.machine(), "processors": os.cpu_count(), "python": platform.python_version()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
