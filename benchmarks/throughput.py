"""Booking throughput on the local stack, beside the same transactions sent bare and requests that do nothing.

The bare transactions are recorded: bookings like those sent over HTTP run first in this process, and what they
write (items, conditions) is then sent by boto3's client to the stack's own table. Every worker has a branch of its
own, as clients hardly ever want the same day of the same branch at the same instant.
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

from benchmarks import engine
from benchmarks.branches import FIRST_DAY, Kind, branch, catalogue, sheet
from benchmarks.desk import HEADERS, Desk, silence, slot
from benchmarks.report import Table, interleaved, ratio
from chalicelib.persistence import row_mapping
from chalicelib.persistence.table import Row
from infra import clients, local, stages

PLACE = stages.ROOT / ".local-bench"
WORKERS = 8
BARE, BOOKINGS, NOTHING = "the same transactions, bare", "bookings over HTTP", "GET /health over HTTP"
_ROOMY = Kind(blocks=2, seats=40, taken=0)
_STARTS = 28
_BATCH = 25
_PATIENCE_SECONDS = 30

# One request of a worker: the worker, its day, how many went before.
Send = Callable[[int, int, int], object]


@dataclass(frozen=True)
class Load:
    """How much is sent: so many rounds, in each so many requests by every worker."""

    rounds: int = 5
    requests: int = 25

    def days(self, workers: int) -> range:
        """The days that so many workers book: one a round, and one to warm up."""
        first = 0 if workers == 1 else self.rounds + 1
        return range(first, first + self.rounds + 1)


def measure(load: Load, place: Path = PLACE) -> dict[int, dict[str, list[float]]]:
    """Requests per second, by number of workers and what is sent, on a stack of its own that ends with it."""
    transactions = _recorded(load)
    _forget(place)
    try:
        stack = local.up(place, "none")
        dynamodb = clients.of_endpoint(stack["aws_endpoint_url"], stack["region"])("dynamodb")
        _furnish(dynamodb, stack["table_name"], load)
        with httpx.Client(base_url=stack["api_url"], timeout=_PATIENCE_SECONDS) as http:
            senders: dict[str, Send] = {
                BARE: lambda *which: dynamodb.transact_write_items(**transactions(stack["table_name"], which)),
                BOOKINGS: lambda *which: _post(http, which),
                NOTHING: lambda *_: http.get("/health").raise_for_status(),
            }
            return {
                workers: interleaved({name: _rate(send, workers, load) for name, send in senders.items()}, load.rounds)
                for workers in (1, WORKERS)
            }
    finally:
        _forget(place)


def table(figures: dict[int, dict[str, list[float]]]) -> Table:
    """Requests per second on this machine, and the ratio to the bare transaction of the same round."""
    lines = [
        (name, str(workers), f"{median(found):.0f}", f"{ratio(found, by_name[BARE]):.2f}")
        for workers, by_name in figures.items()
        for name, found in by_name.items()
    ]
    return Table("Throughput on the local stack", ("sent", "workers", "per second", "× bare"), lines)


def _forget(place: Path) -> None:
    """Every run begins with an empty table, whatever became of the one before."""
    local.down(place)
    shutil.rmtree(place, ignore_errors=True)


def _rate(send: Send, workers: int, load: Load) -> Callable[[], float]:
    """Requests per second of one round after another, each on the next day."""
    days = iter(load.days(workers))

    def work(day: int, worker: int) -> None:
        for number in range(load.requests):
            send(worker, day, number)

    def per_second() -> float:
        with ThreadPoolExecutor(workers) as pool:
            begun = time.perf_counter()
            list(pool.map(partial(work, next(days)), range(workers)))
            return workers * load.requests / (time.perf_counter() - begun)

    return per_second


def _post(http: httpx.Client, which: tuple[int, int, int]) -> None:
    body = _booking(branch(which[0]), which)
    http.post("/public/appointments", json=body, headers=HEADERS).raise_for_status()


def _booking(location_id: str, which: tuple[int, int, int]) -> dict[str, Any]:
    """The booking of a client nobody has seen before."""
    _, day, number = which
    name = "-".join(map(str, (location_id[-2:], day, number)))
    return Desk(location_id).booking(slot(day, number % _STARTS), "Load", name, f"{name}@example.org")


def _recorded(load: Load) -> Callable[[str, tuple[int, int, int]], dict[str, Any]]:
    """The transaction of each booking, for a table of any name: as made at branches that HTTP leaves alone."""
    kept: dict[tuple[int, int, int], str] = {}
    with engine.table() as store, silence():
        engine.load(_organisation(load))
        for workers in (1, WORKERS):
            for which in ((w, d, n) for w in range(workers) for d in load.days(workers) for n in range(load.requests)):

                def keep(operation: str, request: bytes, which: tuple[int, int, int] = which) -> tuple[int, bytes]:
                    if operation == "TransactWriteItems":
                        kept[which] = request.decode()
                    return engine.embedded(operation, request)

                store.transport.answering = keep
                location_id = branch(WORKERS + which[0])
                Desk(location_id).post("/public/appointments", _booking(location_id, which))

    def transaction(table_name: str, which: tuple[int, int, int]) -> dict[str, Any]:
        named: dict[str, Any] = json.loads(kept[which].replace(f'"{engine.TABLE}"', f'"{table_name}"'))
        return named

    return transaction


def _organisation(load: Load) -> Iterator[Row]:
    """Two branches for each worker, with room on every day."""
    yield from map(row_mapping.to_row, catalogue(2 * WORKERS))
    for number in range(2 * WORKERS):
        for day in (FIRST_DAY + timedelta(days=n) for n in range(load.days(WORKERS).stop)):
            yield row_mapping.to_row(sheet(branch(number), day, _ROOMY, {}))


def _furnish(dynamodb: Any, table_name: str, load: Load) -> None:
    puts = [{"PutRequest": {"Item": row.serialize()}} for row in _organisation(load)]
    for first in range(0, len(puts), _BATCH):
        dynamodb.batch_write_item(RequestItems={table_name: puts[first : first + _BATCH]})
