"""The benchmarks run, and their exact figures hold: calls, items and units that do not grow with the table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.dynamodb import booking_budget, client_budget
from benchmarks.dynamodb.operation_budgets import BOOKING_BUDGETS, CLIENT_BUDGETS
from benchmarks.dynamodb.read_units import item_size, read_units
from benchmarks.dynamodb.usage_meter import DynamoCall, Usage, UsageMeter
from benchmarks.harness import in_process_table

ROOT = Path(__file__).parents[3]
PARTS = ("budget", "processor", "imports", "deciding", "staff", "duplicates")


def test_a_quick_run_measures_every_part_and_finds_what_is_exact_as_it_must_be(tmp_path: Path) -> None:
    # In an interpreter of its own, as it moves the process's output and signals.
    command = [sys.executable, "-m", "benchmarks", "--quick", "--output", str(tmp_path / "figures.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())

    assert all(table["lines"] for part in PARTS for table in figures[part]["tables"])
    few, many = figures["budget"]["figures"].values()
    assert few == many
    assert set(many) == {*BOOKING_BUDGETS, *CLIENT_BUDGETS}
    for operation, usage in many.items():
        stays_within(operation, usage["calls"])


def stays_within(operation: str, calls: list[dict[str, Any]]) -> None:
    """At most the allowed calls of either kind, units and items written."""
    batches = [call for call in calls if call["operation"] == "BatchGetItem"]
    queries = [call for call in calls if call["operation"] == "Query"]
    writes = [call for call in calls if call["operation"] == "TransactWriteItems"]
    allowed = (BOOKING_BUDGETS | CLIENT_BUDGETS)[operation]

    assert len(batches) + len(queries) + len(writes) == len(calls), operation
    assert 1 <= len(batches) <= allowed.max_batches, operation
    assert len(batches) + len(queries) <= allowed.max_reads, operation
    assert len(writes) == allowed.transactions, operation
    assert all(call["read"] > 0 for call in batches + queries), operation
    assert all(call["write"] > 0 and call["items"] <= allowed.max_items for call in writes), operation


def test_the_check_notices_growth_more_calls_and_large_transactions() -> None:
    right = {
        name: Usage(
            [DynamoCall("BatchGetItem", 3, 3.0)] + [DynamoCall("TransactWriteItems", 5, 0, 10.0)] * allowed.transactions
        )
        for name, allowed in BOOKING_BUDGETS.items()
    }
    grown = right | {"explain": Usage([DynamoCall("BatchGetItem", 3, 4.0)])}
    chatty = right | {
        "hold": Usage([DynamoCall("BatchGetItem", 3, 3.0)] * 2 + [DynamoCall("TransactWriteItems", 5, 0, 10.0)])
    }
    batchy = right | {"50 staff: explain": Usage([DynamoCall("BatchGetItem", 3, 3.0)] * 4)}
    large = right | {"hold": Usage([DynamoCall("BatchGetItem", 3, 3.0), DynamoCall("TransactWriteItems", 9, 0, 10.0)])}

    assert booking_budget.failures({"1": right, "2": right}) == []
    assert booking_budget.failures({"1": right, "2": grown}) == ["explain: not the same in both tables"]
    assert booking_budget.failures({"1": chatty, "2": chatty})[0] == "hold (1): 2 reads, 1 writes"
    assert booking_budget.failures({"1": batchy, "2": batchy})[0] == "50 staff: explain (1): 4 batch gets"
    assert booking_budget.failures({"1": large, "2": large})[0] == "hold (1): 9 items in its transaction"


def test_the_check_notices_a_merge_that_grows_and_a_search_that_asks_too_often() -> None:
    query, write = DynamoCall("Query", 1, 1.0), DynamoCall("TransactWriteItems", 5, 0, 10.0)
    right = {name: Usage([query] + [write] * allowed.transactions) for name, allowed in CLIENT_BUDGETS.items()}
    growing = right | {"merge, 2 000 appointments": Usage([query, DynamoCall("TransactWriteItems", 6, 0, 12.0)])}
    asking = right | {"search by number": Usage([query] * 3)}

    assert client_budget.failures({"1": right, "2": right}) == []
    assert client_budget.failures({"1": growing, "2": growing}) == [
        "merge (1): not the same with many appointments",
        "merge (2): not the same with many appointments",
    ]
    assert client_budget.failures({"1": asking, "2": asking})[0] == "search by number (1): 3 queries"


def test_a_month_of_fifty_staff_is_one_batch_for_the_offer_two_for_their_time_and_a_query(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = booking_budget.measure(few=1, many=1, busy=False)["1"]["50 staff: availability, 31 days"]
    assert [(call.operation, call.items) for call in usual.calls] == [
        ("BatchGetItem", 3),
        ("BatchGetItem", 100),
        ("BatchGetItem", 100),
        ("Query", 1),
    ]


def test_an_item_is_as_large_as_dynamodb_counts_it() -> None:
    assert item_size({"pk": {"S": "a"}}) == 3
    assert item_size({"name": {"S": "é"}}) == 6
    assert [item_size({"n": {"N": number}}) for number in ("1", "12", "123", "1200")] == [3, 3, 4, 3]
    assert item_size({"m": {"M": {"k": {"S": "vv"}}}}) == 1 + 3 + 1 + 1 + 2
    assert item_size({"l": {"L": [{"NULL": True}, {"BOOL": False}]}}) == 1 + 3 + 2 * 2


def test_reads_are_rounded_as_dynamodb_rounds_them() -> None:
    small, large = {"pk": {"S": "x" * 100}}, {"pk": {"S": "x" * 5000}}
    keys = [{"pk": {"S": name}} for name in ("small", "large", "missing")]
    answer = {"Responses": {"t": [small, large]}}

    def batch(**options: bool) -> float:
        return read_units("BatchGetItem", {"RequestItems": {"t": {"Keys": keys, **options}}}, answer)

    assert batch(ConsistentRead=True) == 1 + 2 + 1
    assert batch() == 2
    assert read_units("Query", {}, {"Items": [small] * 41}) == 1
    assert read_units("Query", {"ConsistentRead": True}, {"Items": []}) == 1
    assert read_units("TransactWriteItems", {}, {}) == 0


def test_the_meter_counts_what_happens_inside_and_nothing_else() -> None:
    row = {"pk": {"S": "a"}, "sk": {"S": "b"}, "body": {"S": "x" * 1500}, "duepk": {"S": "d"}, "due_at": {"S": "t"}}
    key = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    with in_process_table.benchmark_table() as store:
        meter = UsageMeter(store.client)
        with meter.counting() as writing:
            store.client.transact_write_items(
                TransactItems=[{"Put": {"TableName": in_process_table.TABLE, "Item": row}}]
            )
        with meter.counting() as reading:
            store.client.batch_get_item(RequestItems={in_process_table.TABLE: {"Keys": [key], "ConsistentRead": True}})
        store.client.get_item(TableName=in_process_table.TABLE, Key=key)

    # 1.5 KB: two units, doubled in a transaction; once more on the one index it is on.
    assert writing.calls == [DynamoCall("TransactWriteItems", 1, 0, 4.0, 2.0)]
    assert reading.calls == [DynamoCall("BatchGetItem", 1, 1)]
