"""The table of keys.py in moto: made, emptied, read, and rolled back after an example."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import boto3
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from chalicelib.container import container
from chalicelib.persistence import keys
from chalicelib.persistence.table import Row

TABLE = "frontdesk-test"
REGION = "ca-central-1"


def create_table() -> None:
    """Create the table as infra/template.yaml has it, from keys.py (a test compares the two)."""
    names = {*keys.TABLE_KEYS, *(name for pair in keys.INDEXES.values() for name in pair)}

    def schema(pair: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"AttributeName": n, "KeyType": k} for n, k in zip(pair, ("HASH", "RANGE"), strict=True)]

    boto3.client("dynamodb", region_name=REGION).create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in sorted(names)],
        KeySchema=schema(keys.TABLE_KEYS),
        GlobalSecondaryIndexes=[
            {"IndexName": name, "KeySchema": schema(pair), "Projection": keys.projection(name)}
            for name, pair in keys.INDEXES.items()
        ],
    )


def reset_container() -> None:
    """Make the container and PynamoDB start afresh."""
    Row._connection = None
    vars(container).clear()


def stored_items() -> dict[str, Any]:
    """Everything in the table, by key."""
    return {f"{pk} {sk}": item.to_json() for pk, found in _table().items.items() for sk, item in found.items()}


def keys_containing(*words: str) -> list[str]:
    """The keys of all items that contain one of these words."""
    found = {key: str(item) for key, item in stored_items().items()}
    return sorted(key for key, text in found.items() if any(word in f"{key} {text}" for word in words))


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo all writes made inside, in moto's memory: a scan would cost more than the test."""
    before = deepcopy(_table().items)
    try:
        yield
    finally:
        _table().items = before


def _table() -> Any:
    # Looked up each time: moto replaces the object when a transaction fails.
    return get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE]
