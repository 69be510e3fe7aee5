"""The table in this process: the embedded AWS's DynamoDB, reached through the driver without a network."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from ministack.services import dynamodb

from chalicelib.container import container
from chalicelib.persistence import keys
from chalicelib.persistence.table import Row, connect_table

REGION = "us-east-1"
TABLE = "frontdesk-benchmark"
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "TABLE_NAME": TABLE,
    "STAGE": "local",  # where the clock may be set
}

# An operation's name and its JSON request in; HTTP status and JSON response out.
Responder = Callable[[str, bytes], tuple[int, bytes]]


class _RawBody(BytesIO):
    """The body of a response as botocore reads it from a connection."""

    def stream(self, amt: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        """The whole body in pieces."""
        while piece := self.read(amt):
            yield piece


@dataclass
class StubTransport:
    """Replaces the network under one DynamoDB client; ``responder`` may be replaced at any time."""

    responder: Responder
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/x-amz-json-1.0"})

    def attach_to(self, client: Any) -> None:
        """Respond to all requests of this client from now on."""
        client.meta.events.register_last("before-send.dynamodb", self._send)

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target if isinstance(target, str) else target.decode()).rpartition(".")[2]
        assert isinstance(request.body, bytes)
        status, body = self.responder(operation, request.body)
        return AWSResponse(request.url, status, self.headers, _RawBody(body))  # type: ignore[arg-type]  # any mapping


def emulator_response(operation: str, request: bytes) -> tuple[int, bytes]:
    """The response of the embedded AWS."""
    headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    status, _, body = _run_to_end(dynamodb.handle_request("POST", "/", headers, request, {}))
    return status, body if isinstance(body, bytes) else body.encode()


@dataclass(frozen=True)
class BenchmarkTable:
    """The driver's client of the table, and its transport."""

    client: Any
    transport: StubTransport


@contextmanager
def benchmark_table() -> Iterator[BenchmarkTable]:
    """An empty table that the app and the container of this process use until the end."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    _clear_caches()
    try:
        store = BenchmarkTable(connect_table(TABLE, REGION).client, StubTransport(emulator_response))
        store.transport.attach_to(store.client)
        _request("CreateTable", table_description(TABLE))
        yield store
        _request("DeleteTable", {"TableName": TABLE})
    finally:
        _clear_caches()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def table_description(name: str) -> dict[str, Any]:
    """The request of CreateTable, from keys.py; a test compares that with the deployed template."""
    attributes = {*keys.TABLE_KEYS, *(attribute for pair in keys.INDEXES.values() for attribute in pair)}

    def schema(pair: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"AttributeName": n, "KeyType": k} for n, k in zip(pair, ("HASH", "RANGE"), strict=True)]

    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in sorted(attributes)],
        "KeySchema": schema(keys.TABLE_KEYS),
        "GlobalSecondaryIndexes": [
            {"IndexName": index, "KeySchema": schema(pair), "Projection": keys.projection(index)}
            for index, pair in keys.INDEXES.items()
        ],
    }


def load_rows(rows: Iterable[Row]) -> int:
    """Store rows as the driver would send them; returns their number.

    They go straight into the engine's store: its checks would take three times as long.
    """
    written = 0
    stored = dynamodb._tables[TABLE]  # noqa: SLF001  # avoids a check of every item
    gc.disable()  # nothing here is garbage, and searching millions of objects for it takes minutes
    try:
        for row in rows:
            dynamodb._set_item(stored, row.pk, row.sk, row.serialize())  # noqa: SLF001  # as above
            written += 1
    finally:
        gc.freeze()
        gc.enable()
    return written


def _request(operation: str, request: dict[str, Any]) -> None:
    status, body = emulator_response(operation, json.dumps(request).encode())
    assert status == 200, body


def _run_to_end(coroutine: Coroutine[Any, Any, tuple[int, Any, Any]]) -> tuple[int, Any, Any]:
    # The engine never waits, so its coroutine needs no event loop: it ends at its first step.
    try:
        coroutine.send(None)
    except StopIteration as ended:
        answer: tuple[int, Any, Any] = ended.value
        return answer
    raise RuntimeError("the engine waits for something")


def _clear_caches() -> None:
    Row._connection = None  # noqa: SLF001  # PynamoDB offers no other way to another table
    vars(container).clear()
