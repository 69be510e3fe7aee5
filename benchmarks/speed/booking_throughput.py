"""Booking throughput on the local stack, compared with the same transactions sent bare and with trivial requests.

The bare transactions are recorded: bookings like those over HTTP run first in this process, and their writes (items,
conditions) are then sent by boto3's client to the stack's table. Every worker has a branch of its own, because clients
hardly ever book the same day of the same branch at the same instant.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from benchmarks.data.branches import FIRST_DAY, DayLoad, branch_id, catalogue, sheet
from benchmarks.harness import in_process_table
from benchmarks.harness.benchmark_client import HEADERS, BenchmarkClient, silenced_logs, slot_start
from benchmarks.harness.report_table import Table, measure_in_rounds, median_ratio
from chalicelib.persistence import row_mapping
from chalicelib.persistence.table import Row
from infra import aws_clients, local_stack, stages

STACK_DIRECTORY = stages.ROOT / ".local-bench"
WORKERS = 8
BARE_TRANSACTIONS, BOOKINGS, HEALTH_REQUESTS = (
    "the same transactions, bare",
    "bookings over HTTP",
    "GET /health over HTTP",
)
_ROOMY_DAY = DayLoad(blocks=2, seats=40, appointments=0)
_STARTS_PER_DAY = 28
_BATCH = 25
_TIMEOUT_SECONDS = 30

# One request: the worker, the day, and the number of the request.
Send = Callable[[int, int, int], object]


@dataclass(frozen=True)
class RequestLoad:
    """The number of rounds, and of requests by every worker in each."""

    rounds: int = 5
    requests: int = 25

    def days(self, workers: int) -> range:
        """The days that are booked with this number of workers: one per round, and one for the warm-up."""
        first = 0 if workers == 1 else self.rounds + 1
        return range(first, first + self.rounds + 1)


def measure(load: RequestLoad, directory: Path = STACK_DIRECTORY) -> dict[int, dict[str, list[float]]]:
    """Requests per second by number of workers and kind of request, on a separate stack that is deleted afterwards."""
    transactions = _recorded_transactions(load)
    _delete_stack(directory)
    try:
        stack = local_stack.up(directory, "none")
        dynamodb = aws_clients.endpoint_clients(stack["aws_endpoint_url"], stack["region"])("dynamodb")
        _fill_table(dynamodb, stack["table_name"], load)
        with httpx.Client(base_url=stack["api_url"], timeout=_TIMEOUT_SECONDS) as http:
            senders: dict[str, Send] = {
                BARE_TRANSACTIONS: lambda *which: dynamodb.transact_write_items(
                    **transactions(stack["table_name"], which)
                ),
                BOOKINGS: lambda *which: _post(http, which),
                HEALTH_REQUESTS: lambda *_: http.get("/health").raise_for_status(),
            }
            return {
                workers: measure_in_rounds(
                    {name: _requests_per_second(send, workers, load) for name, send in senders.items()}, load.rounds
                )
                for workers in (1, WORKERS)
            }
    finally:
        _delete_stack(directory)


def table(figures: dict[int, dict[str, list[float]]]) -> Table:
    """Requests per second on this machine, and the ratio to the bare transaction of the same round."""
    lines = [
        (name, str(workers), f"{median(found):.0f}", f"{median_ratio(found, by_name[BARE_TRANSACTIONS]):.2f}")
        for workers, by_name in figures.items()
        for name, found in by_name.items()
    ]
    return Table("Throughput on the local stack", ("sent", "workers", "per second", "× bare"), lines)


def _delete_stack(place: Path) -> None:
    """Delete the stack: every run begins with an empty table."""
    local_stack.down(place)
    shutil.rmtree(place, ignore_errors=True)


def _requests_per_second(send: Send, workers: int, load: RequestLoad) -> Callable[[], float]:
    """A function that runs the next round, on the next day, and returns its requests per second."""
    days = iter(load.days(workers))

    def work(day: int, worker: int) -> None:
        for number in range(load.requests):
            send(worker, day, number)

    def per_second() -> float:
        with ThreadPoolExecutor(workers) as pool:
            started = time.perf_counter()
            list(pool.map(partial(work, next(days)), range(workers)))
            return workers * load.requests / (time.perf_counter() - started)

    return per_second


def _post(http: httpx.Client, which: tuple[int, int, int]) -> None:
    body = _booking(branch_id(which[0]), which)
    http.post("/public/appointments", json=body, headers=HEADERS).raise_for_status()


def _booking(location_id: str, which: tuple[int, int, int]) -> dict[str, Any]:
    """The booking of a new client."""
    _, day, number = which
    name = "-".join(map(str, (location_id[-2:], day, number)))
    return BenchmarkClient(location_id).booking_body(
        slot_start(day, number % _STARTS_PER_DAY), "Load", name, f"{name}@example.org"
    )


def _recorded_transactions(load: RequestLoad) -> Callable[[str, tuple[int, int, int]], dict[str, Any]]:
    """The transaction of each booking, for a table of any name; recorded at branches that HTTP does not use."""
    recorded: dict[tuple[int, int, int], str] = {}
    with in_process_table.benchmark_table() as store, silenced_logs():
        in_process_table.load_rows(_branch_rows(load))
        for workers in (1, WORKERS):
            for which in ((w, d, n) for w in range(workers) for d in load.days(workers) for n in range(load.requests)):

                def record(operation: str, request: bytes, which: tuple[int, int, int] = which) -> tuple[int, bytes]:
                    if operation == "TransactWriteItems":
                        recorded[which] = request.decode()
                    return in_process_table.emulator_response(operation, request)

                store.transport.responder = record
                location_id = branch_id(WORKERS + which[0])
                BenchmarkClient(location_id).post("/public/appointments", _booking(location_id, which))

    def transaction(table_name: str, which: tuple[int, int, int]) -> dict[str, Any]:
        named: dict[str, Any] = json.loads(recorded[which].replace(f'"{in_process_table.TABLE}"', f'"{table_name}"'))
        return named

    return transaction


def _branch_rows(load: RequestLoad) -> Iterator[Row]:
    """Two branches for each worker, with room on every day."""
    yield from map(row_mapping.to_row, catalogue(2 * WORKERS))
    for number in range(2 * WORKERS):
        for day in (FIRST_DAY + timedelta(days=n) for n in range(load.days(WORKERS).stop)):
            yield row_mapping.to_row(sheet(branch_id(number), day, _ROOMY_DAY, {}))


def _fill_table(dynamodb: Any, table_name: str, load: RequestLoad) -> None:
    puts = [{"PutRequest": {"Item": row.serialize()}} for row in _branch_rows(load)]
    for first in range(0, len(puts), _BATCH):
        dynamodb.batch_write_item(RequestItems={table_name: puts[first : first + _BATCH]})
