"""Processor time of the handler, compared with a Chalice route that does nothing.

The store is left out: one real call is recorded on the embedded AWS, then its responses are replayed under the driver.
Everything that Lambda would run counts: Chalice, validation, the use case, the driver with its signing and parsing,
the log line; not the socket, TLS or the database.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from urllib.parse import urlencode

import boto3
from chalice.app import Chalice

from benchmarks.data import appointment_rows
from benchmarks.harness import in_process_table
from benchmarks.harness.benchmark_client import HEADERS, BenchmarkClient, silenced_logs, slot_start
from benchmarks.harness.in_process_table import REGION, BenchmarkTable, StubTransport
from benchmarks.harness.report_table import Table, measure_in_rounds, median_ratio
from tests.builders.doubles.api_gateway import event

APPOINTMENTS = 100
BARE_ROUTE = "bare Chalice route"
BARE_ROUTE_WITH_DRIVER = "bare route with the booking's two calls by boto3"

# Calls per round: the quick ones often enough for the clock.
CALLS = {
    BARE_ROUTE: 200,
    "GET /health": 100,
    BARE_ROUTE_WITH_DRIVER: 20,
    "POST /public/appointments": 10,
    "GET /public/availability, 1 day": 10,
    "GET /public/availability, 31 days": 2,
}


@dataclass
class ResponseRecorder:
    """Records requests and responses, and replays the responses.

    A request that differs from all recorded ones, because it contains a new id, gets its operation's last response.
    """

    answers: dict[tuple[str, bytes], tuple[int, bytes]] = field(default_factory=dict)
    last: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)

    def record(self, operation: str, request: bytes) -> tuple[int, bytes]:
        """The engine's response, recorded."""
        self.requests[operation] = json.loads(request)
        self.last[operation] = self.answers[operation, request] = in_process_table.emulator_response(operation, request)
        return self.last[operation]

    def replay(self, operation: str, request: bytes) -> tuple[int, bytes]:
        """The recorded response."""
        return self.answers.get((operation, request)) or self.last[operation]


def measure(rounds: int = 15, share: float = 1) -> dict[str, list[float]]:
    """Seconds of processor time per call, for each of CALLS, round by round; ``share`` of the calls are made."""
    with in_process_table.benchmark_table() as store, silenced_logs():
        in_process_table.load_rows(appointment_rows.table_rows(APPOINTMENTS))
        calls = dict(zip(CALLS, _calls(store), strict=True))
        per_call = {name: processor_seconds(call, max(1, int(share * CALLS[name]))) for name, call in calls.items()}
        return measure_in_rounds(per_call, rounds)


def table(figures: dict[str, list[float]]) -> Table:
    """Milliseconds of this machine's processor, and the ratios to the bare route without and with the two calls."""
    lines = [
        (
            name,
            f"{median(found) * 1000:.3f}",
            *(f"{median_ratio(found, figures[other]):.1f}" for other in (BARE_ROUTE, BARE_ROUTE_WITH_DRIVER)),
        )
        for name, found in figures.items()
    ]
    head = ("call", "ms of processor", "× bare route", "× bare with two calls")
    return Table("Processor time of one call, the store replayed", head, lines)


def _calls(store: BenchmarkTable) -> list[Callable[[], Any]]:
    from app import app

    client = BenchmarkClient()
    body = client.booking_body(slot_start(6), "New", "Client", "new@example.org")
    book, *lists = (
        lambda asked=asked: require_success(app(asked, None))
        for asked in (
            event("POST", "/public/appointments", body=body, headers=HEADERS),
            *(_availability(client, days) for days in (1, 31)),
        )
    )
    booking = record_call(store, book)
    return [
        _hello_call(lambda: None),
        lambda: require_success(app(event("GET", "/health", headers=HEADERS), None)),
        _hello_call(_driver_calls(booking)),
        replayed_call(store, booking, book),
        *(replayed_call(store, record_call(store, listing), listing) for listing in lists),
    ]


def _availability(client: BenchmarkClient, days: int) -> dict[str, Any]:
    return event("GET", "/public/availability", query=urlencode(client.availability_query(days)), headers=HEADERS)


def _hello_call(work: Callable[[], object]) -> Callable[[], Any]:
    """The call of a route in an app that has no other."""
    bare = Chalice(app_name="bare", configure_logs=False)

    @bare.route("/hello", methods=["GET"])
    def hello() -> dict[str, str]:
        work()
        return {"hello": "world"}

    request = event("GET", "/hello", headers=HEADERS)
    return lambda: require_success(bare(request, None))


def _driver_calls(booking: ResponseRecorder) -> Callable[[], object]:
    """The same read and the same transaction, sent by boto3's client as they are."""
    client = boto3.client("dynamodb", region_name=REGION)
    StubTransport(booking.replay).attach_to(client)
    read, write = booking.requests["BatchGetItem"], booking.requests["TransactWriteItems"]

    def send() -> None:
        client.batch_get_item(**read)
        client.transact_write_items(**write)

    return send


def record_call(store: BenchmarkTable, call: Callable[[], object]) -> ResponseRecorder:
    """The store's responses to this call, made once on the embedded AWS."""
    recorder = ResponseRecorder()
    store.transport.responder = recorder.record
    call()
    return recorder


def replayed_call(
    store: BenchmarkTable, recorder: ResponseRecorder, call: Callable[[], object]
) -> Callable[[], object]:
    """The call with the recorded responses."""

    def replay() -> None:
        store.transport.responder = recorder.replay
        call()

    return replay


def processor_seconds(call: Callable[[], object], times: int = 1) -> Callable[[], float]:
    """A function that returns the seconds of processor time per call, over ``times`` calls."""

    def seconds() -> float:
        started = time.process_time()
        for _ in range(times):
            call()
        return (time.process_time() - started) / times

    return seconds


def require_success(answer: dict[str, Any]) -> None:
    """Assert that the call succeeded."""
    assert answer["statusCode"] < 300, answer
